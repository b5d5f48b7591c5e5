// What a person can do to a machine and see of it: enrol, admit, bar, configure; its state, what it noticed,
// its audit counters.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type Audit, auditSchema } from '@concilia/protocol/audit.ts'
import { dialogueMs } from '@concilia/protocol/limits.ts'
import {
  type ConfigurationMessage,
  configurationMessageSchema,
} from '@concilia/protocol/machine-configuration.ts'
import { canSell } from '@concilia/protocol/machine-state.ts'
import { largestMessageBytes } from '@concilia/protocol/messages.ts'
import { type Currency, currencies, decimalText } from '@concilia/protocol/money.ts'
import { sellerSchema } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { automatonIdSchema, machineNumberSchema } from '@concilia/protocol/topics.ts'
import { z } from 'zod'
import { type CommandParts, type FlagValues, machineNamed, needed, person } from './command-parts.ts'
import type { PersonInput } from './engine/inputs.ts'
import type { MachineRow } from './store/port.ts'

export async function enrol(flags: FlagValues, parts: CommandParts): Promise<void> {
  const automatonId = needed(flags, 'id', automatonIdSchema)
  const machineNumber = needed(flags, 'number', machineNumberSchema)
  const seller = needed(flags, 'seller', sellerSchema)
  const tradeName = String(flags['trade-name'] ?? seller).slice(0, 24)
  const machines = await parts.store.machines()
  const other = machines.find((row) => row.machineNumber === machineNumber && row.automatonId !== automatonId)
  if (other) {
    throw new OperatingError({
      code: 'machine-number-taken',
      message: `Machine number ${machineNumber} belongs to ${other.automatonId}.`,
      advice: 'Enrol that automaton under another number first, or choose another number.',
    })
  }
  await parts.store.ensureMachine(newMachine(automatonId, seller, parts.now()))
  await person(flags, parts, automatonId, { type: 'enrol', machineNumber, seller, tradeName })
  if (flags.admit) await person(flags, parts, automatonId, { type: 'admit' })
  parts.print(`Machine ${machineNumber} is ${automatonId} of ${seller}${flags.admit ? ', admitted' : ''}.`)
}

/** A machine that nobody has enrolled yet, or that just was. */
export function newMachine(automatonId: string, seller: string, enrolledAt: number): MachineRow {
  return {
    automatonId,
    machineNumber: null,
    seller,
    tradeName: seller,
    state: 'pending',
    journalId: null,
    newJournalId: null,
    boot: 0,
    storedUpTo: 0,
    beyond: [],
    presence: null,
    hardware: null,
    activeCodes: [],
    reader: 'alwaysIdle',
    enrolledAt,
    fault: null,
    wantedVersion: 0,
    wantedHash: null,
    versionInForce: 0,
    configurationRefusal: null,
  }
}

export async function admitOrBar(
  flags: FlagValues,
  parts: CommandParts,
  action: Extract<PersonInput['action'], { type: 'admit' | 'bar' }>,
): Promise<void> {
  const { automatonId } = await machineNamed(flags, parts.store)
  await person(flags, parts, automatonId, action)
  parts.print(`${automatonId}: ${action.type === 'admit' ? 'admitted' : 'barred'}.`)
}

/** Checked here as far as the server can; whether it fits the machine is the machine's to say. */
export async function configure(flags: FlagValues, parts: CommandParts): Promise<void> {
  const { automatonId } = await machineNamed(flags, parts.store)
  const file = needed(flags, 'file', z.string().min(1))
  const text = JSON.stringify(parts.readMachineConfiguration(file))
  assertFits(text, file)
  assertWaits(text, file, parts)
  await person(flags, parts, automatonId, { type: 'configure', text })
  const { wantedVersion } = await machineNamed(flags, parts.store)
  parts.print(
    `${automatonId} is to run on configuration ${wantedVersion}. It is told between two sales, until it ` +
      'answers: see `machine show`.',
  )
}

function assertFits(configuration: string, file: string): void {
  const message: ConfigurationMessage = { version: 1, hash: sha256(configuration), configuration }
  const bytes = Buffer.byteLength(JSON.stringify(message)) + 16
  if (bytes <= largestMessageBytes && configurationMessageSchema.safeParse(message).success) return
  throw new OperatingError({
    code: 'configuration-too-large',
    message: `${file} makes a message of ${bytes} bytes; ${largestMessageBytes} is the largest.`,
    advice: 'Leave items out of the price list, or shorten labels and texts.',
  })
}

/** Rule 6, as far as it is the server's: the buyer has time for the whole dialogue. */
function assertWaits(configuration: string, file: string, { limits }: CommandParts): void {
  const { offerWaitMs }: { offerWaitMs?: number } = JSON.parse(configuration).limits ?? {}
  const least = dialogueMs(limits)
  if (offerWaitMs === undefined || offerWaitMs >= least) return
  throw new OperatingError({
    code: 'limits-contradict',
    message: `${file}: an offer of ${offerWaitMs} ms ends before a buyer can pay (up to ${least} ms).`,
    advice: `Set limits.offerWaitMs to ${least} or more, or shorten the dialogue's limits in this server.`,
  })
}

export function machineLine(row: MachineRow): string {
  const journal =
    row.newJournalId === null ? '' : `  new journal ${row.newJournalId.slice(0, 8)} waits for admission`
  const number = row.machineNumber ?? '(no number)'
  const presence = (row.presence ?? 'never seen').padEnd(10)
  const who = `${number.padEnd(12)} ${row.automatonId.padEnd(24)}`
  const fault = row.fault === null ? closedWords(row) : `  hardware lost: ${row.fault}`
  return `${who} ${row.state.padEnd(9)} ${presence} ${row.seller}${configurationWords(row)}${journal}${fault}`
}

function closedWords({ hardware, presence }: MachineRow): string {
  return presence !== 'online' || canSell(hardware) ? '' : '  cannot sell by phone now'
}

/** What its vending machine said of itself, in words and in those of OPC 30210-1. */
function hardwareWords({ hardware }: MachineRow): string {
  if (hardware === null) return 'has not said'
  const { status, isEnabled } = hardware
  const words = { Available: 'closed by the machine', Offline: 'being set up', OutOfOrder: 'out of order' }
  const said = canSell(hardware) ? 'yes' : `no, ${words[status]}`
  return `${said} (${status}, ${isEnabled ? 'enabled' : 'not enabled'})`
}

function configurationWords(row: MachineRow): string {
  const { wantedVersion, versionInForce, configurationRefusal } = row
  if (wantedVersion === 0 && versionInForce === 0) return ''
  const refused = configurationRefusal === null ? '' : ` (rejected: ${configurationRefusal})`
  const inForce = versionInForce === 0 ? 'own file' : versionInForce
  return `  configuration ${inForce}, wanted ${wantedVersion}${refused}`
}

/** How many notices `machine show` and how many readings `machine audit` print. */
const shownNotices = 20
const shownReadings = 10

export async function show(flags: FlagValues, { store, print }: CommandParts): Promise<void> {
  const row = await machineNamed(flags, store)
  const { automatonId, wantedVersion, versionInForce } = row
  print(machineLine(row))
  print(`seller ${row.seller} (${row.tradeName}), enrolled ${timeText(row.enrolledAt)}, reader ${row.reader}`)
  print(`journal ${row.journalId ?? 'none yet'}, boot ${row.boot}, stored up to ${row.storedUpTo}`)
  print(`can sell by phone: ${hardwareWords(row)}`)
  print(`hardware: ${row.fault === null ? 'nothing is known to be wrong' : `lost: ${row.fault}`}`)
  if (row.activeCodes.length > 0) print(`faults that stand (EVA-DTS): ${row.activeCodes.join(', ')}`)
  const inForce = versionInForce === 0 ? 'its own file' : `version ${versionInForce}`
  const wanted = wantedVersion === 0 ? 'nothing else is wanted' : `wanted is version ${wantedVersion}`
  print(`configuration in force: ${inForce}; ${wanted}`)
  if (row.configurationRefusal !== null) print(`  which it rejects: ${row.configurationRefusal}`)
  const given = await store.configuration(automatonId, wantedVersion)
  if (given) print(`  given ${timeText(given.at)}: ${given.text}`)
  const [reading] = await store.auditsOf(automatonId, 1)
  print(`last audit reading: ${reading ? timeText(reading.at) : 'none'}`)
  const notices = await store.telemetryOf(automatonId, shownNotices)
  print(notices.length === 0 ? 'It has noticed nothing.' : 'What it noticed, newest first:')
  for (const { heardAt, kind, detail } of notices) {
    print(`  ${timeText(heardAt)}  ${kind.padEnd(13)} ${detail}`)
  }
  const quarantined = await store.quarantineOf(automatonId, shownNotices)
  if (quarantined.length > 0) print('What it said that could not be processed, newest first:')
  for (const { at, error } of quarantined) print(`  ${timeText(at)}  ${error}`)
}

export async function audit(flags: FlagValues, { store, print }: CommandParts): Promise<void> {
  const { automatonId } = await machineNamed(flags, store)
  const rows = await store.auditsOf(automatonId, shownReadings)
  const readings = rows.map(({ body }) => auditSchema.parse(JSON.parse(body)))
  const [newest] = readings
  if (!newest) {
    print(`${automatonId} has sent no audit counters yet.`)
    return
  }
  for (const line of auditLines(newest)) print(line)
  print('Readings, newest first (time, paid vends, their value):')
  for (const reading of readings) {
    const { at, paid } = reading
    print(`  ${timeText(at)}  ${String(paid.number).padStart(8)}  ${valueText(paid.valueMinor, reading)}`)
  }
}

function auditLines(reading: Audit): string[] {
  const { machine, at, source, products, events } = reading
  const value = (amountMinor: number) => valueText(amountMinor, reading)
  const line = (name: string, number: number | string, words: string) =>
    `  ${name.padEnd(18)} ${String(number).padStart(8)}  ${words}`
  const sold = (['paid', 'cash', 'cashless1', 'cashless2', 'tokens', 'test', 'free'] as const).flatMap(
    (name) => {
      const counter = reading[name]
      return counter ? [line(name, counter.number, value(counter.valueMinor))] : []
    },
  )
  const money = (['cashInMinor', 'cashOutMinor', 'tubesMinor'] as const).flatMap((name) => {
    const amountMinor = reading[name]
    return amountMinor === undefined ? [] : [line(name.replace('Minor', ''), '', value(amountMinor))]
  })
  const name = [machine.serial, machine.model, machine.asset].filter(Boolean).join(' ')
  return [
    `${name}, read ${timeText(at)} by ${source}; since initialisation:`,
    ...sold,
    ...money,
    ...products.map(({ product, priceMinor, number, valueMinor }) =>
      line(`product ${product}`, number, `${value(valueMinor)} at ${value(priceMinor)}`),
    ),
    ...events.map(({ code, number, active }) => `  event ${code} ${number}${active ? ', stands now' : ''}`),
  ]
}

function valueText(amountMinor: number, { currency }: Pick<Audit, 'currency'>): string {
  if (!Object.hasOwn(currencies, currency)) return `${amountMinor} ${currency}`.trimEnd()
  return `${decimalText(amountMinor, currency as Currency)} ${currency}`
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}
