// What the operator of the centre does with accounts and registrations, through the same books, locks and
// rules as a payment. Answers are for the command line (main.ts), so their words are for a person at a
// terminal.
import { voucherRealm } from '@concilia/protocol/carrier-billing.ts'
import { priceText } from '@concilia/protocol/money.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { maskedSubscriber } from '@concilia/protocol/subscriber.ts'
import { jsonAnswer, refused } from './answers.ts'
import type { Books, Change } from './books.ts'
import type { AccountCommand, Decision, Desk } from './commands.ts'
import { centreAccountId, move, type Transfer, type TransferKind } from './ledger.ts'
import { hasUsablePin } from './pin.ts'
import type { Account, KeyRecord } from './records.ts'
import { isVoucher } from './voucher.ts'

type Of<Kind extends AccountCommand['kind']> = Extract<AccountCommand, { kind: Kind }>

export function decideOpen(books: Books, command: Of<'openAccount'>, desk: Desk): Decision {
  const subscriberHash = desk.secrets.subscriberHash(command.subscriber)
  if (command.subscriber.realm === voucherRealm) return notByHand
  if (books.accountOf(subscriberHash)) {
    return refused('ALREADY_EXISTS', 'This buyer has an account already. Top it up, or show it.')
  }
  const account: Account = {
    ...command.account,
    id: `buyer:${uuidFrom(desk.random)}`,
    barred: false,
    closed: false,
    subscriberHash,
    sealedSubscriber: desk.secrets.sealSubscriber(command.subscriber),
  }
  const { balanceMinor } = command
  const transfers = balanceMinor > 0 ? [fromFloat(account, balanceMinor, desk)] : []
  return shown(books, account, { accounts: [account], transfers }, balanceMinor, desk)
}

/** In whose name the keys of top-ups are kept; no client can be called so. */
export const topUps = 'account top-up'

/** Once for each key, and these keys are never forgotten: a receipt may turn up again after years. */
export function decideTopUp(books: Books, command: Of<'topUp'>, desk: Desk): Decision {
  const { subscriberHash, money, key } = command
  const account = books.accountOf(subscriberHash)
  if (!account) return noAccount
  if (isVoucher(account)) return notByHand
  if (account.currency !== money.currency) {
    return refused('SERVICE_NOT_APPLICABLE', `This account is kept in ${account.currency}.`)
  }
  const { amountMinor, currency } = money
  const bodyHash = desk.secrets.hash(`top-up\n${subscriberHash}\n${amountMinor} ${currency}`)
  const known = books.key(topUps, key)
  if (known && known.bodyHash !== bodyHash) {
    return refused('ALREADY_EXISTS', 'This key stands for another top-up. Look at its receipt again.')
  }
  if (known) return shown(books, account, {}, 0, desk, { key, topUp: 'done before, nothing is changed' })
  const record: KeyRecord = {
    client: topUps,
    key,
    use: 'topUp',
    voided: false,
    bodyHash,
    status: 200,
    sealedAnswer: '',
    createdAt: desk.now,
  }
  const change = { transfers: [fromFloat(account, amountMinor, desk)], keys: [record] }
  return shown(books, account, change, amountMinor, desk, { key, topUp: `${priceText(money)} added` })
}

export function decideBar(books: Books, { subscriberHash, barred }: Of<'barAccount'>, desk: Desk): Decision {
  const account = books.accountOf(subscriberHash)
  if (!account) return noAccount
  const changed: Account = { ...account, barred }
  return shown(books, changed, { accounts: [changed] }, 0, desk)
}

/** What was left is paid out; what is owed to the centre, or held, must be settled first. */
export function decideClose(books: Books, { subscriberHash }: Of<'closeAccount'>, desk: Desk): Decision {
  const account = books.accountOf(subscriberHash)
  if (!account) return noAccount
  if (isVoucher(account)) return notByHand
  const { postedMinor, heldMinor } = books.balance(account.id)
  if (heldMinor !== 0)
    return refused('ALREADY_EXISTS', 'A payment is held on this account. Wait until it ends.')
  if (postedMinor < 0) return refused('ALREADY_EXISTS', 'This account is in debt. Top it up to zero first.')
  const closed: Account = { ...account, closed: true }
  const entries =
    postedMinor > 0 ? move(account.id, centreAccountId('float', account.currency), postedMinor) : []
  const transfers = entries.length > 0 ? [transfer('payout', account, entries, desk)] : []
  return shown(books, closed, { accounts: [closed], transfers }, -postedMinor, desk)
}

export function decideShow(books: Books, { subscriberHash }: Of<'showAccount'>, desk: Desk): Decision {
  const account = books.accountOf(subscriberHash)
  return account ? shown(books, account, {}, 0, desk) : noAccount
}

export function decideRegister(command: Of<'registerClient'> | Of<'registerSeller'>): Decision {
  const change: Change =
    command.kind === 'registerClient'
      ? { clients: [command.registration] }
      : { sellers: [command.registration] }
  return { answer: jsonAnswer(200, { registered: command.registration.id }), change }
}

/** What a voucher holds is what its call has bought, until it is spent or lapses. */
const notByHand: Decision = refused(
  'SERVICE_NOT_APPLICABLE',
  'This is a voucher, not an account of a buyer. It is spent at its machine, or lapses by itself.',
)
const noAccount: Decision = refused('IDENTIFIER_NOT_FOUND', 'This buyer has no account. Open one first.')

function fromFloat(account: Account, amountMinor: number, desk: Desk): Transfer {
  return transfer(
    'topUp',
    account,
    move(centreAccountId('float', account.currency), account.id, amountMinor),
    desk,
  )
}

function transfer(
  kind: TransferKind,
  { currency }: Account,
  entries: Transfer['entries'],
  desk: Desk,
): Transfer {
  return { id: uuidFrom(desk.random), kind, currency, at: desk.now, entries }
}

function pinState(account: Account, now: number): string {
  if (!account.pin) return 'none'
  return hasUsablePin(account, now) ? 'set' : 'wrong too often'
}

function shown(
  books: Books,
  account: Account,
  change: Change,
  addedMinor: number,
  desk: Desk,
  more: { readonly [Name in string]: string } = {},
): Decision {
  const { currency, kind, barred, closed, validateAboveMinor } = account
  const balance = books.balance(account.id)
  const text = (amountMinor: number) => priceText({ amountMinor, currency })
  const summary = {
    subscriber: maskedSubscriber(desk.secrets.openSubscriber(account.sealedSubscriber ?? '')),
    kind,
    balance: text(balance.postedMinor + addedMinor),
    held: text(-balance.heldMinor),
    ceiling: text(account.ceilingMinor),
    state: closed ? 'closed' : barred ? 'barred' : 'open',
    pin: pinState(account, desk.now),
    asksCodeAbove: validateAboveMinor === undefined ? 'never' : text(validateAboveMinor),
    ...more,
  }
  return { answer: jsonAnswer(200, summary), change }
}
