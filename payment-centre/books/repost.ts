// A centre restored from an old backup is handed its own acknowledgements again and books what it had
// promised. A debit is honoured in any case: what the buyer's account cannot bear any more, the centre bears
// itself. A hold that the account cannot bear, or whose time is over, is booked as lapsed.
import type { Acknowledgement } from '@concilia/protocol/promises.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { noContent, refused } from './answers.ts'
import { allOf, type Books } from './books.ts'
import { usageOf } from './caps.ts'
import type { Decision, Desk, Repost } from './commands.ts'
import { signatureRefusal } from './evidence.ts'
import { centreAccountId, move, operatorAccountId } from './ledger.ts'
import { isOver } from './payment-life.ts'
import { debit, hold, type Posting, transferOf } from './postings.ts'
import type { Account, KeyRecord, PaymentRecord } from './records.ts'
import { isVoucher, spent, termsOf } from './voucher.ts'

export function decideRepost(books: Books, command: Repost, desk: Desk): Decision {
  const { acknowledgement } = command
  if (!acknowledgement.ok) return signatureRefusal(acknowledgement)
  const { payload } = acknowledgement
  const known = books.payments.get(payload.paymentId)
  if (known) return agrees(known, command, payload) ? { answer: noContent } : contradiction
  const key = books.key(command.client, command.key)
  if (key || books.paymentOfOffer(payload.seller, payload.offerHash)) return contradiction
  const account = books.accountOf(command.subscriberHash)
  if (!account)
    return refused('IDENTIFIER_NOT_FOUND', 'There is no account for this buyer. Open it, then post again.')
  const payment = restored(command, payload, account, desk)
  const posting = booked(books, payment, desk)
  const usage = usageOf(payment, command.subscriberHash, 1, payment.amountMinor)
  const { status, borneByCentre } = posting.payment
  const isCharged = status !== 'cancelled' && !borneByCentre
  return {
    answer: noContent,
    change: allOf([
      isCharged && isVoucher(account) ? spent(account, desk) : {},
      posting.change,
      { usage, keys: [keyOf(command, payment.id, desk)] },
    ]),
    news: [
      { reference: command.referenceCode, words: 'a lost payment was booked again from its acknowledgement' },
    ],
  }
}

const contradiction: Decision = refused(
  'CONCILIA.CONTRADICTION',
  'The books say otherwise than this acknowledgement. A person must look at it.',
)

function agrees(payment: PaymentRecord, { client, key }: Repost, promised: Acknowledgement): boolean {
  const { offerHash, amountMinor, currency, seller } = promised
  return (
    payment.client === client &&
    payment.key === key &&
    payment.offerHash === offerHash &&
    payment.amountMinor === amountMinor &&
    payment.currency === currency &&
    payment.seller === seller
  )
}

function restored(
  { client, key, referenceCode, token }: Repost,
  { honouredUntil, paymentId, at, ...terms }: Acknowledgement,
  { id: accountId, voucher }: Account,
  desk: Desk,
): PaymentRecord {
  return {
    ...terms,
    id: paymentId,
    client,
    key,
    referenceCode,
    accountId,
    description: 'restored',
    status: terms.charge === 'hold' ? 'reserved' : 'processing',
    position: 'none',
    refundedMinor: 0,
    owedMinor: 0,
    createdAt: Math.min(at, desk.now),
    ...(honouredUntil === undefined ? {} : { dueAt: honouredUntil }),
    withdrawn: false,
    learntMinor: 0,
    acknowledgement: token,
    live: true,
    ...(voucher && termsOf(voucher)),
  }
}

function booked(books: Books, payment: PaymentRecord, desk: Desk): Posting {
  const account = books.account(payment.accountId)
  const { amountMinor, currency, seller } = payment
  const promisedMinor = account.voucher?.state === 'announced' ? account.voucher.amountMinor : 0
  const availableMinor = books.availableMinor(account) + promisedMinor
  if (payment.charge === 'hold') {
    const lapsed: PaymentRecord = { ...payment, status: 'cancelled' }
    const holds = !isOver(payment, desk) && availableMinor >= amountMinor
    return holds ? hold(payment, desk) : { payment: lapsed, change: { payments: [lapsed] } }
  }
  if (account.currency === currency && availableMinor >= amountMinor) return debit(payment, desk)
  const paid: PaymentRecord = {
    ...payment,
    status: 'succeeded',
    position: 'unsettled',
    paidAt: desk.now,
    borneByCentre: true,
  }
  const entries = move(
    centreAccountId('borne', currency),
    operatorAccountId(seller, 'unsettled', currency),
    amountMinor,
  )
  return {
    payment: paid,
    change: { transfers: [transferOf('restore', payment, entries, desk)], payments: [paid] },
  }
}

/** The first answer's bytes are lost: a repeat of the request is told that the key is used. */
function keyOf({ client, key }: Repost, paymentId: string, desk: Desk): KeyRecord {
  const bodyHash = `restored ${uuidFrom(desk.random)}`
  const answer = { status: 201, sealedAnswer: '' }
  return { client, key, use: 'charge', voided: false, bodyHash, ...answer, paymentId, createdAt: desk.now }
}
