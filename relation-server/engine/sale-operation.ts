// A payment operation with all its terms, from what the sale remembers. A pure function: the same sale and
// operation always give the same bytes, which is what makes a repeat a repeat (rule 10).
import { payerOf, type SaleContext } from '../sale-context.ts'
import type { ChartPayment } from '../sale-vocabulary.ts'
import type { PaymentBody } from './outbox-bodies.ts'
import { Poisoned } from './poisoned.ts'

export function operationOf(context: SaleContext, tradeName: string, payment: ChartPayment): PaymentBody {
  const { saleId, slip, amountMinor, currency, seller, paymentId, because, attempt } = context
  const { refundAttempt = 1 } = context
  const key = `${saleId}:${attempt}`
  const payer = payerOf(context)
  const evidence = context.evidence === null ? {} : { evidence: context.evidence }
  const paid = () => {
    if (paymentId === null) throw new Poisoned(`sale ${saleId} has no payment to ${payment.kind}`)
    return paymentId
  }
  switch (payment.kind) {
    case 'eligibility': {
      const phone = context.phones.find((each) => each.identificationId === payment.identificationId)
      const proof = phone?.proof && { proof: phone.proof }
      const operation = { kind: payment.kind, amountMinor, currency, seller, ...proof }
      return { operation, subscriberId: phone?.subscriberId ?? null }
    }
    case 'charge':
    case 'prepare': {
      if (!context.consent || !payer) throw new Error(`sale ${saleId} would charge without a consent`)
      const description = `${tradeName} ${context.machineNumber}`
      const terms = { saleId, key, slip, amountMinor, currency, description, seller }
      return {
        operation: { kind: payment.kind, ...terms, consent: context.consent },
        subscriberId: payer.subscriberId,
      }
    }
    case 'validate': {
      const { authorizationId } = context
      if (authorizationId === null) throw new Error(`sale ${saleId} would validate what nobody asked for`)
      const operation = { kind: payment.kind, paymentId: paid(), authorizationId, code: payment.code }
      return { operation, subscriberId: null }
    }
    case 'confirm': {
      const outcome = payment.withOutcome && context.evidence !== null ? { outcome: context.evidence } : {}
      return { operation: { kind: payment.kind, paymentId: paid(), ...outcome }, subscriberId: null }
    }
    case 'void':
      return { operation: { kind: payment.kind, saleId, key }, subscriberId: null }
    case 'cancel':
      return {
        operation: { kind: payment.kind, paymentId: paid(), because: because ?? 'failed', ...evidence },
        subscriberId: null,
      }
    case 'refund': {
      const refundKey = refundAttempt === 1 ? `${key}:refund` : `${key}:refund:${refundAttempt}`
      const terms = { key: refundKey, amountMinor, currency, because: because ?? 'failed' }
      // Says no number: it must be possible when the number is long erased.
      return {
        operation: { kind: payment.kind, paymentId: paid(), ...terms, ...evidence },
        subscriberId: null,
      }
    }
    case 'outcome': {
      const outcome = context.learnt ?? context.evidence
      if (outcome === null) throw new Error(`sale ${saleId} would book an outcome nobody signed`)
      return { operation: { kind: payment.kind, paymentId: paid(), outcome }, subscriberId: null }
    }
  }
}
