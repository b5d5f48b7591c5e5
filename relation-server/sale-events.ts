// What can happen to a sale on the server, and what the sale can ask to be said to a buyer. Plain JSON:
// events are stored before they are acted on, and a phone appears only as its subscriber id, never as its
// number.
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import type { outcomeResults, withdrawalReasons } from '@concilia/protocol/promises.ts'
import type { DeclineReason, PaymentResult } from './payments/port.ts'

/** The name of a file in phones/languages, such as `fr`. */
export type Language = string
/** An SMS, one step of a USSD dialogue, or the machine's page. */
export type Channel = 'text' | 'ussd' | 'web'

/** A phone that stands before the machine, bound to this sale. */
export interface PhoneInSale {
  readonly identificationId: string
  readonly subscriberId: string
  /** `voice`: a code that a call has bought was typed, or the call named the machine. It hears no texts. */
  readonly channel: Channel | 'voice'
  /** The USSD session that waits for a screen; null for texts. */
  readonly sessionId: string | null
  readonly language: Language
  /**
   * The carrier vouches for the number (USSD pull on a trusted link): a pick in the menu is consent enough.
   */
  readonly vouched: boolean
  /** Its buyer's PIN is wanted as well. */
  readonly proof?: 'pin'
  /** Sent to the number with the price; sent back with the consent. */
  readonly code: string
  /**
   * `checking`: the centre is asked about the account. `asked`: has the price. `out`: said no, or was
   * refused.
   */
  readonly step: 'checking' | 'asked' | 'out'
  /** The eligibility question under way while `checking`. */
  readonly operationId: string
  readonly triesLeft: number
  /** Of `voice`: which call, and until when its code may be good again. */
  readonly call?: {
    readonly callId: string
    readonly service: string
    readonly sellerShareBps: number
    readonly voucherId: string
    readonly codeTurn: number
    readonly honouredUntil: number
    /** Its buyer has not heard the code yet. */
    readonly direct: boolean
  }
}

/** Every event carries the server's time and unused ids, because a chart has neither clock nor chance. */
interface Stamp {
  readonly at: number
  /** For the one operation at the centre that it may begin. */
  readonly mint: string
  /** For the one instruction to the machine: both may come of one event, and share a table. */
  readonly mintInstruction: string
}

export type SaleEvent = Stamp &
  (
    | { type: 'phoneIdentified'; phone: PhoneInSale }
    /** `code` null: picked in the menu of a session the carrier vouches for. */
    | { type: 'phoneConsented'; identificationId: string; code: string | null }
    | { type: 'phoneRefused'; identificationId: string }
    /** A code of a call, good for this machine and price, was typed: identification and consent in one. */
    | { type: 'voucherGiven'; phone: PhoneInSale }
    /** Another was typed than any that is good here. */
    | { type: 'codeFailed' }
    /** ST12: the code that the centre sent. */
    | { type: 'codeGiven'; identificationId: string; code: string }
    | { type: 'paymentAnswered'; operationId: string; result: PaymentResult }
    /** By the walk over the centre's payments: one of this sale that our books, restored, do not have. */
    | { type: 'paymentFound'; paymentId: string }
    | { type: 'saleWithdrawn'; token: string; reason: (typeof withdrawalReasons)[number] }
    | {
        type: 'outcomeReported'
        token: string
        result: (typeof outcomeResults)[number]
        detail: string
        /**
         * More unknown outcomes today than the cap for this subscriber or machine: a person decides (rule 2).
         */
        aboveCap: boolean
      }
    | ({ type: 'instructionAnswered' } & InstructionAnswer)
    /**
     * The machine came back with another journal and a person admitted it: what it was doing is not known.
     */
    | { type: 'journalReplaced'; aboveCap: boolean }
    | { type: 'closedByPerson'; as: 'recredit' | 'writeOff'; who: string; why: string }
  )

export type SaleEventType = SaleEvent['type']

/** What a sale has said to a buyer; the phones' folder has the sentences. */
export type SaleSay =
  | { kind: 'price' }
  | { kind: 'paying' }
  | { kind: 'takenByAnother' }
  | { kind: 'tooLate' }
  | { kind: 'cancelled' }
  | { kind: 'declined'; reason: DeclineReason }
  | { kind: 'wrongCode'; triesLeft: number }
  | { kind: 'validationAsked'; by?: 'pin' }
  | { kind: 'receipt' }
  | { kind: 'refunded' }
  | { kind: 'unknownClosed' }
  | { kind: 'owed' }
