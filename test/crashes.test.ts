// kill -9 of each program in each window of a sale, on the real processes: whatever the window, goods and
// money agree in the end without a person, and the machine sells again. Further down: a server that is away
// while a machine delivers, a centre that is silent and found to have paid, a journal that is replaced.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import type { Ending, Story } from './story.ts'
import type { Teller } from './watch.ts'

const { rich } = buyers
const anyEnding: Ending[] = ['settled', 'refused', 'withdrawn', 'expired', 'recredited', 'unknownClosed']
const person = ['--who', 'operator', '--why', 'seen on site'] as const
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open()
})
afterAll(() => bench?.close())

type Window = readonly [program: string, step: string, teller: Teller]

const windows: readonly Window[] = [
  ['automaton-4021', 'ST4', 'automaton'],
  ['automaton-4021', 'ST5', 'automaton'],
  ['automaton-4021', 'ST15', 'relation server'],
  ['automaton-4021', 'ST52', 'automaton'],
  ['automaton-4021', 'ST6', 'automaton'],
  ['relation-server', 'ST4', 'relation server'],
  ['relation-server', 'ST9', 'relation server'],
  ['relation-server', 'ST10', 'relation server'],
  ['relation-server', 'ST11', 'relation server'],
  ['relation-server', 'ST131', 'payment centre'],
  ['relation-server', 'ST15', 'relation server'],
  ['relation-server', 'ST52', 'automaton'],
  ['relation-server', 'ST7', 'relation server'],
  ['payment-centre', 'ST10', 'relation server'],
  ['payment-centre', 'ST11', 'relation server'],
  ['payment-centre', 'ST131', 'payment centre'],
  ['payment-centre', 'ST7', 'relation server'],
]

test.each(windows)('kill -9 of %s at %s of the %s', async (program, step, teller) => {
  const story = await bench.begin()
  killAt(program, step, teller)
  await buys(story)
  await story.endsInAgreement(rich, ...anyEnding)
})

const undoing: readonly Window[] = [
  ['automaton-4021', 'ST6', 'automaton'],
  ['relation-server', 'ST71', 'relation server'],
  ['payment-centre', 'ST71', 'relation server'],
  ['payment-centre', 'ST71', 'payment centre'],
]

test.each(undoing)('a jam, and kill -9 of %s at %s of the %s', async (program, step, teller) => {
  const story = await bench.begin()
  await story.behave('4021', 'jam')
  killAt(program, step, teller)
  await buys(story)
  await story.endsInAgreement(rich, 'recredited')
})

test('everything is killed at once while the machine delivers', async () => {
  const story = await bench.begin()
  killAt('automaton-4021', 'ST52', 'automaton')
  killAt('relation-server', 'ST52', 'automaton')
  killAt('payment-centre', 'ST52', 'automaton')
  await buys(story)
  await story.endsInAgreement(rich, 'settled', 'unknownClosed')
})

test('the server is away while the machine delivers: nobody is re-credited for goods in hand', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST52', 'automaton')
  const server = bench.program('relation-server')
  await server.stop()
  // Reported and not stored: the machine is on standby again by its own limit, and keeps its word.
  await story.watch.step('ST1', 'automaton')
  await server.start()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('the centre takes the request and is silent, and is then found to have paid', async () => {
  const story = await bench.begin()
  const saleId = await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const centre = bench.program('payment-centre')
  centre.pause()
  await story.texts(rich, `YES ${code}`)
  await story.watch.untilTrue('the charge is in doubt', async () => {
    const sale = await bench.house.serverStore.sale(saleId)
    return sale?.state === 'charging.inDoubt'
  })
  centre.resume()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  expect(story.watch.texts(rich).filter((words) => words.startsWith('Paid'))).toHaveLength(1)
})

test('a journal is replaced in mid-vend: a person admits it, and the sale is closed as unknown', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST52', 'automaton')
  const automaton = bench.program('automaton-4021')
  await automaton.stop()
  for (const end of ['', '-wal', '-shm']) {
    rmSync(join(bench.house.places.journals, `automaton-4021.db${end}`), { force: true })
  }
  await automaton.start()
  await story.watch.untilTrue('the new journal waits for a person', async () =>
    (await bench.command('relation-server', 'machine', 'list')).includes('waits for admission'),
  )
  await bench.command('relation-server', 'machine', 'admit', '--id', 'automaton-4021', ...person)
  await story.endsInAgreement(rich, 'unknownClosed', 'settled')
  const again = await bench.begin()
  await again.choose('4021', 1)
  await again.pays(rich, '4021')
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
})

/** Once, when the step is told. */
function killAt(program: string, step: string, teller: Teller): void {
  const stop = bench.house.happenings.listen((each) => {
    if (each.kind !== 'step' || each.step !== step || !each.party.startsWith(teller)) return
    if (teller === 'automaton' && !each.party.endsWith('4021')) return
    stop()
    bench.program(program).kill()
  })
}

/** Goes as far as the crash lets the buyer: to the consent, or to the end of the sale without one. */
async function buys(story: Story): Promise<void> {
  await story.press('4021', 1)
  await story.texts(rich, 'PAY 4021')
  let code: string | undefined
  await story.watch.untilTrue('the price is there, or the sale has ended without', async () => {
    code = story.watch.texts(rich).flatMap((words) => /\bYES (\d{4,8})\b/.exec(words)?.[1] ?? [])[0]
    const sales = await story.sales()
    return code !== undefined || (sales.length > 0 && sales.every(({ open }) => !open))
  })
  if (code !== undefined) await story.texts(rich, `YES ${code}`)
}
