// What the reader driver knows and can be told: the state, inputs and outputs of the reader machine
// (qibixx-reader.ts), and the `Turn` in which one input is worked off. Never stored: after a restart the box
// is asked, not remembered.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Currency, Money } from '@concilia/protocol/money.ts'
import type { BoxLine, WritableHostLine } from '@concilia/protocol/qibixx.ts'
import type { HardwareEvent } from './port.ts'

export interface MdbSettings {
  /** Place of our reader on the machine's bus; `0x60` leaves `0x10` to a card reader. */
  readonly address: '0x10' | '0x60'
  readonly scaleFactor: number
  readonly decimalPlaces: number
  /** Offer the machine to ask for a vend by itself; otherwise a session is opened on `attend`. */
  readonly alwaysIdle: boolean
}

export interface ReaderSettings {
  readonly currency: Currency
  readonly mdb: MdbSettings
  readonly limits: Pick<Limits, 'vendMs' | 'readerLimitMs' | 'boxHeartbeatMs' | 'boxAnswerMs'>
}

export interface VendRequest {
  readonly priceMinor: number
  readonly item: number
}

export type Phase =
  | { readonly name: 'stopped' }
  /** The line is not open. `listening`: a vend that was approved has not been concluded. */
  | { readonly name: 'lost'; readonly listening: boolean }
  /** Step 0 switches the box off, the last one on; between them the settings. */
  | { readonly name: 'configuring'; readonly step: number; readonly round: number }
  | { readonly name: 'idle' }
  /** `opening`: asked for, not yet said to be open. `attended`: somebody waits for `sessionEnded`. */
  | { readonly name: 'session'; readonly attended: boolean; readonly opening: boolean }
  | ({ readonly name: 'requested' } & VendRequest)
  /** Denied, and the end of the request not yet seen. */
  | ({ readonly name: 'denying'; readonly again: boolean } & VendRequest)
  /**
   * Approved. `cancelled`: the machine said so, and our approval may still be on its way to the box. `next`:
   * another request came before an outcome; we denied it to learn whose our approval is (see vend.ts).
   */
  | ({
      readonly name: 'delivering'
      readonly cancelled: boolean
      readonly next: 'none' | 'denied' | 'taken'
    } & VendRequest)
  /** As delivering, but lines may have been missed, and the approval may not have been sent. */
  | { readonly name: 'listening' }

export type PhaseName = Phase['name']
export type PhaseOf<Name extends PhaseName> = Extract<Phase, { name: Name }>

export type Deadline = 'answer' | 'heartbeat' | 'session' | 'vend'

export interface ReaderState {
  readonly phase: Phase
  /** What the machine last said: it has our reader enabled. */
  readonly enabled: boolean
  /** Whether the box offers always idle, which firmware may refuse. */
  readonly alwaysIdle: boolean
  /** Heartbeats sent since the box last answered one. */
  readonly unanswered: number
  /** `hardwareLost` was said, `hardwareBack` not yet. */
  readonly lossSaid: boolean
  readonly wantedText: string
  /** Undefined when what the display shows is not known. */
  readonly shownText: string | undefined
  /** Monotonic ms. */
  readonly due: Readonly<Partial<Record<Deadline, number>>>
}

export type ReaderInput =
  | { type: 'start'; listening: boolean }
  | { type: 'stop' }
  | { type: 'lineOpened' }
  | { type: 'lineLost'; why: string }
  | { type: 'line'; line: BoxLine }
  | { type: 'attend'; forMs: number }
  | { type: 'approve'; price: Money }
  | { type: 'deny' }
  | { type: 'display'; text: string }
  | { type: 'due'; deadline: Deadline }

export type ReaderOutput = { type: 'send'; line: WritableHostLine } | { type: 'hear'; event: HardwareEvent }

export const stoppedReader: ReaderState = {
  phase: { name: 'stopped' },
  enabled: false,
  alwaysIdle: false,
  unanswered: 0,
  lossSaid: false,
  wantedText: '',
  shownText: undefined,
  due: {},
}

/** Which running deadlines a phase takes over from the one before; all others end with their phase. */
const inherited: Record<PhaseName, readonly Deadline[]> = {
  stopped: [],
  lost: ['vend'],
  configuring: [],
  idle: ['heartbeat'],
  session: ['heartbeat'],
  requested: ['heartbeat'],
  denying: ['heartbeat'],
  delivering: [],
  listening: ['vend'],
}

/**
 * One input being worked off: the state so far, and what is to be done about it. Lives no longer than the
 * input.
 */
export class Turn {
  state: ReaderState
  readonly outputs: ReaderOutput[] = []
  readonly now: number
  readonly settings: ReaderSettings

  constructor(state: ReaderState, now: number, settings: ReaderSettings) {
    this.state = state
    this.now = now
    this.settings = settings
  }

  change(changes: Partial<ReaderState>): void {
    this.state = { ...this.state, ...changes }
  }

  /** Goes to another phase. */
  enter(phase: Phase): void {
    const kept = inherited[phase.name].map((name) => [name, this.state.due[name]] as const)
    this.change({ phase, due: Object.fromEntries(kept.filter(([, at]) => at !== undefined)) })
  }

  /** Stays in the phase with something about it changed; its deadlines run on. */
  amend(phase: Phase): void {
    this.change({ phase })
  }

  wait(deadline: Deadline, ms: number): void {
    this.change({ due: { ...this.state.due, [deadline]: this.now + ms } })
  }

  drop(deadline: Deadline): void {
    const { [deadline]: _, ...due } = this.state.due
    this.change({ due })
  }

  send(line: WritableHostLine): void {
    this.outputs.push({ type: 'send', line })
  }

  hear(event: HardwareEvent): void {
    this.outputs.push({ type: 'hear', event })
  }

  notice(what: Extract<HardwareEvent, { type: 'noticed' }>['what'], detail: string): void {
    this.hear({ type: 'noticed', what, detail })
  }

  /** The answer to an approval that cannot be given: nothing was sent, nothing will be delivered on it. */
  refuseApproval(): void {
    this.hear({ type: 'vendConcluded', result: 'failed', detail: 'approval-too-late' })
  }
}

/** The deadline to wake up for next. */
export function nextDue({ due }: ReaderState): { deadline: Deadline; at: number } | undefined {
  const names = ['answer', 'vend', 'session', 'heartbeat'] as const
  return names
    .flatMap((deadline) => {
      const at = due[deadline]
      return at === undefined ? [] : [{ deadline, at }]
    })
    .reduce<{ deadline: Deadline; at: number } | undefined>(
      (first, next) => (first && first.at <= next.at ? first : next),
      undefined,
    )
}
