// A simulated disk and the journal on it: what was committed outlives the journal object, as on a real disk,
// and the disk can be told to fail. For tests and simulated worlds.
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { Held } from '../sale-events.ts'
import {
  type Change,
  endsSale,
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

interface Kept<T> {
  readonly at: number
  readonly value: T
}

export class SimulatedDisk {
  readonly journalId: string
  boot = 0
  lastSeq = 0
  snapshot: StoredSnapshot | undefined
  configuration: KeptConfiguration | undefined
  till: string | undefined
  readonly events: Kept<Change['event']>[] = []
  readonly sales = new Map<string, Kept<SaleTerms>>()
  readonly promises = new Map<string, Kept<'deliver' | 'withdraw'>>()
  readonly outbox = new Map<number, Kept<OutboxRow>>()
  readonly stored = new Set<number>()
  readonly answers = new Map<string, Kept<InstructionAnswer>>()
  /** Every write fails while this is set, as on a full disk. */
  failing = false

  constructor(random: Random) {
    this.journalId = uuidFrom(random)
  }
}

export class MemoryJournal implements Journal {
  readonly journalId: string
  readonly boot: number
  readonly snapshot: StoredSnapshot | undefined
  readonly #disk: SimulatedDisk

  constructor(disk: SimulatedDisk) {
    this.#disk = disk
    this.#writable()
    disk.boot++
    this.journalId = disk.journalId
    this.boot = disk.boot
    this.snapshot = disk.snapshot
  }

  get lastSeq(): number {
    return this.#disk.lastSeq
  }

  commit({ at, event, snapshot, offers, promises, words, answers }: Change): OutboxRow[] {
    this.#writable()
    const disk = this.#disk
    const taken = [
      offers.some(({ saleId }) => disk.sales.has(saleId)),
      promises.some(({ saleId }) => disk.promises.has(saleId)),
      answers.some(({ instructionId }) => disk.answers.has(instructionId)),
    ]
    if (taken.includes(true)) throw new Error('a row of this id exists: nothing was written')
    const rows = words.map((word, index) => numbered(word, disk.journalId, disk.lastSeq + index + 1))
    disk.lastSeq += rows.length
    disk.snapshot = snapshot
    disk.events.push({ at, value: structuredClone(event) })
    for (const value of offers) disk.sales.set(value.saleId, { at, value })
    for (const { saleId, promise } of promises) disk.promises.set(saleId, { at, value: promise })
    for (const value of rows) disk.outbox.set(value.seq, { at, value })
    for (const value of answers) disk.answers.set(value.instructionId, { at, value })
    return rows
  }

  addWords(words: readonly Word[], at: number): OutboxRow[] {
    this.#writable()
    const disk = this.#disk
    const rows = words.map((word, index) => numbered(word, disk.journalId, disk.lastSeq + index + 1))
    disk.lastSeq += rows.length
    for (const value of rows) disk.outbox.set(value.seq, { at, value })
    return rows
  }

  markStored({ upTo, beyond }: Marks): void {
    this.#writable()
    for (const seq of this.#disk.outbox.keys()) {
      if (seq <= upTo || beyond.includes(seq)) this.#disk.stored.add(seq)
    }
  }

  held(saleId: string): Held {
    const promise = this.#disk.promises.get(saleId)?.value
    if (promise === 'withdraw') return 'withdrawn'
    if (this.lastWord(saleId)) return 'concluded'
    if (promise === 'deliver') return 'delivering'
    return this.#disk.sales.has(saleId) ? 'open' : 'none'
  }

  terms(saleId: string): SaleTerms | undefined {
    return this.#disk.sales.get(saleId)?.value
  }

  unfinished(): SaleTerms[] {
    const all = [...this.#disk.sales.values()].map(({ value }) => value)
    return all.filter(({ saleId }) => ['open', 'delivering'].includes(this.held(saleId)))
  }

  answer(instructionId: string): InstructionAnswer | undefined {
    return this.#disk.answers.get(instructionId)?.value
  }

  unstored(): number[] {
    return [...this.#disk.outbox.keys()].filter((seq) => !this.#disk.stored.has(seq))
  }

  row(seq: number): OutboxRow | undefined {
    return this.#disk.outbox.get(seq)?.value
  }

  lastWord(saleId: string): OutboxRow | undefined {
    const words = [...this.#disk.outbox.values()].map(({ value }) => value)
    return words.findLast((row) => row.saleId === saleId && endsSale(row.kind))
  }

  get configuration(): KeptConfiguration | undefined {
    return this.#disk.configuration
  }

  keepConfiguration(configuration: KeptConfiguration): void {
    this.#writable()
    this.#disk.configuration = configuration
  }

  get till(): string | undefined {
    return this.#disk.till
  }

  keepTill(till: string, events: readonly Change['event'][], at: number): void {
    this.#writable()
    this.#disk.till = till
    for (const value of events) this.#disk.events.push({ at, value: structuredClone(value) })
  }

  get bytes(): number {
    const { events, answers, outbox, promises, sales } = this.#disk
    const rows = [events, [...answers], [...outbox], [...promises], [...sales]]
    return Buffer.byteLength(JSON.stringify(rows))
  }

  prune(before: number, largestBytes: number): number {
    this.#writable()
    const { events } = this.#disk
    let gone = this.#pruneBefore(before)
    while (this.bytes > largestBytes && events.length > 0) {
      const oldest = events.map(({ at }) => at).sort((a, b) => a - b)
      const last = oldest.slice(0, eventsInOnePruning(oldest.length)).at(-1) ?? 0
      gone += this.#pruneBefore(last + 1)
    }
    return gone
  }

  #pruneBefore(before: number): number {
    const { events, answers, outbox, stored, promises, sales } = this.#disk
    const keptEvents = events.filter(({ at }) => at >= before)
    let gone = events.length - keptEvents.length
    events.splice(0, events.length, ...keptEvents)
    const drop = <K>(rows: Map<K, Kept<unknown>>, may: (key: K) => boolean) => {
      for (const [key, { at }] of rows) if (at < before && may(key) && rows.delete(key)) gone++
    }
    const isOver = (saleId: string) => {
      const words = [...outbox].filter(([, { value }]) => value.saleId === saleId)
      return (
        words.some(([, { value }]) => endsSale(value.kind)) &&
        words.every(([seq, { at }]) => at < before && stored.has(seq))
      )
    }
    drop(answers, () => true)
    drop(sales, isOver)
    drop(promises, (saleId) => !sales.has(saleId))
    drop(outbox, (seq) => stored.has(seq) && !sales.has(outbox.get(seq)?.value.saleId ?? ''))
    return gone
  }

  close(): void {}

  #writable(): void {
    if (this.#disk.failing) throw new JournalError(new Error('the simulated disk fails'))
  }
}
