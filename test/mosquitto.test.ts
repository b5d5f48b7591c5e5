// Mosquitto in the place of the embedded broker, configured as deployers are told to: certificates for
// machines, certificate and password for servers, rights by lists. Sales go through it, and nobody gets at
// what is not theirs.
import { rmSync } from 'node:fs'
import { issue } from '@concilia/platform/enrolment.ts'
import { readIdentity } from '@concilia/platform/identity.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { downTopic, downTopics, presenceTopic, upTopic } from '@concilia/protocol/topics.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { Mosquitto, mosquittoIsMissing } from './mosquitto.ts'

const missing = mosquittoIsMissing()
if (missing) test('Mosquitto as the broker', ({ skip }) => skip(`not tried: ${missing}`))
else describe('Mosquitto as the broker', withMosquitto)

function withMosquitto() {
  const { rich, postpaid } = buyers
  const data = temporaryData()
  let broker: Mosquitto
  let bench: Bench
  let closing: MqttClient[] = []

  beforeAll(async () => {
    broker = await Mosquitto.prepare(data)
    await broker.start()
    bench = await Bench.open({ data, broker: broker.access })
  })
  afterEach(async () => {
    await Promise.all(closing.map((client) => client.endAsync(true)))
    closing = []
  })
  afterAll(async () => {
    await bench?.close()
    await broker?.kill()
    rmSync(data, { recursive: true, force: true })
  })

  /** With the certificate of this party; `options` may claim what they like. */
  async function client(url: string, id: string, options: IClientOptions = {}): Promise<MqttClient> {
    const role = id.startsWith('automaton') ? 'automaton' : 'relation-server'
    const place = await issue(broker.certificates, { id, role, seller: '' }, systemClock.now())
    const { keyPem: key, chain: cert, rootPem: ca } = readIdentity(place)
    const all = { protocolVersion: 4, reconnectPeriod: 0, key, cert, ca, ...options } as const
    const connected = await connectAsync(url, all, false)
    closing.push(connected)
    return connected
  }
  const machine = (id: string, options?: IClientOptions) => client(broker.access.machines, id, options)
  const server = ({ username = 'relation-server', password = broker.password }: IClientOptions = {}) =>
    client(broker.access.servers.brokerUrl, 'relation-server-2', { username, password })

  test('sells by text and by dialogue, in sessions and without', async () => {
    const story = await bench.begin()
    await story.choose('4021', 1)
    await story.pays(rich, '4021')
    await story.reads(rich, /^Paid 1\.50 EUR/)
    await story.texts(postpaid, 'PAY 4022')
    await story.reads(postpaid, /^Choose your item/)
    await story.choose('4022', 1)
    await story.texts(postpaid, `YES ${await story.readsPrice(postpaid)}`)
    await story.ends({ sales: ['settled', 'settled'], paid: { rich: 150, postpaid: 120 } })
  })

  test('killed while a machine delivers: the outcome comes over the next one', async () => {
    const story = await bench.begin()
    await story.choose('4021', 1)
    await story.pays(rich, '4021')
    await story.watch.step('ST52', 'automaton')
    await broker.kill()
    await story.watch.step('ST6', 'automaton')
    await broker.start()
    await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  })

  test('a machine writes and reads its own topics and no others, whatever it calls itself', async () => {
    const heard: string[] = []
    const listener = await server()
    listener.on('message', (topic) => heard.push(topic))
    const last = Promise.withResolvers<void>()
    listener.on('message', (_, bytes) => bytes.toString() === 'last' && last.resolve())
    await listener.subscribeAsync(['concilia/1/+/+/up/+', 'concilia/1/+/+/state/presence'], { qos: 1 })
    const [own, foreign] = ['automaton-1', 'automaton-2'] as const
    const reader = await machine(foreign, { clientId: foreign })
    const read: string[] = []
    reader.on('message', (topic) => read.push(topic))
    await reader.subscribeAsync(downTopics(foreign), { qos: 1 })
    // Were it taken at its word, it would be the other one, and oust it.
    const claims = await machine(own, { clientId: foreign, username: foreign })
    await claims.subscribeAsync([downTopics(foreign), 'concilia/1/#', '#'], { qos: 1 })
    claims.on('message', (topic) => read.push(topic))
    const notIts = [upTopic(foreign, 'offer'), presenceTopic(foreign), downTopic(foreign, 'instruction')]
    for (const topic of [...notIts, downTopic(own, 'instruction')])
      await claims.publishAsync(topic, 'x', { qos: 1 })
    await listener.publishAsync(downTopic(foreign, 'instruction'), 'for the other', { qos: 1 })
    await claims.publishAsync(presenceTopic(own), 'first', { qos: 1 })
    await claims.publishAsync(upTopic(own, 'offer'), 'last', { qos: 1 })
    await last.promise
    const ofTheTwo = heard.filter((topic) => /automaton-[12]\//.test(topic))
    expect(ofTheTwo).toEqual([presenceTopic(own), upTopic(own, 'offer')])
    expect(reader.connected).toBe(true)
    // What the reader reads next shows that it was read before by nobody else.
    const ended = Promise.withResolvers<void>()
    reader.on('message', (_, bytes) => bytes.toString() === 'end' && ended.resolve())
    await listener.publishAsync(downTopic(foreign, 'stored'), 'end', { qos: 1 })
    await ended.promise
    expect(read).toEqual([downTopic(foreign, 'instruction'), downTopic(foreign, 'stored')])
  })

  test('nobody enters with the wrong password, without a certificate, or in the clear', async () => {
    await expect(server({ password: 'another' })).rejects.toThrow(/Not authorized/)
    await expect(server({ username: 'automaton-1' })).rejects.toThrow(/Not authorized/)
    const nobody = { key: undefined, cert: undefined } as unknown as IClientOptions
    await expect(machine('automaton-1', nobody)).rejects.toThrow()
    await expect(machine('automaton-1', { ca: undefined } as unknown as IClientOptions)).rejects.toThrow(
      /certificate/,
    )
    const clear = broker.access.machines.replace('mqtts:', 'mqtt:')
    await expect(connectAsync(clear, { reconnectPeriod: 0, connectTimeout: 5000 }, false)).rejects.toThrow()
  })
}
