// One operation of each kind, for the tests of this folder.
import type { PaymentOperation } from './port.ts'

const header = JSON.stringify({ alg: 'EdDSA', kid: 'machine-1', typ: 'slip' })
const slip = `${Buffer.from(header).toString('base64url')}.e30.${'A'.repeat(86)}`
const outcome = slip
const saleId = '0f0f9be8-6a1c-4a54-9a42-70d1c2a5b0e1'
const subscriber = { realm: 'e164', key: '+33612345678' }

const terms = {
  saleId,
  key: `${saleId}.1`,
  subscriber,
  slip,
  amountMinor: 35,
  currency: 'EUR',
  description: 'Dupont vending 4021',
  seller: 'dupont',
  consent: { identificationId: 'id-1', channel: 'text', by: 'code', at: 1_900_000_000_000 },
} as const

type OneOfEach = { readonly [Kind in PaymentOperation['kind']]: Extract<PaymentOperation, { kind: Kind }> }

export const operations: OneOfEach = {
  eligibility: { kind: 'eligibility', subscriber, amountMinor: 35, currency: 'EUR', seller: 'dupont' },
  charge: { kind: 'charge', ...terms },
  prepare: { kind: 'prepare', ...terms },
  validate: { kind: 'validate', paymentId: 'p-1', authorizationId: 'a-1', code: '123456' },
  confirm: { kind: 'confirm', paymentId: 'p-1', outcome },
  cancel: { kind: 'cancel', paymentId: 'p-1', because: 'failed', evidence: outcome },
  void: { kind: 'void', saleId, key: terms.key },
  refund: {
    kind: 'refund',
    paymentId: 'p-1',
    key: `${saleId}.refund`,
    amountMinor: 35,
    currency: 'EUR',
    because: 'failed',
    evidence: outcome,
  },
  outcome: { kind: 'outcome', paymentId: 'p-1', outcome },
  voucher: {
    kind: 'voucher',
    voucherId: 'voucher-of-one-call',
    callId: 'asterisk 1900000000.7',
    amountMinor: 35,
    currency: 'EUR',
    seller: 'dupont',
    automatonId: 'machine-1',
    service: 'voix',
    sellerShareBps: 6000,
    livesMs: 2_400_000,
  },
  voucherRead: { kind: 'voucherRead', voucherId: 'voucher-of-one-call' },
  repost: { kind: 'repost', acknowledgement: slip, subscriber, key: terms.key, saleId },
}

/** What a centre answers to `operations.charge` or `.prepare`, or to a question about it. */
export function paymentAnswer(paymentStatus: string, more: object = {}): object {
  return {
    paymentId: 'p-1',
    amountTransaction: {
      phoneNumber: '+33612345678',
      clientCorrelator: terms.key,
      referenceCode: saleId,
      paymentAmount: { chargingInformation: { amount: '0.35', currency: 'EUR', description: 'Dupont 4021' } },
    },
    paymentStatus,
    paymentCreationDate: '2030-01-01T00:00:00.000Z',
    ...more,
  }
}

export const acknowledged = { acknowledgement: 'a.b.c', honouredUntil: 1_900_000_100_000 }

export function refundAnswer(refundStatus: string): object {
  return {
    type: 'total',
    refundId: 'r-1',
    refundStatus,
    refundCreationDate: '2030-01-01T00:00:00.000Z',
    amountTransaction: {
      clientCorrelator: operations.refund.key,
      referenceCode: saleId,
      refundAmount: {},
    },
  }
}
