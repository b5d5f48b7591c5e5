// The contract of the store on a real PostgreSQL, and what happens when two servers meet in it. No meeting is
// left to chance: a third session holds a row, so that a batch waits just where it is wanted, and is let go
// when both do.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { type TestDatabase, testDatabase } from '@concilia/platform/test-database.ts'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callContract } from './call-contract.ts'
import {
  bookOf,
  identification,
  input,
  machine,
  need,
  outgoing,
  put,
  refusalOf,
  sale,
  storeContract,
} from './contract.ts'
import { noWrites, type Store } from './port.ts'
import { migrationsFolder, openPostgresStore } from './postgres-store.ts'
import { subscriberContract } from './subscriber-contract.ts'

async function opened(): Promise<Store> {
  const database = await testDatabase(migrationsFolder)
  const store = await openPostgresStore(database.url, systemClock)
  const close = store.close.bind(store)
  return Object.assign(store, { close: () => close().then(() => database.drop()) })
}

storeContract('PostgreSQL', opened)
callContract('PostgreSQL', opened)
subscriberContract('PostgreSQL', opened)

test('a number that no column takes is refused for good, and the next batch goes on', async () => {
  const database = await testDatabase(migrationsFolder)
  const store = await openPostgresStore(database.url, systemClock)
  try {
    await store.ensureMachine(machine('a'))
    const boot = (number: number) =>
      store.commitBatch(need({ automatonIds: ['a'] }), ({ machines }) => ({
        writes: { ...noWrites, machines: machines.map((row) => ({ ...row, boot: number })) },
        result: undefined,
      }))
    await expect(boot(2 ** 40)).rejects.toMatchObject({ code: 'database-refused', retry: false })
    await expect(boot(1.5)).rejects.toMatchObject({ code: 'database-refused', retry: false })
    await boot(7)
    expect(await store.machines()).toMatchObject([{ boot: 7 }])
  } finally {
    await store.close()
    await database.drop()
  }
})

describe('two servers on one database', () => {
  let database: TestDatabase
  let one: Store
  let two: Store
  /** Holds rows as a third server would. */
  let gate: pg.Client
  /** Looks on, and ends sessions. */
  let admin: pg.Client

  beforeEach(async () => {
    database = await testDatabase(migrationsFolder)
    ;[one, two] = await Promise.all([
      openPostgresStore(database.url, systemClock),
      openPostgresStore(database.url, systemClock),
    ])
    gate = new pg.Client({ connectionString: database.url })
    admin = new pg.Client({ connectionString: database.adminUrl })
    await Promise.all([gate.connect(), admin.connect()])
  })
  afterEach(async () => {
    await Promise.all([one.close(), two.close(), gate.end(), admin.end()])
    await database.drop()
  })

  async function hold(statement: string): Promise<void> {
    await gate.query('begin')
    await gate.query(statement)
  }
  const letGo = () => gate.query('rollback')

  /** An inbox key that is being written: whoever writes it too has to wait for the end of that. */
  const holdInput = (key: string) =>
    hold(`insert into inbox values ('phone gateway', '${key}', null, null, 'hash', '{}', 1)`)

  /** Resolves once so many sessions wait for a lock; each query is a round trip, so nothing spins. */
  async function waiting(sessions: number): Promise<number[]> {
    for (;;) {
      const { rows } = await admin.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rows.length >= sessions) return rows.map(({ pid }) => pid)
    }
  }

  test('a machine in another batch is left out, and is there for the next', async () => {
    await put(one, {
      machines: [machine('m1'), machine('m2')],
      sales: [sale('s1'), sale('s2', { automatonId: 'm2' })],
    })
    await hold(`select from machine where automaton_id = 'm1' for update`)
    const during = await bookOf(one, { automatonIds: ['m1', 'm2'] })
    expect(during.machines.map(({ automatonId }) => automatonId)).toEqual(['m2'])
    await letGo()
    const after = await bookOf(one, { automatonIds: ['m1', 'm2'] })
    expect(after.machines.map(({ automatonId }) => automatonId)).toEqual(['m1', 'm2'])
  })

  test('a batch that gets a machine sees all that the batch before it has written', async () => {
    await put(one, { machines: [machine('m1')] })
    await holdInput('k')
    const first = one.commitBatch(need({ automatonIds: ['m1'] }), () => ({
      writes: { ...noWrites, inbox: [input('k')], identifications: [identification('i')] },
      result: undefined,
    }))
    await waiting(1)
    expect((await bookOf(two, { automatonIds: ['m1'] })).machines).toEqual([])
    await letGo()
    await first
    const { machines, identifications } = await bookOf(two, { automatonIds: ['m1'] })
    expect([machines.length, identifications]).toEqual([1, [identification('i')]])
  })

  test('the same input at two servers is applied by one; the other finds it stored', async () => {
    await holdInput('z')
    const first = put(one, { inbox: [input('k'), input('z')], sales: [sale('first')] })
    await waiting(1)
    const second = refusalOf(put(two, { inbox: [input('k')], sales: [sale('second')] }))
    await waiting(2)
    await letGo()
    await first
    expect((await second).retry).toBe(true)
    expect([(await two.sale('first'))?.saleId, await two.sale('second')]).toEqual(['first', undefined])
    const { seen } = await bookOf(two, { inboxKeys: [{ source: 'phone gateway', key: 'k' }] })
    expect(seen).toHaveLength(1)
  })

  test('the same keys in another order wait for each other in one order: no deadlock', async () => {
    await holdInput('m')
    const first = put(one, { inbox: ['a', 'm', 'z'].map((key) => input(key)) })
    await waiting(1)
    const second = refusalOf(put(two, { inbox: ['z', 'm', 'a'].map((key) => input(key)) }))
    await waiting(2)
    await letGo()
    await first
    expect((await second).code).toBe('duplicate-row')
  })

  test('buyers and counts that two batches share are written in one order too', async () => {
    const buyer = (subscriberId: string) => ({
      subscriberId,
      sealed: '',
      language: 'en' as const,
      stopped: false,
      blocked: false,
      seenAt: 1,
    })
    const count = (id: string) => ({ day: '2030-01-01', scope: 'subscriber' as const, id, count: 1 })
    await put(one, { subscribers: ['a', 'm', 'z'].map(buyer) })
    await hold(`update subscriber set seen_at = 2 where subscriber_id = 'm'`)
    const first = put(one, { subscribers: ['a', 'm', 'z'].map(buyer), unknowns: ['a', 'z'].map(count) })
    await waiting(1)
    const second = put(two, { subscribers: ['z', 'm', 'a'].map(buyer), unknowns: ['z', 'a'].map(count) })
    await waiting(2)
    await letGo()
    await Promise.all([first, second])
    const { rows } = await admin.query('select sum(count)::int as total from unknown_outcome')
    expect(rows).toEqual([{ total: 4 }])
  })

  test('a connection that is cut in the middle of a batch leaves nothing half written', async () => {
    await put(one, { machines: [machine('m1')] })
    await holdInput('k')
    const cut = refusalOf(
      put(one, { machines: [machine('m1', { boot: 9 })], sales: [sale('s')], inbox: [input('k')] }),
    )
    const [pid] = await waiting(1)
    await admin.query('select pg_terminate_backend($1)', [pid])
    const refusal = await cut
    expect([refusal.code, refusal.retry]).toEqual(['database-away', true])
    await letGo()
    expect([await one.machines(), await one.sale('s')]).toEqual([[machine('m1')], undefined])
    await put(one, { inbox: [input('k')], sales: [sale('s')] })
    expect(await one.sale('s')).toEqual(sale('s'))
  })

  test('an outbox row that another server is taking is not given to this one', async () => {
    const retryMs = { instruction: 1000, payment: 1000, text: 1000, admission: 1000, configuration: 1000 }
    await put(one, { outbox: ['a', 'b', 'c', 'd'].map((id) => outgoing(id)) })
    await hold(`select from outbox where id in ('a', 'b') for update`)
    expect((await two.claimOutbox(1000, 100, retryMs)).map(({ id }) => id).sort()).toEqual(['c', 'd'])
    await letGo()
    const both = await Promise.all([one, two].map((store) => store.claimOutbox(1000, 100, retryMs)))
    expect(
      both
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b'])
  })

  test('a full disk is told as such, and the batch may be tried again', async () => {
    await admin.query(`create function full_disk() returns trigger language plpgsql as
      $$ begin raise exception 'no space' using errcode = '53100'; end $$`)
    await admin.query('create trigger full_disk before insert on outbox execute function full_disk()')
    const refusal = await refusalOf(put(one, { outbox: [outgoing('o')], sales: [sale('s')] }))
    expect([refusal.code, refusal.retry]).toEqual(['database-full', true])
    expect(await one.sale('s')).toBeUndefined()
    await admin.query('drop trigger full_disk on outbox')
    await put(one, { outbox: [outgoing('o')] })
    expect(await one.nextDue(1000)).toBe(1000)
  })

  test('what the database cannot keep is refused for good, without repeating it in words', async () => {
    const secret = '+33612345678\0'
    const refusal = await refusalOf(put(one, { outbox: [outgoing('o', { body: secret })] }))
    expect([refusal.code, refusal.retry]).toEqual(['database-refused', false])
    expect(JSON.stringify([refusal.message, refusal.advice, refusal.cause])).not.toContain('336123')
    await put(one, { outbox: [outgoing('o')] })
  })
})
