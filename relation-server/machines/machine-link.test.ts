// The server's two ways to machines, with the real embedded broker and a machine of the real `mqtt` client:
// by calls where the broker is its own, as a client where it is another's.

import { type AddressInfo, createServer } from 'node:net'
import { makeLog } from '@concilia/platform/log.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { downTopics, presenceTopic, upTopic } from '@concilia/protocol/topics.ts'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import type { MachineInput } from '../engine/inputs.ts'
import { serverUsername } from './broker-rights.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from './embedded-broker-adapter.ts'
import { EmbeddedMachines } from './embedded-machines.ts'
import { MachineLink } from './machine-link-adapter.ts'
import type { Machines } from './port.ts'

const password = 'a password of servers'
const quiet = makeLog('test', { level: 'silent', write: () => {} })

let closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})

const broker = async (port = 0) => {
  const parts = { host: '127.0.0.1', port, serverPassword: password, tls: undefined, log: quiet }
  const started = await startEmbeddedBroker(parts)
  closing.push(() => started.close())
  return started
}

/** A started port with what it said, and a way to wait for more. */
function started<Port extends Machines>(link: Port, clock: ManualClock) {
  const heard: (MachineInput | 'up' | { down: string })[] = []
  const waiting: (() => void)[] = []
  const hear = (what: (typeof heard)[number]) => {
    heard.push(what)
    for (const wake of waiting.splice(0)) wake()
  }
  const until = async (count: number) => {
    while (heard.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    return heard
  }
  link.start({ receive: hear, up: () => hear('up'), down: ({ code }) => hear({ down: code }) })
  closing.push(() => link.stop())
  return { link, clock, heard, until }
}

function linkTo(url: string) {
  const clock = new ManualClock()
  const link = new MachineLink({
    url,
    clientId: 'server-1',
    username: serverUsername,
    password,
    tls: undefined,
    clock,
    random: systemRandom,
    reconnectCapMs: 60_000,
  })
  return started(link, clock)
}

function callsTo(broker: EmbeddedBroker) {
  const clock = new ManualClock()
  return started(new EmbeddedMachines(broker, clock), clock)
}

async function machineAt(url: string, automatonId: string, expected: number) {
  const client = await connectAsync(url, { clientId: automatonId, protocolVersion: 4, reconnectPeriod: 0 })
  closing.push(() => client.endAsync(true))
  const got: number[] = []
  const all = new Promise<number[]>((resolve) => {
    client.on('message', (_topic, bytes) => {
      if (got.push(JSON.parse(bytes.toString()).number) === expected) resolve(got)
    })
  })
  await client.subscribeAsync(downTopics(automatonId), { qos: 1 })
  return { client, all }
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

const ways: Record<string, (broker: EmbeddedBroker) => ReturnType<typeof started>> = {
  'as a client': ({ url }) => linkTo(url),
  'by calls': callsTo,
}

describe.each(Object.entries(ways))('%s', (_, openTo) => {
  const house = async () => {
    const own = await broker()
    return { url: own.url, open: () => openTo(own) }
  }

  test('messages arrive as what they are, twice when they are sent twice', async () => {
    const { url, open } = await house()
    const { until } = open()
    await until(1)
    const { client } = await machineAt(url, 'a-1', 1)
    const text = JSON.stringify({ instructionId: 'no uuid' })
    await client.publishAsync(upTopic('a-1', 'stored'), text, { qos: 1 })
    await client.publishAsync(upTopic('a-1', 'stored'), text, { qos: 1 })
    const [up, first, second] = await until(3)
    expect(up).toBe('up')
    expect(first).toMatchObject({ kind: 'machine', automatonId: 'a-1', type: 'malformed' })
    expect(second).toEqual(first)
  })

  test('200 instructions to each of two machines, none awaited: all arrive, in order', async () => {
    const { url, open } = await house()
    const { link, until } = open()
    await until(1)
    const machines = [await machineAt(url, 'a-1', 200), await machineAt(url, 'a-2', 200)]
    const sent = numbers(200).flatMap((number) => [
      link.send('a-1', 'instruction', { number }),
      link.send('a-2', number % 2 ? 'instruction' : 'stored', { number }),
    ])
    expect(new Set(await Promise.all(sent))).toEqual(new Set([true]))
    for (const { all } of machines) expect(await all).toEqual(numbers(200))
  })

  test('beyond its limit a queue refuses; what it took still arrives', async () => {
    const { open } = await house()
    const { link, until } = open()
    await until(1)
    const sent = await Promise.all(numbers(300).map((number) => link.send('a-1', 'stored', { number })))
    expect(sent.filter(Boolean)).toHaveLength(257)
    expect(sent.indexOf(false)).toBe(257)
    expect(await link.send('a-1', 'stored', {})).toBe(true)
  })

  test('what a machine said of its presence before is heard after up, once more', async () => {
    const { url, open } = await house()
    const { client } = await machineAt(url, 'a-1', 1)
    const retained = { qos: 1, retain: true } as const
    await client.publishAsync(presenceTopic('a-1'), 'odd', retained)
    await client.publishAsync(upTopic('a-1', 'stored'), 'missed', { qos: 1 })
    const { until } = open()
    const [up, presence] = await until(2)
    expect(up).toBe('up')
    expect(presence).toMatchObject({ automatonId: 'a-1', type: 'malformed', body: 'odd' })
    await client.publishAsync(presenceTopic('a-1'), 'again', retained)
    expect((await until(3))[2]).toMatchObject({ body: 'again' })
  })

  test('stopped, it hears and sends nothing more', async () => {
    const { open } = await house()
    const { link, clock, heard, until } = open()
    await until(1)
    await link.stop()
    expect(await link.send('a-1', 'stored', {})).toBe(false)
    expect(clock.pending).toBe(0)
    expect(heard).toEqual(['up'])
  })
})

test('a broker that restarts: said once, nothing is sent meanwhile, and everything works again', async () => {
  const first = await broker()
  const { link, clock, heard, until } = linkTo(first.url)
  await until(1)
  await first.close()
  expect((await until(2))[1]).toEqual({ down: 'broker-unreachable' })
  expect(await link.send('a-1', 'instruction', {})).toBe(false)
  await broker(first.port)
  while (heard.length < 3) await clock.advanceAsync(60_000)
  expect(heard).toEqual(['up', { down: 'broker-unreachable' }, 'up'])
  const { all } = await machineAt(first.url, 'a-1', 1)
  expect(await link.send('a-1', 'instruction', { number: 1 })).toBe(true)
  expect(await all).toEqual([1])
})

test('an outage is said once, however many attempts fail', async () => {
  const gone = await broker()
  await gone.close()
  const { clock, heard, until } = linkTo(gone.url)
  await until(1)
  for (let attempt = 0; attempt < 3; attempt++) {
    while (clock.pending === 0) await clock.advanceAsync(0)
    clock.advance(60_000)
  }
  expect(heard).toEqual([{ down: 'broker-unreachable' }])
})

test('a wrong password is an outage with a reason, not a crash', async () => {
  const { url } = await broker()
  const link = new MachineLink({
    url,
    clientId: 'server-1',
    username: serverUsername,
    password: 'guess',
    tls: undefined,
    clock: new ManualClock(),
    random: systemRandom,
    reconnectCapMs: 1_000,
  })
  closing.push(() => link.stop())
  const error = await new Promise<Error>((resolve) => {
    link.start({ receive: () => {}, up: () => {}, down: resolve })
  })
  expect(error.message).toMatch(/not authorized|5/i)
})

test('what is under way when the connection breaks is not sent, and nobody waits for ever', async () => {
  const published: string[] = []
  const deaf = await Aedes.createBroker({
    authorizePublish: (_client, { topic }) => void published.push(topic),
  })
  const server = createServer(deaf.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const { link, until } = linkTo(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await until(1)
  const sent = numbers(3).map((number) => link.send('a-1', 'instruction', { number }))
  while (published.length === 0) await new Promise(setImmediate)
  await new Promise<void>((resolve) => deaf.close(() => resolve()))
  expect(await Promise.all(sent)).toEqual([false, false, false])
  expect(published).toHaveLength(1)
})
