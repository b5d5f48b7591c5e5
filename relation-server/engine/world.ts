// What a decision may know besides the locked rows: settings, checked certificates, minted ids and this
// moment.
import type { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import { codeFrom, type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { SaleChart } from '../sale-chart.ts'

export interface Settings {
  readonly limits: Limits
  readonly chart: SaleChart
  readonly charge: 'debit' | 'hold'
  readonly rootPem: string
  /** What the display tells the buyer; `{number}` stands for the machine number. */
  readonly invitation: string
  /** Unknown outcomes closed without a person, a day: per machine and per subscriber (rule 2). */
  readonly unknownCap: { readonly machine: number; readonly subscriber: number }
}

export class World {
  readonly settings: Settings
  readonly parties: KnownParties
  readonly at: number
  /**
   * True in the first `quietMs` after the server is back with its peers: no deadline moves money (rule 11).
   */
  readonly quiet: boolean
  /** The payment centre's certificate chains, for machines to check acknowledgements by. */
  readonly centreChains: readonly string[]
  readonly #random: Random

  constructor(given: {
    settings: Settings
    parties: KnownParties
    at: number
    quiet: boolean
    centreChains: readonly string[]
    random: Random
  }) {
    this.settings = given.settings
    this.parties = given.parties
    this.at = given.at
    this.quiet = given.quiet
    this.centreChains = given.centreChains
    this.#random = given.random
  }

  mint(): string {
    return uuidFrom(this.#random)
  }

  /** Four figures, for a consent. */
  code(): string {
    return codeFrom(this.#random, 4)
  }

  /** UTC day of the unknown-outcome cap. */
  get day(): string {
    return dayOf(this.at)
  }
}

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
