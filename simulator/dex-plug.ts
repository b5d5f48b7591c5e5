// A machine's DEX plug on a serial port: a pseudo-terminal, whose path an automaton or a technician opens, or
// a real port with a laptop behind it.
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { DexDevice } from './dex-device.ts'
import type { MachineCounters } from './machine-counters.ts'
import { Pty } from './pty.ts'

/** What the simulated machine calls itself on DEX. */
export const dexId = 'SIM0000042'
export const dexBaudRate = 9600

export interface DexPlug {
  readonly device: DexDevice
  close(): void
}

export interface DexPlugParts {
  readonly counters: MachineCounters
  readonly clock: Clock
  readonly see?: (result: string) => void
}

/** @param link the path that the other end opens; a symbolic link, made here */
export function dexOnPty(link: string, parts: DexPlugParts): DexPlug {
  const pty = new Pty(link, (bytes) => device.receive(bytes))
  const device = deviceOf(parts, (text) => pty.write(text))
  return {
    device,
    close() {
      device.stop()
      pty.unplug()
    },
  }
}

/** @param lost told in words when the port cannot be opened, or goes away */
export function dexOnPort(path: string, parts: DexPlugParts, lost: (error: OperatingError) => void): DexPlug {
  const settings = { path, clock: parts.clock, retryMs: 1000, baudRate: dexBaudRate }
  const line = serialPortLine(settings)({
    opened: () => {},
    received: (bytes) => device.receive(bytes),
    lost,
  })
  const device = deviceOf(parts, (text) => line.write(text))
  return {
    device,
    close() {
      device.stop()
      void line.close()
    },
  }
}

function deviceOf({ counters, clock, see }: DexPlugParts, write: (text: string) => void): DexDevice {
  return new DexDevice({ clock, id: dexId, file: (id) => counters.file(id), write, ...(see && { see }) })
}
