// The reader machine: what our MDB reader does about every line of the box, every command of the sale and
// every time limit, as one pure function. What every phase has in common is here; selling
// (reader-selling.ts), a vend under way (reader-vend.ts) and the settings (reader-configuring.ts) have their
// own files. It awaits nothing and owns no port.
import { displayable } from './displayable.ts'
import { atConfiguring, atLost } from './reader-configuring.ts'
import { atDenying, atIdle, atRequested, atSession } from './reader-selling.ts'
import {
  type Phase,
  type ReaderInput,
  type ReaderOutput,
  type ReaderSettings,
  type ReaderState,
  Turn,
} from './reader-state.ts'
import { atDelivering, atListening } from './reader-vend.ts'

/** @param now monotonic ms */
export function stepReader(
  state: ReaderState,
  input: ReaderInput,
  now: number,
  settings: ReaderSettings,
): { state: ReaderState; outputs: ReaderOutput[] } {
  const turn = new Turn(state, now, settings)
  if (input.type === 'due') turn.drop(input.deadline)
  if (state.phase.name === 'stopped') atStopped(turn, input)
  else if (!common(turn, state.phase, input)) inPhase(turn, state.phase, input)
  showText(turn)
  sayReadiness(turn, state)
  return { state: turn.state, outputs: turn.outputs }
}

function inPhase(turn: Turn, phase: Exclude<Phase, { name: 'stopped' }>, input: ReaderInput) {
  switch (phase.name) {
    case 'lost':
      return atLost(turn, phase, input)
    case 'configuring':
      return atConfiguring(turn, phase, input)
    case 'idle':
      return atIdle(turn, phase, input)
    case 'session':
      return atSession(turn, phase, input)
    case 'requested':
      return atRequested(turn, phase, input)
    case 'denying':
      return atDenying(turn, phase, input)
    case 'delivering':
      return atDelivering(turn, phase, input)
    case 'listening':
      return atListening(turn, input)
  }
}

function atStopped(turn: Turn, input: ReaderInput): void {
  if (input.type !== 'start') return
  turn.change({ alwaysIdle: turn.settings.mdb.alwaysIdle })
  turn.enter({ name: 'lost', listening: input.listening })
  if (input.listening) turn.wait('vend', turn.settings.limits.vendMs)
}

/** @returns whether the input is dealt with; what it means is the same in every phase */
function common(turn: Turn, phase: Phase, input: ReaderInput): boolean {
  switch (input.type) {
    case 'start':
      return true
    case 'stop':
      leaveBox(turn, phase)
      turn.enter({ name: 'stopped' })
      return true
    case 'display':
      turn.change({ wantedText: displayable(input.text) })
      return true
    case 'lineLost':
      lineLost(turn, phase, input.why)
      return true
    case 'line':
      if (input.line.type !== 'unreadable') return false
      turn.notice('garbage', printable(input.line.text))
      return true
    default:
      return false
  }
}

/** A box left on without us would keep the machine waiting for answers; one in a vend is left alone. */
function leaveBox(turn: Turn, phase: Phase): void {
  if (phase.name === 'lost' || phase.name === 'delivering' || phase.name === 'listening') return
  if (phase.name === 'requested') turn.send({ type: 'deny' })
  turn.send({ type: 'switch', on: false })
}

function lineLost(turn: Turn, phase: Phase, why: string): void {
  if (!turn.state.lossSaid) turn.notice('hardwareLost', why)
  turn.change({ lossSaid: true, enabled: false })
  if (phase.name === 'requested') turn.hear({ type: 'vendCancelled', why: 'readerLost' })
  if (phase.name === 'session' && phase.attended) turn.hear({ type: 'sessionEnded' })
  const listening =
    phase.name === 'delivering' || phase.name === 'listening' || (phase.name === 'lost' && phase.listening)
  turn.enter({ name: 'lost', listening })
}

/**
 * Only between vends: while one is under way we send nothing, so that an error can only answer our approval.
 */
function showText(turn: Turn): void {
  const { phase, wantedText, shownText } = turn.state
  const shows = ['idle', 'session', 'requested', 'denying'].includes(phase.name)
  if (!shows || wantedText === (shownText ?? '')) return
  turn.send({ type: 'display', text: wantedText })
  turn.change({ shownText: wantedText })
}

/** `ready` and `notReady` are said in this one place, whenever what they say has changed. */
function sayReadiness(turn: Turn, before: ReaderState): void {
  const was = readiness(before)
  const is = readiness(turn.state)
  if (was === is || is === 'stopped') return
  if (is === 'ready') turn.hear({ type: 'ready', reader: turn.state.alwaysIdle ? 'alwaysIdle' : 'session' })
  else if (was !== 'stopped') turn.hear({ type: 'notReady', why: is })
}

function readiness({
  phase,
  enabled,
}: ReaderState): 'stopped' | 'lost' | 'configuring' | 'disabled' | 'ready' {
  if (phase.name === 'stopped' || phase.name === 'lost' || phase.name === 'configuring') return phase.name
  if (phase.name === 'listening') return 'configuring'
  return enabled ? 'ready' : 'disabled'
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '·').slice(0, 60)
}
