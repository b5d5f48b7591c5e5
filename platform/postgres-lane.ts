// A lane: one PostgreSQL connection of its own for one writer that works in batches, with statements prepared
// once and pipelined, so that a database transaction takes two round trips whatever it holds. Not a pool, and
// no place for decisions. Reads outside a transaction go over a second connection, opened at the first of
// them.
import assert from 'node:assert/strict'
import { databaseError } from './database-error.ts'
import { describedUrl } from './database-url.ts'
import { drizzle, type NodePgDatabase } from './drizzle.ts'
import { byIndexAlone, type LiveConnection, ReturningConnection } from './postgres-lane-connection.ts'
import { type Sendable, statementTree } from './prepared-statement.ts'

export interface LaneOptions<Written> {
  readonly url: string | undefined
  /** Shown in `pg_stat_activity`: which program, which lane. */
  readonly name: string
  /** Makes the statements, with `.prepare('name')` and `sql.placeholder`; there is no database yet. */
  readonly prepare: (db: NodePgDatabase) => Written
  /** Of its reads, too, each finds a few rows by an index; left out, they may look at whole tables. */
  readonly readsByIndex?: boolean
}

export interface Decision<S, T> {
  readonly result: T
  /** Must send every statement at once: call each `execute` without awaiting the one before. */
  readonly writes: (statements: S) => Promise<unknown>[]
}

export interface Lane<S> {
  /**
   * One database transaction. `read` is sent together with BEGIN, `writes` together with COMMIT. When `read`
   * or `decide` throws, or the database refuses anything, nothing is written and this rejects. The caller
   * calls it again only after it has answered. Rejects with an OperatingError: `database-busy`,
   * `database-away` (retry; whether the commit happened may be unknown: inbox keys make a repeat harmless),
   * `database-full`, `duplicate-row`, `database-refused`.
   */
  transact<R, T>(read: (statements: S) => Promise<R>, decide: (rows: R) => Decision<S, T>): Promise<T>
  /**
   * Reads what is committed, in one trip, by the connection whose statements each find their rows by an
   * index; between two transactions, hence called only when the one before has answered. Rejects as
   * `transact` does.
   */
  look<T>(read: (statements: S) => Promise<T>): Promise<T>
  /** Reads what is committed, beside any transaction under way. Rejects as `transact` does. */
  read<T>(read: (statements: S) => Promise<T>): Promise<T>
  /** Lets what is under way end, then closes the connections. */
  close(): Promise<void>
}

/** Connects and prepares; rejects with an OperatingError as `migrate` does when that fails. */
export async function openLane<Written>({
  url,
  name,
  prepare,
  readsByIndex = false,
}: LaneOptions<Written>): Promise<Lane<Sendable<Written>>> {
  const where = describedUrl(url)
  const statements = statementTree(prepare(drizzle.mock()) as object)
  const writer = new ReturningConnection<Sendable<Written>>(url, name, statements, byIndexAlone)
  const reading = readsByIndex ? byIndexAlone : ''
  const reader = new ReturningConnection<Sendable<Written>>(url, `${name} reads`, statements, reading)
  const lane = new PostgresLane(where, writer, reader)
  await translated(where, writer.live())
  return lane
}

class PostgresLane<S> implements Lane<S> {
  readonly #where: string
  readonly #writer: ReturningConnection<S>
  readonly #reader: ReturningConnection<S>
  #working: Promise<unknown> | undefined

  constructor(where: string, writer: ReturningConnection<S>, reader: ReturningConnection<S>) {
    this.#where = where
    this.#writer = writer
    this.#reader = reader
  }

  transact<R, T>(read: (statements: S) => Promise<R>, decide: (rows: R) => Decision<S, T>): Promise<T> {
    return this.#alone((connection) => transaction(connection, read, decide))
  }

  look<T>(read: (statements: S) => Promise<T>): Promise<T> {
    return this.#alone((connection) => connection.together(() => Promise.try(read, connection.statements)))
  }

  async read<T>(read: (statements: S) => Promise<T>): Promise<T> {
    const work = this.#reader.with(async (connection) => {
      connection.gather()
      return connection.together(() => read(connection.statements))
    })
    return await translated(this.#where, work)
  }

  async #alone<T>(use: (connection: LiveConnection<S>) => Promise<T>): Promise<T> {
    assert(!this.#working, 'a lane transacts once at a time: await the transaction before')
    const work = this.#writer.with(use)
    this.#working = work
    try {
      return await translated(this.#where, work)
    } finally {
      this.#working = undefined
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#working])
    await Promise.all([this.#writer.close(), this.#reader.close()])
  }
}

async function transaction<S, R, T>(
  connection: LiveConnection<S>,
  read: (statements: S) => Promise<R>,
  decide: (rows: R) => Decision<S, T>,
): Promise<T> {
  try {
    const sending = connection.together(
      () => [connection.command('begin'), Promise.try(read, connection.statements)] as const,
    )
    const [begun, rows] = await Promise.allSettled(sending)
    if (begun.status === 'rejected') throw begun.reason
    if (rows.status === 'rejected') throw rows.reason
    const { result, writes } = decide(rows.value)
    await writeAndCommit(connection, writes)
    return result
  } catch (error) {
    await connection.command('rollback').catch(() => connection.giveUp())
    throw error
  }
}

/** A COMMIT behind a failure that nobody told of does not fail by itself: it answers ROLLBACK. */
async function writeAndCommit<S>(
  connection: LiveConnection<S>,
  writes: Decision<S, unknown>['writes'],
): Promise<void> {
  const { written, commit } = connection.together(() => {
    const sentBefore = connection.sent()
    const written = writes(connection.statements)
    const isWhole = connection.sent() - sentBefore >= written.length
    return { written, commit: isWhole ? connection.command('commit') : undefined }
  })
  if (!commit) {
    const failed = rejected(await Promise.allSettled(written))
    if (failed) throw failed.reason
    assert.fail('a write was not sent at once, and would have missed its COMMIT')
  }
  const [committed, ...results] = await Promise.allSettled([commit, ...written])
  const failed = rejected(results)
  if (committed.status === 'fulfilled' && committed.value === 'COMMIT') {
    assert(!failed, 'a write failed beside its statement, and the transaction was committed')
    return
  }
  if (failed) throw failed.reason
  if (committed.status === 'rejected') throw committed.reason
  assert.fail('a statement failed unseen: its promise was not given to the lane')
}

function rejected(results: readonly PromiseSettledResult<unknown>[]): PromiseRejectedResult | undefined {
  return results.find((result) => result.status === 'rejected')
}

async function translated<T>(where: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw databaseError(where, error)
  }
}
