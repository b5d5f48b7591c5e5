// Rules 1, 3, 6, 12 and 13, as far as they show at the machine: what is approved was promised, once, on an
// offer of the same process, with the buyer's money secured; and the machine never has to wait in vain.
import type { Observation } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import { type Seen, tiedMinor } from './seen-sale.ts'

/** What keeps a reader from speaking in time; a link that is down does not. */
const muting = [
  'booted',
  'ended',
  'journalLost',
  'automatonStop',
  'diskFull',
  'unplugged',
  'boxRestart',
  'behaviour unplugged',
  'behaviour boxRestart',
  'behaviour garbage',
]

export class DeliveryRules implements Rules {
  readonly #seen: Seen
  readonly #premises: Premises
  readonly #breaks: Breaks

  constructor(seen: Seen, premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#premises = premises
    this.#breaks = breaks
  }

  before(observation: Observation, at: number): void {
    if (observation.type === 'promiseStored') this.#promised(observation, at)
    if (observation.type === 'machine') this.#machine(observation, at)
    if (observation.type === 'wordStored') this.#said(observation)
  }

  #promised(
    { automatonId, saleId, promise }: Extract<Observation, { type: 'promiseStored' }>,
    at: number,
  ): void {
    const sale = this.#seen.sales.get(saleId)
    if (!sale) {
      this.#breaks(9, `${automatonId} promises ${promise} of ${saleId}, an offer it never stored`)
      return
    }
    if (sale.promise) this.#breaks(12, `${saleId} has two promises: ${sale.promise}, then ${promise}`)
    if (promise !== 'deliver') return
    if (sale.boot !== this.#seen.bootOf(automatonId)) {
      this.#breaks(
        13,
        `${saleId} is delivered on by boot ${this.#seen.bootOf(automatonId)}, offered by ${sale.boot}`,
      )
    }
    const { offerWaitMs, drift } = this.#premises
    const openMs = at - sale.offeredAt
    const stood = this.#seen
      .mishaps(automatonId, sale.offeredAt, at)
      .some(({ what }) => what === 'automatonStop')
    if (openMs > offerWaitMs * (1 + drift) + 10 && !stood) {
      this.#breaks(13, `${saleId} is delivered on after ${openMs} ms; its offer was open for ${offerWaitMs}`)
    }
  }

  /** Nobody signs a withdrawal who has not bound himself first never to deliver. */
  #said({ automatonId, saleId, kind }: Extract<Observation, { type: 'wordStored' }>): void {
    const promise = this.#seen.sales.get(saleId)?.promise
    if (kind === 'withdrawal' && promise !== 'withdraw')
      this.#breaks(
        12,
        `${automatonId} signs a withdrawal of ${saleId}, and its journal has ${promise ?? 'no'} promise`,
      )
  }

  #machine({ automatonId, event, by }: Extract<Observation, { type: 'machine' }>, at: number): void {
    if (event === 'approved' && by === 'phone') this.#approved(automatonId)
    if (event === 'dropped' && by === 'phone') this.#dropped(automatonId)
    if (event === 'patienceOver') this.#waitedInVain(automatonId, at)
  }

  #approved(automatonId: string): void {
    const sale = this.#seen.promisedOn(automatonId)
    if (!sale) {
      this.#breaks(1, `${automatonId} approves a vend that its journal has not promised`)
      return
    }
    const tied = [...sale.payments.values()].map(tiedMinor).reduce((sum, each) => sum + each, 0)
    if (tied !== sale.amountMinor) {
      this.#breaks(
        1,
        `${automatonId} approves ${sale.saleId} at ${sale.amountMinor}, and the buyer has paid ${tied}`,
      )
    }
  }

  #dropped(automatonId: string): void {
    const sale = this.#seen.vendingOn(automatonId)
    if (!sale) this.#breaks(1, `${automatonId} drops goods that nobody approved`)
    else if (sale.fallen > 0) this.#breaks(3, `${sale.saleId} drops goods a second time`)
  }

  /** Z7 is longer than our own wait; only a reader that could not speak lets it pass. */
  #waitedInVain(automatonId: string, at: number): void {
    const from = at - 2 * this.#premises.readerLimitMs
    if (this.#seen.mishaps(automatonId, from, at).some(({ what }) => muting.includes(what))) return
    this.#breaks(
      6,
      `${automatonId} left its machine without a decision for ${this.#premises.readerLimitMs} ms`,
    )
  }
}
