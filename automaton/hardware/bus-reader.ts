// The reader on the raw bus: a complete MDB cashless reader as one pure function of every byte of the bus,
// every command of the sale and every time limit. How it answers is in bus-answers.ts, what the machine's
// commands mean in bus-commands.ts, what becomes of a vend in bus-vend.ts. It awaits nothing and owns no
// port.
import { gap, receive } from './bus-answers.ts'
import { endAttendance, expectPolls, heard, obey, openSession, startAnew } from './bus-commands.ts'
import {
  type BusDeadline,
  type BusReaderInput,
  type BusReaderOutput,
  type BusReaderSettings,
  type BusReaderState,
  BusTurn,
  type Vend,
} from './bus-reader-state.ts'
import { approveVend, denyVend, giveUp, loseLine, open } from './bus-vend.ts'
import { displayable } from './displayable.ts'

/** Longest time for which a machine shows a text before it takes its own again, in tenths of a second. */
const longestShown = 255
/** Then it is told again. */
const shownAgainMs = 25_000
/** Machines poll at least every 200 ms (MDB 4.2, 3). */
const leaveMs = 500

/** @param now monotonic ms */
export function stepBusReader(
  state: BusReaderState,
  input: BusReaderInput,
  now: number,
  settings: BusReaderSettings,
): { state: BusReaderState; outputs: BusReaderOutput[] } {
  const turn = new BusTurn(state, now, settings)
  if (input.type === 'due') turn.drop(input.deadline)
  if (state.line === 'stopped') atStopped(turn, input)
  else if (state.line === 'leaving') atLeaving(turn, input)
  else work(turn, input)
  showText(turn)
  sayReadiness(turn, state)
  // Once told to stop, the sale hears nothing any more.
  const told = state.line === 'leaving' ? turn.outputs.filter(({ type }) => type === 'send') : turn.outputs
  return { state: turn.state, outputs: told }
}

function atStopped(turn: BusTurn, input: BusReaderInput): void {
  if (input.type !== 'start') return
  turn.change({ line: 'lost', listening: input.listening })
  if (!input.listening) return
  // What it was about is not needed to hear how it ends.
  const vend: Vend = { price: 0, amountMinor: 0, item: 0, stage: 'acknowledged' }
  turn.change({ vend, bus: 'vend' })
  turn.wait('vend', turn.settings.limits.vendMs)
}

/**
 * A machine that waits for a decision would go on waiting for all of its Z7: it is told at its next poll,
 * as far as it polls soon. A vend that was approved is left alone.
 */
function leave(turn: BusTurn) {
  const undecided = turn.state.vend?.stage === 'undecided' || turn.state.vend?.stage === 'denied'
  if (turn.state.line !== 'open' || !undecided) return stop(turn)
  denyVend(turn)
  turn.change({ line: 'leaving' })
  turn.dropAll()
  turn.wait('leave', leaveMs)
}

function atLeaving(turn: BusTurn, input: BusReaderInput): void {
  if (input.type === 'received') receive(turn, input.bytes, obey, heard)
  const gone = input.type === 'lineLost' || (input.type === 'due' && input.deadline === 'leave')
  if (gone || turn.state.waiting.length === 0) stop(turn)
}

function stop(turn: BusTurn): void {
  turn.change({ line: 'stopped' })
  turn.dropAll()
}

function work(turn: BusTurn, input: BusReaderInput) {
  switch (input.type) {
    case 'start':
      return
    case 'stop':
      return leave(turn)
    case 'lineOpened':
      return lineOpened(turn)
    case 'lineLost':
      return lineLost(turn, input.why)
    case 'received':
      if (input.strays > 0) turn.notice('garbage', `${input.strays} bytes that are none of the bus`)
      return receive(turn, input.bytes, obey, heard)
    case 'attend':
      return attend(turn, input.forMs)
    case 'approve':
      return approveVend(turn, input.price.amountMinor)
    case 'deny':
      return denyVend(turn)
    case 'display':
      return turn.change({ wantedText: displayable(input.text) })
    case 'due':
      return due(turn, input.deadline)
  }
}

function due(turn: BusTurn, deadline: BusDeadline) {
  switch (deadline) {
    case 'gap':
      return gap(turn, obey)
    case 'vend': {
      giveUp(turn)
      if (turn.state.listening && turn.state.line === 'open') startAnew(turn)
      else turn.change({ listening: false })
      return
    }
    case 'session':
      return sessionDue(turn)
    case 'silence':
      return fallSilent(turn)
    case 'selfReset':
      return resetItself(turn)
    case 'display':
      return turn.change({ shownText: '' })
  }
}

function lineOpened(turn: BusTurn): void {
  // Opened anew without a word about its loss: bytes are missing all the same.
  if (turn.state.line === 'open') lineLost(turn, 'the line was opened anew')
  if (turn.state.lossSaid) turn.notice('hardwareBack', 'the line is open again')
  turn.change({ line: 'open', lossSaid: false, silent: false, block: undefined, answered: undefined })
  expectPolls(turn)
  if (!turn.state.listening) startAnew(turn)
}

function lineLost(turn: BusTurn, why: string): void {
  if (!turn.state.lossSaid) turn.notice('hardwareLost', why)
  turn.change({ line: 'lost', lossSaid: true, waiting: [], said: [], block: undefined, answered: undefined })
  turn.drop('gap')
  turn.drop('silence')
  turn.drop('selfReset')
  turn.drop('session')
  loseLine(turn)
  endAttendance(turn)
}

/** With always idle nothing needs to be opened: the buyer is awaited in the enabled state. */
function attend(turn: BusTurn, forMs: number) {
  const { line, bus, vend, alwaysIdle } = turn.state
  const may = line === 'open' && (bus === 'enabled' || bus === 'sessionIdle')
  if (vend?.stage === 'undecided') return
  if (!may) return turn.hear({ type: 'sessionEnded' })
  turn.change({ attended: true })
  turn.wait('session', forMs)
  if (bus === 'enabled' && !alwaysIdle) openSession(turn)
}

/** Nothing was chosen in time, or the machine left a session open. */
function sessionDue(turn: BusTurn): void {
  const { bus, waiting, said } = turn.state
  const unheard = waiting.some(({ name }) => name === 'beginSession')
  if (unheard && said.length === 0) turn.unsay('beginSession')
  else if (unheard || bus === 'sessionIdle') {
    turn.say({ name: 'sessionCancelRequest' })
    turn.wait('session', turn.settings.limits.boxAnswerMs)
  }
  endAttendance(turn)
}

/** A machine may leave off polling in a vend, but not for good. */
function fallSilent(turn: BusTurn) {
  if (turn.state.vend) return turn.wait('silence', 3 * turn.settings.limits.boxHeartbeatMs)
  turn.change({ silent: true })
  if (turn.state.lossSaid) return
  turn.notice('hardwareLost', 'the line is open, but no machine polls our reader')
  turn.change({ lossSaid: true })
}

/**
 * Whoever sets up what has been silent for so long finds a reader that knows nothing. A vend comes to its own
 * end first.
 */
function resetItself(turn: BusTurn) {
  const { vend, listening } = turn.state
  if (vend?.stage === 'undecided') turn.hear({ type: 'vendCancelled', why: 'readerLost' })
  else if (open(vend) || listening) return turn.wait('selfReset', turn.settings.limits.vendMs)
  startAnew(turn)
}

/** Never while something may fall; what it was then is shown afterwards. */
function showText(turn: BusTurn): void {
  const { line, bus, vend, listening, dialect, wantedText, shownText } = turn.state
  if (line !== 'open' || listening || dialect.displayBytes === 0 || wantedText === shownText) return
  if (bus === 'inactive' || bus === 'disabled') return
  if (vend && vend.stage !== 'undecided') return
  const text = wantedText.slice(0, dialect.displayBytes)
  turn.say({ name: 'displayRequest', tenths: wantedText === '' ? 1 : longestShown, text })
  turn.change({ shownText: wantedText })
  if (wantedText === '') turn.drop('display')
  else turn.wait('display', shownAgainMs)
}

/** `ready` and `notReady` are said in this one place, whenever what they say has changed. */
function sayReadiness(turn: BusTurn, before: BusReaderState): void {
  const was = readiness(before)
  const is = readiness(turn.state)
  if (was === is || is === 'stopped' || is === 'leaving') return
  if (is === 'alwaysIdle' || is === 'session') turn.hear({ type: 'ready', reader: is })
  else if (was !== 'stopped') turn.hear({ type: 'notReady', why: is })
}

function readiness(state: BusReaderState) {
  const { line, bus, listening, silent, disabledAfter, alwaysIdle } = state
  if (line !== 'open') return line
  if (listening || bus === 'inactive') return 'configuring'
  if (bus === 'disabled' || disabledAfter) return 'disabled'
  if (silent) return 'lost'
  return alwaysIdle ? 'alwaysIdle' : 'session'
}
