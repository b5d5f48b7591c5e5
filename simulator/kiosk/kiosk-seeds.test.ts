// The automaton as a kiosk's controller under chance: buyers, coins, levers, phones, faults of every kind and
// the end of its process at any moment, also before and after each write of its journal. However it goes,
// what fell and what was paid out is what it says, or lies within what it says that it does not know.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boardFaults } from './board-faults.ts'
import { changerFaults } from './changer-faults.ts'
import type { KioskAct } from './kiosk-acts.ts'
import { type BridgeName, bridges, KioskWorld } from './kiosk-world.ts'

interface OfSale {
  readonly act: 'approve' | 'deny' | 'kill' | 'start'
}
type Act =
  | KioskAct
  | OfSale
  | { readonly act: 'killAtWrite'; readonly moments: number }
  | { readonly act: 'pass'; readonly ms: number }

const act = <Name extends Act['act']>(...names: Name[]) => fc.record({ act: fc.constantFrom(...names) })
const is = <Name extends Act['act']>(name: Name) => fc.constant(name)
const part = fc.constantFrom('changer' as const, 'board' as const)
const value = fc.constantFrom(5, 10, 20, 50, 100, 200)

const undisturbed: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: is('coin'), valueMinor: fc.constantFrom(50, 100, 200) }) },
  { weight: 6, arbitrary: fc.record({ act: is('press'), item: fc.constantFrom(5, 7) }) },
  { weight: 2, arbitrary: act('lever', 'slug', 'deny') },
  { weight: 4, arbitrary: act('approve') },
  { weight: 3, arbitrary: fc.record({ act: is('pass'), ms: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 4, arbitrary: fc.record({ act: is('pass'), ms: fc.constantFrom(500, 1500, 6000) }) },
)
const disturbed: fc.Arbitrary<Act> = fc.oneof(
  { weight: 20, arbitrary: undisturbed as fc.Arbitrary<Act> },
  {
    weight: 4,
    arbitrary: fc.record({
      act: is('changerFault'),
      fault: fc.constantFrom(...changerFaults),
      after: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: is('boardFault'), fault: fc.constantFrom(...boardFaults) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('power', 'line'), part, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('acceptor', 'dropSensor'), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: is('door'), open: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('take', 'blindTube'), valueMinor: value }) },
  { weight: 2, arbitrary: act('mend', 'restartBridge', 'kill', 'start') },
  { weight: 2, arbitrary: fc.record({ act: is('killAtWrite'), moments: fc.integer({ min: 1, max: 8 }) }) },
)
const many = (each: fc.Arbitrary<Act>) =>
  fc.noBias(fc.array(each, { minLength: 20, maxLength: 60, size: 'max' }))

function isOfSale(each: Act): each is OfSale {
  return ['approve', 'deny', 'kill', 'start'].includes(each.act)
}

/**
 * The sale's part, as small as can be: it approves or denies what is asked, and counts what becomes of it.
 */
class Play {
  readonly world: KioskWorld
  readonly ends = { delivered: 0, failed: 0, unknown: 0 }
  #asked: number | undefined
  #owed = 0
  /** A conclusion that nobody waits for. */
  tooMany = false
  #isUp = true

  constructor(bridge: BridgeName, level: 2 | 3) {
    this.world = new KioskWorld(bridge, { level })
    this.world.hear = (event) => {
      if (event.type === 'vendRequested') this.#asked = event.price.amountMinor
      if (event.type === 'vendCancelled') this.#asked = undefined
      if (event.type !== 'vendConcluded') return
      this.#owed -= 1
      if (this.#owed < 0) this.tooMany = true
      this.ends[event.result] += 1
    }
    this.world.pass(3000)
  }

  get owed(): number {
    return this.#owed
  }

  do(each: Act): void {
    const { world } = this
    if (each.act === 'pass') world.pass(each.ms)
    else if (isOfSale(each)) this.#sale(each.act)
    else if (each.act === 'killAtWrite') world.killAtWrite(each.moments)
    else world.attempt(each)
    // A coin takes its time through the slot.
    if (each.act === 'coin') world.pass(400)
    if (!world.isAlive) this.#isUp = false
  }

  /** Faults stop; everything comes to its end. */
  quiet(): void {
    this.world.kiosk.changer.faults.clear()
    this.world.kiosk.board.faults.clear()
    this.world.attempt({ act: 'mend' })
    this.world.killAtWrite(Number.POSITIVE_INFINITY)
    this.#start()
    this.world.pass(10_000)
    this.#deny()
    this.world.pass(15_000)
    // What a changer does not pay is given up in two minutes.
    if (this.world.till.payout) this.world.pass(130_000)
  }

  #sale(what: OfSale['act']) {
    switch (what) {
      case 'approve':
        return this.#approve()
      case 'deny':
        return this.#deny()
      case 'kill':
        return void this.world.kill()
      case 'start':
        return this.#start()
    }
  }

  #approve(): void {
    if (this.#asked === undefined || this.#owed > 0 || !this.#isUp) return
    const amountMinor = this.#asked
    this.#asked = undefined
    this.#owed += 1
    this.world.guarded((hardware) => hardware.approve({ amountMinor, currency: 'EUR' }))
  }

  #deny(): void {
    this.#asked = undefined
    if (this.#isUp) this.world.guarded((hardware) => hardware.deny())
  }

  #start(): void {
    if (this.world.isAlive) return
    this.#asked = undefined
    this.#isUp = true
    this.world.start(this.#owed > 0)
  }
}

function played(bridge: BridgeName, level: 2 | 3, acts: readonly Act[]): Play {
  const play = new Play(bridge, level)
  for (const each of acts) play.do(each)
  play.quiet()
  return play
}

const levels = fc.constantFrom(2 as const, 3 as const)

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  const numRuns = 25
  let sold = 0

  test('undisturbed, goods and coins lie where the till says that they are', () => {
    fc.assert(
      fc.property(levels, many(undisturbed), (level, acts) => {
        const { world, ends, owed, tooMany } = played(bridge, level, acts)
        const { counters, ...till } = world.till
        expect([owed, tooMany]).toEqual([0, false])
        expect([till.creditMinor, till.vend, till.payout]).toEqual([0, undefined, undefined])
        expect(counters.unknown.number + counters.inDoubtMinor + counters.owedMinor).toBe(0)
        expect(world.fallen()).toBe(counters.coins.number + counters.phone.number)
        expect(ends.delivered).toBe(counters.phone.number)
        expect(world.takenMinor).toBe(counters.inTubesMinor + counters.inBoxMinor)
        expect(world.paidMinor).toBe(counters.paidOutMinor)
        expect(world.takenMinor - world.paidMinor).toBe(counters.coins.valueMinor)
        sold += counters.coins.number
      }),
      { numRuns },
    )
    // It was not for want of sales.
    expect(sold).toBeGreaterThan(numRuns / 2)
  })

  test('disturbed in any way, what is not so is known to be in doubt, and everything ends', () => {
    fc.assert(
      fc.property(levels, many(disturbed), (level, acts) => {
        const { world, ends, owed, tooMany } = played(bridge, level, acts)
        const { counters, ...till } = world.till
        expect([owed, tooMany]).toEqual([0, false])
        expect([till.creditMinor, till.vend, till.payout]).toEqual([0, undefined, undefined])
        const sales = counters.coins.number + counters.phone.number
        expect(sales).toBeLessThanOrEqual(world.fallen())
        // A drop that no sensor saw is no fault of the till's.
        expect(world.fallen()).toBeLessThanOrEqual(sales + counters.unknown.number + world.unseen)
        expect(ends.delivered).toBeLessThanOrEqual(counters.phone.number)
        const turns = [...world.kiosk.board.turns.values()].reduce((sum, count) => sum + count, 0)
        expect(turns).toBeLessThanOrEqual(till.lastVend)
        // Never paid twice: the buyer has at least what was certainly paid, at most what may have been.
        expect(world.paidMinor).toBeGreaterThanOrEqual(counters.paidOutMinor)
        expect(world.paidMinor).toBeLessThanOrEqual(counters.paidOutMinor + counters.inDoubtMinor)
        // No credit from nowhere: what it took was taken in, or was fished out again.
        const took = counters.inTubesMinor + counters.inBoxMinor
        expect(took).toBeLessThanOrEqual(world.takenMinor + world.fishedMinor)
      }),
      { numRuns },
    )
  })
})
