// From a file that was read to the words of the journal: its text in pieces that fit a message, then the
// counters that are in it. Pure.
import { type Audit, mostProducts } from '@concilia/protocol/audit.ts'
import { pictureOf } from '@concilia/protocol/eva-dts/picture.ts'
import { readEvaDts } from '@concilia/protocol/eva-dts/read.ts'
import { largestMessageBytes } from '@concilia/protocol/messages.ts'
import type { Word } from '../journal/port.ts'

/** What a reading was, besides its text. */
export type ReadingFacts = Omit<Audit, 'journalId' | 'seq' | 'kind' | 'pieces' | 'remarks' | 'counters'>

/** For the message's other fields, with room to spare. */
const overheadBytes = 1000
const room = largestMessageBytes - overheadBytes
/** Beyond it the machine is not sane; the beginning says enough of that. */
const largestTextCharacters = 512 * 1024

/** @param text one character a byte */
export function auditWords(text: string, facts: ReadingFacts): Word[] {
  const { readingId } = facts
  const kept = text.slice(0, largestTextCharacters)
  const pieces = piecesOf(kept).map((piece, index): Word => {
    return { kind: 'auditText', readingId, piece: index + 1, text: piece }
  })
  const { counters, remarks } = pictureOf(readEvaDts(text))
  const said = kept.length < text.length ? ['the file is longer than we keep', ...remarks] : [...remarks]
  const audit: Word = {
    kind: 'audit',
    ...facts,
    pieces: pieces.length,
    remarks: said.slice(0, 8),
    ...(counters && { counters: fitting(counters) }),
  }
  return [...pieces, audit]
}

/** As few as can be, each within a message once JSON has escaped it. */
function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    let size = Math.min(room, text.length - at)
    while (jsonBytes(text.slice(at, at + size)) > room) size = Math.ceil(size / 2)
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}

/** What does not fit goes, the finest first; the text has it all. */
function fitting(counters: NonNullable<Audit['counters']>): NonNullable<Audit['counters']> {
  if (jsonBytes(counters) <= room) return counters
  const products = counters.products.map(({ by: _, ...product }) => product)
  for (let most = mostProducts; most > 0; most -= 8) {
    const fewer = { ...counters, products: products.slice(0, most) }
    if (jsonBytes(fewer) <= room) return fewer
  }
  return { ...counters, products: [], events: [] }
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
