// Link 7 on the real processes: what a machine is given to run on, what it says of itself, and a server that
// comes back while the payment centre is away.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'

const { rich } = buyers
const person = ['--who', 'technician', '--why', 'the test of link 7'] as const
const machine = ['--id', 'automaton-4021'] as const
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open()
})
afterAll(() => bench?.close())

const show = () => bench.command('relation-server', 'machine', 'show', ...machine)

async function configure(text: string): Promise<string> {
  const file = join(bench.house.places.configuration, 'machine.toml')
  writeFileSync(file, text)
  return await bench.command('relation-server', 'machine', 'configure', ...machine, '--file', file, ...person)
}

async function showsUntil(words: RegExp): Promise<void> {
  await bench.watch.untilTrue(`machine show says ${words}`, async () => words.test(await show()))
}

test('a machine is given a configuration, runs on it after a kill, and one that does not fit is refused', async () => {
  const story = await bench.begin()
  const list =
    '[priceList]\ncurrency = "EUR"\n[[priceList.items]]\nitem = 1\nlabel = "Water"\namountMinor = 90\n'
  expect(await configure(`language = "fr"\n${list}`)).toMatch(/is to run on configuration 1/)
  await showsUntil(/configuration in force: version 1; wanted is version 1\n/)
  bench.program('automaton-4021').kill()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  await showsUntil(/priceDiffers\s+item 1 \(Water\) at 1\.50 EUR, on the price list 0\.90 EUR/)

  expect(await configure(list.replace('EUR', 'GBP'))).toMatch(/configuration 2/)
  await showsUntil(
    /in force: version 1; wanted is version 2\n {2}which it rejects: priceList\.currency is GBP/,
  )
  expect(await bench.command('relation-server', 'machine', 'list')).toMatch(
    /automaton-4021.*configuration 1, wanted 2 \(rejected: priceList/,
  )
  await configure('')
  await showsUntil(/in force: version 3; wanted is version 3\n/)
})

test('a configuration that is no good is refused where it is typed', async () => {
  await expect(configure('langauge = "fr"')).rejects.toThrow(/did you mean language/)
  await expect(configure('[limits]\nofferWaitMs = 2000')).rejects.toThrow(/ends before a buyer can pay/)
})

test("a machine's own counters are read over DEX when a person asks, and agree with what it reported", async () => {
  const audit = () => bench.command('relation-server', 'machine', 'audit', ...machine)
  const read = async (words: RegExp) => {
    await bench.command('relation-server', 'machine', 'read-audit', ...machine, ...person)
    await bench.watch.untilTrue(`machine audit says ${words}`, async () => words.test(await audit()))
  }
  await read(/Nothing to compare with yet/)
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  await read(/agrees {4}cashless2: counted 1 for 1\.50 EUR, reported 1 for 1\.50 EUR/)
  expect(await audit()).toMatch(/agrees {4}product 1: counted 1 for 1\.50 EUR/)
  expect(await bench.command('relation-server', 'machine', 'audit', ...machine, '--text')).toMatch(
    /^DXS\*SIM0000042[\s\S]*\nDXE\*1\*1\n?$/,
  )
  expect(await bench.command('relation-server', 'machine', 'alerts')).toMatch(/No machine counts otherwise/)
})

test('an unplugged machine is seen in the list, until it is plugged in again', async () => {
  await bench.house.simulator.call('unplug', { machine: '4021' })
  const list = () => bench.command('relation-server', 'machine', 'list')
  await bench.watch.untilTrue('the list says so', async () => /4021 .*hardware lost: /.test(await list()))
  await bench.house.simulator.call('plug', { machine: '4021' })
  await bench.watch.untilTrue('the list says no more', async () => !/hardware lost/.test(await list()))
})

test('the server comes back while the centre is away: machines deliver, report, offer and withdraw', async () => {
  const story = await bench.begin()
  const centre = bench.program('payment-centre')
  let centreGone: Promise<void> | undefined
  const unhear = bench.house.happenings.listen((each) => {
    if (each.kind !== 'step' || each.step !== 'ST14' || each.party !== 'relation server') return
    unhear()
    centreGone = centre.stop()
    bench.program('relation-server').kill()
  })
  const paid = await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST7', 'relation server', paid)
  await centreGone
  const lonely = await story.choose('4021', 1)
  await story.watch.step('ST51', 'automaton', lonely)
  await story.watch.untilTrue('the offer is over at the server', async () => {
    const sales = await story.sales()
    return sales.some(({ saleId, open }) => saleId === lonely && !open)
  })
  await centre.start()
  const [first] = await story.endsInAgreement(rich, 'settled', 'withdrawn', 'expired')
  expect(first).toBe('settled')
}, 90_000)
