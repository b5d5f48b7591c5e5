// What an end of DEX/UCS knows, is told and says, and everything that it waits for. What follows from what is
// in machine.ts.
import { type Frame, outside, type PartialFrame } from './frames.ts'

export interface DexSettings {
  readonly role: 'carrier' | 'device'
  /** Ten characters: three of the maker, seven at will. */
  readonly id: string
  /** Such as `R00L06`; old devices say `R01L01`. */
  readonly revision: string
  /** What a device gives: asked once for each reading, when it has been called. */
  readonly file?: () => string
  /** A device that leads the first handshake, whoever called. */
  readonly insists?: boolean
  /** How often a device says that it is busy, for each call. */
  readonly busy?: number
}

/** Everything that is waited for (ms), with the standard's letters. */
export const dexTimes = {
  /** Nobody answers sooner: the other end has to turn its line round. */
  leastMs: 10,
  /** Between two sessions. */
  pauseMs: 100,
  /** A: for an answer. */
  answerMs: 1000,
  /** B is 100 between two bytes of a frame; adapters gather bytes, and systems are busy. */
  gapMs: 300,
  /** D: without any sign of whoever leads. */
  silenceMs: 2100,
  /** After a WACK. */
  busyMs: 300,
  /** For the other end to begin its session: it may have to gather its data. */
  turnMs: 12_000,
  /** After a session that failed, all begins again. */
  restMs: 1500,
  /** The whole reading. */
  wholeMs: 60_000,
} as const
export const mostCalls = 10
export const mostRepeats = 5
export const mostAttempts = 3

/** One of the three, and who leads it. */
export interface Session {
  readonly by: 'us' | 'peer'
  readonly what: 'handshake' | 'answer' | 'data'
}

export interface Peer {
  readonly id: string
  readonly revision: string
}

export interface DexState {
  /** `pausing` before our call; `asking` for an acknowledgement; `listening` to whoever leads. */
  readonly at: 'idle' | 'pausing' | 'asking' | 'listening'
  /** Still to come; the first is in hand. */
  readonly sessions: readonly Session[]
  readonly partial: PartialFrame
  /** What we send in this session, and which of it is not acknowledged yet; -1: our call. */
  readonly frames: readonly Frame[]
  readonly pending: number
  readonly repeats: number
  /** What has come in this session, and how we acknowledged last; empty before the peer has called. */
  readonly got: readonly Frame[]
  readonly lastAnswer: readonly number[]
  readonly busyLeft: number
  readonly peer: Peer | undefined
  readonly attempts: number
  /** Why the attempt before failed. */
  readonly trouble: string
  /** Written when it is due, never sooner. */
  readonly reply: { readonly bytes: readonly number[]; readonly at: number } | undefined
  /** What is waited for ends then. */
  readonly dueAt: number | undefined
  readonly limitAt: number | undefined
}

export type DexInput =
  | { readonly type: 'start' }
  | { readonly type: 'received'; readonly bytes: Iterable<number> }
  | { readonly type: 'due' }

export type DexOutput =
  | { readonly type: 'send'; readonly bytes: readonly number[] }
  /** A carrier has the file; a device has given it (its own text is empty then). */
  | { readonly type: 'done'; readonly text: string; readonly peer: Peer | undefined }
  | { readonly type: 'failed'; readonly why: string }

export const idleDex: DexState = {
  at: 'idle',
  sessions: [],
  partial: outside,
  frames: [],
  pending: -1,
  repeats: 0,
  got: [],
  lastAnswer: [],
  busyLeft: 0,
  peer: undefined,
  attempts: 0,
  trouble: '',
  reply: undefined,
  dueAt: undefined,
  limitAt: undefined,
}

/** When the next `due` is wanted; undefined while nothing is waited for. */
export function nextDexDue({ reply, dueAt, limitAt }: DexState): number | undefined {
  const times = [reply?.at, dueAt, limitAt].filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}
