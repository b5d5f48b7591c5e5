// What a person sees of machines' own counters: the newest reading and what came of holding it against the
// reports, the file as it was read, and which machines differ; and how a person has one read now.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { auditTextSchema, type Counters } from '@concilia/protocol/audit.ts'
import { type Currency, currencies, decimalText } from '@concilia/protocol/money.ts'
import { type KeptReading, keptReading } from './audit-reading.ts'
import { type CommandParts, type FlagValues, machineNamed, person } from './command-parts.ts'
import { differenceText } from './engine/audit-step.ts'
import { machineSource } from './engine/inputs.ts'
import { timeText } from './machine-commands.ts'

/** How many readings `machine audit` prints. */
const shownReadings = 10

export async function audit(flags: FlagValues, parts: CommandParts): Promise<void> {
  const { store, print } = parts
  const { automatonId, auditAlert } = await machineNamed(flags, store)
  const rows = await store.auditsOf(automatonId, shownReadings)
  const readings = rows.flatMap(({ body }) => keptReading(body) ?? [])
  const [newest] = readings
  if (!newest) {
    print(`${automatonId} has sent no audit counters yet.`)
    return
  }
  if (flags.text) return await printText(automatonId, newest, parts)
  for (const line of readingLines(newest)) print(line)
  for (const line of comparisonLines(newest)) print(line)
  if (auditAlert !== null) print(`An alert stands: ${auditAlert}`)
  print('Readings, newest first (time, paid vends, their value):')
  for (const { audit: reading, comparison } of readings) print(readingLine(reading, comparison))
}

/** The machine is told at once if its link is up; what it says comes by itself. */
export async function readAudit(flags: FlagValues, parts: CommandParts): Promise<void> {
  const { automatonId } = await machineNamed(flags, parts.store)
  await person(flags, parts, automatonId, { type: 'readAudit' })
  parts.print(`${automatonId} is told to read its counters; see \`machine audit\` in a minute.`)
}

export async function alerts(_: FlagValues, { store, print }: CommandParts): Promise<void> {
  const differing = (await store.machines()).filter(({ auditAlert }) => auditAlert !== null)
  for (const { machineNumber, automatonId, auditAlert } of differing) {
    print(`${machineNumber ?? '(no number)'}  ${automatonId}  ${auditAlert}`)
  }
  if (differing.length === 0) print('No machine counts otherwise than it reports.')
}

async function printText(
  automatonId: string,
  { audit: { journalId, seq, pieces, readingId } }: KeptReading,
  { store, print }: CommandParts,
): Promise<void> {
  const source = machineSource(automatonId, journalId)
  const seqs = Array.from({ length: pieces }, (_, index) => seq - pieces + index)
  const bodies = await Promise.all(seqs.map((each) => store.inputBody(source, String(each))))
  const texts = bodies.map((body) => {
    const piece = auditTextSchema.safeParse(JSON.parse(body ?? 'null'))
    return piece.success && piece.data.readingId === readingId ? piece.data.text : undefined
  })
  if (texts.includes(undefined)) {
    throw new OperatingError({
      code: 'audit-text-not-here',
      message: 'The text of the newest reading is not here: not all of it has come, or it is too old.',
      advice: 'Ask for a new one with `machine read-audit`.',
    })
  }
  // Whatever the machine says does not work the terminal.
  print(
    texts
      .join('')
      .replaceAll('\r\n', '\n')
      .replace(/[^\n\x20-\x7e\xa0-\xff]/g, '?')
      .trimEnd(),
  )
}

function readingLine({ at, counters }: KeptReading['audit'], { reset }: KeptReading['comparison']): string {
  const words = counters
    ? `${String(counters.paid.number).padStart(8)}  ${valueText(counters.paid.valueMinor, counters)}`
    : '  not readable'
  return `  ${timeText(at)}  ${words}${reset === null ? '' : `  ${reset}`}`
}

function readingLines({ audit: { counters, at, source, remarks } }: KeptReading): string[] {
  const said = remarks.map((remark) => `  not by the standard: ${remark}`)
  if (!counters) return [`Read ${timeText(at)} by ${source}, without counters that can be trusted:`, ...said]
  const { machine, products, events } = counters
  const value = (amountMinor: number) => valueText(amountMinor, counters)
  const line = (name: string, number: number | string, words: string) =>
    `  ${name.padEnd(18)} ${String(number).padStart(8)}  ${words}`
  const sold = (['paid', 'cash', 'cashless1', 'cashless2', 'tokens', 'test', 'free'] as const).flatMap(
    (name) => {
      const counter = counters[name]
      return counter ? [line(name, counter.number, value(counter.valueMinor))] : []
    },
  )
  const money = (['cashInMinor', 'cashOutMinor', 'tubesMinor'] as const).flatMap((name) => {
    const amountMinor = counters[name]
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
    ...said,
  ]
}

function comparisonLines({ audit: reading, comparison }: KeptReading): string[] {
  const { since, reset, compared, left } = comparison
  if (reset !== null) return [`Not compared: ${reset}.`]
  if (since === null) return ['Nothing to compare with yet: the next reading is held against this one.']
  const verdicts = { agrees: 'agrees', inFlight: 'in flight', differs: 'DIFFERS' }
  return [
    `Against what was reported since ${timeText(since)}:`,
    ...compared.map((line) => `  ${verdicts[line.verdict].padEnd(9)} ${differenceText(line, reading)}`),
    ...left.map((words) => `  left out  ${words}`),
  ]
}

function valueText(amountMinor: number, { currency }: Pick<Counters, 'currency'>): string {
  if (!Object.hasOwn(currencies, currency)) return `${amountMinor} ${currency}`.trimEnd()
  return `${decimalText(amountMinor, currency as Currency)} ${currency}`
}
