// The rows of the centre's books as the core sees them: accounts, payments, refunds, keys, clients and
// sellers. Stored records are read back through these schemas, so that a row of another version is an error
// and never a guess.

import {
  consentSchema,
  paymentStatuses,
  scopes,
  undoReasons,
  voiceServiceSchema,
} from '@concilia/protocol/carrier-billing.ts'
import { currencySchema } from '@concilia/protocol/money.ts'
import { outcomeResults, sellerSchema } from '@concilia/protocol/promises.ts'
import { automatonIdSchema } from '@concilia/protocol/topics.ts'
import { z } from 'zod'

const epochMsSchema = z.int().min(0)
const minorSchema = z.int().min(0)

const shareSchema = z.int().min(0).max(10_000)

/** What a premium-rate call has bought (voucher.ts). */
export const voucherSchema = z.strictObject({
  /** Who had it made. */
  client: z.string(),
  /** The call. */
  referenceCode: z.string(),
  seller: sellerSchema,
  automatonId: automatonIdSchema,
  service: voiceServiceSchema,
  sellerShareBps: shareSchema,
  amountMinor: z.int().min(1),
  livesMs: z.int().min(1),
  goodUntil: epochMsSchema,
  /**
   * `announced`: promised, its code not known to be read. `unread`: lapsed so. `lapsed`: what it held is a
   * liability. `voided`: the call ended before its code was read.
   */
  state: z.enum(['announced', 'good', 'unread', 'lapsed', 'voided']),
  /** The pending transfer while it is announced. */
  holdId: z.exactOptional(z.string()),
})
export type Voucher = z.infer<typeof voucherSchema>

export const accountSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['prepaid', 'postpaid', 'operator', 'centre']),
  currency: currencySchema,
  /** How far a postpaid account may go below zero; zero for all others. */
  ceilingMinor: minorSchema,
  barred: z.boolean(),
  closed: z.boolean(),
  /** Purchases above this amount ask for a code sent to the buyer (ST12); zero asks always. */
  validateAboveMinor: z.exactOptional(minorSchema),
  /** Keyed hash of realm and key, for look-up; buyers only. */
  subscriberHash: z.exactOptional(z.string()),
  /** The subscriber, encrypted; buyers only. */
  sealedSubscriber: z.exactOptional(z.string()),
  voucher: z.exactOptional(voucherSchema),
  /** When a voucher lapses; none while it is spent. */
  dueAt: z.exactOptional(epochMsSchema),
  /** Stretched (pin-stretching.ts), with how often in a row another one was given; buyers only. */
  pin: z.exactOptional(
    z.strictObject({ hash: z.string(), failures: minorSchema, pausedUntil: epochMsSchema }),
  ),
})
export type Account = z.infer<typeof accountSchema>

/** Where the operator's part of a payment stands. */
export const positions = ['none', 'unsettled', 'payable'] as const

export const paymentRecordSchema = z.strictObject({
  id: z.string(),
  client: z.string(),
  /** Its clientCorrelator. */
  key: z.string(),
  /** The sale. */
  referenceCode: z.string(),
  accountId: z.string(),
  seller: sellerSchema,
  /**
   * Who signed the slip; the only one whose outcome counts. Not known of a payment booked again (repost.ts).
   */
  automatonId: z.exactOptional(z.string()),
  offerHash: z.string(),
  amountMinor: z.int().min(1),
  currency: currencySchema,
  description: z.string(),
  consent: z.exactOptional(consentSchema),
  charge: z.enum(['debit', 'hold']),
  status: z.enum(paymentStatuses),
  position: z.enum(positions),
  /** Given back to the buyer after it was posted. */
  refundedMinor: minorSchema,
  /** Could not be given back: stands on the centre's `owed` account. */
  owedMinor: minorSchema,
  owedSince: z.exactOptional(epochMsSchema),
  createdAt: epochMsSchema,
  paidAt: z.exactOptional(epochMsSchema),
  /** The pending transfer, while there is one. */
  holdId: z.exactOptional(z.string()),
  /** When the hold, or the wait for the buyer's code, is over by the centre's own clock. */
  dueAt: z.exactOptional(epochMsSchema),
  /** The code that was sent to the buyer (ST12). Such a purchase is outside the day's cap. */
  validation: z.exactOptional(
    z.strictObject({
      authorizationId: z.string(),
      /** Empty where the buyer's PIN is asked for: the account has it. */
      codeHash: z.string(),
      triesLeft: minorSchema,
      by: z.exactOptional(z.literal('pin')),
    }),
  ),
  outcome: z.exactOptional(z.enum(outcomeResults)),
  /** The automaton's signed promise never to deliver. */
  withdrawn: z.boolean(),
  /** Booked again from an acknowledgement when the buyer's account could not bear it: the centre paid. */
  borneByCentre: z.exactOptional(z.literal(true)),
  /** Of a voucher's: the seller's part of what becomes payable; the rest is the voice service's revenue. */
  sellerShareBps: z.exactOptional(shareSchema),
  service: z.exactOptional(voiceServiceSchema),
  /** Already moved from `disputed` to `sales`. */
  learntMinor: minorSchema,
  acknowledgement: z.exactOptional(z.string()),
  /** While true no other payment may be made for this offer (rule 3). */
  live: z.boolean(),
})
export type PaymentRecord = z.infer<typeof paymentRecordSchema>

export const refundRecordSchema = z.strictObject({
  id: z.string(),
  paymentId: z.string(),
  client: z.string(),
  key: z.string(),
  referenceCode: z.string(),
  type: z.enum(['total', 'partial']),
  amountMinor: z.int().min(1),
  currency: currencySchema,
  description: z.exactOptional(z.string()),
  because: z.enum(undoReasons),
  reason: z.exactOptional(z.string()),
  status: z.enum(['succeeded', 'denied']),
  createdAt: epochMsSchema,
})
export type RefundRecord = z.infer<typeof refundRecordSchema>

/** An idempotency key (rule 10). `voided` keys refuse for good, whatever is sent under them. */
export interface KeyRecord {
  readonly client: string
  readonly key: string
  readonly use: 'charge' | 'refund' | 'topUp' | 'voucher'
  readonly voided: boolean
  /** Keyed hash of the request; empty for a key voided before anything was sent under it. */
  readonly bodyHash: string
  readonly status: number
  /** The answer's exact bytes, encrypted: they hold the buyer's number. */
  readonly sealedAnswer: string
  readonly paymentId?: string
  readonly createdAt: number
}

/** A registered relation server: what it may do, for whom and how much. */
export const clientSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/),
  /** scrypt, with its salt. */
  secretHash: z.string(),
  scopes: z.array(z.enum(scopes)),
  sellers: z.array(sellerSchema),
  purchaseCeilingMinor: z.exactOptional(minorSchema),
  dayCeilingMinor: z.exactOptional(minorSchema),
  /** Most that its calls may buy in a UTC day; none when left out. */
  voucherDayCeilingMinor: z.exactOptional(minorSchema),
})
export type Client = z.infer<typeof clientSchema>

export const sellerRecordSchema = z.strictObject({
  id: sellerSchema,
  name: z.string().min(1).max(80),
  dayCeilingMinor: z.exactOptional(minorSchema),
})
export type Seller = z.infer<typeof sellerRecordSchema>

/**
 * How often and how much, of whom the scope names (`buyer:HASH:EUR`, `seller:ID:EUR`), in the newest hour,
 * day and month that anything was counted in, each by its number (usage.ts).
 */
export interface Usage {
  readonly scope: string
  readonly hour: number
  /** Purchases in that hour. */
  readonly count: number
  readonly day: number
  readonly dayMinor: number
  readonly month: number
  readonly monthMinor: number
}
