// The contract of the store on a real PostgreSQL, and what only a database can show: two processes on one of
// them.

import { type TestDatabase, testDatabase } from '@concilia/platform/test-database.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Command } from '../books/commands.ts'
import { migrationsFolder } from '../centre.ts'
import { Trade } from '../trade.ts'
import { storeContract } from './contract.ts'
import type { CentreStore } from './port.ts'
import { openPostgresStore } from './postgres-store-adapter.ts'
import { voucherContract } from './voucher-contract.ts'

storeContract(
  'postgres',
  async () => {
    const database = await testDatabase(migrationsFolder)
    const store = await openPostgresStore(database.url)
    const close = store.close.bind(store)
    return Object.assign(store, { close: () => close().then(() => database.drop()) })
  },
  25,
)

let database: TestDatabase
let stores: CentreStore[]

voucherContract(async () => stores[0] ?? raise('the stores are open'), 15)

function raise(why: string): never {
  throw new Error(why)
}

beforeAll(async () => {
  database = await testDatabase(migrationsFolder)
  stores = await Promise.all([openPostgresStore(database.url), openPostgresStore(database.url)])
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await database.drop()
})

test('two processes that get the same charges and voids at once agree on every one', async () => {
  const [one, two] = stores.map(
    (store, index) => new Trade(store, 'both', undefined, undefined, `both-${index}`),
  )
  if (!one || !two) throw new Error('there are two stores')
  await one.open()
  for (const who of ['a', 'b', 'c']) await one.openAccount(who, 100_00)
  const buyers = ['a', 'b', 'c']
  const keys = Array.from({ length: 120 }, (_, index) => ({
    key: `k${index}`,
    who: buyers[index % 3] ?? 'a',
  }))
  const answers = await Promise.all(
    keys.map(({ key, who }, index) => {
      const charge = one.charge(who, key, { amountMinor: 100, offer: key }, index % 2 ? 'hold' : 'debit')
      const undo = index % 4 === 0 ? [two.do(two.void(key, key))] : []
      return Promise.all([one.engine.submit(charge), two.engine.submit(charge), ...undo])
    }),
  )
  for (const [index, [first, second]] of answers.entries()) {
    // A void makes the later of two answers a refusal; otherwise both are the same bytes.
    if (index % 4 === 0) continue
    expect(first).toEqual(second)
    expect(first?.status).toBe(201)
  }
  const live = keys.filter((_, index) => index % 4 !== 0)
  const debits = live.filter(({ key }) => Number(key.slice(1)) % 2 === 0).length
  const spent = await Promise.all(buyers.map((who) => one.balance(who)))
  const posted = spent
    .map((balance) => Number.parseFloat(balance.posted))
    .reduce((sum, amount) => sum + amount, 0)
  const held = spent
    .map((balance) => Number.parseFloat(balance.held))
    .reduce((sum, amount) => sum + amount, 0)
  expect({ posted, held }).toEqual({ posted: 300 - debits, held: live.length - debits })
  expect((await one.store.check()).faults).toEqual([])
})

test('what cannot be read or written costs nothing that came in the same burst', async () => {
  const [store] = stores
  const trade = new Trade(store ?? raise('the stores are open'), 'refused')
  await trade.open()
  await trade.openAccount('a', 100_00)
  const charge = (offer: string) => trade.charge('a', offer, { amountMinor: 100, offer })
  const { body } = await trade.do(charge('one'))
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  await admin.query(`update payment set record = '{}' where id = $1`, [body.paymentId])
  await admin.end()
  // The one of a record that nobody can read, the other with a NUL, which PostgreSQL's text does not take.
  const odd = [String(body.paymentId), '\0'].map((paymentId) => {
    return { kind: 'confirm', client: trade.client, paymentId } as const
  })
  const answers = [...odd, charge('two'), charge('three')].map((command) => trade.engine.submit(command))
  const [unreadable, refused, ...paid] = await Promise.allSettled(answers)
  expect(unreadable).toMatchObject({ status: 'rejected', reason: { name: 'ZodError' } })
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'database-refused' } })
  expect(paid).toMatchObject([{ value: { status: 201 } }, { value: { status: 201 } }])
  expect(await trade.balance('a')).toMatchObject({ posted: '97.00 EUR', held: '0.00 EUR' })
})

test('whether a buyer could pay is told without waiting for whoever holds the account', async () => {
  const one = await new Trade(stores[0] ?? raise('the stores are open'), 'asked').open()
  await one.openAccount('a', 100)
  const ask = (amountMinor: number): Command => ({
    kind: 'eligibility',
    client: one.client,
    subscriberHash: one.hash('a'),
    seller: 'acme',
    money: { amountMinor, currency: 'EUR' },
  })
  const holder = new pg.Client({ connectionString: database.adminUrl })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select from account where subscriber_hash = $1 for update', [one.hash('a')])
  const alone = await Promise.all([one.do(ask(100)), one.do(ask(101))])
  expect(alone.map(({ body }) => body.eligible)).toEqual([true, false])
  await holder.query('rollback')
  await holder.end()
  // In one batch with a charge that comes first, it is asked of what the charge has left.
  const [, left] = await Promise.all([
    one.do(one.charge('a', 'k', { amountMinor: 60, offer: 'o' })),
    one.do(ask(41)),
  ])
  expect(left?.body).toMatchObject({ eligible: false })
  expect((await one.do(ask(40))).body.eligible).toBe(true)
})
