// The statements of the PostgreSQL store, prepared once for each connection. A batch of any size is one
// statement a table: its rows travel as arrays, so the statement's own text never changes.
import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  type NodePgDatabase,
  type PgColumn,
  type PgTable,
  type SQL,
  sql,
} from '@concilia/platform/drizzle.ts'
import type { Sendable } from '@concilia/platform/prepared-statement.ts'
import { arrayed } from '@concilia/platform/row-arrays.ts'
import { account, client, movement, payment, refund, requestKey, seller, usage } from './schema.ts'

const texts = (name: string) => sql`${sql.placeholder(name)}::text[]`
const longs = (name: string) => sql`${sql.placeholder(name)}::bigint[]`
const anyOf = (name: string) => sql`any(${texts(name)})`
const pairs = (left: string, right: string) => sql`(select * from unnest(${texts(left)}, ${texts(right)}))`

function rowsFrom(table: PgTable) {
  return sql`select * from ${arrayed(table)}`
}

/** These columns, taken from the row that was offered. */
function offered(table: PgTable, names: readonly string[]) {
  const columns = Object.entries(getTableColumns(table)).filter(([name]) => names.includes(name))
  return Object.fromEntries(columns.map(([name, column]) => [name, sql.raw(`excluded."${column.name}"`)]))
}

const offeredOf = (column: PgColumn) => sql.raw(`excluded."${column.name}"`)
/** As `counted` of books/usage.ts says. */
const later = (stretch: PgColumn) => sql`greatest(${stretch}, ${offeredOf(stretch)})`
const together = (stretch: PgColumn, sum: PgColumn) => sql`
  case when ${stretch} < ${offeredOf(stretch)} then 0 else ${sum} end
  + case when ${offeredOf(stretch)} < ${stretch} then 0 else ${offeredOf(sum)} end`

/**
 * The three ways to the payments that a batch is about: by id, by key, or because they keep an offer from
 * being charged again. Each is a look-up in an index of its own; said with `or` they would be one walk over
 * all payments.
 */
const payments = {
  byId: sql`payment where id = ${anyOf('paymentIds')}`,
  byKey: sql`unnest(${texts('keyClients')}, ${texts('keys')})
    as wanted(client, key) join payment using (client, key)`,
  byOffer: sql`unnest(${texts('offerSellers')}, ${texts('offerHashes')})
    as wanted(seller, offer_hash) join payment using (seller, offer_hash) where live`,
}

const records = (db: NodePgDatabase, where: SQL) => db.select({ record: sql<string>`record` }).from(where)

function batchReads(db: NodePgDatabase) {
  return {
    now: db
      .select({
        now: sql`floor(extract(epoch from clock_timestamp()) * 1000)`.mapWith(Number),
      })
      .from(sql`(values (1)) as asked`)
      .prepare('now'),
    /**
     * First, and in the order of their ids: whoever holds the buyer's account row decides about its payments.
     * The ids as an array, because as a subquery they would be sorted, once more for each part, to find those
     * named twice.
     */
    lockAccounts: db
      .select()
      .from(account)
      .where(
        sql`${account.id} = any(array(
          select id from account where subscriber_hash = ${anyOf('subscriberHashes')} and not closed
          union all select account_id from ${payments.byId}
          union all select account_id from ${payments.byKey}
          union all select account_id from ${payments.byOffer}
        ))`,
      )
      .orderBy(account.id)
      .for('update')
      .prepare('lock_accounts'),
    /** Of buyers who are only looked at. */
    accounts: db
      .select()
      .from(account)
      .where(sql`${account.subscriberHash} = ${anyOf('subscriberHashes')} and not ${account.closed}`)
      .prepare('accounts'),
    payments: records(db, payments.byId).prepare('payments'),
    paymentsOfKeys: records(db, payments.byKey).prepare('payments_of_keys'),
    paymentsOfOffers: records(db, payments.byOffer).prepare('payments_of_offers'),
    keys: db
      .select()
      .from(requestKey)
      .where(sql`(${requestKey.client}, ${requestKey.key}) in ${pairs('keyClients', 'keys')}`)
      .prepare('keys'),
    usage: db
      .select()
      .from(usage)
      .where(sql`${usage.scope} = ${anyOf('scopes')}`)
      .prepare('usage'),
    clients: db
      .select({ record: client.record })
      .from(client)
      .where(sql`${client.id} = ${anyOf('clients')}`)
      .prepare('clients'),
    sellers: db
      .select({ record: seller.record })
      .from(seller)
      .where(sql`${seller.id} = ${anyOf('sellers')}`)
      .prepare('sellers'),
  }
}

const attributes = [
  'ceilingMinor',
  'barred',
  'closed',
  'validateAboveMinor',
  'sealedSubscriber',
  'voucher',
  'dueAt',
  'pin',
]

function batchWrites(db: NodePgDatabase) {
  const record = { record: sql.raw('excluded.record') }
  return {
    saveAccounts: db
      .insert(account)
      .select(rowsFrom(account))
      .onConflictDoUpdate({ target: account.id, set: offered(account, attributes) })
      .prepare('save_accounts'),
    /** Accounts of operators and of the centre come into being with their first entry. */
    ensureAccounts: db
      .insert(account)
      .select(rowsFrom(account))
      .onConflictDoNothing()
      .prepare('ensure_accounts'),
    moveBalances: db
      .update(account)
      .set({
        postedMinor: sql`${account.postedMinor} + v.posted`,
        heldMinor: sql`${account.heldMinor} + v.held`,
      })
      .from(sql`unnest(${texts('ids')}, ${longs('posted')}, ${longs('held')}) as v(id, posted, held)`)
      .where(sql`${account.id} = v.id`)
      .prepare('move_balances'),
    addMovements: db.insert(movement).select(rowsFrom(movement)).prepare('add_movements'),
    changePayments: db
      .update(payment)
      .set({
        live: sql`v.live`,
        status: sql`v.status`,
        dueAt: sql`v.due_at`,
        owedSince: sql`v.owed_since`,
        record: sql`v.record`,
      })
      .from(arrayed(payment))
      .where(sql`${payment.id} = v.id`)
      .prepare('change_payments'),
    addPayments: db.insert(payment).select(rowsFrom(payment)).prepare('add_payments'),
    addRefunds: db.insert(refund).select(rowsFrom(refund)).prepare('add_refunds'),
    /** Never an upsert: of two writers of one key the second must fail, and decide again. */
    addKeys: db.insert(requestKey).select(rowsFrom(requestKey)).prepare('add_keys'),
    voidKeys: db
      .update(requestKey)
      .set({ voided: true })
      .where(sql`(${requestKey.client}, ${requestKey.key}) in ${pairs('keyClients', 'keys')}`)
      .prepare('void_keys'),
    addUsage: db
      .insert(usage)
      .select(rowsFrom(usage))
      .onConflictDoUpdate({
        target: usage.scope,
        set: {
          hour: later(usage.hour),
          count: together(usage.hour, usage.count),
          day: later(usage.day),
          dayMinor: together(usage.day, usage.dayMinor),
          month: later(usage.month),
          monthMinor: together(usage.month, usage.monthMinor),
        },
      })
      .prepare('add_usage'),
    saveClients: db
      .insert(client)
      .select(rowsFrom(client))
      .onConflictDoUpdate({ target: client.id, set: record })
      .prepare('save_clients'),
    saveSellers: db
      .insert(seller)
      .select(rowsFrom(seller))
      .onConflictDoUpdate({ target: seller.id, set: record })
      .prepare('save_sellers'),
  }
}

function pagedReads(db: NodePgDatabase) {
  const found = { record: payment.record, sealedSubscriber: account.sealedSubscriber }
  const matching = sql`${payment.client} = ${sql.placeholder('client')}
    and ${payment.createdAt} between ${sql.placeholder('from')} and ${sql.placeholder('to')}
    and (${sql.placeholder('anyStatus')} or ${payment.status} = ${anyOf('statuses')})
    and (${sql.placeholder('seller')}::text is null or ${payment.seller} = ${sql.placeholder('seller')})
    and (${sql.placeholder('key')}::text is null or ${payment.key} = ${sql.placeholder('key')})`
  const page = () =>
    db.select(found).from(payment).innerJoin(account, eq(account.id, payment.accountId)).where(matching)
  const limits = (query: ReturnType<typeof page>) =>
    query.limit(sql.placeholder('limit')).offset(sql.placeholder('offset'))
  return {
    payment: db
      .select(found)
      .from(payment)
      .innerJoin(account, eq(account.id, payment.accountId))
      .where(and(eq(payment.client, sql.placeholder('client')), eq(payment.id, sql.placeholder('id'))))
      .prepare('payment'),
    oldestPayments: limits(page())
      .orderBy(asc(payment.createdAt), asc(payment.id))
      .prepare('oldest_payments'),
    newestPayments: limits(page())
      .orderBy(desc(payment.createdAt), desc(payment.id))
      .prepare('newest_payments'),
    countPayments: db.select({ total: count() }).from(payment).where(matching).prepare('count_payments'),
    refunds: db
      .select({ record: refund.record })
      .from(refund)
      .where(
        and(eq(refund.client, sql.placeholder('client')), eq(refund.paymentId, sql.placeholder('paymentId'))),
      )
      .orderBy(asc(refund.createdAt), asc(refund.id))
      .prepare('refunds'),
  }
}

function otherReads(db: NodePgDatabase) {
  return {
    client: db
      .select({ record: client.record })
      .from(client)
      .where(eq(client.id, sql.placeholder('id')))
      .prepare('client'),
    due: db
      .select({ id: payment.id })
      .from(payment)
      .where(
        sql`${payment.dueAt} <= ${sql.placeholder('now')}
          and (${payment.status} <> 'reserved' or ${payment.dueAt} <= ${sql.placeholder('promisedBy')})`,
      )
      .orderBy(payment.dueAt)
      .limit(sql.placeholder('limit'))
      .prepare('due'),
    dueVouchers: db
      .select({ subscriberHash: account.subscriberHash })
      .from(account)
      .where(sql`${account.dueAt} <= ${sql.placeholder('now')}`)
      .orderBy(account.dueAt)
      .limit(sql.placeholder('limit'))
      .prepare('due_vouchers'),
    balances: db
      .select({ accountId: account.id, postedMinor: account.postedMinor, heldMinor: account.heldMinor })
      .from(account)
      .where(sql`starts_with(${account.id}, ${sql.placeholder('prefix')})`)
      .orderBy(account.id)
      .prepare('balances'),
    owed: db
      .select({ record: payment.record })
      .from(payment)
      .where(sql`${payment.owedSince} is not null`)
      .orderBy(payment.owedSince)
      .prepare('owed'),
    newestAt: db
      .select({ at: sql<string | null>`max(${requestKey.createdAt})` })
      .from(requestKey)
      .prepare('newest_at'),
    /** The same as `keepsItsKey` says. */
    pruneKeys: db
      .delete(requestKey)
      .where(
        sql`${requestKey.createdAt} < ${sql.placeholder('before')} and ${requestKey.use} <> 'topUp'
          and not exists (select from payment, json_to_record(payment.record::json)
            as r("amountMinor" bigint, "refundedMinor" bigint, "owedMinor" bigint, position text)
            where payment.id = ${requestKey.paymentId} and (status in ('reserved', 'pending_validation')
              or (status = 'succeeded' and position = 'unsettled'
                and "refundedMinor" + "owedMinor" < "amountMinor")))`,
      )
      .prepare('prune_keys'),
    pruneUsage: db
      .delete(usage)
      .where(sql`${usage.month} < ${sql.placeholder('month')}`)
      .prepare('prune_usage'),
  }
}

export function prepareStatements(db: NodePgDatabase) {
  return { ...batchReads(db), ...batchWrites(db), ...pagedReads(db), ...otherReads(db), check: checks(db) }
}
export type Statements = Sendable<ReturnType<typeof prepareStatements>>

/** Each finds what must not be; the books are right when all come back empty. */
function checks(db: NodePgDatabase) {
  const asked = (name: string, query: ReturnType<typeof sql>) =>
    db.select({ words: sql<string>`words` }).from(sql`(${query}) as faults`).prepare(name)
  return {
    size: db
      .select({ accounts: sql<number>`(select count(*)::int from account)`, transfers: count() })
      .from(sql`transfer`)
      .prepare('check_size'),
    unbalanced: asked(
      'check_unbalanced',
      sql`select 'transfer ' || transfer_id || ' does not sum to zero' as words
        from entry group by transfer_id, layer having sum(amount_minor) <> 0`,
    ),
    balances: asked(
      'check_balances',
      sql`select 'account ' || a.id || ': stored ' || posted_minor || ' (held ' || held_minor
          || '), entries say ' || coalesce(posted, 0) || ' (' || coalesce(held, 0) || ')' as words
        from account a left join (
          select account_id,
            sum(amount_minor) filter (where layer = 'posted') as posted,
            sum(amount_minor) filter (where layer = 'held') as held
          from entry group by account_id
        ) e on e.account_id = a.id
        where posted_minor <> coalesce(posted, 0) or held_minor <> coalesce(held, 0)`,
    ),
    currencies: asked(
      'check_currencies',
      sql`select 'transfer ' || t.id || ' mixes currencies' as words
        from transfer t join entry e on e.transfer_id = t.id join account a on a.id = e.account_id
        where a.currency <> t.currency`,
    ),
    holds: asked(
      'check_holds',
      sql`select 'hold ' || coalesce(t.id::text, p.hold_id) || ' and its payment disagree' as words
        from (
          select id from transfer where kind = 'hold'
            and id not in (select ends_hold from transfer where ends_hold is not null)
        ) t full join (
          select record::json ->> 'holdId' as hold_id from payment where record::json ->> 'holdId' is not null
          union all select voucher::json ->> 'holdId' from account
            where voucher::json ->> 'holdId' is not null
        ) p on p.hold_id = t.id::text
        where t.id is null or p.hold_id is null`,
    ),
    payments: asked(
      'check_payments',
      sql`select 'payment ' || id || ' contradicts itself' as words from payment, json_to_record(record::json)
          as r("amountMinor" bigint, "refundedMinor" bigint, "owedMinor" bigint, "holdId" text, position text)
        where "refundedMinor" + "owedMinor" > "amountMinor"
          or (status in ('reserved', 'pending_validation')) <> ("holdId" is not null)
          or (status = 'succeeded' and position = 'none')`,
    ),
    vouchers: asked(
      'check_vouchers',
      sql`select 'voucher ' || id || ' holds another amount than it may' as words
        from account, json_to_record(voucher::json) as v("amountMinor" bigint, state text)
        where voucher is not null and (posted_minor not between 0 and "amountMinor"
          or (due_at is not null and state = 'good') <> (posted_minor = "amountMinor" and held_minor = 0)
          or (state = 'announced') <> (held_minor = "amountMinor"))`,
    ),
    unclaimed: asked(
      'check_unclaimed',
      sql`select 'account centre:unclaimed:' || v.currency || ' does not agree with the vouchers' as words
        from (
          select currency, sum((voucher::json ->> 'amountMinor')::bigint) as lapsed
          from account where voucher::json ->> 'state' = 'lapsed' group by 1
        ) v left join account a on a.id = 'centre:unclaimed:' || v.currency
        where coalesce(a.posted_minor, 0) <> v.lapsed`,
    ),
    owed: asked(
      'check_owed',
      sql`select 'account centre:owed:' || p.currency || ' does not agree with the payments' as words
        from (
          select record::json ->> 'currency' as currency, sum((record::json ->> 'owedMinor')::bigint) as owed
          from payment group by 1
        ) p left join account a on a.id = 'centre:owed:' || p.currency
        where coalesce(a.posted_minor, 0) <> p.owed`,
    ),
  }
}
