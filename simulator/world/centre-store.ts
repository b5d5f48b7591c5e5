// The payment centre's store port on the simulated database: the books are those of the store in memory, the
// connection and its doubts are the database's. Every transfer is shown as it is committed.

import type { Change } from '@concilia/payment-centre/books/books.ts'
import { MemoryStore } from '@concilia/payment-centre/store/memory-store.ts'
import type { CentreStore } from '@concilia/payment-centre/store/port.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Database } from './database.ts'
import type { Observe } from './observations.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** One lock for all: what PostgreSQL would lock by rows is never held by two here. */
const whole = ['books']

export class CentreBooks {
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

  storeOf(process: SimulatedProcess): CentreStore {
    const database = this.#database
    const rows = this.#rows
    const read = <T>(query: () => Promise<T>) => database.ask(process, query).then((found) => found)
    return {
      commitBatch: (wants, decide) =>
        database.transaction(
          process,
          whole,
          (locked) => {
            if (locked.length < whole.length) throw busy()
            return rows.read(wants)
          },
          (book) => {
            const { result, change } = decide(book)
            return { result, writes: change }
          },
          (change) => this.#commit(change),
        ),
      payment: (client, paymentId) => read(() => rows.payment(client, paymentId)),
      payments: (query) => read(() => rows.payments(query)),
      refunds: (client, paymentId) => read(() => rows.refunds(client, paymentId)),
      client: (id) => read(() => rows.client(id)),
      due: (now, promisedBy, limit) => read(() => rows.due(now, promisedBy, limit)),
      dueVouchers: (now, limit) => read(() => rows.dueVouchers(now, limit)),
      balances: (prefix) => read(() => rows.balances(prefix)),
      owed: () => read(() => rows.owed()),
      newestAt: () => read(() => rows.newestAt()),
      prune: (keysBefore, usageBefore) => read(() => rows.prune(keysBefore, usageBefore)),
      check: () => read(() => rows.check()),
      close: async () => {},
    }
  }

  #commit(change: Change): void {
    this.#rows.write(change)
    for (const { id: accountId, subscriberHash = '', ceilingMinor, voucher, dueAt } of change.accounts ??
      []) {
      const bought = voucher && {
        voucher: { callId: voucher.referenceCode, automatonId: voucher.automatonId, endsAt: dueAt },
      }
      this.#observe({ type: 'accountCommitted', accountId, subscriberHash, ceilingMinor, ...bought })
    }
    for (const payment of change.payments ?? []) {
      const { id, referenceCode: saleId, key, accountId, amountMinor, status } = payment
      this.#observe({
        type: 'paymentCommitted',
        payment: { id, saleId, key, accountId, amountMinor, status },
      })
    }
    for (const { id, kind, paymentId = '', entries } of change.transfers ?? []) {
      this.#observe({ type: 'transferCommitted', transfer: { id, kind, paymentId, entries } })
    }
  }
}

function busy(): OperatingError {
  return new OperatingError({
    code: 'database-busy',
    message: 'The simulated books are locked.',
    advice: 'Try again.',
    retry: true,
  })
}
