// What a database has done so far, by PostgreSQL's own counters: commits, rows written, bytes of WAL.
// Sessions report with up to a second's delay, at both ends of a measurement alike.
import pg from 'pg'

export interface DatabaseWork {
  /** By database. */
  readonly commits: readonly number[]
  readonly rowsWritten: number
  readonly walBytes: number
}

export async function databaseWork(adminUrl: string, databases: readonly string[]): Promise<DatabaseWork> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select datname, xact_commit::float8 as commits,
         (tup_inserted + tup_updated + tup_deleted)::float8 as written
       from pg_stat_database where datname = any($1)`,
      [databases],
    )
    const wal = await client.query('select wal_bytes::float8 as bytes from pg_stat_wal')
    const of = (name: string) => rows.find(({ datname }) => datname === name)
    return {
      commits: databases.map((name) => of(name)?.commits ?? 0),
      rowsWritten: databases.reduce((sum, name) => sum + (of(name)?.written ?? 0), 0),
      walBytes: wal.rows[0]?.bytes ?? 0,
    }
  } finally {
    await client.end()
  }
}
