// One machine's books while one input is decided: reads see what this input has changed already, and nothing
// counts until the shelves take it over. An input that throws leaves no trace but its quarantine.
import type { Admission, Stored } from '@concilia/protocol/messages.ts'
import type {
  AuditRow,
  CallEnd,
  CallRow,
  CertificateRow,
  ConfigurationRow,
  IdentificationRow,
  InboxRow,
  MachineRow,
  OutboxRow,
  PageRow,
  PersonRow,
  QuarantineRow,
  SaleRow,
  SoldRow,
  SubscriberRow,
  TallyRow,
  TelemetryRow,
  UnknownRow,
  WrongCodesRow,
} from '../store/port.ts'
import type { Shelves } from './shelves.ts'

/** A line of a sale's story, for the log: the step's number in the main source, and words. */
export interface Note {
  readonly step?: string
  readonly saleId?: string
  readonly words: string
  readonly alarm?: boolean
}

/** What is sent once the commit stands, and is nobody's loss if it is not: the peer asks again. */
export type Release =
  | { channel: 'stored'; automatonId: string; body: Stored }
  | { channel: 'admission'; automatonId: string; body: Admission }
  /** For whoever waits to go on with a call. */
  | { channel: 'call'; callId: string }

/** Everything one input adds to the books. */
export class Changes {
  /** Of these, and of sales, identifications and calls, one row an id at most. */
  machine: MachineRow | undefined
  readonly sales: SaleRow[] = []
  readonly identifications: IdentificationRow[] = []
  readonly calls: CallRow[] = []
  readonly certificates: CertificateRow[] = []
  readonly subscribers: SubscriberRow[] = []
  readonly callEnds: CallEnd[] = []
  readonly wrongCodes: WrongCodesRow[] = []
  readonly inbox: InboxRow[] = []
  readonly outbox: OutboxRow[] = []
  readonly outboxDone: string[] = []
  readonly outboxDropped: { saleId: string; kind: OutboxRow['kind'] }[] = []
  readonly outboxDue: { id: string; dueAt: number }[] = []
  readonly quarantine: QuarantineRow[] = []
  readonly persons: PersonRow[] = []
  readonly unknowns: UnknownRow[] = []
  readonly tallies: TallyRow[] = []
  readonly configurations: ConfigurationRow[] = []
  readonly telemetry: TelemetryRow[] = []
  readonly audits: AuditRow[] = []
  readonly sold: SoldRow[] = []
  readonly pages: PageRow[] = []
  readonly notes: Note[] = []
  readonly releases: Release[] = []
}

/** Puts a row in the place of the one with the same id, or behind the others. */
export function put<R>(rows: R[], row: R, id: keyof R): void {
  const index = rows.findIndex((each) => each[id] === row[id])
  if (index === -1) rows.push(row)
  else rows[index] = row
}

/** The rows with the changed ones in their places. */
function overlaid<R>(rows: readonly R[], changed: readonly R[], id: keyof R): R[] {
  const all = [...rows]
  for (const row of changed) put(all, row, id)
  return all
}

export class Scene {
  readonly changes = new Changes()
  /** Which attempt of a payment operation is being answered: repeats come at growing intervals. */
  attempt = 1
  readonly #shelves: Shelves
  /** Empty for an input that is about no machine. */
  readonly #automatonId: string

  constructor(shelves: Shelves, automatonId: string | null) {
    this.#shelves = shelves
    this.#automatonId = automatonId ?? ''
  }

  /** The same books, with nothing changed yet. */
  restarted(): Scene {
    return new Scene(this.#shelves, this.#automatonId)
  }

  /** Whether a sale is known, and another machine's. */
  isForeign(saleId: string | undefined): boolean {
    const owner = saleId === undefined ? undefined : this.#shelves.ownerOf(saleId)
    return owner !== undefined && owner !== this.#automatonId
  }

  get machine(): MachineRow {
    const row = this.changes.machine ?? this.#shelves.machine(this.#automatonId)
    if (!row) throw new Error('an input for a machine was decided without its row')
    return row
  }

  putMachine(change: Partial<MachineRow>): void {
    this.changes.machine = { ...this.machine, ...change }
  }

  /** The chain of a signer that this server has not in memory. */
  chainOf(kid: string | undefined): string | undefined {
    return this.#shelves.book.certificates.find((row) => row.kid === kid)?.chain
  }

  /** What a count has come to, with what this input has added. */
  tally(scope: string): number {
    const before = this.#shelves.tally(scope)
    return this.changes.tallies.reduce((sum, row) => (row.scope === scope ? sum + row.count : sum), before)
  }

  sale(saleId: string | null | undefined): SaleRow | undefined {
    if (saleId == null) return undefined
    const isIt = (row: SaleRow) => row.saleId === saleId
    return this.changes.sales.find(isIt) ?? this.#shelves.salesOf(this.#automatonId).find(isIt)
  }

  /** Open ones, newest first. */
  openSales(): SaleRow[] {
    return overlaid(this.#shelves.salesOf(this.#automatonId), this.changes.sales, 'saleId')
      .filter(({ open }) => open)
      .sort((a, b) => b.createdAt - a.createdAt)
  }

  putSale(row: SaleRow): void {
    put(this.changes.sales, row, 'saleId')
  }

  identification(identificationId: string): IdentificationRow | undefined {
    const isIt = (row: IdentificationRow) => row.identificationId === identificationId
    const kept = this.#shelves.identificationsOf(this.#automatonId)
    return this.changes.identifications.find(isIt) ?? kept.find(isIt)
  }

  /** Waiting and bound ones, oldest first. */
  identifications(): IdentificationRow[] {
    const kept = this.#shelves.identificationsOf(this.#automatonId)
    const all = overlaid(kept, this.changes.identifications, 'identificationId')
    return all.filter(({ state }) => state !== 'closed')
  }

  putIdentification(row: IdentificationRow): void {
    put(this.changes.identifications, row, 'identificationId')
  }

  call(callId: string): CallRow | undefined {
    const isIt = (row: CallRow) => row.callId === callId
    return this.changes.calls.find(isIt) ?? this.#shelves.calls.find(isIt)
  }

  /** Those that have named this machine, as far as they were loaded. */
  callsHere(): CallRow[] {
    const { automatonId } = this.machine
    const all = overlaid(this.#shelves.calls, this.changes.calls, 'callId')
    return all.filter((call) => call.automatonId === automatonId)
  }

  putCall(row: CallRow): void {
    put(this.changes.calls, row, 'callId')
  }

  /** In this hour, on one machine or on all. */
  wrongCodesOf(automatonId: string | undefined): number {
    const rows = [...this.#shelves.wrongCodes, ...this.changes.wrongCodes]
    const counted = rows.filter((row) => automatonId === undefined || row.automatonId === automatonId)
    return counted.reduce((sum, { count }) => sum + count, 0)
  }

  unknownsToday(scope: UnknownRow['scope'], id: string): number {
    const rows = [...this.#shelves.unknowns, ...this.changes.unknowns]
    return rows.reduce((sum, row) => sum + (row.scope === scope && row.id === id ? row.count : 0), 0)
  }

  /** What this machine reported; here and below, before this input, and where its audit data has come. */
  get sold(): readonly SoldRow[] {
    return this.#shelves.ofMachine('sold', this.#automatonId)
  }

  /** Readings before. */
  get audits(): readonly AuditRow[] {
    return this.#shelves.ofMachine('audits', this.#automatonId)
  }

  get telemetry(): readonly TelemetryRow[] {
    return this.#shelves.ofMachine('telemetry', this.#automatonId)
  }

  note(note: Note): void {
    this.changes.notes.push(note)
  }
}
