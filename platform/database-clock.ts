// The database's time as the Clock port. Programs that share a database must agree on what is due: a server
// whose own clock is a day behind would find another one's deadlines long past. Its own clock only counts
// what has passed since the last look at the database's. Time never goes back: where the database's clock
// is set back, ours goes on by itself until that one has caught up or was put right, or every deadline in
// the books would become one of tomorrow.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'

const lookEveryMs = 60_000
/** What a look may cost in time without anybody having set a clock. */
const usualMs = 1_000

export interface DatabaseClockParts {
  /** Measures time and keeps timers; what it says the time is does not matter. */
  readonly own: Clock
  /** Epoch ms. Rejects while the database is away. */
  readonly ask: () => Promise<number>
  /** The newest moment in the books, if there is any: before it nothing begins. */
  readonly newest?: () => Promise<number | undefined>
  /** Told when the database's clock was set by this much (ms), once while it is behind; must not throw. */
  readonly jumped: (byMs: number) => void
}

/** For the log of a program. */
export function clockWasSet(byMs: number): string {
  return byMs > 0
    ? `the clock of the database was set forward by ${byMs} ms`
    : `the clock of the database was set back, or is behind the books, by ${-byMs} ms: ` +
        'the program goes on by its own time; see that a time server keeps the clock of that computer'
}

export class DatabaseClock implements Clock {
  readonly #parts: DatabaseClockParts
  /** What the database's time is ahead of our steady one. */
  #aheadMs: number
  #isSetBack = false
  #timer: Timer | undefined

  private constructor(parts: DatabaseClockParts, aheadMs: number) {
    this.#parts = parts
    this.#aheadMs = aheadMs
  }

  /** Reads the time once, and then every minute until `stop`. Rejects as `ask` does. */
  static async start(parts: DatabaseClockParts): Promise<DatabaseClock> {
    const newest = await parts.newest?.()
    const aheadMs = await ahead(parts)
    const least = newest === undefined ? aheadMs : newest - parts.own.monotonic()
    const clock = new DatabaseClock(parts, Math.max(aheadMs, least))
    clock.#set(aheadMs)
    clock.#lookLater()
    return clock
  }

  now(): number {
    return Math.floor(this.#parts.own.monotonic() + this.#aheadMs)
  }

  monotonic(): number {
    return this.#parts.own.monotonic()
  }

  after(delayMs: number, action: () => void): Timer {
    return this.#parts.own.after(delayMs, action)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #lookLater(): void {
    this.#timer = this.#parts.own.after(lookEveryMs, () => {
      ahead(this.#parts)
        .then((aheadMs) => this.#set(aheadMs))
        // Nothing is lost: our own clock goes on counting, and the next look is in a minute.
        .catch(() => {})
        .finally(() => this.#timer && this.#lookLater())
    })
  }

  #set(aheadMs: number): void {
    const byMs = aheadMs - this.#aheadMs
    const wasSetBack = this.#isSetBack
    this.#isSetBack = byMs < -usualMs
    if (!this.#isSetBack) this.#aheadMs = aheadMs
    if (byMs > usualMs || (this.#isSetBack && !wasSetBack)) this.#parts.jumped(Math.round(byMs))
  }
}

/** The answer is taken to be of the middle of the question's way. */
async function ahead({ own, ask }: DatabaseClockParts): Promise<number> {
  const before = own.monotonic()
  const now = await ask()
  return now - (before + own.monotonic()) / 2
}
