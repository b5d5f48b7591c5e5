// Chance from a seed: the same seed gives the same bytes in the same order, on every machine. Every part of a
// simulated world has a stream of its own, so that what one part draws does not shift what another gets. Not
// for secrets.
import { createHash } from 'node:crypto'
import type { Random } from '@concilia/protocol/random.ts'

export class SeededRandom implements Random {
  readonly #name: string
  readonly #state: Uint32Array

  /** @param name the seed, and whose stream it is */
  constructor(name: string) {
    this.#name = name
    const hash = createHash('sha256').update(name).digest()
    this.#state = Uint32Array.from([0, 4, 8, 12], (at) => hash.readUInt32LE(at))
  }

  /** A stream of its own for a part of this one's world. */
  stream(part: string): SeededRandom {
    return new SeededRandom(`${this.#name}/${part}`)
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.#word()
      for (let byte = 0; byte < 4 && at + byte < length; byte++) bytes[at + byte] = word >>> (8 * byte)
    }
    return bytes
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#word() / 2 ** 32
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** A whole number, both ends included, each equally likely. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** A length of time around `meanMs`, often shorter and seldom much longer, at least 1 (ms). */
  around(meanMs: number): number {
    return 1 + Math.floor(-Math.log(1 - this.fraction()) * meanMs)
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.fraction() * from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  /** sfc32 (PractRand): four words of state, passes its batteries, a few operations a word. */
  #word(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state
    const word = (a + b + counter) | 0
    this.#state[0] = b ^ (b >>> 9)
    this.#state[1] = (c + (c << 3)) | 0
    this.#state[2] = (((c << 21) | (c >>> 11)) + word) | 0
    this.#state[3] = (counter + 1) | 0
    return word >>> 0
  }
}
