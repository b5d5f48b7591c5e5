// What only the raw bus between the reader driver and the simulated machine can do: garbled and lost bytes,
// words that cross between two polls, machines of other levels. What both bridges have in common is in
// reader-scenarios.test.ts.
import { busText } from '@concilia/protocol/mdb/bus.ts'
import { describe, expect, test } from 'vitest'
import { type BusFault, mendedFaults } from './bus-faults.ts'
import { usualBusMaster } from './bus-master.ts'
import { ReaderWorld } from './reader-world.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const

function worldOf(settings: ConstructorParameters<typeof ReaderWorld>[1] = {}): ReaderWorld {
  const world = new ReaderWorld([], { bridge: 'raw', ...settings }).pass(1000)
  world.said()
  return world
}

/** Everything on the bus from now on, without the polls that nothing came of. */
function recorded(world: ReaderWorld): string[] {
  const lines: string[] = []
  let poll: string | undefined
  world.bus.trace = (from, bytes) => {
    const line = `${from} ${busText(bytes)}`
    if (line === 'machine 62* 62') {
      poll = line
      return
    }
    if (poll && line !== 'reader 00*') lines.push(poll)
    if (!(poll && line === 'reader 00*')) lines.push(line)
    poll = undefined
  }
  return lines
}

/** When a fault meets the sale: before each step. */
const moments = ['request', 'approval', 'outcome'] as const

describe.each(mendedFaults)('%s', (fault: BusFault) => {
  test.each(moments)('before the %s: mended between the two, one delivery', (moment) => {
    const world = worldOf()
    const disturb = (at: (typeof moments)[number]) => at === moment && world.bus.disturb(fault, fault)
    disturb('request')
    expect(world.machine.press(5)).toBe('asked')
    world.pass(300)
    expect(world.said().filter((text) => text !== 'noticed garbage')).toEqual(['vendRequested 150 5'])
    disturb('approval')
    world.hardware.approve(price)
    world.pass(200)
    disturb('outcome')
    world.pass(2000)
    expect(world.said().filter((text) => text !== 'noticed garbage')).toEqual([
      'vendConcluded delivered vend-success',
    ])
    expect(world.fallen()).toBe(1)
    expect(world.machine.press(5)).toBe('asked')
  })
})

test('an acknowledgement lost, then the machine resets: it may have delivered, hence unknown', () => {
  const world = worldOf()
  world.machine.press(5)
  world.pass(world.hopMs)
  world.bus.disturb('loseAcknowledgement')
  world.hardware.approve(price)
  while (!world.seen.some(({ event }) => event === 'approved')) world.pass(1)
  world.machine.resetReader()
  world.pass(500)
  expect(world.said().filter((text) => text.startsWith('vend'))).toEqual([
    'vendRequested 150 5',
    'vendConcluded unknown reset-before-acknowledgement',
  ])
})

test('a machine that ignores the end of a session hears of it again', () => {
  const world = worldOf({ alwaysIdle: false })
  world.hardware.attend(5000)
  world.pass(500)
  world.bus.disturb('ignoreCancel', 'ignoreCancel')
  world.pass(5000)
  expect(world.said()).toEqual(['sessionEnded'])
  expect(world.machine.press(5)).toBe('asked')
  world.machine.pushLever()
  world.pass(5000)
  expect(world.machine.press(5)).toBe('noPhonePayment')
})

test('the standard as it is spoken: a whole sale, byte by byte', () => {
  const world = worldOf()
  const lines = recorded(world)
  world.machine.press(5)
  world.pass(100)
  world.hardware.approve(price)
  world.pass(1500)
  expect(lines.slice(lines.findIndex((line) => line.startsWith('machine 63')))).toEqual([
    'machine 63* 00 00 96 00 05 FE',
    'reader 00*',
    'machine 62* 62',
    'reader 05 00 96 9B*',
    'machine 00',
    'machine 63* 02 00 05 6A',
    'reader 00*',
    'machine 63* 04 67',
    'reader 07 07*',
    'machine 00',
  ])
})

test('a reader that is away for longer than its Z7 is reset every ten seconds, and sells when it is back', () => {
  const world = worldOf()
  world.killDriver().pass(300_000)
  expect(world.machine.enabled).toBe(false)
  const lines = recorded(world)
  world.pass(20_000)
  expect(lines.some((line) => line === 'machine 60* 60')).toBe(true)
  world.startDriver(false)
  world.pass(2000)
  expect(world.said()).toContain('ready')
  expect(world.machine.press(5)).toBe('asked')
})

test.each([1, 2] as const)(
  'a machine of level %i: session mode, with the answers that it can read',
  (level) => {
    const world = worldOf({ bus: { ...usualBusMaster, level } })
    expect(world.machine.press(5)).toBe('noPhonePayment')
    world.hardware.attend(60_000)
    world.pass(200)
    expect(world.machine.press(5)).toBe('asked')
    world.pass(200)
    world.hardware.approve(price)
    world.pass(3000)
    expect(world.said()).toEqual(['vendRequested 150 5', 'vendConcluded delivered vend-success'])
    expect(world.fallen()).toBe(1)
  },
)

test('a machine that wants 32-bit money sells beyond sixteen bits', () => {
  const items = { 5: 150, 9: 100_000 }
  const world = worldOf({ items, bus: { ...usualBusMaster, money32: true } })
  const lines = recorded(world)
  expect(world.machine.press(9)).toBe('asked')
  world.pass(200)
  expect(world.said()).toEqual(['vendRequested 100000 9'])
  world.hardware.approve({ amountMinor: 100_000, currency: 'EUR' })
  world.pass(1500)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
  expect(lines).toContain('reader 05 00 01 86 A0 2C*')
  // In sixteen bits the machine cannot even ask.
  expect(worldOf({ items }).machine.press(9)).toBe('noPhonePayment')
})

test('polls as slow as the standard allows', () => {
  const world = new ReaderWorld([], { bridge: 'raw', pollMs: 200 }).pass(4000)
  expect(world.said()).toContain('ready')
  expect(world.machine.press(5)).toBe('asked')
  world.pass(500)
  world.hardware.approve(price)
  world.pass(3000)
  expect(world.said()).toEqual(['vendRequested 150 5', 'vendConcluded delivered vend-success'])
})
