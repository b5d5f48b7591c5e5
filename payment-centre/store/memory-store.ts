// The store in memory: one large set of books. For tests and the simulated world; it hands a batch only the
// rows that it wants, as the database does, so that a forgotten want shows here too.
import { Books, type Change, keyName, type Rows } from '../books/books.ts'
import type { Wants } from '../books/decide.ts'
import { keepsItsKey } from '../books/idempotency.ts'
import type { Transfer } from '../books/ledger.ts'
import type { PaymentRecord } from '../books/records.ts'
import { monthOf } from '../books/usage.ts'
import { bookFaults } from './check.ts'
import type { BookCheck, CentreStore, FoundPayment, PaymentsQuery } from './port.ts'

export class MemoryStore implements CentreStore {
  readonly #books = new Books()
  readonly #transfers: Transfer[] = []

  async commitBatch<T>(wants: Wants, decide: (rows: Rows) => { result: T; change: Change }): Promise<T> {
    const { result, change } = decide(this.read(wants))
    this.write(change)
    return result
  }

  /** The second half of a batch, whole. */
  write(change: Change): void {
    this.#books.apply(change)
    this.#transfers.push(...(change.transfers ?? []))
  }

  /** The first half of a batch: the rows it wants. */
  read(wants: Wants): Rows {
    const books = this.#books
    const keys = wants.keys.flatMap(({ client, key }) => books.keys.get(keyName(client, key)) ?? [])
    const payments = new Set([
      ...wants.paymentIds.flatMap((id) => books.payments.get(id) ?? []),
      ...wants.paymentsOfKeys.flatMap(({ client, key }) => {
        return books.payments.get(books.key(client, key)?.paymentId ?? '') ?? []
      }),
      ...wants.offers.flatMap(({ seller, offerHash }) => books.paymentOfOffer(seller, offerHash) ?? []),
    ])
    const accounts = new Set([
      ...[...wants.subscriberHashes, ...wants.lookedAt].flatMap((hash) => books.accountOf(hash) ?? []),
      ...[...payments].map(({ accountId }) => books.account(accountId)),
    ])
    return {
      accounts: [...accounts].map((account) => ({ ...account, ...books.balance(account.id) })),
      payments: [...payments],
      refunds: [],
      keys,
      usage: wants.usageScopes.flatMap((scope) => books.usage.get(scope) ?? []),
      clients: wants.clients.flatMap((id) => books.clients.get(id) ?? []),
      sellers: wants.sellers.flatMap((id) => books.sellers.get(id) ?? []),
    }
  }

  async payment(client: string, paymentId: string) {
    const payment = this.#books.payments.get(paymentId)
    return payment?.client === client ? this.#found(payment) : undefined
  }

  async payments(query: PaymentsQuery) {
    const matching = [...this.#books.payments.values()].filter((payment) => matches(payment, query))
    const sign = query.order === 'asc' ? 1 : -1
    matching.sort((a, b) => sign * (a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)))
    const page = matching.slice(query.offset, query.offset + query.limit)
    return { found: page.map((payment) => this.#found(payment)), total: matching.length }
  }

  async refunds(client: string, paymentId: string) {
    const refunds = [...this.#books.refunds.values()]
    return refunds.filter((refund) => refund.client === client && refund.paymentId === paymentId)
  }

  async client(id: string) {
    return this.#books.clients.get(id)
  }

  async due(now: number, promisedBy: number, limit: number) {
    return [...this.#books.payments.values()]
      .filter(
        ({ status, dueAt }) => dueAt !== undefined && dueAt <= (status === 'reserved' ? promisedBy : now),
      )
      .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
      .slice(0, limit)
      .map(({ id }) => id)
  }

  async dueVouchers(now: number, limit: number) {
    return [...this.#books.accounts.values()]
      .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
      .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
      .slice(0, limit)
      .flatMap(({ subscriberHash }) => subscriberHash ?? [])
  }

  async balances(prefix: string) {
    return [...this.#books.balances]
      .filter(([accountId]) => accountId.startsWith(prefix))
      .map(([accountId, balance]) => ({ accountId, ...balance }))
  }

  async owed() {
    return [...this.#books.payments.values()].flatMap((payment) => {
      const { currency, owedMinor, owedSince, id, referenceCode } = payment
      if (owedSince === undefined) return []
      return [{ currency, amountMinor: owedMinor, since: owedSince, paymentId: id, referenceCode }]
    })
  }

  async newestAt() {
    const times = [...this.#books.keys.values()].map(({ createdAt }) => createdAt)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  async prune(keysBefore: number, usageBefore: number) {
    const { keys, payments, usage } = this.#books
    for (const [name, { createdAt, use, paymentId = '' }] of keys) {
      const payment = payments.get(paymentId)
      const isKept = use === 'topUp' || (payment && keepsItsKey(payment))
      if (createdAt < keysBefore && !isKept) keys.delete(name)
    }
    for (const [scope, { month }] of usage) if (month < monthOf(usageBefore)) usage.delete(scope)
  }

  async check(): Promise<BookCheck> {
    const { accounts, balances, payments } = this.#books
    const stored = [...balances].map(([accountId, balance]) => ({ accountId, ...balance }))
    const faults = bookFaults(stored, this.#transfers, [...payments.values()], [...accounts.values()])
    return { accounts: balances.size, transfers: this.#transfers.length, faults }
  }

  async close() {}

  #found(payment: PaymentRecord): FoundPayment {
    return { payment, sealedSubscriber: this.#books.account(payment.accountId).sealedSubscriber ?? '' }
  }
}

function matches(payment: PaymentRecord, query: PaymentsQuery): boolean {
  return (
    payment.client === query.client &&
    payment.createdAt >= (query.from ?? 0) &&
    payment.createdAt <= (query.to ?? Number.POSITIVE_INFINITY) &&
    (query.statuses?.includes(payment.status) ?? true) &&
    payment.seller === (query.seller ?? payment.seller) &&
    payment.key === (query.key ?? payment.key)
  )
}
