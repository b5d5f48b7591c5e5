// Which message is one that came before. SMPP gives what is delivered no id, so a repeat is known by sender,
// receiver and words - and a buyer may say the same words twice. What tells them apart is the
// acknowledgement: a centre repeats only what it has not seen acknowledged. It has seen it once it answers
// something that we sent later on the same connection; the same words after that are new ones. Not so what
// was read late: its centre may have given up before (standstill.ts). Across a restart of ours, where all
// this is forgotten, the same words within the same minute are a repeat.
import type { Clock } from '@concilia/protocol/clock.ts'
import { sha256 } from '@concilia/protocol/random.ts'

interface Known {
  readonly id: string
  readonly minute: number
  /** How often these words were new within that minute. */
  readonly count: number
  readonly at: number
  /** Whether the centre has seen the acknowledgement. */
  isProved: boolean
}

const most = 50_000
/** Longer than any centre takes to come back with what was not acknowledged. */
const keptMs = 600_000

export class RepeatMemory {
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * @param parts whatever is the same in a repeat.
   * @returns the id of the message, in a repeat the same one
   */
  idOf(...parts: readonly string[]): string {
    const what = sha256(JSON.stringify(parts))
    const now = this.#clock.now()
    const minute = Math.floor(now / 60_000)
    const before = this.#known.get(what)
    if (before && !before.isProved && now - before.at < keptMs) return before.id
    const count = before?.minute === minute ? before.count + 1 : 0
    const id = sha256(`${what} ${minute} ${count}`)
    this.#known.delete(what)
    this.#known.set(what, { id, minute, count, at: now, isProved: false })
    this.#forgetOldest()
    return id
  }

  /** The centre has seen the acknowledgement of this message. */
  prove(id: string, ...parts: readonly string[]): void {
    const known = this.#known.get(sha256(JSON.stringify(parts)))
    if (known?.id === id) known.isProved = true
  }

  #forgetOldest(): void {
    for (const what of this.#known.keys()) {
      if (this.#known.size <= most) return
      this.#known.delete(what)
    }
  }
}
