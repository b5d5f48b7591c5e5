// A keypad beside the vending machine, for the code that a phone call has read out: figures on a serial line
// of their own, six of them a code, `*` (or backspace) to begin again. It decides nothing about a code. A
// machine whose own selection buttons reach the automaton says the same by another adapter of this port.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { voiceCodeDigits } from '@concilia/protocol/messages.ts'
import type { OpenSerialLine, SerialLine } from './serial-line.ts'

export interface Keypad {
  start(typed: (code: string) => void): void
  stop(): Promise<void>
}

/** Figures that are left standing belong to somebody who has gone. */
const forgetMs = 15_000

export interface KeypadParts {
  readonly openLine: OpenSerialLine
  readonly clock: Clock
  readonly log: Log
}

export class SerialKeypad implements Keypad {
  readonly #parts: KeypadParts
  #line: SerialLine | undefined
  #figures = ''
  /** Monotonic ms of the last key. */
  #at = 0

  constructor(parts: KeypadParts) {
    this.#parts = parts
  }

  start(typed: (code: string) => void): void {
    const { openLine, log } = this.#parts
    this.#line = openLine({
      opened: () => log.info('keypad there'),
      received: (bytes) => {
        for (const key of Buffer.from(bytes).toString('latin1')) this.#press(key, typed)
      },
      lost: (error) => log.warn({ err: error }, 'keypad lost: codes of phone calls cannot be typed'),
    })
  }

  async stop(): Promise<void> {
    await this.#line?.close()
  }

  #press(key: string, typed: (code: string) => void): void {
    const now = this.#parts.clock.monotonic()
    if (now > this.#at + forgetMs) this.#figures = ''
    this.#at = now
    if (key === '*' || key === '\b') this.#figures = ''
    if (!/\d/.test(key)) return
    this.#figures += key
    if (this.#figures.length < voiceCodeDigits) return
    const code = this.#figures
    this.#figures = ''
    typed(code)
  }
}
