// What the reader on the raw bus knows and can be told, and the `BusTurn` in which one input is worked off.
// Never stored: a reader that starts anew says JUST RESET and is set up by the machine.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { BusByte } from '@concilia/protocol/mdb/bus.ts'
import type { CashlessAnswer } from '@concilia/protocol/mdb/cashless.ts'
import type { Dialect } from '@concilia/protocol/mdb/fields.ts'
import type { Currency, Money } from '@concilia/protocol/money.ts'
import type { HardwareEvent } from './port.ts'
import type { MdbSettings } from './reader-state.ts'

type Noticed = Extract<HardwareEvent, { type: 'noticed' }>

export interface BusReaderSettings {
  readonly currency: Currency
  readonly mdb: MdbSettings
  /** Our level. Lower than 3 for machines that claim a level which they do not speak. */
  readonly level: 1 | 2 | 3
  /** Twelve characters at most, for the machine's list of what hangs on its bus. */
  readonly serial: string
  readonly limits: Pick<Limits, 'vendMs' | 'readerLimitMs' | 'boxHeartbeatMs' | 'boxAnswerMs'>
}

/** MDB's own states of a reader (MDB 4.2, 7.2), as far as we enter them. */
export type BusState = 'inactive' | 'disabled' | 'enabled' | 'sessionIdle' | 'vend'

export interface Vend {
  /** As the machine counts: scaled. */
  readonly price: number
  readonly amountMinor: number
  readonly item: number
  /**
   * `approved`: to be said at the next poll. `sent`: it was said, and nobody knows whether it was heard.
   * `acknowledged`: it was heard. `over`: concluded for the sale; the machine has not ended it yet.
   */
  readonly stage: 'undecided' | 'denied' | 'approved' | 'sent' | 'acknowledged' | 'over'
}

const deadlines = ['gap', 'vend', 'session', 'silence', 'selfReset', 'display', 'leave'] as const
export type BusDeadline = (typeof deadlines)[number]

type Deadlines = Readonly<Partial<Record<BusDeadline, number | undefined>>>

export interface BusReaderState {
  /** `leaving`: told to stop, and a buyer is still to be told that nothing comes of it. */
  readonly line: 'stopped' | 'lost' | 'open' | 'leaving'
  readonly bus: BusState
  /** A READER DISABLE that came in a session holds from its end on. */
  readonly disabledAfter: boolean
  readonly dialect: Dialect
  /** The machine has enabled it. */
  readonly alwaysIdle: boolean
  readonly vend: Vend | undefined
  /**
   * Bytes between machine and us were lost while a vend of ours was open, in an outage of the line or of
   * us: we only hear until it is concluded, then start anew.
   */
  readonly listening: boolean
  /** Somebody waits for `sessionEnded`. */
  readonly attended: boolean
  /** What the machine has yet to hear; each stays until it is acknowledged (MDB 4.2, 3). */
  readonly waiting: readonly CashlessAnswer[]
  /** Those of them that our last answer said, while its acknowledgement may still come. */
  readonly said: readonly CashlessAnswer[]
  /** Our last answer, for RET; undefined once another block has come. */
  readonly answered: readonly BusByte[] | undefined
  /** The block that is coming in; undefined between blocks and in those of other peripherals. */
  readonly block: readonly BusByte[] | undefined
  /** The machine has not polled us for long. */
  readonly silent: boolean
  readonly lossSaid: boolean
  readonly wantedText: string
  readonly shownText: string
  /** Monotonic ms. */
  readonly due: Deadlines
}

export type BusReaderInput =
  | { type: 'start'; listening: boolean }
  | { type: 'stop' }
  | { type: 'lineOpened' }
  | { type: 'lineLost'; why: string }
  /** `strays`: bytes of the line that were none of the bus. */
  | { type: 'received'; bytes: readonly BusByte[]; strays: number }
  | { type: 'attend'; forMs: number }
  | { type: 'approve'; price: Money }
  | { type: 'deny' }
  | { type: 'display'; text: string }
  | { type: 'due'; deadline: BusDeadline }

export type BusReaderOutput =
  | { type: 'send'; bytes: readonly BusByte[] }
  | { type: 'hear'; event: HardwareEvent }

export const plain: Dialect = { level: 1, expanded: false, displayBytes: 0 }

export const stoppedBusReader: BusReaderState = {
  line: 'stopped',
  bus: 'inactive',
  disabledAfter: false,
  dialect: plain,
  alwaysIdle: false,
  vend: undefined,
  listening: false,
  attended: false,
  waiting: [],
  said: [],
  answered: undefined,
  block: undefined,
  silent: false,
  lossSaid: false,
  wantedText: '',
  shownText: '',
  due: {},
}

/** Z7 in seconds: the machine waits so long for a decision, longer than we do (rule 6). */
export function responseS({ limits }: BusReaderSettings): number {
  return Math.min(255, Math.ceil(limits.readerLimitMs / 1000))
}

/** One input being worked off, on a copy of the state that is its own. Lives no longer than the input. */
export class BusTurn {
  readonly state: BusReaderState
  readonly #due: Partial<Record<BusDeadline, number | undefined>>
  readonly outputs: BusReaderOutput[] = []
  readonly now: number
  readonly settings: BusReaderSettings

  constructor(state: BusReaderState, now: number, settings: BusReaderSettings) {
    this.#due = { ...state.due }
    this.state = { ...state, due: this.#due }
    this.now = now
    this.settings = settings
  }

  change(changes: Partial<Omit<BusReaderState, 'due'>>): void {
    Object.assign(this.state, changes)
  }

  wait(deadline: BusDeadline, ms: number): void {
    this.#due[deadline] = this.now + ms
  }

  drop(deadline: BusDeadline): void {
    this.#due[deadline] = undefined
  }

  dropAll(): void {
    for (const deadline of deadlines) this.drop(deadline)
  }

  /** Puts a message in line for the machine, in the place of an older one of its kind. */
  say(message: CashlessAnswer): void {
    this.unsay(message.name)
    this.change({ waiting: [...this.state.waiting, message] })
  }

  /** Also for RET: what is taken back is not said again. */
  unsay(...names: CashlessAnswer['name'][]): void {
    const others = (message: CashlessAnswer) => !names.includes(message.name)
    const { waiting, said, answered } = this.state
    const kept = said.every(others) ? answered : undefined
    this.change({ waiting: waiting.filter(others), said: said.filter(others), answered: kept })
  }

  send(bytes: readonly BusByte[]): void {
    this.outputs.push({ type: 'send', bytes })
  }

  hear(event: HardwareEvent): void {
    this.outputs.push({ type: 'hear', event })
  }

  notice(what: Noticed['what'], detail: string, sold?: Noticed['sold']): void {
    this.hear({ type: 'noticed', what, detail, ...(sold && { sold }) })
  }
}

/** The deadline to wake up for next. */
export function nextBusDue({ due }: BusReaderState): { deadline: BusDeadline; at: number } | undefined {
  let next: { deadline: BusDeadline; at: number } | undefined
  for (const deadline of deadlines) {
    const at = due[deadline]
    if (at !== undefined && !(next && next.at <= at)) next = { deadline, at }
  }
  return next
}
