// The embedded broker with real MQTT clients, plain and over TLS. That something is not passed on is shown by
// what the same client publishes next: a client's messages keep their order.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issue } from '@concilia/platform/enrolment.ts'
import { type Identity, readIdentity } from '@concilia/platform/identity.ts'
import { type Log, makeLog } from '@concilia/platform/log.ts'
import { downTopic, partitionOf, presenceTopic, topicBase, upTopic } from '@concilia/protocol/topics.ts'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serverUsername } from './broker-rights.ts'
import {
  type EmbeddedBroker,
  type EmbeddedBrokerParts,
  startEmbeddedBroker,
} from './embedded-broker-adapter.ts'

const serverPassword = 'a password of servers'

let closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})

async function broker(
  parts: Partial<EmbeddedBrokerParts> = {},
): Promise<EmbeddedBroker & { lines: string[] }> {
  const lines: string[] = []
  const log: Log = makeLog('test', { write: (line) => lines.push(line) })
  const started = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    serverPassword,
    tls: undefined,
    log,
    ...parts,
  })
  closing.push(() => started.close())
  return { ...started, lines }
}

async function client(url: string, options: IClientOptions): Promise<MqttClient> {
  const connected = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false)
  closing.push(() => connected.endAsync(true))
  return connected
}

const machine = (url: string, clientId: string, options: IClientOptions = {}) =>
  client(url, { clientId, username: clientId, ...options })

/** A relation server that hears every machine. */
async function server(url: string, options: IClientOptions = {}) {
  const connected = await client(url, {
    clientId: 'server-1',
    username: serverUsername,
    password: serverPassword,
    ...options,
  })
  const heard: string[] = []
  const waiting: (() => void)[] = []
  connected.on('message', (topic, bytes) => {
    heard.push(`${topic} ${bytes}`)
    for (const wake of waiting.splice(0)) wake()
  })
  const until = async (line: string): Promise<string[]> => {
    while (!heard.includes(line)) await new Promise<void>((resolve) => waiting.push(resolve))
    return heard
  }
  await connected.subscribeAsync(['concilia/1/+/+/up/+', 'concilia/1/+/+/state/presence'], { qos: 1 })
  return { connected, until }
}

const own = upTopic('a-1', 'offer')
const foreignTopics = [
  upTopic('a-2', 'offer'),
  presenceTopic('a-2'),
  downTopic('a-2', 'instruction'),
  downTopic('a-1', 'instruction'),
  `concilia/1/${(partitionOf('a-1') + 1) % 64}/a-1/up/offer`,
  '$SYS/broker/uptime',
  'concilia/refused',
]

describe('rights', () => {
  test('what a machine publishes elsewhere is passed on to nobody, and it stays connected', async () => {
    const { url, lines } = await broker()
    const { until } = await server(url)
    const a2 = await machine(url, 'a-2')
    const strayed: string[] = []
    a2.on('message', (topic) => strayed.push(topic))
    await a2.subscribeAsync(`${topicBase('a-2')}/down/+`, { qos: 1 })
    const a1 = await machine(url, 'a-1')
    for (const topic of foreignTopics) await a1.publishAsync(topic, 'stray', { qos: 1, retain: true })
    await a1.publishAsync(own, 'mine', { qos: 1 })
    expect(await until(`${own} mine`)).toEqual([`${own} mine`])
    expect(strayed).toEqual([])
    expect(lines.filter((line) => line.includes('outside its own topics'))).toHaveLength(1)
    const later = await server(url, { clientId: 'server-2' })
    await a1.publishAsync(own, 'again', { qos: 1 })
    expect(await later.until(`${own} again`)).toEqual([`${own} again`])
  })

  test('a foreign will is not passed on, its own is', async () => {
    const { url } = await broker()
    const { until } = await server(url)
    const foreign = {
      topic: presenceTopic('a-2'),
      payload: Buffer.from('foreign'),
      qos: 1,
      retain: true,
    } as const
    const mine = { ...foreign, payload: Buffer.from('lost') }
    const a1 = await machine(url, 'a-1', { will: foreign })
    a1.stream.destroy()
    const a2 = await machine(url, 'a-2', { will: mine })
    a2.stream.destroy()
    expect(await until(`${presenceTopic('a-2')} lost`)).toEqual([`${presenceTopic('a-2')} lost`])
  })

  test('a machine reads its own and is refused everything else', async () => {
    const { url } = await broker()
    const a1 = await machine(url, 'a-1')
    const refused = ['#', '+/#', '$SYS/#', `${topicBase('a-1')}/#`, `${topicBase('a-2')}/down/+`]
    refused.push('concilia/1/+/a-1/down/+', 'concilia/1/+/+/up/+', 'concilia/refused')
    for (const filter of refused) {
      await expect(a1.subscribeAsync(filter, { qos: 1 }), filter).rejects.toThrow()
    }
    const received = new Promise<string>((resolve) => {
      a1.on('message', (topic, bytes) => resolve(`${topic} ${bytes}`))
    })
    await a1.subscribeAsync(`${topicBase('a-1')}/down/+`, { qos: 1 })
    const { connected } = await server(url)
    await connected.publishAsync(downTopic('a-1', 'instruction'), 'deliver', { qos: 1 })
    expect(await received).toBe(`${downTopic('a-1', 'instruction')} deliver`)
  })

  test('presence is retained, an offer is not', async () => {
    const { url } = await broker()
    const a1 = await machine(url, 'a-1')
    await a1.publishAsync(own, 'offer', { qos: 1, retain: true })
    await a1.publishAsync(presenceTopic('a-1'), 'online', { qos: 1, retain: true })
    const { until } = await server(url)
    await until(`${presenceTopic('a-1')} online`)
    await a1.publishAsync(own, 'next', { qos: 1 })
    expect(await until(`${own} next`)).toEqual([`${presenceTopic('a-1')} online`, `${own} next`])
  })

  test.each([
    ['a server with another password', { clientId: 's', username: serverUsername, password: 'guess' }],
    ['a server without a password', { clientId: 's', username: serverUsername }],
    ['a machine under two names', { clientId: 'a-1', username: 'a-2' }],
    ['a name that is none', { clientId: 'A/1' }],
    ['a session to be kept', { clientId: 'a-1', clean: false }],
  ])('%s is not let in', async (_name, options) => {
    const { url } = await broker()
    await expect(client(url, options)).rejects.toThrow(/Not authorized/i)
  })
})

test('the receipt for what a machine says leaves with our next word to it, or alone', async () => {
  const { url, hear, publish } = await broker()
  const own = downTopic('a-1', 'stored')
  hear(
    (topic) => void (topic === upTopic('a-1', 'offer') && publish(own, 'both in one')),
    () => {},
  )
  const a1 = await machine(url, 'a-1')
  await a1.subscribeAsync(own, { qos: 1 })
  const packets: string[] = []
  a1.stream.on('data', (bytes: Buffer) => packets.push(bytes.toString('latin1')))
  await a1.publishAsync(upTopic('a-1', 'offer'), 'an offer', { qos: 1 })
  expect(packets).toEqual([expect.stringMatching(/^\x40\x02..\x32.*both in one$/s)])
  await a1.publishAsync(upTopic('a-1', 'outcome'), 'an outcome', { qos: 1 })
  expect(packets).toEqual([packets[0], expect.stringMatching(/^\x40\x02..$/s)])
})

test('a port that is taken, an address that is not here', async () => {
  const { port } = await broker()
  await expect(broker({ port })).rejects.toMatchObject({ code: 'broker-port-taken' })
  await expect(broker({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'broker-cannot-listen' })
})

describe('over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'broker-'))
  const at = Date.now() - 60_000
  const identities = new Map<string, Identity>()
  const credentials = (name: string): IClientOptions => {
    const identity = identities.get(name)
    return {
      key: identity?.keyPem,
      cert: identity?.chain,
      ca: identities.get('server')?.rootPem,
    } as IClientOptions
  }

  beforeAll(async () => {
    const enrol = async (name: string, where: string, subject: Parameters<typeof issue>[1]) =>
      identities.set(name, readIdentity(await issue(join(folder, where), subject, at)))
    const hosts = ['localhost', '127.0.0.1']
    await enrol('server', 'ours', { id: 'server-1', role: 'relation-server', seller: 'dupont', hosts })
    await enrol('a-1', 'ours', { id: 'a-1', role: 'automaton', seller: 'dupont' })
    await enrol('stranger', 'theirs', { id: 'a-1', role: 'automaton', seller: 'dupont' })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const tlsBroker = async () => {
    const identity = identities.get('server')
    if (!identity) throw new Error('enrolled above')
    const { port, lines } = await broker({ tls: identity })
    return { url: `mqtts://127.0.0.1:${port}`, port, lines }
  }

  test('a machine and a server with their certificates', async () => {
    const { url } = await tlsBroker()
    const { until } = await server(url, credentials('server'))
    const a1 = await machine(url, 'a-1', credentials('a-1'))
    await a1.publishAsync(own, 'mine', { qos: 1 })
    expect(await until(`${own} mine`)).toEqual([`${own} mine`])
  })

  test('closing waits for nobody who has not said who they are', { timeout: 5_000 }, async () => {
    const started = await broker({ tls: identities.get('server') })
    const silent = connect(started.port, '127.0.0.1').resume()
    await once(silent, 'connect')
    const gone = once(silent, 'close')
    // Not once more after the test.
    const closed = started.close()
    closing.pop()
    await Promise.all([gone, closed])
  })

  test('nobody else', async () => {
    const { url, port, lines } = await tlsBroker()
    await expect(machine(url, 'a-2', credentials('a-1'))).rejects.toThrow(/Not authorized/i)
    await expect(server(url, credentials('a-1'))).rejects.toThrow(/Not authorized/i)
    await expect(machine(url, 'a-1', credentials('stranger'))).rejects.toThrow()
    await expect(machine(url, 'a-1', { ca: identities.get('server')?.rootPem ?? '' })).rejects.toThrow()
    await expect(machine(`mqtt://127.0.0.1:${port}`, 'a-1')).rejects.toThrow()
    expect(lines.some((line) => line.includes('a TLS connection was refused'))).toBe(true)
  })
})
