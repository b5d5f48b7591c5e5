// The MDB bus as bytes with a ninth bit (MDB 4.2, 2 and 3): the mode bit, the checksum, the three control
// bytes, and the two shapes of a block. What a block says is in codec.ts; how bytes reach a serial line in
// bus-pairs.ts.

/** A data byte, with `marked` added when its mode bit is set. */
export type BusByte = number
export const marked = 0x100

/** Longest block in either direction, with its checksum (MDB 4.2, 3). */
export const longestBlock = 36

const controls = { ack: 0x00, nak: 0xff, ret: 0xaa } as const
export type Control = keyof typeof controls

export function isMarked(byte: BusByte): boolean {
  return byte >= marked
}

export function dataOf(byte: BusByte): number {
  return byte & 0xff
}

/** Sum of everything before it, modulo 256 (MDB 4.2, 3). */
export function checksum(data: readonly number[]): number {
  let sum = 0
  for (const byte of data) sum += dataOf(byte)
  return sum & 0xff
}

/** From the master: the address is marked and nothing else. */
export function commandBlock(data: readonly number[]): BusByte[] {
  const [address = 0, ...rest] = data
  return [address | marked, ...rest, checksum(data)]
}

/** From a peripheral: the last byte is marked and nothing else. */
export function answerBlock(data: readonly number[]): BusByte[] {
  return [...data, checksum(data) | marked]
}

/** ACK or NAK of a peripheral, which end the exchange. */
export function answerControl(control: 'ack' | 'nak'): BusByte[] {
  return [controls[control] | marked]
}

/** ACK, NAK or RET of the master, which are not marked. */
export function masterControl(control: Control): BusByte[] {
  return [controls[control]]
}

/**
 * Which control byte this is. One wrong bit does not turn one into another: they differ in four (MDB 4.2,
 * App. 3).
 * @returns undefined for what is none of them
 */
export function controlOf(byte: BusByte): Control | undefined {
  return controlOfData[dataOf(byte)]
}

const controlOfData = Array.from({ length: 0x100 }, (_, data) => {
  const names = ['ack', 'nak', 'ret'] as const
  return names.find((name) => bitsSet(data ^ controls[name]) <= 1)
})

/** Upper five bits: which peripheral. The lower three are the command (MDB 4.2, 2.3). */
export function addressOf(byte: BusByte): number {
  return dataOf(byte) & 0xf8
}

/** `62* 62`: as people write bus bytes; the star is the mode bit. */
export function busText(bytes: readonly BusByte[]): string {
  return bytes.map((byte) => wordOfByte[byte]).join(' ')
}

const wordOfByte = Array.from({ length: 2 * marked }, (_, byte) => {
  const hex = dataOf(byte).toString(16).toUpperCase().padStart(2, '0')
  return isMarked(byte) ? `${hex}*` : hex
})

/** Reads what `busText` wrote; undefined where it is no such text. */
export function busBytesOf(text: string): BusByte[] | undefined {
  const words = text.trim().split(/\s+/)
  if (words.some((word) => !/^[0-9A-Fa-f]{2}\*?$/.test(word))) return undefined
  return words.map((word) => Number.parseInt(word, 16) | (word.endsWith('*') ? marked : 0))
}

function bitsSet(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length
}
