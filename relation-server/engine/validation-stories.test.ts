// Stories of a centre that wants the buyer to return a code before it pays (ST12), told from outside: by
// hold, and by debit, which is then held, validated and confirmed before anything is delivered.
import { describe, expect, test } from 'vitest'
import { validationWanted } from '../payments/classify.ts'
import { consented, type Scenario } from './scenario.ts'
import { refusedWith } from './scenario-centre.ts'

describe.each(['debit', 'hold'] as const)(
  'the centre wants the buyer to validate (ST12), by %s',
  (charge) => {
    const validating = () =>
      consented({ charge }, ({ centre }) => {
        centre.validates = true
      })

    test('the right code leads to the goods', async () => {
      const { scenario, machine, phone, saleId } = await validating()
      expect(phone.heard()).toEqual(['price', 'paying', 'validationAsked'])
      expect(scenario.instructions(saleId)).toEqual([])
      expect(await scenario.state(saleId)).toBe('charging.validating')
      await phone.type('77')
      expect(await scenario.state(saleId)).toBe('instructed')
      expect(scenario.centre.paid(saleId)).toBe(charge === 'debit' ? 150 : 0)
      await machine.report(saleId, 'delivered')
      expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['settled', 150])
      expect(phone.heard().at(-1)).toBe('receipt')
    })

    test('a wrong code may be typed again, until the centre gives up', async () => {
      const { scenario, phone, saleId } = await validating()
      await phone.type('12')
      expect([phone.heard().at(-1), await scenario.state(saleId)]).toEqual([
        'wrongCode',
        'charging.validating',
      ])
      scenario.centre.next('validate', refusedWith('CARRIER_BILLING.VALIDATION_FAILED', 'wrongCode'))
      await phone.type('13')
      expect([phone.heard().at(-1), await scenario.state(saleId)]).toEqual(['declined wrongCode', 'refused'])
      expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'declined' }])
    })

    test('NO instead of the code gives the reservation back', async () => {
      const { scenario, phone, saleId } = await validating()
      await phone.no()
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['refused', 0])
      expect(phone.heard().at(-1)).toBe('cancelled')
    })

    test('no code until the end of the offer gives it back too', async () => {
      const { scenario, saleId, limits } = await validating()
      await scenario.pass(limits.offerWaitMs + limits.marginMs)
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['expired', 0])
      await scenario.close()
    })

    test('a code in doubt is asked again with the same operation', async () => {
      const { scenario, phone, saleId } = await validating()
      scenario.centre.next('validate', 'silent')
      await phone.type('77')
      await scenario.pass(2000)
      expect(await scenario.state(saleId)).toBe('instructed')
      await scenario.close()
    })

    test('a jam after it gives the money back, and the machine never saw an unpaid instruction', async () => {
      const { scenario, machine, phone, saleId } = await validating()
      await phone.type('77')
      await machine.report(saleId, 'failed')
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
      expect(scenario.centre.kinds().at(-1)).toBe(charge === 'debit' ? 'refund' : 'cancel')
    })

    test('the code comes back before the centre has answered: kept, and given when it is wanted', async () => {
      let answer = (): void => {}
      const answered = new Promise<void>((resolve) => {
        answer = resolve
      })
      const { scenario, phone, saleId } = await consented({ charge }, ({ centre }) => {
        centre.validates = true
        centre.next('prepare', answered)
      })
      expect(await scenario.state(saleId)).toBe('charging.authorising')
      await phone.type('77')
      expect(await scenario.state(saleId)).toBe('charging.authorising')
      answer()
      await scenario.settle()
      expect(await scenario.state(saleId)).toBe('instructed')
      expect(phone.heard()).toEqual(['price', 'paying'])
    })

    test('a withdrawal while the hold is asked for voids it by its own key', async () => {
      const { scenario, machine, saleId, limits } = await consented({ charge }, ({ centre }) => {
        centre.validates = true
        centre.next('prepare', 'silent')
      })
      expect(await scenario.state(saleId)).toBe('charging.inDoubt')
      expect(scenario.tied(saleId)).toBe(150)
      await machine.withdraw(saleId)
      await scenario.pass(limits.authorisationMs)
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['withdrawn', 0])
      const attempt = charge === 'debit' ? 2 : 1
      expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({
        kind: 'void',
        key: `${saleId}:${attempt}`,
      })
      await scenario.close()
    })
  },
)

describe('a debit that wants the code (ST12)', () => {
  const validating = (before: (scenario: Scenario) => void = () => {}) =>
    consented({}, (scenario) => {
      scenario.centre.validates = true
      before(scenario)
    })

  test('is refused in one step, then held under the next key, validated, confirmed, and only then delivered', async () => {
    const { scenario, phone, saleId } = await validating(({ centre }) => centre.next('confirm', 'silent'))
    await phone.type('77')
    expect(await scenario.state(saleId)).toBe('charging.confirming')
    expect(scenario.instructions(saleId)).toEqual([])
    await scenario.pass(2000)
    expect(await scenario.state(saleId)).toBe('instructed')
    const steps = scenario.centre.heard.map(({ operation, attempt }) =>
      [operation.kind, 'key' in operation ? operation.key.at(-1) : '', attempt].join(' '),
    )
    expect(steps).toEqual([
      'eligibility  1',
      'charge 1 1',
      'prepare 2 1',
      'validate  1',
      'confirm  1',
      'confirm  2',
    ])
    await scenario.close()
  })

  test('is asked for by a hold only when the refusal is known: in doubt, the same charge is repeated', async () => {
    const { scenario, phone, saleId } = await validating(({ centre }) => centre.next('charge', 'silent'))
    expect([await scenario.state(saleId), scenario.centre.kinds(saleId)]).toEqual([
      'charging.inDoubt',
      ['eligibility', 'charge'],
    ])
    await scenario.pass(2000)
    expect(scenario.centre.kinds(saleId)).toEqual(['eligibility', 'charge', 'charge', 'prepare'])
    await phone.type('77')
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['instructed', 150])
    await scenario.close()
  })

  test('is confirmed first also when the centre holds it without asking after all', async () => {
    const { scenario, machine, saleId } = await consented({}, ({ centre }) => {
      centre.next('charge', refusedWith(validationWanted, 'notAllowed'))
    })
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['instructed', 150])
    expect(scenario.centre.kinds(saleId)).toEqual(['eligibility', 'charge', 'prepare', 'confirm'])
    await machine.report(saleId, 'delivered')
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['settled', 150])
  })

  test('whose confirm is refused is voided, and nothing is delivered', async () => {
    const { scenario, phone, saleId } = await validating(({ centre }) =>
      centre.next('confirm', refusedWith('CARRIER_BILLING.PAYMENT_CANCELLED', 'tooLate')),
    )
    await phone.type('77')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['refused', 0])
    expect(scenario.instructions(saleId)).toMatchObject([{ kind: 'refuse', reason: 'declined' }])
  })
})
