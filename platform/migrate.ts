// Brings a database's tables to the version of the program, at its start. Takes a lock on the same connection
// first: drizzle's migrator takes none, and two servers that start together would both apply.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { z } from 'zod'
import { databaseError } from './database-error.ts'
import { describedUrl } from './database-url.ts'
import { applyMigrations, drizzle } from './drizzle.ts'
import { OperatingError } from './operating-error.ts'

/** One number for all of us; any constant would do, as locks belong to one database. */
const lockKey = 7_266_246

const journalSchema = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) })

/**
 * @param folder drizzle-kit's output: `0000_name.sql` ... and `meta/_journal.json`
 * Rejects with an OperatingError: database-url-missing, database-url-unreadable, database-away,
 * database-missing, database-login-refused, migrations-missing, migrations-out-of-order,
 * database-of-another-program.
 */
export async function migrate(url: string | undefined, folder: string): Promise<void> {
  const where = describedUrl(url)
  checkJournal(folder)
  const client = new pg.Client({
    connectionString: url,
    application_name: 'concilia migrate',
    connectionTimeoutMillis: 5000,
  })
  // Without a listener a connection lost between two statements would end the process; the next statement
  // tells us.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await checkApplied(client, where, folder)
    await applyMigrations(drizzle(client), { migrationsFolder: folder })
  } catch (error) {
    throw databaseError(where, error)
  } finally {
    await client.end()
  }
}

/** The migrator keeps a hash of each file that it applied, and does not mind those of somebody else. */
async function checkApplied(client: pg.Client, where: string, folder: string): Promise<void> {
  const made = await client.query(`select to_regclass('drizzle.__drizzle_migrations') as name`)
  if (made.rows[0]?.name === null) return
  const { rows } = await client.query<{ hash: string }>('select hash from drizzle.__drizzle_migrations')
  const ours = new Set(
    readJournal(folder).entries.map(({ tag }) =>
      createHash('sha256')
        .update(readFileSync(`${folder}/${tag}.sql`))
        .digest('hex'),
    ),
  )
  if (rows.every(({ hash }) => ours.has(hash))) return
  throw new OperatingError({
    code: 'database-of-another-program',
    message: `The tables in ${where} were made by another program, or by a newer version of this one.`,
    advice: 'Name our own database in DATABASE_URL, or install that version. Nothing was changed.',
  })
}

/**
 * The migrator skips, in silence, whatever is not younger than the last applied: a file merged late never
 * runs.
 */
function checkJournal(folder: string): void {
  const { entries } = readJournal(folder)
  const late = entries.find(
    (entry, index) => entry.when <= (entries[index - 1]?.when ?? Number.NEGATIVE_INFINITY),
  )
  if (late) {
    throw new OperatingError({
      code: 'migrations-out-of-order',
      message: `Migration ${late.tag} in ${folder} is not younger than the one before, and would never run.`,
      advice: 'Delete it with its snapshot and its journal entry, and generate it again.',
    })
  }
}

function readJournal(folder: string): z.infer<typeof journalSchema> {
  try {
    return journalSchema.parse(JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')))
  } catch (cause) {
    throw new OperatingError({
      code: 'migrations-missing',
      message: `The migrations in ${folder} cannot be read.`,
      advice: 'The installation is incomplete: install the program again.',
      cause,
    })
  }
}
