// The commented example of a configuration file, written from its schema: each key with its meaning, unit,
// range and default. Keys with a default stand commented out; the others show their example. Pure; a test of
// each program holds the committed example.toml against it.
import { stringify } from 'smol-toml'
import type { z } from 'zod'
import { alternatives, childOf, expectationOf, type KeySchema, keySchemaOf } from './configuration-schema.ts'

/**
 * @param introduction what the file is, for its first lines; `\n` starts a new one
 * @throws when a key without default lacks an example (`.meta({ examples: [...] })`): an unfinished schema
 */
export function exampleConfiguration(schema: z.ZodType, introduction: string): string {
  return `${comment(introduction)}\n${section(keySchemaOf(schema), [])}`
}

/** Plain keys first: in TOML whatever follows a [section] belongs to it. */
function section(schema: KeySchema, path: readonly string[]): string {
  const keys = Object.entries(schema.properties ?? {})
  const required = schema.required ?? []
  const plain = keys
    .filter(([, key]) => !isSection(key))
    .map(([name, key]) => plainKey(name, key, required.includes(name), [...path, name]))
  const sections = keys
    .filter(([, key]) => isSection(key))
    .map(([name, key]) => subsection(key, required.includes(name), [...path, name]))
  return [...plain, ...sections].join('\n')
}

function isSection(schema: KeySchema): boolean {
  const first = alternatives(schema)[0]
  return first?.type === 'object' || (first?.type === 'array' && first.items?.type === 'object')
}

function plainKey(name: string, schema: KeySchema, required: boolean, path: readonly string[]): string {
  const about = comment([schema.description, expectationOf(name, schema)].filter(Boolean).join('. '))
  const shown = schema.examples?.[0] ?? schema.default
  if (shown === undefined && required) throw new Error(`${path.join('.')} needs an example`)
  const line = shown === undefined ? `${name} =` : stringify({ [name]: shown }).trimEnd()
  return `${about}${required ? line : comment(line).trimEnd()}\n`
}

function subsection(schema: KeySchema, required: boolean, path: readonly string[]): string {
  const about = schema.description ? comment(schema.description) : ''
  const example = schema.examples?.[0]
  if (example !== undefined) {
    const text = shown(schema, example, path).join('\n')
    return `${about}${required ? text : commentedOut(text)}`
  }
  if (schema.type !== 'object' || !schema.properties) throw new Error(`${path.join('.')} needs an example`)
  const header = `[${path.join('.')}]\n`
  const body = section(schema, path)
  return `${about}${header}${body}`
}

/** A section, or several of one kind, as in the example, with all that could stand there besides. */
function shown(schema: KeySchema, example: unknown, path: readonly string[]): string[] {
  if (Array.isArray(example)) {
    return example.map((each) => `[[${path.join('.')}]]\n${shownKeys(schema.items ?? {}, each, path)}`)
  }
  const given = example as Readonly<Record<string, unknown>>
  const form = alternatives(schema).find((one) => isFormOf(one, given)) ?? schema
  if (form.properties) return [`[${path.join('.')}]\n${shownKeys(form, given, path)}`]
  return Object.entries(given).flatMap(([name, value]) =>
    shown(childOf(form, name) ?? {}, value, [...path, name]),
  )
}

function shownKeys(
  schema: KeySchema,
  given: Readonly<Record<string, unknown>>,
  path: readonly string[],
): string {
  const keys = Object.entries(schema.properties ?? {})
  const plain = keys
    .filter(([, key]) => !isSection(key))
    .map(([name, key]) => {
      const isGiven = given[name] !== undefined
      const example = isGiven ? { ...key, examples: [given[name]] } : key
      return plainKey(name, example, isGiven, [...path, name])
    })
  const sections = keys
    .filter(([name, key]) => isSection(key) && given[name] !== undefined)
    .flatMap(([name, key]) => {
      return [comment(key.description ?? '') + shown(key, given[name], [...path, name]).join('\n')]
    })
  return [...plain, ...sections].join('\n')
}

/** One of several forms tells itself by a key with one value only. */
function isFormOf(schema: KeySchema, given: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(schema.properties ?? {}).every(
    ([name, { const: only }]) => only === undefined || only === given[name],
  )
}

function commentedOut(text: string): string {
  return text.replace(/^(?!#|$)/gm, '# ')
}

function comment(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => wrapped(line, 106))
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
    .concat('\n')
}

function wrapped(line: string, width: number): string[] {
  const lines = ['']
  for (const word of line.split(' ')) {
    const current = lines.at(-1) ?? ''
    if (current && current.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = current ? `${current} ${word}` : word
  }
  return lines
}
