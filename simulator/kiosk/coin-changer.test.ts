// The simulated coin changer as whoever is master of it finds it, over both bridges: its words agree with
// where the coins lie, as far as no fault makes them differ, and no coin is ever lost.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { busText } from '@concilia/protocol/mdb/bus.ts'
import type { ChangerAnswer } from '@concilia/protocol/mdb/coin-changer.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Wire } from '../wire.ts'
import { type ChangerFault, changerFaults } from './changer-faults.ts'
import type { ChangerSettings } from './changer-settings.ts'
import { coinPlaces } from './coin-places.ts'
import { Kiosk, type KioskEvent, usualKiosk } from './kiosk.ts'
import { type Heard, SmallMaster } from './small-master.ts'

const bridges = ['qibixx', 'raw'] as const
const all = 0xffff
const noLine = { write() {}, plug() {}, unplug() {} }

class Bench {
  readonly clock = new ManualClock()
  readonly wire = new Wire(this.clock, 1, (bytes) => this.kiosk.receive('changer', bytes))
  readonly seen: KioskEvent[] = []
  readonly kiosk: Kiosk
  readonly master: SmallMaster

  constructor(bridge: (typeof bridges)[number], changer: Partial<ChangerSettings> = {}) {
    const usual = usualKiosk('EUR', [1])
    const settings = { ...usual, bridge, changer: { ...usual.changer, ...changer } }
    const lines = { changer: this.wire, board: noLine }
    this.kiosk = new Kiosk(settings, this.clock, lines, (event) => this.seen.push(event))
    this.master = new SmallMaster(this.clock, this.wire, bridge)
  }

  get changer() {
    return this.kiosk.changer
  }

  /** Brought up as MDB 4.2, 5 has it; every coin accepted, every option enabled. */
  up(): this {
    expect(this.master.ask({ name: 'reset' })).toBe('ack')
    expect(this.master.poll()).toEqual([{ name: 'status', status: 0x0b }])
    if (this.changer.settings.level === 3) this.master.ask({ name: 'featureEnable', options: 0xf })
    this.master.ask({ name: 'coinType', accept: all, dispenseByHand: all })
    this.clock.advance(500)
    return this
  }

  tubes(): readonly number[] {
    const [tubes] = this.master.ask({ name: 'tubeStatus' }) as ChangerAnswer[]
    if (tubes?.name !== 'tubes') throw new Error('no tube status')
    return tubes.counts
  }

  there(): readonly number[] {
    return this.changer.places.counts.tube
  }
}

function paidIn(heard: Heard): number {
  const [first] = typeof heard === 'string' ? [] : heard
  return first?.name === 'paidValue' ? first.value : 0
}

const status = (code: number) => ({ name: 'status', status: code })

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  test('it says who it is and what it has, in the form of the standard', () => {
    const bench = new Bench(bridge)
    const { master } = bench
    expect(master.poll()).toEqual([status(0x0b)])
    expect(master.poll()).toEqual([])
    expect(master.ask({ name: 'setup' })).toMatchObject([
      { level: 3, currency: '1978', scale: 5, decimals: 2, routing: 0x1f, credits: [1, 2, 4, 10, 20, 40] },
    ])
    expect(master.ask({ name: 'expansionId' })).toMatchObject([{ maker: 'SIM', options: 3 }])
    expect(master.ask({ name: 'diagnosticStatus' })).toBe('silence')
    expect(master.ask({ name: 'featureEnable', options: 2 })).toBe('ack')
    expect(master.ask({ name: 'tubeStatus' })).toBe('silence')
    bench.clock.advance(500)
    expect(master.ask({ name: 'tubeStatus' })).toEqual([
      { name: 'tubes', full: 0, counts: [40, 20, 10, 5, 2, 0] },
    ])
    expect(master.ask({ name: 'diagnosticStatus' })).toMatchObject([{ pairs: [[0x06, 0]] }])
    master.ask({ name: 'coinType', accept: all, dispenseByHand: 0 })
    expect(master.ask({ name: 'diagnosticStatus' })).toMatchObject([{ pairs: [[0x03, 0]] }])
    expect(master.ask({ name: 'diagnostics', data: [1, 2] })).toEqual([{ name: 'makerData', data: [1, 2] }])
  })

  test('one of level 2 knows no expansion', () => {
    const { master } = new Bench(bridge, { level: 2 }).up()
    expect(master.ask({ name: 'expansionId' })).toBe('silence')
    expect(master.ask({ name: 'payout', value: 2 })).toBe('silence')
  })

  test('coins go to tubes, past full ones to the cash box, and back where they are not wanted', () => {
    const coins = [{ valueMinor: 50, tube: { holds: 1, capacity: 2 } }, { valueMinor: 200 }] as const
    const bench = new Bench(bridge, { coins }).up()
    for (const type of [0, 0, 1]) bench.changer.insert(type)
    expect(bench.master.poll()).toEqual([
      { name: 'deposited', routing: 1, type: 0, inTube: 2 },
      { name: 'deposited', routing: 0, type: 0, inTube: 2 },
      { name: 'deposited', routing: 0, type: 1, inTube: 0 },
    ])
    expect(bench.master.ask({ name: 'tubeStatus' })).toMatchObject([{ full: 1, counts: [2, 0] }])
    bench.master.ask({ name: 'coinType', accept: 1, dispenseByHand: 0 })
    bench.changer.insert(1)
    bench.changer.insertSlug()
    bench.changer.pushLever()
    const rejected = { name: 'deposited', routing: 3, type: 1, inTube: 0 }
    expect(bench.master.poll()).toEqual([rejected, { name: 'slugs', count: 1 }, status(0x01)])
    expect(bench.changer.places.counts).toMatchObject({ tube: [2, 0], cashBox: [1, 1], tray: [0, 1] })
  })

  test('it reports no more than a block takes, and the rest at the next poll', () => {
    const bench = new Bench(bridge).up()
    for (let coin = 0; coin < 12; coin++) bench.changer.insert(0)
    expect([bench.master.poll().length, bench.master.poll().length, bench.master.poll().length]).toEqual([
      8, 4, 0,
    ])
  })

  test.each([false, true])('coins are paid one after the other (silent meanwhile: %s)', (silentPayout) => {
    const bench = new Bench(bridge, { silentPayout }).up()
    expect(bench.master.ask({ name: 'dispense', coins: { count: 3, type: 2 } })).toBe('ack')
    if (silentPayout) expect(bench.master.ask({ name: 'poll' })).toBe('silence')
    else expect(bench.master.poll()).toEqual([status(0x02)])
    // A second one is not begun, and not acknowledged.
    expect(bench.master.ask({ name: 'dispense', coins: { count: 1, type: 0 } })).toBe('silence')
    bench.changer.insert(5)
    bench.clock.advance(300)
    expect(bench.master.ask({ name: 'poll' })).not.toBe('silence')
    expect(bench.changer.places.of('tray', 2)).toBe(3)
    expect(bench.changer.places.of('tray', 5)).toBe(1)
    expect(bench.tubes()).toEqual([40, 20, 7, 5, 2, 0])
  })

  test('by value it chooses the coins, says what it has paid so far, and which coins they were', () => {
    const { master, clock, kiosk } = new Bench(bridge).up()
    expect(master.ask({ name: 'payout', value: 27 })).toBe('ack')
    expect(master.ask({ name: 'payoutStatus' })).toBe('ack')
    clock.advance(100)
    const heard = master.ask({ name: 'payoutValuePoll' })
    clock.advance(500)
    const rest = master.ask({ name: 'payoutValuePoll' })
    const values = [heard, rest].map((each) => paidIn(each))
    expect(values[0]).toBeGreaterThan(0)
    expect(values[1]).toBeGreaterThan(0)
    expect(values.reduce((sum, value) => sum + value)).toBe(27)
    expect(master.ask({ name: 'payoutValuePoll' })).toBe('ack')
    expect(master.ask({ name: 'payoutStatus' })).toMatchObject([{ counts: [1, 1, 1, 0, 1, 0] }])
    expect(master.ask({ name: 'payoutStatus' })).toMatchObject([{ counts: [0, 0, 0, 0, 0, 0] }])
    expect(kiosk.worth('tray')).toBe(135)
  })

  test('by value it pays as far as its coins go', () => {
    const coins = [{ valueMinor: 50, tube: { holds: 2, capacity: 60 } }] as const
    const { master, clock, kiosk } = new Bench(bridge, { coins }).up()
    expect(master.ask({ name: 'payout', value: 40 })).toBe('ack')
    clock.advance(500)
    expect(master.ask({ name: 'payoutStatus' })).toMatchObject([{ counts: [2] }])
    expect(kiosk.worth('tray')).toBe(100)
  })

  test('a jam in mid-payout: what fell fell, the tube pays no more until it is mended', () => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add('payoutJam', 2)
    bench.master.ask({ name: 'dispense', coins: { count: 5, type: 0 } })
    bench.clock.advance(600)
    expect(bench.master.poll()).toEqual([status(0x07)])
    expect(bench.tubes()[0]).toBe(38)
    expect(bench.master.ask({ name: 'diagnosticStatus' })).toMatchObject([{ pairs: [[0x14, 0]] }])
    bench.master.ask({ name: 'dispense', coins: { count: 1, type: 0 } })
    bench.clock.advance(200)
    expect(bench.master.poll()).toEqual([status(0x07)])
    bench.changer.mend()
    bench.master.ask({ name: 'dispense', coins: { count: 1, type: 0 } })
    bench.clock.advance(200)
    expect(bench.changer.places.of('tray', 0)).toBe(3)
  })

  test.each(['resetInPayout', 'powerCutInPayout'] as const)('%s: it forgets, its counts remain', (fault) => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add(fault, 2)
    bench.master.ask({ name: 'dispense', coins: { count: 5, type: 0 } })
    bench.clock.advance(310)
    expect(bench.master.ask({ name: 'poll' })).toBe('silence')
    bench.changer.restorePower()
    bench.clock.advance(600)
    expect(bench.master.poll()).toEqual([status(0x0b)])
    expect(bench.tubes()[0]).toBe(38)
    expect(bench.changer.places.of('tray', 0)).toBe(2)
    // Everything is off again.
    bench.changer.insert(0)
    expect(bench.master.poll()).toMatchObject([{ name: 'deposited', routing: 3 }])
  })

  test.each<[ChangerFault, number]>([
    ['losePayoutAnswer', 2],
    ['loseAnswer', 2],
    ['late', 2],
    ['deafToPayout', 0],
    ['deaf', 0],
    ['nak', 0],
  ])('%s: silence to a command to pay, %i coins fell', (fault, fell) => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add(fault)
    expect(bench.master.ask({ name: 'dispense', coins: { count: 2, type: 1 } })).toBe('silence')
    bench.clock.advance(500)
    expect(bench.changer.places.of('tray', 1)).toBe(fell)
    expect(bench.tubes()[1]).toBe(20 - fell)
  })

  test('data whose acknowledgement it did not hear is said again; one coin it was', () => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add('missAcknowledgement')
    bench.changer.insert(3)
    const coin = { name: 'deposited', routing: 1, type: 3, inTube: 6 }
    expect([bench.master.poll(), bench.master.poll(), bench.master.poll()]).toEqual([[coin], [coin], []])
    expect(bench.there()[3]).toBe(6)
  })

  test('data that comes garbled is kept', () => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add('badChecksum')
    bench.changer.insert(3)
    const first = bench.master.ask({ name: 'poll' })
    if (bridge === 'qibixx') expect(first).toBe('silence')
    else expect(first).toBe('unreadable')
    expect(bench.master.poll()).toMatchObject([{ name: 'deposited', type: 3 }])
  })

  test.each<
    [ChangerFault, readonly object[], Partial<Record<'tube' | 'cashBox' | 'tray' | 'stuck', number>>]
  >([
    ['noCredit', [status(0x03)], { tray: 1 }],
    ['doubleArrival', [status(0x05)], { tray: 2 }],
    ['routingError', [status(0x09), { name: 'deposited', routing: 0, type: 3, inTube: 5 }], { cashBox: 1 }],
    ['coinJam', [status(0x0c)], { stuck: 1 }],
    ['coinRemoved', [{ name: 'deposited', routing: 0, type: 3, inTube: 5 }, status(0x0d)], { tray: 1 }],
  ])('%s with a coin', (fault, reports, where) => {
    const bench = new Bench(bridge).up()
    bench.changer.faults.add(fault)
    bench.changer.insert(3)
    expect(bench.master.poll()).toEqual(reports)
    const { places } = bench.changer
    const found = { tube: places.of('tube', 3) - 5, cashBox: 0, tray: 0, stuck: 0 }
    for (const place of ['cashBox', 'tray', 'stuck'] as const) found[place] = places.of(place, 3)
    expect(found).toEqual({ tube: 0, cashBox: 0, tray: 0, stuck: 0, ...where })
    bench.changer.insert(0)
    expect(bench.master.poll()).toHaveLength(fault === 'coinJam' ? 0 : 1)
  })

  test('a blind tube is full with nothing in it; an acceptor that is off is said at each poll', () => {
    const bench = new Bench(bridge).up()
    bench.changer.blind(1)
    bench.changer.acceptorUnplugged = true
    expect(bench.master.poll()).toEqual([status(0x06), status(0x04)])
    expect(bench.master.poll()).toEqual([status(0x06)])
    expect(bench.master.ask({ name: 'tubeStatus' })).toMatchObject([
      { full: 2, counts: [40, 0, 10, 5, 2, 0] },
    ])
    expect(bench.master.ask({ name: 'diagnosticStatus' })).toMatchObject([
      {
        pairs: [
          [0x11, 0],
          [0x15, 4],
        ],
      },
    ])
  })

  test('by hand: one coin out where it is allowed, coins laid in; told by themselves or when asked', () => {
    const bench = new Bench(bridge).up()
    expect(bench.changer.payByHand(1)).toBe(true)
    expect(bench.master.poll()).toEqual([{ name: 'dispensedByHand', count: 1, type: 1, inTube: 19 }])
    bench.changer.fillByHand(1, 5)
    expect(bench.tubes()[1]).toBe(24)
    bench.master.ask({ name: 'coinType', accept: all, dispenseByHand: 0 })
    expect(bench.changer.payByHand(1)).toBe(false)

    const controlled = new Bench(bridge, { options: 6 }).up()
    controlled.changer.payByHand(1)
    controlled.changer.fillByHand(0, 3)
    expect(controlled.master.poll()).toEqual([])
    expect(controlled.master.ask({ name: 'diagnosticStatus' })).toMatchObject([{ pairs: [[0x05, 0x20]] }])
    expect(controlled.master.ask({ name: 'manualFill' })).toMatchObject([{ counts: [3, 0, 0, 0, 0, 0] }])
    expect(controlled.master.ask({ name: 'manualPayout' })).toMatchObject([{ counts: [0, 1, 0, 0, 0, 0] }])
    expect(controlled.master.ask({ name: 'manualFill' })).toMatchObject([{ counts: [0, 0, 0, 0, 0, 0] }])
  })

  test('whatever happens, no coin is lost, and the changer counts what is in its tubes', () => {
    const type = fc.integer({ min: 0, max: 5 })
    const act = fc.oneof(
      fc.record({ act: fc.constant('insert' as const), type }),
      fc.record({ act: fc.constant('hand' as const), type }),
      fc.record({ act: fc.constant('pay' as const), type, count: fc.integer({ min: 0, max: 15 }) }),
      fc.record({ act: fc.constant('payValue' as const), value: fc.integer({ min: 0, max: 255 }) }),
      fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ act: fc.constant('fault' as const), fault: fc.constantFrom(...changerFaults) }),
      fc.record({ act: fc.constantFrom('poll', 'up', 'cut', 'restore', 'mend') }),
    )
    fc.assert(
      fc.property(fc.array(act, { minLength: 10, maxLength: 40, size: 'max' }), (acts) => {
        const bench = new Bench(bridge).up()
        for (const each of acts) {
          if (each.act === 'insert') bench.changer.insert(each.type)
          else if (each.act === 'hand') bench.changer.payByHand(each.type)
          else if (each.act === 'pass') bench.clock.advance(each.ms)
          else if (each.act === 'fault') bench.changer.faults.add(each.fault, 1)
          else if (each.act === 'payValue') bench.master.ask({ name: 'payout', value: each.value })
          else if (each.act === 'pay') {
            bench.master.ask({ name: 'dispense', coins: { count: each.count, type: each.type } })
          } else if (each.act === 'poll') bench.master.ask({ name: 'poll' })
          else if (each.act === 'up') bench.master.ask({ name: 'coinType', accept: all, dispenseByHand: all })
          else if (each.act === 'cut') bench.changer.cutPower()
          else if (each.act === 'restore') bench.changer.restorePower()
          else bench.changer.mend()
        }
        const { counts } = bench.changer.places
        for (let coin = 0; coin < 6; coin++) {
          expect(coinPlaces.reduce((sum, place) => sum + (counts[place][coin] ?? 0), 0)).toBe(0)
          expect(bench.changer.shown(coin)).toBe(counts.tube[coin])
        }
      }),
      { numRuns: 100 },
    )
  })
})

test('on the raw bus its bytes are those of the worked examples', () => {
  const bench = new Bench('raw').up()
  const said: string[] = []
  bench.kiosk.onBus.trace = (from, bytes) => said.push(`${from} ${busText(bytes)}`)
  bench.changer.insert(3)
  bench.master.poll()
  bench.master.ask({ name: 'dispense', coins: { count: 2, type: 3 } })
  bench.master.poll()
  expect(said).toEqual([
    'machine 0B* 0B',
    'changer 53 06 59*',
    'machine 00',
    'machine 0D* 23 30',
    'changer 00*',
    'machine 0B* 0B',
    'changer 02 02*',
    'machine 00',
  ])
})

test('a box that has lost its power is no master any more, and says of other lines that it does not know them', () => {
  const { kiosk, master } = new Bench('qibixx').up()
  kiosk.restartBridge()
  expect(master.ask({ name: 'poll' })).toBe('silence')
  expect(master.say('M,1')).toEqual(['m,ACK'])
  expect(master.ask({ name: 'poll' })).toBe('ack')
  expect(master.say('R,RESET')).toEqual(['p,ACK'])
  expect(master.poll()).toEqual([status(0x0b)])
  expect(master.say('V')).toEqual(['v,4.0.2.0,concilia-simulator'])
  expect(master.say('nonsense')).toEqual(['c,UNKNOWN,"nonsense"'])
})
