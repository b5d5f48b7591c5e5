// The reader driver and the simulated machine together, in simulated time: what the sale hears must agree
// with what fell into the tray, whatever happens between the two.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
import type { BehaviourName } from './behaviours.ts'
import { ReaderWorld as World } from './reader-world.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const
const otherPrice = { amountMinor: 200, currency: 'EUR' } as const

/** Up to the moment in which the sale is asked. */
function requested(world: World): World {
  world.pass(1000)
  expect(world.said()).toEqual(['notReady configuring', 'notReady disabled', 'ready'])
  expect(world.machine.press(5)).toBe('asked')
  world.pass(5)
  expect(world.said()).toEqual(['vendRequested 150 5'])
  return world
}

function approved(world: World): World {
  requested(world).hardware.approve(price)
  return world
}

test('a good sale: configured, asked, approved, dropped, concluded, ready for the next', () => {
  const world = approved(new World())
  world.pass(1000)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
  expect(world.fallen()).toBe(1)
  expect(world.machine.box.setting('mdb-address')).toBe('0x60')
  expect(world.machine.box.setting('mdb-currency-code')).toBe('0x1978')
  expect(world.machine.press(7)).toBe('asked')
  world.pass(5)
  expect(world.said()).toEqual(['vendRequested 200 7'])
})

test('a denied sale drops nothing, and the next one is asked', () => {
  const world = requested(new World())
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
  ['unplugged', 'vendConcluded unknown vend-limit', 1, ['noticed hardwareLost', 'noticed hardwareBack']],
])('%s: %s', (behaviour, conclusion, fallen, noticed) => {
  const world = new World([behaviour])
  world.pass(1000).said()
  world.machine.press(5)
  world.pass(5)
  world.hardware.approve(price)
  world.pass(2 * defaultLimits.vendMs)
  const said = world.said()
  expect(said.filter((text) => text.startsWith('vendConcluded'))).toEqual([conclusion])
  expect(said).toEqual(expect.arrayContaining(noticed))
  expect(world.fallen()).toBe(fallen)
  // Cash went on throughout, and phone payment is offered again.
  expect(world.machine.payInCoins(7)).toBe(true)
  world.pass(1000)
  expect(world.fallen(7)).toBe(1)
  expect(world.machine.press(5)).toBe('asked')
})

test('coins instead: the request is gone, the goods fall for cash', () => {
  const world = requested(new World(['coins']))
  world.pass(1000)
  expect(world.said()).toEqual(['vendCancelled cancelled'])
  expect(world.fallen()).toBe(1)
  expect(world.machine.coinsMinor).toBe(150)
})

test('an approval for a request that is gone delivers nothing, and says so once', () => {
  const world = requested(new World())
  world.machine.pushLever()
  world.hardware.approve(price) // crosses the cancellation on the wire
  world.pass(5000)
  expect(world.said()).toEqual(['vendConcluded failed approval-too-late'])
  expect(world.fallen()).toBe(0)
  world.hardware.approve(price)
  expect(world.said()).toEqual(['vendConcluded failed approval-too-late'])
  expect(world.pass(60_000).fallen()).toBe(0)
})

test('an approval that crosses a cancellation and meets the next request counts for what then falls', () => {
  const world = requested(new World())
  world.machine.pushLever()
  world.pass(1)
  world.hardware.approve(price)
  world.pass(3)
  // The buyer chooses another item before our approval is there.
  world.machine.box.completeSession()
  expect(world.machine.box.requestVend(200, 7)).toBe(true)
  world.pass(5000)
  // The box took the approval: whatever the machine says of that vend is the outcome of the sale.
  world.machine.box.vendSucceeded()
  world.pass(100)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
})

test('a request that comes while a vend was never concluded is denied, and the vend is unknown', () => {
  const world = approved(new World(['silent']))
  world.pass(1000)
  // The box, for reasons of its own, forgot the vend.
  world.wire.write('c,STATUS,VEND,2.00,7\r\n')
  world.pass(5)
  world.wire.write('c,STATUS,ENABLED\r\n')
  world.pass(5)
  expect(world.said()).toEqual(['vendConcluded unknown superseded'])
})

test('a request repeated by the machine is one request', () => {
  const world = requested(new World())
  world.wire.write('c,STATUS,VEND,1.50,5\r\nr,ACK\r\nc,STATUS,VEND,1.50,5\r\n')
  world.pass(100)
  expect(world.said()).toEqual([])
  world.hardware.approve(price)
  world.wire.write('c,STATUS,VEND,1.50,5\r\n')
  world.pass(1000)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
})

test('an approval at another price than the machine asked is not given', () => {
  const world = requested(new World())
  world.hardware.approve(otherPrice)
  expect(world.said()).toEqual(['vendConcluded failed approval-too-late'])
  expect(world.pass(60_000).fallen()).toBe(0)
})

test('line lost before the approval: the request is gone, and the reader comes back by itself', () => {
  const world = requested(new World())
  world.wire.unplug()
  expect(world.said()).toEqual(['noticed hardwareLost', 'vendCancelled readerLost', 'notReady lost'])
  world.pass(1000)
  world.wire.plug()
  world.pass(1000)
  expect(world.said()).toEqual(['noticed hardwareBack', 'notReady configuring', 'notReady disabled', 'ready'])
})

test('line lost in a vend and not back within the limit: unknown, and configured when it returns', () => {
  const world = approved(new World(['unplugged'], { unpluggedMs: 100_000 }))
  world.pass(90_000)
  expect(world.said()).toEqual(['noticed hardwareLost', 'notReady lost', 'vendConcluded unknown line-lost'])
  world.pass(20_000)
  expect(world.said()).toContain('ready')
})

test('the next buyer chooses while the line is out in a vend: what fell before is not called failed', () => {
  const world = approved(new World())
  world.pass(100)
  world.wire.unplug()
  world.pass(1000)
  expect(world.fallen()).toBe(1)
  expect(world.machine.press(7)).toBe('asked')
  world.wire.plug()
  world.pass(2 * defaultLimits.vendMs)
  expect(world.said().filter((text) => text.startsWith('vendConcluded'))).toEqual([
    'vendConcluded unknown vend-limit',
  ])
  expect(world.machine.press(7)).toBe('asked')
})

test('the box restarts while the machine waits: noticed by the heartbeat, configured anew', () => {
  const world = requested(new World(['boxRestart']))
  world.pass(2 * defaultLimits.boxHeartbeatMs)
  expect(world.said()).toEqual([
    'noticed boxRestarted',
    'vendCancelled readerLost',
    'notReady configuring',
    'notReady disabled',
    'ready',
  ])
  expect(world.machine.press(5)).toBe('asked')
})

test('the box restarts just before the approval arrives: nothing was approved', () => {
  const world = requested(new World())
  world.machine.box.restart()
  world.hardware.approve(price)
  world.pass(1000)
  expect(world.said()).toContain('vendConcluded failed box-off')
  expect(world.fallen()).toBe(0)
})

test('restart in delivery: nothing is configured, and the outcome still to come is heard', () => {
  const world = approved(new World(['slow'], { slowMs: 30_000 }))
  world.pass(100)
  world.startDriver(true)
  world.pass(29_000)
  expect(world.said()).toEqual(['notReady configuring'])
  expect(world.machine.box.on).toBe(true)
  world.pass(2000)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success', 'notReady disabled', 'ready'])
  expect(world.fallen()).toBe(1)
})

test('restart before the approval was sent: nothing shows that it was not, so unknown', () => {
  const world = requested(new World())
  world.startDriver(true)
  world.pass(defaultLimits.vendMs)
  expect(world.said().filter((text) => text.startsWith('vendConcluded'))).toEqual([
    'vendConcluded unknown vend-limit',
  ])
  expect(world.fallen()).toBe(0)
  expect(world.pass(1000).machine.press(5)).toBe('asked')
})

test('restart after an outcome that nobody heard: unknown, once, within the limit', () => {
  const world = approved(new World()).pass(10).killDriver().pass(1000)
  expect(world.fallen()).toBe(1)
  world.startDriver(true)
  world.pass(defaultLimits.vendMs)
  expect(world.said().filter((text) => text.startsWith('vendConcluded'))).toEqual([
    'vendConcluded unknown vend-limit',
  ])
})

/** The vend succeeds and the next buyer chooses item 7, all while the automaton is down; then it listens. */
function missedAndNextAsked(): World {
  const world = approved(new World()).pass(10).killDriver().pass(1000)
  expect(world.fallen()).toBe(1)
  expect(world.machine.press(7)).toBe('asked')
  world.startDriver(true)
  return world
}

test('the next buyer chooses while the automaton is down: unknown, never failed, and then served', () => {
  const world = missedAndNextAsked()
  world.pass(defaultLimits.vendMs - 1)
  expect(world.said()).toEqual(['notReady configuring'])
  world.pass(1000)
  expect(world.said()).toEqual(['vendConcluded unknown vend-limit', 'notReady disabled', 'ready'])
  expect(world.machine.press(7)).toBe('asked')
  world.pass(5)
  expect(world.said()).toEqual(['vendRequested 200 7'])
  world.hardware.approve(otherPrice)
  world.pass(1000)
  expect(world.said()).toEqual(['vendConcluded delivered vend-success'])
  expect([world.fallen(), world.fallen(7)]).toEqual([1, 1])
})

test('what ends the request of that next buyer does not make our vend failed', () => {
  const world = missedAndNextAsked()
  world.pass(100)
  world.machine.pushLever()
  world.pass(1000)
  expect(world.said()).toEqual([
    'notReady configuring',
    'vendConcluded unknown cancelled',
    'notReady disabled',
    'ready',
  ])
})

test('the next buyer comes while we listen: nothing is sent, and our vend is not taken for his', () => {
  const world = approved(new World()).pass(10).killDriver().pass(1000)
  world.startDriver(true)
  world.pass(100)
  expect(world.machine.press(7)).toBe('asked')
  world.pass(defaultLimits.vendMs - 101)
  expect(world.machine.press(7)).toBe('busy')
  expect(world.said()).toEqual(['notReady configuring'])
  world.pass(1000)
  expect(world.said()).toEqual(['vendConcluded unknown vend-limit', 'notReady disabled', 'ready'])
  expect(world.fallen(7)).toBe(0)
  expect(world.machine.press(7)).toBe('asked')
})

test('session mode: the button does nothing until somebody attends; a choice ends the session', () => {
  const world = new World([], { alwaysIdle: false })
  world.pass(1000).said()
  expect(world.machine.press(5)).toBe('noPhonePayment')
  world.hardware.attend(60_000)
  world.pass(100)
  expect(world.machine.press(5)).toBe('asked')
  world.pass(5)
  world.hardware.approve(price)
  world.pass(5000)
  expect(world.said()).toEqual(['vendRequested 150 5', 'vendConcluded delivered vend-success'])
  expect(world.machine.press(5)).toBe('noPhonePayment')
})

test.each([true, false])('a session without a choice ends after its time (always idle: %s)', (alwaysIdle) => {
  const world = new World([], { alwaysIdle })
  world.pass(1000).said()
  world.hardware.attend(60_000)
  world.pass(59_000)
  expect(world.said()).toEqual([])
  world.pass(1000)
  expect(world.said()).toEqual(['sessionEnded'])
  world.pass(100)
  expect(world.machine.press(5)).toBe(alwaysIdle ? 'asked' : 'noPhonePayment')
})

test('session mode, denied: the buyer may not go on choosing on a session nobody pays for', () => {
  const world = new World([], { alwaysIdle: false })
  world.pass(1000).said()
  world.hardware.attend(60_000)
  world.pass(100)
  world.machine.press(5)
  world.pass(5)
  world.hardware.deny()
  world.pass(defaultLimits.boxAnswerMs + 100)
  expect(world.machine.press(5)).toBe('noPhonePayment')
  expect(world.said()).toEqual(['vendRequested 150 5'])
})

test('the newest text is on the display, and none disturbs a vend', () => {
  const world = requested(new World())
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

test('a box that never answers is asked anew for as long as it takes, and said to be lost once', () => {
  const world = new World()
  world.machine.box.receive = () => {}
  world.pass(60_000)
  expect(world.said()).toEqual(['notReady configuring', 'noticed hardwareLost'])
})

test('an orderly stop leaves no reader behind that would let buyers wait', async () => {
  const world = requested(new World())
  await world.hardware.stop()
  world.pass(1000)
  expect(world.machine.box.on).toBe(false)
  expect(world.fallen()).toBe(0)
})
