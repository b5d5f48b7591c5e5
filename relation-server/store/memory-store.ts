// The store in memory, for the simulated world and for fast tests. One batch at a time, all or nothing, rows
// copied in and out; nothing outlives the process. Passes the same suite as PostgreSQL. Long, as the port is.
import { OperatingError } from '@concilia/platform/operating-error.ts'
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
  readonly #sales = new Map<string, SaleRow>()
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
  readonly #calls = new Map<string, CallRow>()
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
    return structuredClone(this.#book(need))
  }

  /** The second half: all of it or, with an OperatingError, nothing. */
  write(writes: Writes): void {
    this.#refuseDuplicates(writes)
    this.#put(structuredClone(writes))
  }

  #refuseDuplicates(writes: Writes): void {
    const stored = writes.inbox.some((row) => this.#inbox.has(inboxKey(row)))
    const machines = new Map([
      ...this.#machines,
      ...writes.machines.map((row) => [row.automatonId, row] as const),
    ])
    const numbers = [...machines.values()].flatMap(({ machineNumber }) => machineNumber ?? [])
    const taken = new Set(numbers).size < numbers.length
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
      machines: [...this.#machines.values()]
        .filter((row) => ids.has(row.automatonId))
        .sort(by('automatonId')),
      certificates: kids.flatMap((kid) => this.#certificates.get(kid) ?? []),
      sales: [...this.#sales.values()].filter(
        (row) => (row.open && ids.has(row.automatonId)) || sales.has(row.saleId),
      ),
      identifications: [...this.#identifications.values()]
        .filter((row) => row.state !== 'closed' && ids.has(row.automatonId))
        .sort((a, b) => a.at - b.at),
      seen: inboxKeys.flatMap((key) => this.#inbox.get(inboxKey(key)) ?? []),
      unknowns: [...this.#unknowns.values()].filter((row) => row.day === unknownsOf),
      tallies: tallyScopes.flatMap((scope) => this.#tallies.get(scope) ?? []),
      sold: [...this.#sold.values()].filter((row) => auditsOf.includes(row.automatonId)),
      audits: auditsOf.flatMap((id) => newestOf(this.#audits, id).slice(0, fewReadings)),
      telemetry: auditsOf.flatMap((id) => newestOf(this.#telemetry, id)),
      calls: [...this.#calls.values()].filter((row) => {
        const isThere = isLive(row) && callsAt.includes(row.automatonId ?? '')
        return isThere || callIds.includes(row.callId)
      }),
      wrongCodes:
        callsAt.length === 0 ? [] : [...this.#wrongCodes.values()].filter(({ hour }) => hour === voice?.hour),
    }
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
      if (row) this.#outbox.set(id, { ...row, dueAt })
    }
    for (const row of writes.inbox) this.#inbox.set(inboxKey(row), row)
    for (const row of writes.machines) this.#machines.set(row.automatonId, row)
    for (const row of writes.certificates) this.#certificates.set(row.kid, row)
    for (const row of writes.sales) this.#sales.set(row.saleId, row)
    for (const row of writes.identifications) this.#identifications.set(row.identificationId, row)
    for (const row of writes.calls) this.#calls.set(row.callId, row)
    for (const end of writes.callEnds) {
      const row = this.#calls.get(end.callId)
      if (row) this.#calls.set(row.callId, { ...row, ...end, saleId: null })
    }
    for (const row of writes.wrongCodes) {
      const key = `${row.hour} ${row.automatonId}`
      const before = this.#wrongCodes.get(key)?.count ?? 0
      this.#wrongCodes.set(key, { ...row, count: before + row.count })
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
      this.#sold.set(soldKey(row), { ...row, ...sum })
    }
    for (const row of writes.pages) this.#pages.set(row.sessionId, row)
    for (const row of writes.tallies) {
      const { count = 0, until = 0 } = this.#tallies.get(row.scope) ?? {}
      this.#tallies.set(row.scope, { ...row, count: count + row.count, until: Math.max(until, row.until) })
    }
    for (const id of writes.forgotten) this.#forget(id)
    for (const row of writes.unknowns) {
      const before = this.#unknowns.get(unknownKey(row))?.count ?? 0
      this.#unknowns.set(unknownKey(row), { ...row, count: before + row.count })
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
    if (!this.#machines.has(row.automatonId)) this.#machines.set(row.automatonId, structuredClone(row))
  }

  async machines(): Promise<MachineRow[]> {
    return structuredClone([...this.#machines.values()].sort(by('automatonId')))
  }

  async configuration(automatonId: string, version: number): Promise<ConfigurationRow | undefined> {
    return structuredClone(this.#configurations.get(`${automatonId} ${version}`))
  }

  async telemetryOf(automatonId: string, limit: number): Promise<TelemetryRow[]> {
    return structuredClone(newestOf(this.#telemetry, automatonId).slice(0, limit))
  }

  async auditsOf(automatonId: string, limit: number): Promise<AuditRow[]> {
    return structuredClone(newestOf(this.#audits, automatonId).slice(0, limit))
  }

  async inputBody(source: string, key: string): Promise<string | undefined> {
    return this.#inbox.get(inboxKey({ source, key }))?.body
  }

  async quarantineOf(automatonId: string, limit: number): Promise<QuarantineRow[]> {
    return structuredClone(this.#quarantined(automatonId).slice(0, limit))
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
    return structuredClone(
      [...this.#identifications.values()]
        .filter((row) => row.subscriberId === subscriberId && row.state !== 'closed')
        .sort((a, b) => b.at - a.at),
    )
  }

  async subscriber(subscriberId: string): Promise<SubscriberRow | undefined> {
    return structuredClone(this.#subscribers.get(subscriberId))
  }

  async dialoguesOf(subscriberId: string): Promise<DialogueRow[]> {
    const rows = [...this.#dialogues.values()].filter((row) => row.subscriberId === subscriberId)
    return structuredClone(rows.sort((a, b) => b.at - a.at).slice(0, mostDialogues))
  }

  async keepDialogue(row: DialogueRow): Promise<void> {
    this.#dialogues.set(row.dialogueId, structuredClone(row))
  }

  async sale(saleId: string): Promise<SaleRow | undefined> {
    return structuredClone(this.#sales.get(saleId))
  }

  async pages(sessionIds: readonly string[]): Promise<PageRow[]> {
    return structuredClone(sessionIds.flatMap((id) => this.#pages.get(id) ?? []))
  }

  async visit(visitId: string): Promise<VisitRow | undefined> {
    return structuredClone(this.#visits.get(visitId))
  }

  async addVisit(row: VisitRow): Promise<void> {
    this.#visits.set(row.visitId, structuredClone(row))
  }

  async takeVisitTry(visitId: string): Promise<VisitRow | undefined> {
    const row = this.#visits.get(visitId)
    if (!row || row.triesLeft === 0 || row.provenAt !== null) return undefined
    const taken = { ...row, triesLeft: row.triesLeft - 1 }
    this.#visits.set(visitId, taken)
    return { ...taken }
  }

  async proveVisit(visitId: string, newId: string, at: number): Promise<void> {
    const row = this.#visits.get(visitId)
    if (!row) return
    this.#visits.delete(visitId)
    this.#visits.set(newId, { ...row, visitId: newId, provenAt: at })
  }

  async visitsSince(subscriberId: string, since: number): Promise<{ own: number; all: number }> {
    const asked = [...this.#visits.values()].filter(({ askedAt }) => askedAt > since)
    return { own: asked.filter((row) => row.subscriberId === subscriberId).length, all: asked.length }
  }

  async call(callId: string): Promise<CallRow | undefined> {
    return structuredClone(this.#calls.get(callId))
  }

  async tally(scope: string): Promise<number> {
    return this.#tallies.get(scope)?.count ?? 0
  }

  async salesAside(): Promise<SaleRow[]> {
    return structuredClone(
      [...this.#sales.values()].filter(({ aside }) => aside !== null).sort(by('createdAt')),
    )
  }

  async recentSales(limit: number): Promise<SaleRow[]> {
    return structuredClone(
      [...this.#sales.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, limit),
    )
  }

  async paidSales(from: number): Promise<SaleRow[]> {
    return structuredClone(
      [...this.#sales.values()].filter((row) => row.createdAt > from && row.paymentId !== null),
    )
  }

  async due(now: number, limit: number): Promise<Due[]> {
    const none = { saleId: null, identificationId: null, callId: null }
    const sales = [...this.#sales.values()].map((row) => ({ ...none, ...row }))
    const identifications = [...this.#identifications.values()].map((row) => {
      return { ...none, ...row, saleId: null }
    })
    const calls = [...this.#calls.values()].map((row) => ({ ...none, ...row, saleId: null }))
    return [...sales, ...identifications, ...calls]
      .flatMap(({ automatonId, saleId, identificationId, callId, dueAt }) =>
        dueAt !== null && dueAt <= now ? [{ automatonId, saleId, identificationId, callId, dueAt }] : [],
      )
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
  }

  async claimOutbox(
    now: number,
    limit: number,
    retryMs: Readonly<Record<OutboxRow['kind'], number>>,
  ): Promise<OutboxRow[]> {
    const due = [...this.#outbox.values()]
      .filter(({ dueAt }) => dueAt <= now)
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map((row) => ({
        ...row,
        attempts: row.attempts + 1,
        dueAt: now + retryMs[row.kind] * 2 ** Math.min(row.attempts, 3),
      }))
    for (const row of due) this.#outbox.set(row.id, row)
    return structuredClone(due)
  }

  async forgetOutbox(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#outbox.delete(id)
  }

  async nextDue(): Promise<number | undefined> {
    const dues = [this.#outbox, this.#sales, this.#identifications, this.#calls].flatMap((rows) =>
      [...rows.values()].flatMap(({ dueAt }) => dueAt ?? []),
    )
    return dues.length === 0 ? undefined : Math.min(...dues)
  }

  async newestAt(): Promise<number | undefined> {
    const times = [...this.#inbox.values()].map(({ at }) => at)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  async prune(before: number, now: number): Promise<void> {
    for (const [key, row] of this.#inbox) if (row.at < before) this.#inbox.delete(key)
    for (const [key, row] of this.#sales) {
      if (!row.open && row.aside === null && row.createdAt < before) this.#sales.delete(key)
    }
    for (const [key, row] of this.#identifications) {
      if (row.state === 'closed' && row.at < before) this.#identifications.delete(key)
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

function newestOf<Row extends Notice>(rows: ReadonlyMap<string, Row>, automatonId: string): Row[] {
  return [...rows.values()]
    .filter((row) => row.automatonId === automatonId)
    .sort((a, b) => b.heardAt - a.heardAt || b.boot - a.boot || b.count - a.count)
}

function by<K extends string>(property: K) {
  return (a: Record<K, string | number>, b: Record<K, string | number>) =>
    a[property] < b[property] ? -1 : 1
}
