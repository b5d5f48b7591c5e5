// The broker and the ways to it: sessions that take each other's place, last wills, what a deaf way swallows,
// what a fall forgets. Messages here are presences, the smallest that both ends know.
import type { LinkEvent } from '@concilia/automaton/link/port.ts'
import type { MachineInput } from '@concilia/relation-server/engine/inputs.ts'
import { expect, test } from 'vitest'
import { Broker } from './broker.ts'
import type { Observation } from './observations.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Timeline } from './timeline.ts'
import { Carriage, fairWeather } from './weather.ts'

const id = 'automaton-4021'
const lost = { presence: 'lost', boot: 1 } as const
const online = { presence: 'online', boot: 1 } as const
const right = { offsetMs: 0, rate: 1 }

function standing() {
  const timeline = new Timeline(1_000_000)
  const wire = new Carriage(
    timeline,
    new SeededRandom('wire'),
    () => fairWeather,
    () => {},
  )
  const seen: Observation[] = []
  const broker = new Broker(timeline, wire, (observation) => seen.push(observation))
  const process = (name: string) => new SimulatedProcess(name, timeline, right, () => {})
  const server = (name = 'server') => {
    const running = process(name)
    const heard: string[] = []
    const machines = broker.machinesOf(running, running)
    machines.start({
      receive: (input) => heard.push(describe(input)),
      up: () => heard.push('up'),
      down: () => heard.push('down'),
    })
    return { process: running, machines, heard }
  }
  const machine = () => {
    const running = process(id)
    const heard: string[] = []
    const link = broker.linkOf(running, id)
    const hear = (event: LinkEvent) =>
      heard.push(event.type === 'received' ? `${event.channel} ${Buffer.from(event.bytes)}` : event.type)
    return { process: running, link, heard, connect: () => link.connect(lost, hear) }
  }
  /** Lets a while go by. */
  const wait = (ms = 1_000) => timeline.run(timeline.monotonic() + ms)
  return { broker, server, machine, wait, seen }
}

function describe(input: MachineInput): string {
  return input.type === 'presence' ? input.presence.presence : input.type
}

test('what a machine says is heard by every server, what it is told by it alone', async () => {
  const { server, machine, wait, seen } = standing()
  const [one, two, it] = [server(), server('second'), machine()]
  it.connect()
  await wait()
  it.link.announce(online)
  const sent = one.machines.send(id, 'stored', { upTo: 1 })
  const astray = one.machines.send('automaton-4032', 'stored', { upTo: 1 })
  await wait()
  expect([one.heard, two.heard]).toEqual([
    ['up', 'online'],
    ['up', 'online'],
  ])
  expect(it.heard).toEqual(['connected', 'stored {"upTo":1}'])
  expect([await sent, await astray]).toEqual([true, true])
  expect(seen.filter(({ type }) => type === 'sent')).toHaveLength(2)
})

test('a process that ends is spoken for by its will, and hears no more', async () => {
  const { server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  it.process.kill()
  await wait()
  void one.machines.send(id, 'stored', {})
  await wait()
  expect([one.heard, it.heard]).toEqual([['up', 'lost'], ['connected']])
})

test('a disconnection in order leaves no will', async () => {
  const { server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  await it.link.disconnect()
  await wait()
  expect([one.heard, it.heard]).toEqual([['up'], ['connected']])
})

test('the newer connection of one machine takes the place of the older', async () => {
  const { server, machine, wait } = standing()
  const [one, it, twin] = [server(), machine(), machine()]
  it.connect()
  await wait()
  twin.connect()
  await wait()
  void one.machines.send(id, 'stored', {})
  await wait()
  expect([it.heard, twin.heard]).toEqual([
    ['connected', 'lost'],
    ['connected', 'stored {}'],
  ])
})

test('presence is kept for a server that comes later', async () => {
  const { server, machine, wait } = standing()
  const it = machine()
  it.connect()
  await wait()
  it.link.announce(online)
  await wait()
  const late = server()
  await wait()
  expect(late.heard).toEqual(['up', 'online'])
})

test('a cut way breaks the session at once, and cannot be connected until it is mended', async () => {
  const { broker, server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  broker.trouble(id, 'cut')
  it.connect()
  await wait()
  broker.mend(id)
  it.connect()
  await wait()
  expect(it.heard).toEqual(['connected', 'lost', 'lost', 'connected'])
  expect(one.heard).toEqual(['up', 'lost'])
})

test('a way that is deaf upwards swallows in silence until the keep-alive notices', async () => {
  const { broker, server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  broker.trouble(id, 'deafUp')
  it.link.announce(online)
  void one.machines.send(id, 'stored', {})
  await wait(20_000)
  expect([one.heard, it.heard]).toEqual([['up'], ['connected', 'stored {}']])
  await wait(10_000)
  expect(it.heard.at(-1)).toBe('lost')
})

test('a way that is deaf downwards swallows what the machine is told', async () => {
  const { broker, server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  broker.trouble(id, 'deafDown')
  it.link.announce(online)
  const sent = one.machines.send(id, 'stored', {})
  await wait()
  expect([one.heard, it.heard, await sent]).toEqual([['up', 'online'], ['connected'], true])
})

test('a broker that falls loses every connection, what was under way, and what it kept', async () => {
  const { broker, server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  it.link.announce(online)
  broker.fall(5_000)
  const sent = one.machines.send(id, 'stored', {})
  await wait(20_000)
  const late = server('late')
  await wait()
  expect(it.heard).toEqual(['connected', 'lost'])
  expect([one.heard, await sent]).toEqual([['up', 'down', 'up'], false])
  expect(late.heard).toEqual(['up'])
})

test('a forged yes is everything right but its signature', async () => {
  const { broker, server, machine, wait } = standing()
  const [one, it] = [server(), machine()]
  it.connect()
  await wait()
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const parts = [{ typ: 'acknowledgement' }, { offerHash: 'old', paymentId: 'p' }].map(part)
  const genuine = [...parts, 'signature'].join('.')
  void one.machines.send(id, 'instruction', { acknowledgement: genuine })
  const saleId = '00000000-0000-4000-8000-000000000000'
  it.link.publish(
    'offer',
    JSON.stringify({ saleId, offer: JSON.stringify({ amountMinor: 150, currency: 'EUR' }) }),
  )
  broker.forge(id, 'madeUp')
  await wait()
  const { acknowledgement } = JSON.parse(it.heard.at(-1)?.replace('instruction ', '') ?? '')
  const [, payload = '', signature] = acknowledgement.split('.')
  const claimed = JSON.parse(Buffer.from(payload, 'base64url').toString())
  expect([claimed.amountMinor, claimed.paymentId, signature]).toEqual([150, 'p', 'signature'])
  expect(claimed.offerHash).not.toBe('old')
})
