// Everything that can be asked of the books, as data, and what comes back. Commands are made by the HTTP
// routes, the operator's command line and the clock; signatures in them were checked before, so deciding
// needs no I/O.
import type { ErrorCode, PaymentRequest } from '@concilia/protocol/carrier-billing.ts'
import type { Signer } from '@concilia/protocol/jws.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Acknowledgement, Checked, Outcome, Slip, Withdrawal } from '@concilia/protocol/promises.ts'
import type { Random } from '@concilia/protocol/random.ts'

import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { Secrets } from '../secrets.ts'
import type { Change } from './books.ts'
import type { Caps } from './caps.ts'
import type { Account, Client, RefundRecord, Seller } from './records.ts'

export type UndoReason = RefundRecord['because']

/** A request under an idempotency key. */
export interface Keyed {
  readonly client: string
  readonly key: string
  /** Keyed hash of method, path and the body's bytes. */
  readonly bodyHash: string
}

export interface Charge extends Keyed {
  readonly kind: 'charge'
  readonly charge: 'debit' | 'hold'
  readonly referenceCode: string
  readonly subscriber: Subscriber
  readonly subscriberHash: string
  readonly money: Money
  readonly description: string
  /** Who the request says is to be paid; the slip decides. */
  readonly merchant?: string
  readonly consent: PaymentRequest['consent']
  readonly slip: Checked<Slip>
}

/** The automaton's signed word on a sale, where the request carries one. */
export type Evidence =
  | { readonly kind: 'outcome'; readonly checked: Checked<Outcome> }
  | { readonly kind: 'withdrawal'; readonly checked: Checked<Withdrawal> }

/**
 * An operation on a payment that exists. `subscriberHash`: whom the client takes it to be of, when it says
 * so.
 */
interface OnPayment {
  readonly client: string
  readonly paymentId: string
  readonly subscriberHash?: string
}

export interface RefundCommand extends Keyed, OnPayment {
  readonly kind: 'refund'
  readonly type: 'total' | 'partial'
  /** Of a partial refund. */
  readonly money?: Money
  readonly description?: string
  readonly referenceCode: string
  readonly because: UndoReason
  readonly reason?: string
  readonly evidence?: Evidence
}

export interface Repost {
  readonly kind: 'repost'
  readonly client: string
  readonly key: string
  readonly referenceCode: string
  readonly subscriberHash: string
  readonly token: string
  readonly acknowledgement: Checked<Acknowledgement>
}

export type PaymentCommand =
  | Charge
  | RefundCommand
  | Repost
  | (OnPayment & {
      readonly kind: 'validate'
      readonly authorizationId: string
      /** A PIN comes stretched. */
      readonly code: string
    })
  | (OnPayment & { readonly kind: 'confirm'; readonly evidence?: Evidence })
  | (OnPayment & { readonly kind: 'cancel'; readonly because?: UndoReason; readonly evidence?: Evidence })
  | (OnPayment & { readonly kind: 'outcome'; readonly evidence: Evidence })
  | { readonly kind: 'void'; readonly client: string; readonly key: string; readonly referenceCode: string }
  | { readonly kind: 'expire'; readonly paymentId: string }
  | {
      readonly kind: 'eligibility'
      readonly client: string
      readonly subscriberHash: string
      readonly seller: string
      readonly money: Money
      readonly proof?: 'pin'
    }

/** What premium-rate calls buy (voucher.ts). */
export type VoucherCommand =
  | (Keyed & {
      readonly kind: 'voucher'
      readonly referenceCode: string
      readonly money: Money
      readonly seller: string
      readonly automatonId: string
      readonly service: string
      readonly sellerShareBps: number
      readonly livesMs: number
    })
  | { readonly kind: 'voucherRead'; readonly client: string; readonly subscriberHash: string }
  | { readonly kind: 'voucherLapse'; readonly subscriberHash: string }

export type AccountCommand =
  | {
      readonly kind: 'openAccount'
      readonly subscriber: Subscriber
      readonly account: Pick<Account, 'currency' | 'ceilingMinor' | 'validateAboveMinor'> & {
        kind: 'prepaid' | 'postpaid'
      }
      readonly balanceMinor: number
    }
  /** `key`: of its receipt; the same one is booked once. */
  | { readonly kind: 'topUp'; readonly subscriberHash: string; readonly money: Money; readonly key: string }
  | { readonly kind: 'barAccount'; readonly subscriberHash: string; readonly barred: boolean }
  /** Stretched. `currentHash`: of the one in force, which only its buyer knows. */
  | {
      readonly kind: 'setPin'
      readonly subscriberHash: string
      readonly hash: string
      readonly currentHash?: string
      readonly by: 'buyer' | 'person'
    }
  | { readonly kind: 'closeAccount'; readonly subscriberHash: string }
  | { readonly kind: 'showAccount'; readonly subscriberHash: string }
  | { readonly kind: 'registerClient'; readonly registration: Client }
  | { readonly kind: 'registerSeller'; readonly registration: Seller }

export type Command = PaymentCommand | VoucherCommand | AccountCommand

/**
 * An answer as it goes out: for a keyed request these very bytes are kept and sent again. Empty body: none.
 */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** A line for the operator's log. Never a number, never a secret. */
export interface News {
  readonly step?: 'ST10' | 'ST12' | 'ST13' | 'ST131' | 'ST132' | 'ST14' | 'ST71'
  readonly reference: string
  readonly words: string
}

/** A code to send to the buyer once the hold is committed. */
export interface CodeText {
  readonly subscriber: Subscriber
  readonly code: string
  readonly money: Money
  readonly payee: string
  readonly reference: string
}

export interface Decision {
  readonly answer: Answer
  readonly change?: Change
  readonly news?: readonly News[]
  readonly text?: CodeText
  /** Nothing was decided: not remembered under the key, the same request may be decided later. */
  readonly undecided?: true
}

export interface ValidationSettings {
  readonly waitMs: number
  readonly digits: number
  readonly tries: number
}

export interface Settings {
  readonly caps: Caps
  readonly holdMs: number
  /** A hold may be the price of goods in hand: the clock gives it back only this long after its promise. */
  readonly silenceMs: number
  /** Left out when the centre cannot send codes: then nothing that needs one is allowed. */
  readonly validation?: ValidationSettings
}

/** What deciding needs besides the books, the same for a whole batch. */
export interface Desk {
  readonly now: number
  readonly random: Random
  readonly secrets: Secrets
  readonly signer: Signer
  readonly settings: Settings
}

export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}
