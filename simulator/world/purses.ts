// What the buyers of a simulated world have, and what the payment centre lets each of them spend.
import type { Opening } from './centre-site.ts'

export const centreSettings = {
  caps: {
    purchasesPerHour: 1_000,
    currencies: { EUR: { purchaseMinor: 5_000, dayMinor: 1_000_000, monthMinor: 1_000_000 } },
  },
  validation: { waitMs: 40_000, digits: 6, tries: 3 },
}

/** Buyers of each sort: well off, on account, with little left, with a code each time, with nothing. */
export const openings: readonly Opening[] = Array.from({ length: 30 }, (_, index) => {
  const number = `+336120000${String(10 + index)}`
  if (index < 12) return { number, kind: 'prepaid', balanceMinor: 100_000, ceilingMinor: 0 }
  if (index < 18) return { number, kind: 'postpaid', balanceMinor: 0, ceilingMinor: 20_000 }
  if (index < 24) return { number, kind: 'prepaid', balanceMinor: 700, ceilingMinor: 0 }
  return { number, kind: 'prepaid', balanceMinor: 50_000, ceilingMinor: 0, validateAboveMinor: 0 }
})
export const buyerNumbers = [...openings.map(({ number }) => number), '+33612000099']
