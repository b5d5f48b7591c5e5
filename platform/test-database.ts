// Databases for tests, on the real thing: the first test of a run that asks starts an embedded PostgreSQL,
// the others of the run share it, and the run's end stops it (test-database-setup.ts). Each database is a
// copy of one migrated template, which takes 30 ms.
import { createHash } from 'node:crypto'
import { uuidFrom } from '@concilia/protocol/random.ts'
import pg from 'pg'
import { createDatabase } from './create-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { migrate } from './migrate.ts'
import { systemRandom } from './system-random.ts'

/** The environment variable that tells the run's processes where its server is. */
export const directoryVariable = 'CONCILIA_TEST_POSTGRES'

const role = 'tester'

export interface TestDatabase {
  /** For the program under test; its role owns the database and is no superuser. */
  readonly url: string
  /** The superuser's, to the same database: to end other sessions, or to look. */
  readonly adminUrl: string
  /** Ends its sessions and deletes it. */
  drop(): Promise<void>
}

/** @param migrationsFolder drizzle-kit's output; left out for an empty database */
export async function testDatabase(migrationsFolder?: string): Promise<TestDatabase> {
  const server = await runsServer()
  const name = `test_${uuidFrom(systemRandom).replaceAll('-', '')}`
  const template = migrationsFolder && (await migratedTemplate(server, migrationsFolder))
  const url = await createDatabase(server.adminUrl, name, role, template)
  const drop = () => administer(server, (admin) => admin.query(`drop database ${name} with (force)`))
  return { url, adminUrl: server.databaseUrl(name), drop }
}

/** Looked for once a test file: looking costs more than the database does. */
let found: Promise<EmbeddedPostgres> | undefined

function runsServer(): Promise<EmbeddedPostgres> {
  const directory = process.env[directoryVariable]
  if (!directory) throw new Error('Start tests with npm test: their database belongs to the run.')
  found ??= startEmbeddedPostgres({ directory, port: 0 })
  return found
}

/** Made once a run, whichever worker comes first; renamed when complete. */
async function migratedTemplate(server: EmbeddedPostgres, folder: string): Promise<string> {
  const template = `template_${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
  await administer(server, async (admin) => {
    await admin.query(`select pg_advisory_lock(hashtext($1))`, [template])
    const made = await admin.query('select from pg_database where datname = $1', [template])
    if (made.rowCount) return
    await migrate(await createDatabase(server.adminUrl, `${template}_unfinished`, role), folder)
    await admin.query(`alter database ${template}_unfinished rename to ${template}`)
  })
  return template
}

async function administer(server: EmbeddedPostgres, work: (admin: pg.Client) => Promise<unknown>) {
  const admin = new pg.Client({ connectionString: server.adminUrl })
  admin.on('error', () => {})
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
