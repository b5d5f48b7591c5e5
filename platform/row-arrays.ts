// Rows of a table as arrays, one a column, so that a statement's own text is the same for any number of them.
// They travel in PostgreSQL's binary form: as JSON, or as arrays in text, unpacking them cost more than
// storing them. They are taken out by subscript: `unnest` puts each array into a table of its own first, and
// costs twice as much. Every value goes as text and is cast there, so that it is PostgreSQL that refuses what
// does not fit: an error of ours would look like a lost connection. Run at every commit, hence the memory of
// columns.
import { getTableColumns, type PgTable, sql } from './drizzle.ts'

interface Column {
  readonly property: string
  readonly name: string
  readonly type: string
}

const columnsByTable = new WeakMap<PgTable, readonly Column[]>()

/** The rows that {@link rowArrays} gives a prepared statement: a table `v` with the columns of this one. */
export function arrayed(table: PgTable) {
  const columns = columnsOf(table)
  const values = columns.map(({ name, type }) => {
    return sql`(${sql.placeholder(name)}::text[])[i]::${sql.raw(type)} as ${sql.raw(`"${name}"`)}`
  })
  return sql`(select ${sql.join(values, sql`, `)}
    from generate_series(1, ${sql.placeholder(rowCount)}::integer) as i) as v`
}

/** No column is called that. */
const rowCount = 'how many rows'

/** What goes into the placeholders of {@link arrayed}; what a row does not have is null. */
export function rowArrays(table: PgTable, rows: readonly object[]): Record<string, Buffer | number> {
  const arrays: Record<string, Buffer | number> = { [rowCount]: rows.length }
  for (const { property, name, type } of columnsOf(table)) {
    const values = rows.map((row) => (row as Record<string, unknown>)[property] ?? null)
    arrays[name] = binaryArray(values.map(type === 'jsonb' ? asJson : asText))
  }
  return arrays
}

function asText(value: unknown): string | null {
  return value === null ? null : String(value)
}

function asJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

const oidOfText = 25
const headBytes = 20

/**
 * What PostgreSQL's array_recv reads: dimensions, whether there are nulls, the elements' type, how many, from
 * where; then each with its length before it.
 */
export function binaryArray(texts: readonly (string | null)[]): Buffer {
  const size = texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : Buffer.byteLength(text)), headBytes)
  const array = Buffer.allocUnsafe(size)
  let at = 0
  for (const head of [1, 1, oidOfText, texts.length, 1]) at = array.writeInt32BE(head, at)
  for (const text of texts) {
    const bytes = text === null ? 0 : array.write(text, at + 4)
    at = array.writeInt32BE(text === null ? -1 : bytes, at) + bytes
  }
  return array
}

function columnsOf(table: PgTable): readonly Column[] {
  const known = columnsByTable.get(table)
  if (known) return known
  const made = Object.entries(getTableColumns(table)).map(([property, column]) => {
    return { property, name: column.name, type: column.getSQLType() }
  })
  columnsByTable.set(table, made)
  return made
}
