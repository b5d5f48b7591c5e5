// Several statements to PostgreSQL and back as one: they are sent together, and answered together, because
// only the last of them asks for the answers. The driver's own query asks after each, which is a write of
// PostgreSQL's and a waking of ours for every statement, and has its columns described each time anew.
// The first that fails ends the trip: none of the others is done, or none stays.
import pg from 'pg'
import type { Parameter, PreparedStatement } from './prepared-statement.ts'

type Row = readonly (string | null)[]

/** One statement of a trip, and its answer. */
export interface Part {
  readonly prepared: Preparation
  readonly parameters: Parameter[]
  readonly rows: object[]
  /** What PostgreSQL says it performed, such as `COMMIT`. */
  command: string
}

/** What the driver calls of a query that it has been handed; its types do not say it. */
abstract class Asked extends pg.Query {
  /** The driver puts its own in front, to watch the time. */
  callback: (error: Error | null) => void
  readonly done: Promise<void>

  constructor() {
    super({ text: '' })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.done = promise
    this.callback = (error) => (error ? reject(error) : resolve())
  }

  handleError(error: Error): void {
    this.callback(error)
  }

  handleReadyForQuery(): void {
    this.callback(null)
  }
}

/** Has a statement's text read, once a connection, and its columns described. */
export class Preparation extends Asked {
  readonly statement: PreparedStatement
  failure: Error | undefined
  #read: ((values: Row) => object) | undefined

  constructor(statement: PreparedStatement) {
    super()
    this.statement = statement
  }

  override submit = (connection: pg.Connection): null => {
    const { name, text } = this.statement
    connection.parse({ name, text, types: [] }, true)
    connection.describe({ type: 'S', name }, true)
    connection.sync()
    return null
  }

  handleRowDescription({ fields }: { fields: readonly { dataTypeID: number }[] }): void {
    this.#read = this.statement.reading(fields.map(({ dataTypeID }) => dataTypeID))
  }

  override handleError(error: Error): void {
    this.failure = error
    super.handleError(error)
  }

  rowOf(values: Row): object {
    if (!this.#read) throw new Error(`${this.statement.name} gives rows that nobody described`)
    return this.#read(values)
  }
}

export class Trip extends Asked {
  readonly #parts: Part[] = []
  #answered = 0
  #unreadable: unknown

  get length(): number {
    return this.#parts.length
  }

  /** The part is whole once the trip is done. Throws when a value is missing. */
  add(prepared: Preparation, values: Record<string, unknown>): Part {
    const part = { prepared, parameters: prepared.statement.parameters(values), rows: [], command: '' }
    this.#parts.push(part)
    return part
  }

  override submit = (connection: pg.Connection): null => {
    for (const { prepared, parameters } of this.#parts) {
      connection.bind({ statement: prepared.statement.name, values: parameters }, true)
      connection.execute(null, true)
    }
    connection.sync()
    return null
  }

  handleDataRow({ fields }: { fields: Row }): void {
    const part = this.#parts[this.#answered]
    if (!part || this.#unreadable) return
    try {
      part.rows.push(part.prepared.rowOf(fields))
    } catch (error) {
      this.#unreadable = error
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const part = this.#parts[this.#answered++]
    if (part) part.command = text
  }

  /** Where a statement is missing, whoever prepared it was told why: a lock that was held, say. */
  override handleError(error: Error): void {
    const missing = this.#parts.find(({ prepared }) => prepared.failure)
    super.handleError(missing?.prepared.failure ?? error)
  }

  override handleReadyForQuery(): void {
    this.callback((this.#unreadable as Error | undefined) ?? null)
  }
}
