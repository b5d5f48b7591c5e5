// One machine's books while one input is decided: reads see what this input has changed already, and nothing
// counts until it is kept. An input that throws leaves no trace but its quarantine.
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

/** Everything one input, or a whole batch, adds to the books. */
export class Changes {
  readonly machines = new Map<string, MachineRow>()
  readonly certificates = new Map<string, CertificateRow>()
  readonly sales = new Map<string, SaleRow>()
  readonly identifications = new Map<string, IdentificationRow>()
  readonly subscribers = new Map<string, SubscriberRow>()
  readonly calls = new Map<string, CallRow>()
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
  readonly pages = new Map<string, PageRow>()
  readonly notes: Note[] = []
  readonly releases: Release[] = []

  /** Takes over what a finished input changed. */
  add(other: Changes): void {
    for (const [key, row] of other.machines) this.machines.set(key, row)
    for (const [key, row] of other.certificates) this.certificates.set(key, row)
    for (const [key, row] of other.sales) this.sales.set(key, row)
    for (const [key, row] of other.identifications) this.identifications.set(key, row)
    for (const [key, row] of other.subscribers) this.subscribers.set(key, row)
    for (const [key, row] of other.calls) this.calls.set(key, row)
    this.callEnds.push(...other.callEnds)
    this.wrongCodes.push(...other.wrongCodes)
    // A row added earlier in this batch and dropped or done by a later input was never written: it just goes.
    const dropped = (row: OutboxRow) =>
      other.outboxDone.includes(row.id) ||
      other.outboxDropped.some(({ saleId, kind }) => saleId === row.saleId && kind === row.kind)
    if (other.outboxDone.length + other.outboxDropped.length > 0) {
      const kept = this.outbox.filter((row) => !dropped(row))
      this.outbox.splice(0, this.outbox.length, ...kept)
    }
    this.outbox.push(...other.outbox)
    this.inbox.push(...other.inbox)
    this.outboxDone.push(...other.outboxDone)
    this.outboxDropped.push(...other.outboxDropped)
    this.outboxDue.push(...other.outboxDue)
    this.quarantine.push(...other.quarantine)
    this.persons.push(...other.persons)
    this.unknowns.push(...other.unknowns)
    this.tallies.push(...other.tallies)
    this.configurations.push(...other.configurations)
    this.telemetry.push(...other.telemetry)
    this.audits.push(...other.audits)
    this.sold.push(...other.sold)
    for (const [key, row] of other.pages) this.pages.set(key, row)
    this.notes.push(...other.notes)
    this.releases.push(...other.releases)
  }
}

export interface Books {
  readonly machine: MachineRow | undefined
  readonly certificates: readonly CertificateRow[]
  readonly sales: readonly SaleRow[]
  readonly identifications: readonly IdentificationRow[]
  readonly unknowns: readonly UnknownRow[]
  /** Those the batch is about, of whatever machine, and the hour's wrong codes of all. */
  readonly calls: readonly CallRow[]
  readonly wrongCodes: readonly WrongCodesRow[]
  readonly tallies: readonly TallyRow[]
  readonly namesForeignSale: boolean
  /** What this machine reported and what was read of it; only where its audit data has come. */
  readonly sold: readonly SoldRow[]
  readonly audits: readonly AuditRow[]
  readonly telemetry: readonly TelemetryRow[]
}

export class Scene {
  readonly changes = new Changes()
  /** Which attempt of a payment operation is being answered: repeats come at growing intervals. */
  attempt = 1
  readonly #books: Books

  constructor(books: Books) {
    this.#books = books
  }

  /** The same books, with nothing changed yet. */
  restarted(): Scene {
    return new Scene(this.#books)
  }

  /** The input speaks of a sale that is another machine's. */
  get namesForeignSale(): boolean {
    return this.#books.namesForeignSale
  }

  get machine(): MachineRow {
    const row = this.changes.machines.values().next().value ?? this.#books.machine
    if (!row) throw new Error('an input for a machine was decided without its row')
    return row
  }

  putMachine(change: Partial<MachineRow>): void {
    this.changes.machines.set(this.machine.automatonId, { ...this.machine, ...change })
  }

  /** The chain of a signer that this server has not in memory. */
  chainOf(kid: string | undefined): string | undefined {
    return this.#books.certificates.find((row) => row.kid === kid)?.chain
  }

  /** What a count has come to, with what this input has added. */
  tally(scope: string): number {
    const rows = [...this.#books.tallies, ...this.changes.tallies]
    return rows.reduce((sum, row) => (row.scope === scope ? sum + row.count : sum), 0)
  }

  sale(saleId: string | null | undefined): SaleRow | undefined {
    if (saleId == null) return undefined
    return this.changes.sales.get(saleId) ?? this.#books.sales.find((row) => row.saleId === saleId)
  }

  /** Open ones, newest first. */
  openSales(): SaleRow[] {
    const ids = new Set([...this.#books.sales.map(({ saleId }) => saleId), ...this.changes.sales.keys()])
    return [...ids]
      .flatMap((saleId) => this.sale(saleId) ?? [])
      .filter(({ open }) => open)
      .sort((a, b) => b.createdAt - a.createdAt)
  }

  putSale(row: SaleRow): void {
    this.changes.sales.set(row.saleId, row)
  }

  identification(identificationId: string): IdentificationRow | undefined {
    return (
      this.changes.identifications.get(identificationId) ??
      this.#books.identifications.find((row) => row.identificationId === identificationId)
    )
  }

  /** Waiting and bound ones, oldest first. */
  identifications(): IdentificationRow[] {
    const ids = [...this.#books.identifications.map((row) => row.identificationId)]
    for (const id of this.changes.identifications.keys()) if (!ids.includes(id)) ids.push(id)
    return ids.flatMap((id) => this.identification(id) ?? []).filter(({ state }) => state !== 'closed')
  }

  putIdentification(row: IdentificationRow): void {
    this.changes.identifications.set(row.identificationId, row)
  }

  call(callId: string): CallRow | undefined {
    return this.changes.calls.get(callId) ?? this.#books.calls.find((row) => row.callId === callId)
  }

  /** Those that have named this machine, as far as they were loaded. */
  callsHere(): CallRow[] {
    const ids = new Set([...this.#books.calls.map(({ callId }) => callId), ...this.changes.calls.keys()])
    const here = [...ids].flatMap((callId) => this.call(callId) ?? [])
    return here.filter(({ automatonId }) => automatonId === this.machine.automatonId)
  }

  putCall(row: CallRow): void {
    this.changes.calls.set(row.callId, row)
  }

  /** In this hour, on one machine or on all. */
  wrongCodesOf(automatonId: string | undefined): number {
    const rows = [...this.#books.wrongCodes, ...this.changes.wrongCodes]
    const counted = rows.filter((row) => automatonId === undefined || row.automatonId === automatonId)
    return counted.reduce((sum, { count }) => sum + count, 0)
  }

  unknownsToday(scope: UnknownRow['scope'], id: string): number {
    const rows = [...this.#books.unknowns, ...this.changes.unknowns]
    return rows.reduce((sum, row) => sum + (row.scope === scope && row.id === id ? row.count : 0), 0)
  }

  get sold(): readonly SoldRow[] {
    return this.#books.sold
  }

  /** Readings before. */
  get audits(): readonly AuditRow[] {
    return this.#books.audits
  }

  get telemetry(): readonly TelemetryRow[] {
    return this.#books.telemetry
  }

  note(note: Note): void {
    this.changes.notes.push(note)
  }
}
