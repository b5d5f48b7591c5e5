// A serial line without a port: the same bytes between a machine's box and an automaton's driver in one
// process, on a given clock. For scenarios in which a second must not take a second, and in which lines must
// cross on the wire.
import type { OpenSerialLine, SerialLineEvents } from '@concilia/automaton/hardware/serial-line.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { HostLine } from './vending-machine.ts'

export class Wire implements HostLine {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #toBox: (bytes: Uint8Array) => void
  #host: SerialLineEvents | undefined
  /** Bytes under way when it was pulled out do not arrive. */
  #plugging = 1
  #plugged = true

  /** @param delayMs how long a byte is under way, either way */
  constructor(clock: Clock, delayMs: number, toBox: (bytes: Uint8Array) => void) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#toBox = toBox
  }

  /**
   * The automaton's end. A second opening takes the place of the first, as after a restart of the automaton.
   */
  readonly open: OpenSerialLine = (events) => {
    this.#host = events
    this.#carry(() => events.opened())
    return {
      write: (text) => {
        if (this.#host === events) this.#carry(() => this.#toBox(Buffer.from(text, 'latin1')))
      },
      close: async () => {
        if (this.#host === events) this.#host = undefined
      },
    }
  }

  write(text: string): void {
    const host = this.#host
    this.#carry(() => {
      if (this.#host === host) host?.received(Buffer.from(text, 'latin1'))
    })
  }

  unplug(): void {
    if (!this.#plugged) return
    this.#plugged = false
    this.#plugging += 1
    const error = {
      code: 'serial-port-unplugged',
      message: 'The wire was pulled out.',
      advice: 'Put it back.',
    }
    this.#host?.lost(new OperatingError({ ...error, retry: true }))
  }

  plug(): void {
    if (this.#plugged) return
    this.#plugged = true
    const host = this.#host
    this.#carry(() => host?.opened())
  }

  #carry(arrive: () => void): void {
    const plugging = this.#plugging
    if (!this.#plugged) return
    this.#clock.after(this.#delayMs, () => {
      if (this.#plugged && this.#plugging === plugging) arrive()
    })
  }
}
