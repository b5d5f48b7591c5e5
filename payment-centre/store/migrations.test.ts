// What an earlier version wrote says the same after its tables were brought up to date: a ledger of entries
// that has become one of movements, and what was counted for each hour, day and month.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@concilia/platform/migrate.ts'
import { testDatabase } from '@concilia/platform/test-database.ts'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { migrationsFolder } from '../centre.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** The migrations that come before this one. */
function before(first: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'concilia-earlier-'))
  folders.push(folder)
  cpSync(migrationsFolder, folder, { recursive: true })
  const file = join(folder, 'meta/_journal.json')
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(file, 'utf8'))
  const entries = journal.entries.filter(({ tag }) => tag < first)
  writeFileSync(file, JSON.stringify({ ...journal, entries }))
  return folder
}

/** A database as it was before that migration. */
async function withTables(first: string, work: (admin: pg.Client, url: string) => Promise<void>) {
  const database = await testDatabase()
  await migrate(database.url, before(first))
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  await work(admin, database.url)
  await admin.end()
  await database.drop()
}

type Entry = [account: string, layer: 'posted' | 'held', amountMinor: number]
interface Written {
  readonly kind: string
  readonly endsHold?: string
  readonly entries: readonly Entry[]
}

const id = (index: number) => `00000000-0000-4000-8000-00000000000${index}`
const sold: readonly Written[] = [
  {
    kind: 'topUp',
    entries: [
      ['float', 'posted', -500],
      ['buyer', 'posted', 500],
    ],
  },
  {
    kind: 'hold',
    entries: [
      ['buyer', 'held', -200],
      ['unsettled', 'held', 200],
    ],
  },
  {
    kind: 'post',
    endsHold: id(1),
    entries: [
      ['buyer', 'held', 200],
      ['unsettled', 'held', -200],
      ['buyer', 'posted', -200],
      ['unsettled', 'posted', 200],
    ],
  },
  {
    kind: 'deliver',
    entries: [
      ['unsettled', 'posted', -133],
      ['payable', 'posted', 133],
      ['unsettled', 'posted', -67],
      ['revenue', 'posted', 67],
    ],
  },
]

async function withLedger(
  transfers: readonly Written[],
  work: (admin: pg.Client, url: string) => Promise<void>,
) {
  await withTables('0006', async (admin, url) => {
    for (const account of ['float', 'buyer', 'unsettled', 'payable', 'revenue']) {
      await admin.query(
        `insert into account values ($1, 'centre', 'EUR', 0, false, false, null, null, null, 0, 0)`,
        [account],
      )
    }
    for (const [index, { kind, endsHold = null, entries }] of transfers.entries()) {
      await admin.query(`insert into transfer values ($1, $2, 'EUR', 7, 'p', $3)`, [
        id(index),
        kind,
        endsHold,
      ])
      for (const [position, entry] of entries.entries()) {
        await admin.query('insert into entry values ($1, $2, $3, $4, $5)', [id(index), position, ...entry])
      }
    }
    await work(admin, url)
  })
}

async function ledger(admin: pg.Client) {
  const transfers = await admin.query('select * from transfer order by id')
  const entries = await admin.query(
    'select transfer_id, account_id, layer, amount_minor from entry order by 1, 2, 3, 4',
  )
  return [transfers.rows, entries.rows]
}

test('every transfer and every entry is still there', async () => {
  await withLedger(sold, async (admin, url) => {
    const earlier = await ledger(admin)
    await migrate(url, migrationsFolder)
    expect(await ledger(admin)).toEqual(earlier)
    const moves = await admin.query(
      'select from_account, to_account from movement order by transfer_id, position',
    )
    expect(moves.rows.map(({ from_account, to_account }) => `${from_account} ${to_account}`)).toEqual([
      'float buyer',
      'buyer unsettled',
      'unsettled buyer',
      'buyer unsettled',
      'unsettled payable',
      'unsettled revenue',
    ])
  })
})

test('what an older centre is writing meanwhile is in it too', async () => {
  await withLedger(sold, async (admin, url) => {
    const older = new pg.Client({ connectionString: url })
    await older.connect()
    await older.query('begin')
    await older.query(`insert into transfer values ($1, 'topUp', 'EUR', 8)`, [id(9)])
    await older.query(
      `insert into entry values ($1, 0, 'float', 'posted', -300), ($1, 1, 'buyer', 'posted', 300)`,
      [id(9)],
    )
    const migrated = migrate(url, migrationsFolder)
    await somebodyWaits(admin)
    await older.query('commit')
    await older.end()
    await migrated
    const late = await admin.query('select to_account, amount_minor from movement where at = 8')
    expect(late.rows).toEqual([{ to_account: 'buyer', amount_minor: '300' }])
  })
})

/** For a lock that another session of this database holds. */
async function somebodyWaits(admin: pg.Client): Promise<void> {
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  for (let seen = 0; seen === 0; ) seen = (await admin.query(waiting)).rowCount ?? 0
}

test('a ledger whose entries are no pairs is left as it is', async () => {
  const odd: Written = {
    kind: 'deliver',
    entries: [
      ['unsettled', 'posted', -3],
      ['payable', 'posted', 2],
      ['revenue', 'posted', 1],
    ],
  }
  await withLedger([...sold, odd], async (admin, url) => {
    const earlier = await ledger(admin)
    await expect(migrate(url, migrationsFolder)).rejects.toMatchObject({ code: 'database-refused' })
    expect(await ledger(admin)).toEqual(earlier)
  })
})

test('what was counted for each hour, day and month is one row, of the newest of each', async () => {
  const day = Date.UTC(2026, 0, 31) / 86_400_000
  const rows: [scope: string, count: number, amountMinor: number][] = [
    [`buyer:hash_-A:EUR:hour:${24 * day + 9}`, 7, 700],
    [`buyer:hash_-A:EUR:hour:${24 * day + 10}`, 2, 300],
    [`buyer:hash_-A:EUR:day:${day - 1}`, 9, 900],
    [`buyer:hash_-A:EUR:day:${day}`, 9, 1000],
    ['buyer:hash_-A:EUR:month:2025-12', 90, 9000],
    ['buyer:hash_-A:EUR:month:2026-1', 40, 4000],
    [`buyer:hash_-A:CHF:hour:${24 * day}`, 1, 50],
    ['buyer:hash_-A:CHF:month:2026-1', 1, 50],
    [`seller:acme:EUR:day:${day}`, 80, 8000],
    [`vouchers:rs:EUR:day:${day - 31}`, 3, 30],
  ]
  await withTables('0008', async (admin, url) => {
    for (const row of rows) await admin.query('insert into usage values ($1, $2, $3, 0)', row)
    await migrate(url, migrationsFolder)
    const { rows: counted } = await admin.query({
      text: 'select * from usage order by scope',
      rowMode: 'array',
    })
    const january = 12 * 2026
    expect(counted.map(([scope, ...numbers]) => [scope, ...numbers.map(Number)])).toEqual([
      ['buyer:hash_-A:CHF', 24 * day, 1, 0, 0, january, 50],
      ['buyer:hash_-A:EUR', 24 * day + 10, 2, day, 1000, january, 4000],
      ['seller:acme:EUR', 0, 0, day, 8000, january, 0],
      ['vouchers:rs:EUR', 0, 0, day - 31, 30, january - 1, 0],
    ])
  })
})
