// Two ends of a connection within this process: what is written to one is read from the other, the end of one
// is the end of both. As a socket to ourselves would be, without the system calls. What was written corked
// arrives as one piece.
import { Duplex } from 'node:stream'

class End extends Duplex {
  #peer: End | undefined
  /** Called when the reader has caught up. */
  #writable: (() => void) | undefined

  join(peer: End): void {
    this.#peer = peer
  }

  override _read(): void {
    const writable = this.#writable
    this.#writable = undefined
    writable?.()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#peer?.receive(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#peer?.receive(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.#peer?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const peer = this.#peer
    process.nextTick(() => peer?.destroy())
    done(error)
  }

  receive(chunk: Buffer, done: () => void): void {
    if (this.destroyed || this.push(chunk)) done()
    else this.#writable = done
  }
}

/**
 * @param patience bytes that may be written to the first end and not read from the second before its
 *   writer is held back
 */
export function streamPair(patience?: number): [Duplex, Duplex] {
  const [one, other] = [new End(), new End(patience === undefined ? {} : { readableHighWaterMark: patience })]
  one.join(other)
  other.join(one)
  return [one, other]
}
