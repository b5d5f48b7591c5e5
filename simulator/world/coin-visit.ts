// Somebody with coins before a kiosk: puts in what the item costs, or more, or too little, and chooses; pulls
// the lever, walks away, or does so while a phone sale is under way. Learns only what can be seen there.
import type { KioskMachine } from './kiosk-machine.ts'
import type { SeededRandom } from './seeded-random.ts'
import { items } from './site-machine.ts'

/**
 * What somebody means to do with coins. `part` and `during` go with a phone: coins that are not enough before
 * it, and the whole price while its sale is under way.
 */
export const coinPlans = ['pays', 'walksAway', 'takesBack', 'part', 'during'] as const
export type CoinPlan = (typeof coinPlans)[number]

export interface CoinVisitParts {
  readonly kiosk: KioskMachine
  readonly item: number
  readonly random: SeededRandom
  readonly isThere: () => boolean
  readonly soon: (action: () => void, slower?: number) => void
  readonly tell: (words: string) => void
}

const values = [200, 200, 100, 100, 50, 20]
/** Longest that somebody goes on pressing (times). */
const mostPresses = 4

export class CoinVisit {
  readonly #parts: CoinVisitParts
  readonly #priceMinor: number

  constructor(parts: CoinVisitParts) {
    this.#parts = parts
    this.#priceMinor = items[parts.item] ?? 0
  }

  begin(plan: CoinPlan): void {
    const { random, soon, tell } = this.#parts
    switch (plan) {
      case 'pays':
        this.#insert(this.#priceMinor, () => this.#press(mostPresses))
        return
      case 'during':
        soon(() => this.#insert(this.#priceMinor, () => this.#press(1)), 4)
        return
      case 'part':
        this.#insert(this.#priceMinor * random.fraction(), () => {})
        return
      case 'walksAway':
        this.#insert(this.#priceMinor, () => tell('walks away from the coins'))
        return
      case 'takesBack':
        this.#insert(this.#priceMinor, () => this.#takeBack())
        return
    }
  }

  /** Coin after coin until there is so much, or more; one that does not stay is not put in again. */
  #insert(leftMinor: number, then: () => void) {
    const { kiosk, random, soon, tell, isThere } = this.#parts
    if (!isThere()) return
    if (leftMinor <= 0) return soon(then)
    const valueMinor = random.pick(values)
    tell(`puts in ${valueMinor}`)
    kiosk.insert(valueMinor)
    soon(() => this.#insert(leftMinor - valueMinor, then), 0.1)
  }

  /** Again, as long as nothing falls; then the coins are wanted back. */
  #press(times: number) {
    const { kiosk, item, soon, tell, isThere } = this.#parts
    if (!isThere()) return
    if (times === 0) return this.#takeBack()
    tell(`chooses item ${item}`)
    kiosk.press(item)
    soon(() => this.#press(times - 1), 2)
  }

  #takeBack(): void {
    this.#parts.tell('pushes the lever')
    this.#parts.kiosk.pushLever()
  }
}
