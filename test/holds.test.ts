// The other way of charging: the amount is held, delivery confirms it, failure gives it back. And the centre
// that wants the buyer to validate (ST12), which holds, validates and confirms before anything is delivered.
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'

const { careful, rich } = buyers
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open({ charge: 'hold' })
})
afterAll(() => bench?.close())

test('held, delivered, confirmed', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.reads(rich, /^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('a jam gives the hold back', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'jam')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['recredited'] })
})

test('a silent machine: the hold is given back once, and closed as unknown', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'silent')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['unknownClosed'], dropped: 1 })
})

test('kill -9 of the server while the machine delivers: confirmed once', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST52', 'automaton')
  bench.program('relation-server').kill()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('kill -9 of the centre while it gives a hold back: given back once', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'jam')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST71', 'relation server')
  bench.program('payment-centre').kill()
  await story.ends({ sales: ['recredited'] })
})

test('an account that must be validated: the code of the centre comes back through the server', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(careful, '4021')
  await story.watch.step('ST12', 'relation server')
  const [, code = ''] = await story.watch.text(careful, /Your code is (\d{4,8})/)
  expect(code).not.toBe('')
  await story.texts(careful, code)
  await story.ends({ sales: ['settled'], paid: { careful: 150 } })
})
