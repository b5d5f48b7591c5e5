// The books of one batch, by machine, as the inputs decided so far have left them: each input sees those of
// its own machine (scene.ts). And what all of them together have to write.
import type {
  BatchBook,
  CallRow,
  IdentificationRow,
  MachineRow,
  OutboxRow,
  SaleRow,
  SoldRow,
  UnknownRow,
  Writes,
  WrongCodesRow,
} from '../store/port.ts'
import { type Changes, put } from './scene.ts'

export class Shelves {
  readonly book: BatchBook
  /** Of whatever machine: those the batch is about, the hour's wrong codes and the day's unknowns. */
  readonly calls: CallRow[]
  readonly wrongCodes: WrongCodesRow[]
  readonly unknowns: UnknownRow[]
  readonly #machines = new Map<string, MachineRow>()
  readonly #sales = new Map<string, SaleRow[]>()
  readonly #identifications = new Map<string, IdentificationRow[]>()
  /** The machine of each sale. */
  readonly #owners = new Map<string, string>()
  readonly #tallies = new Map<string, number>()
  readonly #changes: Changes[] = []

  constructor(book: BatchBook) {
    this.book = book
    this.calls = [...book.calls]
    this.wrongCodes = [...book.wrongCodes]
    this.unknowns = [...book.unknowns]
    for (const row of book.machines) this.#machines.set(row.automatonId, row)
    for (const row of book.sales) this.#putSale(row)
    for (const row of book.identifications) this.#putIdentification(row)
    for (const { scope, count } of book.tallies) this.#tallies.set(scope, count)
  }

  /** Takes over what a finished input changed. */
  add(changes: Changes): void {
    const { machine } = changes
    if (machine) this.#machines.set(machine.automatonId, machine)
    for (const row of changes.sales) this.#putSale(row)
    for (const row of changes.identifications) this.#putIdentification(row)
    for (const row of changes.calls) put(this.calls, row, 'callId')
    for (const { scope, count } of changes.tallies) this.#tallies.set(scope, this.tally(scope) + count)
    this.wrongCodes.push(...changes.wrongCodes)
    this.unknowns.push(...changes.unknowns)
    this.#changes.push(changes)
  }

  machine(automatonId: string): MachineRow | undefined {
    return this.#machines.get(automatonId)
  }

  salesOf(automatonId: string): readonly SaleRow[] {
    return this.#sales.get(automatonId) ?? []
  }

  identificationsOf(automatonId: string): readonly IdentificationRow[] {
    return this.#identifications.get(automatonId) ?? []
  }

  tally(scope: string): number {
    return this.#tallies.get(scope) ?? 0
  }

  /** The machine of a sale, where the sale is known. */
  ownerOf(saleId: string): string | undefined {
    return this.#owners.get(saleId)
  }

  /** Where audit data of this machine has come: what was reported, noticed and read before. */
  ofMachine<Name extends 'sold' | 'audits' | 'telemetry'>(name: Name, automatonId: string) {
    const rows = [...this.book[name], ...this.all(name)] as BatchBook[Name][number][]
    return rows.filter((row) => row.automatonId === automatonId)
  }

  /** Of all inputs, in the order they were decided. */
  all<Name extends Many>(name: Name): Changes[Name][number][] {
    return this.#changes.flatMap((changes) => changes[name] as Changes[Name][number][])
  }

  writes(): Writes {
    return {
      inbox: this.all('inbox'),
      machines: newest(
        this.#changes.flatMap(({ machine }) => machine ?? []),
        'automatonId',
      ),
      certificates: newest(this.all('certificates'), 'kid'),
      sales: newest(this.all('sales'), 'saleId'),
      identifications: newest(this.all('identifications'), 'identificationId'),
      outbox: this.#outbox(),
      outboxDone: this.all('outboxDone'),
      outboxDropped: this.all('outboxDropped'),
      outboxDue: this.all('outboxDue'),
      quarantine: this.all('quarantine'),
      persons: this.all('persons'),
      unknowns: summed(this.all('unknowns'), ({ day, scope, id }) => `${day} ${scope} ${id}`),
      tallies: summed(this.all('tallies'), ({ scope }) => scope),
      blocked: [],
      forgotten: [],
      sold: soldSummed(this.all('sold')),
      subscribers: newest(this.all('subscribers'), 'subscriberId'),
      calls: newest(this.all('calls'), 'callId'),
      callEnds: this.all('callEnds'),
      wrongCodes: summed(this.all('wrongCodes'), ({ hour, automatonId }) => `${hour} ${automatonId}`),
      configurations: this.all('configurations'),
      telemetry: this.all('telemetry'),
      audits: this.all('audits'),
      pages: newest(this.all('pages'), 'sessionId'),
    }
  }

  /** A row added earlier in this batch and dropped or done by a later input was never written: it goes. */
  #outbox(): OutboxRow[] {
    let rows: OutboxRow[] = []
    for (const { outbox, outboxDone, outboxDropped } of this.#changes) {
      if (outboxDone.length + outboxDropped.length > 0) {
        const drops = (row: OutboxRow) =>
          outboxDone.includes(row.id) ||
          outboxDropped.some(({ saleId, kind }) => saleId === row.saleId && kind === row.kind)
        rows = rows.filter((row) => !drops(row))
      }
      rows.push(...outbox)
    }
    return rows
  }

  #putSale(row: SaleRow): void {
    this.#owners.set(row.saleId, row.automatonId)
    const rows = this.#sales.get(row.automatonId)
    if (rows) put(rows, row, 'saleId')
    else this.#sales.set(row.automatonId, [row])
  }

  #putIdentification(row: IdentificationRow): void {
    const rows = this.#identifications.get(row.automatonId)
    if (rows) put(rows, row, 'identificationId')
    else this.#identifications.set(row.automatonId, [row])
  }
}

/** What an input may add several of. */
type Many = {
  [Name in keyof Changes]: Changes[Name] extends readonly unknown[] ? Name : never
}[keyof Changes]

/** The last row of each id. */
function newest<R>(rows: readonly R[], id: keyof R): R[] {
  return rows.length < 2 ? [...rows] : [...new Map(rows.map((row) => [row[id], row])).values()]
}

/** One row a count: a statement must not touch the same row twice. */
function summed<R extends { readonly count: number }>(rows: readonly R[], keyOf: (row: R) => string): R[] {
  const sums = new Map<string, R>()
  for (const row of rows) {
    const key = keyOf(row)
    sums.set(key, { ...row, count: row.count + (sums.get(key)?.count ?? 0) })
  }
  return [...sums.values()]
}

function soldSummed(rows: readonly SoldRow[]): SoldRow[] {
  const sums = new Map<string, SoldRow>()
  for (const row of rows) {
    const key = `${row.automatonId} ${row.item} ${row.result}`
    const before = sums.get(key)
    const number = row.number + (before?.number ?? 0)
    sums.set(key, { ...row, number, valueMinor: row.valueMinor + (before?.valueMinor ?? 0) })
  }
  return [...sums.values()]
}
