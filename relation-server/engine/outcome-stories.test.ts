import { describe, expect, test } from 'vitest'
import { contextOf } from './sale-step.ts'
import { consented, Scenario } from './scenario.ts'

const hour = 3_600_000

describe('an unknown outcome', () => {
  test('below the cap gives the money back at once; what is learnt later moves books only', async () => {
    const { scenario, machine, phone, saleId } = await consented()
    await machine.report(saleId, 'unknown')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    expect(phone.heard().at(-1)).toBe('unknownClosedNotice')
    const heard = phone.heard().length
    await machine.report(saleId, 'delivered')
    expect(scenario.centre.heard.at(-1)?.operation.kind).toBe('outcome')
    expect([phone.heard().length, scenario.tied(saleId)]).toEqual([heard, 0])
    expect(await scenario.outbox()).toEqual([])
  })

  test('learnt otherwise while the money is on its way back is told to the books afterwards', async () => {
    const { scenario, machine, saleId } = await consented()
    scenario.centre.next('refund', 'lost')
    await machine.report(saleId, 'unknown')
    await machine.report(saleId, 'delivered')
    await scenario.pass(2000)
    expect(await scenario.state(saleId)).toBe('unknownClosed')
    expect(scenario.centre.kinds().slice(-2)).toEqual(['refund', 'outcome'])
    await scenario.close()
  })

  test('above the cap waits for a person, and the buyer can begin anew meanwhile', async () => {
    const { scenario, machine, phone, saleId } = await consented({
      unknownCap: { machine: 1, subscriber: 9 },
    })
    await machine.report(saleId, 'unknown')
    const second = await machine.offer()
    await phone.identify()
    await phone.yes()
    await machine.report(second, 'unknown')
    expect(await scenario.state(second)).toBe('awaitingPerson')
    expect(scenario.tied(second)).toBe(150)
    expect(await scenario.store.identificationsOf(phone.subscriberId)).toEqual([])
    await phone.identify()
    expect(phone.heard().at(-1)).toBe('chooseNow')
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId: second, as: 'recredit' })
    expect([await scenario.state(second), scenario.tied(second)]).toEqual(['unknownClosed', 0])
    expect((await scenario.saleRow(second)).aside).toBeNull()
  })

  test('is counted for the buyer on all machines, and a new day begins at nothing', async () => {
    const { scenario, phone, machine, saleId } = await consented({
      unknownCap: { machine: 9, subscriber: 1 },
    })
    await machine.report(saleId, 'unknown')
    const elsewhere = await scenario.machine('5021')
    const buys = async () => {
      const id = await elsewhere.offer()
      await phone.identify(elsewhere.automatonId)
      await phone.yes()
      await elsewhere.report(id, 'unknown')
      return id
    }
    expect(await scenario.state(await buys())).toBe('awaitingPerson')
    await scenario.leap(24 * hour)
    expect(await scenario.state(await buys())).toBe('unknownClosed')
    await scenario.close()
  })

  test('written off by a person moves no money', async () => {
    const { scenario, machine, saleId } = await consented({ unknownCap: { machine: 0, subscriber: 0 } })
    await machine.report(saleId, 'unknown')
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'writeOff' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 150])
  })

  test('above the cap, then known after all: settled, or given back', async () => {
    for (const [result, state, paid] of [
      ['delivered', 'settled', 150],
      ['failed', 'recredited', 0],
    ] as const) {
      const { scenario, machine, saleId } = await consented({ unknownCap: { machine: 0, subscriber: 0 } })
      await machine.report(saleId, 'unknown')
      await machine.report(saleId, result)
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual([state, paid])
    }
  })
})

describe('silence after the delivery instruction', () => {
  test('is asked about again and again, at longer intervals, and moves no money', async () => {
    const { scenario, saleId } = await consented()
    await scenario.pass(30_000)
    expect(scenario.instructions(saleId).filter(({ kind }) => kind === 'report')).toHaveLength(1)
    await scenario.pass(60_000)
    expect(scenario.instructions(saleId).filter(({ kind }) => kind === 'report')).toHaveLength(2)
    await scenario.leap(23 * hour)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['instructed', 150])
    await scenario.close()
  })

  test('of 24 hours closes the sale as unknown', async () => {
    const { scenario, phone, saleId, limits } = await consented()
    await scenario.leap(limits.silenceMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    expect(phone.heard().at(-1)).toBe('unknownClosedNotice')
    await scenario.close()
  })

  test('above the cap of unknown outcomes waits for a person', async () => {
    const { scenario, saleId, limits } = await consented({ unknownCap: { machine: 0, subscriber: 0 } })
    await scenario.leap(limits.silenceMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['awaitingPerson', 150])
    await scenario.close()
  })

  test('while the server was away is no silence of the machine: it may still say so first', async () => {
    const { scenario, machine, saleId, limits } = await consented()
    scenario.engine.peersAreGone()
    await scenario.leap(limits.silenceMs)
    expect(await scenario.state(saleId)).toBe('instructed')
    scenario.engine.peersAreBack()
    await scenario.pass(limits.quietMs - 1000)
    expect(await scenario.state(saleId)).toBe('instructed')
    await machine.report(saleId, 'delivered')
    await scenario.pass(2000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['settled', 150])
    await scenario.close()
  })

  test('that goes on after the quiet of a return ends then', async () => {
    const { scenario, saleId, limits } = await consented()
    scenario.engine.peersAreGone()
    await scenario.leap(limits.silenceMs)
    scenario.engine.peersAreBack()
    await scenario.pass(limits.quietMs + 1000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    await scenario.close()
  })

  test('of the buyer ends an offer even in the quiet: no money is in it', async () => {
    const scenario = await Scenario.open()
    const machine = await scenario.machine()
    const saleId = await machine.offer()
    scenario.engine.peersAreGone()
    await scenario.pass(scenario.settings.limits.offerWaitMs)
    expect(await scenario.state(saleId)).toBe('expired')
    await scenario.close()
  })

  test('a deadline waits for every message that came before it', async () => {
    const { scenario, machine, saleId, limits } = await consented()
    scenario.clock.setNow(scenario.clock.now() + limits.silenceMs)
    const [due] = await scenario.store.due(scenario.clock.now(), 9)
    const at = scenario.clock.now()
    const reporting = machine.report(saleId, 'delivered')
    const falling = scenario.submit({
      kind: 'due',
      automatonId: '',
      saleId,
      identificationId: null,
      dueAt: 0,
      ...due,
      at,
    })
    await Promise.all([reporting, falling])
    expect(await scenario.state(saleId)).toBe('settled')
  })
})

test('an outcome signed before the certificate of its machine ran out is believed, one signed after it is not', async () => {
  for (const [late, state] of [
    [-1, 'settled'],
    [0, 'instructed'],
  ] as const) {
    const { scenario, machine, saleId } = await consented()
    const { validTo } = machine.identity
    scenario.clock.setNow(validTo)
    await machine.report(saleId, 'delivered', { at: validTo + late })
    expect(await scenario.state(saleId)).toBe(state)
    await scenario.close()
  }
})

describe('a hold', () => {
  const hold = { charge: 'hold' as const }

  test('is confirmed with the outcome', async () => {
    const { scenario, machine, saleId } = await consented(hold)
    expect([scenario.centre.held(saleId), scenario.centre.paid(saleId)]).toEqual([150, 0])
    await machine.report(saleId, 'delivered')
    expect([scenario.centre.held(saleId), scenario.centre.paid(saleId)]).toEqual([0, 150])
    expect(scenario.centre.heard.at(-1)?.operation).toMatchObject({ kind: 'confirm', outcome: /\./ })
    // What is kept is the new promise, that of a debit: the one a restored centre honours for good.
    const { acknowledgement } = contextOf(await scenario.saleRow(saleId))
    const promised = Buffer.from(acknowledgement?.split('.')[1] ?? '', 'base64url').toString()
    expect(JSON.parse(promised)).toMatchObject({ charge: 'debit' })
  })

  test('is given back when nothing was delivered', async () => {
    const { scenario, machine, saleId } = await consented(hold)
    await machine.report(saleId, 'failed')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    expect(scenario.centre.kinds().at(-1)).toBe('cancel')
  })

  test('is confirmed shortly before it lapses, and goes on as a debit either way', async () => {
    for (const [result, state, paid, last] of [
      ['delivered', 'settled', 150, 'outcome'],
      ['failed', 'recredited', 0, 'refund'],
    ] as const) {
      const { scenario, machine, saleId, limits } = await consented(hold)
      await scenario.leap(limits.holdMs - limits.confirmBeforeMs)
      expect([scenario.centre.held(saleId), scenario.centre.paid(saleId)]).toEqual([0, 150])
      expect(await scenario.state(saleId)).toBe('instructed')
      await machine.report(saleId, result)
      expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual([state, paid])
      expect(scenario.centre.kinds().at(-1)).toBe(last)
      await scenario.close()
    }
  })

  test('whose confirm is in doubt when the machine reports waits for that answer first', async () => {
    const { scenario, machine, saleId, limits } = await consented(hold)
    scenario.centre.next('confirm', 'silent')
    await scenario.leap(limits.holdMs - limits.confirmBeforeMs)
    await machine.report(saleId, 'failed')
    expect(await scenario.state(saleId)).toBe('recrediting.afterConfirm')
    await scenario.pass(10_000)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    expect(scenario.centre.kinds().slice(-2)).toEqual(['confirm', 'refund'])
    await scenario.close()
  })

  test('that lapsed is nothing to give back', async () => {
    const { scenario, machine, saleId, limits } = await consented(hold)
    scenario.centre.lapse(saleId)
    await scenario.leap(limits.holdMs)
    expect((await scenario.saleRow(saleId)).aside).toMatch(/lapsed/)
    await machine.report(saleId, 'failed')
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['recredited', 0])
    await scenario.close()
  })

  test('that lapsed although the goods are out is never called paid', async () => {
    const { scenario, machine, phone, saleId, limits } = await consented(hold)
    scenario.centre.lapse(saleId)
    await scenario.leap(limits.holdMs)
    await machine.report(saleId, 'delivered')
    expect(await scenario.saleRow(saleId)).toMatchObject({ state: 'awaitingPerson', aside: /lapsed/ })
    expect(phone.heard()).not.toContain('receipt')
    await scenario.close()
  })

  test('does not lapse while a person decides, and a confirm answered meanwhile is heard', async () => {
    const { scenario, machine, saleId, limits } = await consented({
      ...hold,
      unknownCap: { machine: 0, subscriber: 0 },
    })
    await machine.report(saleId, 'unknown')
    await scenario.leap(limits.holdMs - limits.confirmBeforeMs)
    expect([await scenario.state(saleId), scenario.centre.paid(saleId)]).toEqual(['awaitingPerson', 150])
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    await scenario.close()
  })

  test('whose confirm is under way when the outcome is unknown above the cap still ends', async () => {
    const { scenario, machine, saleId, limits } = await consented({
      ...hold,
      unknownCap: { machine: 0, subscriber: 0 },
    })
    scenario.centre.next('confirm', 'silent')
    await scenario.leap(limits.holdMs - limits.confirmBeforeMs)
    await machine.report(saleId, 'unknown')
    await scenario.pass(10_000)
    expect(await scenario.state(saleId)).toBe('awaitingPerson')
    await scenario.person(machine.automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    await scenario.close()
  })
})
