// Cuts a stream of bytes into PDUs. A length that cannot be is the end of the stream: where the next PDU
// begins nobody can know any more.
import { headerLength } from './codec.ts'

/** No text, however long, needs more; a peer that announces more is not listened to. */
export const longestPdu = 16_384

export class PduSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** How many bytes of an unfinished PDU are here. */
  get unfinished(): number {
    return this.#rest.length
  }

  /** @returns the whole PDUs so far, and whether the stream is broken behind them */
  push(chunk: Uint8Array): { frames: Uint8Array[]; broken: boolean } {
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const frames: Uint8Array[] = []
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0)
      if (length < headerLength || length > longestPdu) return { frames, broken: true }
      if (bytes.length < length) break
      frames.push(bytes.subarray(0, length))
      bytes = bytes.subarray(length)
    }
    this.#rest = bytes
    return { frames, broken: false }
  }
}
