// The database's time as the Clock port. Programs that share a database must agree on what is due: a server
// whose own clock is a day behind would find another one's deadlines long past. Its own clock only counts
// what has passed since the last look at the database's.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'

const lookEveryMs = 60_000
/** What a look may cost in time without anybody having set a clock. */
const usualMs = 1_000

export interface DatabaseClockParts {
  /** Measures time and keeps timers; what it says the time is does not matter. */
  readonly own: Clock
  /** Epoch ms. Rejects while the database is away. */
  readonly ask: () => Promise<number>
  /** Told when the database's clock was set by this much (ms); must not throw. */
  readonly jumped: (byMs: number) => void
}

export class DatabaseClock implements Clock {
  readonly #parts: DatabaseClockParts
  /** What the database's time is ahead of our steady one. */
  #aheadMs: number
  #timer: Timer | undefined

  private constructor(parts: DatabaseClockParts, aheadMs: number) {
    this.#parts = parts
    this.#aheadMs = aheadMs
  }

  /** Reads the time once, and then every minute until `stop`. Rejects as `ask` does. */
  static async start(parts: DatabaseClockParts): Promise<DatabaseClock> {
    const clock = new DatabaseClock(parts, await ahead(parts))
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
    this.#aheadMs = aheadMs
    if (Math.abs(byMs) > usualMs) this.#parts.jumped(Math.round(byMs))
  }
}

/** The answer is taken to be of the middle of the question's way. */
async function ahead({ own, ask }: DatabaseClockParts): Promise<number> {
  const before = own.monotonic()
  const now = await ask()
  return now - (before + own.monotonic()) / 2
}
