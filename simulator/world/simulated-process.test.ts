// A process that can be stopped and killed at any moment: what reaches it then, what of it still leaves, and
// what its clock says.
import { expect, test } from 'vitest'
import { SimulatedProcess } from './simulated-process.ts'
import { Timeline } from './timeline.ts'

const right = { offsetMs: 0, rate: 1 }

function running(clock = right) {
  const timeline = new Timeline(1_000_000)
  const errors: unknown[] = []
  const process = new SimulatedProcess('it', timeline, clock, (error) => errors.push(error))
  return { timeline, process, errors, seen: [] as string[] }
}

test('a stopped process hears all when it goes on, in the order it came', async () => {
  const { timeline, process, seen } = running()
  process.stop(100)
  process.after(10, () => seen.push(`timer at ${timeline.monotonic()}`))
  timeline.after(5, () => process.enter(() => seen.push('message')))
  await timeline.run(99)
  expect([seen, process.stopped]).toEqual([[], true])
  await timeline.run(200)
  expect(seen).toEqual(['message', 'timer at 100'])
})

test('a second stop ends when the longer of the two does', async () => {
  const { timeline, process, seen } = running()
  process.stop(100)
  process.stop(10)
  process.enter(() => seen.push(`at ${timeline.monotonic()}`))
  await timeline.run(50)
  process.stop(100)
  await timeline.run(500)
  expect(seen).toEqual(['at 150'])
})

test('a timer due while it was stopped is still cancelled by what came before it', async () => {
  const { timeline, process, seen } = running()
  process.stop(100)
  const timer = process.after(10, () => seen.push('timer'))
  timeline.after(5, () => process.enter(() => timer.cancel()))
  await timeline.run(500)
  expect(seen).toEqual([])
})

test('a killed process does nothing any more, and its end is told once', async () => {
  const { timeline, process, seen } = running()
  process.atEnd(() => seen.push('broken off'))
  process.after(10, () => seen.push('timer'))
  timeline.after(20, () => process.enter(() => seen.push('message')))
  timeline.after(5, () => process.kill())
  await timeline.run(500)
  process.kill()
  process.leave(() => seen.push('left'))
  expect([seen, process.alive]).toEqual([['broken off'], false])
  process.atEnd(() => seen.push('late'))
  expect(seen).toEqual(['broken off', 'late'])
})

test('killed while stopped, it never goes on', async () => {
  const { timeline, process, seen } = running()
  process.stop(100)
  process.enter(() => seen.push('message'))
  timeline.after(50, () => process.kill())
  await timeline.run(500)
  expect(seen).toEqual([])
})

test('an error of its own ends it and is told; one after its end is not its own', () => {
  const { process, errors } = running()
  process.enter(() => {
    process.kill()
    throw new Error('the power is gone')
  })
  expect(errors).toEqual([])
  const other = running()
  const mine = new Error('mine')
  other.process.enter(() => {
    throw mine
  })
  expect([other.errors, other.process.alive]).toEqual([[mine], false])
})

test('its clock goes at its own rate, and can be set without a timer noticing', async () => {
  const { timeline, process } = running({ offsetMs: 0, rate: 1.01 })
  const fired: number[] = []
  process.after(1_010, () => fired.push(timeline.monotonic(), process.monotonic()))
  await timeline.run(500)
  process.setClock(-86_400_000)
  await timeline.run(100_000)
  expect(fired).toEqual([1_001, 1_011])
  expect(process.monotonic()).toBe(101_000)
  expect(process.now()).toBe(1_000_000 + 101_000 - 86_400_000)
})

test('its steady clock begins with it', async () => {
  const timeline = new Timeline(0)
  await timeline.run(5_000)
  const process = new SimulatedProcess('late', timeline, right, () => {})
  expect([process.monotonic(), process.now()]).toEqual([0, 5_000])
})
