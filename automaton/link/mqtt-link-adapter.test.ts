// The link on a real broker over real sockets: what is said, what is heard, and what breaks.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { downTopic, presenceTopic, upTopic } from '@concilia/protocol/topics.ts'
import { Aedes } from 'aedes'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MqttLink } from './mqtt-link-adapter.ts'
import type { LinkEvent } from './port.ts'

const id = 'automaton-1'
const tls = { keyPem: 'none of these', chain: 'is looked at', rootPem: 'on a plain line' }
const will = { presence: 'lost', boot: 3 } as const

interface Heard {
  readonly topic: string
  readonly text: string
  readonly retain: boolean
}

/** A broker that keeps what it hears, and on which one can wait for the next of anything. */
class Bench {
  readonly heard: Heard[] = []
  readonly events: LinkEvent[] = []
  readonly sockets = new Set<Socket>()
  #waiting: (() => void)[] = []
  broker!: Aedes
  server!: Server
  port = 0

  async open(make: (handle: (socket: Socket) => void) => Server): Promise<void> {
    this.broker = await Aedes.createBroker()
    this.broker.on('publish', ({ topic, payload, retain }) => {
      if (/^concilia.*\/(up|state)\//.test(topic))
        this.#note(this.heard, { topic, text: payload.toString(), retain })
    })
    this.server = make((socket) => {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
      this.broker.handle(socket)
    })
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.port = (this.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.broker.close(() => resolve()))
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  hear = (event: LinkEvent) => this.#note(this.events, event)

  say(topic: string, text: string): void {
    this.broker.publish(
      { cmd: 'publish', topic, payload: Buffer.from(text), qos: 1, retain: false, dup: false },
      () => {},
    )
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #note<T>(list: T[], entry: T): void {
    list.push(entry)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

let bench: Bench
let link: MqttLink
beforeEach(async () => {
  bench = new Bench()
  await bench.open((handle) => createServer({ noDelay: true }, handle))
  link = new MqttLink({ url: `mqtt://127.0.0.1:${bench.port}`, automatonId: id, tls, connectMs: 2000 })
})
afterEach(async () => {
  await link.disconnect()
  await bench.close()
})

async function connected(): Promise<void> {
  const before = bench.events.length
  link.connect(will, bench.hear)
  await bench.until(() => bench.events.length > before)
  expect(bench.events.slice(before)).toEqual([{ type: 'connected' }])
}

describe('the MQTT link', () => {
  test('is heard under its own topics and hears its own', async () => {
    await connected()
    link.publish('birth', '{"a":1}')
    link.announce({ presence: 'online', boot: 3 })
    await bench.until(() => bench.heard.length === 2)
    expect(bench.heard).toEqual([
      { topic: upTopic(id, 'birth'), text: '{"a":1}', retain: false },
      { topic: presenceTopic(id), text: '{"presence":"online","boot":3}', retain: true },
    ])
    bench.say(downTopic('automaton-2', 'instruction'), 'not for us')
    bench.say(downTopic(id, 'instruction'), '{"é":1}')
    await bench.until(() => bench.events.length === 2)
    expect(bench.events[1]).toMatchObject({ type: 'received', channel: 'instruction' })
    const event = bench.events[1]
    expect(event?.type === 'received' && Buffer.from(event.bytes).toString()).toBe('{"é":1}')
  })

  test('keeps the order of what it is handed, and loses none', async () => {
    await connected()
    for (let index = 0; index < 200; index++) link.publish('offer', String(index))
    await bench.until(() => bench.heard.length === 200)
    expect(bench.heard.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 200 }, (_, index) => index),
    )
  })

  test('answers within a few milliseconds: no delayed acknowledgements', async () => {
    await connected()
    const began = performance.now()
    for (let round = 0; round < 20; round++) {
      link.publish('stored', String(round))
      await bench.until(() => bench.heard.length === round + 1)
      bench.say(downTopic(id, 'stored'), String(round))
      await bench.until(() => bench.events.length === round + 2)
    }
    expect((performance.now() - began) / 20).toBeLessThan(20)
  })

  test('a connection that breaks is lost once, and the broker says the will', async () => {
    await connected()
    for (const socket of bench.sockets) socket.destroy()
    await bench.until(() => bench.events.length === 2 && bench.heard.length === 1)
    expect(bench.events[1]).toMatchObject({
      type: 'lost',
      error: { code: 'broker-unreachable', retry: true },
    })
    expect(bench.heard).toEqual([
      { topic: presenceTopic(id), text: '{"presence":"lost","boot":3}', retain: true },
    ])
    link.publish('offer', 'into nothing')
    await connected()
    expect(bench.heard).toHaveLength(1)
  })

  test('ends in order after what it was handed, without a will and without a loss', async () => {
    await connected()
    for (let index = 0; index < 20; index++) link.publish('outcome', String(index))
    link.announce({ presence: 'asleep', boot: 3 })
    await link.disconnect()
    expect(bench.heard.map(({ text }) => text).slice(-2)).toEqual(['19', '{"presence":"asleep","boot":3}'])
    await connected()
    link.publish('birth', 'again')
    await bench.until(() => bench.heard.at(-1)?.text === 'again')
    expect(bench.events.filter(({ type }) => type === 'lost')).toEqual([])
    expect(bench.heard.some(({ text }) => text.includes('lost'))).toBe(false)
  })

  test('a broker that is not there is said in words that help', async () => {
    const { port } = bench
    await bench.close()
    link.connect(will, bench.hear)
    await bench.until(() => bench.events.length === 1)
    expect(bench.events).toMatchObject([
      {
        type: 'lost',
        error: {
          code: 'broker-unreachable',
          message: `The broker at mqtt://127.0.0.1:${port} cannot be reached (ECONNREFUSED).`,
          advice: expect.stringContaining('link.url'),
        },
      },
    ])
    await bench.open((handle) => createServer({ noDelay: true }, handle))
  })

  test('a broker that refuses us, or our topics, is a loss and not a silence', async () => {
    bench.broker.authenticate = (_client, _name, _password, done) => done(null, false)
    link.connect(will, bench.hear)
    await bench.until(() => bench.events.length === 1)
    bench.broker.authenticate = (_client, _name, _password, done) => done(null, true)
    bench.broker.authorizeSubscribe = (_client, _subscription, done) => done(null, null)
    link.connect(will, bench.hear)
    await bench.until(() => bench.events.length === 2)
    expect(bench.events.map(({ type }) => type)).toEqual(['lost', 'lost'])
  })

  test('a broker that says nothing at all is given up in time', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    link = new MqttLink({ url: `mqtt://127.0.0.1:${port}`, automatonId: id, tls, connectMs: 100 })
    link.connect(will, bench.hear)
    await bench.until(() => bench.events.length === 1)
    expect(bench.events[0]?.type).toBe('lost')
    silent.close()
  })

  test.each(['mqtt://broker.example:1883', 'mqtt://192.0.2.1:1883', 'ws://127.0.0.1:80'])(
    'refuses %s',
    (url) => {
      expect(() => new MqttLink({ url, automatonId: id, tls, connectMs: 1 })).toThrow(OperatingError)
    },
  )
})

test('over TLS it shows its certificate and trusts the one root', async () => {
  const at = Date.now()
  const [authority, stranger] = [await makeAuthority(at), await makeAuthority(at)]
  const server = await makeCredentials(
    authority,
    { id: 'server-1', role: 'relation-server', seller: 'acme', hosts: ['127.0.0.1'] },
    at,
  )
  const machine = await makeCredentials(authority, { id, role: 'automaton', seller: 'acme' }, at)
  const shown: string[] = []
  const secure = new Bench()
  await secure.open((handle) =>
    createTlsServer(
      { key: server.keyPem, cert: server.chainPem, ca: server.rootPem, requestCert: true, noDelay: true },
      (socket) => {
        shown.push(String(socket.getPeerCertificate().subject.CN))
        handle(socket)
      },
    ),
  )
  const url = `mqtts://127.0.0.1:${secure.port}`
  const files = { keyPem: machine.keyPem, chain: machine.chainPem, rootPem: machine.rootPem }
  const good = new MqttLink({ url, automatonId: id, tls: files, connectMs: 2000 })
  good.connect(will, secure.hear)
  await secure.until(() => secure.events.length === 1)
  expect([secure.events, shown]).toEqual([[{ type: 'connected' }], [id]])
  await good.disconnect()

  const misled = new MqttLink({
    url,
    automatonId: id,
    tls: { ...files, rootPem: stranger.rootPem },
    connectMs: 2000,
  })
  misled.connect(will, secure.hear)
  await secure.until(() => secure.events.length === 2)
  expect(secure.events[1]?.type).toBe('lost')
  await misled.disconnect()
  await secure.close()
})
