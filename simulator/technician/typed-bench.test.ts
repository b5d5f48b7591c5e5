// What a technician types: flags to a machine, words to calls, and mistakes answered with what there is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, openBench } from '../bench.ts'
import type { MachineEvent } from '../vending-machine.ts'
import { machineOf, obey, obeyKiosk, typedHelp } from './typed-bench.ts'

const flags = { machine: 'bench', link: '/tmp/tty', items: undefined, currency: undefined } as const
const more = { behaviour: undefined, bus: false, session: false } as const

test('flags make a machine', () => {
  expect(machineOf({ ...flags, ...more, items: '1=1.20,12=2', session: true, behaviour: 'jam' })).toEqual({
    name: 'bench',
    link: '/tmp/tty',
    currency: 'EUR',
    items: { 1: 120, 12: 200 },
    bridge: 'qibixx',
    alwaysIdle: false,
    behaviours: ['jam'],
  })
})

test.each([
  [{ link: undefined }, '--machine NAME and --link PATH are needed'],
  [{ items: '1=1.205' }, '--items: 1=1.205 is not ITEM=PRICE, such as 5=1.50'],
  [{ items: 'coffee' }, '--items: coffee is not ITEM=PRICE, such as 5=1.50'],
  [{ currency: 'XXX' }, 'unknown currency XXX; known: EUR'],
  [{ behaviour: 'odd' }, 'unknown behaviour odd; known: good'],
])('%o: %s', (wrong, words) => {
  expect(machineOf({ ...flags, ...more, ...wrong })).toContain(words)
})

test('words become calls on the one machine', () => {
  const called: unknown[] = []
  const calls = new Proxy({}, { get: (_, name) => (takes: unknown) => called.push([name, takes]) })
  // Only the calls of a machine are reached, and all of them take an object.
  const bench = { calls, close: async () => {} } as unknown as Bench
  for (const text of [
    'press 5',
    ' coins  7 ',
    'lever',
    'behave jam',
    'fault ret',
    'door open',
    'power',
    'quiet 60',
    'unplug',
    'plug',
    'restart',
    'look',
  ]) {
    obey(bench, 'bench', text)
  }
  const machine = 'bench'
  expect(called).toEqual([
    ['press', { machine, item: 5 }],
    ['payInCoins', { machine, item: 7 }],
    ['pushLever', { machine }],
    ['behave', { machine, behaviours: ['jam'] }],
    ['disturb', { machine, fault: 'ret' }],
    ['door', { machine, open: true }],
    ['cutPower', { machine, forMs: 5000 }],
    ['stopPolling', { machine, forMs: 60_000 }],
    ['unplug', { machine }],
    ['plug', { machine }],
    ['restartBox', { machine }],
    ['look', { machine }],
  ])
  expect(obey(bench, 'bench', 'behave odd')).toContain('known: good, twice, jam')
  expect(obey(bench, 'bench', 'fault odd')).toContain('known: loseAnswer')
  expect(obey(bench, 'bench', 'door')).toContain('known: open, close')
  expect(obey(bench, 'bench', 'quiet long')).toContain('no number of seconds')
  expect(obey(bench, 'bench', 'what')).toBe(typedHelp)
})

test('on a real bench: door, power and faults reach the machine, and what cannot be is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'concilia-typed-'))
  const seen: string[] = []
  const see = (_: string, { event }: MachineEvent) => seen.push(event)
  const bench = openBench({ clock: new ManualClock(), random: systemRandom, see, seeKiosk: () => {} })
  onTestFinished(async () => {
    await bench.close()
    rmSync(folder, { recursive: true })
  })
  for (const bridge of ['raw', 'qibixx'] as const) {
    const link = join(folder, bridge)
    await bench.calls.createMachine({ name: bridge, link, currency: 'EUR', items: { 5: 150 }, bridge })
  }
  expect(obey(bench, 'raw', 'fault ret')).toContain('"enabled":false')
  expect(obey(bench, 'qibixx', 'fault ret')).toMatch(/has a box on it\.\n.*raw bus/)
  for (const text of ['door open', 'door close', 'power', 'quiet']) obey(bench, 'qibixx', text)
  expect(seen).toEqual(['doorOpened', 'doorClosed', 'powerLost'])
})

test('words to a kiosk become acts on it; what it cannot do is said', () => {
  const called: unknown[] = []
  const calls = {
    lookAtKiosk: (takes: unknown) => called.push(['look', takes]),
    kiosk: (takes: { act: { act: string } }) => {
      if (takes.act.act === 'take') throw new Error('no coin comes')
      return called.push(takes)
    },
  }
  // Only the calls of a kiosk are reached.
  const bench = { calls, close: async () => {} } as unknown as Bench
  const type = (text: string) => obeyKiosk(bench, 'bench', 'EUR', text)
  for (const text of ['coin 0.50', 'press 5', 'look']) type(text)
  const machine = 'bench'
  expect(called).toEqual([
    { machine, act: { act: 'coin', valueMinor: 50 } },
    { machine, act: { act: 'press', item: 5 } },
    ['look', { machine }],
  ])
  expect(type('take 0.50')).toBe('no coin comes')
  expect(type('coin x')).toMatch(/^coin VALUE/)
})
