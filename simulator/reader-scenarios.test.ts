// The reader driver and the simulated machine together, in simulated time, over either bridge: what the sale
// hears must agree with what fell into the tray, whatever happens between the two.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { describe, expect, test } from 'vitest'
import type { BehaviourName } from './behaviours.ts'
import { bridges, ReaderWorld } from './reader-world.ts'
import type { MachineSettings } from './vending-machine.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const
const otherPrice = { amountMinor: 200, currency: 'EUR' } as const

/** Up to the moment in which the sale is asked. */
function requested(world: ReaderWorld): ReaderWorld {
  world.pass(1000)
  expect(world.said()).toEqual(['notReady configuring', 'notReady disabled', 'ready'])
  expect(world.machine.press(5)).toBe('asked')
  world.pass(world.hopMs)
  expect(world.said()).toEqual(['vendRequested 150 5'])
  return world
}

function approved(world: ReaderWorld): ReaderWorld {
  requested(world).hardware.approve(price)
  return world
}

const concluded = (said: readonly string[]) => said.filter((text) => text.startsWith('vendConcluded'))

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  const worldOf = (behaviours: BehaviourName[] = [], settings: Partial<MachineSettings> = {}) =>
    new ReaderWorld(behaviours, { bridge, ...settings })
  /**
   * Where a box forgets what it could not deliver, the machine on the raw bus repeats its word until it is
   * heard.
   */
  const missed =
    bridge === 'raw' ? 'vendConcluded delivered vend-success' : 'vendConcluded unknown vend-limit'

  test('a good sale: set up, asked, approved, dropped, concluded, ready for the next', () => {
    const world = approved(worldOf())
    world.pass(1000)
    expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
    expect(world.fallen()).toBe(1)
    expect(world.machine.press(7)).toBe('asked')
    world.pass(world.hopMs)
    expect(world.said()).toEqual(['vendRequested 200 7'])
  })

  test('a denied sale drops nothing, and the next one is asked', () => {
    const world = requested(worldOf())
    world.hardware.deny()
    world.pass(1000)
    expect(world.said()).toEqual([])
    expect(world.fallen()).toBe(0)
    expect(world.machine.press(5)).toBe('asked')
  })

  test.each<[BehaviourName, string, number, string[]]>([
    ['jam', 'vendConcluded failed vend-failed', 0, []],
    ['reset', 'vendConcluded unknown reset-in-vend', 1, []],
    ['silent', 'vendConcluded unknown vend-limit', 1, []],
    ['slow', 'vendConcluded unknown vend-limit', 1, []],
    ['garbage', 'vendConcluded delivered vend-success', 1, ['noticed garbage']],
    ['unplugged', missed, 1, ['noticed hardwareLost', 'noticed hardwareBack']],
  ])('%s: %s', (behaviour, conclusion, fallen, noticed) => {
    const world = worldOf([behaviour])
    world.pass(1000).said()
    world.machine.press(5)
    world.pass(world.hopMs)
    world.hardware.approve(price)
    world.pass(2 * defaultLimits.vendMs)
    const said = world.said()
    expect(concluded(said)).toEqual([conclusion])
    expect(said).toEqual(expect.arrayContaining(noticed))
    expect(world.fallen()).toBe(fallen)
    // Cash went on throughout, and phone payment is offered again.
    expect(world.machine.payInCoins(7)).toBe(true)
    world.pass(1000)
    expect(world.fallen(7)).toBe(1)
    expect(world.machine.press(5)).toBe('asked')
  })

  test('coins instead: the request is gone, the goods fall for cash', () => {
    const world = requested(worldOf(['coins']))
    world.pass(1000)
    // On the raw bus the machine tells its reader what it sold for cash.
    const told = bridge === 'raw' ? ['noticed cashSale'] : []
    expect(world.said()).toEqual(['vendCancelled cancelled', ...told])
    expect(world.fallen()).toBe(1)
    expect(world.machine.coinsMinor).toBe(150)
    expect(world.machine.press(7)).toBe('asked')
  })

  test('an approval for a request that is gone delivers nothing, and says so once', () => {
    const world = requested(worldOf())
    world.machine.pushLever()
    world.hardware.approve(price) // crosses the cancellation on the wire
    world.pass(5000)
    const why = bridge === 'raw' ? 'vend-failed' : 'approval-too-late'
    expect(world.said()).toEqual([`vendConcluded failed ${why}`])
    expect(world.fallen()).toBe(0)
    world.hardware.approve(price)
    expect(world.said()).toEqual(['vendConcluded failed approval-too-late'])
    expect(world.pass(60_000).fallen()).toBe(0)
    expect(world.machine.press(5)).toBe('asked')
  })

  test('an approval at another price than the machine asked is not given', () => {
    const world = requested(worldOf())
    world.hardware.approve(otherPrice)
    expect(world.said()).toEqual(['vendConcluded failed approval-too-late'])
    expect(world.pass(60_000).fallen()).toBe(0)
  })

  test('line lost before the approval: the request is gone, and the reader comes back by itself', () => {
    const world = requested(worldOf())
    world.wire.unplug()
    expect(world.said()).toEqual(['noticed hardwareLost', 'vendCancelled readerLost', 'notReady lost'])
    world.pass(1000)
    world.wire.plug()
    world.pass(1000)
    expect(world.said()).toEqual([
      'noticed hardwareBack',
      'notReady configuring',
      'notReady disabled',
      'ready',
    ])
    expect(world.machine.press(5)).toBe('asked')
  })

  test('line lost in a vend and not back within the limit: unknown, and set up when it returns', () => {
    const world = approved(worldOf(['unplugged'], { unpluggedMs: 100_000 }))
    world.pass(90_000)
    expect(world.said()).toEqual(['noticed hardwareLost', 'notReady lost', 'vendConcluded unknown line-lost'])
    world.pass(20_000)
    expect(world.said()).toContain('ready')
    expect(world.machine.press(5)).toBe('asked')
  })

  test('a buyer comes while the line is out in a vend: what fell before is not called failed', () => {
    const world = approved(worldOf())
    world.pass(100)
    world.wire.unplug()
    world.pass(1000)
    expect(world.fallen()).toBe(1)
    expect(world.machine.press(7)).toBe(bridge === 'raw' ? 'noPhonePayment' : 'asked')
    world.wire.plug()
    world.pass(2 * defaultLimits.vendMs)
    expect(concluded(world.said())).toEqual([missed])
    expect(world.machine.press(7)).toBe('asked')
  })

  test('restart in delivery: nothing is configured, and the outcome still to come is heard', () => {
    const world = approved(worldOf(['slow'], { slowMs: 30_000 }))
    world.pass(100)
    world.startDriver(true)
    world.pass(29_000)
    expect(world.said()).toEqual(['notReady configuring'])
    world.pass(2000)
    expect(world.said()).toEqual(['vendConcluded delivered vend-success', 'notReady disabled', 'ready'])
    expect(world.fallen()).toBe(1)
  })

  test('restart before the approval was sent: nothing shows that it was not, so unknown', () => {
    const world = requested(worldOf())
    world.startDriver(true)
    world.pass(defaultLimits.vendMs)
    expect(concluded(world.said())).toEqual(['vendConcluded unknown vend-limit'])
    expect(world.fallen()).toBe(0)
    expect(world.pass(1000).machine.press(5)).toBe('asked')
  })

  test('restart after an outcome that nobody heard: said once, within the limit, and never failed', () => {
    const world = approved(worldOf()).pass(50).killDriver().pass(1000)
    expect(world.fallen()).toBe(1)
    world.startDriver(true)
    world.pass(defaultLimits.vendMs)
    expect(concluded(world.said())).toEqual([missed])
  })

  test('session mode: the button does nothing until somebody attends; a choice ends the session', () => {
    const world = worldOf([], { alwaysIdle: false })
    world.pass(1000).said()
    expect(world.machine.press(5)).toBe('noPhonePayment')
    world.hardware.attend(60_000)
    world.pass(100)
    expect(world.machine.press(5)).toBe('asked')
    world.pass(world.hopMs)
    world.hardware.approve(price)
    world.pass(5000)
    expect(world.said()).toEqual(['vendRequested 150 5', 'vendConcluded delivered vend-success'])
    expect(world.machine.press(5)).toBe('noPhonePayment')
  })

  test.each([true, false])('a session without a choice ends in time (always idle: %s)', (alwaysIdle) => {
    const world = worldOf([], { alwaysIdle })
    world.pass(1000).said()
    world.hardware.attend(60_000)
    world.pass(59_000)
    expect(world.said()).toEqual([])
    world.pass(1000)
    expect(world.said()).toEqual(['sessionEnded'])
    world.pass(200)
    expect(world.machine.press(5)).toBe(alwaysIdle ? 'asked' : 'noPhonePayment')
  })

  test('session mode, denied: the buyer may not go on choosing on a session nobody pays for', () => {
    const world = worldOf([], { alwaysIdle: false })
    world.pass(1000).said()
    world.hardware.attend(60_000)
    world.pass(100)
    world.machine.press(5)
    world.pass(world.hopMs)
    world.hardware.deny()
    world.pass(defaultLimits.boxAnswerMs + 100)
    expect(world.machine.press(5)).toBe('noPhonePayment')
    expect(world.said()).toEqual(['vendRequested 150 5'])
  })

  test('the newest text is on the display, and none disturbs a vend', () => {
    const world = requested(worldOf())
    world.hardware.display('1.50 EUR  180 s')
    world.hardware.display('1.50 EUR  179 s')
    world.pass(100)
    expect(world.machine.display).toBe('1.50 EUR  179 s')
    world.hardware.approve(price)
    world.hardware.display('Délivrance')
    world.pass(100)
    expect(world.machine.display).toBe('1.50 EUR  179 s')
    world.pass(1000)
    expect(world.machine.display).toBe('Delivrance')
  })

  test('an orderly stop leaves no buyer waiting, and delivers nothing', async () => {
    const world = requested(worldOf())
    const stopped = world.hardware.stop()
    world.pass(1000)
    await stopped
    expect(world.fallen()).toBe(0)
    if (bridge === 'raw') expect(world.seen.at(-1)).toEqual({ event: 'standby' })
    else expect(world.qibixx.on).toBe(false)
  })
})
