// Hands messages to a centre through whatever session is bound: in order, as many at a time as the window
// allows, slower when the centre says so. Each has a time by which it must have been sent; what was sent when
// a link drops is in doubt, and only whoever asked for it can know whether to say it again.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { type BodyOf, status, type Tlvs } from '@concilia/protocol/smpp/commands.ts'
import type { Answered, SmppSession } from '@concilia/protocol/smpp/session.ts'
import { hex } from './binding.ts'

export interface Submission {
  readonly body: BodyOf<'submitSm'>
  readonly tlvs: Tlvs
}

export type Submitted =
  | { readonly kind: 'taken'; readonly messageId: string }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }
  /** Nothing was taken: the same may be tried again. */
  | { readonly kind: 'notTaken'; readonly why: string }
  | { readonly kind: 'inDoubt'; readonly why: string }

interface Waiting {
  readonly submission: Submission
  readonly settle: (submitted: Submitted) => void
  readonly timer: Timer
  isOver: boolean
}

export interface SubmitterParts {
  readonly clock: Clock
  /** The session to send on now. */
  readonly session: () => SmppSession | undefined
  /** A centre asked for a pause. */
  readonly slowedDown: (pauseMs: number) => void
}

const mostWaiting = 4000
const stopping = 'the server stops'
const firstPauseMs = 500
const longestPauseMs = 30_000
/** The centre has no room now: the text waits here, and everything behind it. */
const wantPause: readonly number[] = [status.throttled, status.queueFull]
/** This one did not go, and may go later. */
const temporary: readonly number[] = [status.systemError, status.temporaryError, ...wantPause]

export class Submitter {
  readonly #parts: SubmitterParts
  #waiting: Waiting[] = []
  #pause: Timer | undefined
  #pauseMs = firstPauseMs
  #isStopped = false

  constructor(parts: SubmitterParts) {
    this.#parts = parts
  }

  /** @param withinMs it is not sent after that. @param isUrgent before all that waits: a screen */
  submit(submission: Submission, withinMs: number, isUrgent = false): Promise<Submitted> {
    if (this.#isStopped) return Promise.resolve({ kind: 'notTaken', why: stopping })
    if (this.#waiting.length >= mostWaiting) {
      return Promise.resolve({ kind: 'notTaken', why: 'too many texts wait for the link' })
    }
    return new Promise((settle) => {
      const waiting: Waiting = {
        submission,
        settle,
        isOver: false,
        timer: this.#parts.clock.after(withinMs, () => this.#tooLate(waiting)),
      }
      if (isUrgent) this.#waiting.unshift(waiting)
      else this.#waiting.push(waiting)
      this.pump()
    })
  }

  /** There may be room again. */
  pump(): void {
    for (;;) {
      const session = this.#parts.session()
      if (!session || session.room <= 0 || this.#pause) return
      const next = this.#waiting.shift()
      if (!next) return
      if (!next.isOver) this.#send(session, next)
    }
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#isStopped = true
    this.#pause?.cancel()
    for (const each of this.#waiting.splice(0)) this.#settle(each, { kind: 'notTaken', why: stopping })
  }

  #send(session: SmppSession, waiting: Waiting): void {
    const { body, tlvs } = waiting.submission
    void session.request('submitSm', body, tlvs).then((answered) => this.#judge(waiting, answered))
  }

  #judge(waiting: Waiting, answered: Answered): void {
    if (answered.kind === 'inDoubt') this.#settle(waiting, answered)
    else if (answered.kind === 'notSent') this.#putBack(waiting)
    else if (answered.pdu.status === status.ok) {
      const { pdu } = answered
      this.#pauseMs = firstPauseMs
      const messageId = pdu.command === 'submitSmResp' ? pdu.body.messageId : ''
      this.#settle(waiting, { kind: 'taken', messageId })
    } else this.#judgeRefusal(waiting, answered.pdu.status)
  }

  #judgeRefusal(waiting: Waiting, code: number): void {
    const why = `status ${hex(code)}`
    if (wantPause.includes(code)) {
      this.#slowDown()
      this.#putBack(waiting)
    } else if (temporary.includes(code)) this.#settle(waiting, { kind: 'notTaken', why })
    else this.#settle(waiting, { kind: 'refused', status: code, why })
  }

  /** One pause at a time, however many were refused in it; the next one is twice as long. */
  #slowDown(): void {
    if (this.#pause) return
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(longestPauseMs, 2 * pauseMs)
    this.#parts.slowedDown(pauseMs)
    this.#pause = this.#parts.clock.after(pauseMs, () => {
      this.#pause = undefined
      this.pump()
    })
  }

  #putBack(waiting: Waiting): void {
    if (waiting.isOver) waiting.settle({ kind: 'notTaken', why: 'the centre took nothing in time' })
    else this.#waiting.unshift(waiting)
  }

  #tooLate(waiting: Waiting): void {
    waiting.isOver = true
    // One that is on its way is settled by its answer.
    const place = this.#waiting.indexOf(waiting)
    if (place < 0) return
    this.#waiting.splice(place, 1)
    waiting.settle({ kind: 'notTaken', why: 'the centre took nothing in time' })
  }

  #settle(waiting: Waiting, submitted: Submitted): void {
    waiting.timer.cancel()
    waiting.settle(submitted)
  }
}
