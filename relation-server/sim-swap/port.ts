// Whether the SIM behind a number was changed lately: then whoever gets our codes may not be its owner.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'

/** `unknown`: nobody could say in time, which is no reason to believe the number. */
export type SimSwap = 'swapped' | 'notSwapped' | 'unknown'

export interface SimSwapCheck {
  /** Bounded in time; never rejects. */
  check(subscriber: Subscriber): Promise<SimSwap>
  close(): Promise<void>
}
