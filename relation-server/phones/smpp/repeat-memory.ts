// Which message is one that came before. SMPP gives what is delivered no id, so a repeat is known by sender,
// receiver and words - and a buyer may say the same words twice. What tells them apart is the
// acknowledgement: a centre repeats only what it has not seen acknowledged. It has seen it once it answers
// something that we sent later on the same connection; the same words after that are new ones. At another
// server, or after a restart, where nothing of this is known, the same words within the same minute are a
// repeat. This spares buyers a second answer and no more: a centre that had given up before it got our
// acknowledgement repeats what this takes for new, and whatever is done must bear that (pay-figure.ts).
import type { Clock } from '@concilia/protocol/clock.ts'
import { sha256 } from '@concilia/protocol/random.ts'

interface Known {
  readonly id: string
  /** Which minute since 1970. */
  readonly span: number
  /** How often these words were new within it. */
  readonly count: number
  readonly at: number
  /** Whether the centre has seen the acknowledgement. */
  isProved: boolean
}

const spanMs = 60_000
const most = 50_000
/** How long what was not acknowledged may take to come back; a dialogue's buyer waits before its screen. */
const keptMs = { text: 600_000, ussd: 60_000 }
/** How it came, and whatever else is the same in a repeat. */
export type What = readonly [channel: keyof typeof keptMs, ...parts: readonly string[]]

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
    const span = Math.floor(now / spanMs)
    const before = this.#known.get(name)
    if (before && !before.isProved && now - before.at < keptMs[what[0]]) return before.id
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
