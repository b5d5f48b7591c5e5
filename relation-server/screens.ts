// USSD screens: a dialogue's step waits here for the first thing the engine says to its dialogue. Whoever
// says it takes the step first, so that two things said at once are never both the screen; a dialogue nobody
// waits in any more is told by text.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Step } from './dialogue-step.ts'
import type { Reply } from './phones/port.ts'

/** A step that is about to be answered, by whoever took it. */
export interface TakenStep {
  readonly step: Step
  answer(reply: Reply): void
  fail(error: unknown): void
}

export class Screens {
  readonly #clock: Clock
  readonly #waiting = new Map<string, TakenStep>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * The screen of this step, as soon as something is said to its dialogue.
   * @param late shown when nothing was said within `limitMs`; what is said afterwards goes by text
   */
  wait(step: Step, limitMs: number, late: Reply): Promise<Reply> {
    const { promise: reply, resolve: answer, reject: fail } = Promise.withResolvers<Reply>()
    const waiting = { step, answer, fail }
    const limit = this.#clock.after(limitMs, () => {
      this.#forget(waiting)
      answer(late)
    })
    this.#waiting.set(step.dialogueId, waiting)
    return reply.finally(() => {
      limit.cancel()
      this.#forget(waiting)
    })
  }

  /** The step that waits in this dialogue, for whoever is to answer it; nobody else gets it. */
  take(dialogueId: string): TakenStep | undefined {
    const waiting = this.#waiting.get(dialogueId)
    this.#waiting.delete(dialogueId)
    return waiting
  }

  /** A step that could not be stored: its next repeat is a new try. */
  giveUp({ dialogueId, step }: Step, error: unknown): void {
    const waiting = this.#waiting.get(dialogueId)
    if (waiting?.step.step === step) waiting.fail(error)
  }

  #forget(waiting: TakenStep): void {
    const { dialogueId } = waiting.step
    if (this.#waiting.get(dialogueId) === waiting) this.#waiting.delete(dialogueId)
  }
}
