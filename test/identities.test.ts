// What a machine's identity and its journal may turn out to be: damaged, copied, or another machine's word.
// Nothing is delivered on it, no money moves on it, a person is told, and the machine sells again once that
// person has decided.
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { partitionOf } from '@concilia/protocol/topics.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { OutsideBroker } from './outside-broker.ts'
import type { Story } from './story.ts'
import { twinAutomaton, twinJournal, twinMachine } from './twin-automaton.ts'

const { rich } = buyers
const id = ['--id', 'automaton-4021', '--who', 'operator', '--why', 'seen on site'] as const
const broker = new OutsideBroker()
let bench: Bench

beforeAll(async () => {
  await broker.start()
  bench = await Bench.open({ broker: broker.access })
})
afterAll(async () => {
  await bench?.close()
  await broker.kill()
})

const journal = () => join(bench.house.places.journals, 'automaton-4021.db')

async function machineIs(story: Story, words: RegExp): Promise<void> {
  await story.watch.untilTrue(`machine list says ${words}`, async () => {
    const line = (await bench.command('relation-server', 'machine', 'list'))
      .split('\n')
      .find((each) => each.includes('automaton-4021'))
    return words.test(line ?? '')
  })
}

async function sellsAgain(): Promise<void> {
  const story = await bench.begin()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
}

const damages: Record<string, (file: string) => void> = {
  truncated: (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
  flipped(file) {
    const bytes = readFileSync(file)
    // In the head of every page but the first, where its kind and the places of its rows stand.
    for (let page = 4096; page < bytes.length; page += 4096) bytes[page] = (bytes[page] ?? 0) ^ 0xff
    writeFileSync(file, bytes)
  },
}

test.each(Object.keys(damages))(
  'the journal is found %s in mid-sale: kept for a person, a new one begins',
  async (how) => {
    const story = await bench.begin()
    await story.choose('4021', 1)
    await story.pays(rich, '4021')
    await story.watch.step('ST52', 'automaton')
    const automaton = bench.program('automaton-4021')
    await automaton.stop()
    damages[how]?.(journal())
    await automaton.start()
    await story.watch.news(/journal could not be used and was set aside/)
    await machineIs(story, /waits for admission/)
    const kept = readdirSync(bench.house.places.journals).filter((name) => name.includes('set-aside'))
    expect(kept.length).toBeGreaterThan(0)
    await bench.command('relation-server', 'machine', 'admit', ...id)
    await story.endsInAgreement(rich, 'unknownClosed')
    await sellsAgain()
  },
)

test('a second automaton with the same certificate and a journal of its own never sells', async () => {
  const story = await bench.begin()
  const twin = await twinAutomaton(bench.house)
  try {
    await twin.start()
    await machineIs(story, /waits for admission/)
    await bench.house.simulator.call('press', { machine: twinMachine, item: 1 })
    await story.watch.machine(twinMachine, 'denied')
  } finally {
    await twin.stop()
  }
  rmSync(twinJournal(bench.house), { force: true })
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
})

test('a copied controller, journal and all, is behind the one that went on selling: it never sells', async () => {
  const story = await bench.begin()
  const automaton = bench.program('automaton-4021')
  await automaton.stop()
  copyFileSync(journal(), twinJournal(bench.house))
  await automaton.start()
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  await story.watch.step('ST7', 'relation server')
  await automaton.stop()
  const twin = await twinAutomaton(bench.house)
  await twin.start()
  try {
    const log = join(bench.house.places.log, 'automaton-4021-twin.log')
    await story.watch.untilTrue('the twin knows that it is one', async () =>
      readFileSync(log, 'utf8').includes('the server has more of this journal than is in it'),
    )
    await bench.house.simulator.call('press', { machine: twinMachine, item: 1 })
    await story.watch.machine(twinMachine, 'denied')
  } finally {
    await twin.stop()
  }
  await automaton.start()
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
  await sellsAgain()
})

test('a word that no program of ours would say is set aside for a person, and costs nobody a sale', async () => {
  const story = await bench.begin()
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`)
  const topic = `concilia/1/${partitionOf('automaton-4021')}/automaton-4021/up/outcome`
  await client.publishAsync(topic, JSON.stringify({ seq: 1, journalId: 'x', outcome: '\u0000' }), { qos: 1 })
  await client.publishAsync(topic, Buffer.from([0xff, 0xfe, 0x00]), { qos: 1 })
  await client.endAsync()
  const log = join(bench.house.places.log, 'relation-server.log')
  await story.watch.untilTrue('the operator is told, twice', async () => {
    const told = readFileSync(log, 'utf8').match(/an event of automaton-4021 is quarantined/g)
    return told?.length === 2
  })
  await story.choose('4021', 1)
  await story.pays(rich, '4021')
  // It waits for a session.
  await story.texts(rich, 'PAY 4022')
  await story.watch.machine('4022', 'sessionBegun')
  await story.choose('4022', 1)
  await story.texts(rich, `YES ${await story.readsPrice(rich)}`)
  await story.ends({ sales: ['settled', 'settled'], paid: { rich: 270 } })
})
