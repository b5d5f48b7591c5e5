// Which statements cost a database its time: pg_stat_statements, switched on for a profiled run only, as it
// costs something itself.
import { writeFileSync } from 'node:fs'
import pg from 'pg'
import { short } from './statistics.ts'

/** In force after the next start of the database server. */
export async function loadStatistics(adminUrl: string): Promise<void> {
  await asked(adminUrl, `alter system set shared_preload_libraries = 'pg_stat_statements'`)
}

export async function beginStatistics(adminUrl: string): Promise<void> {
  await asked(adminUrl, 'create extension if not exists pg_stat_statements')
}

/** The costliest statements first; times are of the clock, not of the processor. */
export async function writeStatistics(adminUrl: string, file: string): Promise<void> {
  const rows = await asked(
    adminUrl,
    `select datname as database, calls::float8 as calls, rows::float8 as rows,
       total_exec_time as ms, wal_bytes::float8 / 1000 as wal_kb, query
     from pg_stat_statements s join pg_database d on d.oid = s.dbid
     where datname <> 'postgres' order by total_exec_time desc limit 60`,
  )
  const lines = rows.map(({ database, calls, rows, ms, wal_kb, query }) =>
    [database, calls, rows, short(ms), short(wal_kb), query.replaceAll(/\s+/g, ' ').slice(0, 160)].join('\t'),
  )
  writeFileSync(file, ['database\tcalls\trows\tms\tWAL kB\tstatement', ...lines, ''].join('\n'))
}

async function asked(adminUrl: string, words: string) {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    return (await client.query(words)).rows
  } finally {
    await client.end()
  }
}
