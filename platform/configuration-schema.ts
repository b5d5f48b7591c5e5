// What a configuration's zod schema says of each key - description, kind, range, default, example - read from
// its JSON Schema. One reading serves error texts, relative paths and the example files; pure.
import { z } from 'zod'

/** The part of JSON Schema that our configurations use. */
export interface KeySchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: KeySchema | boolean
  readonly items?: KeySchema
  readonly anyOf?: readonly KeySchema[]
  readonly oneOf?: readonly KeySchema[]
}

/** A file or folder. A relative one is read relative to the configuration file that names it. */
export const pathSchema = z.string().min(1).max(4096).meta({ format: 'path' })

export function keySchemaOf(schema: z.ZodType): KeySchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as KeySchema
}

/** The schemas that may describe what stands at `path`: several below a union, none below an unknown key. */
export function keySchemasAt(root: KeySchema, path: readonly PropertyKey[]): KeySchema[] {
  let found = alternatives(root)
  for (const step of path) {
    found = found
      .map((schema) => childOf(schema, step))
      .filter((schema) => schema !== undefined)
      .flatMap(alternatives)
  }
  return found
}

export function alternatives(schema: KeySchema): KeySchema[] {
  const several = schema.anyOf ?? schema.oneOf
  return several ? several.flatMap(alternatives) : [schema]
}

export function childOf(schema: KeySchema, step: PropertyKey): KeySchema | undefined {
  if (typeof step === 'number') return schema.items
  const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  return schema.properties?.[String(step)] ?? other
}

/** `whole number, 1000 to 600000 ms, default 120000`: what may stand there. */
export function expectationOf(name: string, schema: KeySchema): string {
  const words = [kindOf(schema), rangeOf(schema, unitOf(name))].filter(Boolean)
  if (schema.default !== undefined) words.push(`default ${JSON.stringify(schema.default)}`)
  return words.join(', ')
}

function kindOf(schema: KeySchema): string {
  const choices = alternatives(schema)
  const literals = choices.flatMap(
    (choice) => choice.enum ?? (choice.const === undefined ? [] : [choice.const]),
  )
  if (literals.length > 0) return `one of ${literals.map((literal) => JSON.stringify(literal)).join(', ')}`
  if (choices.length > 1) return choices.map(kindOf).join(' or ')
  if (schema.format === 'path') return 'a path (relative to this file)'
  if (schema.format === 'uri') return 'a URL'
  switch (schema.type) {
    case 'integer':
      return 'whole number'
    case 'number':
      return 'number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a section'
    default:
      return schema.pattern ? `text of the form ${schema.pattern}` : 'text'
  }
}

function rangeOf(schema: KeySchema, unit: string): string {
  const { minimum, maximum = Number.MAX_SAFE_INTEGER } = schema
  if (minimum === undefined || minimum === Number.MIN_SAFE_INTEGER) return unit && `in ${unit}`
  const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum}`
  return unit ? `${range} ${unit}` : range
}

/** Units stand last in names. */
function unitOf(name: string): string {
  if (/Ms$/.test(name)) return 'ms'
  if (/Minor$/.test(name)) return 'minor units of the currency'
  if (/Bytes$/.test(name)) return 'bytes'
  return ''
}
