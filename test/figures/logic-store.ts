// The books of a relation server without a database, for measuring what the server itself does: rows go in
// and out by reference, and what has ended is forgotten. No second truth about stores: MemoryStore is the one
// that is tested, but it copies every row and looks through all of them.
import { MemoryStore } from '@concilia/relation-server/store/memory-store.ts'
import type {
  BatchBook,
  BatchNeed,
  Due,
  IdentificationRow,
  MachineRow,
  OutboxRow,
  SaleRow,
  SubscriberRow,
  Writes,
} from '@concilia/relation-server/store/port.ts'

export class LogicStore extends MemoryStore {
  readonly #machines = new Map<string, MachineRow>()
  readonly #sales = new Map<string, SaleRow>()
  readonly #identifications = new Map<string, IdentificationRow>()
  readonly #subscribers = new Map<string, SubscriberRow>()

  override async commitBatch<T>(
    need: BatchNeed,
    decide: (book: BatchBook) => { writes: Writes; result: T },
  ): Promise<T> {
    // What comes meanwhile is the next batch, as with a database.
    await new Promise(setImmediate)
    const { writes, result } = decide(this.#bookOf(need))
    this.#keep(writes)
    return result
  }

  override async ensureMachine(row: MachineRow): Promise<void> {
    this.#machines.set(row.automatonId, row)
  }

  override async machines(): Promise<MachineRow[]> {
    return [...this.#machines.values()]
  }

  override async identificationsOf(subscriberId: string): Promise<IdentificationRow[]> {
    return [...this.#identifications.values()].filter((row) => row.subscriberId === subscriberId)
  }

  override async subscriber(subscriberId: string): Promise<SubscriberRow | undefined> {
    return this.#subscribers.get(subscriberId)
  }

  override async claimOutbox(): Promise<OutboxRow[]> {
    return []
  }

  override async due(): Promise<Due[]> {
    return []
  }

  #bookOf({ automatonIds, saleIds }: BatchNeed): BatchBook {
    const ids = new Set(automatonIds)
    return {
      machines: automatonIds.flatMap((id) => this.#machines.get(id) ?? []),
      sales: [...this.#sales.values()].filter(
        ({ automatonId, saleId, open }) => (open && ids.has(automatonId)) || saleIds.includes(saleId),
      ),
      identifications: [...this.#identifications.values()].filter(({ automatonId }) => ids.has(automatonId)),
      certificates: [],
      seen: [],
      unknowns: [],
      sold: [],
      audits: [],
      telemetry: [],
      calls: [],
      wrongCodes: [],
    }
  }

  #keep({ machines, sales, identifications, subscribers }: Writes): void {
    for (const row of machines) this.#machines.set(row.automatonId, row)
    for (const row of subscribers) this.#subscribers.set(row.subscriberId, row)
    for (const row of identifications) {
      if (row.state === 'closed') this.#identifications.delete(row.identificationId)
      else this.#identifications.set(row.identificationId, row)
    }
    for (const row of sales) {
      for (const { saleId, automatonId, open } of this.#sales.values()) {
        if (!open && automatonId === row.automatonId && saleId !== row.saleId) this.#sales.delete(saleId)
      }
      this.#sales.set(row.saleId, row)
    }
  }
}
