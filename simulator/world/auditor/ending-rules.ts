// Rules 2, 5, 7 and 16: once the faults have stopped everything ends in bounded time, and then every sale is
// delivered and paid, or neither, or unknown and closed once in the buyer's favour - which must have been
// truly unknowable. And no process ends by an error of its own.
import type { Observation } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import { type Seen, type SeenSale, tiedMinor } from './seen-sale.ts'

/** What is still under way when all should be quiet. */
export interface Ending {
  readonly isQuiet: boolean
  /** In words: open sales, rows to send, machines not at rest. */
  readonly left: readonly string[]
  /** Of the centre's own check of its books. */
  readonly bookFaults: readonly string[]
}

/** Whose coming in a delivery leaves nobody able to say what fell. */
const blinding = [
  'booted',
  'ended',
  'journalLost',
  'automatonStop',
  'unplugged',
  'boxRestart',
  'diskFull',
  'behaviour silent',
  'behaviour reset',
  'behaviour slow',
  'behaviour unplugged',
  'behaviour boxRestart',
  'behaviour garbage',
  'behaviour powerCutInVend',
  'behaviour powerCutAfterDrop',
]

export class EndingRules implements Rules {
  readonly #seen: Seen
  readonly #premises: Premises
  readonly #breaks: Breaks
  readonly endings = { delivered: 0, notDelivered: 0, unknown: 0 }

  constructor(seen: Seen, premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#premises = premises
    this.#breaks = breaks
  }

  after(observation: Observation): void {
    if (observation.type === 'processDied') {
      this.#breaks(16, `${observation.process} ended by an error of its own: ${observation.error}`)
    }
    if (observation.type === 'saleCommitted') this.#endedInTime(observation)
    if (observation.type === 'textRefused') {
      this.#breaks(
        16,
        `text ${observation.key} is refused for good, and in no quarantine: ${observation.why}`,
      )
    }
  }

  end({ isQuiet, left, bookFaults }: Ending): void {
    if (!isQuiet) this.#breaks(5, `not everything has ended: ${left.slice(0, 5).join('; ')}`)
    for (const fault of bookFaults) this.#breaks(4, fault)
    for (const sale of this.#seen.sales.values()) this.#ended(sale)
    this.#capped()
  }

  #ended(sale: SeenSale): void {
    const paid = tiedOf(sale)
    const { saleId, fallen, word, state, amountMinor } = sale
    const money = `${fallen} fallen, ${paid} of ${amountMinor} paid`
    const found = `${saleId}: ${money}, machine says ${word}, server ${state}`
    if (sale.isOpen && state !== '') {
      this.#breaks(5, `${found}, and still open`)
      return
    }
    const isUnknown = word === 'unknown' || state === 'unknownClosed'
    this.#heeded(sale, found)
    if (fallen === 1 && paid === amountMinor) {
      this.endings.delivered++
      this.#settled(sale, found)
    } else if (fallen === 0 && paid === 0) {
      if (isUnknown && sale.promise === 'deliver') this.#unknown(sale, found)
      else this.endings.notDelivered++
    } else if (fallen === 1 && paid === 0) {
      if (isUnknown || sale.closedByPerson) this.#unknown(sale, found)
      else this.#breaks(2, `${found}: goods for nothing`)
    } else if (sale.promise === 'withdraw') {
      this.#breaks(7, `${found}: a yes that came after the withdrawal was not undone`)
    } else {
      this.#breaks(2, `${found}: paid for nothing`)
    }
  }

  /** Unless it is settled a sale ends when its buyer has everything back, not when somebody supposes so. */
  #endedInTime({ saleId, state, open }: Extract<Observation, { type: 'saleCommitted' }>): void {
    const sale = this.#seen.sales.get(saleId)
    if (!sale || open || state === 'settled' || sale.closedByPerson) return
    const tied = tiedOf(sale)
    if (tied !== 0)
      this.#breaks(8, `${saleId} has ended as ${state}, and ${tied} of its buyer's are tied in it`)
  }

  /** A world is shorter than a day. */
  #capped(): void {
    const counts = new Map<string, number>()
    for (const { automatonId, state, closedByPerson, payments } of this.#seen.sales.values()) {
      if (state !== 'unknownClosed' || closedByPerson || payments.size === 0) continue
      counts.set(automatonId, (counts.get(automatonId) ?? 0) + 1)
    }
    for (const [automatonId, count] of counts) {
      if (count > this.#premises.unknownsOfMachine)
        this.#breaks(2, `${count} unknown outcomes of ${automatonId} were given back, and no person saw them`)
    }
  }

  /** What was still to be decided when the machine's word came is decided by it. */
  #heeded({ heard, state, closedByPerson }: SeenSale, found: string): void {
    if (state !== 'unknownClosed' || closedByPerson) return
    const word = heard.find(
      ({ word, state }) => word !== 'unknown' && /^(?:open|charging|instructed)/.test(state),
    )
    if (word) this.#breaks(2, `${found}: closed as unknown, though the server had heard ${word.word}`)
  }

  /** Paid means charged, not only promised, and the operator's to have. */
  #settled({ payments, amountMinor, closedByPerson }: SeenSale, found: string): void {
    const all = [...payments.values()]
    const held = all.reduce((sum, { heldMinor }) => sum - heldMinor, 0)
    const payable = all.reduce((sum, { payableMinor, voiceMinor }) => sum + payableMinor + voiceMinor, 0)
    if (held !== 0) this.#breaks(2, `${found}: delivered, and the money is only held`)
    else if (payable !== amountMinor && !closedByPerson)
      this.#breaks(2, `${found}: delivered, and ${payable} of it is the operator's`)
  }

  /** An unknown must have had a cause on its machine while it was delivering. */
  #unknown(sale: SeenSale, found: string): void {
    this.endings.unknown++
    const until = sale.promisedAt + 2 * this.#premises.vendMs + 10_000
    const causes = this.#seen.mishaps(sale.automatonId, sale.offeredAt, until)
    if (!causes.some(({ what }) => blinding.includes(what))) {
      this.#breaks(2, `${found}: unknown without a fault that made it so`)
    }
  }
}

function tiedOf({ payments }: SeenSale): number {
  return [...payments.values()].map(tiedMinor).reduce((sum, each) => sum + each, 0)
}
