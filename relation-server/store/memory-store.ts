// The store in memory, for the simulated world and for fast tests. One batch at a time, all or nothing, rows
// copied in and out; nothing outlives the process. Passes the same suite as PostgreSQL.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type {
  BatchBook,
  BatchNeed,
  Due,
  IdentificationRow,
  InboxRow,
  MachineRow,
  OutboxRow,
  PersonRow,
  QuarantineRow,
  SaleRow,
  Store,
  SubscriberRow,
  UnknownRow,
  Writes,
} from './port.ts'

const inboxKey = ({ source, key }: { source: string; key: string }) => `${source} ${key}`
const unknownKey = ({ day, scope, id }: UnknownRow) => `${day} ${scope} ${id}`

export class MemoryStore implements Store {
  readonly #machines = new Map<string, MachineRow>()
  readonly #sales = new Map<string, SaleRow>()
  readonly #identifications = new Map<string, IdentificationRow>()
  readonly #inbox = new Map<string, InboxRow>()
  readonly #outbox = new Map<string, OutboxRow>()
  readonly #quarantine = new Map<string, QuarantineRow>()
  readonly #persons = new Map<string, PersonRow>()
  readonly #unknowns = new Map<string, UnknownRow>()
  readonly #subscribers = new Map<string, SubscriberRow>()

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
    if (!stored && !taken && !writes.outbox.some((row) => this.#outbox.has(row.id))) return
    throw new OperatingError({
      code: 'duplicate-row',
      message: 'A row of this batch is there already.',
      advice: 'Nothing was written. If it was a repeat, it had been stored before.',
      retry: stored,
    })
  }

  #book({ automatonIds, saleIds, inboxKeys, unknownsOf }: BatchNeed): BatchBook {
    const ids = new Set(automatonIds)
    const sales = new Set(saleIds)
    return {
      machines: [...this.#machines.values()]
        .filter((row) => ids.has(row.automatonId))
        .sort(by('automatonId')),
      sales: [...this.#sales.values()].filter(
        (row) => (row.open && ids.has(row.automatonId)) || sales.has(row.saleId),
      ),
      identifications: [...this.#identifications.values()]
        .filter((row) => row.state !== 'closed' && ids.has(row.automatonId))
        .sort((a, b) => a.at - b.at),
      seen: inboxKeys.flatMap((key) => this.#inbox.get(inboxKey(key)) ?? []),
      unknowns: [...this.#unknowns.values()].filter((row) => row.day === unknownsOf),
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
    for (const row of writes.sales) this.#sales.set(row.saleId, row)
    for (const row of writes.identifications) this.#identifications.set(row.identificationId, row)
    for (const row of writes.outbox) this.#outbox.set(row.id, row)
    for (const row of writes.quarantine) this.#quarantine.set(row.id, row)
    for (const row of writes.persons) this.#persons.set(row.id, row)
    for (const row of writes.subscribers) this.#subscribers.set(row.subscriberId, row)
    for (const row of writes.unknowns) {
      const before = this.#unknowns.get(unknownKey(row))?.count ?? 0
      this.#unknowns.set(unknownKey(row), { ...row, count: before + row.count })
    }
  }

  async ensureMachine(row: MachineRow): Promise<void> {
    if (!this.#machines.has(row.automatonId)) this.#machines.set(row.automatonId, structuredClone(row))
  }

  async machines(): Promise<MachineRow[]> {
    return structuredClone([...this.#machines.values()].sort(by('automatonId')))
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

  async sale(saleId: string): Promise<SaleRow | undefined> {
    return structuredClone(this.#sales.get(saleId))
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
    const sales = [...this.#sales.values()].map((row) => ({ ...row, identificationId: null }))
    const identifications = [...this.#identifications.values()].map((row) => ({ ...row, saleId: null }))
    return [...sales, ...identifications]
      .flatMap(({ automatonId, saleId, identificationId, dueAt }) =>
        dueAt !== null && dueAt <= now ? [{ automatonId, saleId, identificationId, dueAt }] : [],
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
    const dues = [this.#outbox, this.#sales, this.#identifications].flatMap((rows) =>
      [...rows.values()].flatMap(({ dueAt }) => dueAt ?? []),
    )
    return dues.length === 0 ? undefined : Math.min(...dues)
  }

  async prune(before: number): Promise<void> {
    for (const [key, row] of this.#inbox) if (row.at < before) this.#inbox.delete(key)
    for (const [key, row] of this.#sales) {
      if (!row.open && row.aside === null && row.createdAt < before) this.#sales.delete(key)
    }
    for (const [key, row] of this.#identifications) {
      if (row.state === 'closed' && row.at < before) this.#identifications.delete(key)
    }
    const inSale = new Set([...this.#sales.values()].flatMap((row) => (row.open ? [row.subscriberId] : [])))
    for (const [key, row] of this.#subscribers) {
      if (!row.stopped && row.seenAt < before && !inSale.has(key)) this.#subscribers.delete(key)
    }
  }

  async close(): Promise<void> {}
}

function by<K extends string>(property: K) {
  return (a: Record<K, string | number>, b: Record<K, string | number>) =>
    a[property] < b[property] ? -1 : 1
}
