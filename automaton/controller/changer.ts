// The coin changer's master, as pure moves: what to ask next follows from what is known of it, so that a
// reset at any moment only means that less is known. What its answers do to the buyer's money is in
// changer-poll.ts and payout.ts. A changer that answers is never reset: it may hold a coin that it has not
// told yet.
import type { ChangerCommand } from '@concilia/protocol/mdb/coin-changer.ts'
import { acceptable, isDefective } from './change.ts'
import { polled } from './changer-poll.ts'
import { changerHas, changerReset, interrupted, setAnew, setupRead, wantedOptions } from './changer-setup.ts'
import type { ChangerResult, ControllerTurn } from './controller-state.ts'
import { takesCoins } from './counter.ts'
import { nextOfPayout, payoutAnswered, tubesRead } from './payout.ts'
import { byHandReported } from './till.ts'

/** Poll interval that the standard advises (MDB 4.2, 3). */
const pollMs = 125
/** After data, for a coin that is said twice (MDB 4.2, App. 3). */
const repeatWindowMs = 20
/** Late bytes of an answer that came to nothing are gone by then. */
const afterSilenceMs = 50
const nonResponseMs = 2000
/** A changer may be silent while it pays; to reset it then would be the worst moment. */
const payingSilenceMs = 10_000
const resetEveryMs = 10_000
const lostPollMs = 1000
/** Some models count their tubes only so long after a reset (MDB 4.2, 5: TUBE STATUS). */
const tubesAfterResetMs = 500
const tubesAgainMs = 60_000
const defectiveAgainMs = 5000
const diagnosticsEveryMs = 5000
const mostUnanswered = 5

export function busOpened(turn: ControllerTurn): void {
  const { taken } = turn.changer
  const { payout } = turn.till
  setAnew(turn)
  // What was asked before, by this process or by the last, is answered by then.
  turn.setChanger({ open: true, taken, silentSince: turn.now, nextAt: turn.now + afterSilenceMs })
  if (payout?.command) interrupted(turn)
}

export function busLost(turn: ControllerTurn, why: string): void {
  turn.faultStands('EAR', true, `the line to the coin changer is away: ${why}`)
  turn.setChanger({ open: false, asked: undefined, lost: true })
  turn.drop('changer')
}

/** What came of the question; nothing when none is open. */
export function changerAnswered(turn: ControllerTurn, result: ChangerResult): void {
  const { asked } = turn.changer
  if (!asked) return
  turn.setChanger({ asked: undefined })
  const silent = result === 'silence' || result === 'unreadable' || result === 'nak'
  if (silent) fellSilent(turn)
  else heardFrom(turn)
  if (typeof result === 'object') {
    turn.outputs.push({ type: 'acknowledge' })
    if (asked.name === 'poll') turn.setChanger({ nextAt: turn.now + repeatWindowMs })
  }
  answered(turn, asked, result)
}

function fellSilent(turn: ControllerTurn): void {
  const { silentSince = turn.now, lost, paying } = turn.changer
  turn.setChanger({ silentSince, nextAt: turn.now + afterSilenceMs })
  const limitMs = paying?.stage === 'sent' ? payingSilenceMs : nonResponseMs
  if (!lost && turn.now - silentSince < limitMs) return
  // A box that has lost its power says of everything that nothing came, until it is told again what it is.
  turn.outputs.push({ type: 'resync' })
  turn.faultStands('EAR', true, 'the coin changer does not answer')
  turn.setChanger({ lost: true })
}

function heardFrom(turn: ControllerTurn): void {
  const { lost } = turn.changer
  turn.setChanger({ silentSince: undefined })
  turn.faultStands('EAR', false, '')
  if (!lost) return
  setAnew(turn)
  turn.setChanger({ open: true, taken: turn.till.taken })
}

function answered(turn: ControllerTurn, asked: ChangerCommand, result: ChangerResult) {
  const [only] = typeof result === 'object' ? result : []
  switch (asked.name) {
    case 'reset':
      if (result === 'ack') changerReset(turn)
      return
    case 'setup':
      if (only?.name === 'setupData') setupRead(turn, only)
      return
    case 'expansionId':
      if (only?.name === 'id') turn.setChanger({ offered: only.options & wantedOptions, unanswered: 0 })
      else withoutOptions(turn)
      return
    case 'featureEnable':
      if (result === 'ack') turn.setChanger({ enabled: true })
      else withoutOptions(turn)
      return
    case 'coinType':
      if (result === 'ack') masked(turn, asked.accept, asked.dispenseByHand)
      return
    case 'tubeStatus':
      if (only?.name === 'tubes') tubesRead(turn, only)
      return
    case 'diagnosticStatus':
      if (only?.name === 'diagnosticPairs') diagnosed(turn, only.pairs)
      return
    case 'manualFill':
    case 'manualPayout':
      if (only?.name === 'coinCounts') movedByHand(turn, asked.name, only.counts)
      return
    case 'poll':
      return polled(turn, result)
    default:
      payoutAnswered(turn, asked, result)
  }
}

/** A changer that claims level 3 and does not speak it is used without its options. */
function withoutOptions(turn: ControllerTurn): void {
  const unanswered = turn.changer.unanswered + 1
  turn.setChanger({ unanswered })
  if (unanswered >= mostUnanswered) turn.setChanger({ offered: 0, enabled: true })
}

/**
 * Once nothing may come or go any more, what did before has yet to be told: the tubes are counted after
 * that, or a coin of then would be counted twice in the next payout.
 */
function masked(turn: ControllerTurn, accept: number, dispenseByHand: number): void {
  turn.setChanger({ told: maskText(accept, dispenseByHand) })
  if (accept === 0 && dispenseByHand === 0) turn.setChanger({ pollFirst: true, tubesStale: true })
}

/** Manual fill and payout, and a changed inventory, are asked about (MDB 4.2, 5: 0F 05 to 0F 07). */
function diagnosed(turn: ControllerTurn, pairs: readonly (readonly [number, number])[]): void {
  turn.setChanger({ diagnosedAt: turn.now })
  const standing = new Set<string>()
  for (const [main, sub] of pairs) {
    if (main === 0x05 && sub >= 0x10) {
      const reports = changerHas(turn, 'manual') ? (['manualFill', 'manualPayout'] as const) : []
      turn.setChanger({ tubesStale: true, reports })
    }
    // Above these it is a fault; below, a state of every day.
    if (main >= 0x10) standing.add(`EA${hex(main)}${hex(sub)}`)
  }
  for (const code of standing) turn.faultStands(code, true, 'the coin changer reports a fault')
  for (const code of Object.keys(turn.till.counters.events)) {
    if (/^EA[0-9A-F]{4}$/.test(code) && !standing.has(code)) turn.faultStands(code, false, '')
  }
}

function movedByHand(
  turn: ControllerTurn,
  how: 'manualFill' | 'manualPayout',
  counts: readonly number[],
): void {
  const { reports, known } = turn.changer
  turn.setChanger({ reports: reports.filter((report) => report !== how), tubesStale: true })
  const valueMinor = (known?.coins ?? []).reduce(
    (sum, coin) => sum + coin.valueMinor * (counts[coin.type] ?? 0),
    0,
  )
  if (valueMinor === 0) return
  const kept = byHandReported(turn.till, how === 'manualFill' ? 'filledMinor' : 'byHandMinor', valueMinor)
  turn.keep(kept, { type: how, counts })
}

/** It takes no coins, or cannot be told. */
export function changerClosed({ changer: { open, lost, told } }: ControllerTurn): boolean {
  return !open || lost || told === '' || told.startsWith('0/')
}

/** Asks the next thing, if one may be asked now; otherwise wakes up for it. */
export function askChanger(turn: ControllerTurn) {
  const { open, asked, nextAt } = turn.changer
  if (!open || asked) return
  const command = turn.now < nextAt ? undefined : nextCommand(turn)
  if (!command) return turn.wait('changer', Math.max(1, wakeAt(turn) - turn.now))
  turn.setChanger({ asked: command })
  const probes = turn.changer.lost && command.name === 'setup'
  if (command.name === 'poll' || probes) turn.setChanger({ polledAt: turn.now, valuePollNext: true })
  if (command.name === 'reset') turn.setChanger({ resetSentAt: turn.now })
  if (command.name === 'diagnosticStatus') turn.setChanger({ diagnosedAt: turn.now })
  turn.outputs.push({ type: 'ask', command })
  turn.wait('changer', turn.settings.answerMs)
}

/** The answer did not come in time, or the next question is due. */
export function changerDue(turn: ControllerTurn): void {
  if (!turn.changer.asked) return
  turn.outputs.push({ type: 'resync' })
  changerAnswered(turn, 'silence')
}

/** An answer that may come again is waited for no longer than that: the same words later are another coin. */
function wakeAt(turn: ControllerTurn): number {
  const { nextAt, polledAt, lost, pollFirst } = turn.changer
  if (pollFirst && !lost) return nextAt
  return Math.max(nextAt, polledAt + (lost ? lostPollMs : pollMs))
}

function nextCommand(turn: ControllerTurn): ChangerCommand | undefined {
  const { lost, pollFirst, known, offered, enabled, reports, tubes, tubesStale, resetAt } = turn.changer
  // Back, it may have a coin to tell, and the first thing to know is what coins are worth.
  if (lost) return resetIfDue(turn) ?? (turn.now >= wakeAt(turn) ? { name: 'setup' } : undefined)
  // The values of the coins come first: a poll may bring one.
  if (!known) return { name: 'setup' }
  if (pollFirst) return { name: 'poll' }
  if (offered === undefined) return { name: 'expansionId' }
  if (!enabled) return { name: 'featureEnable', options: offered }
  const payout = nextOfPayout(turn)
  if (payout) return payout
  const [report] = reports
  if (report) return { name: report }
  const mayCount = turn.now - resetAt >= tubesAfterResetMs && !turn.changer.paying
  if ((!tubes || tubesStale || tubesAreOld(turn)) && mayCount) return { name: 'tubeStatus' }
  const mask = wantedMask(turn)
  if (mask && maskText(mask.accept, mask.dispenseByHand) !== turn.changer.told) {
    return { name: 'coinType', ...mask }
  }
  const diagnose =
    changerHas(turn, 'diagnostics') && turn.now - turn.changer.diagnosedAt >= diagnosticsEveryMs
  if (diagnose) return { name: 'diagnosticStatus' }
  return pollIfDue(turn)
}

/** A technician may have filled them, or mended one, without a word of the changer. */
function tubesAreOld({ now, changer: { tubes, tubesReadAt } }: ControllerTurn): boolean {
  return now - tubesReadAt >= (tubes && isDefective(tubes) ? defectiveAgainMs : tubesAgainMs)
}

/**
 * Only after long silence, and right after a question that had no answer: a changer that came back by itself
 * has perhaps a coin to tell, which a reset would take from its memory.
 */
function resetIfDue({ now, changer }: ControllerTurn): ChangerCommand | undefined {
  const { silentSince = now, resetSentAt, polledAt } = changer
  const isDue = now - Math.max(silentSince, resetSentAt) >= resetEveryMs
  return isDue && now - polledAt < lostPollMs / 2 ? { name: 'reset' } : undefined
}

function pollIfDue(turn: ControllerTurn): ChangerCommand | undefined {
  return turn.now >= wakeAt(turn) ? { name: 'poll' } : undefined
}

/**
 * Which types are taken: none while something is being vended or paid out. By hand nothing is dispensed
 * during a payout, so that the counts before and after tell what it came to.
 */
function wantedMask(turn: ControllerTurn): { accept: number; dispenseByHand: number } | undefined {
  const { known, tubes } = turn.changer
  if (!known || !tubes) return undefined
  const { creditMinor } = turn.till
  const { mostCreditMinor } = turn.settings
  const all = bitsOf(known.coins.map(({ type }) => type))
  const accept = takesCoins(turn)
    ? bitsOf(acceptable({ coins: known.coins, tubes, creditMinor, mostCreditMinor }))
    : 0
  return { accept, dispenseByHand: turn.till.payout ? 0 : all }
}

function bitsOf(types: readonly number[]): number {
  return types.reduce((bits, type) => bits | (1 << type), 0)
}

function maskText(accept: number, byHand: number): string {
  return `${accept}/${byHand}`
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
