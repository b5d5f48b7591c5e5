// Virtual time: everything that will happen, in the order of its time, and what is set for one moment in the
// order it was set. Between two happenings every promise that can go on does, so a run depends on nothing but
// what was set.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'

interface Happening {
  readonly at: number
  readonly order: number
  action: (() => void) | undefined
}

const longestDelayMs = 2 ** 31 - 1

export class Timeline implements Clock {
  readonly #beginsAt: number
  /** A binary heap, the next happening first. */
  readonly #heap: Happening[] = []
  #passedMs = 0
  #order = 0

  /** @param beginsAt epoch ms at which the world begins */
  constructor(beginsAt: number) {
    this.#beginsAt = beginsAt
  }

  now(): number {
    return this.#beginsAt + this.#passedMs
  }

  /** Since the world began (ms). */
  monotonic(): number {
    return this.#passedMs
  }

  after(delayMs: number, action: () => void): Timer {
    if (!(delayMs <= longestDelayMs)) throw new RangeError(`a delay of ${delayMs} ms is too long for a timer`)
    const at = this.#passedMs + Math.max(0, Math.ceil(delayMs))
    const happening: Happening = { at, order: this.#order++, action }
    this.#push(happening)
    const cancel = () => {
      happening.action = undefined
    }
    return { cancel }
  }

  /**
   * Lets time go by until nothing is left, `untilMs` has passed, or `isOver` says so.
   * @param isOver asked after each happening, once all promises have gone on
   */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await everyPromise()
    for (let next = this.#heap[0]; next && next.at <= untilMs; next = this.#heap[0]) {
      this.#pop()
      const { action } = next
      if (!action) continue
      this.#passedMs = next.at
      action()
      await everyPromise()
      if (isOver()) return
    }
    this.#passedMs = Math.max(this.#passedMs, untilMs)
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(happening)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (!parent || before(parent, happening)) break
      heap[at] = parent
      at = above
    }
    heap[at] = happening
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      const [left, right] = [heap[below], heap[below + 1]]
      if (!left) break
      if (right && before(right, left)) below++
      const child = heap[below]
      if (!child || before(last, child)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
  }
}

function before(one: Happening, other: Happening): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

const { setImmediate } = globalThis
/** So many happenings pass within a turn of the event loop; then whoever speaks to this process is heard. */
const happeningsATurn = 500
let sinceTurn = 0

/**
 * Until no promise can go on: none of a simulated world waits for anything but another one, and a tick comes
 * when all of them have had their turn. Much cheaper than a turn of the event loop each.
 */
function everyPromise(): Promise<void> {
  const isTurn = ++sinceTurn % happeningsATurn === 0
  return new Promise((resolve) => (isTurn ? setImmediate(resolve) : process.nextTick(resolve)))
}
