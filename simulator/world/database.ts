// A database server as programs see it from the other end of a connection: every question travels, row locks
// are held from the first half of a transaction to its commit, a connection that breaks or idles in a
// transaction loses it, and whether a commit that was not answered happened nobody knows. What it keeps, it
// keeps: it forgets nothing that it has said it stored.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'

/** `idle_in_transaction_session_timeout` of the connections (architecture, section 6). */
const idleMs = 2_000
const meanWayMs = 1
const meanWorkMs = 2

/** An open transaction: its locks, until it ends one way or the other. */
interface Transaction {
  readonly locks: readonly string[]
  isOpen: boolean
  /** Nothing has to end it any more. */
  forget: () => void
}

export class Database {
  readonly #timeline: Timeline
  readonly #random: SeededRandom
  readonly #doubts: SeededRandom
  readonly #doubt: () => number
  readonly #locked = new Map<string, Transaction>()
  readonly #open = new Set<Transaction>()
  #isUp = true

  /** @param doubt probability that a commit is broken off instead of answered */
  constructor(timeline: Timeline, random: SeededRandom, doubt: () => number = () => 0) {
    this.#timeline = timeline
    this.#random = random
    this.#doubts = random.stream('doubts')
    this.#doubt = doubt
  }

  /** Its own clock is right: the world's (epoch ms). */
  now(): number {
    return this.#timeline.now()
  }

  /** Killed and recovered: what was not committed is gone, and every connection with it. */
  fall(forMs: number): void {
    this.#isUp = false
    for (const transaction of [...this.#open]) this.#end(transaction)
    this.#timeline.after(forMs, () => {
      this.#isUp = true
    })
  }

  /** One statement of its own. */
  ask<T>(process: SimulatedProcess, answer: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#travel(process, () => {
      const result = attempt(() => (this.#isUp ? answer() : refuse()))
      this.#answer(process, () => ('value' in result ? resolve(result.value) : reject(result.error)))
    })
    return promise
  }

  /**
   * A transaction in two halves with the program's decision between.
   * @param locks of these, what is free is locked; the others are left out
   * @param decide may throw: then nothing is written
   */
  transaction<Book, Writes, Result>(
    process: SimulatedProcess,
    locks: readonly string[],
    read: (locked: readonly string[]) => Book,
    decide: (book: Book) => { writes: Writes; result: Result },
    write: (writes: Writes) => void,
  ): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#travel(process, () => {
      const begun = attempt(() => (this.#isUp ? this.#begin(process, locks) : refuse()))
      if (!('value' in begun)) {
        this.#answer(process, () => reject(begun.error))
        return
      }
      const transaction = begun.value
      const book = attempt(() => read(transaction.locks))
      if (!('value' in book)) {
        this.#end(transaction)
        this.#answer(process, () => reject(book.error))
        return
      }
      this.#answer(process, () => {
        const decided = attempt(() => decide(book.value))
        if (!('value' in decided)) {
          this.#travel(process, () => this.#end(transaction))
          reject(decided.error)
          return
        }
        const { writes, result } = decided.value
        this.#travel(process, () => {
          const done = attempt(() => (transaction.isOpen ? this.#written(() => write(writes)) : refuse()))
          this.#end(transaction)
          this.#answer(process, () => ('value' in done ? resolve(result) : reject(done.error)))
        })
      })
    })
    return promise
  }

  #written(write: () => void): void {
    const isDoubtful = this.#doubts.chance(this.#doubt())
    if (isDoubtful && this.#doubts.chance(0.5)) refuse()
    write()
    if (isDoubtful) refuse()
  }

  #begin(process: SimulatedProcess, wanted: readonly string[]): Transaction {
    const locks = wanted.filter((name) => !this.#locked.has(name))
    const transaction: Transaction = { locks, isOpen: true, forget: () => {} }
    for (const name of locks) this.#locked.set(name, transaction)
    this.#open.add(transaction)
    const end = () => this.#end(transaction)
    const ended = process.atEnd(() => this.#timeline.after(meanWayMs, end))
    const idle = this.#timeline.after(idleMs, end)
    transaction.forget = () => {
      ended()
      idle.cancel()
    }
    return transaction
  }

  #end(transaction: Transaction): void {
    transaction.isOpen = false
    transaction.forget()
    this.#open.delete(transaction)
    for (const name of transaction.locks) this.#locked.delete(name)
  }

  /** From the program to the server; what has left arrives, whatever becomes of the program. */
  #travel(process: SimulatedProcess, arrive: () => void): void {
    process.leave(() => this.#timeline.after(this.#random.around(meanWayMs + meanWorkMs), arrive))
  }

  #answer(process: SimulatedProcess, arrive: () => void): void {
    this.#timeline.after(this.#random.around(meanWayMs), () => process.enter(arrive))
  }
}

function attempt<T>(action: () => T): { value: T } | { error: unknown } {
  try {
    return { value: action() }
  } catch (error) {
    return { error }
  }
}

function refuse(): never {
  throw new OperatingError({
    code: 'database-away',
    message: 'The simulated database is not there, or has ended the transaction.',
    advice: 'Try again: whether the commit happened is not known.',
    retry: true,
  })
}
