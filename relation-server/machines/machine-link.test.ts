// The server's link to machines, with the real embedded broker and a machine of the real `mqtt` client.

import { type AddressInfo, createServer } from 'node:net'
import { makeLog } from '@concilia/platform/log.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { downTopics, upTopic } from '@concilia/protocol/topics.ts'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import type { MachineInput } from '../engine/inputs.ts'
import { serverUsername } from './broker-rights.ts'
import { startEmbeddedBroker } from './embedded-broker-adapter.ts'
import { MachineLink } from './machine-link-adapter.ts'

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

/** A started link with what it said, and a way to wait for more. */
function linkTo(url: string, clock = new ManualClock()) {
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
  link.start({ receive: hear, up: () => hear('up'), down: ({ code }) => hear({ down: code }) })
  closing.push(() => link.stop())
  return { link, clock, heard, until }
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

test('messages arrive as what they are, twice when they are sent twice', async () => {
  const { url } = await broker()
  const { until } = linkTo(url)
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
  const { url } = await broker()
  const { link, until } = linkTo(url)
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
  const { url } = await broker()
  const { link, until } = linkTo(url)
  await until(1)
  const sent = await Promise.all(numbers(300).map((number) => link.send('a-1', 'stored', { number })))
  expect(sent.filter(Boolean)).toHaveLength(257)
  expect(sent.indexOf(false)).toBe(257)
  expect(await link.send('a-1', 'stored', {})).toBe(true)
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

test('stopped, it hears and sends nothing more', async () => {
  const { url } = await broker()
  const { link, clock, heard, until } = linkTo(url)
  await until(1)
  await link.stop()
  expect(await link.send('a-1', 'stored', {})).toBe(false)
  expect(clock.pending).toBe(0)
  expect(heard).toEqual(['up'])
})
