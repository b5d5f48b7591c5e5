// The journal on a disk: one SQLite file, WAL with synchronous FULL, so that what was committed survives a
// power cut. One process holds it at a time. Opening it is in open-sqlite-journal.ts; here are its reads and
// writes.
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import Database from 'better-sqlite3'
import type { Held } from '../sale-events.ts'
import {
  type Change,
  eventsInOnePruning,
  type Journal,
  JournalError,
  type KeptConfiguration,
  type Marks,
  numbered,
  type OutboxRow,
  type SaleTerms,
  type StoredSnapshot,
  type Word,
} from './port.ts'

/** Raised with every change of the tables; stored as SQLite's `user_version`. */
export const schemaVersion = 3

const configurationTable = `
  create table configuration (
    id integer primary key check (id = 1), version integer not null, hash text not null, text text not null,
    at integer not null
  ) strict;
`

const tillTable = `
  create table till (id integer primary key check (id = 1), till text not null, at integer not null) strict;
`

/** What brings the tables of an older version to the next one, by the older version. */
export const upgrades: Readonly<Record<number, string>> = { 1: configurationTable, 2: tillTable }

export const schema = `
  create table journal (
    id integer primary key check (id = 1), journal_id text not null, boot integer not null,
    last_seq integer not null, chart_version integer, snapshot text
  ) strict;
  create table events (id integer primary key, at integer not null, event text not null) strict;
  create table sales (
    sale_id text primary key, offer_hash text not null, amount_minor integer not null, currency text not null,
    at integer not null
  ) strict;
  create table promises (
    sale_id text primary key, promise text not null check (promise in ('deliver', 'withdraw')),
    at integer not null
  ) strict;
  create table outbox (
    seq integer primary key, sale_id text not null, kind text not null, text text not null,
    at integer not null, stored integer not null default 0
  ) strict;
  create index outbox_unstored on outbox (seq) where stored = 0;
  create index outbox_of_sale on outbox (sale_id);
  create table answers (instruction_id text primary key, answer text not null, at integer not null) strict;
  ${configurationTable}
  ${tillTable}
`

interface Head {
  journal_id: string
  boot: number
  last_seq: number
  chart_version: number | null
  snapshot: string | null
}
interface TermsRow {
  sale_id: string
  offer_hash: string
  amount_minor: number
  currency: Currency
}

const statements = (db: Database.Database) => ({
  snapshot: db.prepare('update journal set last_seq = ?, chart_version = ?, snapshot = ?'),
  lastSeq: db.prepare('update journal set last_seq = ?'),
  event: db.prepare('insert into events (at, event) values (?, ?)'),
  sale: db.prepare('insert into sales values (?, ?, ?, ?, ?)'),
  promise: db.prepare('insert into promises values (?, ?, ?)'),
  word: db.prepare('insert into outbox (seq, sale_id, kind, text, at) values (?, ?, ?, ?, ?)'),
  giveAnswer: db.prepare('insert into answers values (?, ?, ?)'),
  storedUpTo: db.prepare('update outbox set stored = 1 where stored = 0 and seq <= ?'),
  storedOne: db.prepare('update outbox set stored = 1 where seq = ?'),
  promised: db.prepare<[string], string>('select promise from promises where sale_id = ?').pluck(),
  terms: db.prepare<[string], TermsRow>('select * from sales where sale_id = ?'),
  unfinished: db.prepare<[], TermsRow>(
    `select sales.* from sales left join promises using (sale_id)
     where promise is null or (promise = 'deliver' and not exists (
       select 1 from outbox where outbox.sale_id = sales.sale_id and kind = 'outcome'))
     order by sales.at`,
  ),
  answer: db.prepare<[string], string>('select answer from answers where instruction_id = ?').pluck(),
  unstored: db.prepare<[], number>('select seq from outbox where stored = 0 order by seq').pluck(),
  row: db.prepare<[number], OutboxRow>('select seq, sale_id as saleId, kind, text from outbox where seq = ?'),
  lastWord: db.prepare<[string], OutboxRow>(
    `select seq, sale_id as saleId, kind, text from outbox where sale_id = ?
     and kind in ('withdrawal', 'outcome') order by seq desc limit 1`,
  ),
  prune: [
    'delete from events where at < :before',
    'delete from answers where at < :before',
    // A finished sale goes as a whole: its row first, then what no longer belongs to a sale.
    `delete from sales where at < :before
     and exists (
       select 1 from outbox where outbox.sale_id = sales.sale_id and kind in ('withdrawal', 'outcome'))
     and not exists (
       select 1 from outbox where outbox.sale_id = sales.sale_id and (at >= :before or stored = 0))`,
    'delete from promises where at < :before and sale_id not in (select sale_id from sales)',
    'delete from outbox where at < :before and stored = 1 and sale_id not in (select sale_id from sales)',
  ].map((sql) => db.prepare<{ before: number }>(sql)),
  oldest: db
    .prepare<[number], number | null>('select max(at) from (select at from events order by at limit ?)')
    .pluck(),
  countEvents: db.prepare<[], number>('select count(*) from events').pluck(),
  configuration: db.prepare<[], KeptConfiguration>('select version, hash, text from configuration'),
  keepConfiguration: db.prepare('insert or replace into configuration values (1, ?, ?, ?, ?)'),
  till: db.prepare<[], string>('select till from till').pluck(),
  keepTill: db.prepare('insert or replace into till values (1, ?, ?)'),
})

export class SqliteJournal implements Journal {
  readonly journalId: string
  readonly boot: number
  readonly snapshot: StoredSnapshot | undefined
  #lastSeq: number
  readonly #db: Database.Database
  readonly #sql: ReturnType<typeof statements>

  /** @param db open, ours, of this schema and whole */
  constructor(db: Database.Database) {
    this.#db = db
    this.#sql = statements(db)
    const head = db.prepare<[], Head>('update journal set boot = boot + 1 returning *').get()
    if (!head) throw new Error('the journal has no head row')
    this.journalId = head.journal_id
    this.boot = head.boot
    this.#lastSeq = head.last_seq
    this.snapshot =
      head.snapshot === null || head.chart_version === null
        ? undefined
        : { chartVersion: head.chart_version, json: head.snapshot }
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  commit(change: Change): OutboxRow[] {
    const rows = change.words.map((word, index) => numbered(word, this.journalId, this.#lastSeq + index + 1))
    const lastSeq = this.#lastSeq + rows.length
    this.#write(() => this.#insert(change, rows, lastSeq))
    this.#lastSeq = lastSeq
    return rows
  }

  addWords(words: readonly Word[], at: number): OutboxRow[] {
    const rows = words.map((word, index) => numbered(word, this.journalId, this.#lastSeq + index + 1))
    const lastSeq = this.#lastSeq + rows.length
    this.#write(() => {
      this.#sql.lastSeq.run(lastSeq)
      for (const { seq, saleId, kind, text } of rows) this.#sql.word.run(seq, saleId, kind, text, at)
    })
    this.#lastSeq = lastSeq
    return rows
  }

  #insert(change: Change, rows: readonly OutboxRow[], lastSeq: number): void {
    const { at, snapshot } = change
    this.#sql.snapshot.run(lastSeq, snapshot.chartVersion, snapshot.json)
    this.#sql.event.run(at, JSON.stringify(change.event))
    for (const { saleId, offerHash, price } of change.offers) {
      this.#sql.sale.run(saleId, offerHash, price.amountMinor, price.currency, at)
    }
    for (const { saleId, promise } of change.promises) this.#sql.promise.run(saleId, promise, at)
    for (const { seq, saleId, kind, text } of rows) this.#sql.word.run(seq, saleId, kind, text, at)
    for (const answer of change.answers) {
      this.#sql.giveAnswer.run(answer.instructionId, JSON.stringify(answer), at)
    }
  }

  markStored({ upTo, beyond }: Marks): void {
    this.#write(() => {
      this.#sql.storedUpTo.run(upTo)
      for (const seq of beyond) this.#sql.storedOne.run(seq)
    })
  }

  get configuration(): KeptConfiguration | undefined {
    return translated(() => this.#sql.configuration.get())
  }

  keepConfiguration({ version, hash, text }: KeptConfiguration, at: number): void {
    this.#write(() => this.#sql.keepConfiguration.run(version, hash, text, at))
  }

  get till(): string | undefined {
    return translated(() => this.#sql.till.get())
  }

  keepTill(till: string, events: readonly Change['event'][], at: number): void {
    this.#write(() => {
      this.#sql.keepTill.run(till, at)
      for (const event of events) this.#sql.event.run(at, JSON.stringify(event))
    })
  }

  held(saleId: string): Held {
    return translated(() => {
      const promise = this.#sql.promised.get(saleId)
      if (promise === 'withdraw') return 'withdrawn'
      if (this.#sql.lastWord.get(saleId)) return 'concluded'
      if (promise === 'deliver') return 'delivering'
      return this.#sql.terms.get(saleId) ? 'open' : 'none'
    })
  }

  terms(saleId: string): SaleTerms | undefined {
    const row = translated(() => this.#sql.terms.get(saleId))
    return row && termsOf(row)
  }

  unfinished(): SaleTerms[] {
    return translated(() => this.#sql.unfinished.all()).map(termsOf)
  }

  answer(instructionId: string): InstructionAnswer | undefined {
    const text = translated(() => this.#sql.answer.get(instructionId))
    return text === undefined ? undefined : JSON.parse(text)
  }

  unstored(): number[] {
    return translated(() => this.#sql.unstored.all())
  }

  row(seq: number): OutboxRow | undefined {
    return translated(() => this.#sql.row.get(seq))
  }

  lastWord(saleId: string): OutboxRow | undefined {
    return translated(() => this.#sql.lastWord.get(saleId))
  }

  get bytes(): number {
    return translated(() => {
      const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
        Number(this.#db.pragma(name, { simple: true })),
      )
      return ((pages ?? 0) - (free ?? 0)) * (size ?? 0)
    })
  }

  prune(before: number, largestBytes: number): number {
    let gone = this.#pruneBefore(before)
    while (this.bytes > largestBytes) {
      const oldest = translated(() => {
        const count = this.#sql.countEvents.get() ?? 0
        return this.#sql.oldest.get(eventsInOnePruning(count))
      })
      if (oldest == null) break
      gone += this.#pruneBefore(oldest + 1)
    }
    // What was freed goes back to the disk.
    if (gone > 0) translated(() => this.#db.pragma('incremental_vacuum'))
    return gone
  }

  #pruneBefore(before: number): number {
    let gone = 0
    this.#write(() => {
      gone = this.#sql.prune.reduce((sum, statement) => sum + statement.run({ before }).changes, 0)
    })
    return gone
  }

  close(): void {
    this.#db.close()
  }

  #write(action: () => void): void {
    translated(() => this.#db.transaction(action).immediate())
  }
}

/**
 * A broken constraint is a broken invariant and is thrown as it is; anything else SQLite says is about the
 * disk.
 */
function translated<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    const ofTheDisk = error instanceof Database.SqliteError && !error.code.startsWith('SQLITE_CONSTRAINT')
    throw ofTheDisk ? new JournalError(error) : error
  }
}

function termsOf({ sale_id, offer_hash, amount_minor, currency }: TermsRow): SaleTerms {
  return { saleId: sale_id, offerHash: offer_hash, price: { amountMinor: amount_minor, currency } }
}
