// Whatever calls, machines and a faulty centre do in whatever order: once all is quiet each code has bought
// one delivered item or none, and a call that was never said to be read, nor its code typed, is unpaid.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Scenario } from './scenario.ts'
import { ScenarioCall } from './scenario-call.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

const kinds = ['voucher', 'voucherRead', 'charge', 'void', 'refund', 'outcome', 'prepare', 'cancel'] as const

const step = fc.record({
  what: fc.constantFrom(
    ...(['begin', 'name', 'name', 'read', 'hangUp', 'buy', 'buy'] as const),
    ...(['offer', 'offerWithCode', 'offerWithCode', 'offerWithCode', 'type', 'type', 'guess'] as const),
    ...(['withdraw', 'delivered', 'failed', 'failed', 'unknown', 'wait', 'waitLong', 'fault'] as const),
  ),
  which: fc.integer({ min: 0, max: 1 }),
  kind: fc.constantFrom(...kinds),
  fault: fc.constantFrom('lost', 'silent'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Played {
  readonly scenario: Scenario
  readonly machine: ScenarioMachine
  readonly calls: readonly ScenarioCall[]
  readonly sales: string[]
  /** Outcomes and withdrawals said, by sale: a machine says one. */
  readonly said: Set<string>
}

async function codeOf(call: ScenarioCall): Promise<string> {
  return await call.code().catch(() => '000000')
}

async function play({ scenario, machine, calls, sales, said }: Played, each: Step): Promise<void> {
  const call = calls[each.which] ?? raise('there are two calls')
  const sale = sales.at(-1)
  const isOpen = sale !== undefined && !said.has(sale)
  const there = (await scenario.store.call(call.callId)) !== undefined
  switch (each.what) {
    case 'begin':
      return there ? undefined : await call.begin()
    case 'buy':
      return there ? undefined : void (await call.buy())
    case 'name':
    case 'read':
    case 'hangUp':
      return there ? await call[each.what]() : undefined
    case 'offer':
    case 'offerWithCode': {
      if (isOpen) return
      const code = each.what === 'offer' ? undefined : await codeOf(call)
      sales.push(await machine.offer({ amountMinor: each.kind === 'void' ? 200 : 150 }, code))
      return
    }
    case 'type':
      return isOpen ? await machine.type(sale, await codeOf(call)) : undefined
    case 'guess':
      return isOpen ? await machine.type(sale, '123456') : undefined
    case 'withdraw':
    case 'delivered':
    case 'failed':
    case 'unknown': {
      if (!isOpen) return
      const isInstructed = (await scenario.state(sale)) === 'instructed'
      // A machine that was told to deliver promises nothing else, and one that was not delivers nothing.
      if (isInstructed !== (each.what !== 'withdraw')) return
      said.add(sale)
      return each.what === 'withdraw' ? await machine.withdraw(sale) : await machine.report(sale, each.what)
    }
    case 'wait':
      return await scenario.pass(20_000)
    case 'waitLong':
      return await scenario.pass(300_000)
    case 'fault':
      return scenario.centre.next(each.kind, each.fault)
  }
}

/** Faults are over: what is open is withdrawn, or delivered where that was promised. */
async function comesToRest({ scenario, machine, sales, said }: Played): Promise<void> {
  scenario.centre.wellAgain()
  await scenario.pass(60_000)
  for (const sale of sales.filter((each) => !said.has(each))) {
    if ((await scenario.state(sale)) === 'instructed') await machine.report(sale, 'delivered')
    else await machine.withdraw(sale)
  }
  await scenario.leap(3 * 3_600_000)
  await scenario.pass(60_000)
}

test.each(['debit', 'hold'] as const)('by %s', { timeout: 60_000 }, async (charge) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 40 }), async (steps) => {
      const scenario = await Scenario.open({ charge, unknownCap: { machine: 100, subscriber: 100 } })
      const machine = await scenario.machine()
      const calls = [0, 1].map((id) => new ScenarioCall(scenario, `pbx ${id}`))
      const played: Played = { scenario, machine, calls, sales: [], said: new Set() }
      for (const each of steps) await play(played, each)
      await comesToRest(played)
      for (const call of calls) await isRight(played, call)
      const open = await Promise.all(played.sales.map((sale) => scenario.saleRow(sale)))
      expect(open.filter((row) => row.open).map(({ state }) => state)).toEqual([])
      await scenario.close()
    }),
    { numRuns: 40 },
  )
})

async function isRight({ scenario, sales }: Played, call: ScenarioCall): Promise<void> {
  const row = await scenario.store.call(call.callId)
  if (!row) return
  const rows = await Promise.all(sales.map((sale) => scenario.saleRow(sale)))
  const own = rows.filter(({ subscriberId }) => subscriberId !== null && subscriberId === row.subscriberId)
  const bought = own.filter(({ state }) => state === 'settled')
  const paid = own.reduce((sum, { saleId }) => sum + scenario.centre.paid(saleId), 0)
  expect(bought.length).toBe(row.state === 'used' ? 1 : 0)
  expect(paid).toBe(bought.length * 150)
  expect(['used', 'over', 'refused']).toContain(row.state)
  const voucher = scenario.centre.vouchers.get(call.voucherId)
  if (own.length > 0) expect(['read', 'voided']).toContain(voucher)
  if (voucher === 'voided') expect([row.state, bought.length]).toEqual(['over', 0])
}

function raise(why: string): never {
  throw new Error(why)
}
