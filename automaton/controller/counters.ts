// The counters of a machine that we control ourselves, since its journal began; they only rise, so that a
// reading that is lost is made up for by the next one. Their names at the operator's are EVA-DTS elements
// (protocol/audit.ts). Pure.

export interface Sold {
  readonly number: number
  readonly valueMinor: number
}

export interface Counters {
  /** CA2 and DA2: paid vends for coins and by phone. */
  readonly coins: Sold
  readonly phone: Sold
  /** PA2 and PA7, by selection. */
  readonly products: Readonly<Record<string, { readonly coins: Sold; readonly phone: Sold }>>
  /** Vends of which nobody knows whether something fell. */
  readonly unknown: Sold
  /** CA3: coins taken. */
  readonly inTubesMinor: number
  readonly inBoxMinor: number
  /** CA4: certainly paid out, without what was dispensed by hand. */
  readonly paidOutMinor: number
  readonly byHandMinor: number
  /** CA10: filled in by hand, as far as the changer reports it. */
  readonly filledMinor: number
  /** Ordered, and nobody can know whether the coins came. */
  readonly inDoubtMinor: number
  /** A buyer's, certainly not paid. */
  readonly owedMinor: number
  /** EA2: EVA-DTS codes, how often, and whether it stands now. */
  readonly events: Readonly<Record<string, { readonly number: number; readonly active: boolean }>>
}

const none: Sold = { number: 0, valueMinor: 0 }

export const noCounters: Counters = {
  coins: none,
  phone: none,
  products: {},
  unknown: none,
  inTubesMinor: 0,
  inBoxMinor: 0,
  paidOutMinor: 0,
  byHandMinor: 0,
  filledMinor: 0,
  inDoubtMinor: 0,
  owedMinor: 0,
  events: {},
}

export function sold(
  counters: Counters,
  means: 'coins' | 'phone',
  selection: number,
  priceMinor: number,
): Counters {
  const product = counters.products[selection] ?? { coins: none, phone: none }
  return {
    ...counters,
    [means]: oneMore(counters[means], priceMinor),
    products: {
      ...counters.products,
      [selection]: { ...product, [means]: oneMore(product[means], priceMinor) },
    },
  }
}

/** Something that happens and is over. */
export function happened(counters: Counters, code: string): Counters {
  const number = (counters.events[code]?.number ?? 0) + 1
  return { ...counters, events: { ...counters.events, [code]: { number, active: false } } }
}

/** Something that stands until it is over; unchanged when it stands already. */
export function stands(counters: Counters, code: string, active: boolean): Counters {
  const known = counters.events[code] ?? { number: 0, active: false }
  if (known.active === active) return counters
  const number = known.number + (active ? 1 : 0)
  return { ...counters, events: { ...counters.events, [code]: { number, active } } }
}

function oneMore({ number, valueMinor }: Sold, priceMinor: number): Sold {
  return { number: number + 1, valueMinor: valueMinor + priceMinor }
}
