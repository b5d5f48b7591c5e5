// What a payout command came to, from what can be asked afterwards. The count of the tubes is the witness
// that survives everything; what the changer says of itself may only narrow or contradict it. Pure.
import type { Coin } from './change.ts'
import type { Paid, PayoutCommand } from './till.ts'

export interface Evidence {
  /** Coins in the tubes, by type, when it was quiet again. */
  readonly after: readonly number[]
  /** Types whose tube cannot be counted. */
  readonly defective: readonly number[]
  readonly coins: readonly Coin[]
  /** It said that something jammed or failed. */
  readonly faultSeen: boolean
  /** Its own list of what it paid, by type, where it has one. */
  readonly said?: readonly number[] | undefined
}

/** A tube's count stops here, whatever is in it (MDB 4.2, 5: TUBE STATUS). */
const ceiling = 255

export function paidBy(command: PayoutCommand, evidence: Evidence): Paid {
  const { order, before, began, blind } = command
  const orderedMinor = order.by === 'coin' ? order.count * order.valueMinor : order.valueMinor
  const doubt: Paid = { leastMinor: 0, mostMinor: orderedMinor }
  const may = order.by === 'coin' ? [order.type] : evidence.coins.map(({ type }) => type)
  const missing = before.map((count, type) => count - (evidence.after[type] ?? 0))
  if (blind || !credible(missing, may, before, evidence)) return doubt
  const paidMinor = worthOf(missing, evidence)
  if (paidMinor > orderedMinor) return doubt
  // It took the order, or was at it, without a complaint, and no coin is missing: one of the two is wrong.
  if (paidMinor === 0 && began && !evidence.faultSeen) return doubt
  if (!evidence.said) return { leastMinor: paidMinor, mostMinor: paidMinor }
  const saidMinor = worthOf(evidence.said, evidence)
  if (saidMinor > orderedMinor) return doubt
  return { leastMinor: Math.min(paidMinor, saidMinor), mostMinor: Math.max(paidMinor, saidMinor) }
}

function credible(
  missing: readonly number[],
  may: readonly number[],
  before: readonly number[],
  { defective }: Evidence,
): boolean {
  if (may.some((type) => defective.includes(type))) return false
  return missing.every((count, type) => {
    if (!may.includes(type)) return count === 0
    return count >= 0 && (before[type] ?? 0) < ceiling
  })
}

function worthOf(counts: readonly number[], { coins }: Evidence): number {
  return coins.reduce((sum, { type, valueMinor }) => sum + (counts[type] ?? 0) * valueMinor, 0)
}
