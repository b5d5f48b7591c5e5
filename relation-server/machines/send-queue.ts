// What waits to be sent to one machine: one at a time, in order, each awaited, and no more than a few. An
// embedded broker was seen to lose a message that was followed, un-awaited, by another for the same client.

interface Waiting {
  readonly text: string
  readonly topic: string
  readonly settle: (taken: boolean) => void
}

export class SendQueue {
  readonly #publish: (topic: string, text: string) => Promise<boolean>
  readonly #limit: number
  readonly #waiting: Waiting[] = []
  #sending = false

  /** @param publish must not reject */
  constructor(publish: (topic: string, text: string) => Promise<boolean>, limit: number) {
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
