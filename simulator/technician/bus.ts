// npm run bus: the technician's tool. What is on a serial port, what is wrong there, which places of the bus
// answer, a vend without money, everything that a raw bus says in words and times, a record of it, and a
// record heard again. Each command that speaks on a bus has a file of its own; the others only hear.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
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
import { doctor } from './doctor.ts'
import { heardLine } from './heard-line.ts'
import { identified } from './identified.ts'
import { configured, readerPlace } from './reader-place.ts'
import { testVend } from './test-vend.ts'
import { wiring } from './wiring.ts'

const description = {
  program: 'npm run bus',
  summary: 'what is on a serial port, what is wrong there, what is said.',
  usage: [
    'npm run bus -- doctor --port PATH | --config FILE',
    'npm run bus -- --port PATH [--seconds N] [--record FILE] [--all]',
    'npm run bus -- test-vend --port PATH [--yes]',
    'npm run bus -- replay FILE [--all]',
    'npm run bus -- dex --port PATH [--save FILE]',
  ],
  commands: {
    doctor: 'what is wrong between this port and the machine, and what to do',
    identify: 'what hangs on the port: a raw bus, a Qibixx box, or nothing',
    wiring: 'which places of the bus are polled, answer, or are silent',
    'test-vend': 'one vend without money: you press a key in the place of a payment',
    watch: 'what is said on the bus, as it is said; when no command is given',
    dex: "the machine's audit data, over its DEX plug",
    replay: 'hears a record again',
  },
  operands: ['replay'],
  flags: {
    port: { value: 'PATH', says: 'the serial port, such as /dev/ttyUSB0' },
    seconds: { value: 'N', says: 'stops after so long; doctor 12, wiring 5, test-vend 120' },
    config: { value: 'FILE', says: "the automaton's configuration: port and reader as there" },
    address: { value: 'A', says: 'place of our reader, 0x10 or 0x60; 0x60 when left out' },
    level: { value: 'N', says: 'level of our reader; 3 when left out' },
    currency: { value: 'CODE', says: 'of the machine; EUR when left out' },
    ask: { says: 'wiring: polls each place itself, where no machine is heard' },
    yes: { says: 'test-vend: lets the item fall without asking' },
    record: { value: 'FILE', says: 'keeps every byte that was heard, with its time' },
    save: { value: 'FILE', says: 'with `dex`: keeps the file as the machine gave it' },
    all: { says: 'shows the polls that nothing came of, too' },
  },
  notes: [
    'Stop the automaton first: a port belongs to one program.',
    'Each block that is shown: seconds, address, > from the machine, < from the',
    'peripheral, words; below it the bytes, where a star is the mode bit.',
    'Exit codes: 0 done: nothing is wrong (doctor), somebody is there (identify,',
    'wiring), the machine says that it delivered (test-vend), all was readable',
    '(replay), the audit data can be trusted (dex). 1 not so, or the port failed.',
    '2 the command line was not understood.',
  ].join('\n'),
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ command, flags, operands }) => {
  if (command === 'replay') return replay(operands, flags)
  const port = flags.port ?? configured(flags.config)?.serial.path
  if (!port) throw usageError(description, '--port PATH is needed, or --config FILE of the automaton')
  switch (command) {
    case 'identify':
      return concluded(await identify(port))
    case 'doctor':
      return concluded(
        await doctor(readerPlace(description, flags, port), secondsOf(flags) ?? 12, systemClock, print),
      )
    case 'wiring': {
      const { ask } = flags
      return concluded(await wiring(port, { seconds: secondsOf(flags) ?? 5, ask }, systemClock, print))
    }
    case 'dex':
      return concluded(await readDex(port, flags.save))
    case 'test-vend':
      return concluded(await vend(port, flags))
    default:
      return watch(port, flags)
  }
})

function print(line: string): void {
  console.log(line)
}

function concluded(good: boolean): undefined {
  if (!good) process.exitCode = 1
}

async function identify(port: string): Promise<boolean> {
  const { lines, is } = await identified(port, systemClock)
  print(lines.join('\n'))
  return is === 'raw' || is === 'qibixx'
}

async function vend(port: string, flags: Flags): Promise<boolean> {
  const typed = createInterface({ input: process.stdin, output: process.stdout })
  // Nobody is there to press a key: nothing falls.
  const gone = new Promise<string>((resolve) => {
    typed.once('close', () => resolve('n'))
  })
  const mayFall = async () => {
    if (flags.yes) return true
    print('Enter lets it fall, n refuses.')
    const key = await Promise.race([typed.question(''), gone])
    return !key.trim().toLowerCase().startsWith('n')
  }
  const seconds = secondsOf(flags) ?? 120
  try {
    return await testVend({
      place: readerPlace(description, flags, port),
      seconds,
      clock: systemClock,
      print,
      mayFall,
    })
  } finally {
    typed.close()
  }
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
