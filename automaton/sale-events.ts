// What can happen to a sale at the machine, what the chart remembers of it, and what its display can be asked
// to say. Types only: the vocabulary that chart, shell and journal share. Ids are minted by the shell, never
// here.
import type { Money } from '@concilia/protocol/money.ts'
import type { Outcome, Withdrawal } from '@concilia/protocol/promises.ts'

/** What the journal holds of a sale when an instruction about it is taken from the queue. */
export type Held = 'none' | 'open' | 'withdrawn' | 'delivering' | 'concluded'

/** What the automaton found in an acknowledgement, checked against its own open offer. */
export type Verdict = 'good' | 'badAcknowledgement' | 'wrongTerms'

export type SaleEvent =
  /** Ids are minted by the shell. `phonePayment`: admitted, reachable, and the journal can be written. */
  | {
      type: 'itemChosen'
      saleId: string
      nonce: string
      price: Money
      item: number
      phonePayment: boolean
      /** Typed a moment before. */
      code?: string
    }
  /** On the keypad. `forMs`: how long a session is to be opened for the buyer; null where none is needed. */
  | { type: 'codeTyped'; code: string; phonePayment: boolean; forMs: number | null }
  | { type: 'vendCancelled'; why: 'cancelled' | 'readerLost' }
  | { type: 'vendConcluded'; result: Outcome['result']; detail: string }
  | { type: 'sessionEnded' }
  | { type: 'attend'; instructionId: string; forMs: number; phonePayment: boolean }
  | { type: 'deliver'; instructionId: string; saleId: string; acknowledgement: string; held: Held }
  | { type: 'refuse'; instructionId: string; saleId: string; text: string; held: Held }
  | { type: 'report'; instructionId: string; saleId: string; held: Held }
  /** Words for the display. */
  | { type: 'told'; instructionId: string; saleId: string; text: string }
  /** The answer to `verifyAcknowledgement`, under the operation id that it carried. */
  | { type: 'acknowledgementChecked'; operationId: string; verdict: Verdict }
  /** The server has these words in its database. */
  | { type: 'offerStored' | 'outcomeStored'; saleId: string }
  /** First event of every process, before the link comes up (rule 13). */
  | { type: 'restarted' }
  /** Last event of a process that is stopped in order. */
  | { type: 'stopping' }
  /** The journal failed a moment ago while an offer was open; this is the first event it takes again. */
  | { type: 'journalFailed' }

export type SaleEventType = SaleEvent['type']

export interface SaleContext {
  /** The sale in hand; null on standby. */
  readonly sale: { readonly saleId: string; readonly price: Money } | null
  /** The instruction whose acknowledgement is being checked. */
  readonly operationId: string | null
}

/** What the display should say; the words and the countdown are the display's own. */
export type Scene =
  | { scene: 'offer'; price: Money; item: number }
  | { scene: 'delivering' }
  | { scene: 'concluded'; result: Outcome['result'] }
  | { scene: 'withdrawn'; reason: Withdrawal['reason'] }
  | { scene: 'refused'; text: string }
  /** A code was typed. `sent`: for the open offer; else the item is still to be chosen. */
  | { scene: 'codeTyped'; sent: boolean }
  /** The server's words, for a moment. */
  | { scene: 'told'; text: string }
