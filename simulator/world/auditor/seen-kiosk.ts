// What has been seen of a kiosk: coins and goods at the metal, and what its automaton has written of them.
// Read here without the programs' own code.

/** The till, as far as rules depend on it. */
export interface SeenTill {
  readonly creditMinor: number
  readonly vend?: SeenVend
  readonly payout?: {
    readonly leftMinor: number
    readonly failures: number
    readonly command?: { readonly order: { readonly valueMinor: number; readonly count?: number } }
  }
  readonly counters: {
    readonly coins: { readonly valueMinor: number }
    readonly phone: { readonly valueMinor: number }
    readonly unknown: { readonly number: number }
    readonly inTubesMinor: number
    readonly inBoxMinor: number
    readonly paidOutMinor: number
    readonly inDoubtMinor: number
    readonly owedMinor: number
    readonly events: Readonly<Record<string, { readonly number: number }>>
  }
}

export interface SeenVend {
  readonly number: number
  readonly priceMinor: number
  readonly means: 'coins' | 'phone'
}

export interface UntoldCoin {
  readonly amountMinor: number
  readonly at: number
  /** Credited, and pulled out again. */
  readonly isFished: boolean
}

export const emptyTill: SeenTill = {
  creditMinor: 0,
  counters: {
    coins: { valueMinor: 0 },
    phone: { valueMinor: 0 },
    unknown: { number: 0 },
    inTubesMinor: 0,
    inBoxMinor: 0,
    paidOutMinor: 0,
    inDoubtMinor: 0,
    owedMinor: 0,
    events: {},
  },
}

export class SeenKiosk {
  readonly automatonId: string
  till: SeenTill = emptyTill
  /** In tubes and cash box: counted there, or reckoned from what came and went since. */
  inMachineMinor: number | undefined
  /** Coins that came to stay, and that the till does not have yet. */
  untold: UntoldCoin[] = []
  /** What its last answer with coins told; and when such an answer was taken for the same told again. */
  lastTold: readonly UntoldCoin[] = []
  readonly toldAgain: { readonly at: number; readonly coins: readonly UntoldCoin[] }[] = []
  /** Out of the tubes, since the journal began; and for the order in hand. */
  paidMinor = 0
  paidForOrderMinor = 0
  /** Goods of the vend in hand. */
  fallen = 0
  vendBeganAt = 0
  lastVend = 0
  /** Sales that were open when their machine began to sell for coins: never a phone's any more. */
  readonly overtaken = new Set<string>()
  journalLostAt = Number.NEGATIVE_INFINITY
  /** Whether the automaton itself acknowledges a coin; a box does so before it tells. */
  acknowledges = true

  constructor(automatonId: string) {
    this.automatonId = automatonId
  }

  /** The coins of before stay the buyers' and nobody knows of them; what was not told yet may still be. */
  forget(at: number): void {
    this.till = emptyTill
    this.journalLostAt = at
    this.paidMinor = 0
    this.fallen = 0
  }

  /** The till has these coins now: the newest that it did not have. @returns whether there are such */
  told(amountMinor: number): boolean {
    const told = newestOf(this.untold, amountMinor)
    if (told) this.untold = this.untold.filter((coin) => !told.includes(coin))
    if (told && told.length > 0) this.lastTold = told
    return told !== undefined
  }
}

function newestOf(coins: readonly UntoldCoin[], amountMinor: number): readonly UntoldCoin[] | undefined {
  if (amountMinor === 0) return []
  const last = coins.at(-1)
  if (!last || amountMinor < 0) return undefined
  const before = coins.slice(0, -1)
  const others = newestOf(before, amountMinor - last.amountMinor)
  return others ? [...others, last] : newestOf(before, amountMinor)
}

/** How often it has said that a coin was told a second time. */
export function timesToldAgain({ counters }: SeenTill): number {
  return counters.events.EAG_R?.number ?? 0
}

export function takenMinor({ counters }: SeenTill): number {
  return counters.inTubesMinor + counters.inBoxMinor
}

export function orderedMinor({ payout }: SeenTill): number {
  const order = payout?.command?.order
  return order ? order.valueMinor * (order.count ?? 1) : 0
}
