// Which message is one that came before. SMPP gives what is delivered no id, so a repeat is known by sender,
// receiver and words - and a buyer may say the same words twice. What tells them apart is the
// acknowledgement: a centre repeats only what it has not seen acknowledged. It has seen it once it answers
// something that we sent later on the same connection; the same words after that are new ones. Not so what
// was read late: its centre may have given up before (standstill.ts). Across a restart of ours, where all
// this is forgotten, the same text within the same minute is a repeat, and the same step of a dialogue within
// the same ten: taken for a new one, "1" would answer a screen that nobody saw.
import type { Clock } from '@concilia/protocol/clock.ts'
import { sha256 } from '@concilia/protocol/random.ts'

interface Known {
  readonly id: string
  /** Which minute, or which ten, since 1970. */
  readonly span: number
  /** How often these words were new within it. */
  readonly count: number
  readonly at: number
  /** Whether the centre has seen the acknowledgement. */
  isProved: boolean
}

const spanMs = { text: 60_000, ussd: 600_000 }
/** How it came, and whatever else is the same in a repeat. */
export type What = readonly [channel: keyof typeof spanMs, ...parts: readonly string[]]

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
   * @returns the id of the message, in a repeat the same one
   */
  idOf(what: What): string {
    const name = sha256(JSON.stringify(what))
    const now = this.#clock.now()
    const span = Math.floor(now / spanMs[what[0]])
    const before = this.#known.get(name)
    if (before && !before.isProved && now - before.at < keptMs) return before.id
    const count = before?.span === span ? before.count + 1 : 0
    const id = sha256(`${name} ${span} ${count}`)
    this.#known.delete(name)
    this.#known.set(name, { id, span, count, at: now, isProved: false })
    this.#forgetOldest()
    return id
  }

  /** The centre has seen the acknowledgement of this message. */
  prove(id: string, what: What): void {
    const known = this.#known.get(sha256(JSON.stringify(what)))
    if (known?.id === id) known.isProved = true
  }

  #forgetOldest(): void {
    for (const what of this.#known.keys()) {
      if (this.#known.size <= most) return
      this.#known.delete(what)
    }
  }
}
