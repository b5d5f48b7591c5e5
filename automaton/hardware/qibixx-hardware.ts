// The hardware port over a Qibixx bridge: its bytes are lines of text, both ways. Every decision is the
// reader machine's (qibixx-reader.ts); what a shell does is in reader-hardware.ts.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { readBoxLine, writeHostLine } from '@concilia/protocol/qibixx.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { stepReader } from './qibixx-reader.ts'
import { ReaderHardware, type ShellParts } from './reader-hardware.ts'
import {
  type Deadline,
  type MdbSettings,
  nextDue,
  type ReaderInput,
  type ReaderOutput,
  type ReaderState,
  stoppedReader,
} from './reader-state.ts'

export interface QibixxParts extends ShellParts {
  readonly limits: Limits
  readonly currency: Currency
  readonly mdb: MdbSettings
}

type Line = Extract<ReaderInput, { type: 'line' }>
type Send = Extract<ReaderOutput, { type: 'send' }>

export class QibixxHardware extends ReaderHardware<ReaderState, Line, Deadline, Send> {
  constructor(parts: QibixxParts) {
    const { log, currency, mdb, limits } = parts
    const settings = { currency, mdb, limits }
    super(parts, {
      stopped: stoppedReader,
      step: (state, input, now) => stepReader(state, input, now, settings),
      nextDue,
      reading: () => {
        const splitter = new LineSplitter()
        return (bytes) =>
          splitter.push(bytes).map((text) => {
            log.debug({ line: text }, 'from the box')
            return { type: 'line', line: readBoxLine(text, currency) }
          })
      },
      writing: ({ line }) => {
        const text = writeHostLine(line, currency)
        log.debug({ line: text }, 'to the box')
        return `${text}\n`
      },
    })
  }
}
