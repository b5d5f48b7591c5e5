// What each command of the coin changer's section means to a changer (MDB 4.2, 5): the command in, what it
// answers out. How both get over a bus, and what is lost there, is changer-on-bus.ts.
import {
  type ChangerAnswer,
  type ChangerCommand,
  changerStatus,
} from '@concilia/protocol/mdb/coin-changer.ts'
import type { Report } from './changer-memory.ts'
import { changerOption, creditsOf, currencyCode, decimalsOf } from './changer-settings.ts'
import type { CoinChanger } from './coin-changer.ts'

/** `heard`: the machine has acknowledged the data. */
export type Reply =
  | 'ack'
  | 'nak'
  | 'silence'
  | { readonly messages: readonly ChangerAnswer[]; readonly heard: () => void }

const identity = { maker: 'SIM', serial: '000000000001', model: 'SIMCHANGER', version: '0100' } as const
/** Longest answer to a POLL, without its checksum. */
const longestPoll = 16
/** Options by the sub-command that they bring. */
const optionOf: Partial<Record<ChangerCommand['name'], number>> = {
  payout: changerOption.alternativePayout,
  payoutStatus: changerOption.alternativePayout,
  payoutValuePoll: changerOption.alternativePayout,
  diagnosticStatus: changerOption.extendedDiagnostics,
  manualFill: changerOption.controlledManual,
  manualPayout: changerOption.controlledManual,
}

const said = (...messages: readonly ChangerAnswer[]): Reply => ({ messages, heard: () => {} })

/** Performs the command. A changer that is not up must not be given any. */
export function obeyCommand(changer: CoinChanger, command: ChangerCommand): Reply {
  const { settings, memory, payout } = changer
  if (payout.running && settings.silentPayout && command.name !== 'reset') return 'silence'
  if (!has(changer, command)) return 'silence'
  switch (command.name) {
    case 'reset':
      changer.reset()
      return 'ack'
    case 'setup':
      return said(setupOf(changer))
    case 'tubeStatus':
      return changer.tubesReady ? said(tubesOf(changer)) : 'silence'
    case 'poll':
      return pollOf(changer)
    case 'coinType':
      memory.accept = command.accept
      memory.byHandAllowed = command.dispenseByHand
      return 'ack'
    case 'dispense':
      // One at a time: what is not begun is not acknowledged.
      if (payout.running) return 'nak'
      payout.pay(command.coins.type, command.coins.count)
      return 'ack'
    case 'payout':
      return payValue(changer, command.value)
    case 'payoutValuePoll':
      return paidSince(changer)
    case 'payoutStatus':
      if (payout.running) return 'ack'
      return counted(memory.paidByValue)
    case 'expansionId':
      return said({ name: 'id', ...identity, options: settings.options })
    case 'featureEnable':
      memory.features = command.options & settings.options
      return 'ack'
    case 'diagnosticStatus':
      return said({ name: 'diagnosticPairs', pairs: conditionsOf(changer) })
    case 'manualFill':
      return counted(memory.filledByHand)
    case 'manualPayout':
      return counted(memory.paidByHand)
    case 'diagnostics':
      return said({ name: 'makerData', data: command.data })
  }
}

/** Level 2 has no expansion, and an option must have been enabled. */
function has({ settings, memory }: CoinChanger, { name }: ChangerCommand): boolean {
  const core = ['reset', 'setup', 'tubeStatus', 'poll', 'coinType', 'dispense'].includes(name)
  const option = optionOf[name] ?? 0
  return core || (settings.level === 3 && (memory.features & option) === option)
}

function setupOf({ settings }: CoinChanger): ChangerAnswer {
  const routing = settings.coins.reduce((bits, { tube }, type) => (tube ? bits | (1 << type) : bits), 0)
  return {
    name: 'setupData',
    level: settings.level,
    currency: currencyCode(settings),
    scale: settings.scale,
    decimals: decimalsOf(settings),
    routing,
    credits: creditsOf(settings),
  }
}

function tubesOf(changer: CoinChanger): ChangerAnswer {
  const types = changer.settings.coins.map((_, type) => type)
  const full = types.reduce((bits, type) => (changer.isFull(type) ? bits | (1 << type) : bits), 0)
  return { name: 'tubes', full, counts: types.map((type) => changer.shown(type)) }
}

/** What is so at every poll first, then what happened; JUST RESET alone. */
function pollOf({ memory, payout, acceptorUnplugged }: CoinChanger): Reply {
  const status = (code: number): Report => ({ name: 'status', status: code })
  const lasting = [
    ...(payout.running ? [status(changerStatus.payoutBusy)] : []),
    ...(acceptorUnplugged ? [status(changerStatus.acceptorUnplugged)] : []),
  ]
  const isReset = (report: Report) => report.name === 'status' && report.status === changerStatus.justReset
  const reset = memory.reports.filter(isReset)
  let length = lasting.length
  const happened = memory.reports.filter((report) => {
    length += report.name === 'status' || report.name === 'slugs' ? 1 : 2
    return length <= longestPoll
  })
  const reports = reset.length > 0 ? reset : happened
  const messages = reset.length > 0 ? reset : [...lasting, ...happened]
  if (messages.length === 0) return 'ack'
  return {
    messages,
    heard: () => {
      memory.reports = memory.reports.filter((report) => !reports.includes(report))
    },
  }
}

function payValue(changer: CoinChanger, value: number): Reply {
  const { memory, payout } = changer
  if (payout.running) return 'nak'
  memory.paidSince = 0
  memory.paidByValue = changer.settings.coins.map(() => 0)
  payout.payValue(value, (type) => changer.shown(type))
  return 'ack'
}

/** ACK alone: finished, and all of it told. */
function paidSince({ memory, payout }: CoinChanger): Reply {
  const value = Math.min(255, memory.paidSince)
  if (!payout.running && value === 0) return 'ack'
  return {
    messages: [{ name: 'paidValue', value }],
    heard: () => {
      memory.paidSince -= value
    },
  }
}

/** Counts that are gone once they were heard; what comes meanwhile stays. */
function counted(counts: number[]): Reply {
  const told = [...counts]
  return {
    messages: [{ name: 'coinCounts', counts: told }],
    heard: () => {
      for (const [type, count] of told.entries()) counts[type] = (counts[type] ?? 0) - count
    },
  }
}

/** Main and sub code of whatever is so (MDB 4.2, 5: SEND DIAGNOSTIC STATUS). */
function conditionsOf(changer: CoinChanger): (readonly [number, number])[] {
  const { memory, payout } = changer
  const told = [...memory.filledByHand, ...memory.paidByHand].some((count) => count > 0)
  const pairs: (readonly [number, number])[] = []
  if (!changer.tubesReady) pairs.push([0x01, 0x00])
  if (told) pairs.push([0x05, 0x20])
  if (memory.accept === 0) pairs.push([0x06, 0x00])
  if (changer.acceptorUnplugged) pairs.push([0x11, 0x00])
  if (changer.acceptorJammed) pairs.push([0x11, 0x30])
  if (payout.jammed.size > 0) pairs.push([0x14, 0x00])
  if (changer.blindTubes.size > 0) pairs.push([0x15, 0x04])
  return pairs.length > 0 ? pairs : [[0x03, 0x00]]
}
