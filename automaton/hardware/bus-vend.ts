// A vend on the raw bus, from the machine's request to the one conclusion of an approval. Money hangs on
// what is said here: an approval that never left us is `failed`, one that was acknowledged waits for the
// machine's word, and one that was sent into silence is in doubt.
import { currencies, largestAmountMinor } from '@concilia/protocol/money.ts'
import type { BusReaderSettings, BusTurn, Vend } from './bus-reader-state.ts'

type Result = 'delivered' | 'failed' | 'unknown'

/** The machine asks. */
export function request(turn: BusTurn, price: number, item: number) {
  const { vend } = turn.state
  // Not acknowledged, hence repeated: still one request (MDB 4.2, 7.5).
  const repeated = vend?.price === price && vend.item === item
  if (repeated && vend.stage !== 'acknowledged' && vend.stage !== 'over') return
  abandon(turn, 'superseded')
  // All bits set is no price: as an approval it would be a token (MDB 4.2, 7.4.4 ff.).
  const top = turn.state.dialect.expanded ? 0xffff_ffff : 0xffff
  const amountMinor = price === top ? undefined : minorOf(price, turn.settings)
  turn.change({ bus: 'vend', attended: false })
  turn.drop('session')
  // What the machine did not acknowledge of the vend before is settled for it, and would be taken for this
  // one.
  turn.unsay('beginSession', 'sessionCancelRequest', 'vendDenied', 'endSession', 'cancelled')
  if (amountMinor === undefined || amountMinor < 1 || amountMinor > largestAmountMinor) {
    turn.notice('surprise', `request for item ${item} at a price that cannot be paid by phone`)
    turn.change({ vend: { price, item, amountMinor: 0, stage: 'undecided' } })
    return denyVend(turn)
  }
  turn.change({ vend: { price, item, amountMinor, stage: 'undecided' } })
  const money = { amountMinor, currency: turn.settings.currency }
  turn.hear({ type: 'vendRequested', price: money, item })
}

export function approveVend(turn: BusTurn, amountMinor: number) {
  const { vend, listening } = turn.state
  // With a vend still to be concluded, one conclusion is owed already.
  if (listening) return
  if (vend?.stage !== 'undecided' || vend.amountMinor !== amountMinor) {
    return turn.hear({ type: 'vendConcluded', result: 'failed', detail: 'approval-too-late' })
  }
  stage(turn, vend, 'approved')
  turn.unsay('displayRequest')
  turn.say({ name: 'vendApproved', amount: vend.price })
  turn.wait('vend', turn.settings.limits.vendMs)
}

/** Without always idle a session is left that nobody pays for: it ends with the denial. */
export function denyVend(turn: BusTurn): void {
  const { vend, alwaysIdle } = turn.state
  if (vend?.stage !== 'undecided') return
  stage(turn, vend, 'denied')
  turn.say({ name: 'vendDenied' })
  if (!alwaysIdle) turn.say({ name: 'sessionCancelRequest' })
}

export function approvalSaid(turn: BusTurn): void {
  const { vend } = turn.state
  if (vend?.stage === 'approved') stage(turn, vend, 'sent')
}

export function approvalHeard(turn: BusTurn): void {
  const { vend } = turn.state
  if (vend?.stage === 'approved' || vend?.stage === 'sent') stage(turn, vend, 'acknowledged')
}

/** VEND SUCCESS, also for an approval of which we did not see the acknowledgement. */
export function succeed(turn: BusTurn): void {
  const { vend } = turn.state
  if (vend?.stage === 'undecided') turn.notice('surprise', 'vend-success without an approval of ours')
  if (vend?.stage === 'over') turn.notice('surprise', 'vend-success after the vend limit')
  if (open(vend)) conclude(turn, 'delivered', 'vend-success')
  endVend(turn)
}

export function fail(turn: BusTurn): void {
  if (open(turn.state.vend)) conclude(turn, 'failed', 'vend-failed')
  endVend(turn)
}

/**
 * VEND CANCEL. What the machine has acknowledged it has to finish; a cancellation that crosses an approval
 * not yet acknowledged wins (MDB 4.2, 7.3).
 * @returns whether the vend is over, hence to be denied
 */
export function cancel(turn: BusTurn): boolean {
  const { vend, listening } = turn.state
  if (listening) {
    // Perhaps the next buyer's, who chose while nobody listened: then ours may have fallen before.
    conclude(turn, 'unknown', 'cancelled')
    return true
  }
  if (vend?.stage === 'acknowledged') return false
  if (open(vend)) conclude(turn, 'failed', 'cancelled-before-acknowledgement')
  endVend(turn)
  return true
}

/** The machine goes on without having ended the vend: reset, another request, the end of the session. */
export function abandon(turn: BusTurn, why: 'reset' | 'superseded' | 'session-completed'): void {
  const { vend } = turn.state
  if (open(vend)) {
    if (vend.stage === 'approved') conclude(turn, 'failed', `${why}-before-approval`)
    else if (vend.stage === 'sent') conclude(turn, 'unknown', `${why}-before-acknowledgement`)
    // The standard counts a reset here as success (7.4.7); whether goods fell it does not prove.
    else conclude(turn, 'unknown', why === 'reset' ? 'reset-in-vend' : why)
  }
  endVend(turn)
}

/** Past `vendMs`: an approval that the machine never came to fetch is taken back. */
export function giveUp(turn: BusTurn) {
  const { vend } = turn.state
  if (vend?.stage === 'approved') {
    turn.unsay('vendApproved')
    conclude(turn, 'failed', 'never-polled')
    stage(turn, vend, 'undecided')
    return denyVend(turn)
  }
  turn.unsay('vendApproved')
  conclude(turn, 'unknown', turn.state.line === 'lost' ? 'line-lost' : 'vend-limit')
  if (vend) stage(turn, vend, 'over')
}

/**
 * The line is lost. What was said may have been heard, and is never said again: when the line is back it
 * could meet another request.
 */
export function loseLine(turn: BusTurn) {
  const { vend } = turn.state
  if (vend?.stage === 'sent' || vend?.stage === 'acknowledged') return turn.change({ listening: true })
  if (turn.state.listening) return
  if (vend?.stage === 'approved') conclude(turn, 'failed', 'line-lost-before-approval')
  if (vend?.stage === 'undecided') turn.hear({ type: 'vendCancelled', why: 'readerLost' })
  turn.change({ vend: undefined })
}

/** A conclusion is owed. */
export function open(vend: Vend | undefined): vend is Vend {
  return vend?.stage === 'approved' || vend?.stage === 'sent' || vend?.stage === 'acknowledged'
}

/** Nothing of the vend is left to be said. */
function endVend(turn: BusTurn): void {
  const { vend } = turn.state
  if (!vend) return
  if (vend.stage === 'undecided') turn.hear({ type: 'vendCancelled', why: 'cancelled' })
  turn.unsay('vendApproved', 'vendDenied')
  turn.drop('vend')
  turn.change({ vend: undefined, bus: 'sessionIdle' })
  // The machine closes the session itself; if it does not do so soon, we ask for it.
  turn.wait('session', turn.settings.limits.boxAnswerMs)
}

/** The denial is acknowledged. */
export function denialHeard(turn: BusTurn): void {
  if (turn.state.vend?.stage === 'denied') endVend(turn)
}

/** The one conclusion of an approval. */
function conclude(turn: BusTurn, result: Result, detail: string): void {
  turn.drop('vend')
  turn.hear({ type: 'vendConcluded', result, detail })
  const { vend } = turn.state
  if (vend) stage(turn, vend, 'over')
}

function stage(turn: BusTurn, vend: Vend, stage: Vend['stage']): void {
  turn.change({ vend: { ...vend, stage } })
}

/** Scaled money times the scale, with the decimals of the bus (MDB 4.2, 7.4.4 ff.). */
function minorOf(scaled: number, { mdb, currency }: BusReaderSettings): number | undefined {
  const shift = currencies[currency].digits - mdb.decimalPlaces
  const amountMinor = scaled * mdb.scaleFactor * 10 ** shift
  return Number.isInteger(amountMinor) ? amountMinor : undefined
}
