// The faults that a machine may have in itself - restarts, loss of power, an open door, silence, odd claims -
// with our reader driver, over either bridge. Faults of the bus between the two are in bus-scenarios.test.ts;
// a table of all, with the word that brings each about, is in docs/mdb-faults.md.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { busText } from '@concilia/protocol/mdb/bus.ts'
import { describe, expect, test } from 'vitest'
import type { BehaviourName } from './behaviours.ts'
import { usualBusMaster } from './bus-master.ts'
import { bridges, ReaderWorld } from './reader-world.ts'
import type { MachineSettings } from './vending-machine.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const

function sold(world: ReaderWorld): string[] {
  world.machine.press(5)
  world.pass(world.hopMs)
  expect(world.said()).toEqual(['vendRequested 150 5'])
  world.hardware.approve(price)
  world.pass(2 * defaultLimits.vendMs)
  return world.said().filter((text) => text.startsWith('vendConcluded'))
}

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  const worldOf = (behaviours: BehaviourName[] = [], settings: Partial<MachineSettings> = {}) => {
    const world = new ReaderWorld(behaviours, { bridge, ...settings }).pass(1000)
    world.said()
    return world
  }

  test('a machine that restarts before a decision: the buyer is gone, nothing falls', () => {
    const world = worldOf(['resetAsking'])
    world.machine.press(5)
    world.pass(2000)
    expect(world.said()).toEqual(expect.arrayContaining(['vendRequested 150 5', 'vendCancelled cancelled']))
    expect(world.fallen()).toBe(0)
    expect(world.machine.press(5)).toBe('asked')
  })

  test.each<[BehaviourName, string, number]>([
    ['resetVending', 'unknown reset-in-vend', 0],
    ['powerCut', bridge === 'raw' ? 'unknown reset-in-vend' : 'unknown vend-limit', 0],
    ['noPolls', 'delivered vend-success', 1],
    ['door', 'delivered vend-success', 1],
  ])('%s: %s', (behaviour, conclusion, fallen) => {
    const world = worldOf([behaviour])
    expect(sold(world)).toEqual([`vendConcluded ${conclusion}`])
    expect(world.fallen()).toBe(fallen)
    expect(world.machine.press(5)).toBe('asked')
  })

  test('an open door closes phone payment, and its closing opens it again', () => {
    const world = worldOf()
    world.machine.door(true)
    world.pass(500)
    expect([world.said(), world.machine.press(5)]).toEqual([['notReady disabled'], 'noPhonePayment'])
    // A machine that is set up anew meanwhile is not opened by that.
    world.machine.resetReader()
    world.pass(2000)
    expect(world.said()).not.toContain('ready')
    expect(world.machine.press(5)).toBe('noPhonePayment')
    world.machine.door(false)
    world.pass(500)
    expect([world.said(), world.machine.press(5)]).toEqual([['ready'], 'asked'])
  })

  test('no poll for a minute: on the bus it is said; afterwards the next buyer is served', () => {
    const world = worldOf()
    world.machine.box.stopPolling(60_000)
    world.pass(61_000)
    const noticed = bridge === 'raw' ? ['hardwareLost', 'hardwareBack'] : []
    expect(world.said().filter((text) => text.startsWith('noticed'))).toEqual(
      noticed.map((what) => `noticed ${what}`),
    )
    expect(sold(world)).toEqual(['vendConcluded delivered vend-success'])
  })

  test('the machine loses its power on standby: it sets us up anew', () => {
    const world = worldOf()
    world.machine.cutPower(5000)
    expect(world.machine.press(5)).toBe('noPhonePayment')
    expect(world.machine.payInCoins(5)).toBe(false)
    world.pass(60_000)
    world.said()
    expect(sold(world)).toEqual(['vendConcluded delivered vend-success'])
  })
})

test.each(['repeatSetup', 'repeatId'] as const)('%s while we are set up: one reader, ready once', (fault) => {
  const world = new ReaderWorld([], { bridge: 'raw' })
  world.bus.disturb(fault)
  world.pass(2000)
  expect(world.said().filter((text) => text === 'ready')).toEqual(['ready'])
  expect(sold(world)).toEqual(['vendConcluded delivered vend-success'])
})

test('a level 3 claim of a machine that speaks level 1: reset for ever, until our level is lowered', () => {
  const bus = { ...usualBusMaster, speaks: 1 } as const
  const stuck = new ReaderWorld([], { bridge: 'raw', bus })
  let resets = 0
  stuck.bus.trace = (_, bytes) => {
    if (busText(bytes) === '60* 60') resets++
  }
  stuck.pass(20_000)
  expect(stuck.said()).not.toContain('ready')
  expect(resets).toBeGreaterThan(20)
  const lowered = new ReaderWorld([], { bridge: 'raw', bus }, 1).pass(2000)
  expect(lowered.said()).toContain('ready')
  lowered.hardware.attend(60_000)
  lowered.pass(500)
  expect(sold(lowered)).toEqual(['vendConcluded delivered vend-success'])
})

test('a token instead of a price is denied; an item that the machine does not name is sold as it is', () => {
  const world = new ReaderWorld([], { bridge: 'raw' }).pass(1000)
  world.said()
  world.bus.disturb('tokenPrice')
  world.machine.press(5)
  world.pass(1000)
  expect([world.said(), world.fallen()]).toEqual([['noticed surprise'], 0])
  world.bus.disturb('unknownItem')
  expect(world.machine.press(5)).toBe('asked')
  world.pass(world.hopMs)
  expect(world.said()).toEqual(['vendRequested 150 65535'])
  world.hardware.approve(price)
  world.pass(2000)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
})

test('a product that did not fall: the failure is acknowledged, and never called impossible to refund', () => {
  const world = new ReaderWorld(['jam'], { bridge: 'raw' }).pass(1000)
  world.said()
  const answers: string[] = []
  world.bus.trace = (from, bytes) => from === 'reader' && answers.push(busText(bytes))
  expect(sold(world)).toEqual(['vendConcluded failed vend-failed'])
  // MALFUNCTION C would tell the machine that the credit is lost; it is the server that gives it back.
  expect(answers.filter((text) => text.startsWith('0A'))).toEqual([])
})
