// Rules 1 to 5 and 9 where an automaton is itself the controller of its machine: coins and goods are counted
// at the metal and held against what it has written. What buyers put in is in goods, in change, or its credit
// still; what is neither is in doubt or owed for a cause that could be seen; and nobody pays one item twice,
// in coins and by phone.
import type { Observation } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import {
  orderedMinor,
  SeenKiosk,
  type SeenTill,
  type SeenVend,
  takenMinor,
  timesToldAgain,
  type UntoldCoin,
} from './seen-kiosk.ts'
import type { Seen } from './seen-sale.ts'

/** What ends or mutes the automaton, or its lines. */
const interrupts = ['ended', 'automatonStop', 'diskFull', 'unplugged', 'boxRestart', 'journalLost']
const interrupting = (what: string) => interrupts.includes(what)
/** Whose coming in a vend leaves nobody able to say what fell. */
const blinding = (what: string) => interrupting(what) || /^behaviour powerCut(InVend|AfterDrop)$/.test(what)
/** What takes a coin from the memory of whoever was to tell it: the changer, or the journal that had it. */
const forgetting = (what: string) =>
  what === 'journalLost' || /^behaviour (resetIn|powerCutIn)Payout$/.test(what)
/** A box acknowledges a coin before it tells it, to an automaton that may be away. */
const losing = (what: string) => interrupting(what) || forgetting(what)
/** What puts off the word of a coin, or that it was heard: another of its kind may fall between the two. */
const delaying = (what: string) =>
  interrupting(what) || /^behaviour (deaf|loseAnswer|late|badChecksum|nak|missAcknowledgement)$/.test(what)
/** What can come between a buyer and the change. */
const disturbing = (what: string) => interrupting(what) || what.startsWith('behaviour ')
/** What was under way at the metal when a journal was lost is over by then; a coin has been told by then. */
const soonMs = 20_000
/** Longest that a payout takes, and what may come before it. */
const payoutMs = 240_000

export class CoinRules implements Rules {
  readonly #seen: Seen
  readonly #breaks: Breaks
  readonly #kiosks = new Map<string, SeenKiosk>()

  constructor(seen: Seen, _premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#breaks = breaks
  }

  after(observation: Observation, at: number) {
    switch (observation.type) {
      case 'coinsCounted':
        return this.#counted(observation)
      case 'coin':
        return this.#coin(observation, at)
      case 'tillStored':
        return this.#stored(this.#kiosk(observation.automatonId), JSON.parse(observation.text), at)
      case 'machine':
        return this.#machine(observation, at)
      case 'promiseStored':
        return this.#promised(observation)
      case 'journalLost':
        return this.#kiosks.get(observation.automatonId)?.forget(at)
    }
  }

  /** All is quiet: nothing of a buyer's is in a machine, and each coin has been told. */
  end(): void {
    for (const kiosk of this.#kiosks.values()) {
      const { automatonId, till, untold } = kiosk
      const { creditMinor, vend, payout } = till
      if (creditMinor !== 0 || vend || payout)
        this.#breaks(
          5,
          `${automatonId} still holds a buyer's: ${creditMinor}, ${JSON.stringify({ vend, payout })}`,
        )
      for (const coin of untold) {
        const { amountMinor, at, isFished } = coin
        if (!isFished && !this.#isLost(kiosk, coin))
          this.#breaks(4, `${automatonId} took a coin of ${amountMinor} at ${at} ms and never knew of it`)
      }
    }
  }

  /** Forgotten by whoever was to tell it; or told in the words of the coin before it, and that is written. */
  #isLost(kiosk: SeenKiosk, { amountMinor, at }: UntoldCoin): boolean {
    const wasTakenForLast = kiosk.toldAgain.some(
      (again) =>
        again.at >= at &&
        again.at <= at + soonMs &&
        again.coins.some((last) => last.amountMinor === amountMinor),
    )
    const causes = wasTakenForLast ? delaying : kiosk.acknowledges ? forgetting : losing
    return this.#isExplained(kiosk, causes, at - soonMs, at + soonMs)
  }

  #kiosk(automatonId: string): SeenKiosk {
    const known = this.#kiosks.get(automatonId) ?? new SeenKiosk(automatonId)
    this.#kiosks.set(automatonId, known)
    return known
  }

  #counted({ automatonId, amountMinor, acknowledges }: Extract<Observation, { type: 'coinsCounted' }>): void {
    const kiosk = this.#kiosk(automatonId)
    const { inMachineMinor = amountMinor } = kiosk
    if (inMachineMinor !== amountMinor)
      this.#breaks(4, `in ${automatonId} lie ${amountMinor}, and what came and went leaves ${inMachineMinor}`)
    kiosk.inMachineMinor = amountMinor
    kiosk.acknowledges = acknowledges
  }

  #coin({ automatonId, what, amountMinor }: Extract<Observation, { type: 'coin' }>, at: number): void {
    const kiosk = this.#kiosk(automatonId)
    if (what === 'taken' || what === 'fished')
      kiosk.untold.push({ amountMinor, at, isFished: what === 'fished' })
    if (what === 'taken') kiosk.inMachineMinor = (kiosk.inMachineMinor ?? 0) + amountMinor
    if (what !== 'paid') return
    kiosk.inMachineMinor = (kiosk.inMachineMinor ?? 0) - amountMinor
    const ordered = orderedMinor(kiosk.till)
    // What it falls for went with the journal.
    if (ordered === 0 && at < kiosk.journalLostAt + soonMs) return
    kiosk.paidMinor += amountMinor
    kiosk.paidForOrderMinor += amountMinor
    if (kiosk.paidForOrderMinor > ordered)
      this.#breaks(9, `${automatonId} pays out ${kiosk.paidForOrderMinor}, and its journal orders ${ordered}`)
  }

  #machine({ automatonId, event, by }: Extract<Observation, { type: 'machine' }>, at: number): void {
    const kiosk = this.#kiosks.get(automatonId)
    if (!kiosk || (!kiosk.till.vend && at < kiosk.journalLostAt + soonMs)) return
    if (by === 'nobody') this.#breaks(9, `a motor of ${automatonId} turns for a vend that no journal holds`)
    if (event !== 'dropped') return
    kiosk.fallen++
    if (kiosk.fallen > 1)
      this.#breaks(3, `vend ${kiosk.till.vend?.number} of ${automatonId} drops goods again`)
  }

  /** What was open when coins paid for the item is withdrawn, not charged to a phone as well. */
  #promised({ automatonId, saleId, promise }: Extract<Observation, { type: 'promiseStored' }>): void {
    const kiosk = this.#kiosks.get(automatonId)
    if (!kiosk || promise !== 'deliver') return
    if (kiosk.till.vend?.means === 'coins')
      this.#breaks(3, `${saleId} is to be delivered by ${automatonId}, which is vending for coins`)
    if (kiosk.overtaken.has(saleId))
      this.#breaks(3, `${saleId} is to be delivered, and ${automatonId} has sold for coins meanwhile`)
  }

  #stored(kiosk: SeenKiosk, till: SeenTill, at: number): void {
    const was = kiosk.till
    kiosk.till = till
    this.#sums(kiosk)
    if (timesToldAgain(till) > timesToldAgain(was)) kiosk.toldAgain.push({ at, coins: kiosk.lastTold })
    this.#taken(kiosk, takenMinor(till) - takenMinor(was))
    if (was.vend && was.vend.number !== till.vend?.number) this.#vendOver(kiosk, was.vend, was, at)
    if (till.vend && was.vend?.number !== till.vend.number) this.#vendBegan(kiosk, till.vend, at)
    if (payoutOf(was) !== payoutOf(till)) kiosk.paidForOrderMinor = 0
    if (!till.payout?.command || kiosk.paidForOrderMinor === 0) this.#paid(kiosk)
    this.#explained(kiosk, was, at)
  }

  #sums({ automatonId, till }: SeenKiosk): void {
    const { creditMinor, payout, counters } = till
    const { coins, paidOutMinor, inDoubtMinor, owedMinor } = counters
    const hasMinor = creditMinor + (payout?.leftMinor ?? 0)
    const wentMinor = coins.valueMinor + paidOutMinor + inDoubtMinor + owedMinor + hasMinor
    if (wentMinor !== takenMinor(till) || creditMinor < 0)
      this.#breaks(4, `${automatonId} took ${takenMinor(till)} in coins and accounts for ${wentMinor}`)
  }

  #taken(kiosk: SeenKiosk, byMinor: number): void {
    if (!kiosk.told(byMinor))
      this.#breaks(4, `${kiosk.automatonId} gives a credit of ${byMinor}, and nobody put in such coins`)
  }

  /** What has certainly come out, and at most so much more as is in doubt. */
  #paid({ automatonId, till, paidMinor }: SeenKiosk): void {
    const { paidOutMinor, inDoubtMinor } = till.counters
    if (paidMinor < paidOutMinor || paidMinor > paidOutMinor + inDoubtMinor)
      this.#breaks(
        4,
        `${automatonId} has paid ${paidMinor}, says ${paidOutMinor}, and ${inDoubtMinor} in doubt`,
      )
  }

  #vendBegan(kiosk: SeenKiosk, { number, priceMinor, means }: SeenVend, at: number): void {
    const { automatonId } = kiosk
    if (number <= kiosk.lastVend) this.#breaks(3, `${automatonId} vends under ${number} a second time`)
    Object.assign(kiosk, { lastVend: number, vendBeganAt: at, fallen: 0 })
    if (means === 'phone') {
      const sale = this.#seen.promisedOn(automatonId)
      if (sale?.amountMinor !== priceMinor)
        this.#breaks(
          1,
          `${automatonId} vends by phone at ${priceMinor}, and has promised ${sale?.amountMinor}`,
        )
      return
    }
    for (const sale of this.#seen.sales.values()) {
      if (sale.automatonId !== automatonId || sale.offeredAt < kiosk.journalLostAt) continue
      if (sale.promise === undefined) kiosk.overtaken.add(sale.saleId)
      if (sale.promise === 'deliver' && sale.word === undefined)
        this.#breaks(3, `${automatonId} vends for coins while it is delivering ${sale.saleId}`)
    }
  }

  #vendOver(kiosk: SeenKiosk, { number, priceMinor, means }: SeenVend, was: SeenTill, at: number): void {
    const { automatonId, till, fallen } = kiosk
    const soldMinor = till.counters[means].valueMinor - was.counters[means].valueMinor
    const found = `vend ${number} of ${automatonId} for ${means}: ${fallen} fell`
    if (till.counters.unknown.number > was.counters.unknown.number) {
      if (!this.#isExplained(kiosk, blinding, kiosk.vendBeganAt, at))
        this.#breaks(2, `${found}, and it is unknown without a fault that made it so`)
    } else if (soldMinor !== fallen * priceMinor)
      this.#breaks(2, `${found}, and ${soldMinor} of ${priceMinor} is counted as paid for it`)
  }

  #explained(kiosk: SeenKiosk, was: SeenTill, at: number): void {
    const { owedMinor, inDoubtMinor } = kiosk.till.counters
    const byMinor = owedMinor + inDoubtMinor - was.counters.owedMinor - was.counters.inDoubtMinor
    if (byMinor > 0 && !this.#isExplained(kiosk, disturbing, at - payoutMs, at))
      this.#breaks(2, `${kiosk.automatonId} keeps ${byMinor} of a buyer's without a fault that made it so`)
  }

  #isExplained(
    { automatonId }: SeenKiosk,
    causes: (what: string) => boolean,
    from: number,
    to: number,
  ): boolean {
    return this.#seen.mishaps(automatonId, from, to).some(({ what }) => causes(what))
  }
}

/** Which order of which payout is in hand. */
function payoutOf({ payout }: SeenTill): string {
  return payout?.command ? `${payout.leftMinor} ${payout.failures}` : ''
}
