// The check finds books that are wrong: in the pure form and in the one that PostgreSQL computes.
import { join } from 'node:path'
import { testDatabase } from '@concilia/platform/test-database.ts'
import pg from 'pg'
import { expect, test } from 'vitest'
import { move, type Transfer } from '../books/ledger.ts'
import { Trade } from '../trade.ts'
import { bookFaults } from './check.ts'
import { openPostgresStore } from './postgres-store-adapter.ts'

const transfer: Transfer = {
  id: 't1',
  kind: 'topUp',
  currency: 'EUR',
  at: 1,
  entries: move('centre:float:EUR', 'buyer:1', 100),
}
const balances = [
  { accountId: 'centre:float:EUR', postedMinor: -100, heldMinor: 0 },
  { accountId: 'buyer:1', postedMinor: 100, heldMinor: 0 },
]

test('finds a cent more, a transfer that does not balance and a hold that ended twice', () => {
  expect(bookFaults(balances, [transfer], [])).toEqual([])
  const [float, buyer] = balances
  const more = [float, { ...buyer, accountId: 'buyer:1', postedMinor: 101, heldMinor: 0 }].flatMap(
    (one) => one ?? [],
  )
  expect(bookFaults(more, [transfer], [])).toEqual([
    'account buyer:1: stored 101 (held 0), entries say 100 (0)',
  ])
  const oneSided = { ...transfer, entries: transfer.entries.slice(1) }
  expect(bookFaults(balances, [oneSided], [])).toContain('transfer t1 does not sum to zero')
  const hold: Transfer = { ...transfer, id: 'h', kind: 'hold', entries: move('a', 'b', 5, 'held') }
  expect(bookFaults([], [hold], [])).toContain('hold h is open and no payment waits for it')
  const ends = ['e1', 'e2'].map((id) => ({
    ...transfer,
    id,
    kind: 'void' as const,
    endsHold: 'h',
    entries: [],
  }))
  expect(bookFaults([], [hold, ...ends], [])).toContain('hold h was ended twice')
})

test('PostgreSQL finds a changed balance, and lets nobody change the ledger', async () => {
  const database = await testDatabase(join(import.meta.dirname, 'migrations'))
  const store = await openPostgresStore(database.url)
  const trade = await new Trade(store, 'check').open()
  await trade.openAccount('a', 500)
  await trade.do(trade.charge('a', 'k', { amountMinor: 200, offer: 'o' }, 'hold'))
  expect(await store.check()).toMatchObject({ transfers: 2, faults: [] })
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  for (const change of [
    'update movement set amount_minor = 1',
    'delete from transfer',
    'truncate movement',
  ]) {
    await expect(admin.query(change)).rejects.toThrow(/append-only/)
  }
  await expect(admin.query('delete from entry')).rejects.toThrow(/view "entry"/)
  await expect(admin.query("update account set posted_minor = -1 where kind = 'prepaid'")).rejects.toThrow(
    /account_not_overdrawn/,
  )
  await admin.query("update account set posted_minor = posted_minor + 1 where kind = 'prepaid'")
  expect((await store.check()).faults).toEqual([expect.stringMatching(/stored 501 .*entries say 500/)])
  await admin.query("update account set posted_minor = posted_minor - 1 where kind = 'prepaid'")
  await admin.query(`update payment set record = (record::jsonb || '{"owedMinor": 5}')::text`)
  expect((await store.check()).faults).toEqual([expect.stringMatching(/centre:owed:EUR/)])
  await admin.query(`update payment set record = (record::jsonb || '{"owedMinor": 0}' #- '{holdId}')::text`)
  const faults = (await store.check()).faults.join('\n')
  expect(faults).toMatch(/hold .* and its payment disagree/)
  expect(faults).toMatch(/payment .* contradicts itself/)
  await admin.end()
  await store.close()
  await database.drop()
})
