// The audit port over DEX on a serial line: a data carrier that calls the machine. The line is opened for
// each reading and closed after it, so that a technician's handset can use the plug in between. What is said
// on it is decided in protocol/dex/machine.ts; here are its bytes and its timer.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { dexStep } from '@concilia/protocol/dex/machine.ts'
import {
  type DexInput,
  type DexOutput,
  type DexSettings,
  type DexState,
  idleDex,
  nextDexDue,
} from '@concilia/protocol/dex/state.ts'
import type { OpenSerialLine, SerialLine } from '../hardware/serial-line.ts'
import type { AuditFile, AuditSource } from './port.ts'

export interface DexSourceParts {
  /** At 9600 baud. */
  readonly openLine: OpenSerialLine
  readonly clock: Clock
  /** Our communication id: ten characters. */
  readonly id: string
}

export class DexSource implements AuditSource {
  readonly source = 'dex'
  readonly #parts: DexSourceParts
  #reading: Reading | undefined

  constructor(parts: DexSourceParts) {
    this.#parts = parts
  }

  async read(): Promise<AuditFile> {
    const reading = new Reading(this.#parts)
    this.#reading = reading
    return await reading.result
  }

  async stop(): Promise<void> {
    this.#reading?.fail('the automaton is stopping')
    await this.#reading?.result
  }
}

class Reading {
  readonly result: Promise<AuditFile>
  readonly #clock: Clock
  readonly #settings: DexSettings
  readonly #line: SerialLine
  #settle: (file: AuditFile) => void = () => {}
  #state: DexState = idleDex
  #timer: Timer | undefined

  constructor({ openLine, clock, id }: DexSourceParts) {
    this.#clock = clock
    this.#settings = { role: 'carrier', id, revision: 'R00L06' }
    const { promise, resolve } = Promise.withResolvers<AuditFile>()
    this.#settle = resolve
    this.#line = openLine({
      opened: () => this.#take({ type: 'start' }),
      received: (bytes) => this.#take({ type: 'received', bytes }),
      lost: (error) => this.fail(error.message),
    })
    // The next one may want the port at once.
    this.result = promise.finally(() => this.#line.close())
  }

  fail(why: string): void {
    this.#timer?.cancel()
    this.#state = idleDex
    this.#settle({ ok: false, why })
  }

  #take(input: DexInput): void {
    const { state, outputs } = dexStep(this.#state, input, this.#clock.monotonic(), this.#settings)
    this.#state = state
    for (const output of outputs) this.#perform(output)
    this.#timer?.cancel()
    const due = nextDexDue(this.#state)
    if (due === undefined) return
    const delayMs = Math.max(0, due - this.#clock.monotonic())
    this.#timer = this.#clock.after(delayMs, () => this.#take({ type: 'due' }))
  }

  #perform(output: DexOutput): void {
    switch (output.type) {
      case 'send':
        this.#line.write(String.fromCharCode(...output.bytes))
        return
      case 'done':
        this.#settle({ ok: true, text: output.text, from: output.peer?.id ?? '' })
        return
      case 'failed':
        this.#settle({ ok: false, why: output.why })
    }
  }
}
