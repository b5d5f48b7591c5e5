// What the controller of a machine knows and can be told, and the `ControllerTurn` in which one input is
// worked off. Only the till outlives the process; all else is asked for anew from changer and board.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { ChangerAnswer, ChangerCommand } from '@concilia/protocol/mdb/coin-changer.ts'
import type { Currency, Money } from '@concilia/protocol/money.ts'
import type { BoardLine, WritableBoardCommand } from '@concilia/protocol/motor-board.ts'
import type { Language } from '../display.ts'
import type { HardwareEvent } from '../hardware/port.ts'
import type { Coin, Tubes } from './change.ts'
import { happened, stands } from './counters.ts'
import { assertWhole, type Till } from './till.ts'

export interface ControllerSettings {
  readonly currency: Currency
  readonly language: Language
  /** Prices by selection. */
  readonly prices: ReadonlyMap<number, number>
  readonly mostCreditMinor: number
  /** Coins that nobody does anything with are given back after this. */
  readonly creditReturnMs: number
  readonly limits: Pick<Limits, 'vendMs'>
  /** How long an answer of the changer may take, the bridge's way included (ms). */
  readonly answerMs: number
}

/** What came of one exchange with the changer. `unreadable`: something came that is no block. */
export type ChangerResult = 'ack' | 'nak' | 'silence' | 'unreadable' | readonly ChangerAnswer[]

/** What SETUP told. */
export interface KnownChanger {
  readonly level: number
  readonly coins: readonly Coin[]
  /** Minor units of one unit of PAYOUT. */
  readonly scaleMinor: number
}

/** A payout command of the till, as far as this process has got with it. */
export interface Paying {
  readonly stage: 'sent' | 'counting'
  /** The changer acknowledged it to this process, and was not reset since. */
  readonly acknowledged: boolean
  /** It said that something is stuck, or fails. */
  readonly faultSeen: boolean
  /** When it was last known to be at it (monotonic ms). */
  readonly since: number
  /** PAYOUT VALUE POLL said: finished. */
  readonly finished: boolean
  /** PAYOUT STATUS, by type. */
  readonly counts?: readonly number[] | undefined
}

export interface ChangerState {
  readonly open: boolean
  readonly asked: ChangerCommand | undefined
  readonly known: KnownChanger | undefined
  /** Options that it offers; and whether ours of them are enabled. */
  readonly offered: number | undefined
  readonly enabled: boolean
  /** How often it did not answer about them. */
  readonly unanswered: number
  readonly tubes: Tubes | undefined
  readonly tubesStale: boolean
  readonly tubesReadAt: number
  /** What COIN TYPE told it last, as `accept/by hand`. */
  readonly told: string
  readonly lost: boolean
  readonly silentSince: number | undefined
  readonly resetAt: number
  readonly resetSentAt: number
  readonly polledAt: number
  readonly diagnosedAt: number
  /** Not before this is anything said. */
  readonly nextAt: number
  /**
   * Before anything else comes a poll: it may bring an answer again that was just taken, or a reset that was
   * not told yet.
   */
  readonly pollFirst: boolean
  /** The answer that was taken last, while it may come again; else empty. */
  readonly taken: string
  readonly reports: readonly ('manualFill' | 'manualPayout')[]
  /** Alternates POLL and PAYOUT VALUE POLL. */
  readonly valuePollNext: boolean
  readonly paying: Paying | undefined
}

export interface BoardState {
  readonly open: boolean
  readonly who: { readonly serial: string; readonly last: number } | undefined
  readonly state:
    | {
        readonly door: 'open' | 'closed'
        readonly sensor: 'works' | 'blind'
        readonly soldOut: readonly number[]
      }
    | undefined
  readonly heardAt: number
  readonly lost: boolean
  /** `order`: told to turn by this process on this line; otherwise it is only asked what became of it. */
  readonly vend: 'order' | 'ask' | undefined
  readonly shown: string
}

/** Between the buyer, the till and the sale. */
export interface CounterState {
  /** The sale has been asked, and has not decided. */
  readonly request: { readonly selection: number; readonly priceMinor: number } | undefined
  /** The sale waits for `vendConcluded`. */
  readonly concluding: boolean
  readonly attended: boolean
  /** What the sale wants shown, and ours for a moment. */
  readonly saleText: string
  readonly message: string
  readonly page: number
}

export type Deadline =
  | 'changer'
  | 'board'
  | 'vend'
  | 'idle'
  | 'payout'
  | 'session'
  | 'page'
  | 'message'
  | 'leave'

export interface ControllerState {
  readonly running: boolean
  /** Told to stop, and the changer is still to be told to take no more coins. */
  readonly leaving: boolean
  readonly till: Till
  readonly changer: ChangerState
  readonly board: BoardState
  readonly counter: CounterState
  /** Monotonic ms. */
  readonly due: Readonly<Partial<Record<Deadline, number>>>
}

export type ControllerInput =
  | { type: 'start'; listening: boolean }
  | { type: 'stop' }
  | { type: 'busOpened' | 'boardOpened' }
  | { type: 'busLost' | 'boardLost'; why: string }
  | { type: 'changer'; result: ChangerResult }
  | { type: 'board'; line: BoardLine }
  | { type: 'attend'; forMs: number }
  | { type: 'approve'; price: Money }
  | { type: 'deny' }
  | { type: 'display'; text: string }
  | { type: 'due'; deadline: Deadline }

/** Performed after the till was written. */
export type ControllerOutput =
  | { type: 'ask'; command: ChangerCommand }
  /** ACK for data; the box has already said it. */
  | { type: 'acknowledge' }
  /** No answer came in time: what still comes belongs to no question. */
  | { type: 'resync' }
  | { type: 'board'; line: WritableBoardCommand }
  | { type: 'hear'; event: HardwareEvent }

const longAgo = Number.NEGATIVE_INFINITY

export const newChanger: ChangerState = {
  open: false,
  asked: undefined,
  known: undefined,
  offered: undefined,
  enabled: false,
  unanswered: 0,
  tubes: undefined,
  tubesStale: true,
  tubesReadAt: longAgo,
  told: '',
  lost: false,
  silentSince: undefined,
  resetAt: longAgo,
  resetSentAt: longAgo,
  polledAt: longAgo,
  diagnosedAt: longAgo,
  nextAt: longAgo,
  pollFirst: true,
  taken: '',
  reports: [],
  valuePollNext: false,
  paying: undefined,
}

/** Sent just now, or perhaps by a process before this one. */
export function newPaying(now: number): Paying {
  return {
    stage: 'sent',
    acknowledged: false,
    faultSeen: false,
    since: now,
    finished: false,
  }
}

const newBoard: BoardState = {
  open: false,
  who: undefined,
  state: undefined,
  heardAt: longAgo,
  lost: false,
  vend: undefined,
  shown: '',
}

/** A process on what the one before wrote. */
export function newController(till: Till): ControllerState {
  return {
    running: false,
    leaving: false,
    till,
    changer: { ...newChanger, taken: till.taken },
    board: newBoard,
    counter: {
      request: undefined,
      concluding: false,
      attended: false,
      saleText: '',
      message: '',
      page: 0,
    },
    due: {},
  }
}

/** What a move of the till is called in the journal. */
export type TillEvent = { readonly type: string } & Readonly<Record<string, unknown>>

/** One input being worked off. Lives no longer than the input. */
export class ControllerTurn {
  state: ControllerState
  readonly outputs: ControllerOutput[] = []
  /** Why the till has changed. */
  readonly events: TillEvent[] = []
  readonly now: number
  readonly settings: ControllerSettings

  constructor(state: ControllerState, now: number, settings: ControllerSettings) {
    this.state = state
    this.now = now
    this.settings = settings
  }

  get till(): Till {
    return this.state.till
  }

  get changer(): ChangerState {
    return this.state.changer
  }

  get board(): BoardState {
    return this.state.board
  }

  get counter(): CounterState {
    return this.state.counter
  }

  setChanger(changes: Partial<ChangerState>): void {
    this.state = { ...this.state, changer: { ...this.state.changer, ...changes } }
  }

  setBoard(changes: Partial<BoardState>): void {
    this.state = { ...this.state, board: { ...this.state.board, ...changes } }
  }

  setCounter(changes: Partial<CounterState>): void {
    this.state = { ...this.state, counter: { ...this.state.counter, ...changes } }
  }

  setPaying(changes: Partial<Paying>): void {
    const { paying } = this.state.changer
    if (paying) this.setChanger({ paying: { ...paying, ...changes } })
  }

  /** Every change of the till goes through here. */
  keep(till: Till, event: TillEvent): void {
    if (till === this.state.till) return
    assertWhole(till)
    this.state = { ...this.state, till }
    this.events.push(event)
  }

  wait(deadline: Deadline, ms: number): void {
    this.state = { ...this.state, due: { ...this.state.due, [deadline]: this.now + ms } }
  }

  drop(deadline: Deadline): void {
    if (this.state.due[deadline] === undefined) return
    const { [deadline]: _, ...due } = this.state.due
    this.state = { ...this.state, due }
  }

  hear(event: HardwareEvent): void {
    this.outputs.push({ type: 'hear', event })
  }

  notice(what: Extract<HardwareEvent, { type: 'noticed' }>['what'], detail: string): void {
    this.hear({ type: 'noticed', what, detail })
  }

  toBoard(line: WritableBoardCommand): void {
    this.outputs.push({ type: 'board', line })
  }

  /** A fault that happens and is over, counted under its EVA-DTS code. */
  fault(code: string, says: string): void {
    this.keep({ ...this.till, counters: happened(this.till.counters, code) }, { type: 'fault', code })
    this.hear({ type: 'noticed', what: 'fault', detail: says, fault: { code } })
  }

  /** A fault that stands until it is over. */
  faultStands(code: string, active: boolean, says: string): void {
    const counters = stands(this.till.counters, code, active)
    if (counters === this.till.counters) return
    this.keep({ ...this.till, counters }, { type: active ? 'faultBegan' : 'faultEnded', code })
    const detail = active ? says : 'it is over'
    this.hear({ type: 'noticed', what: 'fault', detail, fault: { code, active } })
  }
}

/** The deadline to wake up for next. */
export function nextControllerDue({ due }: ControllerState): { deadline: Deadline; at: number } | undefined {
  let next: { deadline: Deadline; at: number } | undefined
  for (const [deadline, at] of Object.entries(due)) {
    if (!next || at < next.at) next = { deadline: deadline as Deadline, at }
  }
  return next
}
