// The hardware port over a Qibixx bridge: the shell around the reader machine. It cuts bytes into lines,
// works off one input at a time, and wakes at the machine's deadlines. Every decision is the machine's
// (qibixx-reader.ts).
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Currency, Money } from '@concilia/protocol/money.ts'
import { readBoxLine, writeHostLine } from '@concilia/protocol/qibixx.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import type { Hardware, HardwareEvent } from './port.ts'
import { stepReader } from './qibixx-reader.ts'
import {
  type MdbSettings,
  nextDue,
  type ReaderInput,
  type ReaderOutput,
  type ReaderSettings,
  stoppedReader,
} from './reader-state.ts'
import type { OpenSerialLine, SerialLine } from './serial-line.ts'

export interface QibixxParts {
  readonly openLine: OpenSerialLine
  readonly clock: Clock
  readonly limits: Limits
  readonly currency: Currency
  readonly mdb: MdbSettings
  readonly log: Log
}

export class QibixxHardware implements Hardware {
  readonly #parts: QibixxParts
  readonly #settings: ReaderSettings
  readonly #waiting: ReaderInput[] = []
  #state = stoppedReader
  #working = false
  #line: SerialLine | undefined
  #timer: Timer | undefined
  #hear: (event: HardwareEvent) => void = () => {}

  constructor(parts: QibixxParts) {
    this.#parts = parts
    this.#settings = { currency: parts.currency, mdb: parts.mdb, limits: parts.limits }
  }

  start(listening: boolean, hear: (event: HardwareEvent) => void): void {
    this.#hear = hear
    this.#take({ type: 'start', listening })
    let splitter = new LineSplitter()
    this.#line = this.#parts.openLine({
      opened: () => {
        splitter = new LineSplitter()
        this.#parts.log.info('serial line open')
        this.#take({ type: 'lineOpened' })
      },
      received: (bytes) => {
        for (const text of splitter.push(bytes)) this.#received(text)
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
    await this.#line?.close()
  }

  #received(text: string): void {
    this.#parts.log.debug({ line: text }, 'from the box')
    this.#take({ type: 'line', line: readBoxLine(text, this.#parts.currency) })
  }

  /** One input at a time: what is heard may call back at once, and waits until the state is written. */
  #take(input: ReaderInput): void {
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

  #work(input: ReaderInput): void {
    const { state, outputs } = stepReader(this.#state, input, this.#parts.clock.monotonic(), this.#settings)
    this.#state = state
    for (const output of outputs) this.#perform(output)
  }

  #perform(output: ReaderOutput): void {
    if (output.type === 'hear') {
      this.#hear(output.event)
      return
    }
    const text = writeHostLine(output.line, this.#parts.currency)
    this.#parts.log.debug({ line: text }, 'to the box')
    this.#line?.write(`${text}\n`)
  }

  #sleep(): void {
    const { clock } = this.#parts
    this.#timer?.cancel()
    const due = nextDue(this.#state)
    if (!due) return
    const delayMs = Math.max(0, due.at - clock.monotonic())
    this.#timer = clock.after(delayMs, () => this.#take({ type: 'due', deadline: due.deadline }))
  }
}
