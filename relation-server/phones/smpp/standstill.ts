// Whether this process has just gone on after standing still, stopped or starved: what it reads then may have
// waited for it so long that its sender has given up waiting for the answer, and will send it again although
// it gets one.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'

const beatMs = 500
/** Shorter than any centre waits for an acknowledgement. */
const stillMs = 2000
/** So long it may take to read all that has come meanwhile. */
const readingMs = 5000

export class Standstill {
  readonly #clock: Clock
  #beat: Timer | undefined
  #beatAt = 0
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(): void {
    this.#beatAt = this.#clock.monotonic()
    this.#next()
  }

  stop(): void {
    this.#beat?.cancel()
  }

  get isJustOver(): boolean {
    this.#look()
    return this.#clock.monotonic() - this.#endedAt < readingMs
  }

  #next(): void {
    this.#beat = this.#clock.after(beatMs, () => {
      this.#look()
      this.#next()
    })
  }

  #look(): void {
    const now = this.#clock.monotonic()
    if (now - this.#beatAt > beatMs + stillMs) this.#endedAt = now
    this.#beatAt = now
  }
}
