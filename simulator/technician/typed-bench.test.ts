// What a technician types: flags to a machine, words to calls, and mistakes answered with what there is.
import { expect, test } from 'vitest'
import type { Bench } from '../bench.ts'
import { machineOf, obey, typedHelp } from './typed-bench.ts'

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
