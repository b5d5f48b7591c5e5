import { describe, expect, test } from 'vitest'
import { longDoubtAttempts } from './payment-step.ts'
import { contextOf } from './sale-step.ts'
import { consented } from './scenario.ts'
import { refusedWith } from './scenario-centre.ts'

const hour = 3_600_000
const { promise: never } = Promise.withResolvers<never>()
/** More often than anything is repeated within one offer. */
const unheard = Array<'lost'>(20).fill('lost')

describe('a withdrawal', () => {
  test('while the charge is on its way voids it, whatever the charge answers then', async () => {
    const answer = Promise.withResolvers<void>()
    const { scenario, machine, phone, saleId } = await consented({}, ({ centre }) =>
      centre.next('charge', answer.promise),
    )
    await machine.withdraw(saleId)
    expect(await scenario.state(saleId)).toBe('withdrawn')
    answer.resolve()
    await scenario.settle()
    expect([scenario.centre.kinds(), scenario.tied(saleId)]).toEqual([['eligibility', 'void', 'charge'], 0])
    expect(await scenario.state(saleId)).toBe('withdrawn')
    expect(phone.heard()).toEqual(['price', 'paying', 'cancelled'])
    expect(scenario.instructions(saleId)).toEqual([])
    expect(await scenario.outbox()).toEqual([])
    expect((await scenario.saleRow(saleId)).aside).toBeNull()
  })

  test('while the charge is in doubt voids it, and the void is repeated until it is answered', async () => {
    const { scenario, machine, saleId } = await consented({}, ({ centre }) => centre.next('charge', 'silent'))
    expect(await scenario.state(saleId)).toBe('charging.inDoubt')
    scenario.centre.next('void', 'lost', 'silent')
    await machine.withdraw(saleId)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['voiding', 150])
    await scenario.pass(10_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['withdrawn', 0])
    expect(scenario.centre.heard.map(({ operation: { kind }, attempt }) => `${kind} ${attempt}`)).toEqual([
      'eligibility 1',
      'charge 1',
      'void 2',
      'void 3',
    ])
    await scenario.close()
  })

  test('after the delivery instruction re-credits: a promise never to deliver', async () => {
    const { scenario, machine, phone, saleId } = await consented()
    await machine.withdraw(saleId)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({ kind: 'refund', because: 'withdrawn' })
    expect(phone.heard().at(-1)).toBe('refundNotice')
    expect(await scenario.outbox()).toEqual([])
  })

  test('while the buyer validates voids the reservation', async () => {
    const { scenario, machine, saleId } = await consented({ charge: 'hold' }, ({ centre }) => {
      centre.validates = true
    })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['charging.validating', 150])
    await machine.withdraw(saleId)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['withdrawn', 0])
  })
})

describe('a charge in doubt', () => {
  test('is repeated with the same bytes and found to have paid', async () => {
    const { scenario, machine, saleId } = await consented({}, ({ centre }) =>
      centre.next('charge', 'silent', 'lost'),
    )
    await scenario.pass(10_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['instructed', 150])
    const charges = scenario.centre.heard.filter(({ operation }) => operation.kind === 'charge')
    expect(charges.map(({ attempt }) => attempt)).toEqual([1, 3])
    expect(charges[1]?.operation).toEqual(charges[0]?.operation)
    await machine.report(saleId, 'delivered')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['settled', 150])
    await scenario.close()
  })

  test('is voided by key when the offer is over, and the charge that comes after it is refused', async () => {
    const { scenario, phone, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', ...unheard),
    )
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['expired', 0])
    expect(phone.heard()).toEqual(['price', 'paying', 'tooLate'])
    expect(scenario.centre.kinds()).toEqual(['eligibility', 'void'])
    scenario.centre.wellAgain()
    const key = {
      kind: 'charge' as const,
      saleId,
      key: `${saleId}:1`,
      slip: '',
      amountMinor: 150,
      currency: 'EUR',
    }
    const consent = { identificationId: '', channel: 'text' as const, by: 'code' as const, at: 0 }
    const subscriber = { realm: 'e164', key: '+33612345678' }
    const late = { ...key, subscriber, description: '', seller: 'operator', consent }
    expect(await scenario.centre.perform(late, 9)).toMatchObject({ kind: 'refused', code: 'CONCILIA.VOIDED' })
    await scenario.close()
  })

  test('ends the offer in time even when the centre never answers, and the buyer when it does', async () => {
    const { scenario, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', never, ...unheard),
    )
    scenario.centre.next('void', ...unheard)
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    await scenario.leap(hour)
    expect(await scenario.state(saleId)).toBe('voiding')
    scenario.centre.wellAgain()
    await scenario.pass(100_000)
    expect(await scenario.state(saleId)).toBe('expired')
    await scenario.close()
  })

  test('of which the void ends as owed, is owed', async () => {
    const { scenario, machine, phone, saleId } = await consented({}, ({ centre }) =>
      centre.next('charge', 'silent'),
    )
    scenario.centre.next('void', refusedWith('CARRIER_BILLING_REFUND.REFUND_DENIED', 'accountBarred'))
    await machine.withdraw(saleId)
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'owed', open: false, aside: /owed/ })
    expect(phone.heard().at(-1)).toBe('owedNotice')
  })

  test('that answers yes after the machine has withdrawn reaches it as a late instruction, and is undone', async () => {
    const { scenario, machine, saleId } = await consented()
    const [deliver] = scenario.instructions(saleId)
    await machine.answer(deliver?.id ?? '', { saleId, answer: 'rejected', reason: 'notOpen' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['instructed', 150])
    expect(scenario.instructions(saleId).map(({ kind }) => kind)).toEqual(['deliver', 'report'])
    await machine.withdraw(saleId)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
  })
})

describe('a re-credit', () => {
  test('is repeated until it is definite, with one key', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', 'lost', 'silent', 'lost')
    await machine.report(saleId, 'failed')
    expect(await scenario.state(saleId)).toBe('recrediting.undoing')
    await scenario.pass(60_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    const refunds = scenario.centre.heard.filter(({ operation }) => operation.kind === 'refund')
    expect(new Set(refunds.map(({ operation }) => 'key' in operation && operation.key))).toEqual(
      new Set([`${saleId}:1:refund`]),
    )
    await scenario.close()
  })

  test('in doubt for long is told to a person, and no longer once it is definite', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', ...Array<'lost'>(2 * longDoubtAttempts).fill('lost'))
    await machine.report(saleId, 'failed')
    await scenario.pass(300_000)
    expect((await scenario.saleRow(saleId)).aside).toBeNull()
    await scenario.pass(1_200_000)
    expect(await scenario.saleRow(saleId)).toMatchObject({
      state: 'recrediting.undoing',
      aside:
        'the payment centre gives no definite answer to refund, ' +
        `asked ${longDoubtAttempts} times: no answer`,
    })
    scenario.centre.wellAgain()
    await scenario.pass(120_000)
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'recredited', aside: null })
    expect(scenario.tied(saleId)).toBe(0)
    await scenario.close()
  })

  test('refused for good is owed: an ending, told to the buyer and to a person', async () => {
    const { scenario, machine, phone, saleId } = await consented()
    scenario.centre.next('refund', refusedWith('CARRIER_BILLING_REFUND.REFUND_DENIED', 'accountBarred'))
    await machine.report(saleId, 'failed')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'owed', open: false, aside: /owed/ })
    expect(phone.heard().at(-1)).toBe('owedNotice')
    expect((await scenario.store.salesAside()).map((row) => row.saleId)).toEqual([saleId])
  })

  test('refused for another reason waits for a person, whose word asks under the next key', async () => {
    const { scenario, machine, phone, saleId } = await consented()
    scenario.centre.next('refund', refusedWith('CONCILIA.BAD_SIGNATURE', 'notAllowed'))
    await machine.report(saleId, 'failed')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'awaitingPerson', aside: /refuses/ })
    expect([scenario.tied(saleId), phone.heard()]).toEqual([150, ['price', 'paying']])
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    const refunds = scenario.centre.heard.flatMap(({ operation }) =>
      operation.kind === 'refund' ? [operation] : [],
    )
    expect(refunds).toMatchObject([
      { key: `${saleId}:1:refund`, because: 'failed' },
      { key: `${saleId}:1:refund:2`, because: 'closedByPerson' },
    ])
    expect(refunds[1]).not.toHaveProperty('evidence')
  })

  test('of a hold, refused: it lapses while the person decides, and is never confirmed', async () => {
    const { scenario, machine, saleId, limits } = await consented({ charge: 'hold' })
    scenario.centre.next('cancel', refusedWith('CONCILIA.BAD_SIGNATURE', 'notAllowed'))
    await machine.report(saleId, 'failed')
    await scenario.leap(limits.holdMs)
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['awaitingPerson', 0])
    scenario.centre.lapse(saleId)
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    await scenario.close()
  })

  test('of a hold that the centre knows as confirmed goes on as a refund', async () => {
    const { scenario, machine, saleId } = await consented({ charge: 'hold' })
    const paymentId = (await scenario.saleRow(saleId)).paymentId ?? ''
    await scenario.centre.perform({ kind: 'confirm', paymentId }, 1)
    await machine.report(saleId, 'failed')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    expect(scenario.centre.kinds().slice(-2)).toEqual(['cancel', 'refund'])
  })

  test('needs no number: a person may decide when it is long erased', async () => {
    const { scenario, machine, saleId } = await consented({ unknownCap: { machine: 0, subscriber: 0 } })
    await machine.report(saleId, 'unknown')
    scenario.store.subscriber = async () => undefined
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
  })

  test('is asked for anew by a person when its answer could not be processed', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', never)
    await machine.report(saleId, 'failed')
    const row = await scenario.saleRow(saleId)
    const { operationId } = contextOf(row)
    await scenario.store.forgetOutbox([operationId ?? ''])
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
  })
})

describe('a person', () => {
  test('closes an offer, a charge or a delivery: the buyer ends without a charge', async () => {
    for (const [until, state, instruction] of [
      ['offer', 'expired', 'refuse'],
      ['charge', 'refused', 'refuse'],
      ['delivery', 'recredited', 'deliver'],
    ] as const) {
      const { scenario, machine, saleId } = await consented({}, ({ centre }) => {
        if (until === 'charge') centre.next('charge', 'silent')
      })
      const closed = until === 'offer' ? await machine.offer() : saleId
      await scenario.person(machine.automatonId, { type: 'closeSale', saleId: closed, as: 'recredit' })
      expect([await scenario.state(closed), scenario.tied(closed)]).toEqual([state, 0])
      expect(scenario.instructions(closed).at(-1)?.kind).toBe(instruction)
    }
  })

  test('writes a silent delivery off: closed, and no money moves', async () => {
    const { scenario, machine, saleId } = await consented()
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'writeOff' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 150])
    expect(await scenario.outbox()).toEqual([])
  })
})

describe('the walk over the payments of the centre', () => {
  test('finds nothing where all agree', async () => {
    const { scenario, machine, saleId } = await consented()
    expect(await scenario.walk()).toBe(0)
    await machine.report(saleId, 'delivered')
    expect(await scenario.walk()).toBe(0)
    await scenario.close()
  })

  test('undoes a late yes to a sale that has ended', async () => {
    const { scenario, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', never, ...unheard),
    )
    scenario.centre.next('void', { kind: 'ok' })
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    expect(await scenario.state(saleId)).toBe('expired')
    const charge = {
      saleId,
      key: `${saleId}:1`,
      slip: '',
      amountMinor: 150,
      currency: 'EUR',
      seller: 'operator',
    }
    const consent = { identificationId: '', channel: 'text' as const, by: 'code' as const, at: 0 }
    scenario.centre.wellAgain()
    const subscriber = { realm: 'e164', key: '+33612345678' }
    await scenario.centre.perform({ kind: 'charge', ...charge, subscriber, description: '', consent }, 1)
    expect(scenario.tied(saleId)).toBe(150)
    expect(await scenario.walk()).toBe(1)
    expect(scenario.tied(saleId)).toBe(0)
    expect(await scenario.walk()).toBe(0)
    await scenario.close()
  })

  test('hands a restored centre its acknowledgement, and what the operator has earned', async () => {
    const { scenario, machine, saleId } = await consented()
    await machine.report(saleId, 'delivered')
    scenario.centre.forget(saleId)
    expect(await scenario.walk()).toBe(1)
    await scenario.pass(20_000)
    const { operation: reposted } =
      scenario.centre.heard.find(({ operation }) => operation.kind === 'repost') ?? {}
    const { acknowledgement, evidence } = contextOf(await scenario.saleRow(saleId))
    expect(reposted).toMatchObject({ acknowledgement })
    expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({ kind: 'outcome', outcome: evidence })
    expect([scenario.tied(saleId), await scenario.outbox()]).toEqual([150, []])
    expect(await scenario.walk()).toBe(0)
    await scenario.close()
  })

  test('does not hand it the payment of a buyer who has the money back', async () => {
    const { scenario, machine, saleId } = await consented()
    await machine.report(saleId, 'failed')
    scenario.centre.forget(saleId)
    expect(await scenario.walk()).toBe(0)
    expect(scenario.centre.kinds()).not.toContain('repost')
    await scenario.close()
  })

  test('gives back what a restored centre has taken again from a re-credited buyer', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', { kind: 'ok' })
    await machine.report(saleId, 'failed')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 150])
    expect(await scenario.walk()).toBe(1)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    expect(await scenario.walk()).toBe(0)
    await scenario.close()
  })

  test.each(['recredit', 'writeOff'] as const)(
    'an unknown outcome keeps what it was closed with: %s',
    async (as) => {
      const { scenario, machine, saleId } = await consented({ unknownCap: { machine: 0, subscriber: 0 } })
      scenario.centre.next('refund', { kind: 'ok' })
      await machine.report(saleId, 'unknown')
      await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as })
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 150])
      const found = await scenario.walk()
      expect([found, scenario.tied(saleId)]).toEqual(as === 'recredit' ? [1, 0] : [0, 150])
      await scenario.close()
    },
  )

  test('sets aside what no rule puts right', async () => {
    const { scenario, machine, saleId } = await consented()
    await machine.report(saleId, 'delivered')
    const paymentId = (await scenario.saleRow(saleId)).paymentId ?? ''
    const terms = { key: 'a person', amountMinor: 150, currency: 'EUR', because: 'closedByPerson' } as const
    await scenario.centre.perform({ kind: 'refund', paymentId, ...terms }, 1)
    expect(await scenario.walk()).toBe(1)
    expect((await scenario.saleRow(saleId)).aside).toMatch(/settled, but the centre says/)
    await scenario.close()
  })

  test('tells a person when the undoing of an ended sale is refused', async () => {
    const { scenario, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', 'silent', ...unheard),
    )
    scenario.centre.next('void', { kind: 'ok' })
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['expired', 150])
    scenario.centre.next('void', refusedWith('CARRIER_BILLING_REFUND.REFUND_DENIED', 'accountBarred'))
    await scenario.walk()
    expect((await scenario.saleRow(saleId)).aside).toMatch(/refused to void/)
    await scenario.close()
  })
})
