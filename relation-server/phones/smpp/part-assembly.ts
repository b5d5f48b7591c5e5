// Puts the parts of a long text together. Nothing of it is stored until the whole is there, so no part is
// acknowledged before either; when time is over, what is there is handed on as it is, because a centre that
// sends one part at a time waits for its acknowledgement. Parts that come after that are dropped: what a
// buyer wants stands at the beginning.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Part } from '@concilia/protocol/smpp/short-message.ts'

interface Open<Piece> {
  readonly pieces: Map<number, { readonly text: string; readonly piece: Piece[] }>
  readonly timer: Timer
  readonly whole: Whole<Piece>
}

/** @param pieces whatever was handed in with the parts, to be acknowledged */
export type Whole<Piece> = (text: string, pieces: readonly Piece[]) => void

/** Shorter than a centre waits for an acknowledgement. */
const waitMs = 4000
const rememberedMs = 600_000
const mostOpen = 1000
const mostClosed = 10_000

export class PartAssembly<Piece> {
  readonly #clock: Clock
  readonly #open = new Map<string, Open<Piece>>()
  /** Texts handed on without all their parts, with the time of that. */
  readonly #closed = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * @param of who wrote to whom
   * @returns `dropped` when the beginning of this text has been handed on already
   */
  add(of: string, part: Part, text: string, piece: Piece, whole: Whole<Piece>): 'kept' | 'dropped' {
    const key = JSON.stringify([of, part.reference, part.total])
    if (part.number > 1 && this.#isClosed(key)) return 'dropped'
    const open = this.#open.get(key) ?? this.#begin(key, whole)
    const before = open.pieces.get(part.number)
    // A part that is repeated is one part, acknowledged as often as it came.
    open.pieces.set(part.number, { text, piece: [...(before?.piece ?? []), piece] })
    if (open.pieces.size === part.total) this.#finish(key)
    return 'kept'
  }

  #begin(key: string, whole: Whole<Piece>): Open<Piece> {
    const timer = this.#clock.after(waitMs, () => {
      this.#closed.set(key, this.#clock.monotonic())
      for (const oldest of this.#closed.keys()) {
        if (this.#closed.size <= mostClosed) break
        this.#closed.delete(oldest)
      }
      this.#finish(key)
    })
    const open: Open<Piece> = { pieces: new Map(), timer, whole }
    this.#open.set(key, open)
    const [oldest] = this.#open.keys()
    if (this.#open.size > mostOpen && oldest !== undefined) this.#finish(oldest)
    return open
  }

  #finish(key: string): void {
    const open = this.#open.get(key)
    if (!open) return
    this.#open.delete(key)
    open.timer.cancel()
    const inOrder = [...open.pieces.entries()].sort(([a], [b]) => a - b).map(([, each]) => each)
    open.whole(
      inOrder.map(({ text }) => text).join(''),
      inOrder.flatMap(({ piece }) => piece),
    )
  }

  #isClosed(key: string): boolean {
    const at = this.#closed.get(key)
    return at !== undefined && this.#clock.monotonic() - at < rememberedMs
  }
}
