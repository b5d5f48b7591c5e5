// The broker's receipts for what machines say, held back for a moment: our own word on it follows a commit
// later, and both then leave in one packet: a write less, and the machine wakes once. Nobody waits for such a
// receipt: what counts is our *stored*.
import type { Duplex } from 'node:stream'

/** Longer than a commit takes; far shorter than any MQTT client waits for a receipt. */
const longestMs = 50

export class HeldReceipts {
  readonly #held = new Map<Duplex, NodeJS.Timeout>()

  /** What is written to this connection from now on waits until `leaveWithNext`, or a moment. */
  hold(connection: Duplex): void {
    if (this.#held.has(connection)) return
    connection.cork()
    this.#held.set(
      connection,
      setTimeout(() => this.#release(connection), longestMs),
    )
  }

  /** Called before the broker queues a word to this connection, which it writes in a turn of its own. */
  leaveWithNext(connection: Duplex): void {
    if (this.#held.has(connection)) process.nextTick(setImmediate, () => this.#release(connection))
  }

  #release(connection: Duplex): void {
    clearTimeout(this.#held.get(connection))
    if (this.#held.delete(connection)) connection.uncork()
  }
}
