// A vending machine at one end of a real serial port: what a technician's laptop plays to a controller at the
// other end.
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { SerialEnd } from './serial-end.ts'
import { type MachineEvent, type MachineSettings, VendingMachine } from './vending-machine.ts'

export class MachineOnPort {
  readonly machine: VendingMachine
  readonly #end: SerialEnd

  /** @param lost told in words when the port cannot be opened, or goes away */
  constructor(
    path: string,
    settings: MachineSettings,
    clock: Clock,
    see: (event: MachineEvent) => void,
    lost: (error: OperatingError) => void,
  ) {
    this.#end = new SerialEnd(path, clock, (bytes) => this.machine.box.receive(bytes), lost)
    this.machine = new VendingMachine(settings, clock, this.#end, see)
  }

  get plugged(): boolean {
    return this.#end.plugged
  }

  plug(): void {
    this.#end.plug()
  }

  unplug(): void {
    this.#end.unplug()
  }
}
