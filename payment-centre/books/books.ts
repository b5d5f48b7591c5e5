// The working set of a batch: the rows it has loaded, on which its decisions are taken one after the other,
// each seeing what the ones before it changed. `apply` is the only way in; the store in memory is nothing but
// a large one of these.

import { invariant } from './invariant.ts'
import { added, type Balance, emptyBalance, sumOf, type Transfer } from './ledger.ts'
import type { Account, Client, KeyRecord, PaymentRecord, RefundRecord, Seller, Usage } from './records.ts'
import { counted, usedAt } from './usage.ts'

/**
 * What one decision writes. Balances are not in it: they follow from the transfers' entries, and from nothing
 * else.
 */
export interface Change {
  readonly accounts?: readonly Account[]
  readonly transfers?: readonly Transfer[]
  readonly payments?: readonly PaymentRecord[]
  readonly refunds?: readonly RefundRecord[]
  readonly keys?: readonly KeyRecord[]
  /** Added to what is there. */
  readonly usage?: readonly Usage[]
  readonly clients?: readonly Client[]
  readonly sellers?: readonly Seller[]
}

/** One change that does what these do, in their order. */
export function allOf(changes: readonly (Change | undefined)[]): Change {
  const all: { -readonly [Table in keyof Change]: unknown[] } = {}
  for (const change of changes) {
    for (const table in change) {
      const name = table as keyof Change
      const rows = all[name]
      if (rows) rows.push(...(change[name] ?? []))
      else all[name] = [...(change[name] ?? [])]
    }
  }
  return all as Change
}

export interface Rows {
  readonly accounts: readonly (Account & Balance)[]
  readonly payments: readonly PaymentRecord[]
  readonly refunds: readonly RefundRecord[]
  readonly keys: readonly KeyRecord[]
  readonly usage: readonly Usage[]
  readonly clients: readonly Client[]
  readonly sellers: readonly Seller[]
}

export class Books {
  readonly accounts = new Map<string, Account>()
  readonly balances = new Map<string, Balance>()
  readonly payments = new Map<string, PaymentRecord>()
  readonly refunds = new Map<string, RefundRecord>()
  readonly keys = new Map<string, KeyRecord>()
  readonly usage = new Map<string, Usage>()
  readonly clients = new Map<string, Client>()
  readonly sellers = new Map<string, Seller>()
  readonly #accountOfSubscriber = new Map<string, string>()
  readonly #paymentOfOffer = new Map<string, string>()

  static of({ accounts, ...rows }: Rows): Books {
    const books = new Books()
    for (const { postedMinor, heldMinor, ...account } of accounts) {
      books.balances.set(account.id, { postedMinor, heldMinor })
      books.#setAccount(account)
    }
    books.apply(rows)
    return books
  }

  apply(change: Change): void {
    for (const account of change.accounts ?? []) this.#setAccount(account)
    for (const transfer of change.transfers ?? []) this.#post(transfer)
    for (const payment of change.payments ?? []) this.#setPayment(payment)
    for (const refund of change.refunds ?? []) this.refunds.set(refund.id, refund)
    for (const key of change.keys ?? []) this.keys.set(keyName(key.client, key.key), key)
    for (const more of change.usage ?? []) {
      this.usage.set(more.scope, counted(this.usage.get(more.scope), more))
    }
    for (const client of change.clients ?? []) this.clients.set(client.id, client)
    for (const seller of change.sellers ?? []) this.sellers.set(seller.id, seller)
  }

  accountOf(subscriberHash: string): Account | undefined {
    return this.accounts.get(this.#accountOfSubscriber.get(subscriberHash) ?? '')
  }

  account(id: string): Account {
    const account = this.accounts.get(id)
    invariant(account !== undefined, `account ${id} is not loaded`)
    return account
  }

  balance(accountId: string): Balance {
    return this.balances.get(accountId) ?? emptyBalance
  }

  /** What may still be spent: holds count from the moment they are made. */
  availableMinor(account: Account): number {
    const { postedMinor, heldMinor } = this.balance(account.id)
    return postedMinor + Math.min(heldMinor, 0) + account.ceilingMinor
  }

  key(client: string, key: string): KeyRecord | undefined {
    return this.keys.get(keyName(client, key))
  }

  /** The one payment that keeps this offer from being charged again. */
  paymentOfOffer(seller: string, offerHash: string): PaymentRecord | undefined {
    return this.payments.get(this.#paymentOfOffer.get(`${seller} ${offerHash}`) ?? '')
  }

  /** What of this scope counts at this time. */
  used(scope: string, at: number): ReturnType<typeof usedAt> {
    return usedAt(this.usage.get(scope), at)
  }

  #setAccount(account: Account): void {
    this.accounts.set(account.id, account)
    if (account.subscriberHash === undefined) return
    const current = this.#accountOfSubscriber.get(account.subscriberHash)
    if (!account.closed) this.#accountOfSubscriber.set(account.subscriberHash, account.id)
    else if (current === account.id) this.#accountOfSubscriber.delete(account.subscriberHash)
  }

  #post(transfer: Transfer): void {
    const { postedMinor, heldMinor } = sumOf(transfer.entries)
    invariant(postedMinor === 0 && heldMinor === 0, `transfer ${transfer.id} does not sum to zero`)
    for (const entry of transfer.entries) {
      this.balances.set(entry.accountId, added(this.balance(entry.accountId), entry))
    }
    for (const { accountId } of transfer.entries) {
      const account = this.accounts.get(accountId)
      invariant(!account || account.currency === transfer.currency, `account ${accountId}: wrong currency`)
      const buyer = account?.kind === 'prepaid' || account?.kind === 'postpaid'
      invariant(!buyer || this.availableMinor(account) >= 0, `account ${accountId} would be overdrawn`)
    }
  }

  #setPayment(payment: PaymentRecord): void {
    this.payments.set(payment.id, payment)
    const offer = `${payment.seller} ${payment.offerHash}`
    if (payment.live) this.#paymentOfOffer.set(offer, payment.id)
    else if (this.#paymentOfOffer.get(offer) === payment.id) this.#paymentOfOffer.delete(offer)
  }
}

export function keyName(client: string, key: string): string {
  return `${client} ${key}`
}
