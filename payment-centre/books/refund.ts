// ST71: money that was charged goes back, by refund or by void of a key. Either leaves nothing half done: the
// buyer has it, or the centre's `owed` account has it, with its age.

import { type Money, priceText } from '@concilia/protocol/money.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { errorAnswer, jsonAnswer, refundBody, refused, remainingMinor } from './answers.ts'
import { allOf, type Books } from './books.ts'
import type { Answer, Decision, Desk, News, PaymentCommand, RefundCommand } from './commands.ts'
import { evidenceRefusal } from './evidence.ts'
import { once } from './idempotency.ts'
import { contradiction, onPayment, withEvidence } from './payment-life.ts'
import { andThen, giveBack, type Posting, releaseHold } from './postings.ts'
import type { KeyRecord, PaymentRecord, RefundRecord } from './records.ts'
import { decideVoucherVoid, isVoucher, voucherSubscriber } from './voucher.ts'

export function decideRefund(books: Books, command: RefundCommand, desk: Desk): Decision {
  return once(books, command, 'refund', desk, () =>
    onPayment(books, command, desk, (payment) => {
      const refusal = command.evidence && evidenceRefusal(command.evidence, payment)
      if (refusal) return refusal
      const before: Posting = { payment, change: {} }
      const proven = command.evidence ? withEvidence(before, command.evidence, desk) : before
      if (proven === 'contradiction') {
        return contradiction
      }
      return refundRefusal(proven.payment, command) ?? refunded(books, command, proven, desk)
    }),
  )
}

function refundRefusal(payment: PaymentRecord, { because, money }: RefundCommand): Decision | undefined {
  if (payment.status !== 'succeeded') {
    return refused(
      'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS',
      'Only a payment that succeeded can be refunded.',
    )
  }
  if (payment.outcome === 'delivered' && because !== 'closedByPerson') {
    return refused(
      'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND',
      'The automaton signed that it delivered. Only a person gives it back (because: closedByPerson).',
    )
  }
  const remaining = remainingMinor(payment)
  if (remaining === 0) {
    return refused(
      'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND',
      'This payment is refunded already.',
    )
  }
  const fits = !money || (money.currency === payment.currency && money.amountMinor <= remaining)
  return fits
    ? undefined
    : refused(
        'CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT',
        'This is more than remains, or in another currency.',
      )
}

function refunded(books: Books, command: RefundCommand, before: Posting, desk: Desk): Decision {
  const { payment } = before
  const money: Money = command.money ?? { amountMinor: remainingMinor(payment), currency: payment.currency }
  const after = andThen(before, (found) => giveBack(found, money.amountMinor, command.because, books, desk))
  const isOwed = after.payment.owedMinor > payment.owedMinor
  const refund: RefundRecord = {
    id: uuidFrom(desk.random),
    paymentId: payment.id,
    client: command.client,
    key: command.key,
    referenceCode: command.referenceCode,
    type: command.type,
    ...money,
    ...(command.description === undefined ? {} : { description: command.description }),
    because: command.because,
    ...(command.reason === undefined ? {} : { reason: command.reason }),
    status: isOwed ? 'denied' : 'succeeded',
    createdAt: desk.now,
  }
  return {
    answer: jsonAnswer(201, refundBody(refund)),
    change: allOf([after.change, { refunds: [refund] }]),
    news: [returnedNews(payment, money, isOwed, command.because)],
  }
}

function returnedNews(payment: PaymentRecord, money: Money, isOwed: boolean, why: string): News {
  const words = isOwed
    ? `${priceText(money)} cannot be given back, the account is closed: booked as owed`
    : `account re-credited with ${priceText(money)} (${why})`
  return { step: 'ST71', reference: payment.referenceCode, words }
}

type Void = Extract<PaymentCommand, { kind: 'void' }>

/**
 * Rule 8: reverses the payment of this key, or leaves a tombstone that refuses a later one. Repeating changes
 * nothing.
 */
export function decideVoid(books: Books, command: Void, desk: Desk): Decision {
  const known = books.key(command.client, command.key)
  if (known?.use === 'refund') {
    return refused(
      'ALREADY_EXISTS',
      'This clientCorrelator is a refund. Only the key of a payment can be voided.',
    )
  }
  if (known?.use === 'voucher') {
    const account = books.accountOf(desk.secrets.subscriberHash(voucherSubscriber(command.key)))
    const isTheirs = isVoucher(account) && account.voucher.client === command.client
    if (isTheirs) return decideVoucherVoid(account, command, known, desk)
  }
  if (!known?.paymentId) {
    const change = known?.voided ? {} : { keys: [voidedKey(command, known, desk)] }
    return { answer: voidAnswer(command, 'tombstone'), change }
  }
  return onPayment(books, { client: command.client, paymentId: known.paymentId }, desk, (payment) => {
    if (payment.referenceCode !== command.referenceCode) {
      return refused(
        'CONCILIA.CONTRADICTION',
        'The payment of this clientCorrelator has another referenceCode.',
      )
    }
    if (payment.outcome === 'delivered') {
      return {
        answer: errorAnswer(
          'CARRIER_BILLING.PAYMENT_CONFIRMED',
          'The automaton signed that it delivered: this payment stands.',
        ),
      }
    }
    return voidPayment(books, command, known, payment, desk)
  })
}

function voidPayment(
  books: Books,
  command: Void,
  known: KeyRecord,
  payment: PaymentRecord,
  desk: Desk,
): Decision {
  const undone = reversal(books, payment, desk)
  const after = andThen(undone, (left) => {
    const over: PaymentRecord = {
      ...left,
      status: left.status === 'denied' ? 'denied' : 'cancelled',
      live: false,
    }
    return { payment: over, change: { payments: [over] } }
  })
  const result = after.payment.owedMinor > 0 ? 'owed' : 'reversed'
  const returned = { amountMinor: payment.amountMinor, currency: payment.currency }
  const moved = (undone.change.transfers ?? []).length > 0
  return {
    answer: voidAnswer(command, result, payment.id),
    change: allOf([after.change, { keys: known.voided ? [] : [voidedKey(command, known, desk)] }]),
    news: moved ? [returnedNews(payment, returned, result === 'owed', 'voided')] : [],
  }
}

function reversal(books: Books, payment: PaymentRecord, desk: Desk): Posting {
  const isHeld = payment.status === 'reserved' || payment.status === 'pending_validation'
  if (isHeld) return releaseHold(payment, 'void', 'cancelled', books, desk)
  const remaining = remainingMinor(payment)
  return remaining > 0 ? giveBack(payment, remaining, 'failed', books, desk) : { payment, change: {} }
}

function voidedKey({ client, key }: Void, known: KeyRecord | undefined, desk: Desk): KeyRecord {
  const blank = {
    client,
    key,
    use: 'charge' as const,
    bodyHash: '',
    status: 409,
    sealedAnswer: '',
    createdAt: desk.now,
  }
  return { ...(known ?? blank), voided: true }
}

function voidAnswer({ key }: Void, result: 'reversed' | 'tombstone' | 'owed', paymentId?: string): Answer {
  return jsonAnswer(200, { clientCorrelator: key, result, ...(paymentId === undefined ? {} : { paymentId }) })
}
