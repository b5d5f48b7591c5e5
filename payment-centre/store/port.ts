// The store port: coarse on purpose. One call loads and locks the rows a batch wants, lets the core decide,
// and writes everything in one commit; besides that a few reads. The contract suite (contract.ts) runs on
// every implementation.

import type { PaymentStatus } from '@concilia/protocol/carrier-billing.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import type { Change, Rows } from '../books/books.ts'
import type { Wants } from '../books/decide.ts'
import type { Balance } from '../books/ledger.ts'
import type { Client, PaymentRecord, RefundRecord } from '../books/records.ts'

export interface PaymentsQuery {
  readonly client: string
  readonly from?: number
  readonly to?: number
  readonly statuses?: readonly PaymentStatus[]
  readonly seller?: string
  readonly key?: string
  readonly order: 'asc' | 'desc'
  readonly offset: number
  readonly limit: number
}

export interface FoundPayment {
  readonly payment: PaymentRecord
  /** The buyer, encrypted. */
  readonly sealedSubscriber: string
}

export interface Owed {
  readonly currency: Currency
  readonly amountMinor: number
  readonly since: number
  readonly paymentId: string
  readonly referenceCode: string
}

/** What recomputing the books from their entries shows. `faults` is empty when they are right. */
export interface BookCheck {
  readonly accounts: number
  readonly transfers: number
  readonly faults: readonly string[]
}

export interface CentreStore {
  /**
   * One database transaction. `decide` may be called again when the batch is repeated, so it must be pure.
   * @throws OperatingError; with `retry` when the same batch may be committed later
   */
  commitBatch<T>(wants: Wants, decide: (rows: Rows) => { result: T; change: Change }): Promise<T>
  payment(client: string, paymentId: string): Promise<FoundPayment | undefined>
  payments(query: PaymentsQuery): Promise<{ found: readonly FoundPayment[]; total: number }>
  /** Oldest first. */
  refunds(client: string, paymentId: string): Promise<readonly RefundRecord[]>
  client(id: string): Promise<Client | undefined>
  /**
   * Payments whose wait for a code was over by `now`, and holds whose promise was by `promisedBy`, the
   * longest overdue first.
   */
  due(now: number, promisedBy: number, limit: number): Promise<readonly string[]>
  /** Subscriber hashes of vouchers whose time is over, the longest overdue first. */
  dueVouchers(now: number, limit: number): Promise<readonly string[]>
  /** Balances of operators' and the centre's accounts whose id begins like this. */
  balances(prefix: string): Promise<readonly (Balance & { readonly accountId: string })[]>
  owed(): Promise<readonly Owed[]>
  /** When the newest key was made; undefined when there is none. */
  newestAt(): Promise<number | undefined>
  /**
   * Forgets keys made before and counts that ended before these moments; not the keys of top-ups, nor those
   * whose payment can still be voided.
   */
  prune(keysBefore: number, usageBefore: number): Promise<void>
  check(): Promise<BookCheck>
  close(): Promise<void>
}
