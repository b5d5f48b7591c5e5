// One table says everything about the centre's HTTP surface: method, path, scope, what is read, what is
// answered, which errors can be met, and what is done. server.ts serves it and openapi.ts describes it. Long,
// because it is a table and reads best as one.
import {
  acknowledgementRequestSchema,
  amountOfCurrencySchema,
  cancelRequestSchema,
  certificatesRequestSchema,
  confirmRequestSchema,
  type ErrorCode,
  eligibilityAnswerSchema,
  eligibilityRequestSchema,
  keysAnswerSchema,
  outcomeRequestSchema,
  pageHeaders,
  paths,
  paymentRequestSchema,
  paymentSchema,
  paymentsQuerySchema,
  paymentsSchema,
  pinAnswerSchema,
  pinRequestSchema,
  refundRequestSchema,
  refundSchema,
  refundsSchema,
  type Scope,
  validateRequestSchema,
  voidAnswerSchema,
  voidRequestSchema,
  voucherAnswerSchema,
  voucherRequestSchema,
} from '@concilia/protocol/carrier-billing.ts'
import { z } from 'zod'
import { jsonAnswer, noContent, paymentBody, refundBody, remainingBody } from '../books/answers.ts'
import type { Answer } from '../books/commands.ts'
import { voucherSubscriber } from '../books/voucher.ts'
import type { Engine } from '../engine.ts'
import { saltOf, stretchedPin } from '../pin-stretching.ts'
import type { CentreStore, FoundPayment } from '../store/port.ts'
import {
  type Asking,
  cancelFrom,
  chargeFrom,
  confirmFrom,
  type Door,
  eligibilityFrom,
  outcomeFrom,
  pinFrom,
  refundFrom,
  repostFrom,
  voucherFrom,
} from './commands-from.ts'
import { dateRange, refundsPage, refundsQuerySchema } from './pages.ts'
import { DoorRefusal, read } from './refusal.ts'

/** What the operations act on. */
export interface Centre extends Door {
  readonly engine: Engine
  readonly store: CentreStore
  /** Our own chains, the one we sign with now first. */
  readonly chains: readonly string[]
}

export interface Asked<Body, Query> extends Asking {
  readonly body: Body
  readonly query: Query
  readonly params: Readonly<Record<string, string>>
}

export type HttpAnswer = Answer & { readonly headers?: Readonly<Record<string, string>> }

export interface Operation<Body = unknown, Query = unknown> {
  readonly operationId: string
  readonly summary: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly scope: Scope
  readonly body: z.ZodType<Body>
  readonly query: z.ZodType<Query>
  readonly success: { readonly status: number; readonly schema?: z.ZodType }
  /** Besides those of every operation (server.ts). */
  readonly errors: readonly ErrorCode[]
  handle(centre: Centre, asked: Asked<Body, Query>): Promise<HttpAnswer>
}

const nothing = z.unknown()
const id = ':paymentId'
const paymentIdOf = ({ params }: { params: Readonly<Record<string, string>> }) => params.paymentId ?? ''

/** Reads body and query by the row's own schemas, so that the table can hold rows of all kinds. */
function operation<Body, Query>(row: Operation<Body, Query>): Operation {
  return {
    ...row,
    handle: async (centre, { body, query, ...asked }) =>
      row.handle(centre, { ...asked, body: read(row.body, body), query: read(row.query, query) }),
  }
}

const chargeErrors: readonly ErrorCode[] = [
  'INVALID_SINK',
  'CARRIER_BILLING.PAYMENT_DENIED',
  'IDENTIFIER_NOT_FOUND',
  'ALREADY_EXISTS',
  'CONCILIA.VOIDED',
  'CONCILIA.OFFER_CHARGED',
  'SERVICE_NOT_APPLICABLE',
  'MISSING_IDENTIFIER',
  'UNNECESSARY_IDENTIFIER',
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT',
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED',
  'CONCILIA.NO_PIN',
  'CONCILIA.UNKNOWN_SIGNER',
  'CONCILIA.BAD_SIGNATURE',
]
const signedErrors: readonly ErrorCode[] = [
  'NOT_FOUND',
  'CONCILIA.UNKNOWN_SIGNER',
  'CONCILIA.BAD_SIGNATURE',
  'CONCILIA.CONTRADICTION',
]
const holdErrors: readonly ErrorCode[] = [
  'IDENTIFIER_NOT_FOUND',
  'CARRIER_BILLING.PAYMENT_CONFIRMED',
  'CARRIER_BILLING.PAYMENT_CANCELLED',
  'UNNECESSARY_IDENTIFIER',
  ...signedErrors,
]

const chargeOperations = (
  [
    ['createPayment', paths.payments, 'debit', 'Charge in one step'],
    ['preparePayment', paths.prepare, 'hold', 'Hold an amount, to be confirmed or cancelled'],
  ] as const
).map(([operationId, path, charge, summary]) =>
  operation({
    operationId,
    summary,
    method: 'POST',
    path,
    scope: 'carrier-billing:payments:create',
    body: paymentRequestSchema,
    query: nothing,
    success: { status: 201, schema: paymentSchema },
    errors: charge === 'debit' ? [...chargeErrors, 'CONCILIA.VALIDATION_WANTED'] : chargeErrors,
    handle: (centre, asked) => centre.engine.submit(chargeFrom(asked.body, charge, asked, centre)),
  }),
)

const paymentOperations: readonly Operation[] = [
  operation({
    operationId: 'retrievePayments',
    summary: "The client's own payments",
    method: 'GET',
    path: paths.payments,
    scope: 'carrier-billing:payments:read',
    body: nothing,
    query: paymentsQuerySchema,
    success: { status: 200, schema: paymentsSchema },
    errors: ['OUT_OF_RANGE', 'CARRIER_BILLING.INVALID_DATE_RANGE'],
    handle: retrievePayments,
  }),
  operation({
    operationId: 'retrievePayment',
    summary: 'One payment, with the acknowledgement in force',
    method: 'GET',
    path: paths.payment(id),
    scope: 'carrier-billing:payments:read',
    body: nothing,
    query: nothing,
    success: { status: 200, schema: paymentSchema },
    errors: ['NOT_FOUND'],
    handle: async (centre, asked) => jsonAnswer(200, shown(await found(centre, asked), centre)),
  }),
  operation({
    operationId: 'validatePayment',
    summary: 'Return the code that the buyer was sent',
    method: 'POST',
    path: paths.validate(id),
    scope: 'carrier-billing:payments:write',
    body: validateRequestSchema,
    query: nothing,
    success: { status: 204 },
    errors: [
      'CARRIER_BILLING.INVALID_AUTHORIZATION_ID',
      'CARRIER_BILLING.INVALID_CODE',
      'CARRIER_BILLING.VALIDATION_FAILED',
      'NOT_FOUND',
      'ALREADY_EXISTS',
    ],
    handle: async (centre, asked) => {
      const { client } = asked
      const { authorizationId } = asked.body
      const salt = saltOf(authorizationId)
      const code =
        salt === undefined ? asked.body.code : await stretchedPin(asked.body.code, salt, centre.secrets)
      return centre.engine.submit({
        ...{ kind: 'validate', client, paymentId: paymentIdOf(asked), authorizationId, code },
      })
    },
  }),
  operation({
    operationId: 'confirmPayment',
    summary: 'Charge what is held',
    method: 'POST',
    path: paths.confirm(id),
    scope: 'carrier-billing:payments:write',
    body: confirmRequestSchema,
    query: nothing,
    success: { status: 202 },
    errors: ['CARRIER_BILLING.PAYMENT_DENIED', ...holdErrors],
    handle: (centre, asked) =>
      centre.engine.submit(confirmFrom(asked.body, paymentIdOf(asked), asked, centre)),
  }),
  operation({
    operationId: 'cancelPayment',
    summary: 'Give back what is held',
    method: 'POST',
    path: paths.cancel(id),
    scope: 'carrier-billing:payments:write',
    body: cancelRequestSchema,
    query: nothing,
    success: { status: 202 },
    errors: holdErrors,
    handle: (centre, asked) =>
      centre.engine.submit(cancelFrom(asked.body, paymentIdOf(asked), asked, centre)),
  }),
]

const refundOperations: readonly Operation[] = [
  operation({
    operationId: 'createRefund',
    summary: 'Give back what was charged, or a part of it',
    method: 'POST',
    path: paths.refunds(id),
    scope: 'carrier-billing-refund:refunds:create',
    body: refundRequestSchema,
    query: nothing,
    success: { status: 201, schema: refundSchema },
    errors: [
      'INVALID_SINK',
      'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND',
      'NOT_FOUND',
      'ALREADY_EXISTS',
      'CONCILIA.VOIDED',
      'CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT',
      'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS',
      'CONCILIA.UNKNOWN_SIGNER',
      'CONCILIA.BAD_SIGNATURE',
      'CONCILIA.CONTRADICTION',
    ],
    handle: (centre, asked) =>
      centre.engine.submit(refundFrom(asked.body, paymentIdOf(asked), asked, centre)),
  }),
  operation({
    operationId: 'retrieveRefunds',
    summary: 'The refunds of a payment',
    method: 'GET',
    path: paths.refunds(id),
    scope: 'carrier-billing-refund:refunds:read',
    body: nothing,
    query: refundsQuerySchema,
    success: { status: 200, schema: refundsSchema },
    errors: ['OUT_OF_RANGE', 'CARRIER_BILLING_REFUND.INVALID_DATE_RANGE', 'NOT_FOUND'],
    handle: async (centre, asked) => {
      await found(centre, asked)
      const refunds = await centre.store.refunds(asked.client, paymentIdOf(asked))
      const { page, headers } = refundsPage(refunds, asked.query)
      return { ...jsonAnswer(200, page.map(refundBody)), headers }
    },
  }),
  operation({
    operationId: 'retrievePaymentRemainingAmount',
    summary: 'What a refund could still give back',
    method: 'GET',
    path: paths.remainingAmount(id),
    scope: 'carrier-billing-refund:refunds:read',
    body: nothing,
    query: nothing,
    success: { status: 200, schema: amountOfCurrencySchema },
    errors: ['NOT_FOUND'],
    handle: async (centre, asked) => jsonAnswer(200, remainingBody((await found(centre, asked)).payment)),
  }),
  operation({
    operationId: 'retrieveRefund',
    summary: 'One refund',
    method: 'GET',
    path: paths.refund(id, ':refundId'),
    scope: 'carrier-billing-refund:refunds:read',
    body: nothing,
    query: nothing,
    success: { status: 200, schema: refundSchema },
    errors: ['NOT_FOUND'],
    handle: async ({ store }, asked) => {
      const refunds = await store.refunds(asked.client, paymentIdOf(asked))
      const refund = refunds.find(({ id }) => id === asked.params.refundId)
      if (!refund) throw new DoorRefusal('NOT_FOUND', 'There is no such refund of this client.')
      return jsonAnswer(200, refundBody(refund))
    },
  }),
]

const ourOperations: readonly Operation[] = [
  operation({
    operationId: 'setPin',
    summary: 'The buyer chooses a PIN; who has one says it too',
    method: 'POST',
    path: paths.pin,
    scope: 'concilia',
    body: pinRequestSchema,
    query: nothing,
    success: { status: 200, schema: pinAnswerSchema },
    errors: [
      'IDENTIFIER_NOT_FOUND',
      'MISSING_IDENTIFIER',
      'UNNECESSARY_IDENTIFIER',
      'CARRIER_BILLING.INVALID_CODE',
      'CONCILIA.NO_PIN',
    ],
    handle: async (centre, asked) => centre.engine.submit(await pinFrom(asked.body, centre)),
  }),
  operation({
    operationId: 'askEligibility',
    summary: 'Is there an account, and enough on it? Moves and promises nothing',
    method: 'POST',
    path: paths.eligibility,
    scope: 'concilia',
    body: eligibilityRequestSchema,
    query: nothing,
    success: { status: 200, schema: eligibilityAnswerSchema },
    errors: ['MISSING_IDENTIFIER', 'UNNECESSARY_IDENTIFIER'],
    handle: (centre, asked) => centre.engine.submit(eligibilityFrom(asked.body, asked, centre)),
  }),
  operation({
    operationId: 'voidPayment',
    summary: 'Reverse the payment of a key, or refuse a later one for good',
    method: 'POST',
    path: paths.void,
    scope: 'concilia',
    body: voidRequestSchema,
    query: nothing,
    success: { status: 200, schema: voidAnswerSchema },
    errors: ['ALREADY_EXISTS', 'CARRIER_BILLING.PAYMENT_CONFIRMED', 'CONCILIA.CONTRADICTION'],
    handle: ({ engine }, { client, body: { clientCorrelator: key, referenceCode } }) =>
      engine.submit({ kind: 'void', client, key, referenceCode }),
  }),
  operation({
    operationId: 'reportOutcome',
    summary: "The automaton's signed outcome, for the books",
    method: 'POST',
    path: paths.outcome(id),
    scope: 'concilia',
    body: outcomeRequestSchema,
    query: nothing,
    success: { status: 204 },
    errors: signedErrors,
    handle: (centre, asked) => {
      const evidence = outcomeFrom(asked.body.outcome, asked.now, centre)
      return centre.engine.submit({
        kind: 'outcome',
        client: asked.client,
        paymentId: paymentIdOf(asked),
        evidence,
      })
    },
  }),
  operation({
    operationId: 'introduceSigner',
    summary: "A signer's certificate chain, leaf first",
    method: 'POST',
    path: paths.certificates,
    scope: 'concilia',
    body: certificatesRequestSchema,
    query: nothing,
    success: { status: 204 },
    errors: ['CONCILIA.BAD_CHAIN'],
    handle: async ({ parties }, { body, now }) => {
      const checked = parties.admit(body.chain, now)
      // What it signed before it ran out is still to be booked.
      if (checked.ok || checked.refusal === 'expired') return noContent
      const words = `The chain is refused (${checked.refusal}). Send one that leads to the same root.`
      throw new DoorRefusal('CONCILIA.BAD_CHAIN', words)
    },
  }),
  operation({
    operationId: 'retrieveKeys',
    summary: "The centre's own certificate chains, the one in use first",
    method: 'GET',
    path: paths.keys,
    scope: 'concilia',
    body: nothing,
    query: nothing,
    success: { status: 200, schema: keysAnswerSchema },
    errors: [],
    handle: async ({ chains }) => jsonAnswer(200, { chains }),
  }),
  operation({
    operationId: 'repostAcknowledgement',
    summary: "The centre's own acknowledgement, for a centre restored from an old backup",
    method: 'POST',
    path: paths.acknowledgements,
    scope: 'concilia',
    body: acknowledgementRequestSchema,
    query: nothing,
    success: { status: 204 },
    errors: [
      'IDENTIFIER_NOT_FOUND',
      'CONCILIA.CONTRADICTION',
      'MISSING_IDENTIFIER',
      'UNNECESSARY_IDENTIFIER',
      'CONCILIA.UNKNOWN_SIGNER',
      'CONCILIA.BAD_SIGNATURE',
    ],
    handle: (centre, asked) => centre.engine.submit(repostFrom(asked.body, asked, centre)),
  }),
]

const voucherOperations: readonly Operation[] = [
  operation({
    operationId: 'createVoucher',
    summary: 'A prepaid account for one purchase, which a premium-rate call has bought',
    method: 'POST',
    path: paths.vouchers,
    scope: 'concilia',
    body: voucherRequestSchema,
    query: nothing,
    success: { status: 201, schema: voucherAnswerSchema },
    errors: [
      'ALREADY_EXISTS',
      'CONCILIA.VOIDED',
      'SERVICE_NOT_APPLICABLE',
      'CARRIER_BILLING.UNAUTHORIZED_AMOUNT',
    ],
    handle: ({ engine }, asked) => engine.submit(voucherFrom(asked.body, asked)),
  }),
  operation({
    operationId: 'reportVoucherRead',
    summary: 'Its code was read out to the caller: the call is paid',
    method: 'POST',
    path: paths.voucherRead(':voucherId'),
    scope: 'concilia',
    body: nothing,
    query: nothing,
    success: { status: 204 },
    errors: ['NOT_FOUND', 'CARRIER_BILLING.PAYMENT_CANCELLED'],
    handle: ({ engine, secrets }, { client, params }) => {
      const subscriberHash = secrets.subscriberHash(voucherSubscriber(params.voucherId ?? ''))
      return engine.submit({ kind: 'voucherRead', client, subscriberHash })
    },
  }),
]

export const operations: readonly Operation[] = [
  ...chargeOperations,
  ...paymentOperations,
  ...refundOperations,
  ...ourOperations,
  ...voucherOperations,
]

async function found(
  { store }: Centre,
  asked: { client: string; params: Readonly<Record<string, string>> },
): Promise<FoundPayment> {
  const payment = await store.payment(asked.client, paymentIdOf(asked))
  if (payment) return payment
  throw new DoorRefusal('NOT_FOUND', 'There is no such payment of this client.')
}

function shown({ payment, sealedSubscriber }: FoundPayment, { secrets }: Centre) {
  return paymentBody(payment, secrets.openSubscriber(sealedSubscriber))
}

async function retrievePayments(
  centre: Centre,
  { client, query }: Asked<unknown, z.infer<typeof paymentsQuerySchema>>,
): Promise<HttpAnswer> {
  const { page, perPage, order, paymentStatus, merchantIdentifier, clientCorrelator } = query
  const offset = (page - 1) * perPage
  const range = dateRange(
    query['paymentCreationDate.gte'],
    query['paymentCreationDate.lte'],
    'CARRIER_BILLING.INVALID_DATE_RANGE',
  )
  const payments = await centre.store.payments({
    client,
    ...range,
    ...(paymentStatus === undefined ? {} : { statuses: [paymentStatus].flat() }),
    ...(merchantIdentifier === undefined ? {} : { seller: merchantIdentifier }),
    ...(clientCorrelator === undefined ? {} : { key: clientCorrelator }),
    order,
    offset,
    limit: perPage,
  })
  return {
    ...jsonAnswer(
      200,
      payments.found.map((payment) => shown(payment, centre)),
    ),
    headers: {
      [pageHeaders.lastKey]: String(offset + payments.found.length),
      [pageHeaders.totalCount]: String(payments.total),
    },
  }
}
