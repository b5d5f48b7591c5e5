// The reader with its settings in place and no vend approved: idle, a session open, a request waiting for the
// sale, a denial under way. Nothing here moves goods; the moment something could is in reader-vend.ts.
import type { BoxLine } from '@concilia/protocol/qibixx.ts'
import {
  approveVend,
  configure,
  denyVend,
  readStatus,
  requestVend,
  sameRequest,
  settingLines,
} from './reader-moves.ts'
import type { PhaseOf, ReaderInput, Turn } from './reader-state.ts'

/** So many heartbeats without an answer, and the box is configured anew. */
const patientHeartbeats = 3

type Selling = PhaseOf<'idle' | 'session' | 'requested' | 'denying'>

export function atIdle(turn: Turn, phase: PhaseOf<'idle'>, input: ReaderInput) {
  if (dealtWith(turn, phase, input)) return
  if (input.type === 'attend') return attend(turn, input.forMs)
  if (input.type !== 'line') return
  if (input.line.type === 'status') return readStatus(turn, input.line)
  if (input.line.type === 'sessionIdle') return leftoverSession(turn)
  if (input.line.type === 'vendRequested') return requestVend(turn, input.line)
}

export function atSession(turn: Turn, phase: PhaseOf<'session'>, input: ReaderInput) {
  if (dealtWith(turn, phase, input)) return
  switch (input.type) {
    case 'attend':
      return attendInSession(turn, phase, input.forMs)
    case 'due':
      if (input.deadline === 'answer') return openSession(turn)
      if (!nothingOpened(turn, phase)) turn.send({ type: 'stopSession' })
      return sessionOver(turn, phase)
    case 'line':
      return atSessionLine(turn, phase, input.line)
  }
}

function atSessionLine(turn: Turn, phase: PhaseOf<'session'>, line: BoxLine) {
  switch (line.type) {
    case 'status': {
      readStatus(turn, line)
      // A reader disabled in a session only takes no new media: the session goes on (MDB 4.2, 7.2).
      const closed = line.status === 'enabled' && !phase.opening && !nothingOpened(turn, phase)
      if (closed || line.status === 'inactive' || line.status === 'offline') sessionOver(turn, phase)
      return
    }
    case 'sessionIdle':
      turn.amend({ ...phase, opening: false })
      return turn.drop('answer')
    case 'vendRequested':
      return requestVend(turn, line)
  }
}

export function atRequested(turn: Turn, phase: PhaseOf<'requested'>, input: ReaderInput) {
  if (input.type === 'approve' && input.price.amountMinor === phase.priceMinor) {
    return approveVend(turn, phase)
  }
  if (dealtWith(turn, phase, input)) return
  if (input.type === 'deny') return denyVend(turn, phase)
  if (input.type !== 'line') return
  const { line } = input
  if (line.type === 'vendRequested') {
    // The machine repeats a request whose acknowledgement it missed: still one request (MDB 4.2, 7.5).
    if (sameRequest(phase, line)) return
    turn.hear({ type: 'vendCancelled', why: 'cancelled' })
    return requestVend(turn, line)
  }
  if (line.type === 'status') readStatus(turn, line)
  if (!endsRequest(line)) return
  turn.hear({ type: 'vendCancelled', why: 'cancelled' })
  afterRequest(turn, line)
}

export function atDenying(turn: Turn, phase: PhaseOf<'denying'>, input: ReaderInput) {
  if (dealtWith(turn, phase, input)) return
  if (input.type === 'attend') return turn.hear({ type: 'sessionEnded' })
  if (input.type === 'due') {
    // Firmware differs in what it says after a denial, and some wants `C,STOP`: once more in that form, then
    // on.
    if (phase.again) return turn.enter({ name: 'idle' })
    turn.send({ type: 'stopSession' })
    turn.amend({ ...phase, again: true })
    return turn.wait('answer', turn.settings.limits.boxAnswerMs)
  }
  if (input.type !== 'line') return
  const { line } = input
  if (line.type === 'vendRequested' && !sameRequest(phase, line)) return requestVend(turn, line)
  if (line.type === 'status') readStatus(turn, line)
  const gone = line.type === 'refused' && line.command !== 'START'
  if (gone || endsRequest(line)) afterRequest(turn, line)
}

/** What all four have in common. @returns whether nothing is left to do about the input */
function dealtWith(turn: Turn, phase: Selling, input: ReaderInput): boolean {
  if (input.type === 'approve') {
    turn.refuseApproval()
    return true
  }
  if (input.type === 'due' && input.deadline === 'heartbeat') {
    heartbeat(turn, phase)
    return true
  }
  if (input.type !== 'line') return false
  switch (input.line.type) {
    case 'vendSucceeded':
      turn.notice('surprise', 'vend-success without an approval of ours')
      return false
    case 'refusedAsOn':
      turn.change({ unanswered: 0 })
      turn.wait('heartbeat', turn.settings.limits.boxHeartbeatMs)
      return true
    case 'settingKept':
    case 'refusedAsOff':
      restarted(turn, phase)
      return true
    case 'switched':
      if (!input.line.on) restarted(turn, phase)
      return true
    default:
      return false
  }
}

/**
 * A setting is refused while the reader is on: that refusal is the sign that the settings are still there.
 */
function heartbeat(turn: Turn, phase: Selling): void {
  const { unanswered, alwaysIdle } = turn.state
  if (unanswered >= patientHeartbeats) {
    turn.notice('hardwareLost', 'the line is open, but the box does not answer')
    turn.change({ lossSaid: true })
    loseBox(turn, phase)
    return
  }
  for (const line of settingLines(turn.settings, alwaysIdle).slice(0, 1)) turn.send(line)
  turn.change({ unanswered: unanswered + 1 })
  turn.wait('heartbeat', turn.settings.limits.boxAnswerMs)
}

function restarted(turn: Turn, phase: Selling): void {
  turn.notice('boxRestarted', 'the box has lost its settings')
  loseBox(turn, phase)
}

function loseBox(turn: Turn, phase: Selling): void {
  if (phase.name === 'requested') turn.hear({ type: 'vendCancelled', why: 'readerLost' })
  if (phase.name === 'session' && phase.attended) turn.hear({ type: 'sessionEnded' })
  configure(turn)
}

function attend(turn: Turn, forMs: number): void {
  if (!turn.state.enabled) {
    turn.hear({ type: 'sessionEnded' })
    return
  }
  turn.enter({ name: 'session', attended: true, opening: !turn.state.alwaysIdle })
  turn.wait('session', forMs)
  if (!turn.state.alwaysIdle) openSession(turn)
}

/**
 * What is left of the session before may be about to close; then one of the new buyer's own is opened, and
 * what was said to them holds.
 */
function attendInSession(turn: Turn, phase: PhaseOf<'session'>, forMs: number): void {
  const isLeftover = !phase.attended && !turn.state.alwaysIdle
  turn.amend({ ...phase, attended: true, opening: phase.opening || isLeftover })
  turn.wait('session', forMs)
  if (isLeftover) turn.wait('answer', turn.settings.limits.boxAnswerMs)
}

function openSession(turn: Turn): void {
  turn.send({ type: 'startSession' })
  turn.wait('answer', turn.settings.limits.boxAnswerMs)
}

/** With always idle nothing needs to be opened: the buyer is awaited in the enabled state. */
function nothingOpened(turn: Turn, phase: PhaseOf<'session'>): boolean {
  return turn.state.alwaysIdle && phase.attended
}

function sessionOver(turn: Turn, phase: PhaseOf<'session'>): void {
  if (phase.attended) turn.hear({ type: 'sessionEnded' })
  turn.enter({ name: 'idle' })
}

/** After a vend the machine closes the session itself; if it does not do so soon, we do. */
function leftoverSession(turn: Turn): void {
  turn.enter({ name: 'session', attended: false, opening: false })
  turn.wait('session', turn.settings.limits.boxAnswerMs)
}

function endsRequest(line: BoxLine): boolean {
  if (line.type === 'status') return line.status === 'enabled' || line.status === 'inactive'
  return line.type === 'vendEnded' || line.type === 'vendSucceeded' || line.type === 'sessionIdle'
}

function afterRequest(turn: Turn, line: BoxLine): void {
  turn.enter({ name: 'idle' })
  if (line.type === 'sessionIdle') leftoverSession(turn)
}
