// USSD screens: a dialogue's step waits here for the first thing the engine says to its session. A step that
// is repeated by its gateway gets the same screen; a session nobody waits for any more is told by text.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Reply } from './phones/port.ts'

/** A session lives 180 s; its last screens are kept a little longer, for repeats. */
const keptMs = 200_000

interface Step {
  readonly reply: Promise<Reply>
  readonly answer: (reply: Reply) => void
  readonly fail: (error: unknown) => void
  readonly timers: readonly Timer[]
}

export class Screens {
  readonly #clock: Clock
  readonly #steps = new Map<string, Step>()
  /** Sessions that wait, with the step they wait at. */
  readonly #waiting = new Map<string, string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The screen of this step if it was asked before: shown, or still being waited for. */
  before(stepKey: string): Promise<Reply> | undefined {
    return this.#steps.get(stepKey)?.reply
  }

  /**
   * The screen of this step, as soon as something is said to its session.
   * @param late shown when nothing was said within `limitMs`; what is said afterwards goes by text
   */
  wait(stepKey: string, sessionId: string, limitMs: number, late: Reply): Promise<Reply> {
    const { promise: reply, resolve: answer, reject: fail } = Promise.withResolvers<Reply>()
    const forget = this.#clock.after(keptMs, () => this.#steps.delete(stepKey))
    const limit = this.#clock.after(limitMs, () => {
      if (this.#waiting.get(sessionId) === stepKey) this.#waiting.delete(sessionId)
      answer(late)
    })
    this.#steps.set(stepKey, { reply, answer, fail, timers: [forget, limit] })
    this.#waiting.set(sessionId, stepKey)
    reply.then(
      () => limit.cancel(),
      () => {},
    )
    return reply
  }

  /** Whether somebody looks at this session now. */
  isWaiting(sessionId: string): boolean {
    return this.#waiting.has(sessionId)
  }

  /** Shows it to the session that waits; false when none does. */
  show(sessionId: string, reply: Reply): boolean {
    const stepKey = this.#waiting.get(sessionId)
    if (stepKey === undefined) return false
    this.#waiting.delete(sessionId)
    this.#steps.get(stepKey)?.answer(reply)
    return true
  }

  /** A step that could not be stored: nothing is kept of it, so that its next repeat is a new try. */
  giveUp(stepKey: string, sessionId: string, error: unknown): void {
    if (this.#waiting.get(sessionId) === stepKey) this.#waiting.delete(sessionId)
    const step = this.#steps.get(stepKey)
    for (const timer of step?.timers ?? []) timer.cancel()
    step?.fail(error)
    this.#steps.delete(stepKey)
  }
}
