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
    while (!(await inTurn(() => this.#pass(untilMs, isOver))));
  }

  /** Some happenings, in one go. @returns whether that was all there is to do */
  #pass(untilMs: number, isOver: () => boolean): boolean {
    for (let left = happeningsATurn; left > 0; left--) {
      const next = this.#heap[0]
      if (!next || next.at > untilMs) {
        this.#passedMs = Math.max(this.#passedMs, untilMs)
        return true
      }
      this.#pop()
      const { action } = next
      if (!action) continue
      this.#passedMs = next.at
      action()
      everyPromiseGoesOn()
      if (isOver()) return true
    }
    return false
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

function inTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}

/**
 * Until no promise can go on: none of a simulated world waits for anything but another one. Node.js does this
 * after each callback from outside, and nothing documented does it within one. Awaited instead, by a tick a
 * happening, it took a fifteenth of a world.
 */
const everyPromiseGoesOn = (process as unknown as { readonly _tickCallback: () => void })._tickCallback
