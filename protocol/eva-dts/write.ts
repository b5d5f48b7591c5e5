// Writes a file of EVA-DTS as the standard wants it: envelope, escapes, check sum, line count. What it
// writes the strict reader takes. Fields are given as they are meant, amounts in the file's own decimals.
import { crc16 } from './crc16.ts'
import { hex } from './read.ts'

/** An element with its fields; what is left out at the end is not written. */
export type Row = readonly [element: string, ...fields: (string | number)[]]

/**
 * @param id ten characters: three of the maker, seven at will
 * @param rows between ST and G85
 */
export function writeEvaDts(id: string, rows: readonly Row[]): string {
  const body = [['ST', '001', '0001'] as Row, ...rows].map(lineText).join('')
  const sum = hex(crc16(Buffer.from(body, 'latin1')))
  const end = [
    ['G85', sum],
    ['SE', rows.length + 3, '0001'],
    ['DXE', 1, 1],
  ] as const satisfies Row[]
  return `${lineText(['DXS', id, 'VA', 'V0/6', 1])}${body}${end.map(lineText).join('')}`
}

function lineText([element, ...fields]: Row): string {
  return `${[element, ...fields.map((field) => escaped(String(field)))].join('*')}\r\n`
}

function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]|[*^]/g, (character) => {
    const code = character.charCodeAt(0) & 0xff
    return `^${code.toString(16).toUpperCase().padStart(2, '0')}^`
  })
}
