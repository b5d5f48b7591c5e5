// Two relation servers on one database and one broker: both hear every machine, one lock an input; either may
// be killed, or taken out of time in the middle of a batch, and the other goes on with what it had begun. Who
// listens at the broker sees that no machine is ever told two things.
import { instructionSchema } from '@concilia/protocol/messages.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { choosePorts } from '@concilia/simulator/start/places.ts'
import type { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { connect, type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { OutsideBroker } from './outside-broker.ts'
import { secondServer } from './second-server.ts'
import type { Story } from './story.ts'
import { TcpProxy } from './tcp-proxy.ts'

const { rich, postpaid } = buyers
const broker = new OutsideBroker()
/** The gateway's way to the servers: to the first, or to the second. */
const phonesWire = new TcpProxy()
/** The second server's way to the database. */
const databaseWire = new TcpProxy()
const titles = { first: 'relation server', second: 'relation server 2' } as const
const ports = { first: 0, second: 0 }
/** Ids of the `deliver` instructions that the broker was given, by sale; each as often as it was given. */
const delivers = new Map<string, string[]>()
let bench: Bench
let second: SupervisedProgram
let listener: MqttClient

beforeAll(async () => {
  await broker.start()
  ports.second = (await choosePorts()).serverHttp
  bench = await Bench.open({
    broker: broker.access,
    detour: async ({ serverHttp }) => {
      ports.first = serverHttp
      return { serverHttp: await phonesWire.start(serverHttp) }
    },
  })
  second = await makeSecond()
  await second.start()
  listener = await listen()
})
afterAll(async () => {
  await second?.stop()
  await listener?.endAsync(true)
  await bench?.close()
  await Promise.all([phonesWire.stop(), databaseWire.stop(), broker.kill()])
})
afterEach(() => {
  for (const ids of delivers.values()) expect(new Set(ids).size).toBe(1)
  delivers.clear()
})

async function makeSecond(): Promise<SupervisedProgram> {
  const database = new URL(bench.program('relation-server').program.environment?.DATABASE_URL ?? '')
  // The wire is TCP.
  database.searchParams.delete('host')
  database.port = String(await databaseWire.start(Number(database.port)))
  return secondServer(bench.house, { httpPort: ports.second, databaseUrl: database.href })
}

async function listen(): Promise<MqttClient> {
  const client = connect(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 4, reconnectPeriod: 0 })
  client.on('message', (_, bytes) => {
    const told = instructionSchema.parse(JSON.parse(bytes.toString('utf8')))
    if (told.kind === 'deliver') delivers.set(told.saleId, [...(delivers.get(told.saleId) ?? []), told.id])
  })
  await client.subscribeAsync('concilia/1/+/+/down/instruction', { qos: 1 })
  return client
}

/** The gateway hands what phones do to this server from now on. */
function phonesReach(which: keyof typeof ports): void {
  phonesWire.retarget(ports[which])
}

/** Does it the next time that the party, or one of its kind, tells the step. */
function atStep(step: string, party: string, act: () => void): void {
  const stop = bench.house.happenings.listen((each) => {
    if (each.kind !== 'step' || each.step !== step || !each.party.startsWith(party)) return
    stop()
    act()
  })
}

async function buys(story: Story): Promise<void> {
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
}

test('both run: each sale is made once, whichever server hears the phone', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  for (const which of ['first', 'second', 'first', 'second'] as const) {
    phonesReach(which)
    await buys(story)
    await story.reads(rich, /^Paid 1\.50 EUR/)
  }
  await story.ends({ sales: ['settled', 'settled', 'settled', 'settled'], paid: { rich: 600 } })
  const now = await bench.transfers()
  expect((now.debit ?? 0) - (before.debit ?? 0)).toBe(4)
})

test('one hears the question, the other the yes, of two buyers at one machine', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  phonesReach('first')
  await story.texts(rich, 'PAY 4021')
  phonesReach('second')
  await story.texts(postpaid, 'PAY 4021')
  const [richCode, postpaidCode] = [await story.readsPrice(rich), await story.readsPrice(postpaid)]
  await story.texts(rich, `YES ${richCode}`)
  phonesReach('first')
  await story.texts(postpaid, `YES ${postpaidCode}`)
  await story.reads(postpaid, /another phone has paid/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('a dialogue whose steps come now to one, now to the other, each of which knows what was shown', async () => {
  const story = await bench.begin()
  await story.choose('4021', 1)
  phonesReach('first')
  expect((await story.dials(rich, '*123*4012#')).text).toMatch(/^1 Machine 4021$/m)
  phonesReach('second')
  expect((await story.types(rich, '1')).text).toMatch(/1\.50 EUR incl\. tax\n2 Pay/)
  phonesReach('first')
  expect(await story.types(rich, '2')).toMatchObject({ goesOn: false, text: /^Thank you/ })
  await story.reads(rich, /^Paid 1\.50 EUR/)
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test.each([
  ['ST9', 'relation server'],
  ['ST11', 'relation server'],
  ['ST131', 'payment centre'],
  ['ST52', 'automaton'],
] as const)(
  'the server that heard the phone is killed at %s and stays away: the other ends the sale',
  async (step, teller) => {
    const story = await bench.begin()
    phonesReach('first')
    const first = bench.program('relation-server')
    atStep(step, teller, () => {
      first.kill()
      phonesReach('second')
    })
    await buys(story)
    await first.stop()
    await story.ends({ sales: ['settled'], paid: { rich: 150 } })
    await first.start()
  },
)

test.each([
  ['before its commit', false],
  ['after its commit, before it hears of it', true],
])(
  'one is stopped in mid-batch with the yes in its hands, %s: the other goes on, and it comes back too late',
  async (_, isCommitted) => {
    const story = await bench.begin()
    const before = await bench.transfers()
    phonesReach('second')
    await story.choose('4021', 1)
    await story.texts(rich, 'PAY 4021')
    const code = await story.readsPrice(rich)
    // The machine is locked by then, and what is to be written is on its way with the commit.
    const written = databaseWire.holdBack('request', /(?:put|change)_sales/)
    const said = story.texts(rich, `YES ${code}`)
    await written.begun
    if (isCommitted) void written.release()
    const batch = isCommitted ? databaseWire.holdBack('answer', /COMMIT/) : written
    await batch.begun
    second.pause()
    phonesReach('first')
    await Promise.all([said, story.reads(rich, /^Paid 1\.50 EUR/)])
    const released = batch.release()
    second.resume()
    await released
    await story.ends({ sales: ['settled'], paid: { rich: 150 } })
    const now = await bench.transfers()
    expect((now.debit ?? 0) - (before.debit ?? 0)).toBe(1)
    phonesReach('second')
    await buys(story)
    await story.ends({ sales: ['settled', 'settled'], paid: { rich: 300 } })
  },
)

test('both machines sell while the servers are killed and stopped in time by turns: each sale once', async () => {
  const story = await bench.begin()
  const before = await bench.transfers()
  const first = bench.program('relation-server')
  const turns = [
    {
      hears: 'first',
      befalls: () => first.kill(),
      passes: () => story.watch.news(/relation server is back/),
    },
    { hears: 'second', befalls: () => second.pause(), passes: () => second.resume() },
    { hears: 'second', befalls: () => second.kill(), passes: () => story.watch.news(/server 2 is back/) },
    { hears: 'first', befalls: () => first.pause(), passes: () => first.resume() },
  ] as const
  for (const { hears, befalls, passes } of turns) {
    phonesReach(hears)
    await story.texts(postpaid, 'PAY 4022')
    await story.reads(postpaid, /^Choose your item/)
    await Promise.all([story.choose('4021', 1), story.choose('4022', 1)])
    await story.texts(rich, 'PAY 4021')
    const [richCode, postpaidCode] = [await story.readsPrice(rich), await story.readsPrice(postpaid)]
    atStep('ST11', titles[hears], () => {
      befalls()
      phonesReach(hears === 'first' ? 'second' : 'first')
    })
    await Promise.all([story.texts(rich, `YES ${richCode}`), story.texts(postpaid, `YES ${postpaidCode}`)])
    await Promise.all([story.reads(rich, /^Paid 1\.50 EUR/), story.reads(postpaid, /^Paid 1\.20 EUR/)])
    await passes()
  }
  await story.ends({ sales: Array(8).fill('settled'), paid: { rich: 600, postpaid: 480 } })
  const now = await bench.transfers()
  expect((now.debit ?? 0) - (before.debit ?? 0)).toBe(8)
})

test('one is stopped in time with the machine in its hands, and comes back to a sale that is over', async () => {
  const story = await bench.begin()
  phonesReach('first')
  await story.choose('4021', 1)
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const first = bench.program('relation-server')
  first.pause()
  phonesReach('second')
  await story.texts(rich, `YES ${code}`)
  await story.reads(rich, /^Paid 1\.50 EUR/)
  first.resume()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  phonesReach('first')
  await buys(story)
  await story.ends({ sales: ['settled', 'settled'], paid: { rich: 300 } })
})
