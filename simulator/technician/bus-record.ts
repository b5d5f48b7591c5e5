// What was heard on a bus, as a file that a person can read and a machine can hear again: one line for each
// time that bytes came, with milliseconds since the beginning and the bytes; a star is the mode bit.
import { type BusByte, busBytesOf, busText } from '@concilia/protocol/mdb/bus.ts'

export const recordHead = '# concilia bus record 1'

export interface Recorded {
  readonly atMs: number
  readonly bytes: readonly BusByte[]
}

export function recordLine({ atMs, bytes }: Recorded): string {
  return `${Math.round(atMs)} ${busText(bytes)}`
}

/** @returns the record, or the number of the first line that is not one and what is wrong with it */
export function readRecord(text: string): Recorded[] | { line: number; why: string } {
  const [head, ...lines] = text.split(/\r?\n/)
  if (head !== recordHead) return { line: 1, why: `it should be "${recordHead}"` }
  const records: Recorded[] = []
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, atMs, bytesText = ''] = /^(\d+) (.+)$/.exec(line) ?? []
    const bytes = atMs === undefined ? undefined : busBytesOf(bytesText)
    if (!bytes) return { line: at + 2, why: 'it is not milliseconds and bytes such as "120 62* 62"' }
    records.push({ atMs: Number(atMs), bytes })
  }
  return records
}
