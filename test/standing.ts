// Goods and money as each party counts them for itself: the trays of the simulated machines, and the books of
// the payment centre read from its own database. Nothing here is what the programs told each other.
import type { CentreStore } from '@concilia/payment-centre/store/port.ts'
import type { SimulatorControl } from '@concilia/simulator/control-client.ts'
import { benchMachines, operator } from '@concilia/simulator/start/buyers.ts'

export interface Standing {
  /** Goods that fell on all machines, for coins as well. */
  readonly dropped: number
  /** By account: the balance, and what is held of it, in minor units. */
  readonly buyers: Readonly<Record<string, { readonly postedMinor: number; readonly heldMinor: number }>>
  /** By name of the account: unsettled, payable, sales, disputed. */
  readonly operator: Readonly<Record<string, number>>
  /** What recomputing the books from their entries finds. */
  readonly faults: readonly string[]
}

export async function standingNow(simulator: SimulatorControl, books: CentreStore): Promise<Standing> {
  const [views, buyers, operators, { faults }] = await Promise.all([
    Promise.all(benchMachines.map(({ number }) => simulator.call('look', { machine: number }))),
    books.balances('buyer:'),
    books.balances(`operator:${operator.id}:`),
    books.check(),
  ])
  return {
    dropped: sumOf(views.flatMap(({ dropped }) => Object.values(dropped))),
    buyers: Object.fromEntries(buyers.map(({ accountId, ...balance }) => [accountId, balance])),
    operator: Object.fromEntries(
      operators.map(({ accountId, postedMinor }) => [accountId.split(':')[2] ?? '', postedMinor]),
    ),
    faults,
  }
}

export interface Moved {
  readonly dropped: number
  /** What each buyer paid. */
  readonly paid: Readonly<Record<string, number>>
  readonly heldMinor: number
  readonly operator: Readonly<Record<'payable' | 'unsettled' | 'disputedAndSales', number>>
  readonly faults: readonly string[]
}

/** What changed, with buyers by their names; those that paid nothing are left out. */
export function moved(before: Standing, now: Standing, names: ReadonlyMap<string, string>): Moved {
  const paid = Object.entries(now.buyers).flatMap(([accountId, { postedMinor }]) => {
    const amount = (before.buyers[accountId]?.postedMinor ?? 0) - postedMinor
    return amount === 0 ? [] : [[names.get(accountId) ?? accountId, amount] as const]
  })
  const grown = (name: string) => (now.operator[name] ?? 0) - (before.operator[name] ?? 0)
  return {
    dropped: now.dropped - before.dropped,
    paid: Object.fromEntries(paid),
    heldMinor: sumOf(Object.values(now.buyers).map(({ heldMinor }) => heldMinor)),
    operator: {
      payable: grown('payable'),
      unsettled: grown('unsettled'),
      disputedAndSales: grown('disputed') + grown('sales'),
    },
    faults: now.faults,
  }
}

export function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0)
}
