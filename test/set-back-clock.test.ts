// Clocks are set back by a day: those of the programs, while they run and before they start, and that of the
// database, whose time server and centre take: sales end as usual and in the usual time.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import pg from 'pg'
import { afterAll, beforeAll, test } from 'vitest'
import { Bench, normalLimits } from './bench.ts'
import type { Story } from './story.ts'

const { rich } = buyers
const dayMs = 86_400_000
const programs = ['automaton-4021', 'relation-server', 'payment-centre'] as const
type Name = (typeof programs)[number]
/** Time enough to start a program again while the buyer reads. */
const limits = { ...normalLimits, consentMs: 4000, offerWaitMs: 6500 }
let bench: Bench
let clocks: string

beforeAll(async () => {
  clocks = mkdtempSync(join(tmpdir(), 'concilia-clocks-'))
  const preload = pathToFileURL(join(import.meta.dirname, 'set-clock.mjs'))
  process.env.NODE_OPTIONS = `--import=${preload}`
  process.env.CONCILIA_TEST_CLOCKS = clocks
  bench = await Bench.open({ limits })
})
afterAll(async () => {
  await bench?.close()
  delete process.env.NODE_OPTIONS
  delete process.env.CONCILIA_TEST_CLOCKS
  rmSync(clocks, { recursive: true, force: true })
})

/** Resolves once the running program reads its clock so. */
async function setClock(story: Story, name: Name, offsetMs: number): Promise<void> {
  tell(name, offsetMs)
  await story.watch.untilTrue(`the clock of ${name} is set`, async () => isSet(name, offsetMs))
}

function tell(name: Name, offsetMs: number): void {
  mkdirSync(clocks, { recursive: true })
  writeFileSync(join(clocks, name), String(offsetMs))
}

function isSet(name: Name, offsetMs: number): boolean {
  try {
    return readFileSync(join(clocks, `${name}.set`), 'utf8') === String(offsetMs)
  } catch {
    return false
  }
}

/** A good sale, one that jams, and one that nobody answers: what ends by time ends in time. */
async function sells(story: Story, atPrice: () => Promise<void>): Promise<void> {
  await sellsOne(story, atPrice)
  await story.behave('4021', 'jam')
  await story.choose('4021', 2)
  await story.pays(rich, '4021')
  await story.reads(rich, /you have your 2\.00 EUR back/)
  await story.behave('4021')
  await story.choose('4021', 3)
  await story.texts(rich, 'PAY 4021')
  await story.readsPrice(rich)
  await story.ends({ sales: ['settled', 'recredited', 'expired'], paid: { rich: 150 } })
}

async function sellsOne(story: Story, atPrice: () => Promise<void>): Promise<void> {
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  await atPrice()
  await story.texts(rich, `YES ${code}`)
  await story.reads(rich, /^Paid 1\.50 EUR/)
}

test('of every program, while the buyer reads the price, and set right again', async () => {
  const setAll = (story: Story, offsetMs: number) => async () => {
    for (const name of programs) await setClock(story, name, offsetMs)
  }
  const story = await bench.begin()
  await sells(story, setAll(story, -dayMs))
  const again = await bench.begin()
  await sellsOne(again, setAll(again, 0))
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
}, 90_000)

test('of every program, when it starts: server and centre in the middle of a sale', async () => {
  const startsAt = async (name: Name, offsetMs: number) => {
    await bench.program(name).stop()
    tell(name, offsetMs)
    await bench.program(name).start()
  }
  // An automaton that starts anew withdraws its offer: it is started between two sales.
  await startsAt('automaton-4021', -dayMs)
  const story = await bench.begin()
  await sells(story, async () => {
    await startsAt('payment-centre', -dayMs)
    await startsAt('relation-server', -dayMs)
  })
  for (const name of programs) await startsAt(name, 0)
  const again = await bench.begin()
  await sellsOne(again, async () => {})
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
}, 90_000)

test("the database's is a day behind when server and centre start, in the middle of a sale", async () => {
  const story = await bench.begin()
  const servers = ['payment-centre', 'relation-server'] as const
  const startAgain = async () => {
    for (const name of servers) {
      await bench.program(name).stop()
      await bench.program(name).start()
    }
  }
  await sells(story, async () => {
    for (const name of servers) await asOwner(name, setBack)
    await startAgain()
    for (const name of servers) {
      const log = join(bench.house.places.log, `${name}.log`)
      await story.watch.untilTrue('the operator is told', async () =>
        readFileSync(log, 'utf8').includes('the clock of the database was set back'),
      )
    }
  })
  for (const name of servers) await asOwner(name, setRight)
  await startAgain()
  const again = await bench.begin()
  await sellsOne(again, async () => {})
  await again.ends({ sales: ['settled'], paid: { rich: 150 } })
}, 90_000)

/** Our own function of that name stands before PostgreSQL's for this role in this database. */
const setBack = (role: string) => [
  'create schema set_clock',
  `create function set_clock.clock_timestamp() returns timestamptz language sql volatile
     as $$ select pg_catalog.clock_timestamp() - interval '1 day' $$`,
  `grant usage on schema set_clock to ${role}`,
  `alter role ${role} set search_path = set_clock, pg_catalog, public`,
]
const setRight = (role: string) => [`alter role ${role} reset search_path`]

async function asOwner(name: Name, statements: (role: string) => string[]): Promise<void> {
  const role = name.replace('-', '_')
  const postgres = await startEmbeddedPostgres({ directory: bench.house.places.postgres, port: 0 })
  const client = new pg.Client({ connectionString: postgres.databaseUrl(role) })
  await client.connect()
  try {
    for (const statement of statements(role)) await client.query(statement)
  } finally {
    await client.end()
  }
}
