// What only a Qibixx box between the reader driver and the simulated machine can do: its lines cross on the
// wire, it restarts, it remembers. What both bridges have in common is in reader-scenarios.test.ts.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
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

test('the box is given its settings, and left alone by a process that listens', () => {
  const world = approved(new World(['slow'], { slowMs: 30_000 }))
  expect(world.qibixx.setting('mdb-address')).toBe('0x60')
  expect(world.qibixx.setting('mdb-currency-code')).toBe('0x1978')
  world.pass(100)
  world.startDriver(true)
  world.pass(29_000)
  expect(world.qibixx.on).toBe(true)
})

test('an approval that crosses a cancellation and meets the next request counts for what then falls', () => {
  const world = requested(new World())
  world.machine.pushLever()
  world.pass(1)
  world.hardware.approve(price)
  world.pass(3)
  // The buyer chooses another item before our approval is there.
  world.qibixx.completeSession()
  expect(world.qibixx.requestVend(200, 7)).toBe(true)
  world.pass(5000)
  // The box took the approval: whatever the machine says of that vend is the outcome of the sale.
  world.qibixx.vendSucceeded()
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
  expect(world.qibixx.on).toBe(false)
  expect(world.fallen()).toBe(0)
})

test('a phone that comes while the last session is closing gets a session of its own', () => {
  const world = new World([], { alwaysIdle: false })
  world.pass(1000).hardware.attend(60_000)
  world.pass(100)
  expect(world.machine.press(5)).toBe('asked')
  world.pass(5).hardware.approve(price)
  world.said()
  while (!world.said().includes('vendConcluded delivered vend-success')) world.pass(1)
  // The machine has not ended the session yet, and the next buyer is told to choose.
  world.hardware.attend(60_000)
  world.pass(3000)
  expect(world.said()).not.toContain('sessionEnded')
  expect(world.machine.press(7)).toBe('asked')
})
