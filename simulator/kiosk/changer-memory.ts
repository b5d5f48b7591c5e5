// What a coin changer keeps in mind, and what a reset or a loss of power takes away from it (MDB 4.2, 5):
// nothing is accepted, all may be paid by hand, every option is off, and what it had to report is gone.
import type { ChangerAnswer } from '@concilia/protocol/mdb/coin-changer.ts'

/** A message of a poll's answer. */
export type Report = Extract<ChangerAnswer, { name: 'dispensedByHand' | 'deposited' | 'slugs' | 'status' }>

export interface ChangerMemory {
  /** One bit a type. */
  accept: number
  byHandAllowed: number
  /** Options that the machine has enabled. */
  features: number
  /** Not yet acknowledged, in their order. */
  reports: Report[]
  /** Paid by value since the machine last asked, in units of the bus. */
  paidSince: number
  /** Paid by value, by type, until the machine has heard it. */
  paidByValue: number[]
  /** Under controlled manual fill and payout: by type, until the machine has heard it. */
  filledByHand: number[]
  paidByHand: number[]
}

export function freshMemory(types: number): ChangerMemory {
  const none = () => Array.from({ length: types }, () => 0)
  return {
    accept: 0,
    byHandAllowed: 0xffff,
    features: 0,
    reports: [],
    paidSince: 0,
    paidByValue: none(),
    filledByHand: none(),
    paidByHand: none(),
  }
}
