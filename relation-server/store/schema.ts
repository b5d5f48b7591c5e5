// The relation server's tables. The migrations beside this file are generated from it (`npm run migrations`)
// and committed. Property names are the port's.
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  sql,
  text,
} from '@concilia/platform/drizzle.ts'
import type { Channel, Language } from '../sale-events.ts'
import type {
  CallRow,
  IdentificationRow,
  MachineRow,
  OutboxRow,
  SoldRow,
  TelemetryRow,
  UnknownRow,
} from './port.ts'

/** Epoch ms, or another integer below 2^53. */
const long = (name: string) => bigint(name, { mode: 'number' })

export const machine = pgTable('machine', {
  automatonId: text('automaton_id').primaryKey(),
  machineNumber: text('machine_number').unique(),
  seller: text('seller').notNull(),
  tradeName: text('trade_name').notNull(),
  state: text('state').$type<MachineRow['state']>().notNull(),
  journalId: text('journal_id'),
  newJournalId: text('new_journal_id'),
  boot: integer('boot').notNull(),
  storedUpTo: long('stored_up_to').notNull(),
  beyond: jsonb('beyond').$type<readonly number[]>().notNull(),
  presence: text('presence').$type<MachineRow['presence']>(),
  hardware: jsonb('hardware').$type<MachineRow['hardware']>(),
  activeCodes: jsonb('active_codes').$type<readonly string[]>().notNull().default([]),
  reader: text('reader').$type<MachineRow['reader']>().notNull(),
  keypad: boolean('keypad').notNull().default(false),
  enrolledAt: long('enrolled_at').notNull(),
  fault: text('fault'),
  wantedVersion: integer('wanted_version').notNull().default(0),
  wantedHash: text('wanted_hash'),
  versionInForce: integer('version_in_force').notNull().default(0),
  configurationRefusal: text('configuration_refusal'),
  auditAlert: text('audit_alert'),
})

export const configuration = pgTable(
  'configuration',
  {
    automatonId: text('automaton_id').notNull(),
    version: integer('version').notNull(),
    hash: text('hash').notNull(),
    text: text('text').notNull(),
    at: long('at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.automatonId, row.version] })],
)

const noticeName = {
  automatonId: text('automaton_id').notNull(),
  journalId: text('journal_id').notNull(),
  boot: integer('boot').notNull(),
  count: integer('count').notNull(),
}

export const telemetry = pgTable(
  'telemetry',
  {
    ...noticeName,
    kind: text('kind').notNull(),
    detail: text('detail').notNull(),
    sold: jsonb('sold').$type<TelemetryRow['sold']>(),
    at: long('at').notNull(),
    heardAt: long('heard_at').notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.automatonId, row.journalId, row.boot, row.count] }),
    index('telemetry_heard').on(row.automatonId, row.heardAt),
  ],
)

export const audit = pgTable(
  'audit',
  {
    ...noticeName,
    body: text('body').notNull(),
    at: long('at').notNull(),
    heardAt: long('heard_at').notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.automatonId, row.journalId, row.boot, row.count] }),
    index('audit_heard').on(row.automatonId, row.heardAt),
  ],
)

export const sold = pgTable(
  'sold',
  {
    automatonId: text('automaton_id').notNull(),
    item: integer('item').notNull(),
    result: text('result').$type<SoldRow['result']>().notNull(),
    number: integer('number').notNull(),
    valueMinor: long('value_minor').notNull(),
  },
  (row) => [primaryKey({ columns: [row.automatonId, row.item, row.result] })],
)

export const centre = pgTable('centre', {
  url: text('url').primaryKey(),
  chains: jsonb('chains').$type<readonly string[]>().notNull(),
  fetchedAt: long('fetched_at').notNull(),
})

/** Chains of machines' certificates, as they came with a birth and were checked then. */
export const certificate = pgTable('certificate', {
  kid: text('kid').primaryKey(),
  chain: text('chain').notNull(),
})

export const sale = pgTable(
  'sale',
  {
    saleId: text('sale_id').primaryKey(),
    automatonId: text('automaton_id').notNull(),
    chartVersion: integer('chart_version').notNull(),
    snapshot: text('snapshot').notNull(),
    open: boolean('open').notNull(),
    state: text('state').notNull(),
    amountMinor: long('amount_minor').notNull(),
    currency: text('currency').notNull(),
    subscriberId: text('subscriber_id'),
    paymentId: text('payment_id'),
    dueAt: long('due_at'),
    dueEvent: text('due_event'),
    aside: text('aside'),
    createdAt: long('created_at').notNull(),
    endedAt: long('ended_at'),
  },
  (row) => [
    index('sale_open').on(row.automatonId).where(sql`open`),
    index('sale_due').on(row.dueAt).where(sql`due_at is not null`),
    index('sale_aside').on(row.createdAt).where(sql`aside is not null`),
    index('sale_created').on(row.createdAt),
  ],
)

export const identification = pgTable(
  'identification',
  {
    identificationId: text('identification_id').primaryKey(),
    automatonId: text('automaton_id').notNull(),
    subscriberId: text('subscriber_id').notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    sessionId: text('session_id'),
    language: text('language').$type<Language>().notNull(),
    vouched: boolean('vouched').notNull(),
    code: text('code').notNull(),
    state: text('state').$type<IdentificationRow['state']>().notNull(),
    saleId: text('sale_id'),
    at: long('at').notNull(),
    dueAt: long('due_at'),
  },
  (row) => [
    index('identification_machine').on(row.automatonId),
    index('identification_subscriber').on(row.subscriberId),
    index('identification_due').on(row.dueAt).where(sql`due_at is not null`),
  ],
)

export const call = pgTable(
  'call',
  {
    callId: text('call_id').primaryKey(),
    service: text('service').notNull(),
    language: text('language').$type<Language>().notNull(),
    state: text('state').$type<CallRow['state']>().notNull(),
    amountMinor: long('amount_minor').notNull(),
    currency: text('currency').notNull(),
    sellerShareBps: integer('seller_share_bps').notNull(),
    triesLeft: integer('tries_left').notNull(),
    automatonId: text('automaton_id'),
    voucherId: text('voucher_id'),
    subscriberId: text('subscriber_id'),
    codeTurn: integer('code_turn').notNull(),
    saleId: text('sale_id'),
    direct: boolean('direct').notNull(),
    goodUntil: long('good_until'),
    honouredUntil: long('honoured_until'),
    at: long('at').notNull(),
    dueAt: long('due_at'),
  },
  (row) => [
    index('call_machine').on(row.automatonId).where(sql`state not in ('used', 'refused', 'over')`),
    index('call_due').on(row.dueAt).where(sql`due_at is not null`),
    index('call_at').using('brin', row.at),
  ],
)

export const wrongCode = pgTable(
  'wrong_code',
  {
    hour: integer('hour').notNull(),
    automatonId: text('automaton_id').notNull(),
    count: integer('count').notNull(),
  },
  (row) => [primaryKey({ columns: [row.hour, row.automatonId] })],
)

export const inbox = pgTable(
  'inbox',
  {
    source: text('source').notNull(),
    key: text('key').notNull(),
    automatonId: text('automaton_id'),
    saleId: text('sale_id'),
    bodyHash: text('body_hash').notNull(),
    body: text('body').notNull(),
    at: long('at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.source, row.key] }), index('inbox_at').using('brin', row.at)],
)

export const outbox = pgTable(
  'outbox',
  {
    id: text('id').primaryKey(),
    kind: text('kind').$type<OutboxRow['kind']>().notNull(),
    automatonId: text('automaton_id'),
    saleId: text('sale_id'),
    body: text('body').notNull(),
    attempts: integer('attempts').notNull(),
    dueAt: long('due_at').notNull(),
  },
  (row) => [index('outbox_due').on(row.dueAt), index('outbox_sale').on(row.saleId)],
)

export const quarantine = pgTable('quarantine', {
  id: text('id').primaryKey(),
  automatonId: text('automaton_id'),
  saleId: text('sale_id'),
  source: text('source').notNull(),
  error: text('error').notNull(),
  body: text('body').notNull(),
  at: long('at').notNull(),
})

export const person = pgTable('person', {
  id: text('id').primaryKey(),
  at: long('at').notNull(),
  who: text('who').notNull(),
  why: text('why').notNull(),
  action: text('action').notNull(),
  automatonId: text('automaton_id').notNull(),
  saleId: text('sale_id'),
})

export const unknownOutcome = pgTable(
  'unknown_outcome',
  {
    day: text('day').notNull(),
    scope: text('scope').$type<UnknownRow['scope']>().notNull(),
    id: text('id').notNull(),
    count: integer('count').notNull(),
  },
  (row) => [primaryKey({ columns: [row.day, row.scope, row.id] })],
)

export const tally = pgTable('tally', {
  scope: text('scope').primaryKey(),
  count: integer('count').notNull(),
  until: long('until').notNull(),
})

/** What the machines' pages show: one row a session. */
export const page = pgTable(
  'page',
  { sessionId: text('session_id').primaryKey(), say: text('say').notNull(), at: long('at').notNull() },
  (row) => [index('page_at').using('brin', row.at)],
)

export const visit = pgTable(
  'visit',
  {
    visitId: text('visit_id').primaryKey(),
    subscriberId: text('subscriber_id').notNull(),
    sealed: text('sealed').notNull(),
    codeHash: text('code_hash').notNull(),
    triesLeft: integer('tries_left').notNull(),
    askedAt: long('asked_at').notNull(),
    provenAt: long('proven_at'),
  },
  (row) => [index('visit_asked').on(row.askedAt), index('visit_subscriber').on(row.subscriberId)],
)

export const subscriber = pgTable('subscriber', {
  subscriberId: text('subscriber_id').primaryKey(),
  sealed: text('sealed'),
  language: text('language').$type<Language>().notNull(),
  stopped: boolean('stopped').notNull(),
  blocked: boolean('blocked').notNull().default(false),
  seenAt: long('seen_at').notNull(),
})

export const dialogue = pgTable(
  'dialogue',
  {
    dialogueId: text('dialogue_id').primaryKey(),
    subscriberId: text('subscriber_id').notNull(),
    handle: text('handle').notNull(),
    step: text('step').notNull(),
    typed: text('typed').notNull(),
    screen: text('screen').notNull(),
    goesOn: boolean('goes_on').notNull(),
    pricedCode: text('priced_code'),
    figure: integer('figure').notNull().default(0),
    suggested: text('suggested'),
    at: long('at').notNull(),
  },
  (row) => [index('dialogue_subscriber').on(row.subscriberId, row.at)],
)
