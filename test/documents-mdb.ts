// The page that says what of MDB is supported and why, made from the tables by which the codec works.
import { cashless } from '@concilia/protocol/mdb/cashless.ts'
import { coinChanger } from '@concilia/protocol/mdb/coin-changer.ts'
import type { AnswerRow, CommandRow, Section, Support } from '@concilia/protocol/mdb/section.ts'

const hows: Record<Support['how'], string> = {
  yes: 'yes',
  harmless: 'understood only',
  codec: 'codec only',
  no: 'no',
}

export function mdbPage(): string {
  return `# MDB: what is supported, and why not the rest

Made from the tables by which blocks are read and written. Clauses are those of MDB/ICP 4.2. *Supported*
is what our reader on the raw bus does (automaton/hardware/bus-reader.ts), and what we do as master of a coin
changer (automaton/controller/changer.ts). *Understood only*: answered so that the other goes on, and nothing
else. *Codec only*: read and written, by no program yet. The file
transport layer (2.6) is left out of both sections: nothing of ours is carried over it. Codes are
hexadecimal; those of commands are for the section's first address.
${[cashless, coinChanger].map(sectionText).join('')}`
}

function sectionText({ title, addresses, commands, answers, options }: Section): string {
  const at = addresses.map((address) => `0x${hex(address)}`).join(' and ')
  const [first = 0] = addresses
  return `
## ${title} (${at})

### Commands of the machine

${table(
  ['command', 'code', 'level', 'clause', 'supported', 'why'],
  Object.values(commands).map((row) => cells(row, commandCode(row, first))),
)}

### What the peripheral says

${table(
  ['message', 'code', 'level', 'clause', 'supported', 'why'],
  Object.values(answers).map((row) => cells(row, answerCode(row))),
)}

### Options

${table(
  ['bit', 'option', 'supported', 'why'],
  options.map(({ bit, about, support }) => [`b${bit}`, about, hows[support.how], support.why]),
)}
`
}

function cells({ about, level, clause, support }: CommandRow | AnswerRow, code: string): string[] {
  return [about, code, String(level), clause, hows[support.how], support.why]
}

function commandCode({ code: [low, sub] }: CommandRow, address: number): string {
  return sub === undefined ? hex(address | low) : `${hex(address | low)} ${hex(sub)}`
}

function answerCode({ code, mask = 0xff }: AnswerRow): string {
  if (code === undefined) return 'by its command'
  const bits = [...code.toString(2).padStart(8, '0')]
  return mask === 0xff ? hex(code) : bits.map((bit, at) => ((mask >> (7 - at)) & 1 ? bit : 'x')).join('')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
