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

type Whose = 'buyer' | 'client' | 'seller'

function scopeOf(whose: Whose, id: string, currency: Currency, stretch: Stretch): string {
  return `${whose}:${id}:${currency}:${stretch.name}`
}

export interface Purchase {
  /** Not the account: closing one and opening another does not begin a new day. */
  readonly subscriberHash: string
  readonly client: string
  readonly seller: string
  readonly currency: Currency
  readonly at: number
}

function stretches({ subscriberHash, client, seller, currency, at }: Purchase) {
  const counted = (whose: Whose, id: string, stretch: Stretch) => ({
    scope: scopeOf(whose, id, currency, stretch),
    until: stretch.until,
  })
  return {
    hour: counted('buyer', subscriberHash, hourOf(at)),
    day: counted('buyer', subscriberHash, dayOf(at)),
    month: counted('buyer', subscriberHash, monthOf(at)),
    client: counted('client', client, dayOf(at)),
    seller: counted('seller', seller, dayOf(at)),
  }
}

/** What a client's calls buy in a UTC day. Undone is not taken off: it limits what a client can make. */
export function voucherUsage(client: string, currency: Currency, at: number, amountMinor: number): Usage {
  const { name, until } = dayOf(at)
  return { scope: `vouchers:${client}:${currency}:${name}`, count: 1, amountMinor, until }
}

/** Every scope that a purchase is counted in; what a batch must load before it decides. */
export function scopesOf(purchase: Purchase): string[] {
  return Object.values(stretches(purchase)).map(({ scope }) => scope)
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
  const { day, ...others } = stretches({ subscriberHash, client, seller, currency, at: createdAt })
  const counted = validation ? Object.values(others) : [day, ...Object.values(others)]
  return counted.map((where) => ({ ...where, count, amountMinor }))
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
  const { hour, month } = stretches(purchase)
  const reached =
    books.used(hour.scope).count >= caps.purchasesPerHour ||
    books.used(month.scope).amountMinor + amountMinor > cap.monthMinor
  return reached ? 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED' : undefined
}

/** More than the day allows without the buyer's code. */
export function exceedsDay(books: Books, purchase: Purchase, amountMinor: number, caps: Caps): boolean {
  const { day } = stretches(purchase)
  return books.used(day.scope).amountMinor + amountMinor > (caps.currencies[purchase.currency]?.dayMinor ?? 0)
}

/** Whether the client's and the seller's registration leave no room for this amount. */
export function exceedsCeiling(books: Books, purchase: Purchase, amountMinor: number): boolean {
  const client = books.clients.get(purchase.client)
  const seller = books.sellers.get(purchase.seller)
  const used = stretches(purchase)
  return (
    amountMinor > (client?.purchaseCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    books.used(used.client.scope).amountMinor + amountMinor >
      (client?.dayCeilingMinor ?? Number.POSITIVE_INFINITY) ||
    books.used(used.seller.scope).amountMinor + amountMinor >
      (seller?.dayCeilingMinor ?? Number.POSITIVE_INFINITY)
  )
}
