// How often and how much: caps per subscriber, ceilings per client and seller. Counted per clock hour, UTC
// day and UTC month; a purchase that was undone is counted no longer, because a jammed machine must not use
// up a buyer's day.
import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import type { Books } from './books.ts'
import type { PaymentRecord, Usage } from './records.ts'

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

const hourMs = 3_600_000
const dayMs = 24 * hourMs

interface Stretch {
  readonly name: string
  readonly until: number
}

const hourOf = (at: number): Stretch => ({
  name: `hour:${Math.floor(at / hourMs)}`,
  until: (Math.floor(at / hourMs) + 1) * hourMs,
})
const dayOf = (at: number): Stretch => ({
  name: `day:${Math.floor(at / dayMs)}`,
  until: (Math.floor(at / dayMs) + 1) * dayMs,
})
function monthOf(at: number): Stretch {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { name: `month:${year}-${month + 1}`, until: Date.UTC(year, month + 1) }
}

export interface Purchase {
  /** Not the account: closing one and opening another does not begin a new day. */
  readonly subscriberHash: string
  readonly client: string
  readonly seller: string
  readonly currency: Currency
  readonly at: number
}

type Where = Pick<Usage, 'scope' | 'until'>

/** Each worked out where it is needed: a charge asks for them many times. */
const scopes = {
  hour: ({ subscriberHash, currency, at }: Purchase) =>
    counted('buyer', subscriberHash, currency, hourOf(at)),
  day: ({ subscriberHash, currency, at }: Purchase) => counted('buyer', subscriberHash, currency, dayOf(at)),
  month: ({ subscriberHash, currency, at }: Purchase) =>
    counted('buyer', subscriberHash, currency, monthOf(at)),
  client: ({ client, currency, at }: Purchase) => counted('client', client, currency, dayOf(at)),
  seller: ({ seller, currency, at }: Purchase) => counted('seller', seller, currency, dayOf(at)),
}

function counted(
  whose: 'buyer' | 'client' | 'seller',
  id: string,
  currency: Currency,
  { name, until }: Stretch,
): Where {
  return { scope: `${whose}:${id}:${currency}:${name}`, until }
}

/** What a client's calls buy in a UTC day. Undone is not taken off: it limits what a client can make. */
export function voucherUsage(client: string, currency: Currency, at: number, amountMinor: number): Usage {
  const { name, until } = dayOf(at)
  return { scope: `vouchers:${client}:${currency}:${name}`, count: 1, amountMinor, until }
}

/** Every scope that a purchase is counted in; what a batch must load before it decides. */
export function scopesOf(purchase: Purchase): string[] {
  return Object.values(scopes).map((scopeOf) => scopeOf(purchase).scope)
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
  const { day, ...others } = scopes
  const those = validation ? Object.values(others) : [day, ...Object.values(others)]
  return those.map((scopeOf) => ({ ...scopeOf(purchase), count, amountMinor }))
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
    used(books, 'hour', purchase).count >= caps.purchasesPerHour ||
    used(books, 'month', purchase).amountMinor + amountMinor > cap.monthMinor
  return reached ? 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED' : undefined
}

/** More than the day allows without the buyer's code. */
export function exceedsDay(books: Books, purchase: Purchase, amountMinor: number, caps: Caps): boolean {
  const dayMinor = caps.currencies[purchase.currency]?.dayMinor ?? 0
  return used(books, 'day', purchase).amountMinor + amountMinor > dayMinor
}

/** Whether the client's and the seller's registration leave no room for this amount. */
export function exceedsCeiling(books: Books, purchase: Purchase, amountMinor: number): boolean {
  const client = books.clients.get(purchase.client)
  const seller = books.sellers.get(purchase.seller)
  return (
    amountMinor > (client?.purchaseCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    used(books, 'client', purchase).amountMinor + amountMinor >
      (client?.dayCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    used(books, 'seller', purchase).amountMinor + amountMinor >
      (seller?.dayCeilingMinor ?? Number.POSITIVE_INFINITY)
  )
}

function used(books: Books, where: keyof typeof scopes, purchase: Purchase) {
  return books.used(scopes[where](purchase).scope)
}
