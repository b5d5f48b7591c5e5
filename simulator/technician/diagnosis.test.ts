// Every finding of the doctor, on a machine that has just this fault: mostly the simulated one with our real
// reader, in simulated time; where no machine of ours behaves so, its bytes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { busBytesOf } from '@concilia/protocol/mdb/bus.ts'
import { BusListener } from '@concilia/protocol/mdb/bus-listener.ts'
import { expect, test } from 'vitest'
import { usualBusMaster } from '../bus-master.ts'
import { ReaderWorld } from '../reader-world.ts'
import type { MachineSettings } from '../vending-machine.ts'
import { advice, claims, diagnosed, type HeardBus, type Timed } from './diagnosis.ts'

type Prepare = (world: ReaderWorld) => void

/** What is heard of ten seconds with a machine. */
function heard(
  settings: Partial<MachineSettings> = {},
  prepare: Prepare = () => {},
  level: 1 | 3 = 3,
): HeardBus {
  const world = new ReaderWorld([], { bridge: 'raw', pollMs: 125, ...settings }, level)
  const listener = new BusListener()
  const blocks: Timed[] = []
  let bytes = 0
  world.bus.trace = (_, block) => {
    bytes += block.length
    for (const one of listener.push(block)) blocks.push({ atMs: world.clock.monotonic(), heard: one })
  }
  prepare(world)
  world.pass(10_000)
  return { blocks, bytes, strays: 0, address: 0x60, level }
}

/** Bytes of both sides, two milliseconds apart. */
function spelled(...texts: string[]): HeardBus {
  const listener = new BusListener()
  const bytes = texts.map((text) => busBytesOf(text) ?? [])
  const blocks = bytes.flatMap((block, at) =>
    listener.push(block).map((one) => ({ atMs: at * 2, heard: one })),
  )
  return { blocks, bytes: bytes.flat().length, strays: 0, address: 0x60, level: 3 }
}

const codes = (bus: HeardBus) => diagnosed(bus).map(({ code }) => code)

test('a machine that is well: it sells, and says what it is', () => {
  const bus = heard()
  expect(diagnosed(bus)).toEqual([{ code: 'sells', grade: 'good', says: expect.stringContaining('enabled') }])
  expect(claims(bus)[0]).toContain('level 3, columns 16, rows 2')
})

test.each<[string, HeardBus, string[]]>([
  ['wrong speed, or no bridge of ours', { ...heard(), strays: 5000 }, ['noise']],
  [
    'a bad cable',
    heard({}, ({ bus }) => bus.disturb('badChecksum', 'badChecksum', 'badChecksum')),
    ['bad-checksums', 'sells'],
  ],
  ['only others are polled', spelled('12* 12', '00*', '0B* 0B', '00*'), ['other-address']],
  ['polls, and never SETUP', spelled('62* 62', '00 00*', '00', '62* 62', '00*'), ['never-set-up']],
  [
    'the machine does not hear us',
    heard({}, ({ bus }) => bus.disturb(...Array<'loseAnswer'>(200).fill('loseAnswer'))),
    ['not-heard'],
  ],
  ['a level that is only claimed', heard({ bus: { ...usualBusMaster, speaks: 1 } }), ['level-mismatch']],
  [
    'the same with our level lowered',
    heard({ bus: { ...usualBusMaster, speaks: 1 } }, () => {}, 1),
    ['sells', 'session-mode'],
  ],
  [
    'a machine that resets a reader which it understands',
    heard({ bus: { ...usualBusMaster, level: 1 } }, ({ machine, clock }) => {
      const again = () => {
        machine.resetReader()
        clock.after(400, again)
      }
      clock.after(400, again)
    }),
    ['reset-loop'],
  ],
  ['an open door', heard({}, ({ machine }) => machine.door(true)), ['disabled']],
  ['a machine of sessions', heard({ alwaysIdle: false }), ['sells', 'session-mode']],
  ['slow polls', heard({ pollMs: 400 }), ['sells', 'slow-polls']],
  [
    'answers that get lost',
    heard({}, ({ bus }) => bus.disturb(...Array<'nak'>(8).fill('nak'))),
    ['sells', 'answers-repeated'],
  ],
])('%s', (_, bus, expected) => {
  expect(codes(bus)).toEqual(expected)
})

test('an adapter that gathers bytes is known by the time until the machine acknowledges', () => {
  const bus = heard()
  const blocks = bus.blocks.map((block) =>
    block.heard.kind === 'control' && block.heard.from === 'machine'
      ? { ...block, atMs: block.atMs + 16 }
      : block,
  )
  expect(diagnosed({ ...bus, blocks })).toEqual([
    expect.objectContaining({ code: 'sells' }),
    { code: 'late-answers', grade: 'doubtful', says: 'an answer is acknowledged after 16 ms' },
  ])
})

test('every finding has its line in the folder’s page', () => {
  const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  expect(Object.keys(advice).filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})
