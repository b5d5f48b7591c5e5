// The hardware port over a serial line with a reader machine behind it: the shell that both bridges share. It
// works off one input at a time and wakes at the machine's deadlines; what a line's bytes mean, and every
// decision, is the machine's (qibixx-hardware.ts, bus-hardware.ts say which).
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Hardware, HardwareEvent } from './port.ts'
import type { OpenSerialLine, SerialLine } from './serial-line.ts'

/** What every reader machine can be told, besides what comes from its line and its deadlines. */
type Told =
  | { type: 'start'; listening: boolean }
  | { type: 'stop' | 'lineOpened' | 'deny' }
  | { type: 'lineLost'; why: string }
  | { type: 'attend'; forMs: number }
  | { type: 'approve'; price: Money }
  | { type: 'display'; text: string }

export type ReaderInputs<Received, Deadline extends string> =
  | Told
  | Received
  | { type: 'due'; deadline: Deadline }

export interface ReaderMachine<State, Received, Deadline extends string, Sent> {
  readonly stopped: State
  step(
    state: State,
    input: ReaderInputs<Received, Deadline>,
    now: number,
  ): { state: State; outputs: readonly (Sent | { type: 'hear'; event: HardwareEvent })[] }
  nextDue(state: State): { deadline: Deadline; at: number } | undefined
  /** One for each opening of the line: bytes to inputs. */
  reading(): (bytes: Uint8Array) => readonly Received[]
  /** What goes onto the line; each character one byte. */
  writing(sent: Sent): string
  /** Told to stop, it has something left to say first; in bounded time it has not. */
  leaving?(state: State): boolean
}

export interface ShellParts {
  readonly openLine: OpenSerialLine
  readonly clock: Clock
  readonly log: Log
}

export class ReaderHardware<State, Received, Deadline extends string, Sent extends { type: 'send' }>
  implements Hardware
{
  readonly #parts: ShellParts
  readonly #machine: ReaderMachine<State, Received, Deadline, Sent>
  readonly #waiting: ReaderInputs<Received, Deadline>[] = []
  #state: State
  #working = false
  #line: SerialLine | undefined
  /** Set for the next deadline, or for an earlier one that has been put off since. */
  #alarm: { readonly timer: Timer; readonly at: number } | undefined
  #hear: (event: HardwareEvent) => void = () => {}
  #left: (() => void) | undefined

  constructor(parts: ShellParts, machine: ReaderMachine<State, Received, Deadline, Sent>) {
    this.#parts = parts
    this.#machine = machine
    this.#state = machine.stopped
  }

  start(listening: boolean, hear: (event: HardwareEvent) => void): void {
    this.#hear = hear
    this.#take({ type: 'start', listening })
    let read = this.#machine.reading()
    this.#line = this.#parts.openLine({
      opened: () => {
        read = this.#machine.reading()
        this.#parts.log.info('serial line open')
        this.#take({ type: 'lineOpened' })
      },
      received: (bytes) => {
        for (const input of read(bytes)) this.#take(input)
      },
      lost: (error) => {
        this.#parts.log.warn({ err: error }, 'serial line lost')
        this.#take({ type: 'lineLost', why: error.message })
      },
    })
  }

  attend(forMs: number): void {
    this.#take({ type: 'attend', forMs })
  }

  approve(price: Money): void {
    this.#take({ type: 'approve', price })
  }

  deny(): void {
    this.#take({ type: 'deny' })
  }

  display(text: string): void {
    this.#take({ type: 'display', text })
  }

  async stop(): Promise<void> {
    this.#take({ type: 'stop' })
    if (this.#machine.leaving?.(this.#state)) {
      await new Promise<void>((left) => {
        this.#left = left
      })
    }
    await this.#line?.close()
  }

  /** One input at a time: what is heard may call back at once, and waits until the state is written. */
  #take(input: ReaderInputs<Received, Deadline>): void {
    this.#waiting.push(input)
    if (this.#working) return
    this.#working = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#work(next)
    } finally {
      this.#working = false
    }
    this.#sleep()
  }

  #work(input: ReaderInputs<Received, Deadline>): void {
    const { state, outputs } = this.#machine.step(this.#state, input, this.#parts.clock.monotonic())
    this.#state = state
    for (const output of outputs) this.#perform(output)
  }

  #perform(output: Sent | { type: 'hear'; event: HardwareEvent }): void {
    if (output.type === 'hear') this.#hear(output.event)
    else this.#line?.write(this.#machine.writing(output))
  }

  #sleep(): void {
    if (this.#left && !this.#machine.leaving?.(this.#state)) this.#left()
    const due = this.#machine.nextDue(this.#state)
    // Each poll of the machine puts a deadline off: a new timer for each would be most of a reader's work.
    if (due && this.#alarm && this.#alarm.at <= due.at) return
    this.#alarm?.timer.cancel()
    this.#alarm = undefined
    if (!due) return
    const { clock } = this.#parts
    const timer = clock.after(Math.max(0, due.at - clock.monotonic()), () => this.#wake())
    this.#alarm = { timer, at: due.at }
  }

  #wake(): void {
    this.#alarm = undefined
    const due = this.#machine.nextDue(this.#state)
    if (due && due.at <= this.#parts.clock.monotonic()) this.#take({ type: 'due', deadline: due.deadline })
    else this.#sleep()
  }
}
