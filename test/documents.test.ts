// The documents that are made from the code are what the code makes today, and what they claim to be.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import specifications from '@asyncapi/specs'
import { downChannels, upChannels } from '@concilia/protocol/topics.ts'
import { behaviourNames } from '@concilia/simulator/behaviours.ts'
import { busFaults } from '@concilia/simulator/bus-faults.ts'
import { kioskActOf } from '@concilia/simulator/kiosk/kiosk-words.ts'
import { Ajv } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { type Document, OpenAPIBackend } from 'openapi-backend'
import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { documents } from './documents.ts'
import { asyncapiDocument } from './documents-asyncapi.ts'
import { mermaidOf } from './documents-charts.ts'
import { lasting, shownOfKiosks } from './documents-kiosk-faults.ts'
import { faultRows, mistakes } from './documents-mdb-faults.ts'

test.each([...documents()])('%s is what the code says: otherwise run npm run documents', (path, text) => {
  expect(readFileSync(join(import.meta.dirname, '..', path), 'utf8')).toBe(text)
})

/** The official JSON Schema of AsyncAPI 3.0; it brings its own copy of the draft it is written in. */
const asyncapi = new Ajv({
  strict: false,
  logger: false,
  meta: false,
  validateSchema: false,
  formats: fullFormats,
})
const keepsToAsyncapi = asyncapi.compile(Object.fromEntries(Object.entries(specifications.schemas['3.0.0'])))

test('the AsyncAPI document keeps to AsyncAPI 3.0, and every reference in it leads somewhere', () => {
  const document = asyncapiDocument()
  keepsToAsyncapi(document)
  expect(keepsToAsyncapi.errors).toBeNull()
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
  expect(references.length).toBeGreaterThan(20)
  const dangling = references.filter(([, path = '']) => valueAt(document, path.split('/')) === undefined)
  expect(dangling).toEqual([])
})

test.each([
  { channels: { up: { address: 7 } } },
  { operations: { send: { action: 'shout', channel: { $ref: '#/channels/up-birth' } } } },
  { components: { messages: { birth: { payload: 5 } } } },
])('a document that breaks AsyncAPI 3.0 is refused: %j', (mistake) => {
  expect(keepsToAsyncapi({ ...asyncapiDocument(), ...mistake })).toBe(false)
})

test('the OpenAPI document keeps to OpenAPI 3.0', async () => {
  const definition = JSON.parse(documents().get('docs/openapi.json') ?? '')
  const checked = (document: Document) =>
    new OpenAPIBackend({ definition: document, strict: true, validate: false }).init()
  expect(Object.keys(definition.paths).length).toBeGreaterThan(5)
  await expect(checked(definition)).resolves.toMatchObject({ document: { openapi: '3.0.3' } })
  await expect(checked({ ...definition, paths: { '/x': { get: {} } } })).rejects.toThrow()
})

test('the page of a kiosk’s faults names tests that are there, and words that can be typed', () => {
  const absent = shownOfKiosks.filter(([file, title]) => {
    return !readFileSync(join(import.meta.dirname, '..', file), 'utf8').includes(title)
  })
  expect(absent).toEqual([])
  const words = lasting.flatMap(([, typed]) => typed.filter((word) => !word.startsWith('(')))
  expect(words.filter((word) => typeof kioskActOf(word, 'EUR') === 'string')).toEqual([])
})

test('the page of faults names tests that are there, words that can be typed, and every fault there is', () => {
  const named = [...faultRows.map(({ shown }) => shown), ...mistakes.map(([, shown]) => shown)]
  const absent = named.filter(([file, title]) => {
    return !readFileSync(join(import.meta.dirname, '..', file), 'utf8').includes(title)
  })
  expect(absent).toEqual([])
  const words = faultRows.flatMap(({ words }) => words)
  const typed = (kind: string) =>
    words.flatMap((word) => (word.startsWith(`${kind} `) ? [word.slice(kind.length + 1)] : []))
  expect(new Set(typed('fault'))).toEqual(new Set(busFaults))
  expect(typed('behave').filter((name) => !behaviourNames.some((known) => known === name))).toEqual([])
})

test('every topic is a channel', () => {
  const { channels } = asyncapiDocument() as { channels: Record<string, unknown> }
  const topics = [
    ...upChannels.map((channel) => `up-${channel}`),
    ...downChannels.map((channel) => `down-${channel}`),
    'state-presence',
  ]
  expect(Object.keys(channels)).toEqual(topics)
})

test('a chart becomes a picture: nesting, limits, guards, endings, but nothing answered in place', () => {
  const chart = createMachine({
    id: 'lamp',
    initial: 'off',
    on: { report: { actions: 'tell' } },
    states: {
      off: { on: { press: [{ guard: 'hasPower', target: 'on' }, { actions: 'click' }] } },
      on: {
        initial: 'dim',
        after: { tooLong: '#lamp.broken' },
        on: { press: 'off', unplug: 'off', shake: { target: 'on', reenter: true }, glare: '.bright' },
        states: {
          dim: { on: { turn: 'bright' } },
          bright: { always: { guard: { type: 'hot' }, target: 'dim' } },
        },
      },
      broken: { type: 'final' },
    },
  })
  expect(mermaidOf(chart)).toBe(`stateDiagram-v2
  state "off" as off
  state "on" as on {
    state "dim" as on_dim
    state "bright" as on_bright
    [*] --> on_dim
  }
  state "broken" as broken
  [*] --> off
  broken --> [*]
  off --> on : press [hasPower]
  on --> off : press<br/>unplug
  on_dim --> on_dim : shake
  on_bright --> on_dim : shake
  on_dim --> on_bright : glare
  on_bright --> on_bright : glare
  on --> broken : after tooLong
  on_dim --> on_bright : turn
  on_bright --> on_dim : at once [hot]`)
})

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const next =
    typeof value === 'object' && value !== null ? Object.entries(value).find(([k]) => k === key) : undefined
  return next && valueAt(next[1], rest)
}
