// The payments port: what a sale asks of a payment centre, and the three answers (rule 10): ok, refused, in
// doubt. Operations are durable jobs of the engine; the adapter performs one attempt at a time and classifies
// its answer.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { Channel } from '../sale-events.ts'

/** Why money goes back, in the words the centre books it under. */
export type UndoReason = 'failed' | 'withdrawn' | 'unknown' | 'closedByPerson'

/** Proof of consent, kept by the centre: which identification said yes to which price, how and when. */
export interface ConsentProof {
  readonly identificationId: string
  readonly channel: Channel | 'voice'
  /**
   * `code`: a code sent to the number came back (on the page: once, when the visit began); `network`: the
   * carrier vouched for the session; `voucher`: the code of a call was typed at the machine, or the call
   * named it.
   */
  readonly by: 'code' | 'network' | 'voucher'
  readonly at: number
  /** The buyer's PIN is wanted as well: the centre, which has it, asks for it. */
  readonly proof?: 'pin'
}

interface ChargeTerms {
  readonly saleId: string
  /** Idempotency key: (sale, attempt). */
  readonly key: string
  readonly subscriber: Subscriber
  readonly slip: string
  readonly amountMinor: number
  readonly currency: string
  /** Operator's trade name and machine number; never the item. */
  readonly description: string
  readonly seller: string
  readonly consent: ConsentProof
}

export type PaymentOperation =
  /** ST10: is there an account, and enough for this amount? Moves nothing. */
  | {
      kind: 'eligibility'
      subscriber: Subscriber
      amountMinor: number
      currency: string
      seller: string
      /** The buyer will need a PIN. */
      proof?: 'pin'
    }
  /** ST11, debit mode: one step. */
  | ({ kind: 'charge' } & ChargeTerms)
  /** ST11, hold mode; also how a centre that wants the buyer's validation is asked. */
  | ({ kind: 'prepare' } & ChargeTerms)
  /** ST12: the code that the centre sent to the buyer. */
  | { kind: 'validate'; paymentId: string; authorizationId: string; code: string }
  /** Posts a hold. With the signed outcome it also makes the operator's share payable. */
  | { kind: 'confirm'; paymentId: string; outcome?: string }
  /** Gives a hold back. */
  | { kind: 'cancel'; paymentId: string; because: UndoReason; evidence?: string }
  /** Reverses the payment of this key or leaves a tombstone that refuses a later one (rule 8). */
  | { kind: 'void'; saleId: string; key: string }
  /** ST71. `key` is the refund's own idempotency key. */
  | {
      kind: 'refund'
      paymentId: string
      key: string
      amountMinor: number
      currency: string
      because: UndoReason
      evidence?: string
    }
  /** The signed outcome for the centre's books: unsettled to payable, or (learnt later) disputed to sales. */
  | { kind: 'outcome'; paymentId: string; outcome: string }
  /** A prepaid account for one purchase, which a premium-rate call buys. Undone by `void`. */
  | {
      kind: 'voucher'
      voucherId: string
      callId: string
      amountMinor: number
      currency: string
      seller: string
      automatonId: string
      service: string
      sellerShareBps: number
      livesMs: number
    }
  /** Its code was read out: the call is paid. */
  | { kind: 'voucherRead'; voucherId: string }
  /** A restored centre is handed its own acknowledgement again. */
  | { kind: 'repost'; acknowledgement: string; subscriber: Subscriber; key: string; saleId: string }

export type PaymentResult =
  | { kind: 'ok'; paymentId?: string; acknowledgement?: string; honouredUntil?: number; proof?: 'pin' }
  /** `prepare` only: the centre sent the buyer a code and wants it back (ST12). */
  | { kind: 'validationNeeded'; paymentId: string; authorizationId: string; by?: 'pin' }
  /** Definite: nothing was and nothing will be applied under this key. `reason` is for the buyer. */
  | { kind: 'refused'; code: string; reason: DeclineReason }
  /** Not known. Repeat with the same key, or void by key. */
  | { kind: 'inDoubt'; why: string; proof?: 'pin' }

export type DeclineReason =
  | 'noAccount'
  | 'notEnough'
  | 'capReached'
  | 'accountBarred'
  | 'wrongCode'
  /** A PIN is wanted, and none is set, or it was wrong too often. */
  | 'noPin'
  /** By the operator's policy: another way of paying would do. */
  | 'wayNotAllowed'
  | 'notAllowed' // our own registration, ceiling or signature: not the buyer's fault
  | 'tooLate'

export interface CentrePayment {
  readonly paymentId: string
  readonly saleId: string
  readonly key: string
  readonly status: 'processing' | 'pending_validation' | 'reserved' | 'succeeded' | 'denied' | 'cancelled'
  readonly refundedMinor: number
  readonly amountMinor: number
  readonly createdAt: number
}

export interface Payments {
  /** @param attempt 1 only when this very operation can never have been sent before */
  perform(operation: PaymentOperation, attempt: number): Promise<PaymentResult>
  /** Every payment of ours at the centre created since `from` (epoch ms), oldest first, paged below. */
  walk(from: number): AsyncIterable<CentrePayment>
  /** The centre's certificate chains; asked for at start and kept. Rejects with an OperatingError. */
  chains(): Promise<string[]>
  close(): Promise<void>
}
