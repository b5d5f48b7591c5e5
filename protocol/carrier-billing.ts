// Link 8, relation server to payment centre: CAMARA Carrier Billing 0.5 and Carrier Billing Refund 0.3
// (release r3.2, Apache-2.0) as we use them, with our extensions, as the zod schemas that validate on both
// sides. Bodies are read and written with exact-json.ts, so that an amount is its decimal text here. Dates
// are RFC 3339 where the standard has them and epoch ms in what is ours. Requests of the standard may carry
// more than is named here: it is ignored.
import { z } from 'zod'
import { amountMinorOf, currencySchema, type Money } from './money.ts'
import { sellerSchema, tokenSchema } from './promises.ts'
import { e164Schema, subscriberSchema } from './subscriber.ts'
import { automatonIdSchema } from './topics.ts'

const payments = '/carrier-billing/v0.5/payments'
const refunds = '/carrier-billing-refund/v0.3/payments'
const ours = '/concilia/v1'

/**
 * Also serve as route patterns: `paths.confirm(':paymentId')`. What the standard does not know lies below
 * /concilia/v1.
 */
export const paths = {
  token: '/oauth2/token',
  payments, // POST createPayment, GET retrievePayments
  prepare: `${payments}/prepare`,
  payment: (paymentId: string) => `${payments}/${paymentId}`,
  validate: (paymentId: string) => `${payments}/${paymentId}/validate`,
  confirm: (paymentId: string) => `${payments}/${paymentId}/confirm`,
  cancel: (paymentId: string) => `${payments}/${paymentId}/cancel`,
  refunds: (paymentId: string) => `${refunds}/${paymentId}/refunds`,
  refund: (paymentId: string, refundId: string) => `${refunds}/${paymentId}/refunds/${refundId}`,
  remainingAmount: (paymentId: string) => `${refunds}/${paymentId}/refunds/remaining-amount`,
  eligibility: `${ours}/eligibility`,
  pin: `${ours}/pins`,
  void: `${ours}/payments/void`,
  outcome: (paymentId: string) => `${ours}/payments/${paymentId}/outcome`,
  certificates: `${ours}/certificates`,
  keys: `${ours}/keys`,
  acknowledgements: `${ours}/acknowledgements`,
  vouchers: `${ours}/vouchers`,
  voucherRead: (voucherId: string) => `${ours}/vouchers/${voucherId}/read`,
} as const

/**
 * Every error code of link 8 with its one HTTP status. Each can be met, and each has a test at the centre.
 */
export const errorStatus = {
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  INVALID_SINK: 400, // we send no notifications
  'CARRIER_BILLING.INVALID_DATE_RANGE': 400,
  'CARRIER_BILLING_REFUND.INVALID_DATE_RANGE': 400,
  'CARRIER_BILLING.INVALID_AUTHORIZATION_ID': 400,
  'CARRIER_BILLING.INVALID_CODE': 400,
  'CARRIER_BILLING.VALIDATION_FAILED': 400, // the tries are used up; the payment is denied
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403, // scope, seller or ceiling of the client: nothing that a buyer could change
  'CARRIER_BILLING.PAYMENT_DENIED': 403, // not enough credit
  'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND': 403,
  NOT_FOUND: 404,
  IDENTIFIER_NOT_FOUND: 404, // no such account
  ALREADY_EXISTS: 409, // this key with another body; or validated already
  'CARRIER_BILLING.PAYMENT_CONFIRMED': 409,
  'CARRIER_BILLING.PAYMENT_CANCELLED': 409,
  'CONCILIA.VOIDED': 409, // a void of this key came first: it is refused for good
  'CONCILIA.OFFER_CHARGED': 409, // another key has charged this offer (rule 3)
  'CONCILIA.CONTRADICTION': 409, // another outcome is booked, or our books say otherwise
  SERVICE_NOT_APPLICABLE: 422, // the account is barred or closed
  MISSING_IDENTIFIER: 422,
  UNNECESSARY_IDENTIFIER: 422, // both a phone number and a subscriber
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT': 422, // more than one purchase may cost
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED': 422, // a cap per hour, day or month
  'CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT': 422,
  'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS': 422,
  /**
   * Nothing was decided or remembered: send the signer's chain to `paths.certificates`, then the same bytes
   * again.
   */
  'CONCILIA.UNKNOWN_SIGNER': 422,
  /** Not signed by the key it names, not in form, or its terms are not those of the request. */
  'CONCILIA.BAD_SIGNATURE': 422,
  'CONCILIA.BAD_CHAIN': 422,
  /** The buyer must return a code first (ST12). Only a hold can wait for it: prepare, under a new key. */
  'CONCILIA.VALIDATION_WANTED': 422,
  /** A PIN is wanted, and the buyer has none, or it was wrong too often. */
  'CONCILIA.NO_PIN': 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const
export type ErrorCode = keyof typeof errorStatus

export const errorSchema = z.object({ status: z.int(), code: z.string(), message: z.string() })

export const scopes = [
  'carrier-billing:payments:create',
  'carrier-billing:payments:read',
  'carrier-billing:payments:write',
  'carrier-billing-refund:refunds:create',
  'carrier-billing-refund:refunds:read',
  /** Everything below /concilia/v1. */
  'concilia',
] as const
export type Scope = (typeof scopes)[number]

/**
 * Sent as a form, with `client_id:client_secret` as HTTP Basic credentials (RFC 6749, 4.4). No scope asks for
 * all.
 */
export const tokenRequestSchema = z.object({
  grant_type: z.literal('client_credentials'),
  scope: z.exactOptional(z.string()),
})
export const tokenAnswerSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.int().min(1),
})

const dateSchema = z.iso.datetime({ offset: true })
const epochMsSchema = z.int().min(0)
export const paymentIdSchema = z.string().min(1).max(64)
/** The idempotency key: an id of ours that is stored before it is first sent. */
export const clientCorrelatorSchema = z.string().regex(/^[\w.:-]{1,128}$/)
/** Our reference of the payment: the sale. */
export const referenceCodeSchema = z.string().min(1).max(64)

/** Decimal text here, a JSON number on the wire. */
const amountSchema = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,6})?$/, 'a plain decimal number such as 1.50')
  .meta({ type: 'number', minimum: 0, multipleOf: 0.001 })

export const amountOfCurrencySchema = z.object({ amount: amountSchema, currency: currencySchema })

/** @returns undefined when the amount has more digits than its currency */
export function moneyOf({ amount, currency }: z.infer<typeof amountOfCurrencySchema>): Money | undefined {
  const amountMinor = amountMinorOf(amount, currency)
  return amountMinor === undefined ? undefined : { amountMinor, currency }
}

export const chargingInformationSchema = amountOfCurrencySchema.extend({
  /** For the buyer's bill: the operator's trade name and the machine number, never the item. */
  description: z.string().min(1).max(200),
  isTaxIncluded: z.exactOptional(z.boolean()),
})
const chargingMetaDataSchema = z.object({
  merchantName: z.exactOptional(z.string().max(200)),
  merchantIdentifier: z.exactOptional(sellerSchema),
  channel: z.exactOptional(z.string().max(32)),
})

/**
 * Exactly one of the two: the number, or (our extension) the alias under which the carrier knows the buyer.
 */
export const payerShape = {
  phoneNumber: z.exactOptional(e164Schema),
  subscriber: z.exactOptional(subscriberSchema),
}

const amountTransactionShape = {
  ...payerShape,
  clientCorrelator: clientCorrelatorSchema,
  referenceCode: referenceCodeSchema,
  paymentAmount: z.object({
    chargingInformation: chargingInformationSchema,
    chargingMetaData: z.exactOptional(chargingMetaDataSchema),
  }),
}

/**
 * Which identification said yes to which price, how and when. For `code`, a code sent to the number came
 * back; for `voucher`, the code that a premium-rate call had read out was typed at the machine for this item
 * at this price, or the call itself named the machine.
 */
export const consentSchema = z.object({
  identificationId: z.string().min(1).max(64),
  channel: z.enum(['text', 'ussd', 'web', 'voice']),
  by: z.enum(['code', 'network', 'voucher']),
  at: epochMsSchema,
  /** The client wants the buyer's PIN as well, whatever the centre would ask for. */
  proof: z.exactOptional(z.literal('pin')),
})

/** createPayment and preparePayment. */
export const paymentRequestSchema = z.object({
  amountTransaction: z.object(amountTransactionShape),
  sink: z.exactOptional(z.string()),
  /** The automaton's signed terms; amount, currency and seller must be those above. */
  priceSlip: tokenSchema,
  consent: consentSchema,
})
export type PaymentRequest = z.infer<typeof paymentRequestSchema>

export const paymentStatuses = [
  'processing',
  'pending_validation',
  'reserved',
  'succeeded',
  'denied',
  'cancelled',
] as const
export type PaymentStatus = (typeof paymentStatuses)[number]

/**
 * 201 of createPayment and preparePayment; 200 of retrievePayment, then with the acknowledgement in force.
 */
export const paymentSchema = z.object({
  paymentId: paymentIdSchema,
  amountTransaction: z.object(amountTransactionShape),
  paymentStatus: z.enum(paymentStatuses),
  paymentCreationDate: dateSchema,
  paymentDate: z.exactOptional(dateSchema),
  validationInfo: z.exactOptional(
    z.discriminatedUnion('action', [
      z.object({
        action: z.literal('validate'),
        authorizationId: z.string().min(1).max(64),
        /** Extension: the buyer's own PIN is asked for, and no code was sent. */
        by: z.exactOptional(z.literal('pin')),
      }),
      z.object({ action: z.literal('open'), validationURL: z.string() }),
    ]),
  ),
  /** The centre's signed yes; there as soon as the payment is reserved or succeeded. */
  acknowledgement: z.exactOptional(tokenSchema),
  /** Of a hold: epoch ms, the same as in the acknowledgement. */
  honouredUntil: z.exactOptional(epochMsSchema),
  /** What has been given back so far, by refund or by void. */
  refunded: z.exactOptional(amountOfCurrencySchema),
})
export type Payment = z.infer<typeof paymentSchema>
export const paymentsSchema = z.array(paymentSchema)

export const largestPage = 100
/**
 * retrievePayments. `clientCorrelator` is ours. Payments made in the same ms are ordered by their id, so
 * pages hold still.
 */
export const paymentsQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  perPage: z.coerce.number().int().min(1).max(largestPage).default(10),
  'paymentCreationDate.gte': z.exactOptional(dateSchema),
  'paymentCreationDate.lte': z.exactOptional(dateSchema),
  order: z.enum(['asc', 'desc']).default('desc'),
  paymentStatus: z.exactOptional(z.union([z.enum(paymentStatuses), z.array(z.enum(paymentStatuses))])),
  merchantIdentifier: z.exactOptional(z.string()),
  clientCorrelator: z.exactOptional(clientCorrelatorSchema),
})
export const pageHeaders = { lastKey: 'content-last-key', totalCount: 'x-total-count' } as const

/**
 * 204. The payment then is reserved, or denied once the tries are used up; retrievePayment tells and
 * acknowledges.
 */
export const validateRequestSchema = z.object({
  authorizationId: z.string().min(1).max(64),
  code: z.string().min(1).max(16),
})

/** Why money goes back, in the words it is booked under. */
export const undoReasons = ['failed', 'withdrawn', 'unknown', 'closedByPerson'] as const
const undoShape = {
  because: z.enum(undoReasons),
  /** The automaton's signed outcome or withdrawal, when there is one. */
  evidence: z.exactOptional(tokenSchema),
}

/** 202, no body. With a `delivered` outcome the operator's share becomes payable in the same posting. */
export const confirmRequestSchema = z.object({ ...payerShape, outcome: z.exactOptional(tokenSchema) })
/** 202, no body. `because` may be missing from a client that knows the standard alone. */
export const cancelRequestSchema = z.object({ ...payerShape, ...z.object(undoShape).partial().shape })

const refundShape = {
  reason: z.exactOptional(z.string().max(200)),
  sink: z.exactOptional(z.string()),
  because: z.exactOptional(undoShape.because),
  evidence: undoShape.evidence,
}
const refundTransactionShape = {
  clientCorrelator: clientCorrelatorSchema,
  referenceCode: referenceCodeSchema,
}
const refundMetaData = { chargingMetaData: z.exactOptional(chargingMetaDataSchema) }
const totalRefundSchema = z.object({ ...refundTransactionShape, refundAmount: z.object(refundMetaData) })
const partialRefundSchema = z.object({
  ...refundTransactionShape,
  refundAmount: z.object({ chargingInformation: chargingInformationSchema, ...refundMetaData }),
})
/** createRefund. `because` missing is booked as `failed`. */
export const refundRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('total'), ...refundShape, amountTransaction: totalRefundSchema }),
  z.object({ type: z.literal('partial'), ...refundShape, amountTransaction: partialRefundSchema }),
])
export const refundStatuses = ['processing', 'succeeded', 'denied'] as const
const refundAnswerShape = {
  refundId: z.string().min(1).max(64),
  /** `denied` is for good: the amount stands in the centre's books as owed. */
  refundStatus: z.enum(refundStatuses),
  refundCreationDate: dateSchema,
  refundDate: z.exactOptional(dateSchema),
  reason: z.exactOptional(z.string()),
}
export const refundSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('total'), ...refundAnswerShape, amountTransaction: totalRefundSchema }),
  z.object({ type: z.literal('partial'), ...refundAnswerShape, amountTransaction: partialRefundSchema }),
])
export type Refund = z.infer<typeof refundSchema>
export const refundsSchema = z.array(refundSchema)

/** Extension: is there an account, and enough for this? 200 either way; it moves and promises nothing. */
export const eligibilityRequestSchema = amountOfCurrencySchema.extend({
  ...payerShape,
  seller: sellerSchema,
  proof: z.exactOptional(z.literal('pin')),
})
export const eligibilityAnswerSchema = z.object({
  eligible: z.boolean(),
  /** The code that a payment would be refused with. */
  code: z.exactOptional(z.string()),
})

export const pinSchema = z.string().regex(/^[0-9]{4,8}$/, 'four to eight figures')
/** Extension: the buyer chooses a PIN. Who has one says it too. 200. */
export const pinRequestSchema = z.object({
  ...payerShape,
  pin: pinSchema,
  currentPin: z.exactOptional(pinSchema),
})
export const pinAnswerSchema = z.object({ pin: z.literal('set') })

/**
 * Extension: end the payment of this key, whatever became of it. 200, and always the same result afterwards.
 */
export const voidRequestSchema = z.object({
  clientCorrelator: clientCorrelatorSchema,
  referenceCode: referenceCodeSchema,
})
export const voidAnswerSchema = z.object({
  clientCorrelator: clientCorrelatorSchema,
  /**
   * `reversed`: the buyer has everything back (or nothing was taken). `tombstone`: there was no such payment,
   * nor will there ever be. `owed`: it cannot be given back, and stands in the books as owed.
   */
  result: z.enum(['reversed', 'tombstone', 'owed']),
  paymentId: z.exactOptional(paymentIdSchema),
})

/** Extension: the signed outcome for the books. 204; again 204. */
export const outcomeRequestSchema = z.object({ outcome: tokenSchema })

/** Extension: a signer's chain, leaf first. 204. */
export const certificatesRequestSchema = z.object({ chain: z.string().max(8000) })

/** Extension: the centre's own chains, the one it signs with now first. 200. */
export const keysAnswerSchema = z.object({ chains: z.array(z.string().max(8000)).max(8) })

/** Extension: a centre restored from an old backup is handed its own word again. 204; again 204. */
export const acknowledgementRequestSchema = z.object({
  ...payerShape,
  clientCorrelator: clientCorrelatorSchema,
  referenceCode: referenceCodeSchema,
  acknowledgement: tokenSchema,
})

/** The realm of a voucher as a payer: its key is the voucher's id. */
export const voucherRealm = 'voucher'
/** A number that buyers call: what the centre keeps its calls and their revenue under. */
export const voiceServiceSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/)

/**
 * Extension: a prepaid account that a premium-rate call has bought, good for one purchase of exactly this
 * amount on one machine. 201. Until it is said to have been read out, or is charged, the call counts as
 * unpaid; `paths.void` with its clientCorrelator undoes it until then.
 */
export const voucherRequestSchema = amountOfCurrencySchema.extend({
  /** Also the voucher's id. The same for whatever is repeated of one call. */
  clientCorrelator: z.string().regex(/^[\w-]{16,64}$/),
  /** The call. */
  referenceCode: referenceCodeSchema,
  seller: sellerSchema,
  /** The only machine whose price slip it pays. */
  automatonId: automatonIdSchema,
  service: voiceServiceSchema,
  /** Of each delivery, in hundredths of a percent, the seller's part; the rest is the service's revenue. */
  sellerShareBps: z.int().min(0).max(10_000),
  /** How long it is good, and good again each time that its purchase fails (ms). */
  livesMs: z
    .int()
    .min(1000)
    .max(7 * 86_400_000),
})
export type VoucherRequest = z.infer<typeof voucherRequestSchema>
export const voucherAnswerSchema = z.object({
  voucherId: z.string().min(1).max(64),
  /** Epoch ms. */
  goodUntil: epochMsSchema,
})
