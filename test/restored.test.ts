// A database is restored from yesterday's backup: what the machines and the centre know of it since is told
// to the server again, and what the server knows is handed to the centre. Nobody pays twice, nobody pays
// for nothing.
import { isDeepStrictEqual } from 'node:util'
import { startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { DatabaseBackup } from './database-backup.ts'
import { moved, type Standing, standingNow } from './standing.ts'
import type { Story } from './story.ts'

const { rich } = buyers
let bench: Bench
let adminUrl: string

beforeAll(async () => {
  bench = await Bench.open()
  adminUrl = (await startEmbeddedPostgres({ directory: bench.house.places.postgres, port: 0 })).adminUrl
})
afterAll(() => bench?.close())

/** One sale that is paid, one that jams, and one that nobody pays. */
async function sellsOneDay(story: Story): Promise<void> {
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.reads(rich, /^Paid 1\.50 EUR/)
  await story.behave('4021', 'jam')
  await story.choose('4021', 2)
  await story.pays(rich, '4021')
  await story.reads(rich, /you have your 2\.00 EUR back/)
  await story.behave('4021')
  await story.choose('4021', 3)
  await bench.house.simulator.call('pushLever', { machine: '4021' })
}

/** The walk over the centre's payments comes daily, and at each start. */
async function walksAgain(): Promise<void> {
  const server = bench.program('relation-server')
  await server.stop()
  await server.start()
}

/** Who paid, what fell and what the operator earned, once all that is left to do is a person's. */
async function comesTo(story: Story, before: Standing, endings: readonly RegExp[]): Promise<void> {
  const expected = {
    dropped: 1,
    paid: { rich: 150 },
    heldMinor: 0,
    operator: { payable: 150, unsettled: 0, disputedAndSales: 0 },
    faults: [],
  }
  const isSo = async () => {
    const states = (await story.sales()).map(({ state }) => state)
    const isEnded =
      states.length === endings.length && endings.every((each, index) => each.test(states[index] ?? ''))
    const is = moved(before, await standingNow(bench.house.simulator, bench.books), bench.accounts)
    return isEnded && isDeepStrictEqual(is, expected)
  }
  await story.watch.untilTrue(`sales ended as ${endings.join(', ')}, money and goods agree`, isSo)
}

test("the server's: the machines resend what it lacks, nobody is charged or given back anew", async () => {
  const story = await bench.begin()
  const before = await standingNow(bench.house.simulator, bench.books)
  const backup = await DatabaseBackup.take(bench.house, 'relation-server', adminUrl)
  await sellsOneDay(story)
  await story.ends({ sales: ['settled', 'recredited', 'withdrawn'], paid: { rich: 150 } })
  const booked = await bench.transfers()
  await backup.restore()
  // Of what was delivered the server knows no payment yet: it waits for the walk over the centre's, or a
  // person.
  await comesTo(story, before, [/^(?:awaitingPerson|settled)$/, /^withdrawn$/, /^withdrawn$/])
  expect(await bench.transfers()).toEqual(booked)
  await walksAgain()
  await comesTo(story, before, [/^settled$/, /^withdrawn$/, /^withdrawn$/])
  const again = await bench.begin()
  await again.choose('4021', 1)
  await again.pays(rich, '4021')
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
}, 120_000)

test("the centre's: the server hands it its own acknowledgements again, and the buyer pays once", async () => {
  const story = await bench.begin()
  const backup = await DatabaseBackup.take(bench.house, 'payment-centre', adminUrl)
  await sellsOneDay(story)
  await story.ends({ sales: ['settled', 'recredited', 'withdrawn'], paid: { rich: 150 } })
  await backup.restore()
  await walksAgain()
  await story.ends({ sales: ['settled', 'recredited', 'withdrawn'], paid: { rich: 150 } })
  const again = await bench.begin()
  await again.choose('4021', 1)
  await again.pays(rich, '4021')
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
}, 120_000)
