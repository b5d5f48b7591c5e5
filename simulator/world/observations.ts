// What can be seen of a simulated world from outside the programs: on the disks, on the wires, at the vending
// machines, at the phones, in the ledger. The auditor judges by these alone. Plain data; texts are the very
// bytes that were there.

export type Observation =
  // The world itself.
  | { type: 'fault'; what: string; whom: string; untilMs: number }
  /** How a machine's vends go from now on. */
  | { type: 'behaves'; automatonId: string; behaviours: readonly string[] }
  | { type: 'processDied'; process: string; error: string }
  // An automaton's journal: rows as they reached its disk.
  | { type: 'booted'; automatonId: string; journalId: string; boot: number }
  | { type: 'journalLost'; automatonId: string }
  | { type: 'offerStored'; automatonId: string; saleId: string; offerHash: string; amountMinor: number }
  | { type: 'promiseStored'; automatonId: string; saleId: string; promise: 'deliver' | 'withdraw' }
  | { type: 'wordStored'; automatonId: string; saleId: string; kind: string; text: string }
  | { type: 'answerStored'; automatonId: string; instructionId: string; answer: string }
  /** What the automaton of a kiosk knows of its coins and its vend. */
  | { type: 'tillStored'; automatonId: string; text: string }
  // The vending machine. `nobody`: a kiosk's motor turns, and its automaton's journal knows of no such vend.
  | { type: 'machine'; automatonId: string; event: string; item: number; by: 'phone' | 'coins' | 'nobody' }
  | { type: 'coin'; automatonId: string; what: SeenCoin; amountMinor: number }
  /** What lies in its tubes and its cash box; whether its automaton, and no box, acknowledges coins. */
  | { type: 'coinsCounted'; automatonId: string; amountMinor: number; acknowledges: boolean }
  /** Six figures on its keypad. */
  | { type: 'codeTyped'; automatonId: string; code: string }
  // The wires of link 7.
  | { type: 'published'; automatonId: string; channel: string; text: string }
  | { type: 'sent'; server: string; automatonId: string; channel: string; text: string }
  // The relation server's database, as committed.
  | { type: 'inboxCommitted'; source: string; key: string }
  | { type: 'outboxCommitted'; id: string; kind: string; saleId: string | null; body: string }
  | { type: 'saleCommitted'; saleId: string; state: string; open: boolean; aside: string | null }
  | { type: 'personCommitted'; saleId: string | null; action: string }
  | { type: 'callCommitted'; callId: string; state: string }
  // Link 8, and the centre's database.
  | { type: 'asked'; exchange: number; method: string; path: string; body: string }
  | { type: 'answered'; exchange: number; status: number; body: string }
  | {
      type: 'accountCommitted'
      accountId: string
      subscriberHash: string
      ceilingMinor: number
      /** Of an account that a call has bought. */
      voucher?: SeenVoucher
    }
  | { type: 'paymentCommitted'; payment: SeenPayment }
  | { type: 'transferCommitted'; transfer: SeenTransfer }
  // Phones. `dialogue`: which of the buyer's; without one it is a text.
  | { type: 'said'; buyer: string; words: string; dialogue?: number }
  | { type: 'read'; buyer: string; words: string; key: string; dialogue?: number }
  | { type: 'textHandedOver'; key: string }
  /** By the gateway or the operator's centre: what becomes of it now is no server's. */
  | { type: 'textAccepted'; key: string }
  /** A gateway was told that it need not repeat a text. */
  | { type: 'textTaken'; gateway: string; key: string }
  /** A server will never take it. */
  | { type: 'textRefused'; key: string; why: string }
  // Machines' pages, by browser.
  | { type: 'pageNumber'; browser: string; number: string }
  /** And looked at by a server. */
  | { type: 'pageCodeTyped'; browser: string; code: string }
  /** The code was taken. */
  | { type: 'pageProven'; browser: string; code: string }
  /** A price, with the code that a tap under it carries. */
  | { type: 'pageShown'; browser: string; machineNumber: string; amountMinor: number; code: string }
  | { type: 'pageTapped'; browser: string; code: string }
  // Calls. `direct`: it pays what stands open on the machine that is typed in it.
  | { type: 'called'; callId: string; amountMinor: number; direct: boolean }
  /** The name of a recording, or `code`. */
  | { type: 'callHeard'; callId: string; what: string; code?: string }
  | { type: 'callTyped'; callId: string; machineNumber: string }

/**
 * `taken`: into a tube or the cash box. `tray`: refused, back at once. `fished`: credited, and pulled out
 * again. `paid`: out of a tube.
 */
export type SeenCoin = 'taken' | 'tray' | 'stuck' | 'fished' | 'paid'

export interface SeenVoucher {
  readonly callId: string
  /** Where alone it is good. */
  readonly automatonId: string
  /** Undefined while it cannot lapse: it is spent, or over. */
  readonly endsAt: number | undefined
}

export interface SeenPayment {
  readonly id: string
  readonly saleId: string
  readonly key: string
  readonly accountId: string
  readonly amountMinor: number
  readonly status: string
}

export interface SeenTransfer {
  readonly id: string
  readonly kind: string
  readonly paymentId: string
  readonly entries: readonly {
    readonly accountId: string
    readonly layer: string
    readonly amountMinor: number
  }[]
}

export type Observe = (observation: Observation) => void
