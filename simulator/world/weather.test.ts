// What a wire does: nothing in fair weather but a little delay, and in bad weather what was drawn.
import { expect, test } from 'vitest'
import { SeededRandom } from './seeded-random.ts'
import { Timeline } from './timeline.ts'
import { Carriage, fairWeather, type Weather } from './weather.ts'

async function carried(weather: Partial<Weather>, count = 1_000) {
  const timeline = new Timeline(0)
  const notes: string[] = []
  const arrived: number[] = []
  let lost = 0
  const wire = new Carriage(
    timeline,
    new SeededRandom('wire'),
    () => ({ ...fairWeather, ...weather }),
    (what) => notes.push(what),
  )
  const carry = (message: number) =>
    wire.carry(
      () => arrived.push(message),
      () => lost++,
    )
  for (let message = 0; message < count; message++) carry(message)
  await timeline.run(10_000_000)
  return { arrived, lost, notes }
}

test('in fair weather everything arrives once, not always in order', async () => {
  const { arrived, lost, notes } = await carried({})
  expect([lost, notes]).toEqual([0, []])
  expect(new Set(arrived).size).toBe(1_000)
  expect(arrived).toHaveLength(1_000)
  expect(arrived).not.toEqual([...arrived].sort((a, b) => a - b))
})

test('what is lost does not arrive, and is told', async () => {
  const { arrived, lost, notes } = await carried({ lost: 0.3 })
  expect(arrived.length + lost).toBe(1_000)
  expect(lost / 1_000).toBeCloseTo(0.3, 1)
  expect(notes).toEqual(Array.from({ length: lost }, () => 'lost'))
})

test('what is doubled arrives twice', async () => {
  const { arrived, notes } = await carried({ doubled: 1 })
  expect([arrived.length, new Set(arrived).size, notes.length]).toEqual([2_000, 1_000, 1_000])
})

test('what is held comes after what was sent later', async () => {
  const { notes } = await carried({ held: 0.1 })
  expect(notes.length / 1_000).toBeCloseTo(0.1, 1)
  expect(new Set(notes)).toEqual(new Set(['held']))
})
