// How often and how much: caps per subscriber, ceilings per client and seller. Counted per clock hour, UTC
// day and UTC month; a purchase that was undone is counted no longer, because a jammed machine must not use
// up a buyer's day.
import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import type { Currency, Money } from '@concilia/protocol/money.ts'
import type { Books } from './books.ts'
import type { PaymentRecord, Usage } from './records.ts'
import { stretchesOf } from './usage.ts'

export interface Caps {
  readonly purchasesPerHour: number
  /** A currency that is not here is not served. */
  readonly currencies: { readonly [Name in Currency]?: CurrencyCaps | undefined }
}

export interface CurrencyCaps {
  readonly purchaseMinor: number
  /** Without a code sent to the buyer by the centre (ST12). */
  readonly dayMinor: number
  readonly monthMinor: number
}

export interface Purchase {
  /** Not the account: closing one and opening another does not begin a new day. */
  readonly subscriberHash: string
  readonly client: string
  readonly seller: string
  readonly currency: Currency
  readonly at: number
}

const scopes = {
  buyer: ({ subscriberHash, currency }: Purchase) => `buyer:${subscriberHash}:${currency}`,
  client: ({ client, currency }: Purchase) => `client:${client}:${currency}`,
  seller: ({ seller, currency }: Purchase) => `seller:${seller}:${currency}`,
}

/** What a client's calls buy. Undone is not taken off: it limits what a client can make. */
export function voucherUsage(client: string, { amountMinor, currency }: Money, at: number): Usage {
  const scope = voucherScope(client, currency)
  return { scope, ...stretchesOf(at), count: 1, dayMinor: amountMinor, monthMinor: amountMinor }
}

export function voucherScope(client: string, currency: Currency): string {
  return `vouchers:${client}:${currency}`
}

/** Every scope that a purchase is counted in; what a batch must load before it decides. */
export function scopesOf(purchase: Purchase): string[] {
  return Object.values(scopes).map((scopeOf) => scopeOf(purchase))
}

/**
 * What a purchase adds to its scopes, or what undoing it takes away again.
 * @param count 1 when it is made, 0 when a part of it is undone, -1 when all of it is
 * @param amountMinor negative when undone
 */
export function usageOf(
  { client, seller, currency, createdAt, validation }: PaymentRecord,
  subscriberHash: string,
  count: 1 | 0 | -1,
  amountMinor: number,
): Usage[] {
  const purchase = { subscriberHash, client, seller, currency, at: createdAt }
  const all = { ...stretchesOf(createdAt), count, dayMinor: amountMinor, monthMinor: amountMinor }
  return [
    { scope: scopes.buyer(purchase), ...all, dayMinor: validation ? 0 : amountMinor },
    { scope: scopes.client(purchase), ...all },
    { scope: scopes.seller(purchase), ...all },
  ]
}

/**
 * Why nobody may buy this now whatever is on the account. The day's cap is apart, because a code lifts it.
 */
export function capRefusal(
  books: Books,
  purchase: Purchase,
  amountMinor: number,
  caps: Caps,
): ErrorCode | undefined {
  const cap = caps.currencies[purchase.currency]
  if (!cap) return 'SERVICE_NOT_APPLICABLE'
  if (amountMinor > cap.purchaseMinor) return 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT'
  const reached =
    used(books, 'buyer', purchase).count >= caps.purchasesPerHour ||
    used(books, 'buyer', purchase).monthMinor + amountMinor > cap.monthMinor
  return reached ? 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED' : undefined
}

/** More than the day allows without the buyer's code. */
export function exceedsDay(books: Books, purchase: Purchase, amountMinor: number, caps: Caps): boolean {
  const dayMinor = caps.currencies[purchase.currency]?.dayMinor ?? 0
  return used(books, 'buyer', purchase).dayMinor + amountMinor > dayMinor
}

/** Whether the client's and the seller's registration leave no room for this amount. */
export function exceedsCeiling(books: Books, purchase: Purchase, amountMinor: number): boolean {
  const client = books.clients.get(purchase.client)
  const seller = books.sellers.get(purchase.seller)
  return (
    amountMinor > (client?.purchaseCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    used(books, 'client', purchase).dayMinor + amountMinor >
      (client?.dayCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    used(books, 'seller', purchase).dayMinor + amountMinor >
      (seller?.dayCeilingMinor ?? Number.POSITIVE_INFINITY)
  )
}

function used(books: Books, whose: keyof typeof scopes, purchase: Purchase) {
  return books.used(scopes[whose](purchase), purchase.at)
}
