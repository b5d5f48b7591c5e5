// Sales as buyers meet them, one after the other on one house that debits at once: both orders, texts and
// dialogues, several phones, and everything that a buyer or a machine may do otherwise.
import { PageVisitor } from '@concilia/simulator/page-visitor.ts'
import { type Buyer, buyers } from '@concilia/simulator/start/buyers.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { leaked } from './leaked.ts'

const { rich, poor, postpaid } = buyers
const secretive: Buyer = {
  name: 'secretive',
  number: '+46701740609',
  says: 'prepaid, with a PIN for every purchase',
  account: { kind: 'prepaid', balance: '42.00', codeAbove: '0' },
}
const pin = '73190264'
let bench: Bench

beforeAll(async () => {
  bench = await Bench.open({ logLevel: 'debug', watched: true })
})
afterAll(() => bench?.close())

test('machine first: chosen, texted, consented, paid, delivered, told', async () => {
  const story = await bench.begin()
  const saleId = await story.choose('4021', 1)
  await story.pays(rich, '4021')
  for (const step of ['ST11', 'ST14', 'ST15', 'ST7']) await story.watch.step(step, 'relation server', saleId)
  await story.reads(rich, /^Paid 1\.50 EUR incl\. tax to Snacks & Co, machine 4021/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('phone first: the machine number alone, then the item, then the price', async () => {
  const story = await bench.begin()
  await story.texts(postpaid, '4021')
  await story.reads(postpaid, /^Choose your item on machine 4021/)
  await story.choose('4021', 3)
  await story.texts(postpaid, `yes ${await story.readsPrice(postpaid)}`)
  await story.reads(postpaid, /^Paid 0\.85 EUR/)
  await story.ends({ sales: ['settled'], paid: { postpaid: 85 } })
})

test('phone first at a machine that works in sessions: it opens one for the phone', async () => {
  const story = await bench.begin()
  await story.texts(rich, 'PAY 4022')
  await story.watch.machine('4022', 'sessionBegun')
  await story.choose('4022', 2)
  await story.texts(rich, `YES ${await story.readsPrice(rich)}`)
  await story.ends({ sales: ['settled'], paid: { rich: 350 } })
})

test('machine first, with a dialogue that names the machine', async () => {
  const story = await bench.begin()
  await story.choose('4021', 2)
  const price = await story.dials(rich, '*123*4021#')
  expect(price).toMatchObject({ goesOn: true, text: expect.stringMatching(/2\.00 EUR incl\. tax\n1 Pay/) })
  expect(await story.types(rich, '1')).toMatchObject({ goesOn: false })
  await story.reads(rich, /^Paid 2\.00 EUR/)
  await story.ends({ sales: ['settled'], paid: { rich: 200 } })
})

test('on the machine’s page: the number is proven, the price is shown, one tap pays', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  const [machine] = bench.house.machines
  if (!machine) throw new Error('the bench has no machine')
  const page = new PageVisitor(bench.house.pageOf(machine))
  await page.look()
  await page.press('Send me a code', rich.number)
  const [, code = ''] = await story.watch.text(rich, /: (\d{6}) proves your number/)
  await page.press('Continue', code)
  await page.press('I am at this machine')
  await story.watch.untilTrue('the price on the page', async () => /^1\.50 EUR/.test(await page.look()))
  await page.press('Pay 1.50 EUR')
  await story.reads(rich, /^Paid 1\.50 EUR/)
  expect(await page.look()).toMatch(/^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('phone first, with a dialogue from the menu', async () => {
  const story = await bench.begin()
  expect(await story.dials(rich, '*123#')).toMatchObject({ goesOn: true })
  const choose = await story.types(rich, '4021')
  expect(choose.text).toMatch(/^Choose your item on machine 4021(?:.|\n)*1 See the price/)
  await story.choose('4021', 1)
  const price = await story.types(rich, '1')
  expect(price.text).toMatch(/1\.50 EUR incl\. tax\n2 Pay/)
  await story.types(rich, '2')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('a call buys a code: the goods jam, the same code is good again, and buys the next', async () => {
  const story = await bench.begin()
  const code = await story.calls('4021', 150)
  await story.behave('4021', 'jam')
  await story.choose('4021', 1)
  await story.keys('4021', code)
  await story.watch.until('the display says so', (happening) => {
    if (happening.kind !== 'machine' || happening.event.event !== 'display') return undefined
    return happening.event.text === 'Same code good for 15 min' ? true : undefined
  })
  await story.behave('4021')
  await story.keys('4021', code)
  await story.choose('4021', 1)
  // Of 1.50 the operator has four fifths.
  await story.ends({ sales: ['recredited', 'settled'], payable: 120 })
})

test('several phones for one machine: the first consent stored wins, the others are told, one pays', async () => {
  const story = await bench.begin()
  await story.texts(postpaid, 'PAY 4021')
  await story.reads(postpaid, /^Choose your item/)
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const [richCode, postpaidCode] = [await story.readsPrice(rich), await story.readsPrice(postpaid)]
  expect(richCode).not.toBe(postpaidCode)
  await story.texts(rich, `YES ${richCode}`)
  await story.texts(postpaid, `YES ${postpaidCode}`)
  await story.reads(postpaid, /another phone has paid for this item\. You are not charged/)
  await story.reads(rich, /^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('a poor buyer is refused before the price, and another may still pay', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(poor, 'PAY 4021')
  await story.reads(poor, /payment refused, not enough credit\. You are not charged/)
  await story.watch.step('ST51', 'automaton')
  await story.ends({ sales: ['refused'] })
})

test('an unknown machine number is answered with the one that was meant', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4012')
  await story.reads(rich, /^No machine 4012\. Perhaps 4021\?/)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('NO: nothing is asked of the account, the machine is free at once', async () => {
  const story = await bench.begin()
  const saleId = await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  await story.readsPrice(rich)
  await story.texts(rich, 'NO')
  await story.reads(rich, /cancelled\. You are not charged/)
  await story.watch.step('ST51', 'automaton', saleId)
  await story.ends({ sales: ['refused'] })
})

test('another code than the one sent is no consent', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  await story.texts(rich, `YES ${code === '1111' ? '2222' : '1111'}`)
  await story.reads(rich, /wrong code, 2 more tries/)
  await story.texts(rich, `YES ${code}`)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('coins instead: the offer is withdrawn, the goods are paid once', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  await bench.house.simulator.call('payInCoins', { machine: '4021', item: 1 })
  await story.watch.step('ST51', 'automaton')
  await story.texts(rich, `YES ${code}`)
  await story.ends({ sales: ['withdrawn'], dropped: 1 })
})

test('the return lever: withdrawn, and the machine sells again', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await bench.house.simulator.call('pushLever', { machine: '4021' })
  await story.watch.step('ST51', 'automaton')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['withdrawn', 'settled'], paid: { rich: 150 } })
})

test('jam: the buyer has the money back and is told', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'jam')
  const saleId = await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST71', 'relation server', saleId)
  await story.reads(rich, /^Machine 4021 did not deliver: you have your 1\.50 EUR back/)
  await story.ends({ sales: ['recredited'] })
})

test('reset in mid-vend: the machine cannot say, the buyer has the money back', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'reset')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.endsInAgreement(rich, 'unknownClosed', 'recredited')
})

test('a silent machine: closed as unknown, the buyer has the money back, `disputed` has borne it', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  await story.behave('4021', 'silent')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.reads(rich, /^Machine 4021 never said if it delivered: you have your 1\.50 EUR back/)
  await story.ends({ sales: ['unknownClosed'], dropped: 1 })
  const now = await bench.transfers()
  const added = (kind: string) => (now[kind] ?? 0) - (before[kind] ?? 0)
  expect([added('debit'), added('dispute'), added('refund'), added('deliver')]).toEqual([1, 1, 1, 0])
})

test('unplugged in mid-vend and back: whatever it ends as, all three say so', async () => {
  const story = await bench.begin()
  await story.behave('4021', 'unplugged')
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.endsInAgreement(rich, 'settled', 'unknownClosed')
})

test('unplugged while the buyer reads the price: withdrawn, and it sells again once it is back', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  await story.readsPrice(rich)
  await bench.house.simulator.call('unplug', { machine: '4021' })
  await story.watch.step('ST51', 'automaton')
  await bench.house.simulator.call('plug', { machine: '4021' })
  await story.choose('4021', 2)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['withdrawn', 'settled'], paid: { rich: 200 } })
})

test('two machines at once, each with its own buyer', async () => {
  const story = await bench.begin()
  await story.texts(postpaid, 'PAY 4022')
  await story.watch.machine('4022', 'sessionBegun')
  await Promise.all([story.choose('4021', 1), story.choose('4022', 1)])
  const [, postpaidCode] = await Promise.all([story.pays(rich, '4021'), story.readsPrice(postpaid)])
  await story.texts(postpaid, `YES ${postpaidCode}`)
  await story.ends({ sales: ['settled', 'settled'], paid: { rich: 150, postpaid: 120 } })
})

test('a PIN in place of a code; then the buyer is blocked, and erased', async () => {
  await bench.addBuyer(secretive, '--balance', '42.00', '--code-above', '0')
  await bench.typed('payment-centre', pin, 'account', 'pin', '--subscriber', secretive.number)
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(secretive, '4021')
  await story.reads(secretive, /reply with your PIN/)
  await story.texts(secretive, '73190265')
  await story.reads(secretive, /wrong code/)
  await story.texts(secretive, pin)
  await story.reads(secretive, /^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { secretive: 150 } })
  const decided = ['--who', 'somebody', '--why', 'because']
  const person = (...words: string[]) =>
    bench.typed('relation-server', secretive.number, ...words, ...decided)
  expect(await person('subscriber', 'block')).toMatch(/^\+46•••••609 is blocked/)
  expect(await person('subscriber', 'forget')).toMatch(/is erased; that it is not to be texted/)
  expect(await person('subscriber', 'show')).toMatch(/its number is erased\n {2}is blocked/)
})

// Last, for it looks back on all of them.
test('no log, no row and no figure tells a number or a PIN, in whatever form it may be written', async () => {
  const numbers = [rich, poor, postpaid, secretive].map(({ number }) => number)
  const logs = bench.logs()
  expect(logs).toMatch(/a phone is in touch by text/)
  expect(leaked(logs, numbers, [pin])).toEqual([])
  const rows = await bench.rows()
  expect(rows).toMatch(/relation-server subscriber /)
  expect(rows).toMatch(/payment-centre account .*buyer:/)
  expect(leaked(rows, numbers, [pin])).toEqual([])
  const figures = await bench.figures()
  expect(figures).toMatch(/^concilia_sales_ended_total\{ending="settled"\} [1-9]/m)
  expect(figures).toMatch(/^concilia_payments_total\{status="succeeded"\} [1-9]/m)
  expect(leaked(figures, numbers, [pin])).toEqual([])
})
