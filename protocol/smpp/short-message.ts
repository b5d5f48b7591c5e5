// The words of a message as SMPP carries them, both ways: alphabets by `data_coding`, and long texts in parts
// by user data header, by optional parameters, or as one payload. A text that one letter puts outside GSM-7
// is UCS-2 in all its parts.
import { septetsOfLetter, textOfGsm7 } from '../gsm7.ts'
import { type BodyOf, esm, type Tlvs, tag } from './commands.ts'

/** What a centre means by `data_coding` 0. */
export type DefaultAlphabet = 'gsm7' | 'latin1'
/** How a long text is cut. */
export type LongTexts = 'udh' | 'sar' | 'payload'

export interface Part {
  /** The same in all parts of one text of one sender. */
  readonly reference: number
  readonly total: number
  /** From 1. */
  readonly number: number
}

/** What of a submit_sm is the text's own. */
export type Words = Pick<BodyOf<'submitSm'>, 'esmClass' | 'dataCoding' | 'shortMessage'> & {
  readonly tlvs: Tlvs
}

/** Letters with the octets of each, and how many octets one message and one part of several hold. */
interface Written {
  readonly dataCoding: number
  readonly letters: readonly Uint8Array[]
  readonly alone: number
  readonly inPart: number
}

const ucs2 = 8

/** @param reference of the parts, should there be several; 0 to 255 */
export function writeWords(
  text: string,
  reference: number,
  { alphabet, long }: { readonly alphabet: DefaultAlphabet; readonly long: LongTexts },
): readonly Words[] {
  const written = lettersOf(text, alphabet)
  const { dataCoding, letters, alone, inPart } = written
  const all = Buffer.concat(letters)
  if (all.length <= alone) return [{ esmClass: 0, dataCoding, shortMessage: all, tlvs: new Map() }]
  if (long === 'payload') {
    const tlvs = new Map([[tag.messagePayload, all]])
    return [{ esmClass: 0, dataCoding, shortMessage: new Uint8Array(), tlvs }]
  }
  const parts = cut(letters, inPart)
  return parts.map((octets, index) => {
    const part = { reference: reference & 0xff, total: parts.length, number: index + 1 }
    return long === 'udh' ? withHeader(octets, dataCoding, part) : withParameters(octets, dataCoding, part)
  })
}

/** One message in UCS-2 or the default alphabet, whatever its length: a screen. */
export function writeScreen(
  text: string,
  alphabet: DefaultAlphabet,
): { dataCoding: number; octets: Uint8Array } {
  const { dataCoding, letters } = lettersOf(text, alphabet)
  return { dataCoding, octets: cut(letters, 254)[0] ?? new Uint8Array() }
}

function lettersOf(text: string, alphabet: DefaultAlphabet): Written {
  const characters = [...text]
  if (alphabet === 'gsm7') {
    const letters = characters.map(septetsOfLetter)
    if (letters.every((octets) => octets !== undefined)) {
      return {
        dataCoding: 0,
        letters: letters.map((octets) => Uint8Array.from(octets)),
        alone: 160,
        inPart: 153,
      }
    }
  } else if (/^[\n\r\x20-\x7e\xa0-\xff]*$/.test(text)) {
    const letters = characters.map((letter) => Buffer.from(letter, 'latin1'))
    return { dataCoding: 0, letters, alone: 140, inPart: 134 }
  }
  const letters = characters.map((letter) => Buffer.from(letter, 'utf16le').swap16())
  return { dataCoding: ucs2, letters, alone: 140, inPart: 134 }
}

/** No letter is cut in two. */
function cut(letters: readonly Uint8Array[], most: number): Uint8Array[] {
  const parts: Uint8Array[][] = [[]]
  let length = 0
  for (const letter of letters) {
    if (length + letter.length > most) {
      parts.push([])
      length = 0
    }
    parts.at(-1)?.push(letter)
    length += letter.length
  }
  return parts.slice(0, 255).map((part) => Buffer.concat(part))
}

function withHeader(octets: Uint8Array, dataCoding: number, part: Part): Words {
  const header = Buffer.from([5, 0, 3, part.reference, part.total, part.number])
  return {
    esmClass: esm.userDataHeader,
    dataCoding,
    shortMessage: Buffer.concat([header, octets]),
    tlvs: new Map(),
  }
}

function withParameters(octets: Uint8Array, dataCoding: number, part: Part): Words {
  const tlvs = new Map([
    [tag.sarReference, Buffer.from([0, part.reference])],
    [tag.sarTotal, Buffer.from([part.total])],
    [tag.sarNumber, Buffer.from([part.number])],
  ])
  return { esmClass: 0, dataCoding, shortMessage: octets, tlvs }
}

/** Undefined when they are no words: binary data, or a header that leads nowhere. */
export function readWords(
  { esmClass, dataCoding, shortMessage }: Partial<Omit<Words, 'tlvs'>>,
  tlvs: Tlvs,
  alphabet: DefaultAlphabet,
): { readonly text: string; readonly part?: Part } | undefined {
  const own = shortMessage ?? new Uint8Array()
  const octets = own.length > 0 ? own : (tlvs.get(tag.messagePayload) ?? own)
  const split = ((esmClass ?? 0) & esm.userDataHeader) === 0 ? { octets } : behindHeader(octets)
  if (!split) return undefined
  const text = textOf(split.octets, dataCoding ?? 0, alphabet)
  if (text === undefined) return undefined
  const part = split.part ?? partOfParameters(tlvs)
  return part && isPossible(part) ? { text, part } : { text }
}

function behindHeader(octets: Uint8Array): { octets: Uint8Array; part?: Part } | undefined {
  const end = 1 + (octets[0] ?? 0)
  if (octets.length === 0 || end > octets.length) return undefined
  let part: Part | undefined
  for (let at = 1; at + 2 <= end; ) {
    const [kind = 0, length = 0] = octets.subarray(at, at + 2)
    const value = octets.subarray(at + 2, at + 2 + length)
    if (at + 2 + length > end) return undefined
    const [a = 0, b = 0, c = 0, d = 0] = value
    if (kind === 0x00 && length === 3) part ??= { reference: a, total: b, number: c }
    if (kind === 0x08 && length === 4) part ??= { reference: a * 256 + b, total: c, number: d }
    at += 2 + length
  }
  return { octets: octets.subarray(end), ...(part && { part }) }
}

function partOfParameters(tlvs: Tlvs): Part | undefined {
  const reference = tlvs.get(tag.sarReference)
  const total = tlvs.get(tag.sarTotal)?.[0]
  const number = tlvs.get(tag.sarNumber)?.[0]
  if (!reference || total === undefined || number === undefined) return undefined
  return { reference: (reference[0] ?? 0) * 256 + (reference[1] ?? 0), total, number }
}

/** One of one is a whole text; what cannot be a part is read as one too. */
function isPossible({ total, number }: Part): boolean {
  return total > 1 && number >= 1 && number <= total
}

/** By `data_coding`: the values of SMPP itself, then the groups of 3GPP TS 23.038, 4. */
function textOf(octets: Uint8Array, coding: number, alphabet: DefaultAlphabet): string | undefined {
  const bytes = Buffer.from(octets)
  const byAlphabet = () => (alphabet === 'gsm7' ? textOfGsm7(octets) : bytes.toString('latin1'))
  switch (coding) {
    case 0:
    case 0x0f:
      return byAlphabet()
    case 1:
      return bytes.toString('latin1').replace(/[\x80-\xff]/g, '?')
    case 3:
      return bytes.toString('latin1')
    case ucs2:
      return textOfUcs2(bytes)
  }
  const group = coding & 0xf0
  if (group === 0xf0) return (coding & 0x04) === 0 ? textOfGsm7(octets) : undefined
  if (group !== 0x10) return undefined
  if ((coding & 0x0c) === 0x08) return textOfUcs2(bytes)
  return (coding & 0x0c) === 0 ? textOfGsm7(octets) : undefined
}

/** An octet too many at the end is left out. */
function textOfUcs2(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le')
}
