// Configuration files as a person writes them, with the mistakes a person makes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits, limitsSchema } from '@concilia/protocol/limits.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { assertLimits, readConfiguration, requiredEnvironment } from './configuration.ts'
import { pathSchema } from './configuration-schema.ts'
import { exampleConfiguration } from './example-configuration.ts'
import { OperatingError } from './operating-error.ts'

const schema = z.strictObject({
  name: z
    .string()
    .describe('Who this is')
    .meta({ examples: ['first'] }),
  journal: pathSchema.describe('Where the journal lies').default('journal.sqlite'),
  http: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(8080).describe('TCP port; 0 lets the system choose'),
      waitMs: z.int().min(100).max(60_000).default(5000).describe('Longest wait for an answer'),
      mode: z.enum(['debit', 'hold']).default('debit').describe('How a buyer is charged'),
      clientSecret: z.exactOptional(z.string().min(8)),
    })
    .prefault({})
    .describe('The HTTP side'),
  gateways: z
    .record(z.string(), z.strictObject({ path: pathSchema }))
    .describe('Gateways by name')
    .meta({ examples: [{ kannel: { path: 'kannel.toml' } }] }),
  limits: limitsSchema.prefault({}),
})

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configuration-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function written(text: string): string {
  const file = join(folder, `${++files}.toml`)
  writeFileSync(file, text)
  return file
}

const minimal = 'name = "one"\n[gateways]\n'

function refusal(text: string): OperatingError {
  try {
    readConfiguration(schema, written(text))
  } catch (error) {
    if (error instanceof OperatingError) return error
    throw error
  }
  throw new Error('the file was accepted')
}

describe('a good file', () => {
  test('has its defaults filled in and its relative paths resolved beside the file', () => {
    const file = written(
      'name = "one"\njournal = "state/j"\n[gateways.a]\npath = "/etc/a"\n[http]\nport = 0\n',
    )
    const configuration = readConfiguration(schema, file)
    expect(configuration).toMatchObject({
      name: 'one',
      journal: join(folder, 'state/j'),
      http: { port: 0, waitMs: 5000 },
      gateways: { a: { path: '/etc/a' } },
      limits: defaultLimits,
    })
    expect(readConfiguration(schema, written(minimal)).journal).toBe(join(folder, 'journal.sqlite'))
  })

  test('is frozen all the way down', () => {
    const configuration = readConfiguration(schema, written(minimal)) as { http: { port: number } }
    expect(() => {
      configuration.http.port = 1
    }).toThrow(TypeError)
  })
})

describe('what is wrong is said', () => {
  test('no file', () => {
    const read = () => readConfiguration(schema, join(folder, 'absent.toml'))
    expect(read).toThrow(expect.objectContaining({ code: 'configuration-missing' }))
    expect(read).toThrow(/absent\.toml.*ENOENT/)
  })

  test('not TOML: the line', () => {
    const error = refusal('name = "one"\nport = = 3\n')
    expect(error.code).toBe('configuration-unreadable')
    expect(error.message).toMatch(/line 2, column 8/)
  })

  test('an unknown key: file, key and the nearest known one of that section', () => {
    const error = refusal(`${minimal}[http]\nprot = 8080\n`)
    expect(error.code).toBe('configuration-invalid')
    expect(error.message).toMatch(/\d\.toml: unknown key http\.prot; did you mean port\?$/)
    expect(refusal(`nmae = "x"\n${minimal}`).message).toMatch(/unknown key nmae; did you mean name\?$/)
    expect(refusal(`${minimal}[limits]\noffrWaitMs = 1\n`).message).toMatch(/did you mean offerWaitMs\?$/)
  })

  test('an unknown key near to nothing: the known ones', () => {
    expect(refusal(`${minimal}[http]\nzzz = 1\n`).message).toMatch(
      /unknown key http\.zzz; known here: port, waitMs, mode, clientSecret$/,
    )
  })

  test('a wrong value: key, found, range, unit, default, meaning', () => {
    expect(refusal(`${minimal}[http]\nwaitMs = 5\n`).message).toMatch(
      /: http\.waitMs is 5; expected whole number, 100 to 60000 ms, default 5000; Longest wait/,
    )
    expect(refusal(`${minimal}[http]\nmode = "hol"\n`).message).toMatch(
      /: http\.mode is "hol"; expected one of "debit", "hold", default "debit"; How a buyer is charged$/,
    )
    expect(refusal('name = "one"\n[gateways.a]\n').message).toMatch(
      /: gateways\.a\.path is missing; expected a path \(relative to this file\)$/,
    )
    expect(refusal('name = "one"\ngateways = 3\n').message).toMatch(/gateways is 3; expected a section/)
  })

  test('several faults at once, one a line', () => {
    const error = refusal('[http]\nport = "x"\nprot = 1\n[gateways]\n')
    expect(error.message).toMatch(
      /:\n {2}- name is missing.*\n {2}- http\.port is "x".*\n {2}- unknown key http\.prot/,
    )
  })

  test('a secret is not repeated', () => {
    const error = refusal(`${minimal}[http]\nclientSecret = "short"\n`)
    expect(error.message).toContain('http.clientSecret')
    expect(error.message).not.toContain('short')
  })

  test('limits that contradict each other', () => {
    expect(() => assertLimits(defaultLimits, 'x.toml')).not.toThrow()
    expect(() => assertLimits({ ...defaultLimits, consentMs: 200_000 }, 'x.toml')).toThrow(
      expect.objectContaining({
        code: 'limits-contradict',
        message: expect.stringMatching(/x\.toml.*\n {2}- textTransitMs \+ consentMs/),
      }),
    )
  })

  test('a variable that is not set, or set to nothing', () => {
    expect(requiredEnvironment('DATABASE_URL', 'x', { DATABASE_URL: 'postgres://h/d' })).toBe(
      'postgres://h/d',
    )
    for (const environment of [{}, { DATABASE_URL: '' }]) {
      expect(() => requiredEnvironment('DATABASE_URL', 'postgres://USER@HOST/NAME', environment)).toThrow(
        expect.objectContaining({
          code: 'environment-missing',
          advice: 'Set DATABASE_URL: postgres://USER@HOST/NAME',
        }),
      )
    }
  })
})

describe('the example file', () => {
  const example = exampleConfiguration(schema, 'Example.\nCopy it.')

  test('says of each key what it means, its unit, range and default', () => {
    expect(example).toMatch(/^# Example\.\n# Copy it\.\n\n# Who this is\. text\nname = "first"\n/)
    expect(example).toContain(
      '# Longest wait for an answer. whole number, 100 to 60000 ms, default 5000\n# waitMs = 5000\n',
    )
    expect(example).toContain('# The HTTP side\n[http]\n')
    expect(example).toContain(
      '# Gateways by name\n[gateways.kannel]\n# a path (relative to this file)\npath = "kannel.toml"\n',
    )
    expect(Math.max(...example.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
  })

  test('is itself a good file, and so it stays with every key with a default uncommented', () => {
    const configuration = readConfiguration(schema, written(example))
    expect(configuration.http.port).toBe(8080)
    const uncommented = example.replace(/^# ([a-zA-Z]+ = .*)$/gm, '$1')
    expect(readConfiguration(schema, written(uncommented)).limits).toEqual(defaultLimits)
    expect(uncommented).toContain('\nofferWaitMs = 180000\n')
  })

  test('a key with neither default nor example is an unfinished schema', () => {
    expect(() => exampleConfiguration(z.strictObject({ a: z.strictObject({ b: z.string() }) }), '')).toThrow(
      'a.b needs an example',
    )
  })
})
