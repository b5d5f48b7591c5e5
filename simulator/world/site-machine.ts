// A vending machine of the simulated world with its lines: what buyers do to it, what befalls it, and what of
// it an automaton's process drives. Two sorts: reader-machine.ts, kiosk-machine.ts.
import type { Hardware } from '@concilia/automaton/hardware/port.ts'
import type { OpenSerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import type { Journal } from '@concilia/automaton/journal/port.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Pressed } from '../vending-machine.ts'
import type { Wire } from '../wire.ts'
import type { SimulatedProcess } from './simulated-process.ts'

export const items: Readonly<Record<number, number>> = { 1: 150, 2: 200, 3: 350 }
/** How long a byte is under way on a serial line. */
export const wireMs = 3

export interface SiteMachine {
  press(item: number): Pressed
  pushLever(): void
  /** The whole price. */
  payInCoins(item: number): void
  /** What goes wrong with it from now on; nothing else does. */
  behave(names: readonly string[]): void
  /** The box between it and the automaton loses its power for a moment. */
  restartBox(): void
  unplug(): void
  plug(): void
  /** Whatever is broken is whole again. */
  mend(): void
  /** The driver of a new process, connected with it. */
  hardwareFor(process: SimulatedProcess, journal: Journal, log: Log): Hardware
}

/** A process's end of a wire. */
export function lineOf(wire: Wire, process: SimulatedProcess): OpenSerialLine {
  return (events) => {
    const line = wire.open({
      opened: () => process.enter(() => events.opened()),
      received: (bytes) => process.enter(() => events.received(bytes)),
      lost: (error) => process.enter(() => events.lost(error)),
    })
    process.atEnd(() => void line.close())
    return { write: (text) => process.leave(() => line.write(text)), close: () => line.close() }
  }
}
