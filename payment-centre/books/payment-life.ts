// What happens to a payment after it was made: validated, confirmed, cancelled, expired, its outcome booked.
// Whatever is asked, a hold whose time is over has expired first, also when the clock's own sweep has not
// come round to it yet.

import { priceText } from '@concilia/protocol/money.ts'
import type { Outcome } from '@concilia/protocol/promises.ts'
import { sameText } from '../secrets.ts'
import { accepted, errorAnswer, noContent, refused, remainingMinor } from './answers.ts'
import { allOf, type Books } from './books.ts'
import { reserved } from './charge.ts'
import type { Decision, Desk, Evidence, News, PaymentCommand } from './commands.ts'
import { evidenceRefusal } from './evidence.ts'
import { hasUsablePin, triedPin } from './pin.ts'
import {
  andThen,
  learnDelivered,
  makePayable,
  type Posting,
  postHold,
  releaseHold,
  sellersPart,
} from './postings.ts'
import type { PaymentRecord } from './records.ts'

type Of<Kind extends PaymentCommand['kind']> = Extract<PaymentCommand, { kind: Kind }>

/** Finds the client's own payment, lets it expire when it is time, and decides on what is left. */
export function onPayment(
  books: Books,
  { client, paymentId, subscriberHash }: { client: string; paymentId: string; subscriberHash?: string },
  desk: Desk,
  decide: (payment: PaymentRecord) => Decision,
): Decision {
  const found = books.payments.get(paymentId)
  if (found?.client !== client) return refused('NOT_FOUND', 'There is no such payment of this client.')
  if (subscriberHash !== undefined && books.account(found.accountId).subscriberHash !== subscriberHash) {
    return refused(
      'IDENTIFIER_NOT_FOUND',
      'The payment is not of this buyer. Leave the number out, or send the right one.',
    )
  }
  // A hold is honoured until it is swept: a confirmation that was kept up while we were away still finds it.
  const isAsked = found.status === 'pending_validation'
  const { payment, change } = isAsked ? ripened(found, books, desk) : { payment: found, change: {} }
  const decision = decide(payment)
  return { ...decision, change: allOf([change, decision.change]) }
}

/** What its time makes of a payment that waits, for a code or for its confirmation. */
function ripened(payment: PaymentRecord, books: Books, desk: Desk): Posting {
  if (!isOver(payment, desk)) return { payment, change: {} }
  return releaseHold(payment, 'expire', 'cancelled', books, desk)
}

/**
 * A wait for a code is over at its time. An acknowledged hold may be the price of goods in hand, of which a
 * server that is away cannot tell: no time gives that back before the operator's published limit (rule 11).
 */
export function isOver({ status, dueAt = Number.POSITIVE_INFINITY }: PaymentRecord, desk: Desk): boolean {
  if (status === 'pending_validation') return dueAt <= desk.now
  return status === 'reserved' && dueAt <= desk.now - desk.settings.silenceMs
}

export function decideExpire(books: Books, { paymentId }: Of<'expire'>, desk: Desk): Decision {
  const found = books.payments.get(paymentId)
  if (!found) return { answer: noContent }
  const { payment, change } = ripened(found, books, desk)
  if (payment === found) return { answer: noContent }
  return { answer: noContent, change, news: [{ reference: payment.referenceCode, words: 'the hold lapsed' }] }
}

export function decideValidate(books: Books, command: Of<'validate'>, desk: Desk): Decision {
  return onPayment(books, command, desk, (payment) => {
    const { validation, status } = payment
    if (!validation || !sameText(validation.authorizationId, command.authorizationId)) {
      return refused(
        'CARRIER_BILLING.INVALID_AUTHORIZATION_ID',
        'This payment was not given that authorizationId.',
      )
    }
    if (status === 'reserved' || status === 'succeeded') {
      return refused('ALREADY_EXISTS', 'This payment is validated already. Go on with confirm.')
    }
    if (status !== 'pending_validation') return validationFailed
    if (validation.by === 'pin') return pinGiven(payment, command, books, desk)
    const codeHash = desk.secrets.hash(`code\n${payment.id}\n${command.code}`)
    return sameText(validation.codeHash, codeHash)
      ? validatedNow(payment, desk)
      : wrongCode(payment, validation, books, desk)
  })
}

/** Right or wrong, the account remembers it: guesses are counted over all payments. */
function pinGiven(payment: PaymentRecord, { code }: Of<'validate'>, books: Books, desk: Desk): Decision {
  const account = books.account(payment.accountId)
  const { pin } = account
  const isPaused = !hasUsablePin(account, desk.now)
  const isRight = !isPaused && pin !== undefined && desk.secrets.isSame(pin.hash, code)
  const tried = isPaused ? account : triedPin(account, isRight, desk.now)
  const { validation = { authorizationId: '', codeHash: '', triesLeft: 0 } } = payment
  const isLast = !hasUsablePin(tried, desk.now)
  const decision = isRight
    ? validatedNow(payment, desk)
    : wrongCode(payment, { ...validation, ...(isLast && { triesLeft: 1 }) }, books, desk)
  return { ...decision, change: allOf([decision.change, { accounts: [tried] }]) }
}

const validationFailed = refused(
  'CARRIER_BILLING.VALIDATION_FAILED',
  'The tries or the time for the code are used up. The buyer begins a new purchase.',
)

function validatedNow(payment: PaymentRecord, desk: Desk): Decision {
  const reference = payment.referenceCode
  return {
    answer: noContent,
    change: { payments: [reserved(payment, desk)] },
    news: [
      { step: 'ST12', reference, words: 'the buyer returned the code' },
      { step: 'ST13', reference, words: 'payment validated' },
      { step: 'ST131', reference, words: `${priceText(payment)} held` },
      { step: 'ST14', reference, words: 'authorisation signed' },
    ],
  }
}

function wrongCode(
  payment: PaymentRecord,
  validation: NonNullable<PaymentRecord['validation']>,
  books: Books,
  desk: Desk,
): Decision {
  const tried: PaymentRecord = {
    ...payment,
    validation: { ...validation, triesLeft: validation.triesLeft - 1 },
  }
  if (validation.triesLeft > 1) {
    const answer = errorAnswer(
      'CARRIER_BILLING.INVALID_CODE',
      'This is not the code that was sent. Ask the buyer again.',
    )
    return { answer, change: { payments: [tried] } }
  }
  return { ...validationFailed, change: releaseHold(tried, 'void', 'denied', books, desk).change }
}

const confirmedAlready = errorAnswer(
  'CARRIER_BILLING.PAYMENT_CONFIRMED',
  'This payment is confirmed: it is charged.',
)
const cancelledAlready = errorAnswer(
  'CARRIER_BILLING.PAYMENT_CANCELLED',
  'This payment is cancelled or its hold has lapsed: nothing is charged.',
)

export function decideConfirm(books: Books, command: Of<'confirm'>, desk: Desk): Decision {
  return onPayment(books, command, desk, (payment) => {
    if (payment.status === 'pending_validation' || payment.status === 'denied') {
      return refused(
        'CARRIER_BILLING.PAYMENT_DENIED',
        'The buyer has not validated this payment: it cannot be confirmed.',
      )
    }
    const refusal = command.evidence && evidenceRefusal(command.evidence, payment)
    if (refusal) return refusal
    const posted = payment.status === 'reserved' ? postHold(payment, desk) : { payment, change: {} }
    const booked = command.evidence && withEvidence(posted, command.evidence, desk)
    if (booked === 'contradiction') return contradiction
    const answer =
      payment.status === 'reserved'
        ? accepted
        : payment.status === 'cancelled'
          ? cancelledAlready
          : confirmedAlready
    const after = booked ?? posted
    return { answer, change: after.change, news: newsOf(payment, after.payment) }
  })
}

export function decideCancel(books: Books, command: Of<'cancel'>, desk: Desk): Decision {
  return onPayment(books, command, desk, (payment) => {
    if (payment.status === 'succeeded') return { answer: confirmedAlready }
    if (payment.status === 'cancelled' || payment.status === 'denied') return { answer: cancelledAlready }
    const refusal = command.evidence && evidenceRefusal(command.evidence, payment)
    if (refusal) return refusal
    const before: Posting = { payment, change: {} }
    const booked = command.evidence ? withEvidence(before, command.evidence, desk) : before
    if (booked === 'contradiction') return contradiction
    // The evidence says that it was delivered after all: that has posted the hold, and nothing is left to
    // cancel.
    if (booked.payment.status === 'succeeded') {
      return { answer: confirmedAlready, change: booked.change, news: newsOf(payment, booked.payment) }
    }
    const after = andThen(booked, (held) => releaseHold(held, 'void', 'cancelled', books, desk))
    const words = `hold of ${priceText(payment)} given back (${command.because ?? 'failed'})`
    return {
      answer: accepted,
      change: after.change,
      news: [{ step: 'ST71', reference: payment.referenceCode, words }],
    }
  })
}

export function decideOutcome(books: Books, command: Of<'outcome'>, desk: Desk): Decision {
  return onPayment(books, command, desk, (payment) => {
    const refusal = evidenceRefusal(command.evidence, payment)
    if (refusal) return refusal
    const booked = withEvidence({ payment, change: {} }, command.evidence, desk)
    if (booked === 'contradiction') return contradiction
    return { answer: noContent, change: booked.change, news: newsOf(payment, booked.payment) }
  })
}

export const contradiction: Decision = refused(
  'CONCILIA.CONTRADICTION',
  'The automaton has signed otherwise, or it cannot have been delivered. A person must look at it.',
)

/**
 * Books the automaton's word, already checked by {@link evidenceRefusal}; what it contradicts stays as it
 * was.
 */
export function withEvidence(posting: Posting, evidence: Evidence, desk: Desk): Posting | 'contradiction' {
  if (evidence.kind === 'withdrawal') {
    if (posting.payment.outcome === 'delivered') return 'contradiction'
    return andThen(posting, (payment) => {
      const withdrawn: PaymentRecord = { ...payment, withdrawn: true }
      return { payment: withdrawn, change: { payments: [withdrawn] } }
    })
  }
  return evidence.checked.ok ? withOutcome(posting, evidence.checked.payload.result, desk) : posting
}

function withOutcome(posting: Posting, result: Outcome['result'], desk: Desk): Posting | 'contradiction' {
  const { payment } = posting
  const known = payment.outcome
  if (known === result || (known !== undefined && result === 'unknown')) return posting
  if (known === 'delivered' || known === 'failed') return 'contradiction'
  if (result !== 'delivered') return andThen(posting, (before) => recorded(before, result))
  const acknowledged = payment.status !== 'pending_validation' && payment.status !== 'denied'
  if (payment.withdrawn || !acknowledged) return 'contradiction'
  return andThen(
    andThen(posting, (before) => recorded(before, result)),
    (before) => delivered(before, desk),
  )
}

function recorded(payment: PaymentRecord, outcome: Outcome['result']): Posting {
  const after: PaymentRecord = { ...payment, outcome }
  return { payment: after, change: { payments: [after] } }
}

/**
 * A hold is posted at once: nothing proves better than the automaton's word that the operator has earned it.
 */
function delivered(before: PaymentRecord, desk: Desk): Posting {
  const posted = before.status === 'reserved' ? postHold(before, desk) : { payment: before, change: {} }
  return andThen(posted, (payment) => {
    const returnedMinor = payment.amountMinor - remainingMinor(payment)
    const left = payment.position === 'unsettled' && remainingMinor(payment) > 0
    const payable = left ? makePayable(payment, desk) : { payment, change: {} }
    return andThen(payable, (after) => learnDelivered(after, returnedMinor, desk))
  })
}

function newsOf(before: PaymentRecord, after: PaymentRecord): News[] {
  const reference = after.referenceCode
  const price = priceText(after)
  return [
    ...(before.status === 'reserved' && after.status === 'succeeded'
      ? [{ step: 'ST131' as const, reference, words: `hold of ${price} charged to the account` }]
      : []),
    ...(before.position !== 'payable' && after.position === 'payable'
      ? [
          {
            step: 'ST132' as const,
            reference,
            words: `operator ${after.seller} credited with ${priceText(sellersPart(after))}`,
          },
        ]
      : []),
    ...(before.learntMinor < after.learntMinor
      ? [
          {
            reference,
            words: `delivered after all: ${price} moved from disputed to sales of ${after.seller}`,
          },
        ]
      : []),
  ]
}
