// What the wires between the programs may do: lose the centre's answer, let a void overtake its charge, break
// in the middle, double everything, lose the broker. The broker is an outside one, named by its URL.
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench, shortWait } from './bench.ts'
import { OutsideBroker } from './outside-broker.ts'
import { TcpProxy } from './tcp-proxy.ts'

const { careful, rich } = buyers
const broker = new OutsideBroker()
const [centreWire, phonesWire] = [new TcpProxy(), new TcpProxy()]
const charge = /^POST \S*\/payments HTTP/
let bench: Bench

beforeAll(async () => {
  await broker.start()
  bench = await Bench.open({
    // Long enough for a broker to come back on a loaded machine, short enough to be waited for twice.
    limits: { ...shortWait, offerWaitMs: 8000 },
    broker: broker.access,
    detour: async ({ centre, serverHttp }) => ({
      centre: await centreWire.start(centre),
      serverHttp: await phonesWire.start(serverHttp),
    }),
  })
})
afterAll(async () => {
  await bench?.close()
  await Promise.all([centreWire.stop(), phonesWire.stop(), broker.kill()])
})

/** How often each kind of transfer was made since `before`. */
async function added(before: Readonly<Record<string, number>>, ...kinds: string[]): Promise<number[]> {
  const now = await bench.transfers()
  return kinds.map((kind) => (now[kind] ?? 0) - (before[kind] ?? 0))
}

test('the yes of the centre is lost on its way: asked again with the same key, paid once', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  const saleId = await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const yes = centreWire.holdBack('answer', /acknowledgement/)
  await story.texts(rich, `YES ${code}`)
  await yes.begun
  centreWire.cut()
  await story.watch.step('ST15', 'relation server', saleId)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  expect(await added(before, 'debit', 'refund')).toEqual([1, 0])
})

test('the centre has paid and cannot be reached until the machine has withdrawn: voided by its key', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const yes = centreWire.holdBack('answer', /acknowledgement/)
  await story.texts(rich, `YES ${code}`)
  await yes.begun
  centreWire.blackHole(true)
  await story.watch.step('ST51', 'automaton')
  await story.watch.step('ST71', 'relation server')
  centreWire.blackHole(false)
  await story.ends({ sales: ['withdrawn'] })
  expect(await added(before, 'debit', 'refund')).toEqual([1, 1])
})

test('the buyer sends the code back before the answer that asks for it: kept until then, no machine number', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  await story.choose('4021', 1)
  await story.texts(careful, 'PAY 4021')
  const yes = await story.readsPrice(careful)
  const answer = centreWire.holdBack('answer', /pending_validation/)
  await story.texts(careful, `YES ${yes}`)
  await answer.begun
  const [, code = ''] = await story.watch.text(careful, /Your code is (\d{4,8})/)
  await story.texts(careful, code)
  await answer.release()
  await story.ends({ sales: ['settled'], paid: { careful: 150 } })
  expect(story.watch.texts(careful).some((words) => words.includes(`achine ${code}`))).toBe(false)
  expect(await added(before, 'hold', 'post', 'refund')).toEqual([1, 1, 0])
})

test('the void overtakes its charge: what comes late is refused', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const late = centreWire.holdBack('request', charge, 100)
  await story.texts(rich, `YES ${code}`)
  await late.begun
  await story.ends({ sales: ['withdrawn'] })
  const answers = await late.release()
  expect(answers.length).toBeGreaterThan(0)
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  await story.ends({ sales: ['withdrawn'] })
  expect(await added(before, 'debit', 'refund')).toEqual([0, 0])
})

test('the wire breaks while the centre is asked, and again while it re-credits', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  await story.behave('4021', 'jam')
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const asked = centreWire.holdBack('request', charge)
  await story.texts(rich, `YES ${code}`)
  await asked.begun
  const givenBack = centreWire.holdBack('answer', /refundId/)
  centreWire.cut()
  await givenBack.begun
  centreWire.cut()
  await story.reads(rich, /you have your 1\.50 EUR back/)
  await story.ends({ sales: ['recredited'] })
  expect(await added(before, 'debit', 'refund')).toEqual([1, 1])
})

test('every message doubled: machines, phones and centre hear all of it twice', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  broker.double(true)
  centreWire.double(true)
  phonesWire.double(true)
  try {
    await story.choose('4021', 1)
    await story.pays(rich, '4021')
    await story.reads(rich, /^Paid 1\.50 EUR/)
    await story.behave('4021', 'jam')
    await story.choose('4021', 2)
    await story.pays(rich, '4021')
    await story.reads(rich, /you have your 2\.00 EUR back/)
    await story.behave('4021')
    await story.dials(rich, '*123*4021#')
    await story.choose('4021', 3)
    expect((await story.types(rich, '1')).text).toMatch(/0\.85 EUR/)
    await story.types(rich, '2')
    await story.ends({ sales: ['settled', 'recredited', 'settled'], paid: { rich: 235 } })
  } finally {
    broker.double(false)
    centreWire.double(false)
    phonesWire.double(false)
  }
  expect(await added(before, 'debit', 'refund')).toEqual([3, 1])
})

test('the broker is killed while the buyer reads the price, and is back before the wait is over', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  await broker.kill()
  await broker.start()
  await story.texts(rich, `YES ${code}`)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('the broker is killed while the machine delivers: the outcome comes over the next one', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST52', 'automaton')
  await broker.kill()
  await story.watch.step('ST6', 'automaton')
  await broker.start()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})
