// The relation server's store port on the simulated database: the rows are those of the store in memory, the
// connection, the locks and the doubts are the database's. Every commit is shown to whoever watches.
import { MemoryStore } from '@concilia/relation-server/store/memory-store.ts'
import type { BatchNeed, MachineRow, OutboxRow, Store, Writes } from '@concilia/relation-server/store/port.ts'
import type { Database } from './database.ts'
import type { Observe } from './observations.ts'
import type { SimulatedProcess } from './simulated-process.ts'

export class ServerBooks {
  readonly #rows = new MemoryStore()
  readonly #database: Database
  readonly #observe: Observe

  constructor(database: Database, observe: Observe) {
    this.#database = database
    this.#observe = observe
  }

  /** The database's time, asked for by a process (epoch ms). */
  nowFor(process: SimulatedProcess): Promise<number> {
    return this.#database.ask(process, () => this.#database.now())
  }

  /** What is stored now, for whoever looks at the world from outside. */
  get rows(): MemoryStore {
    return this.#rows
  }

  /** A process's connection. */
  storeOf(process: SimulatedProcess): Store {
    const database = this.#database
    const rows = this.#rows
    const read = <T>(query: () => Promise<T>) => database.ask(process, query).then((found) => found)
    return {
      commitBatch: (need, decide) =>
        database.transaction(
          process,
          need.automatonIds,
          (automatonIds) => rows.read({ ...need, automatonIds }),
          decide,
          (writes) => this.#commit(need, writes),
        ),
      ensureMachine: (row: MachineRow) => read(() => rows.ensureMachine(row)),
      machines: () => read(() => rows.machines()),
      identificationsOf: (subscriberId) => read(() => rows.identificationsOf(subscriberId)),
      subscriber: (subscriberId) => read(() => rows.subscriber(subscriberId)),
      sale: (saleId) => read(() => rows.sale(saleId)),
      salesAside: () => read(() => rows.salesAside()),
      recentSales: (limit) => read(() => rows.recentSales(limit)),
      paidSales: (from) => read(() => rows.paidSales(from)),
      due: (now, limit) => read(() => rows.due(now, limit)),
      claimOutbox: (now: number, limit: number, retryMs: Readonly<Record<OutboxRow['kind'], number>>) =>
        read(() => rows.claimOutbox(now, limit, retryMs)),
      forgetOutbox: (ids) => read(() => rows.forgetOutbox(ids)),
      nextDue: () => read(() => rows.nextDue()),
      prune: (before) => read(() => rows.prune(before)),
      close: async () => {},
    }
  }

  #commit(_need: BatchNeed, writes: Writes): void {
    this.#rows.write(writes)
    for (const { source, key } of writes.inbox) this.#observe({ type: 'inboxCommitted', source, key })
    for (const { saleId, action } of writes.persons)
      this.#observe({ type: 'personCommitted', saleId, action })
    for (const { id, kind, saleId, body } of writes.outbox) {
      this.#observe({ type: 'outboxCommitted', id, kind, saleId, body })
    }
    for (const { saleId, state, open, aside } of writes.sales) {
      this.#observe({ type: 'saleCommitted', saleId, state, open, aside })
    }
  }
}
