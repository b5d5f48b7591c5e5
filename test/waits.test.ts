// What ends by time: the offer waits four seconds here. Nobody answers, somebody answers too late, nobody
// chooses.
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, test } from 'vitest'
import { Bench, shortWait } from './bench.ts'

const { rich } = buyers
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open({ limits: shortWait })
})
afterAll(() => bench?.close())

test('silence: the machine withdraws by its own clock, nobody pays', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  await story.readsPrice(rich)
  // Its last word, too, belongs to this story and not to the next.
  await story.watch.step('ST1', 'automaton')
  await story.endsInAgreement(rich, 'withdrawn', 'expired')
})

test('the yes comes after the wait: it is too late, and moves nothing', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  await story.watch.step('ST51', 'automaton')
  await story.texts(rich, `YES ${code}`)
  await story.endsInAgreement(rich, 'withdrawn', 'expired')
})

test('nobody comes: the machine is on standby again by itself', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.watch.step('ST1', 'automaton')
  await story.endsInAgreement(rich, 'withdrawn', 'expired')
})

test('the wait ends while the server is away: withdrawn before the link is back, and never charged', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  await story.readsPrice(rich)
  const server = bench.program('relation-server')
  await server.stop()
  await story.watch.step('ST51', 'automaton')
  await server.start()
  await story.endsInAgreement(rich, 'withdrawn', 'expired')
})
