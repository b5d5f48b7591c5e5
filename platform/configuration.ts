// A program's configuration: one TOML file, one zod schema, parsed once at start into a frozen object.
// Whatever is wrong with the file is said all at once, each with its key, what was found and what may stand
// there. This adapter reads the file and the environment; what a schema says is read in
// configuration-schema.ts.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { brokenLimits, type Limits } from '@concilia/protocol/limits.ts'
import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'
import {
  alternatives,
  childOf,
  expectationOf,
  type KeySchema,
  keySchemaOf,
  keySchemasAt,
} from './configuration-schema.ts'
import { nearestWord } from './nearest-word.ts'
import { OperatingError } from './operating-error.ts'
import { redactedValue } from './redaction.ts'

export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

/** @throws OperatingError `configuration-missing`, `configuration-unreadable` or `configuration-invalid` */
export function readConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
): Frozen<z.output<Schema>> {
  const keys = keySchemaOf(schema)
  const toml = tomlOf(file)
  const result = schema.safeParse(toml)
  if (!result.success) throw invalid(file, keys, toml, result.error.issues)
  return frozen(withPaths(result.data, alternatives(keys), dirname(resolve(file)))) as Frozen<
    z.output<Schema>
  >
}

/** Rule 6: each limit is shorter than its caller's. Every program asserts it at start. */
export function assertLimits(limits: Limits, file: string): void {
  const broken = brokenLimits(limits)
  if (broken.length === 0) return
  throw new OperatingError({
    code: 'limits-contradict',
    message: `${file}: the limits contradict each other:\n${listed(broken)}`,
    advice: 'Change the limits named, or leave them out of the [limits] section to have the defaults.',
  })
}

/**
 * A value that must not stand in a file that people pass around: a password, a URL that holds one.
 * @param means what it is, with an example, for whoever has to set it
 */
export function requiredEnvironment(name: string, means: string, environment = process.env): string {
  const value = environment[name]
  if (value) return value
  throw new OperatingError({
    code: 'environment-missing',
    message: `The environment variable ${name} is not set.`,
    advice: `Set ${name}: ${means}`,
  })
}

function tomlOf(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OperatingError({
      code: 'configuration-missing',
      message: `The configuration file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      advice:
        'Name an existing file with --config; each program has a commented example.toml beside its main.ts.',
      cause,
    })
  }
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    throw new OperatingError({
      code: 'configuration-unreadable',
      message: `${file}, line ${cause.line}, column ${cause.column}: ${cause.message.split('\n')[0]}`,
      advice: 'Correct that line; texts stand in quotes, sections in [brackets].',
      cause,
    })
  }
}

function invalid(file: string, keys: KeySchema, toml: unknown, issues: readonly z.core.$ZodIssue[]) {
  const faults = issues.flatMap((issue) => faultsOf(keys, toml, issue))
  const [only] = faults
  return new OperatingError({
    code: 'configuration-invalid',
    message: faults.length === 1 ? `${file}: ${only}` : `${file}:\n${listed(faults)}`,
    advice: `Correct ${faults.length === 1 ? 'this key' : 'these keys'} and start again.`,
  })
}

function faultsOf(keys: KeySchema, toml: unknown, issue: z.core.$ZodIssue): string[] {
  const schemas = keySchemasAt(keys, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = schemas.flatMap((schema) => Object.keys(schema.properties ?? {}))
    return issue.keys.map((key) => unknownKey([...issue.path, key].map(String).join('.'), key, known))
  }
  const name = String(issue.path.at(-1) ?? '')
  const expected = schemas.map((schema) => expectationOf(name, schema)).join(' or ')
  const words = [
    `${issue.path.map(String).join('.') || 'the file'} ${foundAt(toml, issue.path)}`,
    issue.code === 'custom' ? issue.message : expected && `expected ${expected}`,
    schemas.find((schema) => schema.description)?.description,
  ]
  return [words.filter(Boolean).join('; ')]
}

function unknownKey(key: string, name: string, known: readonly string[]): string {
  const nearest = nearestWord(name, known)
  return `unknown key ${key}; ${nearest ? `did you mean ${nearest}?` : `known here: ${known.join(', ')}`}`
}

/** Values are repeated to the person who wrote them, except long ones and whatever is called a secret. */
function foundAt(toml: unknown, path: readonly PropertyKey[]): string {
  let value = toml
  for (const step of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step]
  if (value === undefined) return 'is missing'
  if (typeof value === 'object') return `is ${Array.isArray(value) ? 'a list' : 'a section'}`
  const shown = redactedValue({ [String(path.at(-1))]: value }) as object
  return `is ${JSON.stringify(Object.values(shown)[0]).slice(0, 60)}`
}

function withPaths(value: unknown, keys: readonly KeySchema[], folder: string): unknown {
  if (typeof value === 'string') {
    return keys.some((schema) => schema.format === 'path') ? resolve(folder, value) : value
  }
  const below = (step: PropertyKey) =>
    keys.flatMap((schema) => childOf(schema, step) ?? []).flatMap(alternatives)
  if (Array.isArray(value)) return value.map((item, index) => withPaths(item, below(index), folder))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withPaths(item, below(name), folder)]),
  )
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen)
  return Object.freeze(value)
}

function listed(lines: readonly string[]): string {
  return lines.map((line) => `  - ${line}`).join('\n')
}
