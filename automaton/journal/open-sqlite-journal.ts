// Opening the journal's file. A file that is damaged or not ours is moved aside, its bytes kept for a person,
// and a new journal begins under a new id, which the server must admit anew; a file that another process
// holds, that cannot be reached, or that a newer release wrote is left alone and said so.
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import Database from 'better-sqlite3'
import { SqliteJournal, schema, schemaVersion, upgrades } from './sqlite-journal.ts'

/** SQLite's `application_id` of our files: "Cncl". */
const applicationId = 0x436e636c

export interface OpenedJournal {
  readonly journal: SqliteJournal
  /** Where a file went that could not be used, and what was wrong with it. */
  readonly setAside?: { readonly file: string; readonly why: string }
}

/**
 * @param now epoch ms, for the name under which an unusable file is kept
 * @throws OperatingError `journal-busy`, `journal-unreachable` or `journal-newer`
 */
export function openSqliteJournal(file: string, random: Random, now: number): OpenedJournal {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const first = attempt(file, random)
    if (first instanceof SqliteJournal) return { journal: first }
    const kept = moveAside(file, now)
    const second = attempt(file, random)
    if (second instanceof SqliteJournal)
      return { journal: second, setAside: { file: kept, why: first.unusable } }
    throw new Error(`a new journal is unusable: ${second.unusable}`)
  } catch (cause) {
    throw cause instanceof OperatingError ? cause : refusal(file, cause)
  }
}

function attempt(file: string, random: Random): SqliteJournal | { unusable: string } {
  const isNew = !existsSync(file)
  const db = new Database(file, { timeout: 1000 })
  try {
    db.pragma('locking_mode = exclusive')
    // Only before the first page: pruning then gives the disk back what it freed.
    if (isNew) db.pragma('auto_vacuum = incremental')
    db.pragma('journal_mode = wal')
    db.pragma('synchronous = full')
    const unusable = reasonAgainst(db, file, random)
    if (unusable === undefined) return new SqliteJournal(db)
    db.close()
    return { unusable }
  } catch (error) {
    db.close()
    if (isDamage(error)) return { unusable: `it is damaged (${error.code})` }
    throw error
  }
}

/** Makes the tables in an empty file. @returns why the file cannot be our journal, if it cannot */
function reasonAgainst(db: Database.Database, file: string, random: Random): string | undefined {
  const tables = db.prepare('select count(*) from sqlite_schema').pluck().get()
  if (tables === 0) {
    db.transaction(() => {
      db.pragma(`application_id = ${applicationId}`)
      db.pragma(`user_version = ${schemaVersion}`)
      db.exec(schema)
      db.prepare('insert into journal values (1, ?, 0, 0, null, null)').run(uuidFrom(random))
    })()
    return undefined
  }
  if (db.pragma('application_id', { simple: true }) !== applicationId)
    return 'it is the file of another program'
  const found = db.pragma('integrity_check(1)', { simple: true })
  if (found !== 'ok') return `it is damaged (${found})`
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > schemaVersion) throw newer(file, version)
  upgrade(db, version)
  return undefined
}

/** A journal of an older release keeps its id and all that it holds. */
function upgrade(db: Database.Database, from: number): void {
  db.transaction(() => {
    for (let version = from; version < schemaVersion; version++) db.exec(upgrades[version] ?? '')
    db.pragma(`user_version = ${schemaVersion}`)
  })()
}

function isDamage(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}

function moveAside(file: string, now: number): string {
  const kept = `${file}.set-aside-${new Date(now).toISOString().replaceAll(':', '')}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, kept + suffix)
  }
  return kept
}

function newer(file: string, version: number): OperatingError {
  return new OperatingError({
    code: 'journal-newer',
    message: `The journal ${file} is of a newer release (form ${version}, ours is ${schemaVersion}).`,
    advice: 'Run that release again, or name another file in `journal`, which the server must admit anew.',
  })
}

function refusal(file: string, cause: unknown): OperatingError {
  const code = (cause as { code?: unknown }).code
  if (typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new OperatingError({
      code: 'journal-busy',
      message: `The journal ${file} is held by another process.`,
      advice: 'Stop the other automaton that runs on this journal, or give each its own journal file.',
      retry: true,
      cause,
    })
  }
  return new OperatingError({
    code: 'journal-unreachable',
    message: `The journal ${file} cannot be opened (${typeof code === 'string' ? code : String(cause)}).`,
    advice:
      'See that its folder exists, is writable by this user and has room, or name another file in `journal`.',
    cause,
  })
}
