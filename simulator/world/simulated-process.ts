// A process of the simulated world: its own clock, and an end that can come at any moment. Whatever reaches
// it from outside enters here, so that a dead process hears nothing and a stopped one (SIGSTOP) hears it all
// when it goes on. Whatever it wants outside leaves here, so that a dead one does nothing any more.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Timeline } from './timeline.ts'

/** How its clock differs from the world's. */
export interface ClockFault {
  readonly offsetMs: number
  /** 1.001 gains a second in a thousand. */
  readonly rate: number
}

export class SimulatedProcess implements Clock {
  readonly name: string
  readonly timeline: Timeline
  readonly #bornAt: number
  readonly #rate: number
  readonly #failed: (error: unknown) => void
  #offsetMs: number
  #alive = true
  #stoppedUntil = 0
  readonly #atEnd = new Set<() => void>()

  /** @param failed told when the process ends by an error of its own */
  constructor(name: string, timeline: Timeline, clock: ClockFault, failed: (error: unknown) => void) {
    this.name = name
    this.timeline = timeline
    this.#bornAt = timeline.monotonic()
    this.#rate = clock.rate
    this.#offsetMs = clock.offsetMs
    this.#failed = failed
  }

  get alive(): boolean {
    return this.#alive
  }

  get stopped(): boolean {
    return this.timeline.monotonic() < this.#stoppedUntil
  }

  now(): number {
    return Math.floor(this.timeline.now() - this.#passedMs() + this.#passedMs() * this.#rate + this.#offsetMs)
  }

  monotonic(): number {
    return Math.floor(this.#passedMs() * this.#rate)
  }

  after(delayMs: number, action: () => void): Timer {
    // One millisecond more, so that a clock read when it fires has reached what was asked for.
    const realMs = delayMs <= 0 ? 0 : delayMs / this.#rate + 1
    let isSet = true
    // Due while the process was stopped, it may still be cancelled by what comes before it.
    const timer = this.timeline.after(realMs, () => this.enter(() => isSet && action()))
    const cancel = () => {
      isSet = false
      timer.cancel()
    }
    return { cancel }
  }

  /** A person, or a time server, sets its clock this far from the right time. No timer notices. */
  setClock(offsetMs: number): void {
    this.#offsetMs = offsetMs
  }

  /** Something happens to it: now, when it goes on, or (once it has ended) never. */
  enter(action: () => void): void {
    if (!this.#alive) return
    if (this.stopped) {
      this.timeline.after(this.#stoppedUntil - this.timeline.monotonic(), () => this.enter(action))
      return
    }
    try {
      action()
    } catch (error) {
      if (!this.#alive) return
      this.kill()
      this.#failed(error)
    }
  }

  /** Does something outside, unless it has ended. */
  leave(action: () => void): void {
    if (this.#alive) action()
  }

  /** `kill -9`, or the power fails: not one line more. */
  kill(): void {
    if (!this.#alive) return
    this.#alive = false
    for (const ended of this.#atEnd) ended()
    this.#atEnd.clear()
  }

  stop(forMs: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.timeline.monotonic() + forMs)
  }

  /** What its end does to others: connections break. @returns forgets it: what there was is over */
  atEnd(ended: () => void): () => void {
    if (this.#alive) this.#atEnd.add(ended)
    else ended()
    return () => void this.#atEnd.delete(ended)
  }

  #passedMs(): number {
    return this.timeline.monotonic() - this.#bornAt
  }
}
