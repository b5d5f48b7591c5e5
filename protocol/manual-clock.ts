// A Clock whose time its holder advances: for tests and for the simulated world. Timers fire in the order of
// their due times (those due together in the order they were set), and a timer set by a firing one takes its
// place in the same advance, so chained timers are never skipped.
import type { Clock, Timer } from './clock.ts'

interface Pending {
  readonly dueAt: number
  readonly action: () => void
}

const longestDelayMs = 2 ** 31 - 1

export class ManualClock implements Clock {
  #now: number
  #monotonic = 0
  /** In the order they were set; small enough everywhere that a search beats keeping a heap. */
  readonly #timers = new Set<Pending>()

  /** @param now epoch ms at which the world begins */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  after(delayMs: number, action: () => void): Timer {
    if (!(delayMs <= longestDelayMs))
      throw new RangeError(`delayMs ${delayMs} is not within 0 to ${longestDelayMs}`)
    const timer: Pending = { dueAt: this.#monotonic + Math.max(0, delayMs), action }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Moves time forward, firing what falls due on the way, each at its own moment. */
  advance(byMs: number): void {
    const until = this.#monotonic + byMs
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) this.#fire(next)
    this.#moveTo(until)
  }

  /**
   * As {@link advance}, and lets promises that a timer settled run on before the next timer fires.
   * @param settle awaits whatever the world must finish between two timers; by default one turn of the event
   * loop
   */
  async advanceAsync(byMs: number, settle: () => Promise<unknown> = oneTurn): Promise<void> {
    const until = this.#monotonic + byMs
    await settle()
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) {
      this.#fire(next)
      await settle()
    }
    this.#moveTo(until)
  }

  /** Fires the next timer, moving time to it. @returns whether there was one */
  fireNext(): boolean {
    const next = this.#next()
    if (next) this.#fire(next)
    return next !== undefined
  }

  /**
   * Sets the wall clock without moving monotonic time, as a technician or a time server does. No timer
   * notices.
   */
  setNow(now: number): void {
    this.#now = now
  }

  /** The process stands still (SIGSTOP) for so long: timers that fall due meanwhile fire late, afterwards. */
  stand(forMs: number): void {
    this.#moveTo(this.#monotonic + forMs)
  }

  /** How long until the next timer is due (ms); undefined when none is set. */
  get nextInMs(): number | undefined {
    const next = this.#next()
    return next && next.dueAt - this.#monotonic
  }

  get pending(): number {
    return this.#timers.size
  }

  #next(): Pending | undefined {
    let next: Pending | undefined
    for (const timer of this.#timers) if (!next || timer.dueAt < next.dueAt) next = timer
    return next
  }

  #fire(timer: Pending): void {
    this.#timers.delete(timer)
    this.#moveTo(timer.dueAt)
    timer.action()
  }

  #moveTo(monotonic: number): void {
    if (monotonic < this.#monotonic) return
    this.#now += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }
}

function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
