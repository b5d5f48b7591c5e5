// Reads a file of EVA-DTS: any text gives segments, and everything in which it is not as the standard wants
// it, each with line and element. Total: never throws. Whether a finding matters is judged afterwards: a
// strict reader takes a file without findings only, a tolerant one takes what real machines send.
import { crc16 } from './crc16.ts'
import { elements, isOfKind } from './elements.ts'

/** One line: an element and its fields, as they stand there, escapes undone. */
export interface Segment {
  readonly element: string
  readonly fields: readonly string[]
  /** From 1. */
  readonly line: number
}

/** What can be found, and whether the numbers are used all the same: real machines have their habits. */
export const findingNames = {
  lineEnd: { about: 'lines do not end with CR LF', tolerated: true },
  blanks: { about: 'blanks around fields, empty lines', tolerated: true },
  lowercase: { about: "an element's name in small letters", tolerated: true },
  character: { about: 'characters out of ASCII, an escape that is none', tolerated: true },
  noElement: { about: "a line that does not begin with an element's name", tolerated: false },
  unknownElement: { about: 'an element that is not in the table below', tolerated: true },
  badField: { about: 'a field that is not of its kind; it counts as empty', tolerated: true },
  tooManyFields: { about: 'more fields than the element has', tolerated: true },
  envelope: { about: 'DXS, ST, SE or DXE missing, twice or out of place', tolerated: true },
  controlNumber: { about: 'SE and ST have different control numbers', tolerated: true },
  lineCount: { about: 'SE says another number of lines', tolerated: true },
  crcMissing: { about: 'no check sum', tolerated: true },
  crcSwapped: { about: 'a check sum with its bytes swapped, as before version 6.0', tolerated: true },
  crcDiffers: { about: 'a check sum that is not that of the lines', tolerated: false },
} as const
export type FindingName = keyof typeof findingNames

export interface Finding {
  readonly name: FindingName
  /** From 1; 0 for what concerns the file as a whole. */
  readonly line: number
  readonly element: string
  /** What is wrong, in words. */
  readonly says: string
}

export interface EvaDtsReading {
  readonly segments: readonly Segment[]
  readonly findings: readonly Finding[]
}

/** After it the numbers cannot be trusted. */
export const isGrave = ({ name }: Finding): boolean => !findingNames[name].tolerated

export function findingText({ line, element, says }: Finding): string {
  return `${line === 0 ? '' : `line ${line}, `}${element === '' ? '' : `${element}: `}${says}`
}

interface Line {
  readonly text: string
  readonly end: string
  /** Where it begins in the file. */
  readonly at: number
}

/** @param text one character a byte (latin1), as it came */
export function readEvaDts(text: string): EvaDtsReading {
  const findings: Finding[] = []
  const segments: Segment[] = []
  const lines = linesOf(text)
  const wrongEnd = lines.findIndex(({ end }) => end !== '\r\n')
  if (wrongEnd >= 0) {
    const end = lines[wrongEnd]?.end === '' ? 'nothing' : lines[wrongEnd]?.end === '\n' ? 'LF' : 'CR'
    findings.push(finding('lineEnd', wrongEnd + 1, '', `ends with ${end} instead of CR LF`))
  }
  for (const [index, { text: line }] of lines.entries()) {
    const segment = readLine(line, index + 1, findings)
    if (segment) segments.push(segment)
  }
  for (const segment of segments) checkFields(segment, findings)
  checkEnvelope(segments, findings)
  checkCrc(text, lines, segments, findings)
  return { segments, findings: findings.sort((a, b) => a.line - b.line) }
}

function finding(name: FindingName, line: number, element: string, says: string): Finding {
  return { name, line, element, says }
}

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  let at = 0
  for (const [end] of text.matchAll(/\r\n|\r|\n|$/g)) {
    const stop = end === '' ? text.length : text.indexOf(end, at)
    if (stop + end.length > at) lines.push({ text: text.slice(at, stop), end, at })
    at = stop + end.length
  }
  return lines
}

function readLine(line: string, number: number, findings: Finding[]): Segment | undefined {
  const [name = '', ...raw] = line.split('*')
  const element = name.trim().toUpperCase()
  if (line.trim() === '') {
    findings.push(finding('blanks', number, '', 'an empty line'))
    return undefined
  }
  if (!/^[A-Z]{1,3}\d{0,3}$/.test(element)) {
    findings.push(finding('noElement', number, printable(name), 'no element begins like this'))
    return undefined
  }
  const fields = raw.map((field) => unescaped(field))
  if (name.trim() !== element) findings.push(finding('lowercase', number, element, 'in small letters'))
  const blank = name !== name.trim() || raw.some((field) => field !== field.trim())
  if (blank) findings.push(finding('blanks', number, element, 'blanks around a field'))
  const broken = fields.some((field) => field === undefined)
  if (broken || /[^\x20-\x7e]/.test(line)) {
    const what = broken ? 'an escape that is none' : 'a character that is not allowed'
    findings.push(finding('character', number, element, what))
  }
  return { element, fields: fields.map((field, at) => (field ?? raw[at] ?? '').trim()), line: number }
}

/** `^2A^` stands for `*`. @returns undefined when a `^` stands for nothing */
function unescaped(field: string): string | undefined {
  const text = field.replace(/\^([0-9A-Fa-f]{2})\^/g, (_, hex) =>
    hex.toUpperCase() === '5E' ? '\u0000' : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return text.includes('^') ? undefined : text.replaceAll('\u0000', '^')
}

function checkFields({ element, fields, line }: Segment, findings: Finding[]): void {
  const row = Object.hasOwn(elements, element) ? elements[element] : undefined
  if (!row) {
    findings.push(finding('unknownElement', line, element, 'an element we do not know'))
    return
  }
  for (const [index, text] of fields.entries()) {
    const [name, kind] = row.fields[index] ?? []
    if (kind === undefined || isOfKind(text, kind)) continue
    const place = String(index + 1).padStart(2, '0')
    findings.push(finding('badField', line, `${element}${place}`, `"${printable(text)}" is no ${name}`))
  }
  if (fields.length > row.fields.length) {
    findings.push(finding('tooManyFields', line, element, `${fields.length}, not ${row.fields.length}`))
  }
}

function checkEnvelope(segments: readonly Segment[], findings: Finding[]): void {
  const places = ['DXS', 'ST', 'SE', 'DXE'].map((name) => {
    const found = segments.flatMap((segment, at) => (segment.element === name ? [{ segment, at }] : []))
    if (found.length === 0) findings.push(finding('envelope', 0, name, 'is missing'))
    const [, again] = found
    if (again) findings.push(finding('envelope', again.segment.line, name, 'stands there twice'))
    return found[0]
  })
  const [dxs, st, se, dxe] = places
  const last = segments.length - 1
  const wanted = [0, dxs ? 1 : 0, dxe ? last - 1 : last, last]
  for (const [index, place] of places.entries()) {
    if (!place || place.at === wanted[index]) continue
    findings.push(finding('envelope', place.segment.line, place.segment.element, 'is out of its place'))
  }
  if (!st || !se) return
  if (st.segment.fields[1] !== se.segment.fields[1]) {
    findings.push(finding('controlNumber', se.segment.line, 'SE02', 'is not that of ST02'))
  }
  const count = se.segment.line - st.segment.line + 1
  const said = se.segment.fields[0] ?? ''
  if (said !== '' && Number(said) === count) return
  findings.push(finding('lineCount', se.segment.line, 'SE01', `says ${printable(said)}, there are ${count}`))
}

function checkCrc(
  text: string,
  lines: readonly Line[],
  segments: readonly Segment[],
  findings: Finding[],
): void {
  const st = segments.find(({ element }) => element === 'ST')
  const g85 = segments.find(({ element }) => element === 'G85')
  if (!g85) {
    findings.push(finding('crcMissing', 0, 'G85', 'is missing'))
    return
  }
  const from = lines[(st?.line ?? 1) - 1]?.at ?? 0
  const to = lines[g85.line - 1]?.at ?? 0
  const body = text.slice(from, to)
  const said = g85.fields[0]?.toUpperCase() ?? ''
  // What is lost on the way of a file - line ends made over - is not held against it twice.
  const bodies = [body, body.replace(/\r\n|\r|\n/g, '\r\n')]
  const sums = bodies.map((each) => hex(crc16(Buffer.from(each, 'latin1'))))
  if (sums.includes(said)) return
  if (sums.map(swapped).includes(said)) {
    findings.push(finding('crcSwapped', g85.line, 'G85', `${said} has its bytes swapped`))
  } else if (said === '') {
    findings.push(finding('crcMissing', g85.line, 'G85', 'is empty'))
  } else {
    const found = printable(said)
    findings.push(finding('crcDiffers', g85.line, 'G85', `says ${found}, the lines give ${sums[0]}`))
  }
}

export const hex = (crc: number): string => crc.toString(16).toUpperCase().padStart(4, '0')
const swapped = (text: string): string => text.slice(2) + text.slice(0, 2)

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 24)
}
