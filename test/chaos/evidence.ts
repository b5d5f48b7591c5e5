// What each party has to say for itself once all is quiet, read where it lies and not asked of our
// programs: the machines' own counters, the journals' files, the two databases by plain SQL, the phones.
// Imports nothing of the three programs on purpose: what reads here is to be wrong in other ways than they
// are.
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import type { Records } from './records.ts'
import type { World } from './world.ts'

export interface JournalSale {
  readonly saleId: string
  readonly machine: string
  readonly offerHash: string
  readonly amountMinor: number
  readonly at: number
  readonly promise: 'deliver' | 'withdraw' | undefined
  readonly promisedAt: number | undefined
  /** As the automaton signed it. */
  readonly outcome: 'delivered' | 'failed' | 'unknown' | undefined
  readonly concludedAt: number | undefined
  /** Its words that are not marked as stored at the server. */
  readonly unstored: number
}

export interface ServerSale {
  readonly saleId: string
  readonly open: boolean
  readonly state: string
  readonly aside: string | null
}

export interface Payment {
  readonly paymentId: string
  readonly saleId: string
  readonly key: string
  readonly offerHash: string
  readonly amountMinor: number
  readonly buyer: string
  readonly createdAt: number
  /** Posted, by owner: `buyer` and the operator's and the centre's accounts by name. */
  readonly moved: Readonly<Record<string, number>>
}

export interface MachineSeen {
  readonly machine: string
  /** By item. */
  readonly dropped: Readonly<Record<number, number>>
  readonly coinsMinor: number
  readonly sellsByPhone: boolean
}

export interface Account {
  readonly accountId: string
  readonly currency: string
  readonly postedMinor: number
  readonly heldMinor: number
  /** Its entries added up. */
  readonly entries: { readonly postedMinor: number; readonly heldMinor: number }
  /** The least it ever may stand at (minor units); undefined where there is no such limit. */
  readonly floorMinor: number | undefined
}

export interface Evidence extends Records {
  readonly machines: readonly MachineSeen[]
  readonly journal: readonly JournalSale[]
  readonly server: readonly ServerSale[]
  readonly payments: readonly Payment[]
  readonly accounts: readonly Account[]
  /** Transfers whose entries do not come to nothing, by id. */
  readonly unbalanced: readonly string[]
  readonly quarantined: readonly string[]
  /** What the server has still to do, by kind. */
  readonly outbox: Readonly<Record<string, number>>
}

/** Whatever is still under way. */
export interface Rest {
  readonly openSales: number
  readonly outbox: Readonly<Record<string, number>>
  readonly notSelling: readonly string[]
}

export async function restOf(world: World): Promise<Rest> {
  const [{ open, outbox }, machines] = await Promise.all([
    inDatabase(world.databaseUrl('relation-server'), async (rows) => ({
      open: await rows<{ open: number }>('select count(*)::int as open from sale where open'),
      outbox: await outboxOf(rows),
    })),
    machinesSeen(world),
  ])
  const notSelling = machines.filter(({ sellsByPhone }) => !sellsByPhone).map(({ machine }) => machine)
  return { openSales: open[0]?.open ?? 0, outbox, notSelling }
}

/** @param machines as they were seen; the automata have been stopped, so that their journals can be read */
export async function gather(world: World, records: Records): Promise<Evidence> {
  const machines = await machinesSeen(world)
  const server = await inDatabase(world.databaseUrl('relation-server'), async (rows) => ({
    server: await rows<ServerSale>('select sale_id as "saleId", open, state, aside from sale'),
    quarantined: (await rows<{ error: string }>('select error from quarantine')).map(({ error }) => error),
    outbox: await outboxOf(rows),
  }))
  const centre = await inDatabase(world.databaseUrl('payment-centre'), (rows) => centreEvidence(world, rows))
  return { ...records, machines, journal: journalsOf(world), ...server, ...centre }
}

export async function machinesSeen({ house, machines }: World): Promise<MachineSeen[]> {
  return await Promise.all(
    machines.map(async ({ number: machine }) => {
      const { dropped, coinsMinor, enabled, plugged } = await house.simulator.call('look', { machine })
      return { machine, dropped, coinsMinor, sellsByPhone: enabled && plugged }
    }),
  )
}

type Rows = <Row extends pg.QueryResultRow>(sql: string) => Promise<Row[]>

async function inDatabase<Found>(url: string, read: (rows: Rows) => Promise<Found>): Promise<Found> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await read(async (sql) => (await client.query(sql)).rows)
  } finally {
    await client.end()
  }
}

async function outboxOf(rows: Rows): Promise<Record<string, number>> {
  const left = await rows<{ kind: string; count: number }>(
    'select kind, count(*)::int as count from outbox group by kind',
  )
  return Object.fromEntries(left.map(({ kind, count }) => [kind, count]))
}

interface AccountRow {
  id: string
  kind: string
  currency: string
  ceiling: string
  posted: string
  held: string
  entries_posted: string
  entries_held: string
}

async function centreEvidence(world: World, rows: Rows) {
  const accounts = await rows<AccountRow>(
    `select id, kind, currency, ceiling_minor as ceiling, posted_minor as posted, held_minor as held,
       coalesce((select sum(amount_minor) from entry where account_id = account.id and layer = 'posted'), 0)
         as entries_posted,
       coalesce((select sum(amount_minor) from entry where account_id = account.id and layer = 'held'), 0)
         as entries_held
     from account`,
  )
  const owners = await ownersOf(world, rows)
  const payments = await rows<{
    id: string
    key: string
    account: string
    hash: string
    at: string
    record: string
  }>(`select id, key, account_id as account, offer_hash as hash, created_at as at, record from payment`)
  const moved = await rows<{ payment: string; account: string; amount: string }>(
    `select payment_id as payment, account_id as account, sum(amount_minor) as amount
     from transfer join entry on transfer_id = id where layer = 'posted' and payment_id is not null
     group by payment_id, account_id`,
  )
  const unbalanced = await rows<{ transfer: string }>(
    `select transfer_id as transfer from entry group by transfer_id, layer having sum(amount_minor) <> 0`,
  )
  return {
    accounts: accounts.map(accountOf),
    unbalanced: unbalanced.map(({ transfer }) => transfer),
    payments: payments.map(({ id, key, account, hash, at, record }): Payment => {
      const { referenceCode, amountMinor } = JSON.parse(record)
      const of = moved.filter(({ payment }) => payment === id)
      return {
        paymentId: id,
        saleId: referenceCode,
        key,
        offerHash: hash,
        amountMinor,
        buyer: owners.get(account) ?? account,
        createdAt: Number(at),
        moved: Object.fromEntries(
          of.map(({ account: each, amount }) => [
            owners.has(each) ? 'buyer' : (each.split(':').at(-2) ?? each),
            Number(amount),
          ]),
        ),
      }
    }),
  }
}

function accountOf(row: AccountRow): Account {
  const isBuyer = row.kind === 'prepaid' || row.kind === 'postpaid'
  return {
    accountId: row.id,
    currency: row.currency,
    postedMinor: Number(row.posted),
    heldMinor: Number(row.held),
    entries: { postedMinor: Number(row.entries_posted), heldMinor: Number(row.entries_held) },
    floorMinor: isBuyer ? -Number(row.ceiling) : undefined,
  }
}

/** Account to buyer's name: each was opened with a balance of its own. */
async function ownersOf({ buyers }: World, rows: Rows): Promise<Map<string, string>> {
  const first = await rows<{ id: string; opened: string }>(
    `select account.id, coalesce((
       select sum(amount_minor) from entry join transfer on transfer_id = transfer.id
       where account_id = account.id and layer = 'posted' and payment_id is null), 0) as opened
     from account where kind in ('prepaid', 'postpaid')`,
  )
  const names = new Map(
    buyers.map(({ name, account }) => [
      account.kind === 'prepaid' ? Math.round(Number(account.balance) * 100) : 0,
      name,
    ]),
  )
  return new Map(first.map(({ id, opened }) => [id, names.get(Number(opened)) ?? id]))
}

function journalsOf({ machines, house }: World): JournalSale[] {
  return machines.flatMap(({ automatonId, number: machine }) => {
    const file = join(house.places.journals, `${automatonId}.db`)
    const db = new Database(file, { readonly: true, fileMustExist: true })
    try {
      return db
        .prepare<[], JournalRow>(journalSql)
        .all()
        .map((row) => journalSaleOf(machine, row))
    } finally {
      db.close()
    }
  })
}

interface JournalRow {
  sale_id: string
  offer_hash: string
  amount_minor: number
  at: number
  promise: JournalSale['promise'] | null
  promised_at: number | null
  outcome: string | null
  concluded_at: number | null
  unstored: number
}

const journalSql = `
  select sales.sale_id, offer_hash, amount_minor, sales.at, promise, promises.at as promised_at,
    outcomes.text as outcome, outcomes.at as concluded_at,
    (select count(*) from outbox where outbox.sale_id = sales.sale_id and stored = 0) as unstored
  from sales left join promises using (sale_id)
    left join outbox as outcomes on outcomes.sale_id = sales.sale_id and outcomes.kind = 'outcome'
  order by sales.at`

function journalSaleOf(machine: string, row: JournalRow): JournalSale {
  // The middle part of a signed word is its content (RFC 7515).
  const [, content = ''] = row.outcome === null ? [] : JSON.parse(row.outcome).outcome.split('.')
  const outcome = content === '' ? {} : JSON.parse(Buffer.from(content, 'base64url').toString('utf8'))
  return {
    saleId: row.sale_id,
    machine,
    offerHash: row.offer_hash,
    amountMinor: row.amount_minor,
    at: row.at,
    promise: row.promise ?? undefined,
    promisedAt: row.promised_at ?? undefined,
    outcome: outcome.result,
    concludedAt: row.concluded_at ?? undefined,
    unstored: row.unstored,
  }
}
