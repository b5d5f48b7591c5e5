// One pipelined connection that comes back: connects when it is first asked for, prepares its statements, and
// after a loss does both again at the next asking. It repeats nothing by itself: that is the caller's
// decision.
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import pg from 'pg'
import { drizzle, type NodePgDatabase } from './drizzle.ts'

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
 * For a writer whose every statement finds its rows by an index, a few at a time. A plan is made once for
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
  /** How many statements were handed to the driver so far, commands not counted. */
  sent(): number
  /**
   * What `send` hands to the driver goes out in one write. By itself the driver writes for each statement,
   * and each of those wakes PostgreSQL.
   */
  together<T>(send: () => T): T
  /** What is handed over in this turn, by whomever, goes out in one write at its end. */
  gather(): void
  /** Sends at once, behind whatever was sent before; gives the command that PostgreSQL says it performed. */
  command(text: 'begin' | 'commit' | 'rollback'): Promise<string>
  /** The connection is in no state to go on. */
  giveUp(): void
}

export class ReturningConnection<S> {
  readonly #url: string | undefined
  readonly #name: string
  readonly #prepare: (db: NodePgDatabase) => S
  readonly #options: string
  #live: Promise<LiveConnection<S>> | undefined
  #client: pg.Client | undefined
  #closed = false

  /** @param options settings of the session, as PostgreSQL's own `options` */
  constructor(url: string | undefined, name: string, prepare: (db: NodePgDatabase) => S, options = '') {
    this.#options = options
    this.#url = url
    this.#name = name
    this.#prepare = prepare
  }

  /** Rejects with the driver's errors. */
  live(): Promise<LiveConnection<S>> {
    assert(!this.#closed, `${this.#name} was closed`)
    this.#live ??= this.#connect()
    return this.#live
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
      }
    }
    this.#client = client
    client.on('error', lose)
    client.on('end', lose)
    let sent = 0
    const logger = { logQuery: () => void sent++ }
    const giveUp = () => {
      lose()
      // It is lost already; how it ends concerns nobody.
      client.end().catch(() => {})
    }
    try {
      await client.connect()
      const statements = this.#prepare(drizzle(client, { logger }))
      const command = async (text: string) => (await client.query(text)).command
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
      const together = <T>(send: () => T): T => {
        stream.cork()
        try {
          return send()
        } finally {
          stream.uncork()
        }
      }
      const gather = () => {
        stream.cork()
        setImmediate(() => stream.uncork())
      }
      return { statements, sent: () => sent, together, gather, command, giveUp }
    } catch (error) {
      giveUp()
      throw error
    }
  }
}
