import { boardDisplayWidth } from '@concilia/protocol/motor-board.ts'
import { describe, expect, it } from 'vitest'
import { displayable } from '../hardware/displayable.ts'
import { ControllerBench } from './controller-bench.ts'
import { texts } from './counter-texts.ts'

function bench(level: 2 | 3 = 2): ControllerBench {
  const made = new ControllerBench(level)
  made.ready()
  return made
}

/** Money is somewhere, and where the till says. */
function agrees({ changer, inserted, till }: ControllerBench): void {
  const { counters, creditMinor, payout } = till
  expect(inserted).toBe(counters.inTubesMinor + counters.inBoxMinor)
  expect(changer.tray).toBe(counters.paidOutMinor)
  expect([creditMinor, payout]).toEqual([0, undefined])
}

describe.each([2, 3] as const)('a changer of level %i', (level) => {
  it('sells for coins and gives change', () => {
    const kiosk = bench(level)
    kiosk.insert(4, 3)
    expect([kiosk.till.creditMinor, kiosk.board.shown]).toEqual([150, 'Credit 1.50 EUR'])
    kiosk.press(11)
    kiosk.pass(3000)
    expect(kiosk.board.dropped).toEqual([11])
    expect(kiosk.changer.tray).toBe(30)
    expect(kiosk.till.counters.coins).toEqual({ number: 1, valueMinor: 120 })
    expect(kiosk.noticed('cashSale')).toEqual(['item 11 at 1.20 EUR'])
    agrees(kiosk)
  })

  it('gives everything back at the lever', () => {
    const kiosk = bench(level)
    kiosk.insert(4, 2, 2)
    kiosk.changer.pullLever()
    kiosk.pass(4000)
    expect([kiosk.changer.tray, kiosk.board.dropped]).toEqual([140, []])
    agrees(kiosk)
  })

  it('gives back what nobody spends', () => {
    const kiosk = bench(level)
    kiosk.insert(3)
    kiosk.pass(25_000)
    expect(kiosk.changer.tray).toBe(50)
    agrees(kiosk)
  })

  it('leaves the credit to the buyer when nothing falls', () => {
    const kiosk = bench(level)
    kiosk.board.faults.push('jam')
    kiosk.insert(4, 3)
    kiosk.press(12)
    kiosk.pass(1000)
    expect([kiosk.board.shown, kiosk.till.creditMinor]).toEqual(['Not delivered: choose again', 150])
    expect(kiosk.till.counters.events).toMatchObject({ EJC: { number: 1 }, ELA: { number: 1 } })
    kiosk.press(12)
    kiosk.pass(3000)
    expect(kiosk.board.dropped).toEqual([12])
    agrees(kiosk)
  })

  it('pays out the rest after a jam, and not what came out', () => {
    const kiosk = bench(level)
    kiosk.changer.faults.push('jam')
    kiosk.insert(4, 4)
    kiosk.press(11)
    kiosk.pass(10_000)
    expect(kiosk.changer.tray).toBe(80)
    expect(kiosk.till.counters.events.EAF?.number).toBe(1)
    agrees(kiosk)
  })

  it.each(['lostAnswer', 'resetInPayout', 'deaf'] as const)('pays once: %s', (fault) => {
    const kiosk = bench(level)
    kiosk.changer.faults.push(fault)
    kiosk.insert(4, 4)
    kiosk.press(11)
    kiosk.pass(20_000)
    expect(kiosk.changer.faults).toEqual([])
    expect(kiosk.changer.tray).toBe(80)
    agrees(kiosk)
  })

  it('what a blind sensor hides is in doubt, said, and not paid again', () => {
    const kiosk = bench(level)
    kiosk.changer.faults.push('blindTubes')
    kiosk.insert(3)
    kiosk.changer.pullLever()
    kiosk.pass(10_000)
    expect(kiosk.changer.dispensed).toHaveLength(1)
    expect([kiosk.changer.tray, kiosk.till.counters]).toMatchObject([50, { inDoubtMinor: 50 }])
    expect(kiosk.noticed('payoutInDoubt')).toHaveLength(1)
    expect(kiosk.board.shown).toBe('Call us: we owe you 0.50 EUR')
    expect(kiosk.till).toMatchObject({ creditMinor: 0, payout: undefined })
  })
})

describe('coins and phone', () => {
  it('without enough credit an item is offered by phone, and the coins go back when the phone pays', () => {
    const kiosk = bench()
    kiosk.insert(3)
    kiosk.press(11)
    expect(kiosk.heard.at(-1)).toEqual({
      type: 'vendRequested',
      price: { amountMinor: 120, currency: 'EUR' },
      item: 11,
    })
    kiosk.hardware.approve({ amountMinor: 120, currency: 'EUR' })
    kiosk.pass(4000)
    expect(kiosk.heard.find(({ type }) => type === 'vendConcluded')).toMatchObject({ result: 'delivered' })
    expect([kiosk.board.dropped, kiosk.changer.tray]).toEqual([[11], 50])
    expect(kiosk.till.counters).toMatchObject({ phone: { number: 1, valueMinor: 120 }, coins: { number: 0 } })
    agrees(kiosk)
  })

  it('coins that come after the request can pay it: the request is cancelled', () => {
    const kiosk = bench()
    kiosk.press(11)
    kiosk.insert(4, 2)
    kiosk.press(11)
    kiosk.pass(3000)
    expect(kiosk.types()).toContain('vendCancelled')
    expect([kiosk.board.dropped, kiosk.till.counters.coins.number]).toEqual([[11], 1])
    agrees(kiosk)
  })

  it('the lever cancels a request and gives the coins back', () => {
    const kiosk = bench()
    kiosk.insert(3)
    kiosk.press(12)
    kiosk.changer.pullLever()
    kiosk.pass(3000)
    expect(kiosk.heard.at(-1)).toEqual({ type: 'vendCancelled', why: 'cancelled' })
    expect(kiosk.changer.tray).toBe(50)
  })

  it('a denied request shows the price', () => {
    const kiosk = bench()
    kiosk.press(12)
    kiosk.hardware.deny()
    expect(kiosk.board.shown).toBe('Price 1.50 EUR')
    kiosk.pass(4000)
    expect(kiosk.board.shown).toBe('')
  })

  it('sells by phone while the changer is away, and for coins while nobody offers a phone', () => {
    const kiosk = bench()
    kiosk.changer.silent = true
    kiosk.pass(5000)
    expect([kiosk.board.shown, kiosk.till.counters.events.EAR]).toEqual([
      'No coins just now',
      { number: 1, active: true },
    ])
    kiosk.press(11)
    kiosk.hardware.approve({ amountMinor: 120, currency: 'EUR' })
    kiosk.pass(3000)
    expect(kiosk.heard.at(-1)).toMatchObject({ type: 'vendConcluded', result: 'delivered' })
    kiosk.changer.silent = false
    kiosk.pass(5000)
    kiosk.insert(4)
    expect([kiosk.till.creditMinor, kiosk.till.counters.events.EAR?.active]).toEqual([100, false])
  })
})

describe('what can be given', () => {
  it('says so when only exact change can be taken, and takes a sale that needs none', () => {
    const kiosk = bench()
    kiosk.changer.tubes.fill(0)
    kiosk.changer.counted.fill(0)
    kiosk.changer.restart()
    kiosk.pass(4000)
    expect(kiosk.board.shown).toBe('Exact change only')
    kiosk.insert(5)
    expect(kiosk.inserted).toBe(0)
    kiosk.insert(4, 4)
    kiosk.press(12)
    expect([kiosk.board.shown, kiosk.board.dropped]).toEqual(['Exact change only', []])
    kiosk.changer.pullLever()
    kiosk.pass(5000)
    expect(kiosk.changer.tray).toBe(200)
    kiosk.insert(4, 3)
    kiosk.press(12)
    kiosk.pass(2000)
    expect(kiosk.board.dropped).toEqual([12])
    expect(kiosk.till.counters.coins.valueMinor).toBe(150)
  })

  it('takes no coins while the door is open', () => {
    const kiosk = bench()
    kiosk.board.door = 'open'
    kiosk.pass(3000)
    kiosk.insert(4)
    expect([kiosk.inserted, kiosk.board.shown]).toEqual([0, 'Out of order'])
    expect(kiosk.heard.at(-1)).toEqual({ type: 'notReady', why: 'disabled' })
    expect(kiosk.till.counters.events.EGS).toEqual({ number: 1, active: true })
  })

  it('does not ask for a selection that is sold out', () => {
    const kiosk = bench()
    kiosk.board.soldOut = [11]
    kiosk.pass(3000)
    kiosk.press(11)
    expect([kiosk.board.shown, kiosk.types()]).toEqual([
      'Sold out: choose another',
      ['notReady', 'ready', 'noticed'],
    ])
  })
})

describe('the motor board', () => {
  it.each(['lostCommand', 'lostLine'] as const)('one vend in spite of %s', (fault) => {
    const kiosk = bench()
    kiosk.insert(4, 3)
    kiosk.board.faults.push(fault)
    kiosk.press(12)
    kiosk.pass(4000)
    expect([kiosk.board.dropped, kiosk.till.counters.coins.number]).toEqual([[12], 1])
    agrees(kiosk)
  })

  it('a vend of which nobody knows costs the buyer nothing', () => {
    const kiosk = bench()
    kiosk.insert(4, 3)
    kiosk.board.faults.push('interrupted')
    kiosk.press(12)
    kiosk.pass(2000)
    expect(kiosk.noticed('vendUnknown')).toEqual(['item 12 at 1.50 EUR: interrupted'])
    expect([kiosk.till.creditMinor, kiosk.till.counters.unknown]).toEqual([
      150,
      { number: 1, valueMinor: 150 },
    ])
  })

  it('another board is not asked about a vend of the one before', () => {
    const kiosk = bench()
    kiosk.insert(4, 3)
    kiosk.press(12)
    kiosk.loseBoard()
    kiosk.pass(20)
    kiosk.board.serial = 'BOARD-2'
    kiosk.board.last = 0
    kiosk.openBoard()
    kiosk.pass(2000)
    expect(kiosk.noticed('vendUnknown')).toEqual(['item 12 at 1.50 EUR: otherBoard'])
  })

  it('numbers go on above what the board has kept', () => {
    const kiosk = new ControllerBench()
    kiosk.board.last = 500
    kiosk.ready()
    kiosk.insert(4, 3)
    kiosk.press(12)
    kiosk.pass(2000)
    expect([kiosk.board.last, kiosk.board.dropped]).toEqual([501, [12]])
  })
})

it('every text fits the display in both languages, with an amount where one follows', () => {
  for (const words of Object.values(texts)) {
    for (const text of Object.values(words)) expect(displayable(text)).toBe(text)
    for (const name of ['credit', 'price', 'owed'] as const) {
      expect(`${words[name]} 99.95 EUR`.length).toBeLessThanOrEqual(boardDisplayWidth)
    }
  }
})

describe('stopped in order', () => {
  it('takes no coin of which nobody would hear, and the next process goes on from there', async () => {
    const kiosk = bench()
    kiosk.insert(4)
    const stopped = kiosk.hardware.stop()
    kiosk.pass(500)
    await stopped
    kiosk.insert(4)
    expect([kiosk.changer.accept, kiosk.inserted]).toEqual([0, 100])
    kiosk.ready()
    expect([kiosk.till.creditMinor, kiosk.board.shown]).toEqual([100, 'Credit 1.00 EUR'])
  })
})

describe('a changer that claims more than it speaks', () => {
  it('is used without its options', () => {
    const kiosk = new ControllerBench(3)
    kiosk.changer.speaksLevel3 = false
    kiosk.ready()
    kiosk.insert(4, 3)
    kiosk.press(11)
    kiosk.pass(4000)
    expect([kiosk.changer.tray, kiosk.changer.dispensed]).toEqual([30, ['1 of 2', '1 of 1']])
  })
})

describe('a disk that cannot be written', () => {
  it('takes nothing and sells nothing; a coin in between is credited once, when it can', () => {
    const kiosk = bench()
    kiosk.disk.failing = true
    kiosk.insert(4)
    kiosk.pass(2000)
    expect([kiosk.till.creditMinor, kiosk.types().at(-1)]).toEqual([0, 'notReady'])
    kiosk.disk.failing = false
    kiosk.pass(5000)
    expect([kiosk.till.creditMinor, kiosk.board.shown]).toEqual([100, 'Credit 1.00 EUR'])
  })
})
