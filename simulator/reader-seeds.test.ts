// The reader driver against the simulated machine under chance: buyers, levers, coins, noise, approvals and
// denials at any moment, a few milliseconds apart, so that lines cross. However it goes, nothing falls that
// nobody answers for.

import { defaultLimits } from '@concilia/protocol/limits.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BehaviourName, behaviourNames } from './behaviours.ts'
import { ReaderWorld } from './reader-world.ts'

type Act =
  | { act: 'press' | 'coins'; item: 5 | 7 }
  | { act: 'lever' | 'approve' | 'deny' | 'attend' | 'noise' | 'pull' | 'putBack' | 'restartBox' }
  | { act: 'kill' | 'start' }
  | { act: 'behave'; name: BehaviourName }
  | { act: 'pass'; ms: number }

const undisturbed: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('press' as const), item: fc.constantFrom(5, 7) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('coins' as const), item: fc.constantFrom(5, 7) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('lever', 'approve', 'deny', 'attend') }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('approve' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 15 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(40, 500, 70_000) }),
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

/**
 * The sale's part, as small as can be: it approves or denies what is asked, and counts what becomes of it.
 */
class Play {
  readonly world: ReaderWorld
  #asked = 0
  /** The automaton's process runs. */
  #up = true
  /** Approved, not concluded. */
  #owed = 0
  readonly ends = { delivered: 0, failed: 0, unknown: 0 }
  /** The driver is not to lose or invent a conclusion. */
  tooMany = false

  constructor(alwaysIdle: boolean) {
    this.world = new ReaderWorld([], { alwaysIdle })
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
    else if (act.act === 'restartBox') machine.box.restart()
    else if (act.act === 'kill') this.#kill()
    else if (act.act === 'start') this.#start()
    else if (act.act === 'behave') machine.behave([act.name])
    else if (act.act === 'pass') this.world.pass(act.ms)
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

function played(alwaysIdle: boolean, acts: readonly Act[]): Play {
  const play = new Play(alwaysIdle)
  for (const act of acts) play.do(act)
  play.quiet()
  return play
}

test('undisturbed, every approval is concluded once, and what was delivered is what fell', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(undisturbed, { maxLength: 60 }), (alwaysIdle, acts) => {
      const play = played(alwaysIdle, acts)
      expect(play.tooMany).toBe(false)
      expect(play.owed).toBe(0)
      expect(play.fallen).toBe(play.ends.delivered)
      expect(play.ends.unknown).toBe(0)
    }),
    { numRuns: 400 },
  )
})

test('disturbed in any way, every approval is concluded once, and only what fell is called delivered', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(disturbed, { maxLength: 60 }), (alwaysIdle, acts) => {
      const play = played(alwaysIdle, acts)
      expect(play.tooMany).toBe(false)
      expect(play.owed).toBe(0)
      expect(play.ends.delivered).toBeLessThanOrEqual(play.fallen)
      expect(play.fallen).toBeLessThanOrEqual(play.ends.delivered + play.ends.unknown)
      // The machine is on standby again, and sells by phone.
      if (alwaysIdle) expect(play.world.machine.press(5)).toBe('asked')
    }),
    { numRuns: 400 },
  )
})
