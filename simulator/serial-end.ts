// One end of a real serial port, as something that can be pulled out. The port is opened again whenever it
// goes away.
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { HostLine } from './vending-machine.ts'

const retryMs = 1000

export class SerialEnd implements HostLine {
  readonly #open: () => SerialLine
  #line: SerialLine | undefined

  /** @param lost told in words when the port cannot be opened, or goes away */
  constructor(
    path: string,
    clock: Clock,
    received: (bytes: Uint8Array) => void,
    lost: (error: OperatingError) => void,
  ) {
    const port = serialPortLine({ path, clock, retryMs })
    this.#open = () => port({ opened: () => {}, received, lost })
    this.plug()
  }

  get plugged(): boolean {
    return this.#line !== undefined
  }

  write(text: string): void {
    this.#line?.write(text)
  }

  plug(): void {
    this.#line ??= this.#open()
  }

  unplug(): void {
    void this.#line?.close()
    this.#line = undefined
  }
}
