// Our own reader at a port, in the place of the automaton's: what the tools find out about a machine they
// find out with the very driver that sells. It pays nothing and owns no sale.
import { BusHardware } from '@concilia/automaton/hardware/bus-hardware.ts'
import type { Hardware } from '@concilia/automaton/hardware/port.ts'
import { QibixxHardware } from '@concilia/automaton/hardware/qibixx-hardware.ts'
import type { MdbSettings } from '@concilia/automaton/hardware/reader-state.ts'
import type { OpenSerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { makeLog } from '@concilia/platform/log.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import type { Currency } from '@concilia/protocol/money.ts'

/** What the automaton's configuration would say. */
export interface ReaderPlace {
  readonly path: string
  readonly bridge: 'raw' | 'qibixx'
  readonly mdb: MdbSettings
  readonly level: 1 | 2 | 3
  readonly currency: Currency
}

export interface Overheard {
  /** Bytes of the line, as they come and go. */
  passed?(bytes: Uint8Array, way: 'in' | 'out'): void
  lost?(error: OperatingError): void
}

const retryMs = 1000

/** Not yet started. */
export function playedReader(place: ReaderPlace, clock: Clock, overheard: Overheard = {}): Hardware {
  const { path, mdb, level, currency } = place
  const parts = {
    openLine: tapped(serialPortLine({ path, clock, retryMs }), overheard),
    clock,
    limits: defaultLimits,
    currency,
    mdb,
    log: makeLog('technician', { level: 'silent', write: () => {} }),
  } as const
  return place.bridge === 'raw'
    ? new BusHardware({ ...parts, level, serial: 'TECHNICIAN' })
    : new QibixxHardware(parts)
}

function tapped(open: OpenSerialLine, { passed = () => {}, lost = () => {} }: Overheard): OpenSerialLine {
  return (events) => {
    const line = open({
      opened: () => events.opened(),
      received(bytes) {
        passed(bytes, 'in')
        events.received(bytes)
      },
      lost(error) {
        lost(error)
        events.lost(error)
      },
    })
    return {
      write(text) {
        passed(Buffer.from(text, 'latin1'), 'out')
        line.write(text)
      },
      close: () => line.close(),
    }
  }
}
