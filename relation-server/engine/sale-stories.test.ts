// Stories of one sale in the engine, told by what machine, phone and centre see. Long, because each is short
// and they are read side by side.
import { uuidFrom } from '@concilia/protocol/random.ts'
import { describe, expect, test } from 'vitest'
import { Scenario, type ScenarioOptions } from './scenario.ts'
import { refusedWith } from './scenario-centre.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

const buyer = '+33612345678'
const another = '+33687654321'

/** Everything in a scenario by hand; `done` at the end says that nothing is left to send. */
async function world(options: ScenarioOptions = {}) {
  const scenario = await Scenario.open(options)
  const machine = await scenario.machine()
  return { scenario, machine, phone: scenario.phone(buyer), other: scenario.phone(another) }
}

async function nothingLeft(scenario: Scenario): Promise<void> {
  const rows = await scenario.outbox()
  expect(rows.map(({ kind, body }) => `${kind} ${body}`)).toEqual([])
  await scenario.close()
}

/** The machine stores the newest instruction and delivers. */
async function delivers(scenario: Scenario, machine: ScenarioMachine, saleId: string): Promise<void> {
  const instruction = scenario.instructions(saleId).at(-1)
  expect(instruction?.kind).toBe('deliver')
  await machine.answer(instruction?.id ?? '', { saleId, answer: 'stored' })
  await machine.report(saleId, 'delivered')
}

describe.each<{ charge: 'debit' | 'hold'; twice: boolean }>([
  { charge: 'debit', twice: false },
  { charge: 'debit', twice: true },
  { charge: 'hold', twice: false },
  { charge: 'hold', twice: true },
])('by $charge, every input twice: $twice', (options) => {
  test('the machine first', async () => {
    const { scenario, machine, phone } = await world(options)
    const saleId = await machine.offer()
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    await phone.identify()
    expect(phone.heard()).toEqual(['price'])
    await phone.yes()
    expect(scenario.centre.paid(saleId) + scenario.centre.held(saleId)).toBe(150)
    await delivers(scenario, machine, saleId)
    expect(await scenario.state(saleId)).toBe('settled')
    expect(scenario.centre.paid(saleId)).toBe(150)
    expect(phone.heard()).toEqual(['price', 'paying', 'receipt'])
    expect(scenario.instructions(saleId).map(({ kind }) => kind)).toEqual(['deliver'])
    const charge = options.charge === 'hold' ? ['prepare', 'confirm'] : ['charge', 'outcome']
    expect(scenario.centre.kinds()).toEqual(['eligibility', ...charge])
    await nothingLeft(scenario)
  })

  test('the phone first', async () => {
    const { scenario, machine, phone } = await world(options)
    await phone.identify()
    expect(phone.heard()).toEqual(['chooseNow'])
    const saleId = await machine.offer()
    expect(phone.heard()).toEqual(['chooseNow', 'price'])
    await phone.yes()
    await delivers(scenario, machine, saleId)
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['settled', 150])
    await nothingLeft(scenario)
  })

  test('the goods jam: re-credited', async () => {
    const { scenario, machine, phone } = await world(options)
    const saleId = await machine.offer()
    await phone.identify()
    await phone.yes()
    await machine.report(saleId, 'failed')
    expect(await scenario.state(saleId)).toBe('recredited')
    expect(scenario.centre.paid(saleId) + scenario.centre.held(saleId)).toBe(0)
    expect(phone.heard()).toEqual(['price', 'paying', 'refundNotice'])
    await nothingLeft(scenario)
  })

  test('two phones consent: the first wins, the other is told, one charge is made', async () => {
    const { scenario, machine, phone, other } = await world(options)
    await phone.identify()
    const saleId = await machine.offer()
    await other.identify()
    expect([phone.heard(), other.heard()]).toEqual([['chooseNow', 'price'], ['price']])
    const codes = await Promise.all(
      [phone, other].map((each) => scenario.store.identificationsOf(each.subscriberId)),
    )
    const [mine, theirs] = codes.flat()
    const consent = (row: typeof mine) => ({
      type: 'consent' as const,
      identificationId: row?.identificationId ?? '',
      saleId,
      code: row?.code ?? '',
    })
    await Promise.all([other.act('machine-4021', consent(theirs)), phone.act('machine-4021', consent(mine))])
    expect(other.heard()).toEqual(['price', 'paying'])
    expect(phone.heard().slice(0, 3)).toEqual(['chooseNow', 'price', 'takenByAnother'])
    expect(scenario.centre.kinds().filter((kind) => ['charge', 'prepare'].includes(kind))).toHaveLength(1)
    await delivers(scenario, machine, saleId)
    expect(scenario.centre.paid(saleId)).toBe(150)
    expect(await scenario.store.identificationsOf(phone.subscriberId)).toEqual([])
    await nothingLeft(scenario)
  })

  test('the withdrawal comes before its offer', async () => {
    const { scenario, machine, phone } = await world(options)
    await phone.identify()
    const saleId = uuidFrom(scenario.random)
    const offer = machine.offerOf({ saleId })
    await machine.withdraw(saleId)
    await machine.publish(offer)
    expect(await scenario.state(saleId)).toBe('withdrawn')
    expect(phone.heard()).toEqual(['chooseNow'])
    expect(scenario.centre.kinds()).toEqual([])
    await nothingLeft(scenario)
  })
})

describe('who consents', () => {
  test('a poor buyer is told so, the machine is refused, nothing is charged', async () => {
    const { scenario, machine, phone } = await world()
    scenario.centre.next('eligibility', refusedWith('CARRIER_BILLING.PAYMENT_DENIED', 'notEnough'))
    const saleId = await machine.offer()
    await phone.identify()
    expect(phone.heard()).toEqual(['declined notEnough'])
    expect(await scenario.state(saleId)).toBe('refused')
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'declined' }])
    expect(scenario.centre.kinds()).toEqual(['eligibility'])
  })

  test('of two phones the poor one is out and the rich one buys', async () => {
    const { scenario, machine, phone, other } = await world()
    scenario.centre.next('eligibility', refusedWith('IDENTIFIER_NOT_FOUND', 'notEnough'))
    const saleId = await machine.offer()
    await phone.identify()
    // The only one so far was refused, and with it the sale: the machine offers again.
    expect(await scenario.state(saleId)).toBe('refused')
    await other.identify()
    const second = await machine.offer()
    scenario.centre.next('eligibility', refusedWith('IDENTIFIER_NOT_FOUND', 'notEnough'))
    await phone.identify()
    expect(await scenario.state(second)).toBe('open.consenting')
    await other.yes()
    expect(scenario.centre.paid(second)).toBe(150)
  })

  test('a centre that cannot say whether there is enough is no reason to turn a buyer away', async () => {
    const { scenario, machine, phone } = await world()
    scenario.centre.next('eligibility', 'silent')
    const saleId = await machine.offer()
    await phone.identify()
    expect(phone.heard()).toEqual(['price'])
    scenario.centre.next('charge', refusedWith('CARRIER_BILLING.PAYMENT_DENIED', 'notEnough'))
    await phone.yes()
    expect(phone.heard()).toEqual(['price', 'paying', 'declined notEnough'])
    expect(await scenario.state(saleId)).toBe('refused')
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'declined' }])
  })

  test('NO ends it for the only phone', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    await phone.no()
    expect(phone.heard()).toEqual(['price', 'cancelled'])
    expect(await scenario.state(saleId)).toBe('refused')
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'notConsented' }])
    expect(await scenario.store.identificationsOf(phone.subscriberId)).toEqual([])
  })

  test('NO of one leaves the sale to the other', async () => {
    const { scenario, machine, phone, other } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    await other.identify()
    await phone.no()
    expect(await scenario.state(saleId)).toBe('open.consenting')
    await other.yes()
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('NO before the machine has offered closes the request', async () => {
    const { scenario, machine, phone } = await world()
    await phone.identify()
    await phone.no()
    expect(phone.heard()).toEqual(['chooseNow', 'cancelled'])
    const saleId = await machine.offer()
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
  })

  test('NO said while it waited holds for the sale it was bound to meanwhile', async () => {
    const { scenario, machine, phone } = await world()
    await phone.identify()
    const [waiting] = await scenario.store.identificationsOf(phone.subscriberId)
    const saleId = await machine.offer()
    await phone.act('machine-4021', {
      type: 'refuse',
      identificationId: waiting?.identificationId ?? '',
      saleId: null,
    })
    expect(await scenario.state(saleId)).toBe('refused')
    expect(phone.heard()).toEqual(['chooseNow', 'price', 'cancelled'])
  })

  test('a wrong code three times is one no', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    for (const left of [2, 1, 0]) {
      await phone.yes('0000x')
      expect(scenario.said.at(-1)?.say).toMatchObject({ kind: 'wrongCode', triesLeft: left })
    }
    expect(await scenario.state(saleId)).toBe('refused')
    expect(scenario.centre.kinds()).toEqual(['eligibility'])
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'notConsented' }])
  })

  test('a pick in the menu consents for a vouched dialogue, and only for one', async () => {
    const { scenario, machine, phone, other } = await world()
    phone.sessionId = 'session'
    const saleId = await machine.offer()
    await other.identify()
    await other.yes(null)
    expect(other.heard()).toEqual(['price', 'wrongCode'])
    await phone.identify()
    expect(scenario.said.at(-1)).toMatchObject({ channel: 'ussd', sessionId: 'session', vouched: true })
    await phone.yes()
    expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({
      consent: { by: 'network', channel: 'ussd' },
    })
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('a phone that came by text is offered no menu when it dials: its pick would be worth nothing', async () => {
    const { scenario, machine, phone } = await world()
    await machine.offer()
    await phone.identify()
    phone.sessionId = 'session'
    await phone.identify()
    expect(scenario.said.at(-1)).toMatchObject({ say: { kind: 'price' }, channel: 'ussd', vouched: false })
    const [row] = await scenario.store.identificationsOf(phone.subscriberId)
    expect(row?.vouched).toBe(false)
  })

  test('a phone that waits may dial later and then pick', async () => {
    const { scenario, machine, phone } = await world()
    await phone.identify()
    phone.sessionId = 'session'
    await phone.identify()
    const saleId = await machine.offer()
    await phone.yes()
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('the same phone again is told again, in one sale and with one code', async () => {
    const { scenario, machine, phone } = await world()
    await machine.offer()
    await phone.identify()
    await phone.identify()
    const prices = scenario.said.map(({ say }) => (say.kind === 'price' ? say.code : undefined))
    expect(prices[0]).toMatch(/^\d{4}$/)
    expect(prices).toEqual([prices[0], prices[0]])
    await phone.yes()
    await phone.identify()
    expect(phone.heard()).toEqual(['price', 'price', 'paying', 'paying'])
    expect(scenario.centre.kinds().filter((kind) => kind === 'charge')).toHaveLength(1)
  })

  test('a phone buys again at once, although the books of its last sale are not closed', async () => {
    const { scenario, machine, phone } = await world()
    scenario.centre.next('outcome', 'lost')
    const first = await machine.offer()
    await phone.identify()
    await phone.yes()
    await machine.report(first, 'delivered')
    expect(await scenario.state(first)).toBe('settling.booking')
    await phone.identify()
    const second = await machine.offer()
    await phone.yes()
    await delivers(scenario, machine, second)
    await scenario.pass(60_000)
    expect([await scenario.state(first), await scenario.state(second)]).toEqual(['settled', 'settled'])
    expect(phone.heard().slice(3)).toEqual(['chooseNow', 'price', 'paying', 'receipt'])
    await nothingLeft(scenario)
  })

  test('a newer offer of the machine is what a phone means, although the outcome of the last is late', async () => {
    const { scenario, machine, phone } = await world()
    const first = await machine.offer()
    await phone.identify()
    await phone.yes()
    await scenario.pass(1000)
    const second = await machine.offer()
    await phone.identify()
    expect(phone.heard()).toEqual(['price', 'paying', 'price'])
    await machine.report(first, 'delivered')
    await phone.yes()
    await delivers(scenario, machine, second)
    expect([await scenario.state(first), await scenario.state(second)]).toEqual(['settled', 'settled'])
    await nothingLeft(scenario)
  })

  test('an older offer, whose end is not here yet, is charged to nobody', async () => {
    const { scenario, machine, phone, other } = await world()
    const stale = await machine.offer()
    scenario.clock.advance(1000)
    const saleId = await machine.offer()
    await phone.identify()
    await phone.yes()
    expect(await scenario.state(saleId)).toBe('instructed')
    await other.identify()
    expect(other.heard()).toEqual(['chooseNow'])
    expect(await scenario.state(stale)).toBe('open.awaitingPhone')
    await scenario.close()
  })

  test('nobody is put before a machine that is not there', async () => {
    const { machine, phone, scenario } = await world()
    await machine.say({ type: 'presence', presence: { presence: 'lost', boot: 1 } })
    await phone.identify()
    await scenario.person(machine.automatonId, { type: 'bar' })
    await phone.identify()
    expect(phone.heard()).toEqual(['machineUnavailable', 'machineUnavailable'])
    expect(await scenario.store.identificationsOf(phone.subscriberId)).toEqual([])
  })
})

test.each([
  { status: 'Available', isEnabled: false },
  { status: 'Offline', isEnabled: false },
  { status: 'OutOfOrder', isEnabled: false },
] as const)('nobody is put before a vending machine that cannot sell: $status', async (hardware) => {
  const { scenario, machine, phone, other } = await world()
  await machine.say({ type: 'presence', presence: { presence: 'online', boot: 1, hardware } })
  await phone.identify()
  expect(phone.heard()).toEqual(['machineUnavailable'])
  // An offer that is open shows that it waits for somebody, whatever it said before.
  await machine.offer()
  await other.identify()
  expect(other.heard()).toEqual(['price'])
  await scenario.close()
})

describe('time', () => {
  test('a phone that came first waits its time and is told', async () => {
    const { scenario, machine, phone } = await world()
    await phone.identify()
    await scenario.pass(scenario.settings.limits.identificationWaitMs - 1)
    expect(phone.heard()).toEqual(['chooseNow'])
    await scenario.pass(1)
    expect(phone.heard()).toEqual(['chooseNow', 'tooLate'])
    const saleId = await machine.offer()
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    await scenario.close()
  })

  test('a session is opened for a phone that came first, where the reader needs one', async () => {
    const { scenario, machine, phone } = await world()
    await machine.birth({ reader: 'session' })
    await phone.identify()
    const { attendMs } = scenario.settings.limits
    expect(scenario.instructions()).toMatchObject([{ kind: 'attend', forMs: attendMs }])
    await scenario.pass(attendMs + 60_000)
    expect((await scenario.outbox()).filter(({ kind }) => kind === 'instruction')).toEqual([])
    await scenario.close()
  })

  test('silence of the buyer: the offer expires on both sides', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    await scenario.pass(scenario.settings.limits.offerWaitMs)
    expect(await scenario.state(saleId)).toBe('expired')
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'expired' }])
    expect(phone.heard()).toEqual(['price', 'tooLate'])
    await machine.withdraw(saleId)
    expect(await scenario.state(saleId)).toBe('expired')
    await scenario.close()
  })

  test('the last moment for a yes is the one in which it can still be authorised and brought', async () => {
    const { scenario, machine, phone } = await world()
    const { offerWaitMs, authorisationMs, marginMs } = scenario.settings.limits
    const saleId = await machine.offer()
    await phone.identify()
    await scenario.pass(offerWaitMs - authorisationMs - marginMs - 1)
    await phone.yes()
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })

  test('a yes after the end finds no request of its own and charges nothing', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    const [row] = await scenario.store.identificationsOf(phone.subscriberId)
    await scenario.pass(scenario.settings.limits.offerWaitMs)
    await phone.act('machine-4021', {
      type: 'consent',
      identificationId: row?.identificationId ?? '',
      saleId,
      code: row?.code ?? '',
    })
    expect(phone.heard()).toEqual(['price', 'tooLate', 'tooLate'])
    expect(scenario.centre.kinds()).toEqual(['eligibility'])
    await scenario.close()
  })

  test('the machine withdraws while the yes is on its way: nothing is charged', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    const [row] = await scenario.store.identificationsOf(phone.subscriberId)
    await machine.withdraw(saleId)
    expect(await scenario.state(saleId)).toBe('withdrawn')
    const consent = { identificationId: row?.identificationId ?? '', saleId, code: row?.code ?? '' }
    await phone.act('machine-4021', { type: 'consent', ...consent })
    expect(phone.heard()).toEqual(['price', 'cancelled', 'tooLate'])
    expect(scenario.centre.kinds()).toEqual(['eligibility'])
  })

  test('an instruction goes out again until it is answered', async () => {
    const { scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    scenario.linkIsUp = false
    await phone.yes()
    expect(scenario.instructions(saleId)).toEqual([])
    scenario.linkIsUp = true
    await scenario.pass(3000)
    const [deliver] = scenario.instructions(saleId)
    expect(deliver?.kind).toBe('deliver')
    await machine.answer(deliver?.id ?? '', { saleId, answer: 'stored' })
    expect(await scenario.outbox()).toEqual([])
    await scenario.close()
  })
})
