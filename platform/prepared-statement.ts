// A statement that drizzle has written, as it is sent: its text under a name, the values of its placeholders
// as parameters, and how the rows that come back are read. Worked out once; drizzle's own `execute` does it
// at each call, and takes more time for that than the driver for the rest.
import pg from 'pg'
import { Param, Placeholder } from './drizzle.ts'
import { binaryArray } from './row-arrays.ts'

/** As the driver takes it: text, or binary form, or null. */
export type Parameter = string | Buffer | null
type ReadRow = (values: readonly (string | null)[]) => object

/** What drizzle's `.prepare(name)` gives; the fields are its own affair, hence the assertions. */
export interface Written {
  getQuery(): { sql: string; params: unknown[] }
}
interface Inner {
  readonly rawQueryConfig: { readonly name: string }
  readonly fields: readonly SelectedField[] | undefined
}
interface Decoder {
  mapFromDriverValue(value: unknown): unknown
}
/** A column, an expression, or an expression with a name. */
interface SelectedField {
  readonly path: readonly string[]
  readonly field: Decoder | { readonly decoder: Decoder } | { readonly sql: { readonly decoder: Decoder } }
}

/** A statement that can be sent over a connection; what it gives, once all that went with it is done. */
export interface Statement<Rows> {
  execute(values?: Record<string, unknown>): Promise<Rows>
}

/** Drizzle's statements, in their groups, as ones that can be sent. */
export type Sendable<S> = {
  readonly [Name in keyof S]: S[Name] extends Statement<infer Rows>
    ? Statement<Rows extends readonly unknown[] ? Rows : unknown>
    : Sendable<S[Name]>
}

/** The same, worked out. */
export type StatementTree = PreparedStatement | { readonly [name: string]: StatementTree }

/** @param written statements as drizzle's `.prepare(name)` gives them, in any groups */
export function statementTree(written: object): StatementTree {
  if ('getQuery' in written) return PreparedStatement.of(written as Written)
  const named = Object.entries(written)
  return Object.fromEntries(named.map(([name, inner]) => [name, statementTree(inner)]))
}

export class PreparedStatement {
  readonly name: string
  readonly text: string
  readonly #given: readonly ((values: Record<string, unknown>) => unknown)[]
  readonly #fields: readonly SelectedField[]

  constructor(name: string, text: string, params: readonly unknown[], fields: readonly SelectedField[]) {
    this.name = name
    this.text = text
    this.#given = params.map(given)
    this.#fields = fields
  }

  static of(written: Written): PreparedStatement {
    const { rawQueryConfig, fields = [] } = written as unknown as Inner
    const { sql, params } = written.getQuery()
    return new PreparedStatement(rawQueryConfig.name, sql, params, fields)
  }

  /** Throws when a placeholder has no value. */
  parameters(values: Record<string, unknown>): Parameter[] {
    return this.#given.map((value) => encoded(value(values)))
  }

  /** @param types the columns' types, as PostgreSQL describes them */
  reading(types: readonly number[]): ReadRow {
    const columns = this.#fields.map(({ path, field }, index) => {
      const [property = '', ...deeper] = path
      if (deeper.length > 0) throw new Error(`${this.name}: rows in rows are not read`)
      return { index, property, read: reader(types[index] ?? 0, decoderOf(field)) }
    })
    return (values) => {
      const row: Record<string, unknown> = {}
      for (const { index, property, read } of columns) {
        const value = values[index]
        row[property] = value == null || read === undefined ? value : read(value)
      }
      return row
    }
  }
}

const textType = 25

/** Undefined where the text is the value. */
function reader(type: number, decoder: Decoder): ((text: string) => unknown) | undefined {
  if (type === textType && decoder.mapFromDriverValue('text') === 'text') return undefined
  const parse: (text: string) => unknown = pg.types.getTypeParser(type, 'text')
  return (text) => decoder.mapFromDriverValue(parse(text))
}

function decoderOf(field: SelectedField['field']): Decoder {
  if ('mapFromDriverValue' in field) return field
  return 'decoder' in field ? field.decoder : field.sql.decoder
}

function given(param: unknown): (values: Record<string, unknown>) => unknown {
  if (param instanceof Placeholder) return valueAt(param.name)
  if (param instanceof Param && param.value instanceof Placeholder) {
    const value = valueAt(param.value.name)
    return (values) => param.encoder.mapToDriverValue(value(values))
  }
  return () => param
}

function valueAt(name: string): (values: Record<string, unknown>) => unknown {
  return (values) => {
    const value = values[name]
    if (value === undefined) throw new Error(`no value for placeholder "${name}" was provided`)
    return value
  }
}

/** Lists of texts go in binary form: quoting them costs more. Others have nothing that would need quotes. */
function encoded(value: unknown): Parameter {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return value
  if (!Array.isArray(value)) return String(value)
  const isOfTexts = value.length > 0 && value.every((item) => typeof item === 'string')
  return isOfTexts ? binaryArray(value) : `{${value.join(',')}}`
}
