// The motors of a coin changer under way: coin after coin, each in its time, until all are paid, a tube jams,
// or something takes the changer's mind away. What falls and what is counted is the changer's business.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { type ChangerFaults, payoutFaults } from './changer-faults.ts'
import { type ChangerSettings, creditsOf } from './changer-settings.ts'

/** `empty`: the changer believes that there is none left. The last three: in the middle of it. */
export type PayoutEnd = 'done' | 'empty' | 'jam' | 'reset' | 'powerCut' | 'stopped'

export interface Paid {
  /** By value: the changer has chosen the coins, and tells what it has paid. */
  readonly byValue: boolean
  /** Units of the bus. */
  readonly credit: number
}

interface Mechanism {
  /** @returns false when the changer believes that there is no such coin */
  readonly turn: (type: number, paid: Paid) => boolean
  readonly over: (why: PayoutEnd) => void
}

export class CoinPayout {
  readonly #settings: ChangerSettings
  readonly #clock: Clock
  readonly #faults: ChangerFaults
  readonly #mechanism: Mechanism
  /** Until mended. */
  readonly #jammed = new Set<number>()
  #under: { readonly coins: readonly number[]; readonly byValue: boolean; readonly timer: Timer } | undefined

  constructor(settings: ChangerSettings, clock: Clock, faults: ChangerFaults, mechanism: Mechanism) {
    this.#settings = settings
    this.#clock = clock
    this.#faults = faults
    this.#mechanism = mechanism
  }

  get running(): boolean {
    return this.#under !== undefined
  }

  get jammed(): ReadonlySet<number> {
    return this.#jammed
  }

  mend(): void {
    this.#jammed.clear()
  }

  pay(type: number, count: number): void {
    const coins = Array.from({ length: count }, () => type)
    this.#next(coins, false)
  }

  /**
   * This amount in units of the bus, the largest coins first, as far as it goes.
   * @param there how many of a type can be paid
   */
  payValue(value: number, there: (type: number) => number): void {
    const coins: number[] = []
    let left = value
    for (const [type, credit] of [...creditsOf(this.#settings).entries()].reverse()) {
      const possible = credit > 0 && credit < 0xff && this.#settings.coins[type]?.tube !== undefined
      const count = possible ? Math.min(there(type), Math.floor(left / credit)) : 0
      left -= count * credit
      coins.push(...Array.from({ length: count }, () => type))
    }
    this.#next(coins, true)
  }

  stop(): void {
    if (this.running) this.#end('stopped')
  }

  #next(coins: readonly number[], byValue: boolean): void {
    this.#under?.timer.cancel()
    const timer = this.#clock.after(this.#settings.coinMs, () => this.#coin(coins, byValue))
    this.#under = { coins, byValue, timer }
  }

  #coin([type, ...left]: readonly number[], byValue: boolean) {
    if (type === undefined) return this.#end('done')
    switch (this.#faults.takesOne(payoutFaults)) {
      case 'payoutJam':
        this.#jammed.add(type)
        break
      case 'resetInPayout':
        return this.#end('reset')
      case 'powerCutInPayout':
        return this.#end('powerCut')
    }
    if (this.#jammed.has(type)) return this.#end('jam')
    const credit = creditsOf(this.#settings)[type] ?? 0
    if (!this.#mechanism.turn(type, { byValue, credit })) return this.#end('empty')
    if (left.length === 0) this.#end('done')
    else this.#next(left, byValue)
  }

  #end(why: PayoutEnd): void {
    this.#under?.timer.cancel()
    this.#under = undefined
    this.#mechanism.over(why)
  }
}
