// What a coin changer says besides coins: who it is, its tubes, what a technician did by hand, what is wrong.
import { changerStatus } from '@concilia/protocol/mdb/coin-changer.ts'
import { describe, expect, it } from 'vitest'
import { ControllerBench } from './controller-bench.ts'

function bench(prepare: (kiosk: ControllerBench) => void = () => {}): ControllerBench {
  const kiosk = new ControllerBench(3)
  prepare(kiosk)
  kiosk.ready()
  return kiosk
}

describe('by hand', () => {
  it('coins dispensed with its buttons are counted, and are nobody’s change', () => {
    const kiosk = bench()
    kiosk.changer.tubes[3] = 8
    kiosk.changer.counted[3] = 8
    kiosk.changer.say({ name: 'dispensedByHand', count: 2, type: 3, inTube: 8 })
    kiosk.pass(500)
    expect(kiosk.till).toMatchObject({ counters: { byHandMinor: 100, paidOutMinor: 0 } })
    expect([kiosk.till.tubes[3], kiosk.noticed('surprise')]).toEqual([8, []])
  })

  it('a coin dispensed by hand in the last moment before a payout is not counted as paid', () => {
    const kiosk = bench()
    const { changer } = kiosk
    kiosk.insert(3)
    const exchange = changer.exchange.bind(changer)
    changer.exchange = (command) => {
      if (command.name === 'coinType' && command.dispenseByHand === 0) {
        changer.tubes[3] = 10
        changer.counted[3] = 10
        changer.say({ name: 'dispensedByHand', count: 1, type: 3, inTube: 10 })
      }
      return exchange(command)
    }
    changer.pullLever()
    kiosk.pass(5000)
    expect(changer.tray).toBe(50)
    expect(kiosk.till.counters).toMatchObject({ byHandMinor: 50, paidOutMinor: 50, inDoubtMinor: 0 })
  })

  it('what was filled in is asked for, once it says so', () => {
    const kiosk = bench(({ changer }) => {
      changer.options = 6
    })
    kiosk.changer.byHand.fill = [0, 0, 0, 4]
    kiosk.changer.byHand.payout = [0, 1]
    kiosk.changer.diagnostics = [[5, 0x10]]
    kiosk.pass(5200)
    kiosk.changer.diagnostics = [[3, 0]]
    expect(kiosk.till.counters).toMatchObject({ filledMinor: 200, byHandMinor: 10 })
  })

  it('coins that nobody told of are said', () => {
    const kiosk = bench()
    kiosk.changer.counted[2] = 13
    kiosk.changer.restart()
    kiosk.pass(2000)
    expect(kiosk.noticed('surprise')).toEqual(['the tubes hold other coins than were told, type 2: +3'])
  })
})

describe('tubes', () => {
  it('a full one still takes coins that the others can give back', () => {
    const kiosk = bench(({ changer }) => {
      changer.full = 1 << 4
      changer.counted.splice(0, 5, 0, 0, 0, 0, 60)
    })
    expect(kiosk.changer.accept).toBe(0b111111)
  })

  it('a defective one is not paid from, and takes nothing that only it could give back', () => {
    const kiosk = bench(({ changer }) => {
      changer.full = 1 << 4
      changer.counted.splice(0, 5, 0, 0, 0, 0, 0)
    })
    expect(kiosk.changer.accept).toBe(0b001111)
    expect(kiosk.till.counters.events.EAG_T4).toEqual({ number: 1, active: true })
    kiosk.changer.full = 0
    kiosk.pass(6000)
    expect(kiosk.till.counters.events.EAG_T4).toEqual({ number: 1, active: false })
  })
})

describe('what is not ours', () => {
  it('a changer of another currency: no coins', () => {
    const kiosk = bench(({ changer }) => {
      changer.currency = '1840'
    })
    expect(kiosk.changer.accept).toBe(0)
    expect(kiosk.noticed('surprise')).toContain(
      'the coin changer counts in 1840, which is not ours: no coins',
    )
  })

  it('a rejected coin, and slugs, are no money', () => {
    const kiosk = bench()
    kiosk.changer.say({ name: 'deposited', routing: 3, type: 2, inTube: 10 })
    kiosk.changer.say({ name: 'slugs', count: 2 })
    kiosk.pass(500)
    expect([kiosk.till.creditMinor, kiosk.noticed('surprise')]).toEqual([0, []])
  })
})

describe('faults', () => {
  it.each([
    [changerStatus.coinJam, 'EAA'],
    [changerStatus.tubeJam, 'EAF'],
    [changerStatus.tubeSensorDefective, 'EAG_4'],
    [changerStatus.romChecksum, 'EAG_8'],
    [changerStatus.routingError, 'EAG_9'],
    [changerStatus.creditedCoinRemoved, 'EAG_D'],
  ])('status %i is %s, once', (status, code) => {
    const kiosk = bench()
    kiosk.changer.say({ name: 'status', status })
    kiosk.pass(2000)
    expect(kiosk.till.counters.events).toEqual({ [code]: { number: 1, active: false } })
    expect(kiosk.heard.at(-1)).toMatchObject({ what: 'fault', fault: { code } })
  })

  it('a coin that is told again counts once, and is said until the changer hears us', () => {
    const kiosk = bench()
    const { changer } = kiosk
    const acknowledge = changer.acknowledge.bind(changer)
    changer.acknowledge = () => {}
    changer.insert(5)
    kiosk.pass(500)
    expect(kiosk.till.creditMinor).toBe(200)
    expect(kiosk.till.counters.events).toEqual({ EAG_R: { number: 1, active: true } })
    changer.acknowledge = acknowledge
    kiosk.pass(500)
    expect(kiosk.till.creditMinor).toBe(200)
    expect(kiosk.till.counters.events).toEqual({ EAG_R: { number: 1, active: false } })
  })

  it('another coin that nothing tells from the one told just before is not credited, and is said', () => {
    const kiosk = bench()
    kiosk.changer.insert(5)
    while (kiosk.till.creditMinor === 0) kiosk.pass(1)
    kiosk.changer.insert(5)
    kiosk.pass(500)
    expect([kiosk.changer.box, kiosk.till.creditMinor]).toEqual([400, 200])
    expect(kiosk.heard).toContainEqual(
      expect.objectContaining({ what: 'fault', fault: { code: 'EAG_R', active: true } }),
    )
  })

  it('an acceptor that is unplugged stands while it is said at each poll', () => {
    const kiosk = bench()
    const unplugged = { name: 'status', status: changerStatus.acceptorUnplugged } as const
    for (let polls = 0; polls < 4; polls++) {
      kiosk.changer.say(unplugged)
      kiosk.pass(125)
    }
    expect(kiosk.till.counters.events.EAR_6).toEqual({ number: 1, active: true })
    kiosk.pass(500)
    expect(kiosk.till.counters.events.EAR_6).toEqual({ number: 1, active: false })
  })

  it('a diagnostic pair stands until it is said no more', () => {
    const kiosk = bench(({ changer }) => {
      changer.options = 2
      changer.diagnostics = [
        [0x11, 0x30],
        [0x15, 0x02],
      ]
    })
    expect(Object.keys(kiosk.till.counters.events)).toEqual(['EA1130', 'EA1502'])
    kiosk.changer.diagnostics = [[0x15, 0x02]]
    kiosk.pass(6000)
    expect(kiosk.till.counters.events).toEqual({
      EA1130: { number: 1, active: false },
      EA1502: { number: 1, active: true },
    })
  })
})
