// Which of our acknowledgements a centre has surely seen: those written before something that it answered. A
// question of our own is sent for it, at most one a second.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { SmppSession } from '@concilia/protocol/smpp/session.ts'

const pauseMs = 1000

export class ProvedAnswers {
  readonly #clock: Clock
  /** What to do when the answers of a session are proved; sessions with something to prove ask soon. */
  readonly #unproved = new Map<SmppSession, (() => void)[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** An acknowledgement was written to this session. @param proved called when the peer has surely seen it */
  answered(session: SmppSession, proved: () => void): void {
    const list = this.#unproved.get(session)
    if (list) {
      list.push(proved)
      return
    }
    this.#unproved.set(session, [proved])
    this.#clock.after(pauseMs, () => void this.#ask(session))
  }

  async #ask(session: SmppSession): Promise<void> {
    const list = this.#unproved.get(session) ?? []
    this.#unproved.delete(session)
    if (session.isOver) return
    if ((await session.enquire()).kind === 'answered') for (const proved of list) proved()
  }
}
