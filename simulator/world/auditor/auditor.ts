// The auditor: sees what can be seen of the world from outside, keeps books of its own, and checks the
// sixteen rules after every step and once more when all is quiet. It shares no code with what it judges.
import type { Observation } from '../observations.ts'
import { CoinRules } from './coin-rules.ts'
import { ConsentRules } from './consent-rules.ts'
import { DeliveryRules } from './delivery-rules.ts'
import { DurabilityRules } from './durability-rules.ts'
import { type Ending, EndingRules } from './ending-rules.ts'
import { MoneyRules } from './money-rules.ts'
import { Seen } from './seen-sale.ts'
import { VoucherRules } from './voucher-rules.ts'

export interface Breach {
  /** Of the sixteen (architecture, section 4). */
  readonly rule: number
  readonly words: string
  /** The world's time (ms). */
  readonly at: number
}

/** What the world was drawn to be, as far as rules depend on it. */
export interface Premises {
  readonly silenceMs: number
  readonly offerWaitMs: number
  readonly readerLimitMs: number
  readonly vendMs: number
  /** So many unknown outcomes of a machine are given back in a day before a person has to decide. */
  readonly unknownsOfMachine: number
  /** Largest error of a clock that is not set by anybody. */
  readonly drift: number
  /** Whose phone has which account. */
  readonly numberOfHash: ReadonlyMap<string, string>
  readonly machineNumberOf: ReadonlyMap<string, string>
}

export type Breaks = (rule: number, words: string) => void

/** A set of rules: looks at each observation, with what was seen before it in `seen`, then after. */
export interface Rules {
  before?(observation: Observation, at: number): void
  after?(observation: Observation, at: number): void
}

export class Auditor {
  readonly breaches: Breach[] = []
  readonly seen = new Seen()
  readonly #rules: readonly Rules[]
  readonly #endings: EndingRules
  readonly #vouchers: VoucherRules
  readonly #coins: CoinRules
  readonly #durability: DurabilityRules
  #at = 0
  #checks = 0

  constructor(premises: Premises) {
    const breaks: Breaks = (rule, words) => this.breaches.push({ rule, words, at: this.#at })
    const parts = [this.seen, premises, breaks] as const
    this.#endings = new EndingRules(...parts)
    this.#durability = new DurabilityRules(breaks)
    this.#vouchers = new VoucherRules(...parts)
    this.#coins = new CoinRules(...parts)
    this.#rules = [
      new DeliveryRules(...parts),
      new MoneyRules(...parts),
      this.#durability,
      new ConsentRules(...parts),
      this.#vouchers,
      this.#coins,
      this.#endings,
    ]
  }

  /** How many observations were held against the rules. */
  get checks(): number {
    return this.#checks
  }

  get endings(): { readonly delivered: number; readonly notDelivered: number; readonly unknown: number } {
    return this.#endings.endings
  }

  observe(observation: Observation, at: number): void {
    this.#at = at
    this.#checks++
    for (const rules of this.#rules) rules.before?.(observation, at)
    this.seen.take(observation, at)
    for (const rules of this.#rules) rules.after?.(observation, at)
  }

  /** All is quiet, or should be: money and goods must agree now. */
  end(ending: Ending, at: number): void {
    this.#at = at
    this.#endings.end(ending)
    this.#vouchers.end()
    this.#coins.end()
    this.#durability.end()
  }
}
