// The lane on a real PostgreSQL: what is written whole or not at all, what is told of a failure, what a loss
// costs. It is long because every way to fail has its test, on one lane that all of them share.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { asc, eq, integer, type NodePgDatabase, pgTable, sql, text } from './drizzle.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { migrate } from './migrate.ts'
import { type Lane, openLane } from './postgres-lane.ts'
import type { Sendable } from './prepared-statement.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

const machine = pgTable('machine', { id: text().primaryKey(), sales: integer().notNull() })

function prepare(db: NodePgDatabase) {
  const id = sql.placeholder('id')
  return {
    lock: db.select().from(machine).where(eq(machine.id, id)).for('update').prepare('lock'),
    all: db.select().from(machine).orderBy(asc(machine.id)).prepare('all'),
    add: db.insert(machine).values({ id, sales: 0 }).prepare('add'),
    addOnce: db.insert(machine).values({ id, sales: 0 }).onConflictDoNothing().prepare('add_once'),
    sell: db
      .update(machine)
      .set({ sales: sql`${machine.sales} + 1` })
      .where(eq(machine.id, id))
      .prepare('sell'),
    limits: db
      .select({
        lock: sql`current_setting('lock_timeout')`,
        idle: sql`current_setting('idle_in_transaction_session_timeout')`,
      })
      .from(sql`(select) nothing`)
      .prepare('limits'),
  }
}
type Statements = Sendable<ReturnType<typeof prepare>>

let folder: string
let database: TestDatabase
let lane: Lane<Statements>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-migrations-'))
  mkdirSync(join(folder, 'meta'))
  const entries = [{ idx: 0, version: '7', when: 1, tag: '0000_machine', breakpoints: true }]
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ entries }))
  const table = `create table machine (id text primary key, sales int not null check (sales < 3))`
  writeFileSync(join(folder, '0000_machine.sql'), table)
  database = await testDatabase(folder)
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  await admin((client) => client.query('truncate machine'))
  lane = await openLane({ url: database.url, name: 'test lane', prepare })
})
afterEach(() => lane.close())

const nothing = async () => []
const add = (...ids: string[]) =>
  lane.transact(nothing, () => ({
    result: ids.length,
    writes: ({ add }) => ids.map((id) => add.execute({ id })),
  }))
const machines = () => lane.read(({ all }) => all.execute())

async function admin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const endSessions = () =>
  admin((client) =>
    client.query(
      // Of this database alone: other tests have theirs on the same server.
      `select pg_terminate_backend(pid) from pg_stat_activity
        where usename = 'tester' and datname = current_database()`,
    ),
  )

test('reads, decides and writes in one database transaction', async () => {
  expect(await add('4021')).toBe(1)
  const result = await lane.transact(
    ({ lock }) => lock.execute({ id: '4021' }),
    ([row]) => ({ result: row?.sales, writes: ({ sell }) => [sell.execute({ id: '4021' })] }),
  )
  expect(result).toBe(0)
  expect(await machines()).toEqual([{ id: '4021', sales: 1 }])
})

test('needs two round trips: BEGIN with the reads, the writes with COMMIT', async () => {
  await add('4021')
  const proxy = await heldAnswers(new URL(database.url))
  const url = new URL(database.url)
  url.searchParams.delete('host')
  url.port = String(proxy.port)
  const distant = await openLane({ url: url.href, name: 'distant', prepare })
  proxy.hold(['begin', 'lock', 'all'], ['sell', 'add', 'commit'])
  await distant.transact(
    ({ lock, all }) => Promise.all([lock.execute({ id: '4021' }), all.execute()]),
    () => ({
      result: undefined,
      writes: ({ sell, add }) => [sell.execute({ id: '4021' }), add.execute({ id: '4022' })],
    }),
  )
  expect(proxy.tripsLeft()).toBe(0)
  await distant.close()
  await proxy.close()
  expect(await machines()).toEqual([
    { id: '4021', sales: 1 },
    { id: '4022', sales: 0 },
  ])
})

test('a connection lost between COMMIT and its answer: away, although all was written', async () => {
  const proxy = await heldAnswers(new URL(database.url))
  const url = new URL(database.url)
  url.searchParams.delete('host')
  url.port = String(proxy.port)
  const distant = await openLane({ url: url.href, name: 'distant', prepare })
  proxy.hold(['begin'], ['commit', 'what is never said'])
  const lost = distant.transact(nothing, () => ({
    result: undefined,
    writes: ({ add }) => ['4021', '4022'].map((id) => add.execute({ id })),
  }))
  const committed = async () => {
    while ((await machines()).length === 0);
    proxy.cut()
  }
  await Promise.all([expect(lost).rejects.toMatchObject({ code: 'database-away', retry: true }), committed()])
  expect((await machines()).map(({ id }) => id)).toEqual(['4021', '4022'])
  proxy.hold()
  expect(
    await distant.transact(
      ({ all }) => all.execute(),
      (rows) => ({ result: rows.length, writes: () => [] }),
    ),
  ).toBe(2)
  await distant.close()
  await proxy.close()
})

test('a decision that throws writes nothing, and the lane goes on', async () => {
  const decide = () => {
    throw new RangeError('no such state')
  }
  await expect(lane.transact(({ all }) => all.execute(), decide)).rejects.toThrow(RangeError)
  expect(await add('4021')).toBe(1)
})

test('one refused write undoes them all, although COMMIT does not fail', async () => {
  await add('4021')
  await expect(add('4022', '4021', '4023')).rejects.toMatchObject({
    code: 'duplicate-row',
    retry: false,
    cause: { state: '23505', table: 'machine', constraint: 'machine_pkey' },
  })
  expect(await machines()).toEqual([{ id: '4021', sales: 0 }])
  expect(await add('4022')).toBe(1)
})

test('any other refusal names the table and the constraint, and no value', async () => {
  await add('4021')
  const sell = () =>
    lane.transact(nothing, () => ({ result: 0, writes: ({ sell }) => [sell.execute({ id: '4021' })] }))
  await sell()
  await sell()
  const error = await sell().catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'database-refused', cause: { constraint: 'machine_sales_check' } })
  expect(String(error)).not.toContain('4021')
})

test('a failure that the lane was not told of fails all that was sent with it', async () => {
  await add('4021')
  const writes = ({ add, sell }: Statements) => {
    add.execute({ id: '4021' }).catch(() => {})
    return [sell.execute({ id: '4021' })]
  }
  const struck = lane.transact(nothing, () => ({ result: 0, writes }))
  await expect(struck).rejects.toMatchObject({ code: 'duplicate-row' })
  expect(await machines()).toEqual([{ id: '4021', sales: 0 }])
})

test('a read that swallowed its failure is found out at COMMIT', async () => {
  await add('4021')
  const read = async ({ all, add }: Statements) => {
    await all.execute()
    return await add.execute({ id: '4021' }).catch(() => [])
  }
  await expect(lane.transact(read, () => ({ result: 0, writes: () => [] }))).rejects.toThrow('failed unseen')
})

test('a write that comes too late for its COMMIT is a broken invariant, and nothing is written', async () => {
  const writes = ({ add }: Statements) => [
    add.execute({ id: '4021' }),
    Promise.resolve().then(() => add.execute({ id: '4022' })),
  ]
  await expect(lane.transact(nothing, () => ({ result: 0, writes }))).rejects.toThrow('not sent at once')
  expect(await machines()).toEqual([])
})

test('a write that cannot be sent, and says so too late, is one too', async () => {
  const writes = ({ add }: Statements) => [add.execute({ id: '4021' }), (async () => add.execute({}))()]
  await expect(lane.transact(nothing, () => ({ result: 0, writes }))).rejects.toThrow('no value')
  expect(await machines()).toEqual([])
})

test('waits 200 ms for a row that another holds, and then says busy', async () => {
  await add('4021')
  const sell = () =>
    lane.transact(
      ({ lock }) => lock.execute({ id: '4021' }),
      () => ({ result: 'sold', writes: ({ sell }) => [sell.execute({ id: '4021' })] }),
    )
  await admin(async (client) => {
    await client.query('begin')
    await client.query(`select from machine where id = '4021' for update`)
    await expect(sell()).rejects.toMatchObject({ code: 'database-busy', retry: true })
  })
  expect(await sell()).toBe('sold')
  expect(await lane.read(({ limits }) => limits.execute())).toEqual([{ lock: '200ms', idle: '2s' }])
})

test('a table that is being changed when a statement is first asked for: busy as well', async () => {
  const read = ({ lock }: Statements) => lock.execute({ id: '4021' })
  const addTo = () =>
    lane.transact(read, () => ({ result: 'added', writes: ({ add }) => [add.execute({ id: '4021' })] }))
  await admin(async (client) => {
    await client.query('begin')
    await client.query('lock table machine in access exclusive mode')
    await expect(addTo()).rejects.toMatchObject({ code: 'database-busy', retry: true })
    await expect(add('4021')).rejects.toMatchObject({ code: 'database-busy', retry: true })
  })
  expect(await addTo()).toBe('added')
})

test('a look waits for nobody and finds what is committed; one that fails costs nothing else', async () => {
  await add('4021')
  await admin(async (client) => {
    await client.query('begin')
    await client.query(`update machine set sales = 2 where id = '4021'`)
    expect(await lane.look(({ all }) => all.execute())).toEqual([{ id: '4021', sales: 0 }])
  })
  const failing = lane.look(({ all, add }) => Promise.all([all.execute(), add.execute({ id: '4021' })]))
  await expect(failing).rejects.toMatchObject({ code: 'duplicate-row' })
  expect(await add('4022')).toBe(1)
  expect(await lane.look(({ all }) => all.execute())).toHaveLength(2)
})

test('a second transaction at the same time is the caller\u2019s mistake', async () => {
  const first = add('4021')
  await expect(add('4022')).rejects.toThrow('a lane transacts once at a time')
  expect(await first).toBe(1)
})

test('a read beside a transaction sees what is committed', async () => {
  await add('4021')
  let seen: unknown
  await lane.transact(
    async ({ sell }) => {
      await sell.execute({ id: '4021' })
      seen = await machines()
    },
    () => ({ result: undefined, writes: () => [] }),
  )
  expect(seen).toEqual([{ id: '4021', sales: 0 }])
  expect(await machines()).toEqual([{ id: '4021', sales: 1 }])
})

test('a session ended in the midst is database-away; the next transaction connects anew', async () => {
  const read = async ({ all }: Statements) => {
    await endSessions()
    return await all.execute()
  }
  const decide = () => ({ result: 0, writes: () => [] })
  await expect(lane.transact(read, decide)).rejects.toMatchObject({ code: 'database-away', retry: true })
  expect(await add('4021')).toBe(1)
})

test('what is wrong with an address is said at opening', async () => {
  const opened = (change: (url: URL) => void) => {
    const url = new URL(database.url)
    url.searchParams.delete('host')
    change(url)
    return openLane({ url: url.href, name: 'wrong', prepare })
  }
  const code = (code: string) => ({ code, message: expect.stringContaining('127.0.0.1') })
  await expect(
    opened((url) => {
      url.pathname = '/nowhere'
    }),
  ).rejects.toMatchObject(code('database-missing'))
  await expect(
    opened((url) => {
      url.password = 'x'
    }),
  ).rejects.toMatchObject(code('database-login-refused'))
  await expect(
    opened((url) => {
      url.port = '1'
    }),
  ).rejects.toMatchObject(code('database-away'))
  const missing = openLane({ url: undefined, name: 'wrong', prepare })
  await expect(missing).rejects.toMatchObject({ code: 'database-url-missing' })
  const unreadable = openLane({ url: 'mysql://server/x', name: 'wrong', prepare })
  await expect(unreadable).rejects.toMatchObject({ code: 'database-url-unreadable' })
})

test('a closed lane refuses', async () => {
  await lane.close()
  await expect(add('4021')).rejects.toThrow('test lane was closed')
})

describe('kill -9 of the server', () => {
  let directory: string
  let server: EmbeddedPostgres

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'concilia-killed-'))
    server = await startEmbeddedPostgres({ directory, port: 0 })
  })
  afterAll(async () => {
    await server.stop()
    rmSync(directory, { recursive: true })
  })

  test.each(['begin', 'decide', 'commit'])(
    'at %s: no acknowledged batch is lost, and the repeat is harmless',
    async (window) => {
      const url = await createDatabase(server.adminUrl, `killed_at_${window}`, 'tester')
      await migrate(url, folder)
      const killed = await openLane({ url, name: 'killed', prepare })
      const kill = (at: string) => {
        const pidFile = readFileSync(join(directory, 'cluster/postmaster.pid'), 'utf8')
        if (at === window) process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
      }
      await addOnce(killed, ['1', '2'], () => {})
      const [struck] = await Promise.allSettled([addOnce(killed, ['3', '4'], kill)])
      server = await startEmbeddedPostgres({ directory, port: server.port })
      if (struck.status === 'rejected') {
        expect(struck.reason).toMatchObject({ code: 'database-away', retry: true })
        await addOnce(killed, ['3', '4'], () => {})
      }
      const rows = await killed.read(({ all }) => all.execute())
      expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3', '4'])
      await killed.close()
    },
  )

  function addOnce(to: Lane<Statements>, ids: string[], at: (window: string) => void): Promise<string[]> {
    const work = to.transact(nothing, () => {
      at('decide')
      return {
        result: ids,
        writes: ({ addOnce }) => {
          const written = ids.map((id) => addOnce.execute({ id }))
          at('commit')
          return written
        },
      }
    })
    at('begin')
    return work
  }
})

/** A proxy that holds PostgreSQL's answers back from the first word of a trip until its last was said. */
async function heldAnswers(target: URL) {
  let trips: string[][] = []
  let said = ''
  let held: Buffer[] = []
  let cut = () => {}
  const server = createServer((client) => {
    cut = () => client.destroy()
    const upstream = connectTcp(Number(target.port), target.hostname)
    upstream.on('data', (bytes) => (said ? held.push(bytes) : client.write(bytes)))
    client.on('data', (bytes) => {
      upstream.write(bytes)
      if (trips[0]) said += bytes.toString('latin1')
      if (!trips[0]?.every((word) => said.includes(word))) return
      trips.shift()
      said = ''
      for (const answer of held.splice(0)) client.write(answer)
    })
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    hold: (...words: string[][]) => {
      trips = words
      said = ''
      held = []
    },
    cut: () => cut(),
    tripsLeft: () => trips.length,
    close: () => new Promise((done) => server.close(done)),
  }
}
