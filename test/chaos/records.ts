// What a run of chaos writes down about itself while it goes on, for the judge: what was broken, who did
// what at which machine, and what was to be seen of the hardware.
import type { MachineEvent } from '@concilia/simulator/vending-machine.ts'
import type { FaultPlan, VisitPlan } from './plan.ts'

export interface FaultRecord {
  readonly plan: FaultPlan
  readonly from: number
  until: number
}

/** What a buyer said yes to, as typed: the price read is the consent's other half. */
export interface Consent {
  readonly at: number
  readonly buyer: string
  readonly machine: string
  readonly amountMinor: number
}

export interface VisitRecord {
  readonly plan: VisitPlan
  readonly from: number
  until: number
  /** The button was taken: the machine asked for a vend. */
  asked: boolean
  /** What went otherwise than usual, in words. */
  readonly notes: string[]
}

export interface HardwareEvent {
  readonly at: number
  readonly machine: string
  readonly event: MachineEvent
}

export interface Records {
  readonly faults: FaultRecord[]
  readonly visits: VisitRecord[]
  /** Sales that machines have offered, as they tell it. */
  readonly offered: string[]
  readonly consents: Consent[]
  readonly hardware: HardwareEvent[]
  /** Texts as they arrived, by the buyer's name. */
  readonly texts: { readonly at: number; readonly buyer: string; readonly words: string }[]
  /** Dialogues, with what was typed into each screen. */
  readonly screens: { readonly at: number; readonly buyer: string; readonly words: string }[]
  /** News of the processes, such as how one ended. */
  readonly news: string[]
}

export function emptyRecords(): Records {
  return { faults: [], visits: [], offered: [], consents: [], hardware: [], texts: [], screens: [], news: [] }
}
