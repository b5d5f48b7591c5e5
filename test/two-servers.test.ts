// Two relation servers on one database and one broker: both hear every machine, one lock an input; either
// may be killed or stopped in time, and the other goes on with what it had begun.
import { buyers } from '@concilia/simulator/start/buyers.ts'
import type { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { OutsideBroker } from './outside-broker.ts'
import { secondServer } from './second-server.ts'
import type { Story } from './story.ts'
import { TcpProxy } from './tcp-proxy.ts'

const { rich, postpaid } = buyers
const broker = new OutsideBroker()
/** The gateway's way to the servers: to the first, or to the second. */
const phonesWire = new TcpProxy()
const ports = { first: 0, second: 0 }
let bench: Bench
let second: SupervisedProgram

beforeAll(async () => {
  await broker.start()
  const spare = new TcpProxy()
  ports.second = await spare.start(0)
  await spare.stop()
  bench = await Bench.open({
    brokerPort: broker.port,
    detour: async ({ serverHttp }) => {
      ports.first = serverHttp
      return { serverHttp: await phonesWire.start(serverHttp) }
    },
  })
  second = secondServer(bench.house, { httpPort: ports.second })
  await second.start()
})
afterAll(async () => {
  await second?.stop()
  await bench?.close()
  await Promise.all([phonesWire.stop(), broker.kill()])
})

/** The gateway hands what phones do to this server from now on. */
function phonesReach(which: keyof typeof ports): void {
  phonesWire.retarget(ports[which])
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
    const stop = bench.house.happenings.listen((each) => {
      if (each.kind !== 'step' || each.step !== step || !each.party.startsWith(teller)) return
      stop()
      first.kill()
      phonesReach('second')
    })
    await buys(story)
    await first.stop()
    await story.ends({ sales: ['settled'], paid: { rich: 150 } })
    await first.start()
  },
)

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
