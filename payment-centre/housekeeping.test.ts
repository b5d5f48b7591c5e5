// The clock's own work, on a clock that the test advances.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { expect, test } from 'vitest'
import { Housekeeping } from './housekeeping.ts'
import { MemoryStore } from './store/memory-store.ts'
import type { CentreStore } from './store/port.ts'
import { generous, Trade } from './trade.ts'

async function kept(store: CentreStore = new MemoryStore(), quietMs = 0) {
  const trade = await new Trade(store, 'housekeeping').open()
  await trade.openAccount('a', 500)
  const failures: unknown[] = []
  const parts = {
    store,
    engine: trade.engine,
    clock: trade.clock,
    sweepMs: 1000,
    keepMs: 86_400_000,
    quietMs,
    silenceMs: generous.silenceMs,
  }
  const housekeeping = new Housekeeping({ ...parts, failed: (error) => failures.push(error) })
  housekeeping.start()
  return { trade, housekeeping, failures }
}

test('a hold is given back by itself, when its promise and the published limit are over', async () => {
  const { trade, housekeeping } = await kept()
  await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  await trade.clock.advanceAsync(99_000)
  expect(await trade.balance('a')).toMatchObject({ held: '2.00 EUR' })
  await trade.clock.advanceAsync(2000)
  expect(await trade.balance('a')).toMatchObject({ held: '0.00 EUR', posted: '5.00 EUR' })
  await housekeeping.stop()
})

test('soon after a return no hold lapses, and one whose time is over can still be confirmed', async () => {
  const { trade, housekeeping } = await kept(new MemoryStore(), 110_000)
  const { body } = await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  await trade.clock.advanceAsync(105_000)
  expect(await trade.balance('a')).toMatchObject({ held: '2.00 EUR' })
  const confirmed = await trade.do({
    kind: 'confirm',
    client: trade.client,
    paymentId: String(body.paymentId),
  })
  expect(confirmed.status).toBe(202)
  await trade.clock.advanceAsync(10_000)
  expect(await trade.balance('a')).toMatchObject({ held: '0.00 EUR', posted: '3.00 EUR' })
  await housekeeping.stop()
})

test('a standstill is a return too: what lapsed meanwhile is given back after the quiet', async () => {
  const { trade, housekeeping } = await kept(new MemoryStore(), 20_000)
  await trade.clock.advanceAsync(30_000)
  await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  trade.clock.stand(140_000)
  await trade.clock.advanceAsync(15_000)
  expect(await trade.balance('a')).toMatchObject({ held: '2.00 EUR' })
  await trade.clock.advanceAsync(10_000)
  expect(await trade.balance('a')).toMatchObject({ held: '0.00 EUR' })
  await housekeeping.stop()
})

test('the quiet begins when the database is back, not when it was last found away', async () => {
  const store = new MemoryStore()
  const look = store.due.bind(store)
  let isAway = false
  const due: CentreStore['due'] = (...asked) => (isAway ? Promise.reject(away()) : look(...asked))
  const { trade, housekeeping } = await kept(Object.assign(store, { due }), 20_000)
  await trade.clock.advanceAsync(30_000)
  await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  await trade.clock.advanceAsync(95_500)
  isAway = true
  await trade.clock.advanceAsync(20_000)
  isAway = false
  await trade.clock.advanceAsync(19_000)
  expect(await trade.balance('a')).toMatchObject({ held: '2.00 EUR' })
  await trade.clock.advanceAsync(2_000)
  expect(await trade.balance('a')).toMatchObject({ held: '0.00 EUR' })
  await housekeeping.stop()
})

test('a look that the database held up for long comes from a standstill as well', async () => {
  const store = new MemoryStore()
  const look = store.due.bind(store)
  let held: Promise<void> | undefined
  const due: CentreStore['due'] = async (...asked) => {
    await held
    return await look(...asked)
  }
  const { trade, housekeeping } = await kept(Object.assign(store, { due }), 20_000)
  await trade.clock.advanceAsync(30_000)
  await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  await trade.clock.advanceAsync(99_500)
  const { promise, resolve } = Promise.withResolvers<void>()
  held = promise
  await trade.clock.advanceAsync(40_000)
  resolve()
  await trade.clock.advanceAsync(19_000)
  expect(await trade.balance('a')).toMatchObject({ held: '2.00 EUR' })
  await trade.clock.advanceAsync(2_000)
  expect(await trade.balance('a')).toMatchObject({ held: '0.00 EUR' })
  await housekeeping.stop()
})

test('keys are forgotten when no re-credit can need them; the offer stays charged', async () => {
  const { trade, housekeeping } = await kept()
  const charge = trade.charge('a', 'k', { amountMinor: 200, offer: 'o' })
  const { body } = await trade.do(charge)
  await trade.clock.advanceAsync(86_400_000 - 2000)
  expect((await trade.do(charge)).status).toBe(201)
  const evidence = trade.outcome('o', 'delivered')
  await trade.do({ kind: 'outcome', client: trade.client, paymentId: String(body.paymentId), evidence })
  await trade.clock.advanceAsync(2 * 3_600_000)
  expect((await trade.do(charge)).body.code).toBe('CONCILIA.OFFER_CHARGED')
  await housekeeping.stop()
})

test('a round that failed is tried again, and told of once; after a stop there is none', async () => {
  const store = new MemoryStore()
  let asked = 0
  const due = () => {
    asked++
    return Promise.reject(away())
  }
  const { trade, housekeeping, failures } = await kept(Object.assign(store, { due }))
  await trade.clock.advanceAsync(3000)
  expect([asked, failures.length]).toEqual([4, 1])
  await housekeeping.stop()
  await trade.clock.advanceAsync(10_000)
  expect(asked).toBe(4)
})

function away(): OperatingError {
  return new OperatingError({ code: 'database-away', message: 'away', advice: '', retry: true })
}
