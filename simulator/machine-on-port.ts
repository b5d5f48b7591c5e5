// A vending machine at one end of a real serial port: what a technician's laptop plays to a controller at the
// other end. The port is opened again whenever it goes away.
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { type MachineEvent, type MachineSettings, VendingMachine } from './vending-machine.ts'

const retryMs = 1000

export class MachineOnPort {
  readonly machine: VendingMachine
  readonly #open: () => SerialLine
  #line: SerialLine | undefined

  /** @param lost told in words when the port cannot be opened, or goes away */
  constructor(
    path: string,
    settings: MachineSettings,
    clock: Clock,
    see: (event: MachineEvent) => void,
    lost: (error: OperatingError) => void,
  ) {
    const port = serialPortLine({ path, clock, retryMs })
    this.#open = () => port({ opened: () => {}, received: (bytes) => this.machine.box.receive(bytes), lost })
    this.machine = new VendingMachine(settings, clock, this, see)
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
