import { systemClock } from '@concilia/platform/system-clock.ts'
import { type TestDatabase, testDatabase } from '@concilia/platform/test-database.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../store/port.ts'
import { migrationsFolder, openPostgresStore } from '../store/postgres-store.ts'
import { Scenario } from './scenario.ts'
import { ScenarioMachine } from './scenario-machine.ts'

// Two servers on one database hear the same machine and different phones. Which of them comes first, and
// where it is when the other comes, is forced: a third session holds a row, and each server's clock moves
// when the test says so.

let database: TestDatabase
let stores: [Store, Store]
let one: Scenario
let two: Scenario
let machine: ScenarioMachine
let gate: pg.Client
let admin: pg.Client

/** Two servers never draw the same ids. */
function randomOf(name: string): Random {
  let count = 0
  return { bytes: (length) => Buffer.from(sha256(`${name} ${count++}`), 'base64url').subarray(0, length) }
}

beforeEach(async () => {
  database = await testDatabase(migrationsFolder)
  stores = await Promise.all([
    openPostgresStore(database.url, systemClock),
    openPostgresStore(database.url, systemClock),
  ])
  gate = new pg.Client({ connectionString: database.url })
  admin = new pg.Client({ connectionString: database.adminUrl })
  await Promise.all([gate.connect(), admin.connect()])
  one = await Scenario.open({ store: stores[0], random: randomOf('one') })
  two = await Scenario.open({ store: stores[1], random: randomOf('two') })
  machine = await one.machine()
})
afterEach(async () => {
  await Promise.all([one.close(), two.close()])
  await Promise.all([...stores.map((store) => store.close()), gate.end(), admin.end()])
  await database.drop()
})

async function hold(statement: string): Promise<void> {
  await gate.query('begin')
  await gate.query(statement)
}
const letGo = () => gate.query('rollback')

/** A session that has waited its 200 ms tries again when its server's clock moves. */
async function waiting(sessions = 1): Promise<void> {
  for (;;) {
    const { rowCount } = await admin.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rowCount === sessions) return
    await Promise.all([one.pass(5), two.pass(5)])
  }
}

/** Resolves when a server has tried and found the machine taken: the batch is back in its queue. */
async function putOff(scenario: Scenario): Promise<void> {
  while (scenario.engine.waiting === 0) await scenario.settle()
}

/**
 * Lets a server's timers go on, and its wall clock stand: however long a loaded database is waited for, no
 * limit of a sale passes by, and the two servers agree on what time it is.
 */
async function goOn(scenario: Scenario): Promise<void> {
  const now = scenario.clock.now()
  await scenario.pass(5)
  scenario.clock.setNow(now)
}

/** Until it has done what it was asked; every look is a round trip to the database. */
async function done(scenario: Scenario, work: Promise<unknown>): Promise<void> {
  let isDone = false
  const end = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await admin.query('select')
    if (!isDone) await goOn(scenario)
  }
  await end
}

/** Until it is so; every look is a round trip to the database. */
async function until(scenario: Scenario, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await goOn(scenario)
}

test('an offer and a phone meet, whichever of two servers commits first', async () => {
  const phone = two.phone('+33612345678')
  for (const [first, second] of [
    ['offer', 'phone'],
    ['phone', 'offer'],
  ]) {
    await hold(`select from machine for update`)
    const works = { offer: machine.offer(), phone: phone.identify() }
    const servers = { offer: one, phone: two }
    await Promise.all([putOff(one), putOff(two)])
    await letGo()
    await done(servers[first as 'offer'], works[first as 'offer'])
    await done(servers[second as 'offer'], works[second as 'offer'])
    const saleId = await works.offer
    await until(two, async () => (await one.state(saleId)) === 'open.consenting')
    const [bound] = await stores[0].identificationsOf(phone.subscriberId)
    expect(bound).toMatchObject({ state: 'bound', saleId })
    await done(one, machine.withdraw(saleId))
  }
})

test('a phone that comes while the offer is being committed meets it in the next batch', async () => {
  const phone = two.phone('+33612345678')
  await hold(
    `insert into inbox values ('machine machine-4021 ${machine.journalId}', '1', null, null, 'h', '{}', 1)`,
  )
  const offering = machine.offer()
  await waiting()
  const identifying = phone.identify()
  await putOff(two)
  await letGo()
  await done(one, offering)
  await done(two, identifying)
  const saleId = await offering
  await until(two, async () => (await one.state(saleId)) === 'open.consenting')
  expect(await stores[0].identificationsOf(phone.subscriberId)).toMatchObject([{ state: 'bound', saleId }])
})

test('of two consents at two servers at once one wins, the other is told, one charge is made', async () => {
  const phones = [one.phone('+33612345678'), two.phone('+33687654321')] as const
  const saleId = await machine.offer()
  for (const phone of phones) {
    await phone.identify()
    await until(two, async () => one.said.length + two.said.length > phones.indexOf(phone))
  }
  const asked = () => stores[0].sale(saleId).then((row) => row?.snapshot.match(/"step":"asked"/g)?.length)
  await until(two, async () => (await asked()) === 2)
  await hold(`select from machine for update`)
  const consents = phones.map((phone) => phone.yes())
  await Promise.all([putOff(one), putOff(two)])
  await letGo()
  await done(two, consents[1] ?? Promise.resolve())
  await done(one, consents[0] ?? Promise.resolve())
  await until(two, async () => (await one.state(saleId)) === 'instructed')
  const charges = [...one.centre.kinds(), ...two.centre.kinds()].filter((kind) => kind === 'charge')
  expect(charges).toHaveLength(1)
  const row = await one.saleRow(saleId)
  expect(row.subscriberId).toBe(phones[1].subscriberId)
  const told = [...one.said, ...two.said].filter(
    ({ subscriberId }) => subscriberId === phones[0].subscriberId,
  )
  expect(told.map(({ say }) => say.kind)).toContain('takenByAnother')
})

test('the same message at both servers is applied once, and both call it stored', async () => {
  const saleId = await machine.offer()
  const twin = new ScenarioMachine(two, machine.identity, '4021')
  const [offer] = machine.published
  if (!offer) throw new Error('nothing was published')
  const before = await one.saleRow(saleId)
  await twin.send(offer.message, offer.body)
  expect(await one.saleRow(saleId)).toEqual(before)
  expect(two.lastStored).toMatchObject({ upTo: 1 })
})

test('a word that names no machine, at both servers at once, is answered once', async () => {
  const [phone, same] = [one.phone('+33612345678'), two.phone('+33612345678')]
  const help = { type: 'answerOnly', say: { kind: 'help' }, channel: 'text', sessionId: null } as const
  await hold(`insert into subscriber values ('${phone.subscriberId}', '', 'en', false, 1)`)
  const first = phone.act(null, help, 'message 1')
  await waiting()
  const second = same.act(null, help, 'message 1')
  await waiting(2)
  await letGo()
  await Promise.all([done(one, first), done(two, second)])
  expect(one.said.length + two.said.length).toBe(1)
})

test('a database that goes away in the middle of a batch costs time and nothing else', async () => {
  await hold(
    `insert into inbox values ('machine machine-4021 ${machine.journalId}', '1', null, null, 'h', '{}', 1)`,
  )
  const offering = machine.offer()
  await waiting()
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'relation-server batches' and datname = current_database()`,
  )
  await letGo()
  await putOff(one)
  await done(one, offering)
  expect(await one.state(await offering)).toBe('open.awaitingPhone')
  expect(one.lastStored).toMatchObject({ upTo: 1 })
})
