// npm run changer: a coin changer and a motor board alone, each on a serial port or on a pseudo-terminal of
// its own, so that a technician tries a controller of coins with a laptop. Worked by typing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { type Running, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { BusListener, type HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { IdlePolls } from '@concilia/protocol/mdb/idle-polls.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { boardFaultWords } from '../kiosk/board-faults.ts'
import { changerFaultWords } from '../kiosk/changer-faults.ts'
import { type Kiosk, type KioskPart, type KioskSettings, usualKiosk } from '../kiosk/kiosk.ts'
import { type KioskAct, perform } from '../kiosk/kiosk-acts.ts'
import { KioskOnLines } from '../kiosk/kiosk-on-lines.ts'
import { viewOf } from '../kiosk/kiosk-view.ts'
import { kioskActOf, kioskHelp } from '../kiosk/kiosk-words.ts'
import { Pty } from '../pty.ts'
import { SerialEnd } from '../serial-end.ts'
import { wrapped } from '../start/wrapped.ts'
import { heardLine } from './heard-line.ts'
import { machineOf } from './typed-bench.ts'

const description = {
  program: 'npm run changer',
  summary: 'a simulated coin changer and motor board, each on a port.',
  usage: ['npm run changer -- [--port PATH] [--board-port PATH] [--box] [--watch]'],
  flags: {
    port: { value: 'PATH', says: 'the changer’s bus; without it a pseudo-terminal is made' },
    'board-port': { value: 'PATH', says: 'the motor board; without it a pseudo-terminal is made' },
    box: { says: 'the changer hangs on a Qibixx box instead of the raw bus' },
    items: {
      value: 'LIST',
      says: 'the motors; 1=1.20,2=2.00,5=1.50 when left out',
    },
    currency: { value: 'CODE', says: 'of the coins; EUR when left out' },
    level: { value: 'N', says: 'level of MDB that it speaks: 2 or 3; 3 when left out' },
    silent: { says: 'it says nothing while it pays, instead of that it is busy' },
    faults: { value: 'LIST', says: 'what is to go wrong: payoutJam:2,board:motorJam' },
    watch: { says: 'shows what is said on the bus, in words' },
    seconds: { value: 'N', says: 'ends after so long' },
  },
  notes: [
    `Typed:\n${kioskHelp}`,
    'Faults of the changer; with :N after so many coins or occasions:',
    faultList(changerFaultWords),
    'Faults of the motor board (board:NAME, or typed: board NAME):',
    faultList(boardFaultWords),
  ].join('\n\n'),
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ flags }) => changer(flags))

function changer(flags: Flags): Running {
  const settings = settingsOf(flags)
  const folder = mkdtempSync(join(tmpdir(), 'concilia-changer-'))
  const paths = {
    changer: flags.port ?? join(folder, 'changer'),
    board: flags['board-port'] ?? join(folder, 'board'),
  }
  const isPort = { changer: flags.port !== undefined, board: flags['board-port'] !== undefined }
  const end = (part: KioskPart, received: (bytes: Uint8Array) => void) =>
    isPort[part]
      ? new SerialEnd(paths[part], systemClock, received, tellLoss)
      : new Pty(paths[part], received)
  const placed = new KioskOnLines(settings, systemClock, end, (event) =>
    console.log(`kiosk: ${JSON.stringify(event)}`),
  )
  for (const act of faultsOf(flags.faults)) perform(placed.kiosk, act)
  if (flags.watch) watch(placed.kiosk)
  console.log(`the coin changer is on ${paths.changer}\nthe motor board is on ${paths.board}\n${kioskHelp}`)
  const over = Promise.withResolvers<void>()
  const seconds = secondsOf(flags)
  if (seconds !== undefined) systemClock.after(seconds * 1000, () => over.resolve())
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (text) => console.log(obey(placed.kiosk, text, settings.currency)))
  return {
    over: over.promise,
    async stop() {
      lines.close()
      placed.unplug()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function settingsOf(flags: Flags): KioskSettings {
  const made = machineOf({
    ...flags,
    machine: 'changer',
    link: 'here',
    behaviour: undefined,
    bus: !flags.box,
    session: false,
  })
  if (typeof made === 'string') throw usageError(description, made)
  const level = ([2, 3] as const).find((known) => String(known) === (flags.level ?? '3'))
  if (!level) throw usageError(description, `--level ${flags.level}: 2 or 3`)
  const usual = usualKiosk(made.currency, Object.keys(made.items).map(Number))
  const changer = { ...usual.changer, level, silentPayout: flags.silent }
  return { ...usual, bridge: flags.box ? 'qibixx' : 'raw', changer }
}

/** @returns what to tell the technician */
function obey(kiosk: Kiosk, text: string, currency: Currency): string {
  if (text.trim() === 'look') return JSON.stringify(viewOf(kiosk))
  const act = kioskActOf(text, currency)
  return typeof act === 'string' ? act : (perform(kiosk, act) ?? 'done')
}

function faultsOf(list = ''): KioskAct[] {
  return list
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const [name = '', after = '0'] = text.split(':')
      const words = name === 'board' ? `board ${after}` : `fault ${name} ${after}`
      const act = kioskActOf(words, 'EUR')
      if (typeof act === 'string') throw usageError(description, `--faults ${text}: no such fault\n${act}`)
      return act
    })
}

function faultList(faults: Readonly<Record<string, string>>): string {
  return Object.entries(faults)
    .map(([name, says]) => `  ${name.padEnd(20)} ${wrapped(says, 80, 23)}`)
    .join('\n')
}

function tellLoss(error: Error & { advice: string }): void {
  console.error(`${error.message}\n${error.advice}`)
}

function watch({ onBus }: Kiosk): void {
  const listener = new BusListener()
  const polls = new IdlePolls<{ atMs: number; heard: HeardBlock }>()
  const begun = systemClock.monotonic()
  onBus.trace = (_, bytes) => {
    const atMs = systemClock.monotonic() - begun
    for (const heard of listener.push(bytes)) {
      for (const shown of polls.push({ atMs, heard })) console.log(heardLine(shown.atMs, shown.heard))
    }
  }
}

function secondsOf({ seconds }: Flags): number | undefined {
  if (seconds === undefined) return undefined
  const number = Number(seconds)
  if (number > 0 && number <= 1_000_000) return number
  throw usageError(description, `--seconds ${seconds} is no number of seconds`)
}
