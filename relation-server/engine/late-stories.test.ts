import { uuidFrom } from '@concilia/protocol/random.ts'
import { describe, expect, test } from 'vitest'
import { consented, Scenario } from './scenario.ts'
import { refusedWith } from './scenario-centre.ts'

async function world() {
  const scenario = await Scenario.open()
  return { scenario, machine: await scenario.machine() }
}

describe('a server restored from a backup', () => {
  /** What the machine still has, sent to a server whose books end before it. */
  async function resent(result: 'delivered' | 'failed' | 'unknown', centre: 'charged' | 'gone') {
    const lost = await consented()
    await lost.machine.report(lost.saleId, result)
    const { scenario, machine } = await world()
    const { saleId } = lost
    await machine.birth({ journalId: lost.machine.journalId })
    await scenario.person(machine.automatonId, { type: 'admit' })
    expect(scenario.lastAdmission).toMatchObject({ stored: { upTo: 0, beyond: [] } })
    const terms = {
      saleId,
      key: `${saleId}:1`,
      slip: '',
      amountMinor: 150,
      currency: 'EUR',
      seller: 'operator',
    }
    const consent = { identificationId: '', channel: 'text' as const, by: 'code' as const, at: 0 }
    const subscriber = { realm: 'e164', key: '+33612345678' }
    const charge = { kind: 'charge' as const, ...terms, subscriber, description: '', consent }
    if (centre === 'charged') await scenario.centre.perform(charge, 1)
    for (const { message, body } of lost.machine.published) await machine.send(message, body)
    expect(scenario.lastStored).toMatchObject({ upTo: lost.machine.seq })
    return { scenario, saleId, machine }
  }

  test('does not let a delivered sale expire with the money: a person looks at it', async () => {
    const { scenario, saleId, machine } = await resent('delivered', 'charged')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'awaitingPerson', aside: /delivered/ })
    await scenario.leap(3_600_000)
    expect(scenario.tied(saleId)).toBe(150)
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['refused', 0])
    await scenario.close()
  })

  test('is asked about a deadline that changes nothing once, and not for ever', async () => {
    const { scenario, saleId } = await resent('delivered', 'charged')
    const { dueAt } = await scenario.saleRow(saleId)
    await scenario.leap((dueAt ?? 0) - scenario.clock.now() + 1000)
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'awaitingPerson', dueAt: null })
    await scenario.close()
  })

  test('credits the operator for a delivered sale once the walk has found its payment', async () => {
    const { scenario, saleId } = await resent('delivered', 'charged')
    expect(await scenario.walk()).toBe(1)
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'settled', aside: null })
    expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({
      kind: 'outcome',
      paymentId: `payment ${saleId}:1`,
      outcome: /\./,
    })
    expect(scenario.tied(saleId)).toBe(150)
    expect(await scenario.walk()).toBe(0)
    await scenario.close()
  })

  test('gives the money of a failed one back by its key', async () => {
    const { scenario, saleId } = await resent('failed', 'charged')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['withdrawn', 0])
    expect(scenario.centre.kinds().at(-1)).toBe('void')
  })

  test.each(['gone', 'charged'] as const)(
    'ends a sale of unknown outcome without its money: %s',
    async (centre) => {
      const { scenario, saleId } = await resent('unknown', centre)
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['expired', 0])
    },
  )

  test('settles a sale whose goods it hears of before its charge is answered again', async () => {
    const { scenario, machine, saleId } = await consented({}, ({ centre }) => centre.next('charge', 'silent'))
    await machine.report(saleId, 'delivered')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'charging.inDoubt', aside: /delivered/ })
    await scenario.pass(10_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['settled', 150])
    await scenario.close()
  })

  test('does not void what was delivered when the offer is over, but asks on for its charge', async () => {
    const { scenario, machine, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', 'silent', ...Array<'lost'>(30).fill('lost')),
    )
    await machine.report(saleId, 'delivered')
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['charging.inDoubt', 150])
    scenario.centre.wellAgain()
    await scenario.pass(120_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['settled', 150])
    await scenario.close()
  })

  test('leaves it to a person when the centre refuses the charge of what was delivered', async () => {
    const { scenario, machine, saleId } = await consented({}, ({ centre }) =>
      centre.next('charge', 'silent', refusedWith('ALREADY_EXISTS', 'notAllowed')),
    )
    await machine.report(saleId, 'delivered')
    await scenario.pass(10_000)
    expect(await scenario.saleRow(saleId)).toMatchObject({
      state: 'awaitingPerson',
      open: true,
      aside: /delivered, but the centre refuses/,
    })
    expect(scenario.tied(saleId)).toBe(150)
    await scenario.close()
  })

  test('hears an outcome before its offer: ended, and set aside', async () => {
    const { scenario, machine } = await world()
    const saleId = uuidFrom(scenario.random)
    const offer = machine.offerOf({ saleId })
    await machine.report(saleId, 'delivered')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'unknownClosed', aside: /does not know/ })
    await machine.publish(offer)
    expect(await scenario.state(saleId)).toBe('unknownClosed')
  })
})

describe('what comes after the end', () => {
  test('delivered after a re-credit is set aside; a receipt or a repeat is nothing', async () => {
    const { scenario, machine, saleId } = await consented()
    await machine.withdraw(saleId)
    await machine.report(saleId, 'failed')
    expect((await scenario.saleRow(saleId)).aside).toBeNull()
    await machine.report(saleId, 'delivered')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'recredited', aside: /delivered/ })
    expect(scenario.tied(saleId)).toBe(0)
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'writeOff' })
    expect((await scenario.saleRow(saleId)).aside).toBeNull()
  })

  test('delivered while a failed delivery is re-credited is set aside as well', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', 'lost')
    await machine.report(saleId, 'failed')
    await machine.report(saleId, 'delivered')
    expect((await scenario.saleRow(saleId)).aside).toMatch(/delivered while its money goes back/)
    await scenario.pass(2000)
    expect(await scenario.state(saleId)).toBe('recredited')
    await scenario.close()
  })

  test('books that the centre refuses reach a person', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('outcome', refusedWith('CONCILIA.CONTRADICTION', 'tooLate'))
    await machine.report(saleId, 'delivered')
    expect(await scenario.saleRow(saleId)).toMatchObject({
      state: 'awaitingPerson',
      aside: /refuses to book/,
    })
  })
})
