// Bus bytes on an ordinary serial line: two bytes each, first the mode bit (00 or 01), then the data byte.
// A bridge that does nothing but this leaves every word of the bus to us. Reading is total and finds its
// step again.
import { type BusByte, dataOf, isMarked, marked } from './bus.ts'

/** As text of which each character is one byte, for lines that carry text. */
export function pairsText(bytes: readonly BusByte[]): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(isMarked(byte) ? 1 : 0, dataOf(byte))
  return text
}

/** One per opening of the port. */
export class PairSplitter {
  #mode: number | undefined

  /**
   * @returns the bus bytes that these bytes complete, and how many bytes were neither mode nor data: after
   * one of those the step is taken up anew, and what was read wrongly in between is left to the checksums
   */
  push(bytes: Uint8Array): { bytes: BusByte[]; strays: number } {
    const read: BusByte[] = []
    let strays = 0
    for (const byte of bytes) {
      if (this.#mode !== undefined) {
        read.push(byte | (this.#mode === 1 ? marked : 0))
        this.#mode = undefined
      } else if (byte <= 1) this.#mode = byte
      else strays++
    }
    return { bytes: read, strays }
  }
}
