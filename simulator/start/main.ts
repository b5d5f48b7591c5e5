// npm start: the whole house on this machine, with a terminal to buy from; with --sale one whole sale without
// a person, which exits 0 only when machine, server and ledger agree on it.
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { nearestWord } from '@concilia/platform/nearest-word.ts'
import { type Running, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { agreementWords, type Verdict } from './agreement.ts'
import { type BenchMachine, type Buyer, benchKiosk, benchMachines, buyers } from './buyers.ts'
import { playCashSale } from './cash-script.ts'
import { type Fault, faultNames, faults, playLimits } from './faults.ts'
import { Happenings } from './happenings.ts'
import { House } from './house.ts'
import { type Play, playSale } from './sale-script.ts'
import { happeningLine, paintFor } from './steps.ts'
import { keepForInspection, sweepAbandoned, temporaryData } from './temporary-data.ts'
import { openTerminal } from './terminal.ts'

const description = {
  program: 'npm start',
  summary:
    'database, payment centre, relation server and two vending machines with their automata, to buy from.',
  usage: [
    'npm start [-- --kiosk]',
    'npm start -- --sale [--phone-first] [--dial | --web | --voice] [--hold] [--bus] [--smpp] [--fault NAME]',
    'npm start -- --sale --kiosk [--cash]',
  ],
  flags: {
    sale: { says: 'plays one whole sale without a person; exits 0 when machine, server and ledger agree' },
    'phone-first': { says: 'with --sale: the phone comes before the machine' },
    dial: { says: 'with --sale: by a dialogue (USSD) instead of texts' },
    web: { says: 'with --sale: on the machine’s page, in a browser' },
    voice: { says: 'with --sale: by a call to a premium-rate number, whose code is typed at the machine' },
    hold: { says: 'the amount is held and confirmed on delivery, instead of debited at once' },
    'on-demand': { says: 'links sleep until phone payment is chosen, as on a metered modem' },
    bus: {
      says: 'machines and automata meet on the raw MDB bus, byte by byte, instead of over Qibixx boxes',
    },
    smpp: { says: "phones reach the server over SMPP, as an operator's centre speaks, instead of HTTP" },
    kiosk: { says: 'a third machine: a kiosk whose coin changer and motors its automaton drives itself' },
    cash: { says: 'with --sale --kiosk: paid in coins; nobody needs a phone' },
    buyer: { value: 'NAME', says: `with --sale: ${Object.keys(buyers).join(', ')}` },
    fault: { value: 'NAME', says: 'with --sale: what goes wrong (below)' },
    machine: {
      value: 'NUMBER',
      says: 'with --sale: 4021, or 4022, which works in sessions: the phone comes first',
    },
    item: { value: 'NUMBER', says: 'with --sale: the item; 1 when left out' },
    data: {
      value: 'FOLDER',
      says: 'where everything is kept: data/ here; with --sale a fresh folder that is gone afterwards',
    },
  },
  notes: `Faults:\n${faultNames.map((name) => `  ${name.padEnd(16)} ${faults[name].says}`).join('\n')}`,
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ flags }, stopping) => {
  if (flags.sale) return sale(flags, stopping)
  for (const name of [
    'phone-first',
    'dial',
    'web',
    'voice',
    'cash',
    'buyer',
    'fault',
    'machine',
    'item',
  ] as const) {
    if (flags[name]) throw usageError(description, `--${name} goes with --sale`)
  }
  return bench(flags, stopping)
})

/** With a person, from yesterday's data. */
async function bench(flags: Flags, stopping: AbortSignal): Promise<Running | undefined> {
  const data = resolve(flags.data ?? join(import.meta.dirname, '../../data'))
  const happenings = new Happenings()
  let print = (line: string): void => void process.stdout.write(`${line}\n`)
  const paint = paintFor(process.stdout)
  happenings.listen((happening) => {
    const line = happeningLine(happening, paint, process.stdout.columns)
    if (line) print(line)
  })
  const machines = flags.kiosk ? [...benchMachines, benchKiosk] : benchMachines
  const house = new House({ data, limits: defaultLimits, machines, ...chosen(flags) }, happenings)
  if (!(await stands(house, stopping))) {
    await house.stop()
    return undefined
  }
  const terminal = openTerminal(house)
  print = terminal.print
  return {
    over: terminal.quit,
    async stop() {
      terminal.close()
      print = (line) => void process.stdout.write(`${line}\n`)
      print('stopping')
      await house.stop()
    },
  }
}

/** Without one. */
async function sale(flags: Flags, stopping: AbortSignal): Promise<undefined> {
  const play = playOf(flags)
  await sweepAbandoned()
  const data = flags.data ? resolve(flags.data) : temporaryData()
  const happenings = new Happenings()
  const paint = paintFor(process.stdout)
  happenings.listen((happening) => {
    const line = happeningLine(happening, paint, process.stdout.columns)
    if (line) process.stdout.write(`${line}\n`)
  })
  const limits = playLimits(play.fault)
  const slowMs = limits.vendMs + 1000
  const machines = flags.kiosk ? [benchKiosk] : benchMachines
  const house = new House({ data, limits, slowMs, machines, ...chosen(flags) }, happenings)
  const begun = systemClock.monotonic()
  let verdict: Verdict = { why: ['it was stopped'] }
  try {
    if (await stands(house, stopping)) {
      const played = flags.cash ? playCashSale(house, play.machine, play.item) : playSale(house, play)
      verdict = await Promise.race([played, stopped(stopping)])
    }
  } finally {
    await house.stop()
    const isNothingWrong = verdict.agreed !== undefined || stopping.aborted
    if (isNothingWrong && !flags.data) rmSync(data, { recursive: true, force: true })
    else if (!flags.data) process.stdout.write(`logs and data are kept in ${keepForInspection(data)}\n`)
  }
  if (stopping.aborted) {
    process.stdout.write('stopped before the end of the sale\n')
    process.exitCode = 130
    return undefined
  }
  const seconds = ((systemClock.monotonic() - begun) / 1000).toFixed(1)
  process.stdout.write(`${verdictText(verdict, paint)}  (${seconds} s)\n`)
  if (verdict.agreed === undefined) process.exitCode = 1
  return undefined
}

function chosen(flags: Flags) {
  return {
    charge: flags.hold ? 'hold' : 'debit',
    linkMode: flags['on-demand'] ? 'onDemand' : 'permanent',
    bridge: flags.bus ? 'raw' : 'qibixx',
    phones: flags.smpp ? 'smpp' : 'http',
  } as const
}

function verdictText(verdict: Verdict, paint: ReturnType<typeof paintFor>): string {
  if (verdict.agreed !== undefined) {
    return paint('good', `machine, server and ledger agree: ${agreementWords(verdict.agreed)}`)
  }
  return paint(
    'bad',
    `machine, server and ledger do not agree:\n${verdict.why.map((why) => `  ${why}`).join('\n')}`,
  )
}

/**
 * A house that cannot be started is not left half standing. @returns false when a stop was asked for
 * meanwhile
 */
async function stands(house: House, stopping: AbortSignal): Promise<boolean> {
  try {
    return await Promise.race([house.start().then(() => true), stopped(stopping).then(() => false)])
  } catch (error) {
    await house.stop()
    throw error
  }
}

async function stopped(stopping: AbortSignal): Promise<Verdict> {
  if (!stopping.aborted) await once(stopping, 'abort')
  return { why: ['it was stopped'] }
}

function playOf(flags: Flags): Play {
  const machines: readonly BenchMachine[] = flags.kiosk ? [benchKiosk] : benchMachines
  const number = flags.machine ?? machines[0]?.number
  const machine = machines.find((each) => each.number === number)
  if (!machine) throw usageError(description, `no machine ${number} on this bench`)
  const item = Number(flags.item ?? 1)
  if (!Object.hasOwn(machine.items, item))
    throw usageError(description, `machine ${number} has no item ${flags.item}`)
  // A machine that works in sessions opens one for a phone that is there.
  const phoneFirst = flags['phone-first'] || !machine.alwaysIdle
  const fault = faultOf(flags.fault)
  if (flags.cash && (!flags.kiosk || flags.fault)) {
    throw usageError(description, '--cash goes with --sale --kiosk, and without --fault')
  }
  if (flags.kiosk && fault.behaviours && !fault.kiosk) {
    throw usageError(
      description,
      `--fault ${flags.fault} is for machines with a controller: not with --kiosk`,
    )
  }
  if (fault.debitOnly && flags.hold) {
    throw usageError(
      description,
      `--fault ${flags.fault} goes without --hold: a hold that is given back is never owed`,
    )
  }
  if (flags.voice && (fault.twist || fault.buyer)) {
    throw usageError(description, '--voice goes with faults of the machine only')
  }
  const buyer = buyerOf(flags.buyer ?? fault.buyer ?? 'rich')
  if (Number(flags.dial) + Number(flags.web) + Number(flags.voice) > 1)
    throw usageError(description, '--dial, --web and --voice do not go together')
  const way = flags.voice ? 'call' : flags.web ? 'page' : flags.dial ? 'dialogue' : 'text'
  return { machine, item, phoneFirst, way, buyer, fault }
}

function buyerOf(name: string): Buyer {
  const known = Object.values(buyers).find((each) => each.name === name)
  if (known) return known
  throw usageError(description, `no buyer ${name}; there are ${Object.keys(buyers).join(', ')}`)
}

function faultOf(name: string | undefined): Fault {
  if (name === undefined) return { says: 'nothing goes wrong', ends: 'deliveredAndPaid' }
  const known = faultNames.find((each) => each === name)
  if (known) return faults[known]
  const nearest = nearestWord(name, faultNames)
  throw usageError(description, `no fault ${name}${nearest ? `; did you mean ${nearest}?` : ''}`)
}
