// What the reader does in each of its situations about each thing that can happen: all pairs, from a table in
// words (qibixx-reader.table.txt). A pair that the table does not mention must do nothing; a row that no pair
// needs is an error.
//
// `> C,0` is sent, `! ready` is heard, `-> idle` is the phase afterwards, `~ answer 2000` a deadline set (ms
// from now).
import { readFileSync } from 'node:fs'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import { readBoxLine, writeHostLine } from '@concilia/protocol/qibixx.ts'
import { expect, test } from 'vitest'
import type { HardwareEvent } from './port.ts'
import { stepReader } from './qibixx-reader.ts'
import {
  type Deadline,
  type Phase,
  type ReaderInput,
  type ReaderOutput,
  type ReaderSettings,
  type ReaderState,
  stoppedReader,
} from './reader-state.ts'

const now = 1000
const alwaysIdle: ReaderSettings = {
  currency: 'EUR',
  mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
  limits: defaultLimits,
}
const session: ReaderSettings = { ...alwaysIdle, mdb: { ...alwaysIdle.mdb, alwaysIdle: false } }

const line = (text: string): ReaderInput => ({ type: 'line', line: readBoxLine(text, 'EUR') })
const price = (amountMinor: number): ReaderInput => ({
  type: 'approve',
  price: { amountMinor, currency: 'EUR' },
})
const due = (deadline: Deadline): ReaderInput => ({ type: 'due', deadline })

/** Everything that can happen, but for deadlines: those are the situation's own. */
const inputs: Record<string, ReaderInput> = {
  start: { type: 'start', listening: false },
  stop: { type: 'stop' },
  opened: { type: 'lineOpened' },
  lost: { type: 'lineLost', why: 'unplugged' },
  attend: { type: 'attend', forMs: 60_000 },
  approve: price(150),
  'approve other price': price(151),
  deny: { type: 'deny' },
  display: { type: 'display', text: 'Crème 1.50 €' },
  ...Object.fromEntries(
    [
      'r,ACK',
      'v,4.0.2.0,x',
      'h,1.0,x',
      'c,0',
      'c,1',
      'c,SET,OK',
      'c,STATUS,INACTIVE',
      'c,STATUS,DISABLED',
      'c,STATUS,ENABLED',
      'c,STATUS,ONLINE',
      'c,STATUS,OFFLINE',
      'c,STATUS,IDLE',
      'c,STATUS,VEND,1.50,5',
      'c,STATUS,VEND,2.00,7',
      'c,STATUS,VEND,0.00,5',
      'c,VEND,SUCCESS',
      'c,ERR,VEND 1',
      'c,ERR,VEND 3',
      'c,ERR,VEND 5',
      'c,ERR,cashless is on',
      'c,ERR,cashless is off',
      'c,ERR,VEND -3',
      'c,ERR,START -3',
      'c,ERR,STOP -3',
      'c,ERR,-3',
      'c,UNKNOWN,x',
      'c,SALE,1.50,5',
      '\u0000noise',
    ].map((text) => [text.replace('\u0000', '·'), line(text)]),
  ),
}

const settingsDone = Array.from({ length: 7 }, () => line('c,SET,OK'))
const opened: ReaderInput[] = [{ type: 'start', listening: false }, { type: 'lineOpened' }]
const configured = [...opened, line('c,0'), ...settingsDone, line('c,1')]
const alwaysIdleRefused = [
  ...opened,
  line('c,0'),
  ...settingsDone.map((kept, step) => (step === 4 ? line('c,UNKNOWN,x') : kept)),
]
const ready = [...configured, line('c,STATUS,ENABLED')]
const requested = [...ready, line('c,STATUS,VEND,1.50,5')]
const delivering = [...requested, price(150)]
const listening: ReaderInput[] = [{ type: 'start', listening: true }, { type: 'lineOpened' }]
const attended: ReaderInput[] = [...ready, { type: 'attend', forMs: 60_000 }]

/** How the reader gets into each situation. */
const situations: Record<string, { by: ReaderInput[]; settings?: ReaderSettings }> = {
  stopped: { by: [] },
  lost: { by: [{ type: 'start', listening: false }] },
  'lost again': { by: [...ready, { type: 'lineLost', why: 'unplugged' }] },
  'lost in a vend': { by: [...delivering, { type: 'lineLost', why: 'unplugged' }] },
  'switching off': { by: opened },
  'switching off, third time': { by: [...opened, due('answer'), due('answer')] },
  'setting the address': { by: [...opened, line('c,0')] },
  'offering always idle': { by: [...opened, line('c,0'), ...settingsDone.slice(0, 4)] },
  'switching on': { by: [...opened, line('c,0'), ...settingsDone] },
  disabled: { by: configured },
  'disabled, always idle refused': { by: [...alwaysIdleRefused, line('c,1')] },
  ready: { by: ready },
  'ready, heartbeats unanswered': {
    by: [...ready, due('heartbeat'), due('heartbeat'), due('heartbeat')],
  },
  'ready, by session': { by: ready, settings: session },
  'session opening': { by: attended, settings: session },
  'session open': { by: [...attended, line('c,STATUS,IDLE,0')], settings: session },
  'session left over': { by: [...ready, line('c,STATUS,IDLE')], settings: session },
  'buyer awaited': { by: attended },
  requested: { by: requested },
  denying: { by: [...requested, { type: 'deny' }] },
  'denying again': { by: [...requested, { type: 'deny' }, due('answer')] },
  delivering: { by: delivering },
  'delivering, cancelled': { by: [...delivering, line('c,ERR,VEND 1')] },
  'delivering, next denied': { by: [...delivering, line('c,STATUS,VEND,2.00,7')] },
  'delivering, cancelled, next denied': {
    by: [...delivering, line('c,ERR,VEND 1'), line('c,STATUS,VEND,1.50,5')],
  },
  'delivering, taken for the next': {
    by: [...delivering, line('c,STATUS,VEND,2.00,7'), line('c,ERR,VEND -3')],
  },
  'lost before listening': { by: [{ type: 'start', listening: true }] },
  listening: { by: listening },
  'listening after the line was away': {
    by: [...delivering, { type: 'lineLost', why: 'unplugged' }, { type: 'lineOpened' }],
  },
}

function arrive({
  by,
  settings = alwaysIdle,
}: {
  by: ReaderInput[]
  settings?: ReaderSettings
}): ReaderState {
  return by.reduce((state, input) => stepReader(state, input, 0, settings).state, stoppedReader)
}

function told(before: ReaderState, input: ReaderInput, settings: ReaderSettings): string {
  const { state, outputs } = stepReader(before, input, now, settings)
  const parts = outputs.map(outputText)
  if (phaseText(state.phase) !== phaseText(before.phase)) parts.push(`-> ${phaseText(state.phase)}`)
  for (const [name, at] of Object.entries(state.due)) {
    if (at !== before.due[name as Deadline]) parts.push(`~ ${name} ${at - now}`)
  }
  return parts.join('; ')
}

function outputText(output: ReaderOutput): string {
  return output.type === 'send' ? `> ${writeHostLine(output.line, 'EUR')}` : `! ${eventText(output.event)}`
}

function eventText(event: HardwareEvent): string {
  const { type, ...rest } = event
  const values = Object.values(rest).map((value) =>
    typeof value === 'object' ? decimalText(value.amountMinor, value.currency) : String(value),
  )
  return [type, ...values].join(' ')
}

function phaseText(phase: Phase): string {
  const { name, ...rest } = phase
  const flags = Object.entries(rest)
    .filter(([, value]) => value !== false && value !== 'none' && value !== 0)
    .map(([key, value]) => (value === true ? key : `${key}=${value}`))
  return flags.length === 0 ? name : `${name} (${flags.join(', ')})`
}

/** The table's rows: a situation's name on a line of its own, then `input: what is done`. */
function readTable(): Map<string, string> {
  const rows = new Map<string, string>()
  let situation = ''
  for (const text of readFileSync(new URL('qibixx-reader.table.txt', import.meta.url), 'utf8').split('\n')) {
    const heading = /^# (.+)$/.exec(text)?.[1]
    if (heading) situation = heading
    const [, input, done = ''] = /^ {2}(.+?): (.+)$/.exec(text) ?? []
    if (input) rows.set(`${situation} / ${input}`, done)
  }
  return rows
}

const table = readTable()
const pairs = Object.entries(situations).flatMap(([situation, way]) => {
  const state = arrive(way)
  const deadlines = Object.keys(state.due).map((name) => [`due ${name}`, due(name as Deadline)] as const)
  return [...Object.entries(inputs), ...deadlines].map(([name, input]) => ({
    situation,
    pair: `${situation} / ${name}`,
    done: told(state, input, way.settings ?? alwaysIdle),
  }))
})

test.each(Object.keys(situations))('%s: every input does what the table says', (name) => {
  const here = pairs.filter(({ situation }) => situation === name)
  expect(here.length).toBeGreaterThanOrEqual(Object.keys(inputs).length)
  for (const { pair, done } of here) expect(`${pair}: ${done}`).toBe(`${pair}: ${table.get(pair) ?? ''}`)
})

test('the table has no row that nothing can reach', () => {
  const known = new Set(pairs.filter(({ done }) => done !== '').map(({ pair }) => pair))
  expect([...table.keys()].filter((pair) => !known.has(pair))).toEqual([])
})

test('whatever the situation, one approval has exactly one conclusion', () => {
  for (const [name, way] of Object.entries(situations)) {
    const settings = way.settings ?? alwaysIdle
    const owed =
      name.startsWith('delivering') ||
      name.startsWith('listening') ||
      name === 'lost in a vend' ||
      name === 'lost before listening'
    const first = stepReader(arrive(way), price(150), now, settings)
    const outcome = concludedWithin(first.state, settings)
    const said = conclusions(first.outputs) + outcome
    if (name !== 'stopped') expect(`${name}: ${said}`).toBe(`${name}: 1`)
    if (owed) expect(`${name}: ${conclusions(first.outputs)}`).toBe(`${name}: 0`)
  }
})

/** Lets every deadline pass, as on a line that stays silent. */
function concludedWithin(from: ReaderState, settings: ReaderSettings): number {
  let state = from
  let said = 0
  for (let time = now; time <= now + 2 * defaultLimits.vendMs; time += 1000) {
    for (const [name, at] of Object.entries(state.due)) {
      if (at > time || state.due[name as Deadline] === undefined) continue
      const next = stepReader(state, due(name as Deadline), time, settings)
      state = next.state
      said += conclusions(next.outputs)
    }
  }
  return said
}

function conclusions(outputs: readonly ReaderOutput[]): number {
  return outputs.filter((output) => output.type === 'hear' && output.event.type === 'vendConcluded').length
}
