// Rows as PostgreSQL takes them out of their arrays again.

import pg from 'pg'
import { expect, test } from 'vitest'
import { bigint, boolean, drizzle, integer, jsonb, pgTable, smallint, sql, text, uuid } from './drizzle.ts'
import { arrayed, rowArrays } from './row-arrays.ts'
import { testDatabase } from './test-database.ts'

const thing = pgTable('thing', {
  name: text('its_name'),
  long: bigint('long', { mode: 'number' }),
  short: smallint('short'),
  count: integer('count'),
  flag: boolean('flag'),
  list: jsonb('list').$type<unknown>(),
  id: uuid('id'),
})

const nothing = { name: null, long: null, short: null, count: null, flag: null, list: null, id: null }
const rows = [
  {
    name: 'Zoë, "{a\\b}" \u{1f964}',
    long: Number.MAX_SAFE_INTEGER,
    short: -32768,
    count: -2147483648,
    flag: true,
    list: [1, 'x', null],
    id: '0b8f1f3e-6c0f-4b7e-9f5b-0d9d3f1c2a4b',
  },
  nothing,
  { ...nothing, name: '', long: -1, short: 0, count: 0, flag: false, list: {} },
  { ...nothing, name: 'null', long: Number.MIN_SAFE_INTEGER, list: 'text' },
  { ...nothing, long: -4294967296, count: 2147483647 },
]

test('what goes in comes out, in its order, of its own type', async () => {
  const database = await testDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query(
      `create table thing (
        its_name text, long bigint, short smallint, count int, flag bool, list jsonb, id uuid)`,
    )
    const db = drizzle(client)
    const add = db
      .insert(thing)
      .select(sql`select * from ${arrayed(thing)}`)
      .prepare('add')
    await add.execute(rowArrays(thing, rows))
    await add.execute(rowArrays(thing, []))
    for (const bad of [{ count: 2 ** 31 }, { long: 1.5 }, { short: 'x' }, { id: '1' }, { name: 'a\0b' }]) {
      const refusal = await add.execute(rowArrays(thing, [nothing, bad])).catch((error) => error.cause?.code)
      expect(refusal, JSON.stringify(bad)).toMatch(/^22/)
    }
    expect(await db.select().from(thing)).toEqual(rows)
    const [missing] = await db
      .insert(thing)
      .select(sql`select * from ${arrayed(thing)}`)
      .returning()
      .prepare('more')
      .execute(rowArrays(thing, [{ count: 3 }]))
    expect(missing).toEqual({ ...nothing, count: 3 })
  } finally {
    await client.end()
    await database.drop()
  }
})
