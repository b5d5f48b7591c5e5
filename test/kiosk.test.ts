// A kiosk on real processes: the automaton as master of the raw bus of a coin changer and of a motor board,
// each on a pseudo-terminal, with the whole house around it. Coins and goods are counted where they lie,
// what the operator knows is asked of the server.
import { rmSync } from 'node:fs'
import { doAt, look } from '@concilia/simulator/start/at-machine.ts'
import { benchKiosk, buyers } from '@concilia/simulator/start/buyers.ts'
import { playCashSale } from '@concilia/simulator/start/cash-script.ts'
import { faults, playLimits } from '@concilia/simulator/start/faults.ts'
import { Happenings } from '@concilia/simulator/start/happenings.ts'
import { House } from '@concilia/simulator/start/house.ts'
import { playSale } from '@concilia/simulator/start/sale-script.ts'
import { keepForInspection, sweepAbandoned, temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Watch } from './watch.ts'

let house: House
let watch: Watch
let data: string
let isAllWell = false

beforeAll(async () => {
  await sweepAbandoned()
  data = temporaryData()
  const happenings = new Happenings()
  watch = new Watch(happenings)
  const limits = playLimits({ says: '' })
  house = new House({ data, limits, charge: 'debit', bridge: 'raw', machines: [benchKiosk] }, happenings)
  await house.start()
}, 120_000)
afterAll(async () => {
  await house?.stop()
  if (isAllWell) rmSync(data, { recursive: true, force: true })
  else console.log(`logs and data are kept in ${keepForInspection(data)}`)
}, 60_000)

const phone = { machine: benchKiosk, item: 1, phoneFirst: false, way: 'text', buyer: buyers.rich } as const

test('sold for coins and by phone; killed with a buyer’s coins in it, and without a server', {
  timeout: 240_000,
}, async () => {
  expect(await playCashSale(house, benchKiosk, 1)).toEqual({ agreed: 'deliveredAndPaid' })
  const goodPhone = { ...phone, fault: { says: 'nothing goes wrong', ends: 'deliveredAndPaid' } } as const
  expect(await playSale(house, goodPhone)).toEqual({ agreed: 'deliveredAndPaid' })
  expect(await playSale(house, { ...phone, fault: faults.jam })).toEqual({ agreed: 'notDeliveredNotPaid' })

  // The automaton is killed while it holds a credit: the next process gives it back on the lever.
  const before = await look(house, benchKiosk)
  watch.begin()
  await doAt(house, benchKiosk, { act: 'coin', valueMinor: 100 })
  const shows = async (text: string) =>
    (await house.simulator.call('lookAtKiosk', { machine: benchKiosk.number })).display.includes(text)
  await watch.untilTrue('a credit of 1.00', () => shows('1.00'))
  house.programs.get(benchKiosk.automatonId)?.kill()
  await watch.untilTrue('the credit again', () => shows('1.00'))
  const tray = async () =>
    (await house.simulator.call('lookAtKiosk', { machine: benchKiosk.number })).worthMinor.tray
  const trayBefore = await tray()
  await watch.untilTrue('the coin in the tray', async () => {
    await doAt(house, benchKiosk, { act: 'lever' })
    await watch.anything()
    return (await tray()) === trayBefore + 100
  })
  expect(await look(house, benchKiosk)).toEqual(before)

  // Coins need no server; it is told when it is back.
  const server = house.programs.get('relation-server')
  server?.pause()
  const sold = playCashSale(house, benchKiosk, 2)
  await watch.untilTrue('item 2 in the tray', async () => (await look(house, benchKiosk)).dropped[2] === 1)
  server?.resume()
  expect(await sold).toEqual({ agreed: 'deliveredAndPaid' })
  isAllWell = true
})
