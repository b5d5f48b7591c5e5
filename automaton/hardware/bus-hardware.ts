// The hardware port on the raw bus: its bytes are those of the bus, in pairs with their mode bit. Every
// decision is the reader machine's (bus-reader.ts); what a shell does is in reader-hardware.ts.
import type { Limits } from '@concilia/protocol/limits.ts'
import { busText } from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { stepBusReader } from './bus-reader.ts'
import {
  type BusDeadline,
  type BusReaderInput,
  type BusReaderOutput,
  type BusReaderState,
  nextBusDue,
  stoppedBusReader,
} from './bus-reader-state.ts'
import { ReaderHardware, type ShellParts } from './reader-hardware.ts'
import type { MdbSettings } from './reader-state.ts'

export interface BusParts extends ShellParts {
  readonly limits: Limits
  readonly currency: Currency
  readonly mdb: MdbSettings
  /** Our level of MDB; below 3 for a machine that claims more than it speaks. */
  readonly level: 1 | 2 | 3
  /** Told to the machine as our serial number. */
  readonly serial: string
}

type Received = Extract<BusReaderInput, { type: 'received' }>
type Send = Extract<BusReaderOutput, { type: 'send' }>

export class BusHardware extends ReaderHardware<BusReaderState, Received, BusDeadline, Send> {
  constructor(parts: BusParts) {
    const { log } = parts
    super(parts, {
      stopped: stoppedBusReader,
      step: (state, input, now) => stepBusReader(state, input, now, parts),
      nextDue: nextBusDue,
      leaving: ({ line }) => line === 'leaving',
      reading: () => {
        const splitter = new PairSplitter()
        return (line) => {
          const { bytes, strays } = splitter.push(line)
          log.debug({ bus: busText(bytes) }, 'from the bus')
          return bytes.length + strays === 0 ? [] : [{ type: 'received', bytes, strays }]
        }
      },
      writing: ({ bytes }) => {
        log.debug({ bus: busText(bytes) }, 'to the bus')
        return pairsText(bytes)
      },
    })
  }
}
