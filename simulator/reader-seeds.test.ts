// The reader driver against the simulated machine under chance: buyers, levers, coins, noise, approvals and
// denials at any moment, a few milliseconds apart, so that lines cross. However it goes, nothing falls that
// nobody answers for.

import { defaultLimits } from '@concilia/protocol/limits.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BehaviourName, behaviourNames } from './behaviours.ts'
import { type BusFault, busFaults } from './bus-faults.ts'
import { BusMaster } from './bus-master.ts'
import { QibixxBox } from './qibixx-box.ts'
import { type BridgeName, bridges, ReaderWorld } from './reader-world.ts'

type Act =
  | { act: 'press' | 'coins'; item: 5 | 7 }
  | { act: 'lever' | 'approve' | 'deny' | 'attend' | 'noise' | 'pull' | 'putBack' | 'restartBox' }
  | { act: 'kill' | 'start' }
  | { act: 'behave'; name: BehaviourName }
  | { act: 'pass'; ms: number }
  /** On the raw bus: garbled and lost bytes, which the two sides have to mend between themselves. */
  | { act: 'fault'; fault: BusFault }

const of = <Name extends Act['act']>(...names: Name[]) => fc.record({ act: fc.constantFrom(...names) })
const onItem = <Name extends 'press' | 'coins'>(act: Name) =>
  fc.record({ act: fc.constant(act), item: fc.constantFrom(5 as const, 7 as const) })
const pass = (ms: fc.Arbitrary<number>) => fc.record({ act: fc.constant('pass' as const), ms })

const undisturbed: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: onItem('press') },
  { weight: 1, arbitrary: onItem('coins') },
  { weight: 3, arbitrary: of('lever', 'deny', 'attend') },
  { weight: 6, arbitrary: of('approve') },
  { weight: 8, arbitrary: pass(fc.integer({ min: 1, max: 15 })) },
  { weight: 6, arbitrary: pass(fc.constantFrom(40, 40, 500, 500, 70_000)) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('fault' as const), fault: fc.constantFrom(...busFaults) }),
  },
)
const disturbed: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: undisturbed },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom('noise', 'pull', 'putBack', 'restartBox') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom('kill', 'start') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('behave' as const), name: fc.constantFrom(...behaviourNames) }),
  },
)

/** Long ones: a sale alone takes five acts. */
const many = (act: fc.Arbitrary<Act>) =>
  fc.noBias(fc.array(act, { minLength: 20, maxLength: 60, size: 'max' }))

/**
 * The sale's part, as small as can be: it approves or denies what is asked, and counts what becomes of it.
 */
class Play {
  readonly world: ReaderWorld
  /**
   * A word between machine and sale takes some milliseconds over a box, and a poll's while on the raw bus.
   */
  readonly #pace: number
  #asked = 0
  /** The automaton's process runs. */
  #up = true
  /** Approved, not concluded. */
  #owed = 0
  readonly ends = { delivered: 0, failed: 0, unknown: 0 }
  /** The driver is not to lose or invent a conclusion. */
  tooMany = false

  constructor(alwaysIdle: boolean, bridge: BridgeName) {
    this.#pace = bridge === 'raw' ? 8 : 1
    this.world = new ReaderWorld([], { alwaysIdle, bridge, pollMs: bridge === 'raw' ? 125 : 20 })
    this.world.hear = (event) => {
      if (event.type === 'vendRequested') this.#asked = event.price.amountMinor
      if (event.type === 'vendCancelled') this.#asked = 0
      if (event.type !== 'vendConcluded') return
      this.#owed -= 1
      if (this.#owed < 0) this.tooMany = true
      this.ends[event.result] += 1
    }
    this.world.pass(1000)
  }

  do(act: Act): void {
    const { machine, wire } = this.world
    if (act.act === 'press') machine.press(act.item)
    else if (act.act === 'coins') machine.payInCoins(act.item)
    else if (act.act === 'lever') machine.pushLever()
    else if (act.act === 'approve') this.#approve()
    else if (act.act === 'deny') this.#deny()
    else if (act.act === 'attend') this.#attend()
    else if (act.act === 'noise') wire.write('c,VE\u00ff\r\n')
    else if (act.act === 'pull') wire.unplug()
    else if (act.act === 'putBack') wire.plug()
    else if (act.act === 'restartBox') this.#restartBox()
    else if (act.act === 'kill') this.#kill()
    else if (act.act === 'start') this.#start()
    else if (act.act === 'behave') machine.behave([act.name])
    else if (act.act === 'pass') this.world.pass(act.ms > 1000 ? act.ms : act.ms * this.#pace)
    else if (act.act === 'fault' && machine.box instanceof BusMaster) machine.box.disturb(act.fault)
  }

  /** Faults stop; everything comes to its end. */
  quiet(): void {
    this.world.machine.behave([])
    this.world.wire.plug()
    this.#start()
    this.world.pass(2 * defaultLimits.vendMs)
    if (this.#asked > 0) this.#deny()
    this.world.pass(2 * defaultLimits.vendMs)
  }

  get owed(): number {
    return this.#owed
  }

  /** Goods that fell without coins. */
  get fallen(): number {
    const coins = this.world.seen.filter(({ event }) => event === 'paidInCoins').length
    return this.world.seen.filter(({ event }) => event === 'dropped').length - coins
  }

  /** Not while it is given its settings: what it forgets then, no driver can know. */
  #restartBox(): void {
    const { box } = this.world.machine
    if (!(box instanceof QibixxBox) || box.on) box.restart()
  }

  #approve(): void {
    if (this.#asked === 0 || this.#owed > 0) return
    const amountMinor = this.#asked
    this.#asked = 0
    this.#owed += 1
    this.world.hardware.approve({ amountMinor, currency: 'EUR' })
  }

  #deny(): void {
    this.#asked = 0
    if (this.#up) this.world.hardware.deny()
  }

  #attend(): void {
    if (this.#up) this.world.hardware.attend(5000)
  }

  #kill(): void {
    this.#asked = 0
    this.#up = false
    this.world.killDriver()
  }

  #start(): void {
    if (this.#up) return
    this.#up = true
    this.world.startDriver(this.#owed > 0)
  }
}

function played(bridge: BridgeName, alwaysIdle: boolean, acts: readonly Act[]): Play {
  const play = new Play(alwaysIdle, bridge)
  for (const act of acts) play.do(act)
  play.quiet()
  return play
}

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  // Each poll is worked off byte by byte.
  const numRuns = bridge === 'raw' ? 100 : 400
  let delivered = 0

  test('undisturbed, every approval is concluded once, and what was delivered is what fell', () => {
    fc.assert(
      fc.property(fc.boolean(), many(undisturbed), (alwaysIdle, acts) => {
        const play = played(bridge, alwaysIdle, acts)
        expect(play.tooMany).toBe(false)
        expect(play.owed).toBe(0)
        expect(play.fallen).toBe(play.ends.delivered)
        expect(play.ends.unknown).toBe(0)
        delivered += play.ends.delivered
      }),
      { numRuns },
    )
    // It was not for want of sales.

    expect(delivered).toBeGreaterThan(numRuns / 5)
  })

  test('disturbed in any way, every approval is concluded once, and only what fell is called delivered', () => {
    fc.assert(
      fc.property(fc.boolean(), many(disturbed), (alwaysIdle, acts) => {
        const play = played(bridge, alwaysIdle, acts)
        expect(play.tooMany).toBe(false)
        expect(play.owed).toBe(0)
        expect(play.ends.delivered).toBeLessThanOrEqual(play.fallen)
        expect(play.fallen).toBeLessThanOrEqual(play.ends.delivered + play.ends.unknown)
        // The machine is on standby again, and sells by phone.
        if (alwaysIdle) expect(play.world.machine.press(5)).toBe('asked')
      }),
      { numRuns },
    )
  })
})
