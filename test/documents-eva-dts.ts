// The page that says which elements of EVA-DTS are known, what becomes of them, and what a file may do
// otherwise than the standard wants it. Made from the tables by which files are read.
import { dexTimes } from '@concilia/protocol/dex/state.ts'
import { elements } from '@concilia/protocol/eva-dts/elements.ts'
import { findingNames } from '@concilia/protocol/eva-dts/read.ts'

export function evaDtsPage(): string {
  const findings = Object.entries(findingNames).map(([name, { about, tolerated }]) => {
    return `| \`${name}\` | ${about} | ${tolerated ? 'yes' : 'no'} |`
  })
  const rows = Object.entries(elements).map(([name, { about, fields, used }]) => {
    const names = fields.flatMap(([field], at) => (field === '' ? [] : [`${place(at)} ${field}`]))
    return `| ${name} | ${about} | ${names.join(', ')} | ${used ?? 'kept in the text'} |`
  })
  const times = Object.entries(dexTimes).map(([name, ms]) => `| \`${name}\` | ${ms} ms |`)
  return `# EVA-DTS: which audit data is understood

Made from the tables by which files are read (protocol/eva-dts). A machine's file is always kept as it came,
in full: \`machine audit --text\` prints it. What is *used* becomes counters, since initialisation and in
minor units of the currency; the server compares those with what was reported.

## What a file may do otherwise

The strict reader names each with its line and element. *Tolerated*: the numbers are used all the same.

| finding | what | tolerated |
| --- | --- | --- |
${findings.join('\n')}

## Elements

*init* is since initialisation, never reset; *reset* since the interval was last reset. Of EVA-DTS 6.1.

| element | about | fields | used for |
| --- | --- | --- | --- |
${rows.join('\n')}

## Times of DEX

9600 baud, 8 data bits, no parity. A reading is given up after ten calls without an answer, and begun anew
at most twice when a session fails.

| time | |
| --- | --- |
${times.join('\n')}
`
}

const place = (at: number) => String(at + 1).padStart(2, '0')
