// Connections that wait for their TLS handshake. A fleet that comes back connects all at once; let in all at
// once, ten thousand handshakes share the processor, each takes as long as all, and every machine gives up
// and begins again before any is done. So they are let in a few at a time, as fast as the process has time
// for them, and whoever has waited too long is sent away to come again, before work is spent on somebody
// gone.
import type { Socket } from 'node:net'

/** Begun in one turn of the event loop. What was begun before has its turn first, so that it gets done. */
const eachTurn = 4
/**
 * A machine gives an attempt to connect ten seconds (ms); what is left of them after this wait is for the
 * handshake.
 */
const longestWaitMs = 5_000

interface Waiting {
  readonly socket: Socket
  readonly since: number
}

export class HandshakeQueue {
  readonly #begin: (socket: Socket) => void
  readonly #now: () => number
  #waiting: Waiting[] = []
  #turn: NodeJS.Immediate | undefined

  /**
   * @param begin - starts the handshake of a connection from which nothing was read
   * @param now - ms, of any beginning, never set back
   */
  constructor(begin: (socket: Socket) => void, now: () => number) {
    this.#begin = begin
    this.#now = now
  }

  /** @param socket - accepted with `pauseOnConnect` */
  add(socket: Socket): void {
    // Gone while it waited: its turn will tell.
    socket.on('error', () => {})
    this.#waiting.push({ socket, since: this.#now() })
    this.#turn ??= setImmediate(() => this.#takeTurn())
  }

  close(): void {
    clearImmediate(this.#turn)
    for (const { socket } of this.#waiting) socket.destroy()
    this.#waiting = []
  }

  #takeTurn(): void {
    const tooLate = this.#now() - longestWaitMs
    const fresh = this.#waiting.findIndex(({ since }) => since >= tooLate)
    const late = fresh < 0 ? this.#waiting.length : fresh
    for (const { socket } of this.#waiting.splice(0, late)) socket.destroy()
    for (const { socket } of this.#waiting.splice(0, eachTurn)) this.#begin(socket)
    this.#turn = this.#waiting.length > 0 ? setImmediate(() => this.#takeTurn()) : undefined
  }
}
