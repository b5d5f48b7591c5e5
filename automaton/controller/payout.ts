// Paying out, never twice. The order is in the till's journal, with the counts of the tubes, before
// DISPENSE or PAYOUT is sent; it is sent once. What became of it is asked: the tubes are counted again when
// the changer is quiet, whether it acknowledged or not, was reset, or we died (MDB 4.2, App. 3). What that
// cannot tell is in doubt, and not paid again.
import type { ChangerAnswer, ChangerCommand } from '@concilia/protocol/mdb/coin-changer.ts'
import { type Coin, isDefective, Payable } from './change.ts'
import { changerHas } from './changer-setup.ts'
import {
  type ChangerResult,
  type ControllerTurn,
  type KnownChanger,
  newPaying,
  type Paying,
} from './controller-state.ts'
import { sayOwed } from './counter.ts'
import { moneyText } from './counter-texts.ts'
import { paidBy } from './paid-by.ts'
import { type PayoutOrder, payoutCounted, payoutGivenUp, payoutNoted, payoutOrdered } from './till.ts'

/** Silence, then ACK, is the end of a payout; so is so long without a word of being busy (MDB 4.2, 5). */
const quietMs = 300
/** Where it is not certain that it began when it was sent, or that it has ended. */
const longQuietMs = 2000
/** Orders in a row that paid nothing, after which nobody believes in the next. */
const mostFailures = 3
/** Longest order by value, in the changer's units, and by coin. */
const mostUnits = 255
const mostCoins = 15

/** The changer has been quiet for long enough to be asked; or there is something to order. */
export function nextOfPayout(turn: ControllerTurn): ChangerCommand | undefined {
  const { payout } = turn.till
  const { paying } = turn.changer
  if (!payout) return undefined
  if (!payout.command) return order(turn)
  if (!paying) return listenAnew(turn)
  const byValue = payout.command.order.by === 'value' && paying.acknowledged
  if (byValue && !paying.finished) return askValue(turn)
  if (turn.changer.silentSince !== undefined || turn.now - paying.since < quietFor(paying)) return undefined
  // Reset, it lets coins be dispensed by hand again: what was is told before the tubes are counted.
  if (turn.changer.told !== '0/0') return { name: 'coinType', accept: 0, dispenseByHand: 0 }
  turn.setPaying({ stage: 'counting' })
  if (byValue && !paying.counts) return { name: 'payoutStatus' }
  return tubesMayBeRead(turn) ? { name: 'tubeStatus' } : undefined
}

function quietFor({ acknowledged }: Paying): number {
  return acknowledged ? quietMs : longQuietMs
}

function tubesMayBeRead({ now, changer }: ControllerTurn): boolean {
  return now - changer.resetAt >= 500
}

/** Orders and polls take turns, so that faults and coins are heard in between. */
function askValue(turn: ControllerTurn): ChangerCommand | undefined {
  if (!turn.changer.valuePollNext) return undefined
  turn.setChanger({ valuePollNext: false })
  return { name: 'payoutValuePoll' }
}

/** A command stands in the journal, and this process has not sent it: perhaps the one before it did. */
function listenAnew(turn: ControllerTurn): undefined {
  turn.setChanger({ paying: newPaying(turn.now) })
  return undefined
}

/** With fresh counts only: they are what the next ones are compared with. */
function order(turn: ControllerTurn): ChangerCommand | undefined {
  const { known, tubes, tubesStale, told } = turn.changer
  const { payout } = turn.till
  if (!payout || !known || !tubes || tubesStale) return undefined
  // Nothing is taken in, or dispensed by hand, while it pays.
  if (told !== '0/0') return undefined
  // By value it may pay from a tube that it cannot count: then it is told which coins.
  const byValue = changerHas(turn, 'payout') && payout.failures === 0 && !isDefective(tubes)
  const chosen = choose(known, tubes.counts, payout.leftMinor, byValue)
  if (!chosen || payout.failures >= mostFailures) {
    giveUp(turn, chosen ? 'the coin changer does not pay' : 'the tubes cannot pay it')
    return undefined
  }
  turn.keep(payoutOrdered(turn.till, chosen, tubes.counts), { type: 'payoutOrdered', order: chosen })
  // From here on it may have been carried out.
  turn.setChanger({ paying: newPaying(turn.now), tubesStale: true, valuePollNext: false })
  if (chosen.by === 'value') return { name: 'payout', value: chosen.valueMinor / known.scaleMinor }
  return { name: 'dispense', coins: { count: chosen.count, type: chosen.type } }
}

/** The most that these tubes can pay, in one command. */
function choose(
  { coins, scaleMinor }: KnownChanger,
  counts: readonly number[],
  leftMinor: number,
  byValue: boolean,
): PayoutOrder | undefined {
  const payable = new Payable(coins, counts, leftMinor)
  if (byValue) {
    const valueMinor = payable.most(Math.min(leftMinor, mostUnits * scaleMinor))
    return valueMinor === 0 ? undefined : { by: 'value', valueMinor }
  }
  const [first] = payable.coins(payable.most(leftMinor))
  return (
    first && {
      by: 'coin',
      type: first.type,
      count: Math.min(first.count, mostCoins),
      valueMinor: worthOf(coins, first.type),
    }
  )
}

function worthOf(coins: readonly Coin[], type: number): number {
  return coins.find((coin) => coin.type === type)?.valueMinor ?? 0
}

export function payoutAnswered(turn: ControllerTurn, asked: ChangerCommand, result: ChangerResult) {
  const [only] = typeof result === 'object' ? result : []
  switch (asked.name) {
    case 'dispense':
    case 'payout':
      // Whatever it was, it is never sent again.
      turn.setPaying({ acknowledged: result === 'ack', since: turn.now })
      if (result === 'ack') turn.keep(payoutNoted(turn.till, { began: true }), { type: 'payoutBegan' })
      return
    case 'payoutValuePoll':
      if (result === 'ack') turn.setPaying({ finished: true })
      else if (only) turn.setPaying({ since: turn.now })
      return
    case 'payoutStatus':
      if (only?.name === 'coinCounts') turn.setPaying({ counts: only.counts })
      else if (result === 'ack') turn.setPaying({ since: turn.now, stage: 'sent' })
      return
  }
}

export function tubesRead(turn: ControllerTurn, told: Extract<ChangerAnswer, { name: 'tubes' }>): void {
  const { paying, known } = turn.changer
  const counts = Array.from({ length: 16 }, (_, type) => told.counts[type] ?? 0)
  const full = counts.flatMap((_, type) => ((told.full >> type) & 1 ? [type] : []))
  const defective = full.filter((type) => counts[type] === 0)
  if (paying?.stage === 'counting' && known) counted(turn, known, paying, counts, defective)
  else if (!paying && known) compareTubes(turn, counts, known.coins)
  // What cannot be counted cannot be paid from.
  const usable = counts.map((count, type) => (defective.includes(type) ? 0 : count))
  turn.setChanger({
    tubes: { counts: usable, full },
    tubesStale: turn.changer.paying !== undefined,
    tubesReadAt: turn.now,
  })
  for (const { type } of known?.coins ?? []) {
    turn.faultStands(`EAG_T${type}`, defective.includes(type), `the tube of coin type ${type} is defective`)
  }
}

function counted(
  turn: ControllerTurn,
  known: KnownChanger,
  paying: Paying,
  after: readonly number[],
  defective: readonly number[],
) {
  const { payout } = turn.till
  if (!payout?.command) return
  const { command } = payout
  const { faultSeen, counts: said } = paying
  const evidence = { after, defective, coins: known.coins, faultSeen, said }
  const paid = paidBy(command, evidence)
  const wanted = command.order.valueMinor * (command.order.by === 'coin' ? command.order.count : 1)
  // It may still be at it, without a word.
  if (paid.mostMinor < wanted && turn.now - paying.since < longQuietMs)
    return turn.setPaying({ stage: 'sent' })
  turn.keep({ ...payoutCounted(turn.till, paid), tubes: after }, { type: 'payoutCounted', ...paid })
  turn.setChanger({ paying: undefined })
  const doubtMinor = paid.mostMinor - paid.leastMinor
  if (doubtMinor > 0) {
    turn.notice('payoutInDoubt', `${moneyText(turn, doubtMinor)} may not have come out`)
    sayOwed(turn, doubtMinor)
  }
}

/** Coins that nobody told of: filled in while we were away, or taken out, or put in and not credited. */
function compareTubes(turn: ControllerTurn, counts: readonly number[], coins: readonly Coin[]) {
  const { tubes } = turn.till
  const worth = counts.map((_, type) => worthOf(coins, type))
  if (counts.every((count, type) => count === tubes[type] && worth[type] === turn.till.worth[type])) return
  if (tubes.length > 0 && counts.some((count, type) => count !== (tubes[type] ?? 0))) {
    const changes = counts.flatMap((count, type) => {
      const by = count - (tubes[type] ?? 0)
      return by === 0 ? [] : [`type ${type}: ${by > 0 ? '+' : ''}${by}`]
    })
    turn.notice('surprise', `the tubes hold other coins than were told, ${changes.join(', ')}`)
  }
  turn.keep({ ...turn.till, tubes: counts, worth }, { type: 'tubesCounted', counts })
}

/** What is certainly not paid, and cannot be, is owed. */
export function giveUp(turn: ControllerTurn, why: string): void {
  const { payout } = turn.till
  if (!payout || payout.command) return
  turn.keep(payoutGivenUp(turn.till), { type: 'payoutGivenUp', leftMinor: payout.leftMinor, why })
  turn.notice('payoutOwed', `${moneyText(turn, payout.leftMinor)}: ${why}`)
  sayOwed(turn, payout.leftMinor)
}

/** The time is over, and the changer has not said. */
export function payoutDue(turn: ControllerTurn): void {
  const { payout } = turn.till
  if (payout?.command) {
    const { order } = payout.command
    const mostMinor = order.valueMinor * (order.by === 'coin' ? order.count : 1)
    const paid = { leastMinor: 0, mostMinor }
    turn.keep(payoutCounted(turn.till, paid), { type: 'payoutCounted', ...paid })
    turn.setChanger({ paying: undefined, tubesStale: true })
    turn.notice(
      'payoutInDoubt',
      `${moneyText(turn, mostMinor)} may not have come out: no word of the coin changer`,
    )
  }
  giveUp(turn, 'the coin changer does not answer')
}
