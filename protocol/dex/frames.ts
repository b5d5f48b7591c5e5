// The bytes of DEX/UCS (EVA-DTS 6.1, chapter 4): control characters, headers and blocks with their check
// sums, and the reader that finds them in whatever comes, a byte at a time. Total: what is no frame is noise.
import { crc16 } from '../eva-dts/crc16.ts'

const soh = 0x01
const stx = 0x02
const etx = 0x03
const dle = 0x10
const syn = 0x16
const etb = 0x17

export const enq = [0x05]
export const eot = [0x04]
export const nak = [0x15]
/** Busy: asked again after a while. */
export const wack = [dle, 0x3b]
export const ack = (number: 0 | 1): number[] => [dle, 0x30 | number]

/** `header`: of a handshake. `block`: of data; the last one says that it is. */
export interface Frame {
  readonly kind: 'header' | 'block'
  readonly text: string
  readonly last: boolean
}

/** Of one block, counted from the first byte of its text to its end mark, with that mark's DLE. */
export const largestBlockBytes = 245
/** Beyond any frame that a machine may send; then what comes is noise. */
const largestTextBytes = 2048

/** @param frame its text without DLE, one character a byte */
export function frameBytes({ kind, text, last }: Frame): number[] {
  const bytes = [...Buffer.from(text, 'latin1')]
  const end = last ? etx : etb
  const crc = crc16([...bytes, end])
  return [dle, kind === 'header' ? soh : stx, ...bytes, dle, end, crc & 0xff, crc >> 8]
}

export const header = (text: string): Frame => ({ kind: 'header', text, last: true })

/** A file as blocks; an empty one is one empty block. */
export function blocksOf(text: string): Frame[] {
  const size = largestBlockBytes - 2
  const count = Math.max(1, Math.ceil(text.length / size))
  return Array.from({ length: count }, (_, index) => ({
    kind: 'block' as const,
    text: text.slice(index * size, (index + 1) * size),
    last: index === count - 1,
  }))
}

export type Signal =
  | { readonly type: 'enq' | 'eot' | 'nak' | 'wack' }
  | { readonly type: 'ack'; readonly number: 0 | 1 }
  | { readonly type: 'frame'; readonly frame: Frame }
  /** A frame whose check sum is wrong. */
  | { readonly type: 'badFrame' }

/** What has come of a frame so far. */
export interface PartialFrame {
  readonly at: 'outside' | 'outsideDle' | 'text' | 'textDle' | 'crcLow' | 'crcHigh'
  readonly kind: Frame['kind']
  readonly bytes: readonly number[]
  readonly end: number
  readonly low: number
}

export const outside: PartialFrame = { at: 'outside', kind: 'block', bytes: [], end: 0, low: 0 }

export const isInside = ({ at }: PartialFrame): boolean => at !== 'outside' && at !== 'outsideDle'

/** @returns what has come so far, and what this byte ends */
export function readByte(partial: PartialFrame, byte: number): { partial: PartialFrame; signal?: Signal } {
  switch (partial.at) {
    case 'outside':
      return outsideByte(byte)
    case 'outsideDle':
      return afterDle(byte)
    case 'text':
      if (byte === dle) return { partial: { ...partial, at: 'textDle' } }
      return { partial: taken(partial, byte) }
    case 'textDle':
      return textAfterDle(partial, byte)
    case 'crcLow':
      return { partial: { ...partial, at: 'crcHigh', low: byte } }
    case 'crcHigh':
      return { partial: outside, signal: ended(partial, byte) }
  }
}

function outsideByte(byte: number): { partial: PartialFrame; signal?: Signal } {
  if (byte === dle) return { partial: { ...outside, at: 'outsideDle' } }
  if (byte === enq[0]) return { partial: outside, signal: { type: 'enq' } }
  if (byte === eot[0]) return { partial: outside, signal: { type: 'eot' } }
  if (byte === nak[0]) return { partial: outside, signal: { type: 'nak' } }
  return { partial: outside }
}

function afterDle(byte: number): { partial: PartialFrame; signal?: Signal } {
  if (byte === soh || byte === stx) return { partial: begun(byte) }
  if (byte === 0x30 || byte === 0x31) {
    return { partial: outside, signal: { type: 'ack', number: byte === 0x30 ? 0 : 1 } }
  }
  if (byte === wack[1]) return { partial: outside, signal: { type: 'wack' } }
  return byte === dle ? { partial: { ...outside, at: 'outsideDle' } } : outsideByte(byte)
}

function begun(byte: number): PartialFrame {
  return { ...outside, at: 'text', kind: byte === soh ? 'header' : 'block' }
}

function textAfterDle(partial: PartialFrame, byte: number): { partial: PartialFrame; signal?: Signal } {
  if (byte === etx || byte === etb) return { partial: { ...partial, at: 'crcLow', end: byte } }
  // Filled in by a sender that is slow.
  if (byte === syn) return { partial: { ...partial, at: 'text' } }
  // The sender has begun anew.
  if (byte === soh || byte === stx) return { partial: begun(byte) }
  return { partial: taken({ ...partial, at: 'text' }, byte) }
}

function taken(partial: PartialFrame, byte: number): PartialFrame {
  return partial.bytes.length < largestTextBytes ? { ...partial, bytes: [...partial.bytes, byte] } : outside
}

function ended({ kind, bytes, end, low }: PartialFrame, high: number): Signal {
  if (crc16([...bytes, end]) !== (low | (high << 8))) return { type: 'badFrame' }
  const text = Buffer.from(bytes).toString('latin1')
  return { type: 'frame', frame: { kind, text, last: end === etx } }
}
