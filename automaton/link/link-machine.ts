// When to connect, say who we are, and hang up: a pure machine `(state, input) -> (state, outputs)`, never
// stored. It knows no broker and no clock; its outputs ask for one timer at a time and its shell draws the
// delays.
import type { Admission } from '@concilia/protocol/messages.ts'

export type LinkMode = 'permanent' | 'onDemand'

export interface LinkState {
  readonly at: 'down' | 'connecting' | 'born' | 'accepted' | 'pending' | 'rejected' | 'asleep'
  /** Attempts since the last success: of connecting, or of being answered. */
  readonly attempt: number
  /** Somebody needs the link: a sale, or a buyer who was asked to choose. */
  readonly wanted: boolean
  /** Words wait to be stored at the server. */
  readonly owing: boolean
  /** The last answer to a birth of this process. */
  readonly admission: Admission['admission'] | undefined
}

export type LinkInput =
  | { type: 'started' }
  | { type: 'wanted' | 'unwanted' }
  | { type: 'owing' | 'owingNothing' }
  | { type: 'connected' }
  | { type: 'lost' }
  | { type: 'answered'; admission: Admission['admission'] }
  /** The server takes somebody else for us: another journal, or an earlier boot. */
  | { type: 'mistaken' }
  | { type: 'due' }

export type LinkOutput =
  | { type: 'connect' }
  /** Says "asleep" and ends the connection. */
  | { type: 'hangUp' }
  | { type: 'sayBirth' }
  /** The one timer; a new one replaces the one before. `pause` is what it is for. */
  | { type: 'wait'; pause: Pause; attempt: number }
  | { type: 'stopWaiting' }

/**
 * `reconnect`, `answer` (to a birth), `reconsidered` (a machine not accepted asks again), `linger` (before
 * sleep).
 */
export type Pause = 'reconnect' | 'answer' | 'reconsidered' | 'linger'

type Step = [LinkState, LinkOutput[]]

export function firstLinkState(): LinkState {
  return { at: 'down', attempt: 0, wanted: false, owing: false, admission: undefined }
}

/** Connected, and the server has answered our birth on this connection. */
export function isOnline({ at }: LinkState): boolean {
  return at === 'accepted' || at === 'pending' || at === 'rejected'
}

/** Whether phone payment may be offered: accepted, and the link up or able to wake. */
export function isOffered({ at, admission }: LinkState, mode: LinkMode): boolean {
  return mode === 'onDemand' ? admission === 'accepted' : at === 'accepted'
}

export function linkStep(state: LinkState, input: LinkInput, mode: LinkMode): Step {
  switch (input.type) {
    case 'started':
      return [{ ...state, at: 'connecting' }, [{ type: 'connect' }]]
    case 'wanted':
      return rested({ ...state, wanted: true }, mode)
    case 'unwanted':
      return rested({ ...state, wanted: false }, mode)
    case 'owing':
      return rested({ ...state, owing: true }, mode)
    case 'owingNothing':
      return rested({ ...state, owing: false }, mode)
    case 'connected':
      if (state.at !== 'connecting') return [state, []]
      return born({ ...state, attempt: 0 })
    case 'lost':
      return lost(state)
    case 'answered':
      return answered(state, input.admission, mode)
    case 'mistaken':
      // In every other state on the line a birth is on its way again by itself.
      return state.at === 'accepted' ? born(state) : [state, []]
    case 'due':
      return due(state)
  }
}

function born(state: LinkState): Step {
  const { attempt } = state
  return [
    { ...state, at: 'born', attempt: attempt + 1 },
    [{ type: 'sayBirth' }, { type: 'wait', pause: 'answer', attempt }],
  ]
}

function lost(state: LinkState): Step {
  if (state.at === 'asleep' || state.at === 'down') return [state, []]
  const attempt = state.at === 'connecting' ? state.attempt : 0
  return [{ ...state, at: 'down', attempt: attempt + 1 }, [{ type: 'wait', pause: 'reconnect', attempt }]]
}

function answered(state: LinkState, admission: Admission['admission'], mode: LinkMode): Step {
  if (state.at !== 'born' && !isOnline(state)) return [state, []]
  const next: LinkState = { ...state, at: admission, admission, attempt: 0 }
  if (admission !== 'accepted') return [next, [{ type: 'wait', pause: 'reconsidered', attempt: 0 }]]
  const [rest, outputs] = rested(next, mode)
  return [rest, outputs.length > 0 ? outputs : [{ type: 'stopWaiting' }]]
}

function due(state: LinkState): Step {
  switch (state.at) {
    case 'down':
      return [{ ...state, at: 'connecting' }, [{ type: 'connect' }]]
    case 'born':
    case 'pending':
    case 'rejected':
      return born(state)
    case 'accepted':
      return [{ ...state, at: 'asleep', attempt: 0 }, [{ type: 'hangUp' }]]
    case 'connecting':
    case 'asleep':
      return [state, []]
  }
}

/**
 * On demand: awake while somebody needs it or a word is not stored; otherwise asleep, after a moment's
 * listening.
 */
function rested(state: LinkState, mode: LinkMode): Step {
  if (mode === 'permanent') return [state, []]
  const needed = state.wanted || state.owing
  // A buyer does not sit out a pause meant to spare the broker.
  const idle = state.at === 'asleep' || (state.at === 'down' && state.wanted)
  if (idle && needed) return [{ ...state, at: 'connecting' }, [{ type: 'connect' }]]
  if (state.at !== 'accepted') return [state, []]
  return [state, [needed ? { type: 'stopWaiting' } : { type: 'wait', pause: 'linger', attempt: 0 }]]
}
