// The bodies of the answers, made from records: the same record gives the same bytes. Errors have CAMARA's
// three fields and a text that says what to do next.
import { type ErrorCode, errorStatus, type Payment, type Refund } from '@concilia/protocol/carrier-billing.ts'
import { writeExactJson } from '@concilia/protocol/exact-json.ts'
import { type Currency, decimalText } from '@concilia/protocol/money.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { Answer, Decision } from './commands.ts'
import type { PaymentRecord, RefundRecord } from './records.ts'

export function errorAnswer(code: ErrorCode, message: string): Answer {
  const status = errorStatus[code]
  return { status, body: JSON.stringify({ status, code, message }) }
}

export function refused(code: ErrorCode, message: string): Decision {
  return { answer: errorAnswer(code, message) }
}

/** Accepted, and nothing to say. */
export const noContent: Answer = { status: 204, body: '' }
export const accepted: Answer = { status: 202, body: '' }

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, body: writeExactJson(value) }
}

const date = (at: number) => new Date(at).toISOString()
const amountOf = (amountMinor: number, currency: Currency) => ({
  amount: decimalText(amountMinor, currency),
  currency,
})

/** An alias of a carrier is no telephone number: it goes back in the field it came in. */
export function payerOf(subscriber: Subscriber) {
  return subscriber.realm === 'e164' ? { phoneNumber: subscriber.key } : { subscriber }
}

export function paymentBody(payment: PaymentRecord, subscriber: Subscriber): Payment {
  const { amountMinor, currency, description, seller } = payment
  return {
    paymentId: payment.id,
    amountTransaction: {
      ...payerOf(subscriber),
      clientCorrelator: payment.key,
      referenceCode: payment.referenceCode,
      paymentAmount: {
        chargingInformation: { ...amountOf(amountMinor, currency), description },
        chargingMetaData: { merchantIdentifier: seller },
      },
    },
    paymentStatus: payment.status,
    paymentCreationDate: date(payment.createdAt),
    ...(payment.paidAt === undefined ? {} : { paymentDate: date(payment.paidAt) }),
    ...(payment.status === 'pending_validation' && payment.validation
      ? { validationInfo: validationInfo(payment.validation) }
      : {}),
    ...(payment.acknowledgement === undefined ? {} : { acknowledgement: payment.acknowledgement }),
    ...(payment.status === 'reserved' && payment.dueAt !== undefined ? { honouredUntil: payment.dueAt } : {}),
    ...(payment.refundedMinor > 0 ? { refunded: amountOf(payment.refundedMinor, currency) } : {}),
  }
}

function validationInfo({ authorizationId, by }: NonNullable<PaymentRecord['validation']>) {
  return { action: 'validate' as const, authorizationId, ...(by && { by }) }
}

export function refundBody(refund: RefundRecord): Refund {
  const { type, amountMinor, currency, description = 'refund' } = refund
  const whenAndWhy = {
    refundId: refund.id,
    refundStatus: refund.status,
    refundCreationDate: date(refund.createdAt),
    ...(refund.status === 'succeeded' ? { refundDate: date(refund.createdAt) } : {}),
    ...(refund.reason === undefined ? {} : { reason: refund.reason }),
  }
  const transaction = { clientCorrelator: refund.key, referenceCode: refund.referenceCode }
  const chargingInformation = { ...amountOf(amountMinor, currency), description }
  return type === 'total'
    ? { type, ...whenAndWhy, amountTransaction: { ...transaction, refundAmount: {} } }
    : { type, ...whenAndWhy, amountTransaction: { ...transaction, refundAmount: { chargingInformation } } }
}

/** What a refund could still give back. */
export function remainingMinor({ status, amountMinor, refundedMinor, owedMinor }: PaymentRecord): number {
  return status === 'succeeded' ? amountMinor - refundedMinor - owedMinor : 0
}

export function remainingBody(payment: PaymentRecord) {
  return amountOf(remainingMinor(payment), payment.currency)
}
