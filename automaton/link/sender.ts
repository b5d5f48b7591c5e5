// The outbox on its way: each word is sent when it is committed and again after 1, 2, 4, 8 s, until the
// server says that it is stored. What the server lacks is resent whole on every admission. The journal is the
// truth; this holds numbers.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { NumberedMessage } from '@concilia/protocol/messages.ts'
import { fractionFrom, type Random } from '@concilia/protocol/random.ts'
import type { Journal, Marks, OutboxRow } from '../journal/port.ts'

/** Words on the wire and not stored at one time; a server that came back from a backup may lack thousands. */
const windowSize = 64

export interface SenderPorts {
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly publish: (kind: NumberedMessage['kind'], text: string) => void
}

/**
 * 1, 2, 4, 8 times `retryMs`, a quarter more or less: peers that lost the same server do not repeat as one.
 */
export function repeatDelay(random: Random, attempt: number, retryMs: number): number {
  return Math.round(retryMs * 2 ** Math.min(attempt, 3) * (0.75 + fractionFrom(random) / 2))
}

export class Sender {
  readonly #ports: SenderPorts
  readonly #retryMs: number
  /** Numbers that the server lacks, rising. */
  readonly #lacking: Set<number>
  /** Those of them on the wire, each with the timer of its repeat. */
  readonly #sent = new Map<number, Timer>()
  #online = false

  constructor(ports: SenderPorts, retryMs: number) {
    this.#ports = ports
    this.#retryMs = retryMs
    this.#lacking = new Set(ports.journal.unstored())
  }

  get owing(): boolean {
    return this.#lacking.size > 0
  }

  /** Just committed. */
  send(rows: readonly OutboxRow[]): void {
    for (const { seq } of rows) this.#lacking.add(seq)
    this.#fill()
  }

  /**
   * The server has answered our birth: everything that it lacks goes out again, however often it went before,
   * and what it has but our disk could not note: it will say so again.
   * @param marks what it has of this journal; undefined when it did not say
   */
  online(marks: Marks | undefined): void {
    this.offline()
    this.#online = true
    this.#lacking.clear()
    const absent = [...(marks ? this.#absentFrom(marks) : []), ...this.#ports.journal.unstored()]
    for (const seq of absent.sort((a, b) => a - b)) this.#lacking.add(seq)
    this.#fill()
  }

  offline(): void {
    this.#online = false
    for (const timer of this.#sent.values()) timer.cancel()
    this.#sent.clear()
  }

  /** The server has these. @returns the numbers that were not known to be stored */
  stored({ upTo, beyond }: Marks): number[] {
    const has = new Set(beyond)
    const known = [...this.#lacking].filter((seq) => seq <= upTo || has.has(seq))
    for (const seq of known) {
      this.#lacking.delete(seq)
      this.#stopRepeat(seq)
    }
    const furthest = Math.max(upTo, ...beyond)
    for (const seq of [...this.#sent.keys()]) if (seq < furthest) this.#put(seq, 0)
    this.#fill()
    return known
  }

  #absentFrom({ upTo, beyond }: Marks): number[] {
    const { lastSeq } = this.#ports.journal
    const has = new Set(beyond)
    const count = Math.max(0, lastSeq - upTo)
    return Array.from({ length: count }, (_, index) => upTo + 1 + index).filter((seq) => !has.has(seq))
  }

  #fill(): void {
    if (!this.#online) return
    for (const seq of this.#lacking) {
      if (this.#sent.size >= windowSize) return
      if (!this.#sent.has(seq)) this.#put(seq, 0)
    }
  }

  #put(seq: number, attempt: number): void {
    this.#stopRepeat(seq)
    const { journal, clock, random, publish } = this.#ports
    const row = journal.row(seq)
    const gone: NumberedMessage = { journalId: journal.journalId, seq, kind: 'gone' }
    publish(row?.kind ?? 'gone', row?.text ?? JSON.stringify(gone))
    const delayMs = repeatDelay(random, attempt, this.#retryMs)
    this.#sent.set(
      seq,
      clock.after(delayMs, () => this.#put(seq, attempt + 1)),
    )
  }

  #stopRepeat(seq: number): void {
    this.#sent.get(seq)?.cancel()
    this.#sent.delete(seq)
  }
}
