// npm run bus: a technician's ears. What is on a serial port, everything that a raw bus says in words and
// times, a record of it, and a record heard again. It never answers on a bus; only `identify` asks a box
// for its version.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type Running, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { BusListener, type HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { PairSplitter } from '@concilia/protocol/mdb/bus-pairs.ts'
import { IdlePolls } from '@concilia/protocol/mdb/idle-polls.ts'
import { readRecord, recordHead, recordLine } from './bus-record.ts'
import { BusSummary } from './bus-summary.ts'
import { readDex } from './dex.ts'
import { heardLine } from './heard-line.ts'
import { identified } from './identified.ts'

const description = {
  program: 'npm run bus',
  summary: 'listens to a raw MDB bus on a serial port, in words and times.',
  usage: [
    'npm run bus -- --port PATH [--seconds N] [--record FILE] [--all]',
    'npm run bus -- identify --port PATH',
    'npm run bus -- replay FILE [--all]',
    'npm run bus -- dex --port PATH [--save FILE]',
  ],
  commands: {
    watch: 'what is said on the bus, as it is said; when no command is given',
    identify: 'what hangs on the port: a raw bus, a Qibixx box, or nothing',
    dex: "fetches the machine's audit data over its DEX plug; exits 1 when none can be trusted",
    replay: 'hears a record again; exits 1 when a block of it is not readable',
  },
  operands: true,
  flags: {
    port: { value: 'PATH', says: 'the serial port, such as /dev/ttyUSB0' },
    seconds: { value: 'N', says: 'stops by itself after so long' },
    record: { value: 'FILE', says: 'keeps every byte that was heard, with its time' },
    save: { value: 'FILE', says: 'with `dex`: keeps the file as the machine gave it' },
    all: { says: 'shows the polls that nothing came of, too' },
  },
  notes: [
    'Each block: seconds, address, > from the machine, < from the peripheral, words;',
    'below it the bytes, where a star is the mode bit.',
    'Exit codes: 0 done; 1 not identified, not readable, or the port failed;',
    '2 the command line was not understood.',
  ].join('\n'),
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ command, flags, operands }) => {
  if (command === 'replay') return replay(operands, flags)
  if (operands.length > 0) throw usageError(description, `unexpected: ${operands.join(' ')}`)
  const { port } = flags
  if (!port) throw usageError(description, '--port PATH is needed')
  if (command === 'identify') return identify(port)
  if (command === 'dex') {
    if (!(await readDex(port, flags.save))) process.exitCode = 1
    return undefined
  }
  return watch(port, flags)
})

async function identify(port: string): Promise<undefined> {
  const found = await identified(port, systemClock)
  console.log(found.lines.join('\n'))
  if (!found.known) process.exitCode = 1
  return undefined
}

function watch(port: string, flags: Flags): Running {
  const seconds = secondsOf(flags)
  const { record } = flags
  const show = shower(flags.all)
  if (record) writeFileSync(record, `${recordHead}\n`)
  const failed = Promise.withResolvers<never>()
  const listener = new BusListener()
  const begun = systemClock.monotonic()
  let splitter = new PairSplitter()
  const line = serialPortLine({ path: port, clock: systemClock, retryMs: 1000 })({
    opened: () => {
      splitter = new PairSplitter()
    },
    received(read) {
      const { bytes } = splitter.push(read)
      if (bytes.length === 0) return
      const atMs = systemClock.monotonic() - begun
      if (record) appendFileSync(record, `${recordLine({ atMs, bytes })}\n`)
      for (const heard of listener.push(bytes)) show.block(atMs, heard)
    },
    lost: (error) => failed.reject(error),
  })
  const enough = Promise.withResolvers<void>()
  if (seconds !== undefined) systemClock.after(seconds * 1000, () => enough.resolve())
  failed.promise.catch((error: OperatingError) => {
    console.error(`${error.message}\n${error.advice}`)
    process.exitCode = 1
    enough.resolve()
  })
  return {
    over: enough.promise,
    async stop() {
      await line.close()
      show.end()
      // An orderly stop ends with 0; a port that failed does not.
      if (process.exitCode === 1) process.exit(1)
    },
  }
}

async function replay([file, ...more]: readonly string[], flags: Flags): Promise<undefined> {
  if (!file || more.length > 0) throw usageError(description, 'replay takes one FILE')
  const records = readRecord(textOf(file))
  if (!Array.isArray(records)) {
    throw new OperatingError({
      code: 'record-not-readable',
      message: `${file}, line ${records.line}: ${records.why}.`,
      advice: 'Give a file that was written with --record.',
    })
  }
  const listener = new BusListener()
  const show = shower(flags.all)
  for (const { atMs, bytes } of records) {
    for (const heard of listener.push(bytes)) show.block(atMs, heard)
  }
  if (show.end() > 0) process.exitCode = 1
  return undefined
}

/** Prints, and counts what could not be read. */
function shower(all: boolean) {
  const polls = new IdlePolls<{ atMs: number; heard: HeardBlock }>()
  const summary = new BusSummary()
  return {
    block(atMs: number, heard: HeardBlock) {
      summary.add(heard)
      const shown = all ? [{ atMs, heard }] : polls.push({ atMs, heard })
      for (const one of shown) console.log(heardLine(one.atMs, one.heard))
    },
    end() {
      console.log(summary.lines().join('\n'))
      return summary.garbled
    },
  }
}

function secondsOf({ seconds }: Flags): number | undefined {
  if (seconds === undefined) return undefined
  const number = Number(seconds)
  if (number > 0 && number <= 1_000_000) return number
  throw usageError(description, `--seconds ${seconds} is no number of seconds`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OperatingError({
      code: 'record-not-readable',
      message: `${file} cannot be read.`,
      advice: 'Give a file that was written with --record.',
      cause,
    })
  }
}
