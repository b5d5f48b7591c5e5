import { describe, expect, test, vi } from 'vitest'
import { called, desk, platform } from './voice-fixture.ts'

/** The names of what is to be done, and what is to be said next. */
const plan = ({
  do: actions,
  report,
}: {
  do: readonly { do: string; message?: string }[]
  report: unknown
}) => [...actions.map((each) => (each.message ? `${each.do} ${each.message}` : each.do)), report]

describe('a call', () => {
  test('goes from its tariff to its code, in the language of its number', async () => {
    const { scenario, machine, say } = await desk()
    const begun = await say('begun')
    expect(plan(begun)).toEqual(['play tariff-150', 'answer', 'tariffPlayed'])
    expect(begun.do[0]).toMatchObject({ text: expect.stringContaining('1,50 EUR') })
    expect(plan(await say('tariffPlayed'))).toEqual(['ask askMachine', 'digits'])
    expect(plan(await say('digits', { digits: '4012' }))).toEqual([
      'play noSuchMachine',
      'ask askMachine',
      'digits',
    ])
    const read = await say('digits', { digits: '4021' })
    expect(plan(read)).toEqual(['readCode yourCode', 'codeRead'])
    const { code = '' } = read.do.find((each) => each.do === 'readCode') ?? {}
    expect(code).toMatch(/^\d{6}$/)
    expect(plan(await say('codeRead'))).toEqual(['readCode codeAgain', 'play goodbye', 'hangUp', 'hungUp'])
    expect(plan(await say('hungUp'))).toEqual([null])
    const saleId = await machine.offer({}, code)
    expect(await scenario.state(saleId)).toBe('instructed')
    await machine.report(saleId, 'failed')
    const told = scenario.instructions().findLast(({ kind }) => kind === 'tell')
    expect(told).toMatchObject({ text: 'Meme code encore bon 15 min' })
    await scenario.close()
  })

  test('says a step again: the same answer, and the same code', async () => {
    const { scenario, calls, say } = await desk()
    await say('begun')
    await say('tariffPlayed')
    const step = { platform, call: '7', step: 9, event: 'digits', called, digits: '4021' } as const
    const first = await calls.hear(step)
    expect(await calls.hear(step)).toEqual(first)
    expect(scenario.centre.vouchers.size).toBe(1)
    await scenario.close()
  })

  test('waits for its voucher while it may, and asks again after that', async () => {
    const { scenario, say } = await desk()
    await say('begun')
    await say('tariffPlayed')
    const { promise, resolve } = Promise.withResolvers<void>()
    scenario.centre.next('voucher', promise)
    const waiting = say('digits', { digits: '4021' })
    await scenario.pass(2000)
    expect(plan(await waiting)).toEqual(['play oneMoment', 'wait', 'waited'])
    const asking = say('waited')
    await scenario.settle()
    resolve()
    expect(plan(await asking)).toEqual(['readCode yourCode', 'codeRead'])
    await scenario.close()
  })

  test('whose beginning was lost begins with its tariff, whatever it says', async () => {
    const { scenario, say } = await desk()
    expect(plan(await say('digits', { digits: '4021' }))).toEqual([
      'play tariff-150',
      'answer',
      'tariffPlayed',
    ])
    expect(scenario.centre.vouchers.size).toBe(0)
    await scenario.close()
  })

  test('that is dropped at each step is unpaid until its code was read', async () => {
    for (const steps of [0, 1, 2, 3]) {
      const { scenario, say } = await desk()
      const all = [() => say('begun'), () => say('tariffPlayed'), () => say('digits', { digits: '4021' })]
      for (const step of all.slice(0, steps)) await step()
      expect(plan(await say('hungUp'))).toEqual([null])
      await scenario.settle()
      expect([...scenario.centre.vouchers.values()]).toEqual(steps === 3 ? ['voided'] : [])
      expect(plan(await say('codeRead'))).toEqual(steps === 0 ? expect.anything() : ['hangUp', null])
      await scenario.close()
    }
  })

  test('that hangs up while its machine is being found bought nothing', async () => {
    const { scenario, say } = await desk()
    await say('begun')
    await say('tariffPlayed')
    await Promise.all([say('digits', { digits: '4021' }), say('hungUp')])
    await scenario.settle()
    const call = await scenario.store.call(`${platform} 7`)
    expect(call?.state).toBe('over')
    expect([[], ['voided']]).toContainEqual([...scenario.centre.vouchers.values()])
    await scenario.close()
  })

  test('whose machine is found while it hangs up hangs up under that machine’s lock', async () => {
    const { scenario, calls, say } = await desk()
    await say('begun')
    await say('tariffPlayed')
    // What the hang-up is told of the call is older than what the engine has by then.
    const stale = await scenario.store.call(`${platform} 7`)
    await say('digits', { digits: '4021' })
    const look = vi.spyOn(scenario.store, 'call').mockResolvedValueOnce(stale)
    await calls.hear({ platform, call: '7', step: 8, event: 'hungUp', called })
    look.mockRestore()
    await scenario.settle()
    const call = await scenario.store.call(`${platform} 7`)
    expect([call?.state, [...scenario.centre.vouchers.values()]]).toEqual(['over', ['voided']])
    await scenario.close()
  })

  test('that types a number with a wrong check digit has named no machine', async () => {
    const { scenario, say } = await desk({ checkDigit: true })
    await say('begun')
    await say('tariffPlayed')
    const asked = await say('digits', { digits: '4021' })
    expect(plan(asked)).toEqual(['play noSuchMachine', 'ask askMachine', 'digits'])
    await scenario.close()
  })

  test('to a number that nobody configured is over', async () => {
    const { scenario, say } = await desk()
    expect(await say('begun', { called: '0899999999' })).toEqual({ do: [], report: null })
    await scenario.close()
  })

  test('that the centre sells nothing is told so', async () => {
    const { scenario, say } = await desk()
    await say('begun')
    await say('tariffPlayed')
    scenario.centre.next('voucher', { kind: 'refused', code: 'PERMISSION_DENIED', reason: 'notAllowed' })
    expect(plan(await say('digits', { digits: '4021' }))).toEqual(['play sorry', 'hangUp', 'hungUp'])
    await scenario.close()
  })

  test('that pays at once says so, and asks for nothing to be typed', async () => {
    const { scenario, machine, say } = await desk()
    const saleId = await machine.offer()
    const direct = { called: '0899000000' }
    await say('begun', direct)
    await say('tariffPlayed', direct)
    expect(plan(await say('digits', { digits: '4021', ...direct }))).toEqual([
      'play paidAtOnce',
      'hangUp',
      'hungUp',
    ])
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })
})
