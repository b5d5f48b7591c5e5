// Chance that can be had again: everything drawn from one seed and a name, so that what one part draws does
// not depend on when another part draws.
import { createHash } from 'node:crypto'

export class Draw {
  #state: number

  /** @param name of what is drawn: `visit 17` */
  constructor(seed: number, name: string) {
    this.#state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE(0)
  }

  /** In [0, 1). Mulberry32, by its published formula. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  oneOf<Each>(all: readonly Each[]): Each {
    const found = all[this.between(0, all.length - 1)]
    if (found === undefined) throw new Error('nothing to draw from')
    return found
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const all = Object.entries<number>(weights) as [Name, number][] // the keys of a Record of those names
    let left = this.fraction() * all.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of all) {
      left -= weight
      if (left < 0) return name
    }
    throw new Error('nothing to draw from')
  }
}
