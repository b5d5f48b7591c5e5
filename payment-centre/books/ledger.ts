// Double entry. A transfer is a set of entries that sums to zero in each layer; nothing is ever edited,
// corrections are new transfers. Two layers: `posted` is money, `held` is money promised. A hold lives in
// `held` alone until it is posted, voided or expired, exactly once. Signs are the centre's liabilities: what
// a party is owed is positive.
import type { Currency } from '@concilia/protocol/money.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import type { Desk } from './commands.ts'
import { invariant } from './invariant.ts'

export type Layer = 'posted' | 'held'

export interface Entry {
  readonly accountId: string
  readonly layer: Layer
  readonly amountMinor: number
}

export const transferKinds = [
  'topUp', // float to buyer
  'payout', // what a closed account had left: buyer to float
  'debit', // buyer to unsettled, in one step
  'hold', // the same, in the layer of promises
  'post', // a hold becomes money
  'void', // a hold given back
  'expire', // a hold whose time is over
  'deliver', // unsettled to payable, on the automaton's signed word
  'dispute', // unsettled or payable to disputed: the operator bears what follows
  'refund', // back to the buyer, or to `owed` when the account is closed
  'learn', // disputed to sales: it was delivered after all
  'lapse', // a voucher, or a call whose voucher had lapsed, to `unclaimed`
  'restore', // the centre bears a charge it promised, lost from its books and cannot take from the buyer
] as const
export type TransferKind = (typeof transferKinds)[number]

export interface Transfer {
  readonly id: string
  readonly kind: TransferKind
  readonly currency: Currency
  readonly at: number
  readonly paymentId?: string
  /** The hold that this transfer ends; no two transfers end the same one. */
  readonly endsHold?: string
  readonly entries: readonly Entry[]
}

export interface Balance {
  readonly postedMinor: number
  /** Negative where money is reserved, positive where it is expected. */
  readonly heldMinor: number
}
export const emptyBalance: Balance = { postedMinor: 0, heldMinor: 0 }

export const operatorAccounts = ['unsettled', 'payable', 'sales', 'disputed'] as const
export type OperatorAccount = (typeof operatorAccounts)[number]

/** The operator's account of that name and currency. */
export function operatorAccountId(seller: string, name: OperatorAccount, currency: Currency): string {
  return `operator:${seller}:${name}:${currency}`
}

/**
 * `float`: money received and not paid out. `owed`: what buyers cannot be given. `borne`: the centre's own
 * loss. `unclaimed`: what vouchers held that lapsed unused.
 */
export function centreAccountId(name: 'float' | 'owed' | 'borne' | 'unclaimed', currency: Currency): string {
  return `centre:${name}:${currency}`
}

/**
 * Of one number that buyers call. `calls`: what its carrier owes for calls (negative: it is owed to the
 * centre). `revenue`: what of them is not the sellers'.
 */
export function callsAccountId(service: string, name: 'calls' | 'revenue', currency: Currency): string {
  return `centre:voice:${service}:${name}:${currency}`
}

/** A transfer that belongs to no payment. */
export function freeTransfer(
  kind: TransferKind,
  currency: Currency,
  entries: readonly Entry[],
  desk: Pick<Desk, 'random' | 'now'>,
): Transfer {
  return { id: uuidFrom(desk.random), kind, currency, at: desk.now, entries }
}

/** Moves an amount within a layer. */
export function move(from: string, to: string, amountMinor: number, layer: Layer = 'posted'): Entry[] {
  invariant(Number.isSafeInteger(amountMinor) && amountMinor > 0, 'an entry moves a positive whole amount')
  return [
    { accountId: from, layer, amountMinor: -amountMinor },
    { accountId: to, layer, amountMinor },
  ]
}

/** What goes from one account to another. */
export interface Move {
  readonly fromAccount: string
  readonly toAccount: string
  readonly layer: Layer
  readonly amountMinor: number
}

/** The moves that these entries were made of, by {@link move}: each two that follow each other are one. */
export function movesOf(entries: readonly Entry[]): Move[] {
  return entries.flatMap((one, index) => {
    if (index % 2 === 1) return []
    const other = entries[index + 1]
    invariant(
      other?.layer === one.layer && other.amountMinor === -one.amountMinor,
      'entries come in pairs that sum to zero',
    )
    const [from, to] = one.amountMinor < 0 ? [one, other] : [other, one]
    const { layer, amountMinor } = to
    return [{ fromAccount: from.accountId, toAccount: to.accountId, layer, amountMinor }]
  })
}

/** The same amounts with the other sign: how a hold leaves the layer of promises. */
export function reversed(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, amountMinor: -entry.amountMinor }))
}

/** What the entries add up to, layer by layer; zero and zero for every transfer. */
export function sumOf(entries: readonly Entry[]): Balance {
  return entries.reduce(added, emptyBalance)
}

export function added(balance: Balance, { layer, amountMinor }: Entry): Balance {
  return layer === 'posted'
    ? { ...balance, postedMinor: balance.postedMinor + amountMinor }
    : { ...balance, heldMinor: balance.heldMinor + amountMinor }
}
