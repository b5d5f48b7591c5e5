// npm run vmc: the simulated vending machine alone, on any serial port or on a pseudo-terminal of its own,
// so that a technician tries a real controller with a laptop. Worked by typing, or with --press one sale
// without a person.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { type Running, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { BusListener, type HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { IdlePolls } from '@concilia/protocol/mdb/idle-polls.ts'
import { behaviourNames } from '../behaviours.ts'
import { type BusFault, busFaults } from '../bus-faults.ts'
import { BusMaster, usualBusMaster } from '../bus-master.ts'
import { dexFaults } from '../dex-device.ts'
import { type DexPlug, dexOnPort, dexOnPty } from '../dex-plug.ts'
import { MachineOnPort } from '../machine-on-port.ts'
import { MachineOnPty } from '../machine-on-pty.ts'
import {
  type MachineEvent,
  type MachineSettings,
  usualMachine,
  type VendingMachine,
} from '../vending-machine.ts'
import { heardLine } from './heard-line.ts'
import { nameList } from './typed-acts.ts'
import { machineOf } from './typed-bench.ts'
import { obeyTyped, typedWords } from './typed-words.ts'

/** As real machines poll. */
const pollMs = 125

const description = {
  program: 'npm run vmc',
  summary: 'a simulated vending machine as master of a raw MDB bus, on a serial port.',
  usage: [
    'npm run vmc -- [--port PATH] [--watch] [--items 1=1.20,2=2.00]',
    'npm run vmc -- --port PATH --press ITEM [--seconds N]',
  ],
  flags: {
    port: { value: 'PATH', says: 'the serial port; without it a pseudo-terminal is made' },
    items: { value: 'LIST', says: 'prices; 1=1.20,2=2.00,5=1.50 when left out' },
    currency: { value: 'CODE', says: 'of the prices; EUR when left out' },
    behaviour: { value: 'NAME', says: 'how vends go: good, jam, silent, reset, slow ...' },
    session: { says: 'the machine waits for a session instead of asking by itself' },
    level: { value: 'N', says: 'level of MDB that the machine speaks; 3 when left out' },
    speaks: { value: 'N', says: 'level that it really understands, where it claims more' },
    poll: { value: 'MS', says: 'pause between polls, 25 to 1000; 125 when left out' },
    fault: { value: 'LIST', says: 'what goes wrong on the bus, each once, from the start on' },
    money32: { says: 'the machine wants 32-bit money' },
    box: { says: 'the port leads to a Qibixx box instead of the raw bus' },
    dex: { says: 'makes a pseudo-terminal for the DEX plug, too; prints its name' },
    'dex-port': { value: 'PATH', says: 'the DEX plug on this serial port' },
    watch: { says: 'shows what is said on the bus, in words' },
    press: { value: 'ITEM', says: 'chooses it once the reader is enabled; then ends' },
    seconds: { value: 'N', says: 'gives up after so long; with --press 60 when left out' },
  },
  notes: [
    `Typed:\n${typedWords}`,
    '',
    `Faults:\n${nameList(busFaults, '  ')}`,
    `Faults of DEX:\n${nameList(dexFaults, '  ')}`,
    `Ways that vends go:\n${nameList(behaviourNames, '  ')}`,
    'Exit codes: 0 stopped, or the item of --press fell; 1 it did not fall;',
    '2 the command line was not understood.',
  ].join('\n'),
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ flags }) => vmc(flags))

function vmc(flags: Flags): Running {
  const made = machineOf({ ...flags, machine: 'vmc', link: flags.port ?? 'here', bus: !flags.box })
  if (typeof made === 'string') throw usageError(description, made)
  const settings = { ...usualMachine, ...made, pollMs: pollOf(flags), bus: busOf(flags) }
  const faults = faultsOf(flags)
  const over = Promise.withResolvers<void>()
  const { placed, path, remove } = place(flags.port, settings, (event) => seen(event))
  const { machine } = placed
  const plug = plugOf(flags, machine)
  machine.behave(made.behaviours ?? [])
  const item = flags.press === undefined ? undefined : pressed(flags.press, settings)
  const seen = (event: MachineEvent) => {
    console.log(`machine: ${JSON.stringify(event)}`)
    if (item === undefined) return
    if (event.event === 'readerEnabled') systemClock.after(pollMs, () => console.log(machine.press(item)))
    if (event.event === 'standby') over.resolve()
  }
  if (machine.box instanceof BusMaster) machine.box.disturb(...faults)
  if (flags.watch && machine.box instanceof BusMaster) watch(machine.box)
  const seconds = secondsOf(flags)
  if (seconds !== undefined) systemClock.after(seconds * 1000, () => over.resolve())
  console.log(`the machine is on ${path}`)
  const lines = createInterface({ input: process.stdin })
  if (item === undefined) {
    console.log(typedWords)
    lines.on('line', (text) => console.log(obeyTyped({ machine, plug }, text)))
  }
  return {
    over: over.promise,
    async stop() {
      lines.close()
      placed.unplug()
      plug?.close()
      remove()
      if (item === undefined) return
      const fell = machine.dropped.get(item) ?? 0
      console.log(fell > 0 ? `item ${item} fell` : `item ${item} did not fall`)
      if (fell === 0) process.exit(1)
    },
  }
}

function place(port: string | undefined, settings: MachineSettings, see: (event: MachineEvent) => void) {
  if (port) {
    const lost = (error: Error & { advice: string }) => console.error(`${error.message}\n${error.advice}`)
    return { placed: new MachineOnPort(port, settings, systemClock, see, lost), path: port, remove: () => {} }
  }
  const folder = mkdtempSync(join(tmpdir(), 'concilia-vmc-'))
  const path = join(folder, 'tty')
  const placed = new MachineOnPty(path, settings, systemClock, see)
  return { placed, path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function plugOf(flags: Flags, machine: VendingMachine): DexPlug | undefined {
  const see = (result: string) => console.log(`dex: ${result}`)
  const parts = { counters: machine.counters, clock: systemClock, see }
  const port = flags['dex-port']
  if (port) return dexOnPort(port, parts, (error) => console.error(`${error.message}\n${error.advice}`))
  if (!flags.dex) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'concilia-dex-'))
  const path = join(folder, 'tty')
  const plug = dexOnPty(path, parts)
  console.log(`its DEX plug is on ${path}`)
  return {
    device: plug.device,
    close() {
      plug.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function watch(bus: BusMaster): void {
  const listener = new BusListener()
  const polls = new IdlePolls<{ atMs: number; heard: HeardBlock }>()
  const begun = systemClock.monotonic()
  bus.trace = (_, bytes) => {
    const atMs = systemClock.monotonic() - begun
    for (const heard of listener.push(bytes)) {
      for (const shown of polls.push({ atMs, heard })) console.log(heardLine(shown.atMs, shown.heard))
    }
  }
}

function busOf({ level = '3', speaks = '3', money32 }: Flags) {
  return { ...usualBusMaster, level: levelOf('level', level), speaks: levelOf('speaks', speaks), money32 }
}

function levelOf(flag: string, text: string): 1 | 2 | 3 {
  const known = ([1, 2, 3] as const).find((number) => String(number) === text)
  if (known) return known
  throw usageError(description, `--${flag} ${text}: 1, 2 or 3`)
}

function pollOf({ poll }: Flags): number {
  const ms = poll === undefined ? pollMs : Number(poll)
  if (ms >= 25 && ms <= 1000) return ms
  throw usageError(description, `--poll ${poll}: 25 to 1000 (ms)`)
}

function faultsOf({ fault = '', box }: Flags): BusFault[] {
  const names = fault.split(',').filter((name) => name !== '')
  if (names.length > 0 && box) throw usageError(description, '--fault is for the raw bus, not for a --box')
  return names.map((name) => {
    const known = busFaults.find((each) => each === name)
    if (known) return known
    throw usageError(description, `unknown fault ${name}; known: ${busFaults.join(', ')}`)
  })
}

function pressed(text: string, { items }: MachineSettings): number {
  const item = Number(text)
  if (items[item] !== undefined) return item
  throw usageError(description, `--press ${text}: the machine has the items ${Object.keys(items).join(', ')}`)
}

function secondsOf({ seconds, press }: Flags): number | undefined {
  if (seconds === undefined) return press === undefined ? undefined : 60
  const number = Number(seconds)
  if (number > 0 && number <= 1_000_000) return number
  throw usageError(description, `--seconds ${seconds} is no number of seconds`)
}
