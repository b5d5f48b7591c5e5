// The automaton as a kiosk's controller together with the simulated coin changer and motor board, over either
// bridge: what it believes must agree with where coins and goods lie, whatever goes wrong between them.
import { describe, expect, test } from 'vitest'
import type { BoardFault } from './board-faults.ts'
import type { ChangerFault } from './changer-faults.ts'
import type { ChangerSettings } from './changer-settings.ts'
import { bridges, KioskWorld } from './kiosk-world.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  const worldOf = (changer: Partial<ChangerSettings> = {}) => {
    const world = new KioskWorld(bridge, changer).pass(3000)
    expect(world.said().at(-1)).toBe('ready')
    return world
  }

  test('set up: it knows the coins, takes what it can give back, and says so', () => {
    const world = worldOf()
    expect(world.coins(100, 50).till).toMatchObject({ creditMinor: 150 })
    expect(world.kiosk.board.display).toContain('1.50')
    expect(world.trayMinor).toBe(0)
  })

  test('a sale for the exact coins', () => {
    const world = worldOf().coins(100, 50).press(5).pass(2000)
    expect(world.fallen(5)).toBe(1)
    expect(world.trayMinor).toBe(0)
    expect(world.till).toMatchObject({ creditMinor: 0, counters: { coins: { number: 1, valueMinor: 150 } } })
    expect(world.said()).toEqual([])
  })

  const changers: [string, Partial<ChangerSettings>][] = [
    ['level 3, by value', {}],
    ['level 3, silent while it pays', { silentPayout: true }],
    ['level 3, by coin', { options: 0 }],
    ['level 2', { level: 2 }],
    ['level 2, silent while it pays', { level: 2, silentPayout: true }],
  ]
  describe.each(changers)('a changer of %s', (_, changer) => {
    test('gives change, and what is put in back on the lever', () => {
      const world = worldOf(changer).coins(200).press(7).pass(6000)
      expect(world.fallen(7)).toBe(1)
      expect(world.trayMinor).toBe(115)
      expect(world.till.counters).toMatchObject({ paidOutMinor: 115, inDoubtMinor: 0, owedMinor: 0 })
      world.coins(100, 20).do({ act: 'lever' }).pass(6000)
      expect(world.trayMinor).toBe(235)
      expect(world.coins(50).press(7).pass(3000).fallen()).toBe(1)
      expect(world.said().at(-1)).toBe('vendRequested 85 7')
    })

    test.each<[ChangerFault, number]>([
      ['losePayoutAnswer', 0],
      ['deafToPayout', 0],
      ['nak', 0],
      ['late', 0],
      ['missAcknowledgement', 0],
      ['badChecksum', 0],
    ])('the change is paid once: %s after %i coins', (fault, after) => {
      const world = worldOf(changer).coins(200)
      world.do({ act: 'changerFault', fault, after }).press(7).pass(10_000)
      expect(world.fallen(7)).toBe(1)
      const { paidOutMinor, inDoubtMinor, owedMinor } = world.till.counters
      expect([world.paidMinor, paidOutMinor, inDoubtMinor, owedMinor]).toEqual([115, 115, 0, 0])
    })

    test.each<[ChangerFault, number]>([
      ['payoutJam', 0],
      ['payoutJam', 1],
      ['resetInPayout', 0],
      ['resetInPayout', 2],
      ['powerCutInPayout', 0],
      ['powerCutInPayout', 1],
    ])(
      '%s after %i coins: what did not come is paid later, owed or in doubt, never paid twice',
      (fault, after) => {
        const world = worldOf(changer).coins(200)
        world.do({ act: 'changerFault', fault, after }).press(7).pass(20_000)
        world.do({ act: 'mend' }).pass(150_000)
        const { paidOutMinor, inDoubtMinor, owedMinor } = world.till.counters
        expect(paidOutMinor + inDoubtMinor + owedMinor).toBe(115)
        expect(world.paidMinor).toBeGreaterThanOrEqual(paidOutMinor)
        expect(world.paidMinor).toBeLessThanOrEqual(paidOutMinor + inDoubtMinor)
        expect(world.till.payout).toBeUndefined()
        if (fault === 'payoutJam') expect(inDoubtMinor).toBe(0)
      },
    )

    test('the automaton ends at any of its writes: the next process asks, and pays what is left', () => {
      for (let writes = 1; writes < 14; writes++) {
        const world = worldOf(changer).coins(200)
        world.killAtWrite(writes)
        world.press(7).pass(400).start(false)
        world.pass(12_000)
        const { paidOutMinor, inDoubtMinor, owedMinor, coins } = world.till.counters
        const fell = world.fallen(7)
        expect([coins.number, inDoubtMinor, owedMinor]).toEqual([fell, 0, 0])
        expect([world.paidMinor, paidOutMinor]).toEqual(fell === 1 ? [115, 115] : [200, 200])
      }
    })
  })

  test('coins that nobody does anything with come back', () => {
    const world = worldOf().coins(100).pass(7_000)
    expect(world.trayMinor).toBe(100)
    expect(world.till.creditMinor).toBe(0)
  })

  test('exact change only: a coin that could not be changed is not taken, and the display says why', () => {
    const coins = [{ valueMinor: 50, tube: { holds: 0, capacity: 60 } }, { valueMinor: 200 }] as const
    const world = worldOf({ coins }).coins(200)
    expect(world.trayMinor).toBe(200)
    expect(world.kiosk.board.display.toLowerCase()).toContain('exact')
    world.coins(50, 50, 50).press(5).pass(2000)
    expect(world.fallen(5)).toBe(1)
  })

  test('a full tube: the coin falls into the cash box, and counts all the same', () => {
    const coins = [{ valueMinor: 50, tube: { holds: 3, capacity: 3 } }] as const
    const world = worldOf({ coins }).coins(50, 50, 50).press(5).pass(2000)
    expect(world.kiosk.worth('cashBox')).toBe(150)
    expect(world.fallen(5)).toBe(1)
  })

  test.each<[BoardFault, number]>([
    ['motorJam', 0],
    ['notDropped', 0],
    ['homeLost', 0],
  ])('%s: nothing fell, the coins stay the buyer’s', (fault, fell) => {
    const world = worldOf().coins(200).do({ act: 'boardFault', fault }).press(7).pass(3000)
    expect(world.fallen(7)).toBe(fell)
    expect(world.till.creditMinor).toBe(200)
    world.do({ act: 'lever' }).pass(6000)
    expect(world.trayMinor).toBe(200)
  })

  test.each<[BoardFault, string]>([
    ['deaf', 'delivered dropped'],
    ['loseAnswer', 'delivered dropped'],
    ['garbled', 'delivered dropped'],
    ['silent', 'delivered dropped'],
    ['motorJam', 'failed jam'],
    ['notDropped', 'failed notDropped'],
    ['powerCutInVend', 'unknown interrupted'],
    ['powerCutAfterDrop', 'unknown interrupted'],
  ])('by phone, %s: %s', (fault, conclusion) => {
    const world = worldOf().do({ act: 'boardFault', fault }).press(5).pass(2000).press(5)
    expect(world.said()).toEqual(['vendRequested 150 5'])
    world.guarded((hardware) => hardware.approve(price)).pass(3000)
    world.do({ act: 'mend' }).pass(20_000)
    const concluded = world.said().filter((text) => text.startsWith('vendConcluded'))
    expect(concluded).toEqual([`vendConcluded ${conclusion}`])
    expect(world.kiosk.board.turns.get(5)).toBe(1)
    if (conclusion.startsWith('delivered')) expect(world.fallen()).toBe(1)
    if (conclusion.startsWith('failed')) expect(world.fallen()).toBe(0)
  })

  test('mixed: with too few coins the phone is asked for the whole price, and the coins come back', () => {
    const world = worldOf().coins(100).press(5)
    expect(world.said()).toEqual(['vendRequested 150 5'])
    world.guarded((hardware) => hardware.approve(price)).pass(6000)
    expect(world.said()).toEqual(['vendConcluded delivered dropped'])
    expect([world.fallen(5), world.trayMinor]).toEqual([1, 100])
    expect(world.till.counters).toMatchObject({ phone: { number: 1 }, coins: { number: 0 } })
  })

  test('mixed: the buyer finds the missing coin, and the phone is told that it is off', () => {
    const world = worldOf().coins(100).press(5).coins(50).press(5).pass(3000)
    expect(world.said()).toEqual(['vendRequested 150 5', 'vendCancelled cancelled'])
    expect([world.fallen(5), world.trayMinor]).toEqual([1, 0])
    // An approval that crossed it delivers nothing.
    world.guarded((hardware) => hardware.approve(price)).pass(3000)
    expect(world.said()).toEqual(['vendConcluded failed not-begun'])
    expect(world.fallen(5)).toBe(1)
  })

  test.each<[ChangerFault, number, number, string]>([
    ['noCredit', 0, 50, ''],
    ['doubleArrival', 0, 100, ''],
    ['routingError', 50, 0, 'EAG_9'],
    ['coinJam', 0, 0, 'EAA'],
    ['coinRemoved', 50, 50, 'EAG_D'],
  ])('%s: a credit of %i, %i in the tray', (fault, creditMinor, tray, code) => {
    const world = worldOf().do({ act: 'changerFault', fault }).coins(50)
    expect([world.till.creditMinor, world.trayMinor]).toEqual([creditMinor, tray])
    expect(Object.keys(world.till.counters.events)).toEqual(code === '' ? [] : [code])
    if (fault === 'coinJam') expect(world.coins(50).trayMinor).toBe(50)
  })

  test.each([170, 200, 240])(
    'two coins alike for the cash box, %i ms apart: both are credited',
    (apartMs) => {
      for (let phaseMs = 0; phaseMs < 130; phaseMs += 13) {
        const world = worldOf().pass(phaseMs)
        world.attempt({ act: 'coin', valueMinor: 200 })
        world.pass(apartMs).attempt({ act: 'coin', valueMinor: 200 })
        expect(world.pass(1_000).till.creditMinor).toBe(400)
      }
    },
  )

  test('an unplugged acceptor and a blind tube are faults that stand; it sells on with what there is', () => {
    const world = worldOf()
      .do({ act: 'acceptor', on: false }, { act: 'blindTube', valueMinor: 50 })
      .pass(1000)
    expect(world.till.counters.events).toMatchObject({ EAR_6: { active: true }, EAG_T3: { active: true } })
    expect(world.coins(200).trayMinor).toBe(200)
    world.do({ act: 'acceptor', on: true }).pass(1000)
    // Without its tube of 0.50 it changes 2.00 into other coins.
    expect(world.coins(200).press(5).pass(5000).fallen(5)).toBe(1)
    expect([world.trayMinor, world.till.counters.inDoubtMinor]).toEqual([250, 0])
    // That a tube can be counted again shows when it is next counted.
    world.do({ act: 'mend' }).coins(10).pass(1000)
    expect(world.till.counters.events).toMatchObject({ EAR_6: { active: false }, EAG_T3: { active: false } })
  })

  test('a blind drop sensor: nothing is sold, because nobody would see it fall', () => {
    const world = worldOf().do({ act: 'dropSensor', on: false }).pass(2000)
    expect(world.said()).toEqual(['notReady disabled'])
    expect(world.coins(100).trayMinor).toBe(100)
    world.do({ act: 'dropSensor', on: true }).pass(2000)
    expect(world.said()).toEqual(['ready'])
  })

  test('a technician fills a tube and takes a coin: what is sold and paid agrees afterwards', () => {
    const world = worldOf({ options: 7 })
    world.do({ act: 'fill', valueMinor: 50, count: 10 }, { act: 'take', valueMinor: 50 }).pass(12_000)
    expect(world.till.counters).toMatchObject({ filledMinor: 500, byHandMinor: 50 })
    world.coins(200).press(7).pass(5000)
    expect(world.till.counters).toMatchObject({ paidOutMinor: 115, inDoubtMinor: 0 })
    expect(world.paidMinor).toBe(115)
  })

  test('a coin taken by hand after a reset in mid-payout, at any moment, is not counted as paid to the buyer', () => {
    for (let ms = 1500; ms < 3500; ms += 100) {
      const world = worldOf()
        .coins(50, 50)
        .do({ act: 'changerFault', fault: 'resetInPayout' }, { act: 'lever' })
      // Reset, the changer allows it as long as it has not been told otherwise.
      world.pass(ms).attempt({ act: 'take', valueMinor: 5 })
      world.pass(8000)
      const { paidOutMinor, inDoubtMinor } = world.till.counters
      expect(paidOutMinor + inDoubtMinor).toBe(100)
      expect(world.paidMinor).toBeGreaterThanOrEqual(paidOutMinor)
      expect(world.paidMinor).toBeLessThanOrEqual(paidOutMinor + inDoubtMinor)
    }
  })

  test('a changer that believes in coins which are not there is believed: nobody sees what falls', () => {
    const coins = [{ valueMinor: 50, tube: { holds: 1, capacity: 60 } }, { valueMinor: 200 }] as const
    const world = worldOf({ coins }).do({ act: 'miscount', valueMinor: 50, by: 5 }).pass(1000)
    world.do({ act: 'take', valueMinor: 50 }).coins(200).press(5).pass(5000)
    expect([world.fallen(5), world.trayMinor]).toEqual([1, 0])
    expect(world.till.counters).toMatchObject({ paidOutMinor: 50, inDoubtMinor: 0 })
  })

  test('sold out: the key says so, and no money is taken for it', () => {
    const world = worldOf().do({ act: 'stock', item: 7, count: 0 }).coins(100).press(7).pass(1000)
    expect(world.fallen()).toBe(0)
    expect(world.till.creditMinor).toBe(100)
    expect(world.said()).toEqual([])
  })

  test('an open door: nothing is taken and nothing sold, and afterwards all is well', () => {
    const world = worldOf().do({ act: 'door', open: true }).pass(2000)
    expect(world.said()).toEqual(['notReady disabled'])
    world.coins(100).press(5)
    expect([world.trayMinor, world.fallen()]).toEqual([100, 0])
    world.do({ act: 'door', open: false }).pass(2000)
    expect(world.coins(100, 50).press(5).pass(2000).fallen()).toBe(1)
  })

  test('without a changer it sells by phone', () => {
    const world = worldOf().do({ act: 'power', part: 'changer', on: false }).pass(30_000)
    world.press(5)
    expect(world.said()).toEqual(['vendRequested 150 5'])
    world.guarded((hardware) => hardware.approve(price)).pass(3000)
    expect(world.said()).toEqual(['vendConcluded delivered dropped'])
    world.do({ act: 'mend' }).pass(15_000)
    expect(world.coins(100, 50).press(5).pass(2000).fallen()).toBe(2)
  })

  test('either line pulled out and put back: it finds its way, and no coin is forgotten', () => {
    const world = worldOf().coins(200)
    world.do({ act: 'line', part: 'changer', on: false }).pass(1000)
    // The change cannot be given now, so nothing is sold for these coins.
    world.press(7).pass(2000)
    world.do({ act: 'line', part: 'changer', on: true }, { act: 'line', part: 'board', on: false }).pass(5000)
    world.do({ act: 'line', part: 'board', on: true }).pass(15_000)
    expect([world.fallen(), world.trayMinor]).toEqual([0, 200])
    expect(world.coins(200).press(7).pass(3000).fallen()).toBe(1)
    expect(world.trayMinor).toBe(315)
  })

  test('a box without power for a moment is master again', () => {
    const world = worldOf().do({ act: 'restartBridge' }).pass(15_000)
    expect(world.coins(200).press(7).pass(6000).trayMinor).toBe(115)
  })
})
