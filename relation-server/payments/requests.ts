// From a payment operation to its HTTP request. Pure, and the same operation always gives the same bytes: a
// repeat under the same key must be recognised by the payment centre as the same request (rule 10).
import { paths } from '@concilia/protocol/carrier-billing.ts'
import { writeExactJson } from '@concilia/protocol/exact-json.ts'
import { currencySchema, decimalText } from '@concilia/protocol/money.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { PaymentOperation } from './port.ts'

export interface CentreRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

export function requestOf(operation: PaymentOperation): CentreRequest {
  switch (operation.kind) {
    case 'eligibility': {
      const { subscriber, amountMinor, currency, seller, proof } = operation
      const asked = { ...amountOf(amountMinor, currency), ...payerOf(subscriber), seller }
      return post(paths.eligibility, { ...asked, ...(proof && { proof }) })
    }
    case 'charge':
      return post(paths.payments, paymentBody(operation))
    case 'prepare':
      return post(paths.prepare, paymentBody(operation))
    case 'validate': {
      const { paymentId, authorizationId, code } = operation
      return post(paths.validate(encodeURIComponent(paymentId)), { authorizationId, code })
    }
    case 'confirm': {
      const { paymentId, outcome } = operation
      return post(paths.confirm(encodeURIComponent(paymentId)), outcome === undefined ? {} : { outcome })
    }
    case 'cancel': {
      const { paymentId, because, evidence } = operation
      return post(paths.cancel(encodeURIComponent(paymentId)), withEvidence({ because }, evidence))
    }
    case 'void':
      return post(paths.void, { clientCorrelator: operation.key, referenceCode: operation.saleId })
    case 'refund':
      return refundRequest(operation)
    case 'outcome':
      return post(paths.outcome(encodeURIComponent(operation.paymentId)), { outcome: operation.outcome })
    case 'voucher': {
      const { voucherId, callId, amountMinor, currency, seller, automatonId } = operation
      const { service, sellerShareBps, livesMs } = operation
      const ids = { clientCorrelator: voucherId, referenceCode: callId }
      const terms = { seller, automatonId, service, sellerShareBps, livesMs }
      return post(paths.vouchers, { ...ids, ...amountOf(amountMinor, currency), ...terms })
    }
    case 'voucherRead':
      return post(paths.voucherRead(encodeURIComponent(operation.voucherId)), {})
    case 'repost': {
      const { subscriber, key, saleId, acknowledgement } = operation
      const ids = { clientCorrelator: key, referenceCode: saleId }
      return post(paths.acknowledgements, { ...payerOf(subscriber), ...ids, acknowledgement })
    }
  }
}

/** What of the operation somebody else has signed: the centre may not know the signer yet. */
export function signedWordsOf(operation: PaymentOperation): string[] {
  switch (operation.kind) {
    case 'charge':
    case 'prepare':
      return [operation.slip]
    case 'confirm':
    case 'outcome':
      return operation.outcome === undefined ? [] : [operation.outcome]
    case 'cancel':
    case 'refund':
      return operation.evidence === undefined ? [] : [operation.evidence]
    default:
      return []
  }
}

type Charge = Extract<PaymentOperation, { kind: 'charge' | 'prepare' }>

function paymentBody(charge: Charge): unknown {
  const { amountMinor, currency, description, seller, consent } = charge
  return {
    amountTransaction: {
      ...payerOf(charge.subscriber),
      clientCorrelator: charge.key,
      referenceCode: charge.saleId,
      paymentAmount: {
        chargingInformation: { ...amountOf(amountMinor, currency), description, isTaxIncluded: true },
        chargingMetaData: { merchantIdentifier: seller, channel: consent.channel },
      },
    },
    priceSlip: charge.slip,
    consent: {
      identificationId: consent.identificationId,
      channel: consent.channel,
      by: consent.by,
      at: consent.at,
      ...(consent.proof && { proof: consent.proof }),
    },
  }
}

/**
 * `partial` with its amount even when it is the whole: what goes back is said, never derived by the other
 * side.
 */
function refundRequest(refund: Extract<PaymentOperation, { kind: 'refund' }>): CentreRequest {
  const { paymentId, key, amountMinor, currency, because, evidence } = refund
  const chargingInformation = {
    ...amountOf(amountMinor, currency),
    description: because,
    isTaxIncluded: true,
  }
  const body = {
    type: 'partial',
    reason: because,
    because,
    amountTransaction: {
      clientCorrelator: key,
      referenceCode: key,
      refundAmount: { chargingInformation },
    },
  }
  return post(paths.refunds(encodeURIComponent(paymentId)), withEvidence(body, evidence))
}

function post(path: string, body: unknown): CentreRequest {
  return { method: 'POST', path, body: writeExactJson(body) }
}

function amountOf(amountMinor: number, currency: string) {
  return { amount: decimalText(amountMinor, currencySchema.parse(currency)), currency }
}

export function payerOf({ realm, key }: Subscriber) {
  return realm === 'e164' ? { phoneNumber: key } : { subscriber: { realm, key } }
}

function withEvidence(body: object, evidence: string | undefined): object {
  return evidence === undefined ? body : { ...body, evidence }
}
