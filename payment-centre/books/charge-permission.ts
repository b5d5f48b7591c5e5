// May this payer be charged this much, for this seller, by this client, now? The client's and the seller's
// ceilings, the account's state, the caps, the buyer's code and the credit, in that order. Changes nothing.
import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Books } from './books.ts'
import { type Caps, capRefusal, exceedsCeiling, exceedsDay, type Purchase } from './caps.ts'
import type { Desk, ValidationSettings } from './commands.ts'
import { hasUsablePin, pinValidation } from './pin.ts'
import type { Account, Voucher } from './records.ts'
import { isVoucher } from './voucher.ts'

export interface Asked {
  readonly subscriberHash: string
  readonly client: string
  readonly seller: string
  readonly money: Money
  readonly charge: 'debit' | 'hold'
  /** Who signed the slip; not known of a mere question. */
  readonly automatonId?: string
  /** The client wants the buyer's PIN whatever the amount. */
  readonly proof?: 'pin' | undefined
}

export interface Permission {
  readonly account: Account
  /** Only after the buyer has returned a code that is sent to the number (ST12). */
  readonly validation?: ValidationSettings & { readonly by?: 'pin' }
}

/** Whose account may be charged, or the code that the payment is refused with. */
export function permit(books: Books, asked: Asked, desk: Desk): Permission | { readonly code: ErrorCode } {
  const { amountMinor, currency } = asked.money
  const purchase: Purchase = { ...asked, currency, at: desk.now }
  const { caps } = desk.settings
  if (!isRegistered(books, asked) || exceedsCeiling(books, purchase, amountMinor)) {
    return { code: 'PERMISSION_DENIED' }
  }
  const account = books.accountOf(asked.subscriberHash)
  if (!account) return { code: 'IDENTIFIER_NOT_FOUND' }
  if (account.barred || account.currency !== currency) return { code: 'SERVICE_NOT_APPLICABLE' }
  if (isVoucher(account)) {
    const unfit = voucherRefusal(account.voucher, asked, desk.now)
    if (unfit) return { code: unfit }
  }
  const capped = capRefusal(books, purchase, amountMinor, caps)
  if (capped) return { code: capped }
  const validation = validationOf(account, asked, desk)
  if (asked.proof === 'pin' && !validation) return { code: 'CONCILIA.NO_PIN' }
  const unvalidated =
    asked.proof === 'pin' ? 'CONCILIA.NO_PIN' : codeRefusal(books, account, purchase, amountMinor, caps)
  if (unvalidated && !validation) return { code: unvalidated }
  const promisedMinor = account.voucher?.state === 'announced' ? account.voucher.amountMinor : 0
  if (books.availableMinor(account) + promisedMinor < amountMinor)
    return { code: 'CARRIER_BILLING.PAYMENT_DENIED' }
  if (!unvalidated || !validation) return { account }
  // A charge in one step cannot wait for a code; the client may ask again for a hold, under a new key.
  return asked.charge === 'hold' ? { account, validation } : { code: 'CONCILIA.VALIDATION_WANTED' }
}

/** One purchase of exactly this price, on the one machine it was bought for. */
function voucherRefusal(voucher: Voucher, asked: Asked, now: number): ErrorCode | undefined {
  const { seller, automatonId, client, amountMinor, state, goodUntil } = voucher
  const isItsMachine = asked.automatonId === undefined || asked.automatonId === automatonId
  const isGood = (state === 'good' || state === 'announced') && goodUntil > now
  if (!isGood || !isItsMachine || asked.seller !== seller || asked.client !== client) {
    return 'SERVICE_NOT_APPLICABLE'
  }
  return asked.money.amountMinor === amountMinor ? undefined : 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT'
}

/** A PIN that can be used is asked for; else a code is sent, where that is proof enough. */
function validationOf(account: Account, { proof }: Asked, desk: Desk): Permission['validation'] {
  if (hasUsablePin(account, desk.now)) return { ...pinValidation, by: 'pin' }
  return proof === 'pin' ? undefined : desk.settings.validation
}

function isRegistered(books: Books, { client, seller }: Asked): boolean {
  return books.sellers.has(seller) && (books.clients.get(client)?.sellers.includes(seller) ?? false)
}

/** What a purchase that needs the buyer's code is refused with by a centre that can send none. */
function codeRefusal(
  books: Books,
  { validateAboveMinor }: Account,
  purchase: Purchase,
  amountMinor: number,
  caps: Caps,
): ErrorCode | undefined {
  if (amountMinor > (validateAboveMinor ?? Number.POSITIVE_INFINITY)) {
    return 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT'
  }
  const overDay = exceedsDay(books, purchase, amountMinor, caps)
  return overDay ? 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED' : undefined
}
