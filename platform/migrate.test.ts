import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

let folder: string
let database: TestDatabase

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-migrations-'))
  mkdirSync(join(folder, 'meta'))
  database = await testDatabase()
})
afterEach(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

function migrations(...whens: number[]) {
  const entries = whens.map((when, idx) => ({
    idx,
    version: '7',
    when,
    tag: `000${idx}_t`,
    breakpoints: true,
  }))
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ entries }))
  for (const { tag } of entries) writeFileSync(join(folder, `${tag}.sql`), `create table t${tag} ()`)
}

async function tables(): Promise<number> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rowCount } = await client.query(`select from pg_tables where schemaname = 'public'`)
  await client.end()
  return rowCount ?? 0
}

test('programs that start together apply each migration once; later ones are added', async () => {
  migrations(1, 2)
  await Promise.all([1, 2, 3].map(() => migrate(database.url, folder)))
  expect(await tables()).toBe(2)
  migrations(1, 2, 3)
  await migrate(database.url, folder)
  expect(await tables()).toBe(3)
})

test('a migration merged late is refused instead of skipped', async () => {
  migrations(5, 9, 7)
  const refusal = { code: 'migrations-out-of-order', message: expect.stringContaining('0002_t') }
  await expect(migrate(database.url, folder)).rejects.toMatchObject(refusal)
  expect(await tables()).toBe(0)
})

test('tables of another program, or of a newer version, are left alone', async () => {
  migrations(1, 2)
  await migrate(database.url, folder)
  migrations(1)
  const { pathname } = new URL(database.url)
  const refusal = { code: 'database-of-another-program', message: expect.stringContaining(pathname) }
  await expect(migrate(database.url, folder)).rejects.toMatchObject(refusal)
  migrations(1, 2, 3)
  writeFileSync(join(folder, '0001_t.sql'), 'create table theirs ()')
  await expect(migrate(database.url, folder)).rejects.toMatchObject(refusal)
  expect(await tables()).toBe(2)
})

test('says what is missing: migrations, address, database, the right password, the host', async () => {
  await expect(migrate(database.url, folder)).rejects.toMatchObject({ code: 'migrations-missing' })
  migrations(1)
  await expect(migrate(undefined, folder)).rejects.toMatchObject({ code: 'database-url-missing' })
  await expect(migrate('', folder)).rejects.toMatchObject({ code: 'database-url-missing' })
  const nowhere = new URL(database.url)
  nowhere.pathname = '/nowhere'
  await expect(migrate(nowhere.href, folder)).rejects.toMatchObject({ code: 'database-missing' })
  const stranger = new URL(database.url)
  stranger.password = 'wrong'
  await expect(migrate(stranger.href, folder)).rejects.toMatchObject({ code: 'database-login-refused' })
  const unreachable = new URL(database.url)
  unreachable.port = '1'
  await expect(migrate(unreachable.href, folder)).rejects.toMatchObject({ code: 'database-away' })
})
