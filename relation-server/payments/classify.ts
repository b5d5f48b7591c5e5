// What an answer of the payment centre means to the operation that asked (rule 10). Pure: by operation, by
// code and by attempt, because after an unanswered first attempt "there is such a key already" may be our own
// success. The centre looks a key up before it judges anything else, so a refusal for a reason is definite on
// every attempt.
import {
  eligibilityAnswerSchema,
  errorSchema,
  type Payment,
  paymentSchema,
  refundSchema,
  voidAnswerSchema,
  voucherAnswerSchema,
} from '@concilia/protocol/carrier-billing.ts'
import type { DeclineReason, PaymentOperation, PaymentResult } from './port.ts'

/** What came back for one request. `silent`: no answer, a cut or a late one; `why` holds no personal data. */
export type Answer = { kind: 'answered'; status: number; body: unknown } | { kind: 'silent'; why: string }

/** Either the result, or what has to be done before there is one. */
export type Verdict =
  | PaymentResult
  | { kind: 'askPayment'; paymentId: string }
  | { kind: 'askRefund'; paymentId: string; refundId: string }
  | { kind: 'unknownSigner' }

type Kind = PaymentOperation['kind']
type Meaning = 'applied' | 'askPayment' | 'refused'
type Codes = Readonly<Record<string, Meaning>>

const chargeCodes: Codes = {
  'CARRIER_BILLING.PAYMENT_DENIED': 'refused',
  IDENTIFIER_NOT_FOUND: 'refused',
  SERVICE_NOT_APPLICABLE: 'refused',
  MISSING_IDENTIFIER: 'refused',
  UNNECESSARY_IDENTIFIER: 'refused',
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT': 'refused',
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED': 'refused',
  'CONCILIA.NO_PIN': 'refused',
  'CONCILIA.BAD_SIGNATURE': 'refused',
  'CONCILIA.OFFER_CHARGED': 'refused',
  'CONCILIA.VOIDED': 'refused',
}

/** The signed word that goes along is not accepted, or contradicts another: a person must look at it. */
const evidenceCodes: Codes = {
  'CONCILIA.BAD_SIGNATURE': 'refused',
  'CONCILIA.CONTRADICTION': 'refused',
}
const bookCodes: Codes = { INVALID_ARGUMENT: 'refused', ...evidenceCodes }

/** A charge in one step is refused for good under this key; a hold may be asked for under the next one. */
export const validationWanted = 'CONCILIA.VALIDATION_WANTED'

/** The codes that settle an operation whatever the attempt. */
export const definiteCodes: Readonly<Record<Kind, Codes>> = {
  eligibility: {},
  charge: { ...chargeCodes, [validationWanted]: 'refused' },
  prepare: chargeCodes,
  validate: {
    'CARRIER_BILLING.INVALID_CODE': 'refused',
    'CARRIER_BILLING.VALIDATION_FAILED': 'refused',
    'CARRIER_BILLING.INVALID_AUTHORIZATION_ID': 'refused',
    INVALID_ARGUMENT: 'refused',
    ALREADY_EXISTS: 'askPayment',
    'CARRIER_BILLING.PAYMENT_CONFIRMED': 'askPayment',
    'CARRIER_BILLING.PAYMENT_CANCELLED': 'askPayment',
  },
  confirm: {
    ALREADY_EXISTS: 'askPayment',
    'CARRIER_BILLING.PAYMENT_CONFIRMED': 'askPayment',
    'CARRIER_BILLING.PAYMENT_CANCELLED': 'refused',
    'CARRIER_BILLING.PAYMENT_DENIED': 'refused',
    ...evidenceCodes,
  },
  cancel: {
    'CARRIER_BILLING.PAYMENT_CANCELLED': 'applied',
    'CARRIER_BILLING.PAYMENT_CONFIRMED': 'refused',
    ...evidenceCodes,
  },
  void: {
    // Its delivery is signed and booked, or the key is not that of this sale's payment.
    'CARRIER_BILLING.PAYMENT_CONFIRMED': 'refused',
    'CONCILIA.CONTRADICTION': 'refused',
    ALREADY_EXISTS: 'refused',
  },
  refund: {
    'CARRIER_BILLING_REFUND.REFUND_DENIED': 'refused',
    'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND': 'refused',
    'CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT': 'refused',
    'CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED': 'refused',
    'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS': 'refused',
    ...evidenceCodes,
  },
  outcome: bookCodes,
  voucher: {
    'CARRIER_BILLING.UNAUTHORIZED_AMOUNT': 'refused',
    SERVICE_NOT_APPLICABLE: 'refused',
    'CONCILIA.VOIDED': 'refused',
  },
  // Voided, or lost with the books of a restored centre: a person is told.
  voucherRead: { 'CARRIER_BILLING.PAYMENT_CANCELLED': 'refused', NOT_FOUND: 'refused' },
  repost: bookCodes,
}

/**
 * The statuses that, with any other code, are a refusal on the first attempt: the standard says that an error
 * answer means no resource was created. A re-credit is not given up for a lost registration (401, 403) or a
 * centre that was restored (404): those end when somebody has put them right.
 */
export const refusedAtFirst: Readonly<Record<Kind, readonly number[]>> = {
  eligibility: [400, 401, 403, 404, 409, 422],
  charge: [400, 401, 403, 404, 409, 422],
  prepare: [400, 401, 403, 404, 409, 422],
  validate: [],
  confirm: [],
  cancel: [],
  void: [],
  refund: [400, 409],
  outcome: [],
  voucher: [400, 401, 403, 404, 409, 422],
  voucherRead: [],
  repost: [],
}

/** @param attempt 1 only when this very operation can never have been sent before */
export function classify(operation: PaymentOperation, attempt: number, answer: Answer): Verdict {
  if (answer.kind === 'silent') return inDoubt(answer.why)
  const { status, body } = answer
  if (status >= 200 && status < 300) return succeeded(operation, body)
  const code = codeOf(body)
  if (status < 400 || status >= 500 || status === 429) return inDoubt(`the centre answered ${status} ${code}`)
  if (code === 'CONCILIA.UNKNOWN_SIGNER') return { kind: 'unknownSigner' }
  const meaning = definiteCodes[operation.kind][code]
  if (meaning === 'applied') return { kind: 'ok' }
  if (meaning === 'askPayment') return { kind: 'askPayment', paymentId: paymentIdOf(operation) }
  // Eligibility moves nothing, so that no earlier attempt can have left anything behind.
  const first = attempt === 1 || operation.kind === 'eligibility'
  if (meaning === 'refused' || (first && refusedAtFirst[operation.kind].includes(status)))
    return refused(code)
  return inDoubt(`the centre answered ${status} ${code}`)
}

function succeeded(operation: PaymentOperation, body: unknown): Verdict {
  switch (operation.kind) {
    case 'eligibility': {
      const answer = eligibilityAnswerSchema.safeParse(body)
      if (!answer.success) return unreadable
      return answer.data.eligible ? { kind: 'ok' } : refused(cleanCode(answer.data.code))
    }
    case 'charge':
    case 'prepare': {
      const payment = paymentSchema.safeParse(body)
      if (!payment.success || payment.data.amountTransaction.clientCorrelator !== operation.key)
        return unreadable
      const { paymentId, paymentStatus } = payment.data
      if (paymentStatus === 'processing') return { kind: 'askPayment', paymentId }
      return judgePayment(operation, payment.data)
    }
    case 'validate':
    case 'confirm':
      return { kind: 'askPayment', paymentId: operation.paymentId }
    case 'void': {
      const answer = voidAnswerSchema.safeParse(body)
      if (!answer.success || answer.data.clientCorrelator !== operation.key) return unreadable
      return answer.data.result === 'owed' ? refused('CARRIER_BILLING_REFUND.REFUND_DENIED') : { kind: 'ok' }
    }
    case 'refund': {
      const refund = refundSchema.safeParse(body)
      if (!refund.success || refund.data.amountTransaction.clientCorrelator !== operation.key)
        return unreadable
      const { refundId, refundStatus } = refund.data
      if (refundStatus !== 'processing') return judgeRefund(refundStatus)
      return { kind: 'askRefund', paymentId: operation.paymentId, refundId }
    }
    case 'voucher': {
      const voucher = voucherAnswerSchema.safeParse(body)
      if (!voucher.success || voucher.data.voucherId !== operation.voucherId) return unreadable
      return { kind: 'ok', honouredUntil: voucher.data.goodUntil }
    }
    case 'cancel':
    case 'outcome':
    case 'voucherRead':
    case 'repost':
      return { kind: 'ok' }
  }
}

/** When the centre does not know the signer and could not be told. @param answer what telling it came to */
export function classifyStranger(
  operation: PaymentOperation,
  attempt: number,
  answer: Answer,
): PaymentResult {
  if (answer.kind === 'silent') return inDoubt(answer.why)
  if (answer.status !== 422) return inDoubt(`the centre answered ${answer.status} to a signer's certificates`)
  const definite = attempt === 1 && refusedAtFirst[operation.kind].includes(422)
  if (definite) return refused('CONCILIA.UNKNOWN_SIGNER')
  return inDoubt('the centre does not know the signer and does not accept its certificates')
}

/** The answer to the question that `askPayment` wants asked. */
export function classifyPayment(operation: PaymentOperation, answer: Answer): PaymentResult {
  if (answer.kind === 'silent') return inDoubt(answer.why)
  if (answer.status !== 200) return inDoubt(`asked about the payment, the centre answered ${answer.status}`)
  const payment = paymentSchema.safeParse(answer.body)
  return payment.success ? judgePayment(operation, payment.data) : unreadable
}

/** The answer to the question that `askRefund` wants asked. */
export function classifyRefund(answer: Answer): PaymentResult {
  if (answer.kind === 'silent') return inDoubt(answer.why)
  if (answer.status !== 200) return inDoubt(`asked about the refund, the centre answered ${answer.status}`)
  const refund = refundSchema.safeParse(answer.body)
  return refund.success ? judgeRefund(refund.data.refundStatus) : unreadable
}

function validationNeeded(
  paymentId: string,
  { authorizationId, by }: { authorizationId: string; by?: 'pin' },
): PaymentResult {
  return { kind: 'validationNeeded', paymentId, authorizationId, ...(by && { by }) }
}

/**
 * Without the signed acknowledgement nothing can be delivered, so a bare "succeeded" is not yet the centre's
 * yes.
 */
function judgePayment(operation: PaymentOperation, payment: Payment): PaymentResult {
  const { paymentId, paymentStatus, acknowledgement, honouredUntil, validationInfo } = payment
  const ok: PaymentResult = {
    kind: 'ok',
    paymentId,
    ...(acknowledgement === undefined ? {} : { acknowledgement }),
    ...(honouredUntil === undefined ? {} : { honouredUntil }),
  }
  switch (paymentStatus) {
    case 'denied':
      return operation.kind === 'validate'
        ? refused('CARRIER_BILLING.VALIDATION_FAILED')
        : refused('CARRIER_BILLING.PAYMENT_DENIED')
    case 'cancelled':
      return refused('CARRIER_BILLING.PAYMENT_CANCELLED')
    case 'pending_validation':
      return operation.kind === 'prepare' && validationInfo?.action === 'validate'
        ? validationNeeded(paymentId, validationInfo)
        : inDoubt('the payment waits for a validation that we cannot give')
    case 'succeeded':
      if (operation.kind === 'confirm') return ok
      break
    case 'reserved':
      if (operation.kind === 'prepare' || operation.kind === 'validate') break
      return inDoubt('the payment is still only reserved')
    case 'processing':
      return inDoubt('the centre is still processing the payment')
  }
  return acknowledgement === undefined ? inDoubt('the centre acknowledged nothing') : ok
}

function judgeRefund(status: 'processing' | 'succeeded' | 'denied'): PaymentResult {
  if (status === 'succeeded') return { kind: 'ok' }
  if (status === 'denied') return refused('CARRIER_BILLING_REFUND.REFUND_DENIED')
  return inDoubt('the centre is still processing the refund')
}

const declineReasons: Readonly<Record<string, DeclineReason>> = {
  IDENTIFIER_NOT_FOUND: 'noAccount',
  'CARRIER_BILLING.PAYMENT_DENIED': 'notEnough',
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT': 'capReached',
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED': 'capReached',
  'CONCILIA.NO_PIN': 'noPin',
  SERVICE_NOT_APPLICABLE: 'accountBarred',
  'CARRIER_BILLING_REFUND.REFUND_DENIED': 'accountBarred',
  'CARRIER_BILLING.INVALID_CODE': 'wrongCode',
  'CARRIER_BILLING.VALIDATION_FAILED': 'wrongCode',
  'CARRIER_BILLING.INVALID_AUTHORIZATION_ID': 'tooLate',
  'CARRIER_BILLING.PAYMENT_CANCELLED': 'tooLate',
  'CARRIER_BILLING.PAYMENT_CONFIRMED': 'tooLate',
  'CONCILIA.VOIDED': 'tooLate',
}

function refused(code: string): PaymentResult {
  return { kind: 'refused', code, reason: declineReasons[code] ?? 'notAllowed' }
}

function inDoubt(why: string): PaymentResult {
  return { kind: 'inDoubt', why }
}

const unreadable: PaymentResult = inDoubt('the centre gave an answer that cannot be read')

function paymentIdOf(operation: PaymentOperation): string {
  if ('paymentId' in operation) return operation.paymentId
  throw new Error(`a ${operation.kind} names no payment to ask about`)
}

export function codeOf(body: unknown): string {
  const error = errorSchema.safeParse(body)
  return cleanCode(error.success ? error.data.code : undefined)
}

/** A code is for people and logs too: anything that does not look like one is not repeated. */
function cleanCode(code: string | undefined): string {
  return code !== undefined && /^[A-Z][A-Z_.]{2,79}$/.test(code) ? code : 'UNKNOWN'
}
