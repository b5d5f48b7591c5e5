// What can go wrong in a sale on the bench, each with what machine, server and ledger must agree on in the
// end. Where the table names no end, any that rule 2 allows is right, as long as all three say the same.
import { defaultLimits, type Limits } from '@concilia/protocol/limits.ts'
import type { BehaviourName } from '../behaviours.ts'
import type { KioskAct } from '../kiosk/kiosk-acts.ts'
import type { Agreement } from './agreement.ts'
import type { BuyerName } from './buyers.ts'

/** What the buyer, or bad luck, does at its moment. The moments are those of sale-script.ts. */
export type Twist =
  /** Before the phone: mistypes the machine number first. */
  | 'wrongNumber'
  /** Instead of YES. */
  | 'no'
  | 'silence'
  | 'coins'
  | 'lever'
  | 'lateYes'
  /** Just before YES. */
  | 'pauseCentre'
  | 'closeAccount'
  | 'unplugLine'
  /** kill -9, once the step is told. */
  | 'killAutomaton'
  | 'killServer'
  | 'killCentre'

export interface Fault {
  readonly says: string
  readonly ends?: Agreement
  readonly buyer?: BuyerName
  readonly behaviours?: readonly BehaviourName[]
  /** The same at a kiosk; a fault with behaviours that has none of these is not for kiosks. */
  readonly kiosk?: readonly KioskAct[]
  readonly twist?: Twist
  /** Only what was debited can be owed: a hold just goes. */
  readonly debitOnly?: true
  /** The machine's wait is cut short, because the play is about its end. */
  readonly shortWait?: true
}

export const faults = {
  jam: {
    says: 'the motor turns, nothing falls: the buyer is re-credited (ST71)',
    behaviours: ['jam'],
    kiosk: [{ act: 'boardFault', fault: 'motorJam' }],
    ends: 'notDeliveredNotPaid',
  },
  owed: {
    says: 'the motor jams, and the account was closed in between: the money is owed',
    behaviours: ['jam'],
    kiosk: [{ act: 'boardFault', fault: 'motorJam' }],
    twist: 'closeAccount',
    debitOnly: true,
    ends: 'owed',
  },
  silent: {
    says: 'the machine never says how the vend went',
    behaviours: ['silent'],
    kiosk: [{ act: 'boardFault', fault: 'powerCutAfterDrop' }],
    ends: 'unknownClosed',
  },
  reset: { says: 'the machine restarts in the middle of the vend', behaviours: ['reset'] },
  slow: { says: 'the machine says so later than anybody waits', behaviours: ['slow'], ends: 'unknownClosed' },
  unplugged: { says: 'the serial line is pulled in the middle of the vend', behaviours: ['unplugged'] },
  pulled: {
    says: 'the serial line is pulled while the buyer reads the price',
    twist: 'unplugLine',
    ends: 'notDeliveredNotPaid',
  },
  twice: {
    says: 'the machine says twice that it has delivered',
    behaviours: ['twice'],
    ends: 'deliveredAndPaid',
  },
  garbage: {
    says: 'noise on the serial line',
    behaviours: ['garbage'],
    kiosk: [{ act: 'boardFault', fault: 'garbled' }],
    ends: 'deliveredAndPaid',
  },
  'box-restart': { says: 'the box restarts while the machine waits', behaviours: ['boxRestart'] },
  coins: { says: 'the buyer pays in coins after all', twist: 'coins', ends: 'notDeliveredNotPaid' },
  lever: { says: 'the buyer pushes the return lever', twist: 'lever', ends: 'notDeliveredNotPaid' },
  poor: { says: 'the buyer cannot pay', buyer: 'poor', ends: 'notDeliveredNotPaid' },
  no: { says: 'the buyer answers NO', twist: 'no', ends: 'notDeliveredNotPaid' },
  silence: {
    says: 'the buyer never answers',
    twist: 'silence',
    shortWait: true,
    ends: 'notDeliveredNotPaid',
  },
  late: {
    says: 'the yes comes after the machine stopped waiting',
    twist: 'lateYes',
    shortWait: true,
    ends: 'notDeliveredNotPaid',
  },
  'unknown-number': {
    says: 'the buyer mistypes the machine number and is helped',
    twist: 'wrongNumber',
    ends: 'deliveredAndPaid',
  },
  'centre-silent': {
    says: 'the payment centre takes the payment request and does not answer',
    twist: 'pauseCentre',
  },
  'kill-automaton': { says: 'kill -9 of the automaton while it delivers', twist: 'killAutomaton' },
  'kill-server': { says: 'kill -9 of the relation server while it authorises', twist: 'killServer' },
  'kill-centre': { says: 'kill -9 of the payment centre while it is asked', twist: 'killCentre' },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults
export const faultNames = Object.keys(faults) as FaultName[]

/** Time limits of a play: as short as a loaded test machine allows, in the proportions of the real ones. */
export function playLimits({ shortWait }: Fault): Limits {
  const wait = shortWait ? { consentMs: 1500, offerWaitMs: 4000 } : { consentMs: 8000, offerWaitMs: 12_000 }
  return {
    ...defaultLimits,
    textTransitMs: 500,
    authorisationMs: 1500,
    marginMs: 500,
    ...wait,
    readerLimitMs: 15_000,
    machineVendLimitMs: 20_000,
    vendMs: 3000,
    reportingMs: 1000,
    attendMs: 8000,
    identificationWaitMs: 12_000,
    askOutcomeMs: 1000,
    quietMs: 500,
    retryMs: 200,
    reconnectCapMs: 1000,
    boxHeartbeatMs: 1000,
    boxAnswerMs: 500,
  }
}
