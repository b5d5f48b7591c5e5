// The tables of the centre. Migrations are generated from this file, then views and triggers are written into
// them by hand: `movement` is only ever added to. What only the core reads is one `record`
// column beside the columns that are searched, locked or summed.
import {
  bigint,
  boolean,
  check,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
  uniqueIndex,
  uuid,
} from '@concilia/platform/drizzle.ts'
import type { Account } from '../books/records.ts'

const minor = (name: string) => bigint(name, { mode: 'number' })
const epochMs = (name: string) => bigint(name, { mode: 'number' })

export const account = pgTable(
  'account',
  {
    id: text('id').primaryKey(),
    kind: text('kind', { enum: ['prepaid', 'postpaid', 'operator', 'centre'] }).notNull(),
    currency: text('currency').notNull(),
    ceilingMinor: minor('ceiling_minor').notNull(),
    barred: boolean('barred').notNull(),
    closed: boolean('closed').notNull(),
    validateAboveMinor: minor('validate_above_minor'),
    subscriberHash: text('subscriber_hash'),
    sealedSubscriber: text('sealed_subscriber'),
    voucher: text('voucher'),
    dueAt: epochMs('due_at'),
    pin: jsonb('pin').$type<Account['pin']>(),
    postedMinor: minor('posted_minor').notNull(),
    heldMinor: minor('held_minor').notNull(),
  },
  (row) => [
    index('voucher_due').on(row.dueAt).where(sql`${row.dueAt} is not null`),
    uniqueIndex('account_of_subscriber').on(row.subscriberHash).where(sql`not ${row.closed}`),
    check(
      'account_not_overdrawn',
      sql`${row.kind} not in ('prepaid', 'postpaid')
        or ${row.postedMinor} + least(${row.heldMinor}, 0) + ${row.ceilingMinor} >= 0`,
    ),
  ],
)

/**
 * The ledger: a row is an amount that goes from one account to another, hence two entries that sum to zero. A
 * transfer is the rows of one id. The views `transfer` and `entry` show them as such.
 */
export const movement = pgTable(
  'movement',
  {
    transferId: uuid('transfer_id').notNull(),
    position: smallint('position').notNull(),
    kind: text('kind').notNull(),
    currency: text('currency').notNull(),
    at: epochMs('at').notNull(),
    paymentId: text('payment_id'),
    /** Of a transfer's first row alone. */
    endsHold: uuid('ends_hold'),
    layer: text('layer', { enum: ['posted', 'held'] }).notNull(),
    fromAccount: text('from_account')
      .notNull()
      .references(() => account.id),
    toAccount: text('to_account')
      .notNull()
      .references(() => account.id),
    amountMinor: minor('amount_minor').notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.transferId, row.position] }),
    uniqueIndex('hold_ends_once').on(row.endsHold).where(sql`${row.endsHold} is not null`),
    check('movement_of_something', sql`${row.amountMinor} > 0`),
  ],
)

export const payment = pgTable(
  'payment',
  {
    id: text('id').primaryKey(),
    client: text('client').notNull(),
    key: text('key').notNull(),
    accountId: text('account_id')
      .notNull()
      .references(() => account.id),
    seller: text('seller').notNull(),
    offerHash: text('offer_hash').notNull(),
    live: boolean('live').notNull(),
    status: text('status').notNull(),
    createdAt: epochMs('created_at').notNull(),
    dueAt: epochMs('due_at'),
    owedSince: epochMs('owed_since'),
    record: text('record').notNull(),
  },
  (row) => [
    // Not unique: keys are forgotten after a time, and may then come again.
    index('payment_of_key').on(row.client, row.key),
    uniqueIndex('payment_of_offer').on(row.seller, row.offerHash).where(sql`${row.live}`),
    // Without the client: on an empty table the planner would take it for the way to a client's keys.
    index('payment_by_date').on(row.createdAt, row.id),
    index('payment_due').on(row.dueAt).where(sql`${row.dueAt} is not null`),
    index('payment_owed').on(row.owedSince).where(sql`${row.owedSince} is not null`),
  ],
)

export const refund = pgTable(
  'refund',
  {
    id: text('id').primaryKey(),
    paymentId: text('payment_id')
      .notNull()
      .references(() => payment.id),
    client: text('client').notNull(),
    createdAt: epochMs('created_at').notNull(),
    record: text('record').notNull(),
  },
  (row) => [index('refund_of_payment').on(row.paymentId)],
)

export const requestKey = pgTable(
  'request_key',
  {
    client: text('client').notNull(),
    key: text('key').notNull(),
    use: text('use', { enum: ['charge', 'refund', 'topUp', 'voucher'] }).notNull(),
    voided: boolean('voided').notNull(),
    bodyHash: text('body_hash').notNull(),
    status: smallint('status').notNull(),
    sealedAnswer: text('sealed_answer').notNull(),
    paymentId: text('payment_id'),
    createdAt: epochMs('created_at').notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.client, row.key] }),
    index('request_key_by_date').using('brin', row.createdAt),
  ],
)

/** Of the newest hour, day and month that anything was counted in (books/usage.ts). */
export const usage = pgTable(
  'usage',
  {
    scope: text('scope').primaryKey(),
    hour: bigint('hour', { mode: 'number' }).notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
    day: bigint('day', { mode: 'number' }).notNull(),
    dayMinor: minor('day_minor').notNull(),
    month: bigint('month', { mode: 'number' }).notNull(),
    monthMinor: minor('month_minor').notNull(),
  },
  (row) => [index('usage_of_month').on(row.month)],
)

export const client = pgTable('client', { id: text('id').primaryKey(), record: text('record').notNull() })
export const seller = pgTable('seller', { id: text('id').primaryKey(), record: text('record').notNull() })
