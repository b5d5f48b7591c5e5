// npm run bus -- dex: fetches a machine's audit data over its DEX plug, as an automaton does, and says it in
// words: the counters, whether their sums agree, and what is not as the standard wants it.
import { writeFileSync } from 'node:fs'
import { DexSource } from '@concilia/automaton/audit/dex-source.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Counters, Sold } from '@concilia/protocol/audit.ts'
import { inconsistencies } from '@concilia/protocol/eva-dts/consistency.ts'
import { pictureOf } from '@concilia/protocol/eva-dts/picture.ts'
import { findingText, readEvaDts } from '@concilia/protocol/eva-dts/read.ts'
import { type Currency, currencies, decimalText } from '@concilia/protocol/money.ts'
import { dexBaudRate } from '../dex-plug.ts'

/** What a technician's own handset calls itself. */
const id = 'CNC0000002'

/** @returns whether the file came and can be trusted */
export async function readDex(path: string, save: string | undefined): Promise<boolean> {
  const openLine = serialPortLine({ path, clock: systemClock, retryMs: 1000, baudRate: dexBaudRate })
  const file = await new DexSource({ openLine, clock: systemClock, id }).read()
  if (!file.ok) {
    throw new OperatingError({
      code: 'dex-not-read',
      message: `No audit data came over ${path}: ${file.why}`,
      advice:
        'See that the cable is in the DEX plug and no other handset is. Many machines answer only with ' +
        'their door open, or while nobody buys. Then try again.',
    })
  }
  if (save !== undefined) {
    // One character a byte, as it came.
    writeFileSync(save, file.text, 'latin1')
    console.log(`${file.text.length} bytes from ${file.from} kept in ${save}`)
  }
  const lines = dexLines(file.text)
  console.log(lines.words.join('\n'))
  return lines.trusted
}

/** A file in words, for 80 columns. */
export function dexLines(text: string): { readonly words: string[]; readonly trusted: boolean } {
  const reading = readEvaDts(text)
  const { counters, remarks } = pictureOf(reading)
  const findings = reading.findings.map((found) => `  ${findingText(found)}`)
  const odd = findings.length === 0 ? [] : ['Not as the standard wants it:', ...findings]
  if (!counters) return { words: [`The numbers cannot be trusted: ${remarks[0]}`, ...odd], trusted: false }
  const sums = inconsistencies(reading, counters)
  const said = sums.length === 0 ? ['All sums agree.'] : ['Sums that do not agree:', ...sums.map(indented)]
  return { words: [...counterLines(counters), ...said, ...odd], trusted: true }
}

const indented = (words: string) => `  ${words}`

function counterLines(counters: Counters): string[] {
  const { machine, currency, products, events } = counters
  const value = (amountMinor: number) =>
    Object.hasOwn(currencies, currency)
      ? `${decimalText(amountMinor, currency as Currency)} ${currency}`
      : `${amountMinor} ${currency}`.trimEnd()
  const line = (name: string, { number, valueMinor }: Sold) =>
    `  ${name.padEnd(20)} ${String(number).padStart(8)}  ${value(valueMinor)}`
  const kinds = ['paid', 'cash', 'cashless1', 'cashless2', 'tokens', 'test', 'free'] as const
  const money = [
    ['cash in', counters.cashInMinor],
    ['cash out', counters.cashOutMinor],
    ['in the tubes', counters.tubesMinor],
  ] as const
  return [
    `Machine ${[machine.serial, machine.model, machine.asset].filter(Boolean).join(' ')}`,
    'Vends since initialisation:',
    ...kinds.flatMap((kind) => {
      const sold = counters[kind]
      return sold ? [line(kind, sold)] : []
    }),
    ...money.flatMap(([name, amount]) =>
      amount === undefined ? [] : [`  ${name.padEnd(20)} ${''.padStart(8)}  ${value(amount)}`],
    ),
    ...products.map((row) => line(`product ${row.product}`, row)),
    ...events.map(({ code, number, active }) => {
      return `  event ${code.padEnd(14)} ${String(number).padStart(8)}${active ? '  stands now' : ''}`
    }),
  ]
}
