// Rules 3, 4, 8 and 11 in the ledger: every transfer sums to zero, nobody is overdrawn, a sale is charged at
// most once at a time, and once delivery was instructed money goes back on the automaton's word, a person's,
// or the published limit, never on silence.
import type { Observation, SeenTransfer } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import { type Seen, type SeenSale, tiedMinor } from './seen-sale.ts'

export class MoneyRules implements Rules {
  readonly #seen: Seen
  readonly #premises: Premises
  readonly #breaks: Breaks
  #forwardJumps = 0

  constructor(seen: Seen, premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#premises = premises
    this.#breaks = breaks
  }

  before(observation: Observation, at: number): void {
    if (observation.type === 'fault' && observation.what === 'clockJump') this.#forwardJumps++
    if (observation.type === 'outboxCommitted') this.#toldToDeliver(observation)
    if (observation.type !== 'transferCommitted') return
    this.#sums(observation.transfer)
    this.#goesBack(observation.transfer, at)
  }

  after(observation: Observation): void {
    if (observation.type !== 'transferCommitted') return
    const { transfer } = observation
    for (const { accountId } of transfer.entries) this.#notOverdrawn(accountId)
    const sale = this.#seen.saleOfPayment(transfer.paymentId)
    if (sale) this.#chargedOnce(sale, transfer)
    else if (transfer.paymentId !== '')
      this.#breaks(3, `payment ${transfer.paymentId} is of no sale that was offered`)
  }

  /** A yes that comes after the machine's last word is undone, never delivered on (rule 7). */
  #toldToDeliver({ saleId, body }: Extract<Observation, { type: 'outboxCommitted' }>): void {
    const sale = this.#seen.sales.get(saleId ?? '')
    const heard = sale?.heard.find(({ word }) => word !== 'delivered')
    if (sale && heard && JSON.parse(body).instruction?.kind === 'deliver')
      this.#breaks(
        7,
        `${sale.saleId} is to be delivered, and its machine's word was stored before: ${heard.word}`,
      )
  }

  #sums({ id, kind, entries }: SeenTransfer): void {
    const sums = new Map<string, number>()
    for (const { layer, amountMinor } of entries) sums.set(layer, (sums.get(layer) ?? 0) + amountMinor)
    for (const [layer, sum] of sums) {
      if (sum !== 0) this.#breaks(4, `transfer ${id} (${kind}) sums to ${sum} in the layer ${layer}`)
    }
  }

  #notOverdrawn(accountId: string): void {
    const account = this.#seen.accounts.get(accountId)
    if (!account) return
    const available = account.postedMinor + Math.min(account.heldMinor, 0) + account.ceilingMinor
    if (available < 0) this.#breaks(4, `account ${accountId} is overdrawn by ${-available}`)
  }

  #chargedOnce(sale: SeenSale, { kind }: SeenTransfer): void {
    const tied = [...sale.payments.values()].filter((money) => tiedMinor(money) !== 0)
    if (tied.length > 1) this.#breaks(3, `${sale.saleId} is charged by ${tied.length} payments at once`)
    for (const money of tied) {
      const minor = tiedMinor(money)
      if (minor < 0 || minor > sale.amountMinor) {
        this.#breaks(3, `${sale.saleId} has taken ${minor} for a price of ${sale.amountMinor} (${kind})`)
      }
    }
  }

  /** What is taken back from a sale whose delivery was instructed needs a word (rules 8 and 11). */
  #goesBack({ kind, paymentId }: SeenTransfer, at: number): void {
    if (!['refund', 'void', 'expire'].includes(kind)) return
    const sale = this.#seen.saleOfPayment(paymentId)
    if (sale?.deliverCommittedAt === undefined || sale.closedByPerson) return
    if (sale.word === 'failed' || sale.word === 'withdrawn' || sale.word === 'unknown') return
    const silentMs = at - sale.deliverCommittedAt
    const { silenceMs, drift } = this.#premises
    if (silentMs >= silenceMs * (1 - drift) - 31_000 * Math.min(1, this.#forwardJumps)) return
    const lost = this.#seen
      .mishaps(sale.automatonId, sale.offeredAt, at)
      .some(({ what }) => what === 'journalLost')
    if (lost) return
    const word = sale.word ?? 'silent'
    this.#breaks(11, `${sale.saleId} is given back (${kind}) though its machine, told to deliver, is ${word}`)
  }
}
