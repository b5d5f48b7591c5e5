// Coin arithmetic: which amounts the tubes can pay, with which coins, and hence which coins may be taken
// from a buyer. Pure; it knows nothing of the changer's bus. Amounts are minor units.

/** One type of coin as the changer told it (MDB 4.2, 5: SETUP). */
export interface Coin {
  readonly type: number
  readonly valueMinor: number
  /** It can go to a tube, hence come back. */
  readonly toTube: boolean
}

export interface Tubes {
  /** Coins certainly present, by type. */
  readonly counts: readonly number[]
  /** Types whose tube takes no more: the coin goes to the cash box. */
  readonly full: readonly number[]
}

/** A tube that is full and holds nothing has a sensor that fails (MDB 4.2, 5: TUBE STATUS). */
export function isDefective({ counts, full }: Tubes): boolean {
  return full.some((type) => (counts[type] ?? 0) === 0)
}

export interface CoinsOfType {
  readonly type: number
  readonly count: number
}

/** Coins that make an amount: so many of one type, and the larger ones beneath. */
interface Pile {
  readonly type: number
  readonly count: number
  /** Coins in all. */
  readonly coins: number
  readonly beneath: Pile | undefined
}

/** What can be paid out of these tubes, up to an amount, each with the fewest coins. */
export class Payable {
  readonly #piles: ReadonlyMap<number, Pile>

  constructor(coins: readonly Coin[], counts: readonly number[], upToMinor: number) {
    let piles = new Map<number, Pile>()
    for (const { type, valueMinor } of inPayingOrder(coins)) {
      const larger: [number, Pile | undefined][] = [[0, undefined], ...piles]
      piles = new Map(piles)
      for (const [amount, beneath] of larger) {
        const most = Math.min(counts[type] ?? 0, Math.floor((upToMinor - amount) / valueMinor))
        for (let count = 1; count <= most; count++) {
          const reached = amount + count * valueMinor
          const coins = count + (beneath?.coins ?? 0)
          if ((piles.get(reached)?.coins ?? Number.POSITIVE_INFINITY) > coins) {
            piles.set(reached, { type, count, coins, beneath })
          }
        }
      }
    }
    this.#piles = piles
  }

  can(amountMinor: number): boolean {
    return amountMinor === 0 || this.#piles.has(amountMinor)
  }

  /** The largest amount not above this one that can be paid. */
  most(amountMinor: number): number {
    return Math.max(0, ...[...this.#piles.keys()].filter((amount) => amount <= amountMinor))
  }

  /** Coins of exactly this amount, the largest first; none when it cannot be paid. */
  coins(amountMinor: number): CoinsOfType[] {
    const found: CoinsOfType[] = []
    for (let pile = this.#piles.get(amountMinor); pile; pile = pile.beneath) {
      found.unshift({ type: pile.type, count: pile.count })
    }
    return found
  }
}

/** The last answer for each reading of the tubes: it is asked for at every step, and changes with a coin. */
const known = new WeakMap<Tubes, { readonly upToMinor: number; readonly payable: Payable }>()

export function payableOf(coins: readonly Coin[], tubes: Tubes, upToMinor: number): Payable {
  const found = known.get(tubes)
  if (found?.upToMinor === upToMinor) return found.payable
  const payable = new Payable(coins, tubes.counts, upToMinor)
  known.set(tubes, { upToMinor, payable })
  return payable
}

/** Of two types with one value the higher number first (MDB 4.2, 5: DISPENSE). */
function inPayingOrder(coins: readonly Coin[]): Coin[] {
  return coins
    .filter(({ valueMinor }) => valueMinor > 0)
    .sort((one, other) => other.valueMinor - one.valueMinor || other.type - one.type)
}

export interface Purse {
  readonly coins: readonly Coin[]
  readonly tubes: Tubes
  readonly creditMinor: number
  /** More than this is never held for a buyer. */
  readonly mostCreditMinor: number
}

/**
 * Types that may be taken: only those after which all that the buyer has put in could still be given back.
 * A coin that falls into a tube can itself be given back.
 */
export function acceptable({ coins, tubes, creditMinor, mostCreditMinor }: Purse): number[] {
  const payable = payableOf(coins, tubes, mostCreditMinor)
  return coins
    .filter(({ type, valueMinor, toTube }) => {
      const after = creditMinor + valueMinor
      if (valueMinor === 0 || after > mostCreditMinor) return false
      const comesBack = toTube && !tubes.full.includes(type) && payable.can(creditMinor)
      return comesBack || payable.can(after)
    })
    .map(({ type }) => type)
}

/**
 * Whether some price, paid with coins of one type that is taken, could leave a rest that cannot be given:
 * then the buyer is told so before the first coin.
 */
export function exactChangeOnly(purse: Purse, pricesMinor: readonly number[]): boolean {
  const { coins, tubes, mostCreditMinor } = purse
  const payable = payableOf(coins, tubes, mostCreditMinor)
  const taken = acceptable({ ...purse, creditMinor: 0 })
  const values = coins.filter(({ type }) => taken.includes(type)).map(({ valueMinor }) => valueMinor)
  return pricesMinor.some((price) =>
    values.some((value) => !payable.can(Math.ceil(price / value) * value - price)),
  )
}
