// One pipelined connection that comes back: connects when it is first asked for, prepares its statements, and
// after a loss does both again at the next asking. It repeats nothing by itself: that is the caller's
// decision.
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import pg from 'pg'
import { PreparedStatement, type Statement, type StatementTree } from './prepared-statement.ts'
import { type Part, Preparation, Trip } from './statement-trip.ts'

const settings = {
  pipeline: true,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  connectionTimeoutMillis: 5000,
  /** ms a statement waits for a row that another writer holds; the batch is then repeated. */
  lock_timeout: 200,
  /** ms after which a program that stopped between reading and writing gives its rows back. */
  idle_in_transaction_session_timeout: 2000,
  /** ms until a host that vanished without a word is given up: longer than any batch takes. */
  query_timeout: 10_000,
}

/**
 * For a connection whose every statement finds its rows by an index, a few at a time. A plan is made once for
 * each statement, and on an empty table: PostgreSQL would choose to read the whole table, and go on doing so
 * while the table grows, until it is next analysed. A bitmap is refused as well, because only a plain walk
 * over an index marks the entries of dead rows, which rows that change often leave behind.
 */
export const byIndexAlone = [
  'plan_cache_mode=force_generic_plan',
  // Older servers price what is refused so high that compiling it would look worth while.
  'jit=off',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way}=off`),
]
  .map((setting) => `-c ${setting}`)
  .join(' ')

/**
 * A live connection. It serves until it is lost; then every call rejects and a new one has to be asked for.
 */
export interface LiveConnection<S> {
  readonly statements: S
  /** How many statements were asked for so far, commands not counted. */
  sent(): number
  /**
   * What `send` asks for before it returns makes one trip: it is done, or fails, as one. Any other statement
   * is a trip of its own. When `send` throws, nothing is sent.
   */
  together<T>(send: () => T): T
  /** What is handed over in this turn, by whomever, goes out in one write at its end. */
  gather(): void
  /** Sends at once, behind whatever was sent before; gives the command that PostgreSQL says it performed. */
  command(text: 'begin' | 'commit' | 'rollback'): Promise<string>
  /** The connection is in no state to go on. */
  giveUp(): void
}

const command = (text: string) => new PreparedStatement(text, text, [], [])
const commands = { begin: command('begin'), commit: command('commit'), rollback: command('rollback') }

export class ReturningConnection<S> {
  readonly #url: string | undefined
  readonly #name: string
  readonly #statements: StatementTree
  readonly #options: string
  #live: Promise<LiveConnection<S>> | undefined
  /** The same, once it is there. */
  #ready: LiveConnection<S> | undefined
  #client: pg.Client | undefined
  #closed = false

  /** @param options settings of the session, as PostgreSQL's own `options` */
  constructor(url: string | undefined, name: string, statements: StatementTree, options = '') {
    this.#options = options
    this.#url = url
    this.#name = name
    this.#statements = statements
  }

  /** Rejects with the driver's errors. */
  live(): Promise<LiveConnection<S>> {
    assert(!this.#closed, `${this.#name} was closed`)
    this.#live ??= this.#connect()
    return this.#live
  }

  /** At once where there is a connection: the database then works while the caller goes on. */
  with<T>(work: (connection: LiveConnection<S>) => Promise<T>): Promise<T> {
    assert(!this.#closed, `${this.#name} was closed`)
    return this.#ready ? work(this.#ready) : this.live().then(work)
  }

  /** Statements under way are answered first. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([this.#live])
    await this.#client?.end()
  }

  async #connect(): Promise<LiveConnection<S>> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: this.#name,
      options: this.#options,
      ...settings,
    })
    const lose = () => {
      if (this.#client === client) {
        this.#client = undefined
        this.#live = undefined
        this.#ready = undefined
      }
    }
    this.#client = client
    client.on('error', lose)
    client.on('end', lose)
    const giveUp = () => {
      lose()
      // It is lost already; how it ends concerns nobody.
      client.end().catch(() => {})
    }
    try {
      await client.connect()
      const connection = new PipelinedConnection<S>(client, this.#statements, giveUp)
      if (this.#client === client) this.#ready = connection
      return connection
    } catch (error) {
      giveUp()
      throw error
    }
  }
}

class PipelinedConnection<S> implements LiveConnection<S> {
  readonly statements: S
  readonly giveUp: () => void
  readonly #client: pg.Client
  readonly #stream: Socket
  readonly #preparations = new Map<PreparedStatement, Preparation>()
  #open: Trip | undefined
  #sent = 0

  constructor(client: pg.Client, statements: StatementTree, giveUp: () => void) {
    this.#client = client
    this.#stream = (client as unknown as { connection: { stream: Socket } }).connection.stream
    this.statements = this.#sendable(statements) as S
    this.giveUp = giveUp
  }

  sent(): number {
    return this.#sent
  }

  together<T>(send: () => T): T {
    const trip = new Trip()
    this.#open = trip
    this.#stream.cork()
    try {
      const sent = send()
      if (trip.length > 0) this.#client.query(trip)
      return sent
    } finally {
      this.#open = undefined
      this.#stream.uncork()
    }
  }

  gather(): void {
    this.#stream.cork()
    setImmediate(() => this.#stream.uncork())
  }

  command(text: keyof typeof commands): Promise<string> {
    return this.#ask(commands[text], {}, ({ command }) => command)
  }

  #sendable(statements: StatementTree): Statement<object[]> | object {
    if (!(statements instanceof PreparedStatement)) {
      const named = Object.entries(statements)
      return Object.fromEntries(named.map(([name, inner]) => [name, this.#sendable(inner)]))
    }
    const execute = (values: Record<string, unknown> = {}) => {
      const rows = this.#ask(statements, values, (part) => part.rows)
      this.#sent++
      return rows
    }
    return { execute }
  }

  /** Not async: what cannot be sent must not be missing from a trip that is sent all the same. */
  #ask<T>(statement: PreparedStatement, values: Record<string, unknown>, answer: (part: Part) => T) {
    const trip = this.#open
    if (!trip) return this.together((): Promise<T> => this.#ask(statement, values, answer))
    const part = trip.add(this.#preparationOf(statement), values)
    return trip.done.then(() => answer(part))
  }

  #preparationOf(statement: PreparedStatement): Preparation {
    const known = this.#preparations.get(statement)
    if (known) return known
    const preparation = new Preparation(statement)
    this.#preparations.set(statement, preparation)
    // Whoever wanted it hears of it: its trip fails.
    preparation.done.catch(() => this.#preparations.delete(statement))
    this.#client.query(preparation)
    return preparation
  }
}
