// Stories of calls: what a code buys, what a failed sale gives back, what guessing comes to, and what is left
// when a call, or an answer, is lost in between. Long, because each is short and they are read side by side.
import { describe, expect, test } from 'vitest'
import { machineSource } from './inputs.ts'
import { Scenario, type ScenarioOptions } from './scenario.ts'
import { ScenarioCall } from './scenario-call.ts'
import { refusedWith } from './scenario-centre.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

async function world(
  options: ScenarioOptions = {},
  terms: ConstructorParameters<typeof ScenarioCall>[2] = {},
) {
  const scenario = await Scenario.open(options)
  const machine = await scenario.machine()
  return { scenario, machine, call: new ScenarioCall(scenario, 'platform 1', terms) }
}

async function nothingLeft(scenario: Scenario): Promise<void> {
  for (const { id, kind, body } of await scenario.outbox()) {
    const isTold = kind === 'instruction' && body.includes('"kind":"tell"')
    if (isTold) await scenario.store.forgetOutbox([id])
  }
  expect((await scenario.outbox()).map(({ kind, body }) => `${kind} ${body}`)).toEqual([])
  await scenario.close()
}

/** What the display of the machine was told, oldest first. */
function told(scenario: Scenario): unknown[] {
  return scenario.instructions().flatMap((each) => (each.kind === 'tell' ? [JSON.parse(each.text)] : []))
}

async function delivers(scenario: Scenario, machine: ScenarioMachine, saleId: string): Promise<void> {
  const instruction = scenario.instructions(saleId).findLast(({ kind }) => kind === 'deliver')
  await machine.answer(instruction?.id ?? '', { saleId, answer: 'stored' })
  await machine.report(saleId, 'delivered')
}

const wrong = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0')

describe.each<ScenarioOptions>([
  { charge: 'debit', twice: false },
  { charge: 'debit', twice: true },
  { charge: 'hold', twice: true },
])('by $charge, every input twice: $twice', (options) => {
  test.each(['first', 'while the offer is open'])(
    'the code is typed %s: delivered and paid',
    async (when) => {
      const { scenario, machine, call } = await world(options)
      const code = await call.buy()
      expect([await call.state(), scenario.centre.vouchers.get(call.voucherId)]).toEqual(['good', 'read'])
      const saleId = await machine.offer({}, when === 'first' ? code : undefined)
      if (when !== 'first') await machine.type(saleId, code)
      expect([await scenario.state(saleId), await call.state()]).toEqual(['instructed', 'bound'])
      const charge = scenario.centre.heard.find(({ operation }) => 'consent' in operation)?.operation
      expect(charge).toMatchObject({
        subscriber: { realm: 'voucher', key: call.voucherId },
        amountMinor: 150,
        consent: { channel: 'voice', by: 'voucher' },
      })
      await delivers(scenario, machine, saleId)
      expect([await scenario.state(saleId), await call.state()]).toEqual(['settled', 'used'])
      expect(scenario.centre.paid(saleId)).toBe(150)
      expect(scenario.said).toEqual([])
      const again = await machine.offer({}, code)
      expect([await scenario.state(again), told(scenario)]).toEqual([
        'open.awaitingPhone',
        [{ kind: 'wrongCode', triesLeft: 2 }],
      ])
      await machine.withdraw(again)
      await nothingLeft(scenario)
    },
  )

  test('the goods jam: the same code is good again, and buys the next item', async () => {
    const { scenario, machine, call } = await world(options)
    const code = await call.buy()
    await scenario.pass(600_000)
    const saleId = await machine.offer({}, code)
    await machine.report(saleId, 'failed')
    expect([await scenario.state(saleId), scenario.tied(saleId), await call.state()]).toEqual([
      'recredited',
      0,
      'good',
    ])
    expect(told(scenario)).toEqual([{ kind: 'goodAgain', minutes: 15 }])
    // Past its first life.
    await scenario.pass(600_000)
    const next = await machine.offer({}, code)
    await delivers(scenario, machine, next)
    expect([await scenario.state(next), await call.state()]).toEqual(['settled', 'used'])
    await nothingLeft(scenario)
  })
})

describe('a code', () => {
  test('withdrawn in mid-charge: voided, and the code is good again', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    scenario.centre.next('charge', 'silent')
    const saleId = await machine.offer({}, code)
    expect(await scenario.state(saleId)).toBe('charging.inDoubt')
    await machine.withdraw(saleId)
    expect([await scenario.state(saleId), scenario.tied(saleId), await call.state()]).toEqual([
      'withdrawn',
      0,
      'good',
    ])
    await nothingLeft(scenario)
  })

  test('the centre refuses it: nothing is delivered, and it is good as long as it was', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const { honouredUntil } = await call.row()
    scenario.centre.next('charge', refusedWith('SERVICE_NOT_APPLICABLE', 'accountBarred'))
    const saleId = await machine.offer({}, code)
    expect([await scenario.state(saleId), await call.state()]).toEqual(['refused', 'good'])
    expect((await call.row()).honouredUntil).toBe(honouredUntil)
    await scenario.close()
  })

  test('unknown: the buyer has the code again; written off by a person, it is used', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const saleId = await machine.offer({}, code)
    await machine.report(saleId, 'unknown')
    expect([await scenario.state(saleId), await call.state()]).toEqual(['unknownClosed', 'good'])
    const next = await machine.offer({}, code)
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId: next, as: 'writeOff' })
    expect([await scenario.state(next), await call.state()]).toEqual(['unknownClosed', 'used'])
    await scenario.close()
  })

  test('is for one price: for another it stays good, and that is no wrong code', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const saleId = await machine.offer({ amountMinor: 140 }, code)
    expect([await scenario.state(saleId), await call.state()]).toEqual(['open.awaitingPhone', 'good'])
    expect(told(scenario)).toEqual([{ kind: 'otherPrice', amountMinor: 150, currency: 'EUR' }])
    await scenario.close()
  })

  test('is not in the record of what was said, where it could be read while it is good', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const recorded = () => {
      const source = machineSource(machine.automatonId, machine.journalId)
      return scenario.store.inputBody(source, String(machine.seq))
    }
    const saleId = await machine.offer({ amountMinor: 140 }, code)
    const offer = await recorded()
    await machine.type(saleId, code)
    expect(await call.state()).toBe('good')
    for (const body of [offer, await recorded()]) {
      expect(body).toContain(saleId)
      expect(body).not.toContain(code)
    }
    await scenario.close()
  })

  test('is for one machine', async () => {
    const { scenario, call } = await world()
    const other = await scenario.machine('4022')
    const saleId = await other.offer({}, await call.buy())
    expect([await scenario.state(saleId), await call.state()]).toEqual(['open.awaitingPhone', 'good'])
    await scenario.close()
  })

  test('lives a quarter of an hour', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    await scenario.pass(899_000)
    expect(await call.state()).toBe('good')
    await scenario.pass(2000)
    expect(await call.state()).toBe('over')
    const saleId = await machine.offer({}, code)
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    await scenario.close()
  })

  test('typed before the platform has said that it was read: that proves it', async () => {
    const { scenario, machine, call } = await world()
    await call.begin()
    await call.name()
    const saleId = await machine.offer({}, await call.code())
    await call.hangUp()
    await delivers(scenario, machine, saleId)
    expect([await scenario.state(saleId), await call.state()]).toEqual(['settled', 'used'])
    expect(scenario.centre.vouchers.get(call.voucherId)).toBe('read')
    await nothingLeft(scenario)
  })

  test('typed before that, for a sale that comes to nothing: the carrier owes for the call all the same', async () => {
    const { scenario, machine, call } = await world()
    await call.begin()
    await call.name()
    scenario.centre.next('charge', refusedWith('SERVICE_NOT_APPLICABLE', 'accountBarred'))
    const saleId = await machine.offer({}, await call.code())
    await call.hangUp()
    expect([await scenario.state(saleId), await call.state()]).toEqual(['refused', 'good'])
    expect(scenario.centre.vouchers.get(call.voucherId)).toBe('read')
    await scenario.close()
  })

  test('comes too late for a sale that is paid by another phone, and stays good', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const phone = scenario.phone('+33612345678')
    const saleId = await machine.offer()
    await phone.identify()
    await phone.yes()
    await machine.type(saleId, code)
    expect([await call.state(), told(scenario)]).toEqual(['good', [{ kind: 'codeTooLate' }]])
    await scenario.close()
  })

  test('takes the sale from whoever still thinks', async () => {
    const { scenario, machine, call } = await world()
    const phone = scenario.phone('+33612345678')
    const saleId = await machine.offer()
    await phone.identify()
    await machine.type(saleId, await call.buy())
    expect([phone.heard(), await scenario.state(saleId)]).toEqual([['price', 'takenByAnother'], 'instructed'])
    await scenario.close()
  })

  test('two that are good on one machine are never the same', async () => {
    // Every voucher has the same code at first.
    const codeOf = (voucherId: string, turn: number) => (turn === 0 ? '111111' : voucherId.slice(0, 6))
    const { scenario, call } = await world({ voice: { codeOf } })
    await call.buy()
    const other = new ScenarioCall(scenario, 'platform 2')
    await other.buy()
    expect([(await call.row()).codeTurn, (await other.row()).codeTurn]).toEqual([0, 1])
    await scenario.close()
  })
})

describe('guessing', () => {
  test('three tries an offer; the right code comes too late in the fourth', async () => {
    const { scenario, machine, call } = await world()
    const code = await call.buy()
    const saleId = await machine.offer()
    for (const by of [1, 2, 3]) await machine.type(saleId, wrong(code, by))
    await machine.type(saleId, code)
    expect(told(scenario)).toEqual([
      { kind: 'wrongCode', triesLeft: 2 },
      { kind: 'wrongCode', triesLeft: 1 },
      { kind: 'wrongCode', triesLeft: 0 },
      { kind: 'codesClosed' },
    ])
    expect([await scenario.state(saleId), await call.state()]).toEqual(['open.awaitingPhone', 'good'])
    await scenario.close()
  })

  test('a budget for each machine and hour', async () => {
    const { scenario, machine, call } = await world({ voice: { wrongCodes: { machine: 4, all: 100 } } })
    const code = await call.buy()
    for (let offer = 0; offer < 4; offer++) {
      const saleId = await machine.offer({}, wrong(code, offer + 1))
      await machine.withdraw(saleId)
    }
    const saleId = await machine.offer({}, code)
    expect([await scenario.state(saleId), told(scenario).at(-1)]).toEqual([
      'open.awaitingPhone',
      { kind: 'codesClosed' },
    ])
    await machine.withdraw(saleId)
    const other = await scenario.machine('4022')
    const elsewhere = new ScenarioCall(scenario, 'platform 2')
    const good = await other.offer({}, await elsewhere.buy('machine-4022'))
    expect(await scenario.state(good)).toBe('instructed')
    await scenario.close()
  })

  test('and one for all machines together', async () => {
    const { scenario, machine, call } = await world({ voice: { wrongCodes: { machine: 4, all: 5 } } })
    const code = await call.buy()
    const other = await scenario.machine('4022')
    for (const at of [machine, machine, machine, other, other]) {
      await at.withdraw(await at.offer({}, wrong(code, 7)))
    }
    const saleId = await machine.offer({}, code)
    expect(told(scenario).at(-1)).toEqual({ kind: 'codesClosed' })
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    // A new hour.
    await machine.withdraw(saleId)
    await scenario.leap(3_600_000)
    const later = new ScenarioCall(scenario, 'platform 3')
    expect(await scenario.state(await machine.offer({}, await later.buy()))).toBe('instructed')
    await scenario.close()
  })
})

describe('a call', () => {
  const steps = ['begun', 'tariff heard', 'machine named', 'voucher in doubt'] as const
  test.each(steps)('that is dropped after %s has bought nothing', async (last) => {
    const { scenario, call } = await world()
    if (last === 'begun') {
      const number = {
        service: 'voix',
        language: 'en',
        currency: 'EUR',
        amountMinor: 150,
        sellerShareBps: 6000,
        direct: false,
      }
      await call.act(null, { type: 'begun', ...number })
    } else await call.begin()
    if (last === 'voucher in doubt') scenario.centre.next('voucher', 'silent')
    if (last === 'machine named' || last === 'voucher in doubt') await call.name()
    await call.hangUp()
    await scenario.pass(60_000)
    expect(await call.state()).toBe('over')
    expect([undefined, 'voided']).toContain(scenario.centre.vouchers.get(call.voucherId))
    await call.read()
    expect(await call.state()).toBe('over')
    await nothingLeft(scenario)
  })

  test('whose voucher is voided before it is made: it never is', async () => {
    const { scenario, call } = await world()
    scenario.centre.next('voucher', 'lost')
    await call.begin()
    await call.name()
    await call.hangUp()
    await scenario.pass(60_000)
    expect([scenario.centre.vouchers.size, await call.state()]).toEqual([0, 'over'])
    await nothingLeft(scenario)
  })

  test('whose platform says nothing any more: its code lapses, unread', async () => {
    const { scenario, call } = await world()
    await call.begin()
    await call.name()
    await scenario.pass(901_000)
    expect([await call.state(), scenario.centre.vouchers.get(call.voucherId)]).toEqual(['over', 'announced'])
    // Said after all, it still counts at the centre.
    await call.read()
    expect([await call.state(), scenario.centre.vouchers.get(call.voucherId)]).toEqual(['over', 'read'])
    await nothingLeft(scenario)
  })

  test('is made its voucher late, or told that there is none', async () => {
    const { scenario, call } = await world()
    scenario.centre.next('voucher', 'silent', 'lost')
    await call.begin()
    await call.name()
    expect(await call.state()).toBe('making')
    await scenario.pass(60_000)
    expect(await call.state()).toBe('reading')
    const other = new ScenarioCall(scenario, 'platform 2')
    scenario.centre.next('voucher', refusedWith('PERMISSION_DENIED', 'notAllowed'))
    await other.begin()
    await other.name()
    expect(await other.state()).toBe('refused')
    await scenario.close()
  })

  test('names a machine that nobody knows, or that takes no codes: three times', async () => {
    const { scenario, machine, call } = await world()
    await machine.birth({ keypad: false })
    await call.begin()
    await call.name(null)
    await call.name(machine.automatonId)
    expect([await call.state(), (await call.row()).triesLeft]).toEqual(['asking', 1])
    await call.name(null)
    expect([await call.state(), scenario.centre.vouchers.size]).toEqual(['refused', 0])
    await scenario.close()
  })

  test('hears no code before the tariff message', async () => {
    const { scenario, call } = await world()
    const number = {
      service: 'voix',
      language: 'en',
      currency: 'EUR',
      amountMinor: 150,
      sellerShareBps: 6000,
      direct: false,
    }
    await call.act(null, { type: 'begun', ...number })
    await call.name()
    expect([await call.state(), scenario.centre.vouchers.size]).toEqual(['tariff', 0])
    await scenario.close()
  })

  test('says each step twice, or in the name of another machine', async () => {
    const { scenario, call } = await world({ twice: true })
    const other = await scenario.machine('4022')
    await call.buy()
    await call.act(other.automatonId, { type: 'hungUp' })
    await call.act(null, { type: 'hungUp' })
    expect(await call.state()).toBe('good')
    expect(scenario.centre.kinds().filter((kind) => kind === 'voucherRead')).toHaveLength(1)
    await nothingLeft(scenario)
  })
})

test('a centre that has lost a sale’s payment is given the voucher, its acknowledgement, and the outcome', async () => {
  const { scenario, machine, call } = await world()
  const code = await call.buy()
  const saleId = await machine.offer({}, code)
  await delivers(scenario, machine, saleId)
  scenario.centre.forget(saleId)
  scenario.centre.heard.splice(0)
  await scenario.walk()
  await scenario.pass(60_000)
  // Whatever of it comes too early is in doubt, and comes again.
  expect(new Set(scenario.centre.kinds())).toEqual(new Set(['voucher', 'repost', 'outcome']))
  const again = scenario.centre.heard.find(({ operation }) => operation.kind === 'voucher')?.operation
  expect(again).toMatchObject({ voucherId: call.voucherId, callId: call.callId, sellerShareBps: 6000 })
  expect([scenario.centre.paid(saleId), await call.state()]).toEqual([150, 'used'])
  await nothingLeft(scenario)
})

describe('a direct call', () => {
  test('pays the offer that stands on the machine it names', async () => {
    const { scenario, machine, call } = await world({}, { direct: true })
    const saleId = await machine.offer()
    await call.begin()
    await call.name()
    expect([await scenario.state(saleId), await call.state()]).toEqual(['instructed', 'bound'])
    await delivers(scenario, machine, saleId)
    expect([await scenario.state(saleId), await call.state()]).toEqual(['settled', 'used'])
    await nothingLeft(scenario)
  })

  test('whose item does not come: the display shows the code that nobody has heard', async () => {
    const { scenario, machine, call } = await world({}, { direct: true })
    const saleId = await machine.offer()
    await call.begin()
    await call.name()
    await machine.report(saleId, 'failed')
    const code = await call.code()
    expect(told(scenario)).toEqual([{ kind: 'goodAgain', minutes: 15, code }])
    const next = await machine.offer({}, code)
    await delivers(scenario, machine, next)
    expect(await call.state()).toBe('used')
    await nothingLeft(scenario)
  })

  test.each([
    ['there is none', async () => {}],
    [
      'it costs another price',
      async (machine: ScenarioMachine) => void (await machine.offer({ amountMinor: 140 })),
    ],
  ])('is read a code where %s', async (_, before) => {
    const { scenario, machine, call } = await world({}, { direct: true })
    await before(machine)
    await call.begin()
    await call.name()
    expect(await call.state()).toBe('reading')
    await scenario.close()
  })

  test('whose offer is withdrawn while its voucher is made is read a code', async () => {
    const { scenario, machine, call } = await world({}, { direct: true })
    const saleId = await machine.offer()
    const { promise, resolve } = Promise.withResolvers<void>()
    scenario.centre.next('voucher', promise)
    await call.begin()
    await call.name()
    await machine.withdraw(saleId)
    resolve()
    await scenario.settle()
    expect([await scenario.state(saleId), await call.state(), (await call.row()).direct]).toEqual([
      'withdrawn',
      'reading',
      false,
    ])
    await scenario.close()
  })
})

test('a code stands in no table, log or text', async () => {
  const { scenario, machine, call } = await world()
  const code = await call.buy()
  await machine.offer({}, wrong(code, 5))
  await machine.offer({}, code)
  const rows = await scenario.outbox()
  const call_ = await call.row()
  expect(JSON.stringify([rows, call_, scenario.logged, scenario.said])).not.toContain(code)
  await scenario.close()
})
