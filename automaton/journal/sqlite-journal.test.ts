import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { journalContract } from './contract.ts'
import { openSqliteJournal } from './open-sqlite-journal.ts'
import type { Change, Word } from './port.ts'
import { SqliteJournal } from './sqlite-journal.ts'

const now = Date.UTC(2030, 0, 1)

journalContract('a SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concilia-journal-'))
  const file = join(folder, 'journal.db')
  openSqliteJournal(file, systemRandom, now).journal.close()
  const unopened = new Database(file)
  unopened.exec('update journal set boot = 0')
  unopened.close()
  let db: Database.Database | undefined
  return {
    open() {
      db?.close()
      db = new Database(file)
      return new SqliteJournal(db)
    },
    // A full disk is a file that may not grow.
    fail(failing) {
      db?.pragma(`max_page_count = ${failing ? 1 : 1_000_000}`)
    },
    dispose() {
      db?.close()
      rmSync(folder, { recursive: true })
    },
  }
})

const offer: Word = {
  kind: 'offer',
  saleId: '6f1c4a52-4a3b-4f0e-9a55-0d1f2c3b4a59',
  offer: '{}',
  slip: 'a.b.c',
}
const change: Change = {
  at: now,
  event: { type: 'restarted' },
  snapshot: { chartVersion: 1, json: '{}' },
  offers: [],
  promises: [],
  words: [offer],
  answers: [],
}

describe('opening the journal file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'concilia-journal-'))
    file = join(folder, 'below', 'journal.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const open = () => openSqliteJournal(file, systemRandom, now)

  /** A journal with a thousand words in it. */
  function written(): string {
    const { journal } = open()
    journal.commit({ ...change, words: Array(1000).fill(offer) })
    journal.close()
    return journal.journalId
  }

  function refusedWith(code: string, advice: RegExp) {
    try {
      open().journal.close()
    } catch (error) {
      expect(error).toBeInstanceOf(OperatingError)
      expect(error).toMatchObject({ code, advice: expect.stringMatching(advice) })
      return
    }
    throw new Error('it opened')
  }

  test('makes the folder and the file, and finds them again', () => {
    const id = written()
    const { journal, setAside } = open()
    expect([journal.journalId, journal.boot, journal.lastSeq, setAside]).toEqual([id, 2, 1000, undefined])
    journal.close()
  })

  const page = 4096
  test.each<[string, (bytes: Buffer) => void]>([
    ['its beginning overwritten', (bytes) => writeFileSync(file, bytes.fill(0x2a, 0, 200))],
    ['a page of its tables overwritten', (bytes) => writeFileSync(file, bytes.fill(0x2a, page, 3 * page))],
    ['its end cut off', (bytes) => truncateSync(file, bytes.length - 5 * page - 17)],
    ['only a few bytes left', () => truncateSync(file, 50)],
    ['text in it', () => writeFileSync(file, 'this is no database\n'.repeat(100))],
  ])('moves a file with %s aside, keeps its bytes and begins anew', (_, damage) => {
    const id = written()
    damage(readFileSync(file))
    const damaged = readFileSync(file)
    const { journal, setAside } = open()
    expect(journal.journalId).not.toBe(id)
    expect([journal.boot, journal.lastSeq, journal.unstored()]).toEqual([1, 0, []])
    expect(setAside?.why).toMatch(/damaged/)
    expect(setAside?.file).toContain('journal.db.set-aside-2030-01-01')
    expect(readFileSync(setAside?.file ?? '').equals(damaged)).toBe(true)
    journal.commit(change)
    journal.close()
    expect(open().setAside).toBeUndefined()
  })

  test("moves another program's database aside", () => {
    open().journal.close()
    rmSync(file)
    const other = new Database(file)
    other.exec('create table recipes (name text)')
    other.close()
    const { journal, setAside } = open()
    expect([setAside?.why, journal.boot]).toEqual(['it is the file of another program', 1])
    journal.close()
    expect(readdirSync(join(folder, 'below'))).toHaveLength(2)
  })

  test('is refused to a second process while the first one holds it', () => {
    const { journal } = open()
    refusedWith('journal-busy', /Stop the other automaton/)
    journal.close()
    open().journal.close()
  })

  test('brings the journal of an older release up to date, with all that it holds', () => {
    const id = written()
    const db = new Database(file)
    db.exec('drop table configuration; drop table till')
    db.pragma('user_version = 1')
    db.close()
    const { journal, setAside } = open()
    expect([journal.journalId, journal.lastSeq, setAside]).toEqual([id, 1000, undefined])
    journal.keepConfiguration({ version: 1, hash: 'one', text: '{}' }, now)
    journal.keepTill('{}', [], now)
    journal.close()
    const again = open().journal
    expect([again.configuration?.version, again.till]).toEqual([1, '{}'])
  })

  test('pruned, gives the disk back what it freed', () => {
    written()
    const { journal } = open()
    journal.markStored({ upTo: 1000, beyond: [] })
    const before = readFileSync(file).length
    journal.prune(now + 1, Number.MAX_SAFE_INTEGER)
    journal.close()
    expect(readFileSync(file).length).toBeLessThan(before / 2)
  })

  test('leaves the journal of a newer release alone', () => {
    written()
    const db = new Database(file)
    db.pragma('user_version = 99')
    db.close()
    refusedWith('journal-newer', /Run that release/)
    expect(readdirSync(join(folder, 'below'))).toEqual(['journal.db'])
  })

  test('says that a folder cannot be made or a file not opened', () => {
    writeFileSync(join(folder, 'below'), 'a file where a folder should be')
    refusedWith('journal-unreachable', /folder exists/)
    file = folder
    refusedWith('journal-unreachable', /folder exists/)
  })
})
