// The store in PostgreSQL: a batch is two round trips on a lane of its own (platform/postgres-lane.ts). The
// row of the buyer's account is the lock; everything else of a batch is written under it, or fails on a
// unique index and is decided again.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type Lane, openLane } from '@concilia/platform/postgres-lane.ts'
import { rowArrays } from '@concilia/platform/row-arrays.ts'
import { currencySchema } from '@concilia/protocol/money.ts'
import { type Change, keyName, type Rows } from '../books/books.ts'
import type { Wants } from '../books/decide.ts'
import { added, type Balance, emptyBalance, movesOf, type Transfer } from '../books/ledger.ts'
import {
  type Account,
  accountSchema,
  clientSchema,
  type KeyRecord,
  type PaymentRecord,
  paymentRecordSchema,
  type RefundRecord,
  refundRecordSchema,
  sellerRecordSchema,
  type Usage,
} from '../books/records.ts'
import { counted, monthOf } from '../books/usage.ts'
import type { BookCheck, CentreStore, FoundPayment, PaymentsQuery } from './port.ts'
import { account, client, movement, payment, refund, requestKey, seller, usage } from './schema.ts'
import { prepareStatements, type Statements } from './statements.ts'

/** A store that also says what time it is in the database (epoch ms). */
export interface TimedStore extends CentreStore {
  now(): Promise<number>
}

export async function openPostgresStore(url: string): Promise<TimedStore> {
  const lane = await openLane({ url, name: 'concilia payment centre', prepare: prepareStatements })
  return new PostgresStore(lane)
}

class PostgresStore implements TimedStore {
  readonly #lane: Lane<Statements>
  /**
   * Accounts of operators and of the centre that are known to be there: none is ever deleted. Forgotten when
   * a batch fails, as the database may have come back from a backup.
   */
  readonly #houseAccounts = new Set<string>()

  constructor(lane: Lane<Statements>) {
    this.#lane = lane
  }

  async commitBatch<T>(wants: Wants, decide: (rows: Rows) => { result: T; change: Change }): Promise<T> {
    // Mere questions: one trip, and no lock that a commit would have to make durable.
    if (wants.lookedAt.length > 0 && !isDeciding(wants)) {
      const { result, change } = decide(await this.#lane.look((statements) => readWanted(statements, wants)))
      if (Object.keys(change).length === 0) return result
    }
    let opened: readonly Account[] = []
    const work = this.#lane.transact(
      (statements) => readWanted(statements, wants),
      (rows) => {
        const { result, change } = decide(rows)
        opened = houseAccounts(change.transfers ?? [], this.#houseAccounts)
        return { result, writes: (statements) => writeChange(statements, rows, change, opened) }
      },
    )
    try {
      const result = await work
      for (const { id } of opened) this.#houseAccounts.add(id)
      return result
    } catch (error) {
      this.#houseAccounts.clear()
      throw error
    }
  }

  async now(): Promise<number> {
    const [row] = await this.#lane.read(({ now }) => now.execute())
    if (!row) throw new Error('the database does not say what time it is')
    return row.now
  }

  async payment(client: string, id: string) {
    const [row] = await this.#lane.read(({ payment }) => payment.execute({ client, id }))
    return row && foundPayment(row)
  }

  async payments({ statuses, order, offset, limit, from, to, ...query }: PaymentsQuery) {
    const filter = {
      client: query.client,
      from: from ?? 0,
      to: to ?? Number.MAX_SAFE_INTEGER,
      anyStatus: statuses === undefined,
      statuses: statuses ?? [],
      seller: query.seller ?? null,
      key: query.key ?? null,
    }
    return this.#lane.read(async ({ oldestPayments, newestPayments, countPayments }) => {
      const page = order === 'asc' ? oldestPayments : newestPayments
      const [rows, [counted]] = await Promise.all([
        page.execute({ ...filter, offset, limit }),
        countPayments.execute(filter),
      ])
      return { found: rows.map(foundPayment), total: counted?.total ?? 0 }
    })
  }

  async refunds(client: string, paymentId: string) {
    const rows = await this.#lane.read(({ refunds }) => refunds.execute({ client, paymentId }))
    return rows.map(({ record }) => refundRecordSchema.parse(JSON.parse(record)))
  }

  async client(id: string) {
    const [row] = await this.#lane.read(({ client }) => client.execute({ id }))
    return row && clientSchema.parse(JSON.parse(row.record))
  }

  async due(now: number, promisedBy: number, limit: number) {
    const rows = await this.#lane.read(({ due }) => due.execute({ now, promisedBy, limit }))
    return rows.map(({ id }) => id)
  }

  async dueVouchers(now: number, limit: number) {
    const rows = await this.#lane.read(({ dueVouchers }) => dueVouchers.execute({ now, limit }))
    return rows.flatMap(({ subscriberHash }) => subscriberHash ?? [])
  }

  balances(prefix: string) {
    return this.#lane.read(({ balances }) => balances.execute({ prefix }))
  }

  async owed() {
    const rows = await this.#lane.read(({ owed }) => owed.execute())
    return rows.map(({ record }) => {
      const { currency, owedMinor, owedSince, id, referenceCode } = paymentOf(record)
      return { currency, amountMinor: owedMinor, since: owedSince ?? 0, paymentId: id, referenceCode }
    })
  }

  async newestAt() {
    const [row] = await this.#lane.read(({ newestAt }) => newestAt.execute())
    return row?.at == null ? undefined : Number(row.at)
  }

  async prune(keysBefore: number, usageBefore: number) {
    // Each for itself: sent together, one that fails would undo the other.
    await Promise.all([
      this.#lane.read(({ pruneKeys }) => pruneKeys.execute({ before: keysBefore })),
      this.#lane.read(({ pruneUsage }) => pruneUsage.execute({ month: monthOf(usageBefore) })),
    ])
  }

  check(): Promise<BookCheck> {
    return this.#lane.read(async ({ check: { size, ...checks } }) => {
      const faults = await Promise.all(Object.values(checks).map((check) => check.execute()))
      const [counted] = await size.execute()
      return {
        accounts: counted?.accounts ?? 0,
        transfers: counted?.transfers ?? 0,
        faults: faults.flat().map(({ words }) => words),
      }
    })
  }

  close() {
    return this.#lane.close()
  }
}

function isDeciding({ subscriberHashes, paymentIds, keys, offers }: Wants): boolean {
  return [subscriberHashes, paymentIds, keys, offers].some(({ length }) => length > 0)
}

async function readWanted(statements: Statements, wants: Wants): Promise<Rows> {
  const { subscriberHashes, lookedAt, paymentIds, usageScopes } = wants
  const offers = {
    offerSellers: wants.offers.map(({ seller }) => seller),
    offerHashes: wants.offers.map(({ offerHash }) => offerHash),
  }
  const ofKeys = keyArrays(wants.paymentsOfKeys)
  const locks = isDeciding(wants)
  const [locked, byId, byKey, byOffer, looked, known, used, clients, sellers] = await Promise.all([
    locks ? statements.lockAccounts.execute({ ...offers, ...ofKeys, paymentIds, subscriberHashes }) : [],
    paymentIds.length > 0 ? statements.payments.execute({ paymentIds }) : [],
    wants.paymentsOfKeys.length > 0 ? statements.paymentsOfKeys.execute(ofKeys) : [],
    wants.offers.length > 0 ? statements.paymentsOfOffers.execute(offers) : [],
    lookedAt.length > 0 ? statements.accounts.execute({ subscriberHashes: lookedAt }) : [],
    wants.keys.length > 0 ? statements.keys.execute(keyArrays(wants.keys)) : [],
    usageScopes.length > 0 ? statements.usage.execute({ scopes: usageScopes }) : [],
    wants.clients.length > 0 ? statements.clients.execute({ clients: wants.clients }) : [],
    wants.sellers.length > 0 ? statements.sellers.execute({ sellers: wants.sellers }) : [],
  ])
  const lockedIds = new Set(locked.map(idOf))
  const rows: Rows = {
    accounts: [...looked.filter(({ id }) => !lockedIds.has(id)), ...locked].map(accountOf),
    payments: [...byId, ...byKey, ...byOffer].map(({ record }) => paymentOf(record)),
    refunds: [],
    keys: known.map(keyOf),
    usage: used,
    clients: clients.map(({ record }) => clientSchema.parse(JSON.parse(record))),
    sellers: sellers.map(({ record }) => sellerRecordSchema.parse(JSON.parse(record))),
  }
  assertLocked(wants, lockedIds, rows)
  return rows
}

function keyArrays(keys: Wants['keys']) {
  return { keyClients: keys.map(({ client }) => client), keys: keys.map(({ key }) => key) }
}

/**
 * A payment that another process made between two of our reads: its key is there and it is not, or it is and
 * its buyer is not locked. A void that took it for absent would leave it standing; so all is read again.
 */
function assertLocked(
  { paymentsOfKeys }: Wants,
  locked: ReadonlySet<string>,
  { payments, keys }: Rows,
): void {
  const loaded = new Set(payments.map(({ id }) => id))
  const wanted = new Set(paymentsOfKeys.map(({ client, key }) => keyName(client, key)))
  const isWhole = keys.every(({ client, key, use, paymentId }) => {
    const isWanted = use === 'charge' && wanted.has(keyName(client, key))
    return !isWanted || paymentId === undefined || loaded.has(paymentId)
  })
  if (isWhole && payments.every(({ accountId }) => locked.has(accountId))) return
  throw new OperatingError({
    code: 'database-busy',
    message: 'A payment was made while its rows were being read.',
    advice: 'The batch is repeated by itself.',
    retry: true,
  })
}

/**
 * Sends what there is to write, one statement a table, in an order that each can rely on. Balances come last:
 * a foreign key locks the row of its account, which costs more once we have written that row.
 * @param opened accounts that have to be there for the change's transfers
 */
function writeChange(
  statements: Statements,
  rows: Rows,
  change: Change,
  opened: readonly Account[],
): Promise<unknown>[] {
  return [
    ...ledgerWrites(statements, change, opened),
    ...paymentWrites(statements, rows, change),
    ...keyWrites(statements, rows, change),
    ...sending(usageChanges(change.usage ?? []), (items) =>
      statements.addUsage.execute(rowArrays(usage, items)),
    ),
    ...sending(change.clients ?? [], (items) =>
      statements.saveClients.execute(rowArrays(client, items.map(registration))),
    ),
    ...sending(change.sellers ?? [], (items) =>
      statements.saveSellers.execute(rowArrays(seller, items.map(registration))),
    ),
    ...sending(balanceChanges(change.transfers ?? []), (items) =>
      statements.moveBalances.execute({
        ids: items.map(({ id }) => id),
        posted: items.map(({ posted }) => posted),
        held: items.map(({ held }) => held),
      }),
    ),
  ]
}

function sending<Row>(items: readonly Row[], send: (items: readonly Row[]) => Promise<unknown>) {
  return items.length > 0 ? [send(items)] : []
}

function ledgerWrites(
  statements: Statements,
  { accounts = [], transfers = [] }: Change,
  opened: readonly Account[],
): Promise<unknown>[] {
  return [
    ...sending(latest(accounts, idOf), (items) =>
      statements.saveAccounts.execute(rowArrays(account, items.map(accountRow))),
    ),
    ...sending(opened, (items) =>
      statements.ensureAccounts.execute(rowArrays(account, items.map(accountRow))),
    ),
    ...sending(transfers.flatMap(movementRows), (items) =>
      statements.addMovements.execute(rowArrays(movement, items)),
    ),
  ]
}

/** Changed ones before new ones: an offer given free by a void may be charged again in the same batch. */
function paymentWrites(statements: Statements, rows: Rows, change: Change): Promise<unknown>[] {
  const known = new Set(rows.payments.map(idOf))
  const payments = latest(change.payments ?? [], idOf)
  return [
    ...sending(
      payments.filter(({ id }) => known.has(id)),
      (items) => statements.changePayments.execute(rowArrays(payment, items.map(paymentRow))),
    ),
    ...sending(
      payments.filter(({ id }) => !known.has(id)),
      (items) => statements.addPayments.execute(rowArrays(payment, items.map(paymentRow))),
    ),
    ...sending(change.refunds ?? [], (items) =>
      statements.addRefunds.execute(rowArrays(refund, items.map(refundRow))),
    ),
  ]
}

/** A known key changes in one way only: it is voided. */
function keyWrites(statements: Statements, rows: Rows, change: Change): Promise<unknown>[] {
  const known = new Set(rows.keys.map(keyNameOf))
  const keys = latest(change.keys ?? [], keyNameOf)
  return [
    ...sending(
      keys.filter((key) => !known.has(keyNameOf(key))),
      (items) => statements.addKeys.execute(rowArrays(requestKey, items)),
    ),
    ...sending(
      keys.filter((key) => known.has(keyNameOf(key)) && key.voided),
      (items) => statements.voidKeys.execute(keyArrays(items)),
    ),
  ]
}

function movementRows({ id, kind, currency, at, paymentId, endsHold, entries }: Transfer) {
  return movesOf(entries).map((move, position) => ({
    ...{ transferId: id, position, kind, currency, at, paymentId, ...move },
    endsHold: position === 0 ? endsHold : undefined,
  }))
}

/** One row an account, in the order of their ids. */
function balanceChanges(transfers: readonly Transfer[]) {
  const balances = new Map<string, Balance>()
  for (const item of transfers.flatMap(({ entries }) => entries)) {
    balances.set(item.accountId, added(balances.get(item.accountId) ?? emptyBalance, item))
  }
  return [...balances]
    .map(([id, { postedMinor, heldMinor }]) => ({ id, posted: postedMinor, held: heldMinor }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Those that are not known to be there. */
function houseAccounts(transfers: readonly Transfer[], known: ReadonlySet<string>): Account[] {
  const ids = new Set(transfers.flatMap(({ entries }) => entries.map(({ accountId }) => accountId)))
  return [...ids.difference(known)].sort().flatMap((id) => {
    const kind = id.split(':')[0]
    if (kind !== 'operator' && kind !== 'centre') return []
    const currency = currencySchema.parse(id.split(':').at(-1))
    return [{ id, kind, currency, ceilingMinor: 0, barred: false, closed: false }]
  })
}

/** One row a scope, in their order. */
function usageChanges(changes: readonly Usage[]): Usage[] {
  const all = new Map<string, Usage>()
  for (const change of changes) all.set(change.scope, counted(all.get(change.scope), change))
  return [...all.values()].sort((one, other) => (one.scope < other.scope ? -1 : 1))
}

function latest<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [nameOf(row), row])).values()]
}

const idOf = ({ id }: { readonly id: string }) => id
const keyNameOf = ({ client, key }: KeyRecord) => keyName(client, key)
const accountRow = ({ voucher, ...item }: Account) => ({
  ...item,
  ...(voucher && { voucher: JSON.stringify(voucher) }),
  postedMinor: 0,
  heldMinor: 0,
})
const paymentRow = (item: PaymentRecord) => ({ ...item, record: JSON.stringify(item) })
const refundRow = (item: RefundRecord) => ({ ...item, record: JSON.stringify(item) })
const registration = (item: { id: string }) => ({ id: item.id, record: JSON.stringify(item) })

function paymentOf(record: string): PaymentRecord {
  return paymentRecordSchema.parse(JSON.parse(record))
}

function foundPayment(row: { record: string; sealedSubscriber: string | null }): FoundPayment {
  return { payment: paymentOf(row.record), sealedSubscriber: row.sealedSubscriber ?? '' }
}

function accountOf(found: typeof account.$inferSelect): Account & Balance {
  const { postedMinor, heldMinor, voucher, ...row } = found
  const whole = { ...withoutNulls(row), ...(voucher !== null && { voucher: JSON.parse(voucher) }) }
  return { ...accountSchema.parse(whole), postedMinor, heldMinor }
}

function keyOf({ paymentId, ...row }: typeof requestKey.$inferSelect): KeyRecord {
  return paymentId === null ? row : { ...row, paymentId }
}

function withoutNulls(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
