// One block of a bus as lines of a terminal: when, who, in words, and the bytes below.
import { busText } from '@concilia/protocol/mdb/bus.ts'
import type { HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'

const width = 80
const indent = 14

/** `   1.250 0x60 > VEND REQUEST: price 150, item 5`, then the bytes; no line wider than 80 columns. */
export function heardLine(atMs: number, { from, address, words, bytes }: HeardBlock): string {
  const seconds = (atMs / 1000).toFixed(3).padStart(8)
  const who = `${address.toString(16).toUpperCase().padStart(2, '0')} ${from === 'machine' ? '>' : '<'}`
  const said = wrapped(words.split(' '))
  const spelled = wrapped(busText(bytes).split(' '))
  return [...said, ...spelled]
    .map((line, at) => (at === 0 ? `${seconds} ${who} ${line}` : `${' '.repeat(indent)}${line}`))
    .join('\n')
}

function wrapped(words: readonly string[]): string[] {
  const lines = ['']
  for (const word of words) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + word.length + 1 > width - indent) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
