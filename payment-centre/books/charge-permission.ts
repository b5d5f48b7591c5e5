// May this payer be charged this much, for this seller, by this client, now? The client's and the seller's ceilings, the
// account's state, the caps, the buyer's code and the credit, in that order. Changes nothing.
import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Books } from './books.ts'
import { type Caps, capRefusal, exceedsCeiling, exceedsDay, type Purchase } from './caps.ts'
import type { Desk } from './commands.ts'
import type { Account } from './records.ts'

interface Asked {
  readonly subscriberHash: string
  readonly client: string
  readonly seller: string
  readonly money: Money
  readonly charge: 'debit' | 'hold'
}

/** The code that this payer, seller and amount would be refused with; undefined when the payment can be made. */
export function payerRefusal(books: Books, asked: Asked, desk: Desk): ErrorCode | undefined {
  const { amountMinor, currency } = asked.money
  const purchase = { ...asked, currency, at: desk.now }
  const { caps } = desk.settings
  const allowed =
    books.clients.get(asked.client)?.sellers.includes(asked.seller) && books.sellers.has(asked.seller)
  if (!allowed || exceedsCeiling(books, purchase, amountMinor)) return 'PERMISSION_DENIED'
  const account = books.accountOf(asked.subscriberHash)
  if (!account) return 'IDENTIFIER_NOT_FOUND'
  if (account.barred || account.currency !== currency) return 'SERVICE_NOT_APPLICABLE'
  const capped = capRefusal(books, purchase, amountMinor, caps)
  if (capped) return capped
  const mayAsk = asked.charge === 'hold' && desk.settings.validation !== undefined
  const unasked = mayAsk ? undefined : codeRefusal(books, account, purchase, amountMinor, caps)
  if (unasked) return unasked
  return books.availableMinor(account) < amountMinor ? 'CARRIER_BILLING.PAYMENT_DENIED' : undefined
}

/** ST12: whether the buyer must return a code for this purchase. */
export function needsCode(
  books: Books,
  account: Account,
  purchase: Purchase,
  amountMinor: number,
  caps: Caps,
): boolean {
  return codeRefusal(books, account, purchase, amountMinor, caps) !== undefined
}

/** What a purchase that needs a code is refused with where none can be asked. */
function codeRefusal(
  books: Books,
  { validateAboveMinor }: Account,
  purchase: Purchase,
  amountMinor: number,
  caps: Caps,
): ErrorCode | undefined {
  if (amountMinor > (validateAboveMinor ?? Number.POSITIVE_INFINITY))
    return 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT'
  const overDay = exceedsDay(books, purchase, amountMinor, caps)
  return overDay ? 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED' : undefined
}
