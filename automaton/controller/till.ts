// The till: what is known of a buyer's coins, of the vend in hand and of what is being paid out, with the
// counters that only rise. It is written to the journal before anything follows from it, so each of these
// moves is all that a crash can leave. Pure; no move knows of a bus.
import type { VendFate } from '@concilia/protocol/motor-board.ts'
import { type Counters, happened, noCounters, sold } from './counters.ts'

export const tillVersion = 1

export interface Vend {
  /** Its number at the motor board; never given twice. */
  readonly number: number
  readonly selection: number
  readonly priceMinor: number
  readonly means: 'coins' | 'phone'
  /** Serial number of the board that was told. */
  readonly board: string
}

/** By coin (DISPENSE), or by value, where the changer chooses the coins (PAYOUT; level 3 with its option). */
export type PayoutOrder =
  | { readonly by: 'coin'; readonly type: number; readonly count: number; readonly valueMinor: number }
  | { readonly by: 'value'; readonly valueMinor: number }

export interface PayoutCommand {
  readonly order: PayoutOrder
  /** Coins in the tubes before it, by type; moved along with what was reported since. */
  readonly before: readonly number[]
  /** The changer has acknowledged it, or was seen at it. */
  readonly began?: true
  /** A sensor of the tubes failed meanwhile: their counts prove nothing. */
  readonly blind?: true
}

export interface Payout {
  readonly why: 'change' | 'return'
  /** What the buyer is still to get, the command in hand included. */
  readonly leftMinor: number
  /** Written before it is sent. While it is here nobody knows what became of it, and no other is sent. */
  readonly command?: PayoutCommand | undefined
  /** Commands in a row that certainly paid nothing. */
  readonly failures: number
}

export type VendEnd = 'delivered' | 'failed' | 'unknown'

export interface Till {
  readonly version: typeof tillVersion
  /** Put in, and neither spent nor on its way out. */
  readonly creditMinor: number
  readonly vend?: Vend | undefined
  readonly lastVend: number
  /** How the last vend by phone ended, until the next request: the sale may have died before it heard. */
  readonly phoneEnd?: { readonly result: VendEnd; readonly fate: string } | undefined
  readonly payout?: Payout | undefined
  /** Coins in the tubes by type, as last told, and what one of each is worth. */
  readonly tubes: readonly number[]
  readonly worth: readonly number[]
  /** The poll answer that was taken last, for one that comes again because its ACK was not heard. */
  readonly taken: string
  readonly counters: Counters
}

export const emptyTill: Till = {
  version: tillVersion,
  creditMinor: 0,
  lastVend: 0,
  tubes: [],
  worth: [],
  taken: '',
  counters: noCounters,
}

/** @throws Error when money came from nowhere or went nowhere: a mistake of ours, before it is written */
export function assertWhole({ creditMinor, payout, counters }: Till): void {
  const { inTubesMinor, inBoxMinor, coins, paidOutMinor, inDoubtMinor, owedMinor } = counters
  const wentTo =
    coins.valueMinor + paidOutMinor + inDoubtMinor + owedMinor + creditMinor + (payout?.leftMinor ?? 0)
  if (inTubesMinor + inBoxMinor !== wentTo || creditMinor < 0 || (payout?.leftMinor ?? 1) < 0) {
    throw new Error(`the till took ${inTubesMinor + inBoxMinor} and accounts for ${wentTo}`)
  }
}

export function coinCame(
  till: Till,
  { type, valueMinor, to, inTube }: { type: number; valueMinor: number; to: 'tube' | 'box'; inTube: number },
): Till {
  const { counters } = till
  const tubed = to === 'tube' ? valueMinor : 0
  const moved = to === 'tube' ? withTube(till, type, inTube, 1) : till
  return {
    ...moved,
    creditMinor: till.creditMinor + valueMinor,
    counters: {
      ...counters,
      inTubesMinor: counters.inTubesMinor + tubed,
      inBoxMinor: counters.inBoxMinor + valueMinor - tubed,
    },
  }
}

/** With the changer's own buttons, by a technician. */
export function dispensedByHand(
  till: Till,
  { type, valueMinor, count, inTube }: { type: number; valueMinor: number; count: number; inTube: number },
): Till {
  const { counters } = till
  return {
    ...withTube(till, type, inTube, -count),
    counters: { ...counters, byHandMinor: counters.byHandMinor + count * valueMinor },
  }
}

/**
 * Filled in or dispensed by a technician, as the changer reports it afterwards (MDB 4.2, 5: 0F 06, 0F 07).
 */
export function byHandReported(till: Till, counter: 'filledMinor' | 'byHandMinor', valueMinor: number): Till {
  const { counters } = till
  return { ...till, counters: { ...counters, [counter]: counters[counter] + valueMinor } }
}

/** A coin that comes or goes during a payout changes what there was before it just as well. */
function withTube(till: Till, type: number, inTube: number, by: number): Till {
  const { payout } = till
  const tubes = withCount(till.tubes, type, inTube)
  if (!payout?.command) return { ...till, tubes }
  const { command } = payout
  const before = withCount(command.before, type, Math.max(0, (command.before[type] ?? 0) + by))
  return { ...till, tubes, payout: { ...payout, command: { ...command, before } } }
}

function withCount(counts: readonly number[], type: number, count: number): number[] {
  return Array.from({ length: Math.max(counts.length, type + 1) }, (_, at) =>
    at === type ? count : (counts[at] ?? 0),
  )
}

export function vendBegan(till: Till, vend: Vend): Till {
  return { ...till, vend, lastVend: vend.number, phoneEnd: undefined }
}

/** A new buyer asks to pay by phone: how the vend before ended is of no interest any more. */
export function phoneAsked(till: Till): Till {
  return till.phoneEnd ? { ...till, phoneEnd: undefined } : till
}

/**
 * Delivered for coins: the rest is change. Delivered by phone: the coins go back, because one sale is paid by
 * one means. Not delivered, or nobody knows: what was put in stays the buyer's (rule 2).
 */
export function vendEnded(till: Till, result: VendEnd, fate: VendFate | 'limit' | 'otherBoard'): Till {
  const { vend } = till
  if (!vend) return till
  const { means, selection, priceMinor } = vend
  const ended: Till = {
    ...till,
    vend: undefined,
    phoneEnd: means === 'phone' ? { result, fate } : undefined,
    counters: result === 'delivered' ? sold(till.counters, means, selection, priceMinor) : till.counters,
  }
  if (result === 'unknown') {
    const counters = happened(ended.counters, 'ELA_U')
    const { unknown } = counters
    const counted = { number: unknown.number + 1, valueMinor: unknown.valueMinor + priceMinor }
    return { ...ended, counters: { ...counters, unknown: counted } }
  }
  if (result === 'failed') return { ...ended, counters: happened(ended.counters, 'ELA') }
  const creditMinor = till.creditMinor - (means === 'coins' ? priceMinor : 0)
  return payoutBegan({ ...ended, creditMinor }, means === 'coins' ? 'change' : 'return')
}

export function payoutBegan(till: Till, why: Payout['why']): Till {
  const { creditMinor: leftMinor, payout } = till
  if (leftMinor === 0 || payout) return till
  return { ...till, creditMinor: 0, payout: { why, leftMinor, failures: 0 } }
}

export function payoutOrdered(till: Till, order: PayoutOrder, before: readonly number[]): Till {
  const { payout } = till
  if (!payout || payout.command) throw new Error('a payout command without a payout, or a second one')
  return { ...till, payout: { ...payout, command: { order, before } } }
}

/** What was learnt of the command in hand, for whoever has to judge what came of it. */
export function payoutNoted(till: Till, note: Pick<PayoutCommand, 'began' | 'blind'>): Till {
  const { payout } = till
  const command = payout?.command
  if (!command || Object.keys(note).every((name) => Object.hasOwn(command, name))) return till
  return { ...till, payout: { ...payout, command: { ...command, ...note } } }
}

/**
 * What a command came to: certainly paid, and at most paid. What lies between is in doubt and not paid
 * again.
 */
export interface Paid {
  readonly leastMinor: number
  readonly mostMinor: number
}

export function payoutCounted(till: Till, { leastMinor, mostMinor }: Paid): Till {
  const { payout } = till
  if (!payout?.command) throw new Error('a payout was counted that nobody ordered')
  const counters = mostMinor > leastMinor ? happened(till.counters, 'EAF_D') : till.counters
  const leftMinor = payout.leftMinor - mostMinor
  const failures = mostMinor === 0 ? payout.failures + 1 : 0
  return {
    ...till,
    payout: leftMinor === 0 ? undefined : { why: payout.why, leftMinor, failures },
    counters: {
      ...counters,
      paidOutMinor: counters.paidOutMinor + leastMinor,
      inDoubtMinor: counters.inDoubtMinor + mostMinor - leastMinor,
    },
  }
}

/** What certainly was not paid and cannot be: the operator owes it, and it is never paid by itself again. */
export function payoutGivenUp(till: Till): Till {
  const { payout, counters } = till
  if (!payout) return till
  if (payout.command) throw new Error('a payout was given up while a command of it is in doubt')
  const owedMinor = counters.owedMinor + payout.leftMinor
  return { ...till, payout: undefined, counters: { ...happened(counters, 'EAF_O'), owedMinor } }
}
