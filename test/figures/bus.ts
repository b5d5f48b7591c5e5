// The raw bus in one process, without a line: how many blocks the codec reads and writes in a second, and
// how soon the reader has its answer to a machine's poll and request, of the 5 ms that the standard gives
// it.
import { stepBusReader } from '@concilia/automaton/hardware/bus-reader.ts'
import {
  type BusReaderInput,
  type BusReaderState,
  stoppedBusReader,
} from '@concilia/automaton/hardware/bus-reader-state.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { cashless } from '@concilia/protocol/mdb/cashless.ts'
import { readAnswer, readCommand, writeAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import type { Dialect } from '@concilia/protocol/mdb/fields.ts'
import { percentile, short } from './statistics.ts'

const dialect: Dialect = { level: 3, expanded: false, displayBytes: 32 }
const address = 0x60
const settings = {
  currency: 'EUR',
  mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
  level: 3,
  serial: '4021',
  limits: defaultLimits,
} as const

const request = writeCommand(cashless, address, { name: 'vendRequest', price: 150, item: 5 }, dialect)
const poll = writeCommand(cashless, address, { name: 'poll' }, dialect)
const approved = writeAnswer(cashless, [{ name: 'vendApproved', amount: 150 }], dialect)

export function busFigures(measureMs: number): object {
  return {
    blocksReadPerSecond: perSecond(measureMs / 4, 2, () => {
      readCommand(cashless, request, dialect)
      readAnswer(cashless, 'poll', approved, dialect)
    }),
    blocksWrittenPerSecond: perSecond(measureMs / 4, 2, () => {
      writeCommand(cashless, address, { name: 'vendRequest', price: 150, item: 5 }, dialect)
      writeAnswer(cashless, [{ name: 'vendApproved', amount: 150 }], dialect)
    }),
    ...answerTimes('poll', poll, measureMs / 4),
    ...answerTimes('request', request, measureMs / 4),
  }
}

function perSecond(forMs: number, each: number, act: () => void): number {
  for (let warm = 0; warm < 2000; warm++) act()
  const begun = systemClock.monotonic()
  let count = 0
  while (systemClock.monotonic() - begun < forMs) {
    for (let round = 0; round < 100; round++) act()
    count += 100 * each
  }
  return short((count * 1000) / (systemClock.monotonic() - begun))
}

/** From the last byte of a command to the answer that is to be sent, in an enabled reader. */
function answerTimes(name: string, block: readonly number[], forMs: number): object {
  const enabled = setUp()
  const timesUs: number[] = []
  const begun = systemClock.monotonic()
  while (systemClock.monotonic() - begun < forMs) {
    const before = systemClock.monotonic()
    const { outputs } = stepBusReader(enabled, { type: 'received', bytes: block, strays: 0 }, 0, settings)
    timesUs.push((systemClock.monotonic() - before) * 1000)
    if (!outputs.some(({ type }) => type === 'send')) throw new Error(`the reader does not answer a ${name}`)
  }
  return {
    [`${name}AnswerP50Us`]: short(percentile(timesUs, 0.5)),
    [`${name}AnswerP99Us`]: short(percentile(timesUs, 0.99)),
  }
}

function setUp(): BusReaderState {
  const commands = [
    { name: 'reset' },
    { name: 'setupConfig', level: 3, columns: 16, rows: 2, display: 1 },
    { name: 'enableOptions', options: 0x20 },
    { name: 'readerEnable' },
  ] as const
  const inputs: BusReaderInput[] = [
    { type: 'start', listening: false },
    { type: 'lineOpened' },
    ...commands.map((command) => ({
      type: 'received' as const,
      bytes: writeCommand(cashless, address, command, dialect),
      strays: 0,
    })),
    { type: 'received', bytes: [...poll, 0x00], strays: 0 },
  ]
  return inputs.reduce((state, input) => stepBusReader(state, input, 0, settings).state, stoppedBusReader)
}
