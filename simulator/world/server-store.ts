// The relation server's store port on the simulated database: the rows are those of the store in memory, the
// connection, the locks and the doubts are the database's. Every commit is shown to whoever watches.
import { MemoryStore } from '@concilia/relation-server/store/memory-store.ts'
import type { Store, Writes } from '@concilia/relation-server/store/port.ts'
import { RecentSubscribers } from '@concilia/relation-server/store/recent-subscribers.ts'
import type { Database } from './database.ts'
import type { Observe } from './observations.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** Each is one question to the database, and one answer. */
const statementNames = [
  'ensureMachine',
  'machines',
  'chainOf',
  'configuration',
  'telemetryOf',
  'auditsOf',
  'inputBody',
  'quarantineOf',
  'centreChains',
  'keepCentreChains',
  'identificationsOf',
  'subscriber',
  'dialoguesOf',
  'keepDialogue',
  'pages',
  'visit',
  'addVisit',
  'takeVisitTry',
  'proveVisit',
  'dropVisit',
  'visitsSince',
  'sale',
  'tally',
  'call',
  'salesAside',
  'recentSales',
  'paidSales',
  'due',
  'claimOutbox',
  'forgetOutbox',
  'nextDue',
  'newestAt',
  'standing',
  'prune',
] as const satisfies readonly (keyof Store)[]

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
    const statements = statementNames.map((name) => {
      const statement = rows[name].bind(rows) as (...values: unknown[]) => Promise<unknown>
      return [name, (...values: unknown[]) => database.ask(process, () => statement(...values))]
    })
    const asked = Object.fromEntries(statements) as Pick<Store, (typeof statementNames)[number]>
    const recent = new RecentSubscribers(() => process.monotonic())
    const subscriber = async (id: string) => {
      const ask = async () => [await asked.subscriber(id)].filter((row) => row !== undefined)
      return (await recent.learn(ask))[0]
    }
    return {
      ...asked,
      subscriber,
      recentSubscriber: async (id) => recent.find(id) ?? (await subscriber(id)),
      commitBatch: async (need, decide) => {
        const { writes, result } = await database.transaction(
          process,
          need.automatonIds,
          (automatonIds) => rows.read({ ...need, automatonIds }),
          (book) => {
            const decided = decide(book)
            return { writes: decided.writes, result: decided }
          },
          (writes) => this.#commit(writes),
        )
        recent.committed(writes)
        return result
      },
      close: async () => {},
    }
  }

  #commit(writes: Writes): void {
    this.#rows.write(writes)
    for (const { source, key } of writes.inbox) this.#observe({ type: 'inboxCommitted', source, key })
    for (const { saleId, action } of writes.persons)
      this.#observe({ type: 'personCommitted', saleId, action })
    for (const { callId, state } of [...writes.calls, ...writes.callEnds]) {
      this.#observe({ type: 'callCommitted', callId, state })
    }
    for (const { id, kind, saleId, body } of writes.outbox) {
      this.#observe({ type: 'outboxCommitted', id, kind, saleId, body })
    }
    for (const { saleId, state, open, aside } of writes.sales) {
      this.#observe({ type: 'saleCommitted', saleId, state, open, aside })
    }
  }
}
