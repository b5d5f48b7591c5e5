// Rows of a table as arrays, one a column, so that a statement's own text is the same for any number of them.
// They travel in PostgreSQL's binary form: as JSON, or as arrays in text, unpacking them cost more than
// storing them. Run at every commit, hence the memory of columns.
import { getTableColumns, type PgTable, sql } from './drizzle.ts'

/** How the values of a column travel: its own type, or text that is cast to it. */
const wires = { text: 25, boolean: 16, integer: 23, bigint: 20 } as const
type Wire = keyof typeof wires

interface Column {
  readonly property: string
  readonly name: string
  readonly type: string
  readonly wire: Wire
}

const columnsByTable = new WeakMap<PgTable, readonly Column[]>()

/** The columns of {@link arrayed} rows, by the table's names for them, each of its own type. */
export function columnsFrom(table: PgTable) {
  const each = ({ name, type, wire }: Column) => `v."${name}"${type === wire ? '' : `::${type}`}`
  return sql.raw(columnsOf(table).map(each).join(', '))
}

/** The rows that {@link rowArrays} gives a prepared statement, as a table `v`; not yet cast. */
export function arrayed(table: PgTable) {
  const columns = columnsOf(table)
  const arrays = columns.map(({ name, wire }) => sql`${sql.placeholder(name)}::${sql.raw(wire)}[]`)
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  return sql`unnest(${sql.join(arrays, sql`, `)}) as v(${sql.raw(names)})`
}

/** What goes into the placeholders of {@link arrayed}; what a row does not have is null. */
export function rowArrays(table: PgTable, rows: readonly object[]): Record<string, Buffer> {
  const arrays: Record<string, Buffer> = {}
  for (const { property, name, wire, type } of columnsOf(table)) {
    const values = rows.map((row) => (row as Record<string, unknown>)[property] ?? null)
    arrays[name] = binaryArray(wire, type === 'jsonb' ? values.map(asJson) : values)
  }
  return arrays
}

function asJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

/**
 * PostgreSQL's array_recv: dimensions, whether there are nulls, the elements' type, how many, from where;
 * then each with its length before it.
 */
export function binaryArray(wire: Wire, values: readonly unknown[]): Buffer {
  const array = Buffer.allocUnsafe(values.reduce((sum: number, value) => sum + 4 + sizeOf(wire, value), 20))
  const oid = wires[wire]
  let at = 0
  for (const head of [values.length === 0 ? 0 : 1, 1, oid, values.length, 1])
    at = array.writeInt32BE(head, at)
  for (const value of values) {
    const size = value === null ? 0 : write(array, wire, value, at + 4)
    at = array.writeInt32BE(value === null ? -1 : size, at) + size
  }
  return values.length === 0 ? array.subarray(0, 12) : array
}

function sizeOf(wire: Wire, value: unknown): number {
  if (value === null) return 0
  if (wire === 'text') return Buffer.byteLength(String(value))
  return wire === 'bigint' ? 8 : wire === 'integer' ? 4 : 1
}

/** @returns how many bytes it took */
function write(array: Buffer, wire: Wire, value: unknown, at: number): number {
  switch (wire) {
    case 'text':
      return array.write(String(value), at)
    case 'boolean':
      return array.writeInt8(value === true ? 1 : 0, at) - at
    case 'integer':
      return array.writeInt32BE(Number(value), at) - at
    case 'bigint': {
      const whole = Number(value)
      if (!Number.isSafeInteger(whole)) throw new Error(`${whole} is not a whole number that can be stored`)
      const high = Math.floor(whole / 2 ** 32)
      return array.writeUInt32BE(whole - high * 2 ** 32, array.writeInt32BE(high, at)) - at
    }
  }
}

function columnsOf(table: PgTable): readonly Column[] {
  const known = columnsByTable.get(table)
  if (known) return known
  const made = Object.entries(getTableColumns(table)).map(([property, column]): Column => {
    const type = column.getSQLType()
    return { property, name: column.name, type, wire: type in wires ? (type as Wire) : 'text' }
  })
  columnsByTable.set(table, made)
  return made
}
