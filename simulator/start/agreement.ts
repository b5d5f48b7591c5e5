// Do machine, server and ledger agree on a sale? Rule 2 as a pure function of what each of the three says for
// itself: what fell into the tray, how the server closed the sale, and what the books moved.

/**
 * Names of the server's endings (relation-server/sale-chart.ts), and where each may leave goods and money.
 */
const endings = {
  settled: 'deliveredAndPaid',
  refused: 'notDeliveredNotPaid',
  withdrawn: 'notDeliveredNotPaid',
  expired: 'notDeliveredNotPaid',
  recredited: 'notDeliveredNotPaid',
  unknownClosed: 'unknownClosed',
  owed: 'owed',
} as const

export type Agreement = (typeof endings)[keyof typeof endings]

export interface Facts {
  readonly priceMinor: number
  /** Goods that fell since the sale began and were not paid in coins: counted by the machine itself. */
  readonly dropped: number
  /** The server's name for the state the sale is in; undefined when it knows none. */
  readonly ending: string | undefined
  /** Changes since the sale began, in minor units. */
  readonly buyer: { readonly balanceMinor: number; readonly heldMinor: number }
  readonly operator: Readonly<Record<'unsettled' | 'payable' | 'sales' | 'disputed', number>>
  /** What of a call's price is not the operator's. */
  readonly revenueMinor?: number
  /** What the centre owes buyers whom it could not give their money back. */
  readonly owedMinor: number
  /** What recomputing every balance from its entries found. */
  readonly bookFaults: readonly string[]
}

export type Verdict = { agreed: Agreement } | { agreed?: never; why: readonly string[] }

/** Asked again while a sale is under way: until it is settled the answer is why not yet. */
export function judge(facts: Facts): Verdict {
  const { ending, dropped, priceMinor, buyer, operator } = facts
  const agreement = endings[ending as keyof typeof endings] as Agreement | undefined
  if (agreement === undefined) {
    return {
      why: [ending === undefined ? 'the server knows no such sale' : `the server's sale is ${ending}`],
    }
  }
  const isPaid = agreement === 'deliveredAndPaid'
  const isOwed = agreement === 'owed'
  const paidMinor = isPaid ? priceMinor : 0
  const faults = [
    ...(agreement !== 'unknownClosed' ? differing('goods delivered', dropped, isPaid ? 1 : 0) : []),
    ...differing('taken from the buyer (minor units)', -buyer.balanceMinor, isOwed ? priceMinor : paidMinor),
    ...differing('held for the buyer', buyer.heldMinor, 0),
    ...differing("operator's payable", operator.payable + (facts.revenueMinor ?? 0), paidMinor),
    ...differing("operator's unsettled", operator.unsettled, 0),
    ...differing("operator's disputed and sales", operator.disputed + operator.sales, 0),
    ...differing('owed by the centre', facts.owedMinor, isOwed ? priceMinor : 0),
    ...facts.bookFaults.map((fault) => `the books: ${fault}`),
  ]
  return faults.length === 0 ? { agreed: agreement } : { why: [`the sale ended ${ending}`, ...faults] }
}

function differing(what: string, is: number, shouldBe: number): string[] {
  return is === shouldBe ? [] : [`${what}: ${is}, not ${shouldBe}`]
}

const words: Record<Agreement, string> = {
  deliveredAndPaid: 'delivered and paid',
  notDeliveredNotPaid: 'not delivered and not paid',
  unknownClosed: 'unknown, closed once: the buyer has the money back, the operator bears it',
  owed: 'not delivered, and the money, which could not be given back, is owed to the buyer',
}

export function agreementWords(agreement: Agreement): string {
  return words[agreement]
}
