// What waits to be sent, machine by machine: one at a time, in order, each awaited, and no more than a few.
// An embedded broker was seen to lose a message that was followed, un-awaited, by another for the same
// client.

interface Waiting {
  readonly text: string
  readonly topic: string
  readonly settle: (taken: boolean) => void
}

type Publish = (topic: string, text: string) => Promise<boolean>

/** Waiting for one machine. More is not worth waiting: the outbox sends again. */
const largestQueue = 256

/** One queue for each machine to which something is on its way. */
export class SendQueues {
  readonly #publish: Publish
  readonly #queues = new Map<string, SendQueue>()

  /** @param publish must not reject */
  constructor(publish: Publish) {
    this.#publish = publish
  }

  /** @returns whether it was taken; false at once when too much is waiting for this machine */
  async send(automatonId: string, topic: string, text: string): Promise<boolean> {
    let queue = this.#queues.get(automatonId)
    if (!queue) {
      queue = new SendQueue(this.#publish, largestQueue)
      this.#queues.set(automatonId, queue)
    }
    const taken = await queue.push(topic, text)
    if (queue.empty && this.#queues.get(automatonId) === queue) this.#queues.delete(automatonId)
    return taken
  }
}

export class SendQueue {
  readonly #publish: Publish
  readonly #limit: number
  readonly #waiting: Waiting[] = []
  #sending = false

  /** @param publish must not reject */
  constructor(publish: Publish, limit: number) {
    this.#publish = publish
    this.#limit = limit
  }

  /** @returns whether it was taken; false at once when too much is waiting */
  push(topic: string, text: string): Promise<boolean> {
    if (this.#waiting.length >= this.#limit) return Promise.resolve(false)
    const taken = new Promise<boolean>((settle) => this.#waiting.push({ topic, text, settle }))
    if (!this.#sending) void this.#drain()
    return taken
  }

  get empty(): boolean {
    return !this.#sending && this.#waiting.length === 0
  }

  async #drain(): Promise<void> {
    this.#sending = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      next.settle(await this.#publish(next.topic, next.text))
    }
    this.#sending = false
  }
}
