// What a person can do to a machine and see of it: enrol, admit, bar, configure; its state, and what it
// noticed. Its audit data is in audit-commands.ts.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { dialogueMs } from '@concilia/protocol/limits.ts'
import {
  type ConfigurationMessage,
  configurationMessageSchema,
} from '@concilia/protocol/machine-configuration.ts'
import { canSell } from '@concilia/protocol/machine-state.ts'
import { largestMessageBytes } from '@concilia/protocol/messages.ts'
import { sellerSchema } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { automatonIdSchema, machineNumberSchema } from '@concilia/protocol/topics.ts'
import { z } from 'zod'
import { type CommandParts, type FlagValues, machineNamed, needed, person, usage } from './command-parts.ts'
import type { PersonInput } from './engine/inputs.ts'
import { freeMachineNumber, hasCheckDigit, withCheckDigit } from './machine-number.ts'
import type { MachineRow } from './store/port.ts'

export async function enrol(flags: FlagValues, parts: CommandParts): Promise<void> {
  const automatonId = needed(flags, 'id', automatonIdSchema)
  const machineNumber = await numberFor(flags, parts)
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

/** The number given; where there is none, or it lacks the check digit that is wanted, one is proposed. */
async function numberFor(flags: FlagValues, { store, checkDigit }: CommandParts): Promise<string> {
  const taken = new Set((await store.machines()).flatMap(({ machineNumber }) => machineNumber ?? []))
  const free = freeMachineNumber(taken)
  if (flags.number === undefined)
    throw usage(`--number NUMBER is needed; ${free} is free, with its check digit`)
  const machineNumber = needed(flags, 'number', machineNumberSchema)
  if (!checkDigit || hasCheckDigit(machineNumber)) return machineNumber
  const longer = withCheckDigit(machineNumber)
  throw new OperatingError({
    code: 'machine-number-without-check-digit',
    message: `Machine number ${machineNumber} does not end in its check digit (phones.checkDigit).`,
    advice: `${longer} would, and ${free} is free.`,
  })
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
    keypad: false,
    enrolledAt,
    fault: null,
    wantedVersion: 0,
    wantedHash: null,
    versionInForce: 0,
    configurationRefusal: null,
    auditAlert: null,
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
  const alert = row.auditAlert === null ? '' : '  its counters differ: see `machine alerts`'
  const noted = `${configurationWords(row)}${journal}${fault}${alert}`
  return `${who} ${row.state.padEnd(9)} ${presence} ${row.seller}${noted}`
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

/** How many notices `machine show` prints. */
const shownNotices = 20

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
  if (row.auditAlert !== null) print(`its counters differ: ${row.auditAlert}`)
  const notices = await store.telemetryOf(automatonId, shownNotices)
  print(notices.length === 0 ? 'It has noticed nothing.' : 'What it noticed, newest first:')
  for (const { heardAt, kind, detail } of notices) {
    print(`  ${timeText(heardAt)}  ${kind.padEnd(13)} ${detail}`)
  }
  const quarantined = await store.quarantineOf(automatonId, shownNotices)
  if (quarantined.length > 0) print('What it said that could not be processed, newest first:')
  for (const { at, error } of quarantined) print(`  ${timeText(at)}  ${error}`)
}

export function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}
