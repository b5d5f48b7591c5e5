// Debit mode at a centre that wants the buyer's code (ST12): the charge in one step is refused, and the sale
// is held, validated and confirmed before anything is delivered, whatever is killed on the way.
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { clientId } from '@concilia/simulator/start/configurations.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import type { Story } from './story.ts'

const { careful } = buyers
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open()
})
afterAll(() => bench?.close())

/** Until the buyer has the centre's code. @returns it, and the sale */
async function asked(story: Story): Promise<{ saleId: string; code: string }> {
  const saleId = await story.choose('4021', 1)
  await story.pays(careful, '4021')
  await story.watch.step('ST12', 'relation server', saleId)
  const [, code = ''] = await story.watch.text(careful, /Your code is (\d{4,8})/)
  expect(code).not.toBe('')
  return { saleId, code }
}

test('the account is debited before the machine is told to deliver', async () => {
  const story = await bench.begin()
  const { saleId, code } = await asked(story)
  await story.texts(careful, code)
  await story.watch.step('ST15', 'relation server', saleId)
  const { found } = await bench.books.payments({ client: clientId, order: 'desc', offset: 0, limit: 100 })
  const mine = found.flatMap(({ payment }) => (payment.referenceCode === saleId ? [payment] : []))
  expect(mine).toMatchObject([{ key: `${saleId}:2`, charge: 'hold', status: 'succeeded' }])
  await story.reads(careful, /^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { careful: 150 } })
})

test('a jam: what was debited is re-credited', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'jam')
  const { code } = await asked(story)
  await story.texts(careful, code)
  await story.ends({ sales: ['recredited'] })
})

test('kill -9 of the server while the buyer reads the code: it is still what they send', async () => {
  const story = await bench.begin()
  const { code } = await asked(story)
  bench.program('relation-server').kill()
  await story.texts(careful, code)
  await story.ends({ sales: ['settled'], paid: { careful: 150 } })
})

test('kill -9 of the centre once it has the code: debited once', async () => {
  const story = await bench.begin()
  const { code } = await asked(story)
  await story.texts(careful, code)
  await story.watch.step('ST13', 'payment centre')
  bench.program('payment-centre').kill()
  await story.ends({ sales: ['settled'], paid: { careful: 150 } })
})

test('the code never comes: the hold is given back when the machine stops waiting', async () => {
  const story = await bench.begin()
  await asked(story)
  await story.endsInAgreement(careful, 'withdrawn', 'expired')
})
