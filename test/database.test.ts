// The postmaster alone is killed: all programs lose their database in the middle of what they do, the
// supervisor brings it back where it was, and every sale goes on to its one end.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'

const { rich } = buyers
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open()
})
afterAll(() => bench?.close())

function killPostmaster(): void {
  const [pid] = readFileSync(join(bench.house.places.postgres, 'cluster/postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

test('a sale before, a sale after, and nothing is lost between them', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  killPostmaster()
  await story.watch.news(/the database has ended; starting it again/)
  await story.watch.news(/the database is back/)
  await story.choose('4021', 2)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled', 'settled'], paid: { rich: 350 } })
})

test.each([
  ['while the buyer reads the price', 'ST10', 'payment centre'],
  ['while the centre is asked for the payment', 'ST11', 'relation server'],
  ['when the account was debited', 'ST131', 'payment centre'],
  ['while the machine delivers', 'ST52', 'automaton'],
  ['when the machine has reported', 'ST6', 'automaton'],
] as const)('killed %s: the sale goes on, and is paid once', async (_, step, teller) => {
  const story = await bench.begin()
  const before = await bench.transfers()
  const stop = bench.house.happenings.listen((each) => {
    if (each.kind !== 'step' || each.step !== step || !each.party.startsWith(teller)) return
    stop()
    killPostmaster()
  })
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.news(/the database is back/)
  const endings = await story.endsInAgreement(rich, 'settled', 'withdrawn', 'expired', 'recredited')
  const now = await bench.transfers()
  const net = (kind: string) => (now[kind] ?? 0) - (before[kind] ?? 0)
  expect(net('debit') - net('refund')).toBe(endings[0] === 'settled' ? 1 : 0)
})
