// Virtual time: happenings in the order of their time, and between two of them every promise goes on.
import { expect, test } from 'vitest'
import { SeededRandom } from './seeded-random.ts'
import { Timeline } from './timeline.ts'

const begun = Date.UTC(2030, 0, 7)

test('what is set for one moment happens in the order it was set, whatever was set between', async () => {
  const timeline = new Timeline(begun)
  const random = new SeededRandom('order')
  const set = Array.from({ length: 500 }, (_, order) => ({ at: random.between(1, 40), order }))
  const happened: typeof set = []
  for (const each of set) timeline.after(each.at, () => happened.push(each))
  await timeline.run(1_000)
  expect(happened).toEqual([...set].sort((a, b) => a.at - b.at || a.order - b.order))
})

test('time stands still within a happening and goes to the end that was asked for', async () => {
  const timeline = new Timeline(begun)
  const seen: number[] = []
  timeline.after(7.2, () => seen.push(timeline.monotonic(), timeline.now() - begun))
  await timeline.run(100)
  expect(seen).toEqual([8, 8])
  expect(timeline.monotonic()).toBe(100)
})

test('what lies beyond the end waits for the next run', async () => {
  const timeline = new Timeline(begun)
  let happened = false
  timeline.after(50, () => {
    happened = true
  })
  await timeline.run(49)
  expect(happened).toBe(false)
  await timeline.run(50)
  expect(happened).toBe(true)
})

test('what is cancelled does not happen, also when it is cancelled at its own moment', async () => {
  const timeline = new Timeline(begun)
  const happened: string[] = []
  timeline.after(5, () => later.cancel())
  const later = timeline.after(5, () => happened.push('later'))
  const never = timeline.after(6, () => happened.push('never'))
  never.cancel()
  await timeline.run(10)
  expect(happened).toEqual([])
})

test('a chain of promises goes on to its end before the next happening', async () => {
  const timeline = new Timeline(begun)
  const seen: string[] = []
  timeline.after(1, async () => {
    for (let step = 1; step <= 20; step++) await Promise.resolve()
    seen.push('chain')
  })
  timeline.after(1, () => seen.push('next'))
  await timeline.run(2)
  expect(seen).toEqual(['chain', 'next'])
})

test('a run that is over stops at that happening', async () => {
  const timeline = new Timeline(begun)
  let count = 0
  for (const at of [1, 2, 3]) timeline.after(at, () => count++)
  await timeline.run(10, () => count === 2)
  expect([count, timeline.monotonic()]).toEqual([2, 2])
})

test('a delay that no timer takes is refused, and one below zero is none', async () => {
  const timeline = new Timeline(begun)
  expect(() => timeline.after(2 ** 31, () => {})).toThrow('too long for a timer')
  expect(() => timeline.after(Number.NaN, () => {})).toThrow('too long for a timer')
  let at = -1
  timeline.after(-5, () => {
    at = timeline.monotonic()
  })
  await timeline.run(1)
  expect(at).toBe(0)
})
