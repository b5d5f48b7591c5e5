// The movements of one payment: what each step of its life books, and the payment as it then stands. Pure
// bookkeeping; whether a step is allowed is decided by the callers.
import type { Money } from '@concilia/protocol/money.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { acknowledged } from './acknowledgement.ts'
import { remainingMinor } from './answers.ts'
import { allOf, type Books, type Change } from './books.ts'
import { usageOf } from './caps.ts'
import type { Desk, UndoReason } from './commands.ts'
import { invariant } from './invariant.ts'
import {
  callsAccountId,
  centreAccountId,
  type Entry,
  move,
  type OperatorAccount,
  operatorAccountId,
  reversed,
  type Transfer,
  type TransferKind,
} from './ledger.ts'
import type { PaymentRecord } from './records.ts'
import { restored } from './voucher.ts'

/** A payment after a step, with what the step books. */
export interface Posting {
  readonly payment: PaymentRecord
  readonly change: Change
}

export function transferOf(
  kind: TransferKind,
  payment: Pick<PaymentRecord, 'id' | 'currency'>,
  entries: readonly Entry[],
  desk: Desk,
): Transfer {
  return {
    id: uuidFrom(desk.random),
    kind,
    currency: payment.currency,
    at: desk.now,
    paymentId: payment.id,
    entries,
  }
}

function operator(payment: PaymentRecord, name: OperatorAccount): string {
  return operatorAccountId(payment.seller, name, payment.currency)
}

function promised(payment: PaymentRecord, layer: 'posted' | 'held'): Entry[] {
  return move(payment.accountId, operator(payment, 'unsettled'), payment.amountMinor, layer)
}

/** One step: the account is charged. */
export function debit(payment: PaymentRecord, desk: Desk): Posting {
  const paid: PaymentRecord = { ...payment, status: 'succeeded', position: 'unsettled', paidAt: desk.now }
  const transfers = [transferOf('debit', payment, promised(payment, 'posted'), desk)]
  return { payment: paid, change: { transfers, payments: [paid] } }
}

/** The amount is promised, and counts against the account from now on. */
export function hold(payment: PaymentRecord, desk: Desk): Posting {
  const transfer = transferOf('hold', payment, promised(payment, 'held'), desk)
  const held: PaymentRecord = { ...payment, holdId: transfer.id }
  return { payment: held, change: { transfers: [transfer], payments: [held] } }
}

/** The promise becomes money. */
export function postHold(payment: PaymentRecord, desk: Desk): Posting {
  const { holdId, dueAt: _over, ...rest } = payment
  invariant(holdId !== undefined, `payment ${payment.id} has no hold to post`)
  const entries = [...reversed(promised(payment, 'held')), ...promised(payment, 'posted')]
  const transfer = { ...transferOf('post', payment, entries, desk), endsHold: holdId }
  const posted: PaymentRecord = { ...rest, status: 'succeeded', position: 'unsettled', paidAt: desk.now }
  const paid = acknowledged(posted, desk)
  return { payment: paid, change: { transfers: [transfer], payments: [paid] } }
}

/** The promise is given back. */
export function releaseHold(
  payment: PaymentRecord,
  kind: 'void' | 'expire',
  status: 'cancelled' | 'denied',
  books: Books,
  desk: Desk,
): Posting {
  const { holdId, dueAt: _over, ...rest } = payment
  invariant(holdId !== undefined, `payment ${payment.id} has no hold to release`)
  const entries = reversed(promised(payment, 'held'))
  const transfer = { ...transferOf(kind, payment, entries, desk), endsHold: holdId }
  // A denied payment never had an acknowledgement, so its offer may be tried again.
  const over: PaymentRecord = { ...rest, status, live: status === 'cancelled' && payment.live }
  const usage = usageOf(payment, subscriberOf(payment, books), -1, -payment.amountMinor)
  const change = { transfers: [transfer], payments: [over], usage }
  return { payment: over, change: allOf([change, restored(books.account(payment.accountId), desk)]) }
}

/** The automaton delivered: the operator's share can be paid out. */
export function makePayable(payment: PaymentRecord, desk: Desk): Posting {
  const amountMinor = remainingMinor(payment)
  const payable: PaymentRecord = { ...payment, position: 'payable' }
  const entries = shares(payment, amountMinor, 0).flatMap(({ to, partMinor }) =>
    partMinor > 0 ? move(operator(payment, 'unsettled'), to, partMinor) : [],
  )
  const transfers = entries.length > 0 ? [transferOf('deliver', payment, entries, desk)] : []
  return { payment: payable, change: { transfers, payments: [payable] } }
}

/**
 * Who has what of a payment that is payable: the seller all of it, or of a voucher a part, rounded down; the
 * rest is the voice service's. What goes from one to another between two amounts is the difference of the
 * parts, so that no refund in pieces loses a cent.
 */
function shares(payment: PaymentRecord, fromMinor: number, toMinor: number) {
  const { sellerShareBps = 10_000, service = '', currency } = payment
  const sellers = (minor: number) => Math.floor((minor * sellerShareBps) / 10_000)
  const partMinor = sellers(fromMinor) - sellers(toMinor)
  return [
    { to: operator(payment, 'payable'), partMinor },
    { to: callsAccountId(service, 'revenue', currency), partMinor: fromMinor - toMinor - partMinor },
  ]
}

/** What a payable payment is worth to its seller. */
export function sellersPart(payment: PaymentRecord): Money {
  const [{ partMinor } = { partMinor: 0 }] = shares(payment, remainingMinor(payment), 0)
  return { amountMinor: partMinor, currency: payment.currency }
}

/**
 * It was delivered although the buyer has the money back: the operator's books learn it, the buyer is left
 * alone.
 */
export function learnDelivered(payment: PaymentRecord, returnedMinor: number, desk: Desk): Posting {
  const amountMinor = returnedMinor - payment.learntMinor
  if (amountMinor <= 0) return { payment, change: {} }
  const learnt: PaymentRecord = { ...payment, learntMinor: returnedMinor }
  const entries = move(operator(payment, 'disputed'), operator(payment, 'sales'), amountMinor)
  return {
    payment: learnt,
    change: { transfers: [transferOf('learn', payment, entries, desk)], payments: [learnt] },
  }
}

/**
 * The buyer has the money back, or, the account being closed, the centre owes it. What nobody signed for
 * goes by way of the operator's `disputed` account, and so does what had become payable.
 */
export function giveBack(
  payment: PaymentRecord,
  amountMinor: number,
  because: UndoReason,
  books: Books,
  desk: Desk,
): Posting {
  invariant(amountMinor <= remainingMinor(payment), `payment ${payment.id} would be refunded twice`)
  invariant(payment.position !== 'none', `payment ${payment.id} was never posted`)
  const account = books.account(payment.accountId)
  const isDisputed = because === 'unknown' || because === 'closedByPerson' || payment.position === 'payable'
  const from = operator(payment, isDisputed ? 'disputed' : 'unsettled')
  const isOwed = account.closed && !payment.borneByCentre
  const transfers = [
    ...(isDisputed ? [transferOf('dispute', payment, disputed(payment, from, amountMinor), desk)] : []),
    transferOf('refund', payment, move(from, returnAccount(payment, isOwed), amountMinor), desk),
  ]
  const returned: PaymentRecord = isOwed
    ? { ...payment, owedMinor: payment.owedMinor + amountMinor, owedSince: payment.owedSince ?? desk.now }
    : { ...payment, refundedMinor: payment.refundedMinor + amountMinor }
  const count = remainingMinor(returned) === 0 ? -1 : 0
  const usage = usageOf(payment, subscriberOf(payment, books), count, -amountMinor)
  // What the centre bore never came from the voucher, which may have lapsed meanwhile.
  const isWhole = remainingMinor(returned) === 0 && !payment.borneByCentre
  const again = isWhole ? restored(account, desk) : {}
  return { payment: returned, change: allOf([{ transfers, payments: [returned], usage }, again]) }
}

/** Out of `unsettled`, or back from whoever it was payable to. */
function disputed(payment: PaymentRecord, to: string, amountMinor: number): Entry[] {
  if (payment.position !== 'payable') return move(operator(payment, 'unsettled'), to, amountMinor)
  const before = remainingMinor(payment)
  return shares(payment, before, before - amountMinor).flatMap((share) =>
    share.partMinor > 0 ? move(share.to, to, share.partMinor) : [],
  )
}

function returnAccount({ accountId, borneByCentre, currency }: PaymentRecord, isOwed: boolean): string {
  if (borneByCentre) return centreAccountId('borne', currency)
  return isOwed ? centreAccountId('owed', currency) : accountId
}

function subscriberOf(payment: PaymentRecord, books: Books): string {
  const { subscriberHash } = books.account(payment.accountId)
  invariant(subscriberHash !== undefined, `account ${payment.accountId} is not a buyer's`)
  return subscriberHash
}

/** Two steps of the same payment. */
export function andThen(first: Posting, step: (payment: PaymentRecord) => Posting): Posting {
  const second = step(first.payment)
  return { payment: second.payment, change: allOf([first.change, second.change]) }
}
