// The store in memory, for the simulated world and for fast tests. One batch at a time, all or nothing, rows
// copied and frozen as they are written, so that they are handed out as they are; nothing outlives the
// process. Passes the same suite as PostgreSQL. Long, because every table of the port is here.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { LiveRows } from './live-rows.ts'
import {
  type AuditRow,
  type BatchBook,
  type BatchNeed,
  type CallRow,
  type CertificateRow,
  type ConfigurationRow,
  type DialogueRow,
  type Due,
  fewReadings,
  type IdentificationRow,
  type InboxRow,
  type MachineRow,
  mostDialogues,
  mostNoticesKept,
  type OutboxRow,
  type PageRow,
  type PersonRow,
  type QuarantineRow,
  type SaleRow,
  type SoldRow,
  type Standing,
  type Store,
  type SubscriberRow,
  type TallyRow,
  type TelemetryRow,
  type UnknownRow,
  type VisitRow,
  type Writes,
  type WrongCodesRow,
} from './port.ts'

const dayMs = 86_400_000

const inboxKey = ({ source, key }: { source: string; key: string }) => `${source} ${key}`
type Notice = TelemetryRow | AuditRow
const noticeKey = ({ automatonId, journalId, boot, count }: Notice) =>
  `${automatonId} ${journalId} ${boot} ${count}`
const soldKey = ({ automatonId, item, result }: SoldRow) => `${automatonId} ${item} ${result}`
const unknownKey = ({ day, scope, id }: UnknownRow) => `${day} ${scope} ${id}`

export class MemoryStore implements Store {
  readonly #machines = new Map<string, MachineRow>()
  readonly #certificates = new Map<string, CertificateRow>()
  readonly #sales = new LiveRows<SaleRow>((row) => row.open || row.dueAt !== null)
  readonly #identifications = new Map<string, IdentificationRow>()
  readonly #inbox = new Map<string, InboxRow>()
  readonly #outbox = new Map<string, OutboxRow>()
  readonly #quarantine = new Map<string, QuarantineRow>()
  readonly #persons = new Map<string, PersonRow>()
  readonly #unknowns = new Map<string, UnknownRow>()
  readonly #tallies = new Map<string, TallyRow>()
  readonly #subscribers = new Map<string, SubscriberRow>()
  readonly #configurations = new Map<string, ConfigurationRow>()
  readonly #telemetry = new Map<string, TelemetryRow>()
  readonly #audits = new Map<string, AuditRow>()
  readonly #dialogues = new Map<string, DialogueRow>()
  readonly #sold = new Map<string, SoldRow>()
  readonly #pages = new Map<string, PageRow>()
  readonly #visits = new Map<string, VisitRow>()
  readonly #calls = new LiveRows<CallRow>((row) => isLive(row) || row.dueAt !== null)
  readonly #wrongCodes = new Map<string, WrongCodesRow>()
  readonly #centres = new Map<string, readonly string[]>()

  async commitBatch<T>(
    need: BatchNeed,
    decide: (book: BatchBook) => { writes: Writes; result: T },
  ): Promise<T> {
    const { writes, result } = decide(this.read(need))
    this.write(writes)
    return result
  }

  /** The first half of a batch: what a database reads once its locks are taken. */
  read(need: BatchNeed): BatchBook {
    return this.#book(need)
  }

  /** The second half: all of it or, with an OperatingError, nothing. */
  write(writes: Writes): void {
    this.#refuseDuplicates(writes)
    this.#put(frozen(writes))
  }

  #refuseDuplicates(writes: Writes): void {
    const stored = writes.inbox.some((row) => this.#inbox.has(inboxKey(row)))
    const taken = writes.machines.some(
      ({ automatonId, machineNumber }) =>
        machineNumber !== null && this.#isTaken(machineNumber, automatonId, writes.machines),
    )
    const ids = new Set(writes.outbox.map(({ id }) => id))
    const gone = new Set(writes.outboxDone)
    const isThere = writes.outbox.some((row) => this.#outbox.has(row.id) && !gone.has(row.id))
    if (!stored && !taken && !isThere && ids.size === writes.outbox.length) return
    throw new OperatingError({
      code: 'duplicate-row',
      message: 'A row of this batch is there already.',
      advice: 'Nothing was written. If it was a repeat, it had been stored before.',
      retry: stored,
    })
  }

  /** By another machine, as it will be once these are written. */
  #isTaken(machineNumber: string, automatonId: string, written: readonly MachineRow[]): boolean {
    for (const row of this.#machines.values()) {
      if (row.machineNumber !== machineNumber || row.automatonId === automatonId) continue
      if (!written.some((other) => other.automatonId === row.automatonId)) return true
    }
    return written.some((row) => row.machineNumber === machineNumber && row.automatonId !== automatonId)
  }

  #book(need: BatchNeed): BatchBook {
    const {
      automatonIds,
      kids,
      saleIds,
      inboxKeys,
      unknownsOf,
      tallyScopes = [],
      auditsOf = [],
      voice,
    } = need
    const { callIds = [], callsAt = [] } = voice ?? {}
    const ids = new Set(automatonIds)
    const sales = new Set(saleIds)
    return {
      machines: [...ids].flatMap((id) => this.#machines.get(id) ?? []).sort(by('automatonId')),
      certificates: kids.flatMap((kid) => this.#certificates.get(kid) ?? []),
      sales: this.#salesFor(ids, sales),
      identifications: chosen(this.#identifications.values(), (row) => ids.has(row.automatonId)).sort(
        (a, b) => a.at - b.at,
      ),
      seen: inboxKeys.flatMap((key) => this.#inbox.get(inboxKey(key)) ?? []),
      unknowns: chosen(this.#unknowns.values(), (row) => row.day === unknownsOf),
      tallies: tallyScopes.flatMap((scope) => this.#tallies.get(scope) ?? []),
      sold: chosen(this.#sold.values(), (row) => auditsOf.includes(row.automatonId)),
      audits: auditsOf.flatMap((id) => newestOf(this.#audits, id).slice(0, fewReadings)),
      telemetry: auditsOf.flatMap((id) => newestOf(this.#telemetry, id)),
      calls: this.#callsFor(callIds, callsAt),
      wrongCodes:
        callsAt.length === 0 ? [] : [...this.#wrongCodes.values()].filter(({ hour }) => hour === voice?.hour),
    }
  }

  #salesFor(automatonIds: ReadonlySet<string>, saleIds: ReadonlySet<string>): SaleRow[] {
    const open = chosen(this.#sales.live(), (row) => row.open && automatonIds.has(row.automatonId))
    const asked = [...saleIds].flatMap((id) => this.#sales.get(id) ?? [])
    return [...new Set([...open, ...asked])]
  }

  #callsFor(callIds: readonly string[], automatonIds: readonly string[]): CallRow[] {
    const live = chosen(
      this.#calls.live(),
      (row) => isLive(row) && automatonIds.includes(row.automatonId ?? ''),
    )
    const asked = callIds.flatMap((id) => this.#calls.get(id) ?? [])
    return [...new Set([...live, ...asked])]
  }

  #put(writes: Writes): void {
    for (const { saleId, kind } of writes.outboxDropped) {
      for (const row of this.#outbox.values()) {
        if (row.saleId === saleId && row.kind === kind) this.#outbox.delete(row.id)
      }
    }
    for (const id of writes.outboxDone) this.#outbox.delete(id)
    for (const { id, dueAt } of writes.outboxDue) {
      const row = this.#outbox.get(id)
      if (row) this.#outbox.set(id, frozen({ ...row, dueAt }))
    }
    for (const row of writes.inbox) this.#inbox.set(inboxKey(row), row)
    for (const row of writes.machines) this.#machines.set(row.automatonId, row)
    for (const row of writes.certificates) this.#certificates.set(row.kid, row)
    for (const row of writes.sales) this.#sales.set(row.saleId, row)
    for (const row of writes.identifications) {
      if (row.state === 'closed') this.#identifications.delete(row.identificationId)
      else this.#identifications.set(row.identificationId, row)
    }
    for (const row of writes.calls) this.#calls.set(row.callId, row)
    for (const end of writes.callEnds) {
      const row = this.#calls.get(end.callId)
      if (row) this.#calls.set(row.callId, frozen({ ...row, ...end, saleId: null }))
    }
    for (const row of writes.wrongCodes) {
      const key = `${row.hour} ${row.automatonId}`
      const before = this.#wrongCodes.get(key)?.count ?? 0
      this.#wrongCodes.set(key, frozen({ ...row, count: before + row.count }))
    }
    for (const row of writes.outbox) this.#outbox.set(row.id, row)
    for (const row of writes.quarantine) this.#quarantine.set(row.id, row)
    for (const row of writes.persons) this.#persons.set(row.id, row)
    for (const row of writes.subscribers) {
      const { blocked } = this.#subscribers.get(row.subscriberId) ?? row
      this.#subscribers.set(row.subscriberId, { ...row, blocked })
    }
    for (const { subscriberId, blocked } of writes.blocked) {
      const row = this.#subscribers.get(subscriberId)
      if (row) this.#subscribers.set(subscriberId, { ...row, blocked })
    }
    for (const row of writes.configurations) {
      this.#configurations.set(`${row.automatonId} ${row.version}`, row)
    }
    for (const row of writes.telemetry) {
      if (!this.#telemetry.has(noticeKey(row))) this.#telemetry.set(noticeKey(row), row)
    }
    for (const row of writes.audits) {
      if (!this.#audits.has(noticeKey(row))) this.#audits.set(noticeKey(row), row)
    }
    for (const row of writes.sold) {
      const { number = 0, valueMinor = 0 } = this.#sold.get(soldKey(row)) ?? {}
      const sum = { number: number + row.number, valueMinor: valueMinor + row.valueMinor }
      this.#sold.set(soldKey(row), frozen({ ...row, ...sum }))
    }
    for (const row of writes.pages) this.#pages.set(row.sessionId, row)
    for (const row of writes.tallies) {
      const { count = 0, until = 0 } = this.#tallies.get(row.scope) ?? {}
      this.#tallies.set(row.scope, { ...row, count: count + row.count, until: Math.max(until, row.until) })
    }
    for (const id of writes.forgotten) this.#forget(id)
    for (const row of writes.unknowns) {
      const before = this.#unknowns.get(unknownKey(row))?.count ?? 0
      this.#unknowns.set(unknownKey(row), frozen({ ...row, count: before + row.count }))
    }
  }

  #forget(subscriberId: string): void {
    for (const [key, row] of this.#visits) if (row.subscriberId === subscriberId) this.#visits.delete(key)
    for (const [key, row] of this.#dialogues) {
      if (row.subscriberId === subscriberId) this.#dialogues.delete(key)
    }
    const row = this.#subscribers.get(subscriberId)
    if (row) this.#erase(row)
  }

  /** Who said STOP, or is blocked, stays known by the id alone. */
  #erase(row: SubscriberRow): void {
    const isInSale = ({ open, aside, subscriberId }: SaleRow) =>
      (open || aside !== null) && subscriberId === row.subscriberId
    if ([...this.#sales.values()].some(isInSale)) return
    if (row.stopped || row.blocked) this.#subscribers.set(row.subscriberId, { ...row, sealed: null })
    else this.#subscribers.delete(row.subscriberId)
  }

  async ensureMachine(row: MachineRow): Promise<void> {
    if (!this.#machines.has(row.automatonId)) this.#machines.set(row.automatonId, frozen(row))
  }

  async machines(): Promise<MachineRow[]> {
    return [...this.#machines.values()].sort(by('automatonId'))
  }

  async configuration(automatonId: string, version: number): Promise<ConfigurationRow | undefined> {
    return this.#configurations.get(`${automatonId} ${version}`)
  }

  async telemetryOf(automatonId: string, limit: number): Promise<TelemetryRow[]> {
    return newestOf(this.#telemetry, automatonId).slice(0, limit)
  }

  async auditsOf(automatonId: string, limit: number): Promise<AuditRow[]> {
    return newestOf(this.#audits, automatonId).slice(0, limit)
  }

  async inputBody(source: string, key: string): Promise<string | undefined> {
    return this.#inbox.get(inboxKey({ source, key }))?.body
  }

  async quarantineOf(automatonId: string, limit: number): Promise<QuarantineRow[]> {
    return this.#quarantined(automatonId).slice(0, limit)
  }

  /** Newest first. */
  #quarantined(automatonId: string | null): QuarantineRow[] {
    const rows = [...this.#quarantine.values()].filter((row) => row.automatonId === automatonId)
    return rows.sort((a, b) => b.at - a.at)
  }

  async centreChains(centreUrl: string): Promise<readonly string[]> {
    return [...(this.#centres.get(centreUrl) ?? [])]
  }

  async keepCentreChains(centreUrl: string, chains: readonly string[]): Promise<void> {
    this.#centres.set(centreUrl, [...chains])
  }

  async chainOf(kid: string): Promise<string | undefined> {
    return this.#certificates.get(kid)?.chain
  }

  async identificationsOf(subscriberId: string): Promise<IdentificationRow[]> {
    const own = chosen(this.#identifications.values(), (row) => row.subscriberId === subscriberId)
    return own.sort((a, b) => b.at - a.at)
  }

  async subscriber(subscriberId: string): Promise<SubscriberRow | undefined> {
    return this.#subscribers.get(subscriberId)
  }

  recentSubscriber(subscriberId: string): Promise<SubscriberRow | undefined> {
    return this.subscriber(subscriberId)
  }

  async dialoguesOf(subscriberId: string): Promise<DialogueRow[]> {
    const rows = [...this.#dialogues.values()].filter((row) => row.subscriberId === subscriberId)
    return rows.sort((a, b) => b.at - a.at).slice(0, mostDialogues)
  }

  async keepDialogue(row: DialogueRow, before: number | undefined): Promise<boolean> {
    const now = this.#dialogues.get(row.dialogueId)
    if (now && now.subscriberId === row.subscriberId && now.figure !== before) return false
    this.#dialogues.set(row.dialogueId, frozen(row))
    return true
  }

  async sale(saleId: string): Promise<SaleRow | undefined> {
    return this.#sales.get(saleId)
  }

  async pages(sessionIds: readonly string[]): Promise<PageRow[]> {
    return sessionIds.flatMap((id) => this.#pages.get(id) ?? [])
  }

  async visit(visitId: string): Promise<VisitRow | undefined> {
    return this.#visits.get(visitId)
  }

  async addVisit(row: VisitRow): Promise<void> {
    this.#visits.set(row.visitId, frozen(row))
  }

  async takeVisitTry(visitId: string): Promise<VisitRow | undefined> {
    const row = this.#visits.get(visitId)
    if (!row || row.triesLeft === 0 || row.provenAt !== null) return undefined
    const taken = frozen({ ...row, triesLeft: row.triesLeft - 1 })
    this.#visits.set(visitId, taken)
    return taken
  }

  async proveVisit(visitId: string, newId: string, at: number): Promise<void> {
    const row = this.#visits.get(visitId)
    if (!row) return
    this.#visits.delete(visitId)
    this.#visits.set(newId, frozen({ ...row, visitId: newId, provenAt: at }))
  }

  async dropVisit(visitId: string): Promise<void> {
    this.#visits.delete(visitId)
  }

  async visitsSince(subscriberId: string, since: number): Promise<{ own: number; all: number }> {
    const asked = [...this.#visits.values()].filter(({ askedAt }) => askedAt > since)
    return { own: asked.filter((row) => row.subscriberId === subscriberId).length, all: asked.length }
  }

  async call(callId: string): Promise<CallRow | undefined> {
    return this.#calls.get(callId)
  }

  async tally(scope: string): Promise<number> {
    return this.#tallies.get(scope)?.count ?? 0
  }

  async salesAside(): Promise<SaleRow[]> {
    return [...this.#sales.values()].filter(({ aside }) => aside !== null).sort(by('createdAt'))
  }

  async recentSales(limit: number): Promise<SaleRow[]> {
    return [...this.#sales.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, limit)
  }

  async paidSales(from: number): Promise<SaleRow[]> {
    return [...this.#sales.values()].filter((row) => row.createdAt > from && row.paymentId !== null)
  }

  async due(now: number, limit: number): Promise<Due[]> {
    const none = { saleId: null, identificationId: null, callId: null }
    const isDue = ({ dueAt }: { dueAt: number | null }) => dueAt !== null && dueAt <= now
    const dueOf = ({ automatonId, dueAt }: { automatonId: string | null; dueAt: number | null }) => {
      return { ...none, automatonId, dueAt: dueAt ?? 0 }
    }
    return [
      ...chosen(this.#sales.live(), isDue).map((row) => ({ ...dueOf(row), saleId: row.saleId })),
      ...chosen(this.#identifications.values(), isDue).map((row) => {
        return { ...dueOf(row), identificationId: row.identificationId }
      }),
      ...chosen(this.#calls.live(), isDue).map((row) => ({ ...dueOf(row), callId: row.callId })),
    ]
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
  }

  async claimOutbox(
    now: number,
    limit: number,
    retryMs: Readonly<Record<OutboxRow['kind'], number>>,
  ): Promise<OutboxRow[]> {
    const due = chosen(this.#outbox.values(), ({ dueAt }) => dueAt <= now)
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map((row) => {
        const doublings = row.kind === 'payment' ? 0 : Math.min(row.attempts, 3)
        const dueAt = now + retryMs[row.kind] * 2 ** doublings
        return Object.freeze({ ...row, attempts: row.attempts + 1, dueAt })
      })
    for (const row of due) this.#outbox.set(row.id, row)
    return due
  }

  async forgetOutbox(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#outbox.delete(id)
  }

  async nextDue(until: number): Promise<number | undefined> {
    let next: number | undefined
    const live = [this.#sales, this.#calls].map((rows) => rows.live())
    for (const rows of [this.#outbox.values(), this.#identifications.values(), ...live]) {
      for (const { dueAt } of rows)
        if (dueAt !== null && dueAt <= until && !(dueAt >= (next ?? dueAt + 1))) next = dueAt
    }
    return next
  }

  async standing(now: number): Promise<Standing> {
    const sales = [...this.#sales.values()]
    const open = sales.filter((row) => row.open)
    const due = [...this.#outbox.values()].flatMap(({ dueAt }) => (dueAt <= now ? [dueAt] : []))
    const admitted = [...this.#machines.values()].filter(({ state }) => state === 'admitted')
    const online = admitted.filter(({ presence }) => presence === 'online')
    return {
      salesOpen: open.length,
      salesAside: sales.filter(({ aside }) => aside !== null).length,
      paymentsInDoubt: open.filter(({ state }) => state.endsWith('.inDoubt')).length,
      outboxDue: due.length,
      outboxDueSince: due.length === 0 ? null : Math.min(...due),
      machinesAdmitted: admitted.length,
      machinesOnline: online.length,
      machinesSelling: online.filter(({ hardware }) => hardware?.status === 'Available' && hardware.isEnabled)
        .length,
    }
  }

  async newestAt(): Promise<number | undefined> {
    let newest: number | undefined
    for (const { at } of this.#inbox.values()) newest = Math.max(at, newest ?? at)
    return newest
  }

  async prune(before: number, now: number): Promise<void> {
    for (const [key, row] of this.#inbox) if (row.at < before) this.#inbox.delete(key)
    for (const [key, row] of this.#sales) {
      if (!row.open && row.aside === null && row.createdAt < before) this.#sales.delete(key)
    }
    for (const [key, row] of this.#dialogues) if (row.at < before) this.#dialogues.delete(key)
    for (const [key, row] of this.#pages) if (row.at < before) this.#pages.delete(key)
    for (const [key, row] of this.#visits) {
      const until = row.provenAt === null ? Math.max(before, now - dayMs) : before
      if (row.askedAt < until) this.#visits.delete(key)
    }
    for (const [key, row] of this.#tallies) if (row.until < now) this.#tallies.delete(key)
    for (const [key, row] of this.#calls) {
      if (!isLive(row) && row.at < before) this.#calls.delete(key)
    }
    for (const [key, { hour }] of this.#wrongCodes) {
      if (hour < Math.floor(before / 3_600_000)) this.#wrongCodes.delete(key)
    }
    for (const automatonId of new Set([...this.#quarantine.values()].map((row) => row.automatonId))) {
      for (const [place, row] of this.#quarantined(automatonId).entries()) {
        if (row.at < before || place >= mostNoticesKept) this.#quarantine.delete(row.id)
      }
    }
    for (const { automatonId } of this.#machines.values()) {
      const telemetry = newestOf(this.#telemetry, automatonId)
      for (const [place, row] of telemetry.entries()) {
        if (row.heardAt < before || place >= mostNoticesKept) this.#telemetry.delete(noticeKey(row))
      }
      const [, ...older] = newestOf(this.#audits, automatonId)
      for (const row of older) if (row.heardAt < before) this.#audits.delete(noticeKey(row))
    }
    for (const row of [...this.#subscribers.values()]) if (row.seenAt < before) this.#erase(row)
  }

  async close(): Promise<void> {}
}

const isLive = ({ state }: CallRow) => state !== 'used' && state !== 'refused' && state !== 'over'

function chosen<Row>(rows: Iterable<Row>, isOne: (row: Row) => boolean): Row[] {
  const found: Row[] = []
  for (const row of rows) if (isOne(row)) found.push(row)
  return found
}

/** A copy that nobody can change, all the way down; what is copied is plain. */
function frozen<T>(value: T): T {
  return typeof value === 'object' && value !== null ? (frozenCopy(value) as T) : value
}

function frozenCopy(value: object): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen))
  const copy: Record<string, unknown> = {}
  for (const [name, each] of Object.entries(value)) copy[name] = frozen(each)
  return Object.freeze(copy)
}

function newestOf<Row extends Notice>(rows: ReadonlyMap<string, Row>, automatonId: string): Row[] {
  return [...rows.values()]
    .filter((row) => row.automatonId === automatonId)
    .sort((a, b) => b.heardAt - a.heardAt || b.boot - a.boot || b.count - a.count)
}

function by<K extends string>(property: K) {
  return (a: Record<K, string | number>, b: Record<K, string | number>) =>
    a[property] < b[property] ? -1 : 1
}
