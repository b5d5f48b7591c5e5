// A time limit over everything that is asked with its signal, on the clock that the asker was given.
import type { Clock } from '@concilia/protocol/clock.ts'

/** @returns the signal, and `done` for when it is over in time */
export function timeLimit(clock: Clock, limitMs: number): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController()
  const timer = clock.after(limitMs, () => controller.abort())
  return { signal: controller.signal, done: () => timer.cancel() }
}
