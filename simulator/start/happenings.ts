// Everything that can be seen of the house from outside, in one stream: steps told by the programs, what
// happens on the machines, texts that arrive on phones, and news of the processes. Whoever waits for
// something waits here.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { KioskEvent } from '../kiosk/kiosk.ts'
import type { MachineEvent } from '../vending-machine.ts'
import type { Buyer } from './buyers.ts'
import type { Step } from './steps.ts'

export type Happening =
  | ({ kind: 'step' } & Step)
  | { kind: 'machine'; at: number; machine: string; event: MachineEvent }
  | { kind: 'kiosk'; at: number; machine: string; event: KioskEvent }
  | { kind: 'text'; at: number; buyer: Buyer; words: string }
  /** Somebody at the terminal, or the script, does what a person would do. */
  | { kind: 'act'; at: number; party: string; words: string }
  | { kind: 'news'; at: number; words: string }

export class Happenings {
  readonly #listeners = new Set<(happening: Happening) => void>()

  /** @returns stops listening */
  listen(hear: (happening: Happening) => void): () => void {
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  tell(happening: Happening): void {
    for (const hear of [...this.#listeners]) hear(happening)
  }

  /**
   * The next happening that `find` makes something of.
   * @param what in words, for the error when it does not come within `limitMs`
   */
  next<Found>(
    what: string,
    limitMs: number,
    find: (happening: Happening) => Found | undefined,
  ): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>()
    const tooLong = systemClock.after(limitMs, () => reject(didNotCome(what, limitMs)))
    const stop = this.listen((happening) => {
      const found = find(happening)
      if (found !== undefined) resolve(found)
    })
    return promise.finally(() => {
      tooLong.cancel()
      stop()
    })
  }
}

function didNotCome(what: string, limitMs: number): OperatingError {
  return new OperatingError({
    code: 'nothing-happened',
    message: `Waited ${limitMs} ms for this, and it did not come: ${what}.`,
    advice: 'The programs’ logs in the data folder say what they were doing.',
  })
}
