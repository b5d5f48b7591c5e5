// The disk under an automaton's journal is full: it offers and delivers nothing, loses nothing that it
// promised, and goes on by itself once there is room.
import { rmSync } from 'node:fs'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { placesIn } from '@concilia/simulator/start/places.ts'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { SmallDisk } from './small-disk.ts'

const { rich } = buyers
let bench: Bench
let data: string
let disk: SmallDisk | string

beforeAll(async () => {
  data = temporaryData()
  disk = SmallDisk.mount(placesIn(data).journals, 2)
  bench = await Bench.open({ data })
})
afterAll(async () => {
  await bench?.close()
  if (disk instanceof SmallDisk) disk.unmount()
  rmSync(data, { recursive: true, force: true })
})

/** The disk, or undefined with the reason printed. */
function smallDisk(): SmallDisk | undefined {
  if (disk instanceof SmallDisk) return disk
  console.log(disk)
  return undefined
}

test('nothing is offered: the machine denies at once, sells for coins, and sells by phone when there is room', async () => {
  const small = smallDisk()
  if (!small) return
  const story = await bench.begin()
  small.fill()
  const { simulator } = bench.house
  expect(await simulator.call('press', { machine: '4021', item: 1 })).toBe('asked')
  await story.watch.machine('4021', 'denied')
  await story.watch.news(/automaton 4021: .*journal/)
  await simulator.call('payInCoins', { machine: '4021', item: 2 })
  await story.watch.machine('4021', 'dropped')
  small.empty()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 }, dropped: 2 })
})

test('full while an offer is open: nothing is delivered, and the buyer has the money back', async () => {
  const small = smallDisk()
  if (!small) return
  const story = await bench.begin()
  const saleId = await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  small.fill()
  await story.texts(rich, `YES ${code}`)
  await story.watch.step('ST15', 'relation server', saleId)
  await story.watch.machine('4021', 'denied')
  small.empty()
  await story.ends({ sales: ['recredited'] })
})

test('full while an item falls: the outcome waits for the disk, and is not lost', async () => {
  const small = smallDisk()
  if (!small) return
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST52', 'automaton')
  small.fill()
  await story.watch.machine('4021', 'dropped')
  await story.watch.news(/automaton 4021: .*journal/)
  expect((await story.sales()).map(({ state }) => state)).toEqual(['instructed'])
  small.empty()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})
