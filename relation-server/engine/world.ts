// What a decision may know besides the locked rows: settings, checked certificates, minted ids and this
// moment.
import type { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import { codeFrom, type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { PresencePolicy } from '../presence-policy.ts'
import type { ProofRule } from '../proof-policy.ts'
import type { SaleChart } from '../sale-chart.ts'

/** What the display of a machine is told about codes; 32 characters in each language. */
export type DisplayWords =
  | { readonly kind: 'wrongCode'; readonly triesLeft: number }
  /** Nothing that is typed is looked at for now. */
  | { readonly kind: 'codesClosed' }
  | { readonly kind: 'codeTooLate' }
  /** A good code, for another price: it stays good. */
  | ({ readonly kind: 'otherPrice' } & { readonly amountMinor: number; readonly currency: string })
  /** Nothing was delivered. `code`: for whoever has not heard it. */
  | { readonly kind: 'goodAgain'; readonly minutes: number; readonly code?: string }

/** How codes of premium-rate calls are made, judged and spoken of. */
export interface VoiceRules {
  readonly codeLifeMs: number
  /** Asked of the centre: longer than a code lives here, so that none is charged there after it lapsed. */
  readonly voucherLifeMs: number
  /** An hour. */
  readonly wrongCodes: { readonly machine: number; readonly all: number }
  /** Derived from the voucher's id by a key outside the database. */
  codeOf(voucherId: string, turn: number): string
  /** In constant time. */
  sameCode(one: string, other: string): boolean
  /** @param language the configured one when left out */
  tell(words: DisplayWords, language: string | undefined): string
}

export interface Settings {
  readonly limits: Limits
  readonly chart: SaleChart
  readonly charge: 'debit' | 'hold'
  readonly rootPem: string
  /** What the display tells the buyer; `{number}` stands for the machine number. */
  readonly invitation: string
  /** What proves that a buyer may be charged; none that fits: as rule 15 says. */
  readonly proof: readonly ProofRule[]
  /** Whether it is kept who has bought before. */
  readonly remembersBuyers?: boolean
  /** At which machines buyers prove that they stand there; none when left out. */
  readonly presence?: PresencePolicy
  /** Unknown outcomes closed without a person, a day: per machine and per subscriber (rule 2). */
  readonly unknownCap: { readonly machine: number; readonly subscriber: number }
  /** Left out where there are no voice numbers. */
  readonly voice?: VoiceRules
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
