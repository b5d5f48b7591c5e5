// Rows of a table as one JSON text, so that a statement's own text is the same for any number of them:
// PostgreSQL unpacks it with json_populate_recordset. Read at every commit, hence the memory of column names.
import { getTableColumns, type PgTable } from './drizzle.ts'

const columnNames = new WeakMap<PgTable, readonly (readonly [property: string, column: string])[]>()

/** By the table's own column names; what a row does not have is null. */
export function rowsJson(table: PgTable, rows: readonly object[]): string {
  const columns = columnsOf(table)
  const named = rows.map((row) => {
    const values: Record<string, unknown> = { ...row }
    const renamed: Record<string, unknown> = {}
    for (const [property, name] of columns) renamed[name] = values[property] ?? null
    return renamed
  })
  return JSON.stringify(named)
}

function columnsOf(table: PgTable) {
  const known = columnNames.get(table)
  if (known) return known
  const made = Object.entries(getTableColumns(table)).map(([property, { name }]) => [property, name] as const)
  columnNames.set(table, made)
  return made
}
