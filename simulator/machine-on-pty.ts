// A vending machine whose box hangs on a pseudo-terminal: what an automaton's serial port is connected to.
import type { Clock } from '@concilia/protocol/clock.ts'
import { Pty } from './pty.ts'
import { type MachineEvent, type MachineSettings, VendingMachine } from './vending-machine.ts'

export class MachineOnPty {
  readonly machine: VendingMachine
  readonly #pty: Pty

  /** @param link the path that the automaton opens; a symbolic link, made here */
  constructor(link: string, settings: MachineSettings, clock: Clock, see: (event: MachineEvent) => void) {
    this.#pty = new Pty(link, (bytes) => this.machine.box.receive(bytes))
    this.machine = new VendingMachine(settings, clock, this.#pty, see)
  }

  get plugged(): boolean {
    return this.#pty.plugged
  }

  plug(): void {
    this.#pty.plug()
  }

  unplug(): void {
    this.#pty.unplug()
  }
}
