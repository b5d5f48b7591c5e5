// Vouchers: each a prepaid account that one premium-rate call has bought, for one purchase of exactly its
// amount on one machine. It is announced before its code is read out, as a promise of the carrier's money
// (layer `held`); that the code was read, or was typed, makes it money. What lapses unused is a liability.
import { voucherRealm } from '@concilia/protocol/carrier-billing.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { errorAnswer, jsonAnswer, noContent, refused } from './answers.ts'
import { allOf, type Books, type Change } from './books.ts'
import { voucherScope, voucherUsage } from './caps.ts'
import type { Decision, Desk, VoucherCommand } from './commands.ts'
import { once } from './idempotency.ts'
import {
  callsAccountId,
  centreAccountId,
  type Entry,
  freeTransfer,
  move,
  reversed,
  type TransferKind,
} from './ledger.ts'
import type { Account, KeyRecord, Voucher } from './records.ts'

type Of<Kind extends VoucherCommand['kind']> = Extract<VoucherCommand, { kind: Kind }>
/** An account that is a voucher. */
export type VoucherAccount = Account & { readonly voucher: Voucher }

export const voucherSubscriber = (id: string): Subscriber => ({ realm: voucherRealm, key: id })

export function isVoucher(account: Account | undefined): account is VoucherAccount {
  return account?.voucher !== undefined
}

/** What a payment out of it is shared by. */
export function termsOf({ sellerShareBps, service }: Voucher): Pick<Voucher, 'sellerShareBps' | 'service'> {
  return { sellerShareBps, service }
}

/** The call is under way and has heard what it costs; its code is not read out before this is answered. */
export function decideVoucher(books: Books, command: Of<'voucher'>, desk: Desk): Decision {
  return once(books, command, 'voucher', desk, () => {
    const { seller, automatonId, service, sellerShareBps, livesMs, money, referenceCode } = command
    const refusal = refusalOf(books, command, desk)
    if (refusal) return refusal
    const subscriber = voucherSubscriber(command.key)
    const goodUntil = desk.now + livesMs
    const terms = { seller, automatonId, service, sellerShareBps, livesMs, referenceCode }
    const { amountMinor, currency } = money
    const made: VoucherAccount = {
      id: `voucher:${command.key}`,
      kind: 'prepaid',
      currency,
      ceilingMinor: 0,
      barred: false,
      closed: false,
      subscriberHash: desk.secrets.subscriberHash(subscriber),
      sealedSubscriber: desk.secrets.sealSubscriber(subscriber),
      dueAt: goodUntil,
      voucher: { ...terms, client: command.client, amountMinor, goodUntil, state: 'announced' },
    }
    const hold = booked('hold', made, expected(made, 'held'), desk)
    const account: VoucherAccount = { ...made, voucher: { ...made.voucher, holdId: hold.id } }
    const usage = [voucherUsage(command.client, money, desk.now)]
    return {
      answer: jsonAnswer(201, { voucherId: command.key, goodUntil }),
      change: { accounts: [account], transfers: [hold], usage },
      news: [{ reference: referenceCode, words: 'a voucher is made for a call' }],
    }
  })
}

function refusalOf(
  books: Books,
  { client, seller, money, key }: Of<'voucher'>,
  desk: Desk,
): Decision | undefined {
  const registered = books.clients.get(client)
  const { amountMinor, currency } = money
  const ceiling = registered?.voucherDayCeilingMinor ?? 0
  const today = books.used(voucherScope(client, currency), desk.now).dayMinor
  const may = registered?.sellers.includes(seller) && books.sellers.has(seller)
  if (!may || today + amountMinor > ceiling) {
    return refused(
      'PERMISSION_DENIED',
      'This client may not make vouchers for this seller, or not so many. Ask the payment centre.',
    )
  }
  const cap = desk.settings.caps.currencies[currency]
  if (!cap) return refused('SERVICE_NOT_APPLICABLE', `Nothing is sold in ${currency} here.`)
  if (amountMinor > Math.min(cap.purchaseMinor, cap.dayMinor, cap.monthMinor)) {
    return refused('CARRIER_BILLING.UNAUTHORIZED_AMOUNT', 'No purchase may cost this much here.')
  }
  // Its key was forgotten, and with it the first answer; the voucher is not.
  const isThere = books.accountOf(desk.secrets.subscriberHash(voucherSubscriber(key))) !== undefined
  return isThere ? refused('ALREADY_EXISTS', 'There is a voucher of this clientCorrelator.') : undefined
}

/** Its code was read out: the carrier owes for the call. Repeating changes nothing. */
export function decideVoucherRead(books: Books, command: Of<'voucherRead'>, desk: Desk): Decision {
  const account = books.accountOf(command.subscriberHash)
  if (!isVoucher(account) || account.voucher.client !== command.client) {
    return refused('NOT_FOUND', 'There is no such voucher of this client.')
  }
  switch (account.voucher.state) {
    case 'announced':
      return { answer: noContent, change: received(account, desk).change, news: [readNews(account)] }
    case 'voided':
      return refused('CARRIER_BILLING.PAYMENT_CANCELLED', 'This voucher was voided: its call is not paid.')
    case 'unread': {
      // Nobody had said so before it lapsed. The call is paid, and its code was good for nothing.
      const { voucher } = account
      const { amountMinor } = voucher
      const entries = move(calls(account), unclaimed(account), amountMinor)
      const lapsed: Account = { ...account, voucher: { ...voucher, state: 'lapsed' } }
      const change = { accounts: [lapsed], transfers: [booked('lapse', account, entries, desk)] }
      return { answer: noContent, change, news: [readNews(account)] }
    }
    default:
      return { answer: noContent }
  }
}

const readNews = ({ voucher }: VoucherAccount) => ({
  reference: voucher.referenceCode,
  words: 'the code of a call was read out: the carrier owes for it',
})

/** What was promised is money. */
export function received(account: VoucherAccount, desk: Desk): { account: VoucherAccount; change: Change } {
  const { holdId, ...voucher } = account.voucher
  if (voucher.state !== 'announced' || holdId === undefined) return { account, change: {} }
  const good: VoucherAccount = { ...account, voucher: { ...voucher, state: 'good' } }
  const entries = [...reversed(expected(account, 'held')), ...expected(account, 'posted')]
  const transfer = { ...booked('post', account, entries, desk), endsHold: holdId }
  return { account: good, change: { accounts: [good], transfers: [transfer] } }
}

/** It is charged: typed on its machine, so its code was read. While it is spent it does not lapse. */
export function spent(account: VoucherAccount, desk: Desk): Change {
  const { account: good, change } = received(account, desk)
  const { dueAt: _over, ...rest } = good
  return allOf([change, { accounts: [rest] }])
}

/** All of it came back: the same code is good again, with a new life. */
export function restored(account: Account, desk: Desk): Change {
  if (!isVoucher(account)) return {}
  const goodUntil = desk.now + account.voucher.livesMs
  return { accounts: [{ ...account, dueAt: goodUntil, voucher: { ...account.voucher, goodUntil } }] }
}

/** By the clock. Unread it was nobody's money; else it is the centre's liability from now on. */
export function decideVoucherLapse(books: Books, command: Of<'voucherLapse'>, desk: Desk): Decision {
  const account = books.accountOf(command.subscriberHash)
  if (!isVoucher(account) || account.dueAt === undefined || account.dueAt > desk.now) {
    return { answer: noContent }
  }
  const { dueAt: _over, ...rest } = account
  if (account.voucher.state === 'announced') {
    return { answer: noContent, change: undone(account, 'expire', 'unread', desk) }
  }
  const { amountMinor } = account.voucher
  const lapsed: Account = { ...rest, voucher: { ...account.voucher, state: 'lapsed' } }
  const transfer = booked('lapse', account, move(account.id, unclaimed(account), amountMinor), desk)
  const words = 'a voucher lapsed: what it held is owed to nobody known'
  return {
    answer: noContent,
    change: { accounts: [lapsed], transfers: [transfer] },
    news: [{ reference: account.voucher.referenceCode, words }],
  }
}

/** The call ended before its code was read: it is unpaid. Not once the code was read, or typed. */
export function decideVoucherVoid(
  account: VoucherAccount,
  { key, referenceCode }: { key: string; referenceCode: string },
  known: KeyRecord,
  desk: Desk,
): Decision {
  const { voucher } = account
  if (voucher.referenceCode !== referenceCode) {
    return refused('CONCILIA.CONTRADICTION', 'The voucher of this clientCorrelator is of another call.')
  }
  const answer = jsonAnswer(200, { clientCorrelator: key, result: 'reversed' })
  if (voucher.state === 'voided') return { answer }
  if (voucher.state !== 'announced' && voucher.state !== 'unread') {
    return {
      answer: errorAnswer('CARRIER_BILLING.PAYMENT_CONFIRMED', 'Its code was read: this call is paid.'),
    }
  }
  const keys = known.voided ? [] : [{ ...known, voided: true }]
  const gone =
    voucher.state === 'announced'
      ? undone(account, 'void', 'voided', desk)
      : { accounts: [{ ...account, voucher: { ...voucher, state: 'voided' as const } }] }
  return { answer, change: allOf([gone, { keys }]) }
}

/** The promise is given back. */
function undone(
  account: VoucherAccount,
  kind: 'void' | 'expire',
  state: 'voided' | 'unread',
  desk: Desk,
): Change {
  const { dueAt: _over, ...rest } = account
  const { holdId, ...voucher } = account.voucher
  const entries = reversed(expected(account, 'held'))
  const transfer = { ...booked(kind, account, entries, desk), ...(holdId && { endsHold: holdId }) }
  return { accounts: [{ ...rest, voucher: { ...voucher, state } }], transfers: [transfer] }
}

function expected(account: VoucherAccount, layer: 'posted' | 'held'): Entry[] {
  return move(calls(account), account.id, account.voucher.amountMinor, layer)
}

const calls = ({ voucher, currency }: VoucherAccount) => callsAccountId(voucher.service, 'calls', currency)
const unclaimed = ({ currency }: Account) => centreAccountId('unclaimed', currency)

function booked(kind: TransferKind, { currency }: Account, entries: readonly Entry[], desk: Desk) {
  return freeTransfer(kind, currency, entries, desk)
}
