// The whole automaton on a machine that it controls: the sale by phone through the same chart and shell, its
// counters as audit data, and the end of the process at every one of its moments.
import { inconsistencies } from '@concilia/protocol/eva-dts/consistency.ts'
import { pictureOf } from '@concilia/protocol/eva-dts/picture.ts'
import { readEvaDts } from '@concilia/protocol/eva-dts/read.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
import { Automaton } from '../automaton.ts'
import { ScriptedServer } from '../scripted-server.ts'
import { enrol } from '../scripted-world.ts'
import { type BenchProcess, ControllerBench, log } from './controller-bench.ts'
import { TillSource } from './till-source.ts'

const identities = await enrol()

class Controlled {
  readonly kiosk = new ControllerBench()
  readonly server = new ScriptedServer(identities, () => this.kiosk.clock.now())

  constructor() {
    this.kiosk.begin = (process) => this.#automaton(process).start()
    this.kiosk.start()
    this.pass(4)
  }

  #automaton({ hardware, journal, clock, moment }: BenchProcess): Automaton {
    const { id: automatonId, seller, signer, chain, rootPem } = identities.automaton
    const named = { currency: 'EUR', machineNumber: '4021', reader: 'cashless2' } as const
    const audit = new TillSource({
      till: () => hardware.till,
      prices: () => hardware.prices,
      ...named,
      version: '1',
    })
    let drawn = this.kiosk.clock.monotonic()
    const random = {
      bytes: (length: number) => Uint8Array.from({ length }, (_, at) => (++drawn * 31 + at * 7) % 256),
    }
    return new Automaton(
      { hardware, link: this.server.link(moment), journal, audit, clock, random, log },
      {
        seller: { automatonId, machineNumber: '4021', seller, signer },
        identity: { version: '0.1.0', chain },
        configurationHash: 'hash',
        currency: 'EUR',
        reader: 'alwaysIdle',
        rootPem,
        linkMode: 'permanent',
        language: 'en',
        limits: defaultLimits,
        journalLimitBytes: 256 * 1024 * 1024,
        audit: { schedule: { everyHours: 24, timesOfDay: [] }, reader: 'cashless2' },
      },
    )
  }

  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.kiosk.guarded(() => this.server.pump())
      this.kiosk.pass(1000)
      this.kiosk.guarded(() => this.server.repeat())
      this.kiosk.guarded(() => this.server.pump())
    }
  }

  /** The sale that the buyer's key began, paid by phone. */
  pay(): void {
    const { lastSale, sales } = this.server
    if (sales.get(lastSale)?.offer) this.server.deliver(lastSale)
  }

  restart(): void {
    this.server.abandon()
    this.kiosk.killAt = Number.POSITIVE_INFINITY
    this.kiosk.start()
  }
}

test('a sale by phone, with a coin that comes back', () => {
  const controlled = new Controlled()
  const { kiosk, server } = controlled
  expect(kiosk.board.shown).toContain('4021')
  kiosk.insert(3)
  kiosk.press(12)
  controlled.pass(1)
  expect(server.offerOf(server.lastSale)).toMatchObject({ item: 12, amountMinor: 150 })
  controlled.pay()
  controlled.pass(8)
  expect(server.sales.get(server.lastSale)?.outcome).toMatchObject({ result: 'delivered' })
  expect([kiosk.board.dropped, kiosk.changer.tray]).toEqual([[12], 50])
})

test('sold for coins while the link is down, and the reading has it when the link is up', async () => {
  const controlled = new Controlled()
  const { kiosk, server } = controlled
  server.brokerUp = false
  server.cut()
  kiosk.insert(4, 3)
  kiosk.press(11)
  kiosk.pass(3000)
  kiosk.board.faults.push('interrupted')
  kiosk.insert(4, 3)
  kiosk.press(12)
  kiosk.pass(25_000)
  expect([kiosk.board.dropped, kiosk.changer.tray]).toEqual([[11, 12], 30 + 150])
  // What the reading is read by settles between two seconds.
  for (let second = 0; second < 90; second++) {
    server.brokerUp = second > 10
    if (second === 70) server.instruct({ kind: 'readAudit' })
    controlled.pass(1)
    await Promise.resolve()
  }
  const words = server.audits.flatMap((word) => (word.kind === 'audit' ? word : []))
  expect(words.at(-1)).toMatchObject({ source: 'controller', remarks: [] })
  expect(words.at(-1)?.counters).toMatchObject({
    paid: { number: 1, valueMinor: 120 },
    cash: { number: 1, valueMinor: 120 },
    cashless2: { number: 0, valueMinor: 0 },
    cashInMinor: 300,
    cashOutMinor: 180,
    products: [
      { product: '11', number: 1, by: { cash: { number: 1 } } },
      { product: '12', number: 0 },
    ],
    events: [{ code: 'ELA_U', number: 1 }],
  })
  const text = server.audits.flatMap((word) => (word.kind === 'auditText' ? word.text : [])).join('')
  const reading = readEvaDts(text.slice(text.lastIndexOf('DXS')))
  const { counters } = pictureOf(reading)
  expect(counters && inconsistencies(reading, counters)).toEqual([])
})

test('a price list of the server counts for what our own file sells', () => {
  const controlled = new Controlled()
  const { kiosk, server } = controlled
  const items = [
    { item: 12, label: 'Cola', amountMinor: 100 },
    { item: 13, label: 'No such motor', amountMinor: 90 },
  ]
  server.configure(1, { priceList: { currency: 'EUR', items } })
  controlled.pass(2)
  kiosk.insert(4)
  kiosk.press(12)
  kiosk.press(13)
  controlled.pass(3)
  expect([kiosk.board.dropped, kiosk.till.counters.coins]).toEqual([[12], { number: 1, valueMinor: 100 }])
})

test('a process that ends at any moment of a sale by phone: the server hears what fell, once', () => {
  const seen = new Set<string>()
  for (let killAt = 1, died = true; died; killAt++) {
    const controlled = new Controlled()
    const { kiosk, server } = controlled
    // The one before: what is known of its end must not be taken for that of the next.
    kiosk.press(11)
    controlled.pass(1)
    controlled.pay()
    controlled.pass(2)
    const first = server.lastSale
    expect(kiosk.board.dropped).toEqual([11])
    kiosk.insert(3)
    kiosk.moments = 0
    kiosk.killAt = killAt
    kiosk.press(12)
    controlled.pass(1)
    if (!kiosk.dead) controlled.pay()
    controlled.pass(2)
    died = kiosk.dead
    if (died) controlled.restart()
    controlled.pass(25)
    const second = server.lastSale === first ? undefined : server.sales.get(server.lastSale)
    const { offer, outcome, withdrawal } = second ?? {}
    const dropped = kiosk.board.dropped.length - 1
    // What is promised is delivered or has failed, and it is known which: nothing is in doubt here.
    if (outcome) expect(outcome.result).toBe(dropped === 1 ? 'delivered' : 'failed')
    else expect(dropped).toBe(0)
    expect(outcome !== undefined || withdrawal !== undefined).toBe(offer !== undefined)
    expect([kiosk.till.counters.phone.number, kiosk.till.creditMinor]).toEqual([dropped + 1, 0])
    expect(kiosk.changer.tray).toBe(50)
    seen.add(outcome?.result ?? (withdrawal ? 'withdrawn' : 'not begun'))
  }
  expect([...seen].sort()).toEqual(['delivered', 'failed', 'not begun', 'withdrawn'])
})
