// One SMPP connection, either end: numbers requests and finds their answers, keeps the window, asks after the
// peer and answers when it asks, and ends at the first thing that leaves in doubt where the next PDU begins.
// It opens nothing and never comes back: whoever holds it opens another one. What was sent and not answered
// when it ends is in doubt, and is said to be.
import type { Clock, Timer } from '../clock.ts'
import { isAnswer, readPdu, writePdu } from './codec.ts'
import {
  type BodyOf,
  type CommandName,
  commands,
  noTlvs,
  type Pdu,
  type PduOf,
  type RequestName,
  status as statuses,
  type Tlvs,
} from './commands.ts'
import { PduSplitter } from './pdu-splitter.ts'

/** The connection below, plain or encrypted. */
export interface Wire {
  write(bytes: Uint8Array): void
  /** Bytes that the peer has not taken yet. */
  readonly unsent: number
  /** Stops and goes on reading. */
  pause(): void
  resume(): void
  /** At once. */
  destroy(): void
}

export interface SessionSettings {
  readonly wire: Wire
  readonly clock: Clock
  /** Requests of ours without an answer, at most. */
  readonly window: number
  /** An answer that has not come by then is not waited for. */
  readonly answerMs: number
  readonly enquireMs: number
  /** A request of the peer, which is answered by `answer`, sooner or later. */
  readonly hear: (request: PduOf<RequestName>) => void
  /** Once. `why` in words for a log. */
  readonly ended: (why: string) => void
  /** There is room in the window again. */
  readonly freed?: () => void
}

export type Answered =
  | { readonly kind: 'answered'; readonly pdu: Pdu }
  /** It was sent, and nobody knows what became of it. */
  | { readonly kind: 'inDoubt'; readonly why: string }
  /** It never left. */
  | { readonly kind: 'notSent'; readonly why: string }

interface Pending {
  readonly expects: number
  readonly settle: (answered: Answered) => void
  readonly timer: Timer
  readonly inWindow: boolean
}

/** A peer that does not read what we answer is not served for ever. */
const mostUnsent = 1 << 20
/** Of the peer's requests; beyond it nothing more is read. */
const mostUnanswered = 512
/**
 * PDUs with a right length and a wrong inside: each is answered so, until it is clear that none will be
 * right.
 */
const mostWrong = 100

export class SmppSession {
  readonly #settings: SessionSettings
  readonly #splitter = new PduSplitter()
  readonly #pending = new Map<number, Pending>()
  #sequence = 0
  #inWindow = 0
  #unanswered = 0
  #isPaused = false
  #wrong = 0
  #enquiry: Timer
  #isOver = false

  constructor(settings: SessionSettings) {
    this.#settings = settings
    this.#enquiry = this.#enquireLater()
  }

  /** How many more requests may be sent now. */
  get room(): number {
    return this.#isOver ? 0 : this.#settings.window - this.#inWindow
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * One request. Never rejects.
   * @throws RangeError when a field does not fit
   */
  request<Name extends RequestName>(
    command: Name,
    body: BodyOf<Name>,
    tlvs: Tlvs = noTlvs,
  ): Promise<Answered> {
    return this.#request(command, body, tlvs, true)
  }

  #request<Name extends RequestName>(
    command: Name,
    body: BodyOf<Name>,
    tlvs: Tlvs,
    inWindow: boolean,
  ): Promise<Answered> {
    const { clock, answerMs } = this.#settings
    if (this.#isOver) return Promise.resolve({ kind: 'notSent', why: 'the link is down' })
    if (inWindow && this.room <= 0) return Promise.resolve({ kind: 'notSent', why: 'the window is full' })
    const sequence = this.#nextSequence()
    // A union of all commands does not follow that command and body are of one name.
    const bytes = writePdu({ command, status: 0, sequence, body, tlvs } as Pdu)
    return new Promise((settle) => {
      const timer = clock.after(answerMs, () =>
        this.#settle(sequence, { kind: 'inDoubt', why: 'no answer in time' }),
      )
      this.#pending.set(sequence, { expects: answerIdOf(command), settle, timer, inWindow })
      if (inWindow) this.#inWindow++
      this.#write(bytes)
    })
  }

  /** Asks whether the peer is there. Its answer proves that it has read all that was written before. */
  enquire(): Promise<Answered> {
    return this.#request('enquireLink', {}, noTlvs, false)
  }

  /** Answers a request of the peer. After the end it does nothing: the peer will send it again. */
  answer(
    request: PduOf<RequestName>,
    status: number = statuses.ok,
    body?: object,
    tlvs: Tlvs = noTlvs,
  ): void {
    this.#unanswered--
    if (this.#isOver) return
    this.#respond(`${request.command}Resp` as CommandName, request.sequence, status, body, tlvs)
    if (this.#isPaused && this.#unanswered < mostUnanswered / 2) {
      this.#isPaused = false
      this.#settings.wire.resume()
    }
  }

  /** What came from the peer. */
  read(chunk: Uint8Array): void {
    if (this.#isOver) return
    const { frames, broken } = this.#splitter.push(chunk)
    for (const frame of frames) {
      this.#take(frame)
      if (this.#isOver) return
    }
    if (broken) this.end('the peer sent a length that cannot be')
    else if (this.#unanswered >= mostUnanswered && !this.#isPaused) {
      this.#isPaused = true
      this.#settings.wire.pause()
    }
  }

  /** Says goodbye and waits a moment for the answer; what still waits for one is in doubt. */
  async unbind(): Promise<void> {
    if (this.#isOver) return
    await this.#request('unbind', {}, noTlvs, false)
    this.end('unbound')
  }

  /** Drops the connection. */
  end(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#enquiry.cancel()
    this.#settings.wire.destroy()
    for (const sequence of [...this.#pending.keys()]) this.#settle(sequence, { kind: 'inDoubt', why })
    this.#settings.ended(why)
  }

  #take(frame: Uint8Array): void {
    const read = readPdu(frame)
    if (!read.ok) this.#refuse(read.error, read.id, read.sequence)
    else if (read.pdu.command === 'genericNack' || read.pdu.command.endsWith('Resp')) this.#match(read.pdu)
    // What is neither a nack nor an answer is a request.
    else this.#hear(read.pdu as PduOf<RequestName>)
  }

  #hear(request: PduOf<RequestName>): void {
    switch (request.command) {
      case 'enquireLink':
        this.#respond('enquireLinkResp', request.sequence, statuses.ok)
        break
      case 'unbind':
        this.#respond('unbindResp', request.sequence, statuses.ok)
        this.end('the peer unbound')
        break
      default:
        this.#unanswered++
        this.#settings.hear(request)
    }
  }

  /** Its length was right, so the stream goes on; but an answer that cannot be read answers nothing. */
  #refuse(error: string, id: number, sequence: number): void {
    if (isAnswer(id)) {
      if (error === 'layout') this.end('the peer sent an answer that cannot be read')
      return
    }
    if (++this.#wrong > mostWrong) {
      this.end('the peer sends nothing that can be read')
      return
    }
    const [name] = Object.entries(commands).find(([, row]) => row.id === id) ?? []
    const hasAnswer = error === 'layout' && name !== undefined && `${name}Resp` in commands
    if (hasAnswer) this.#respond(`${name}Resp` as CommandName, sequence, statuses.permanentError)
    else this.#respond('genericNack', sequence, statuses.invalidCommandId)
  }

  #match(pdu: Pdu): void {
    const pending = this.#pending.get(pdu.sequence)
    const isNack = pdu.command === 'genericNack'
    if (pending && (isNack || pending.expects === commands[pdu.command].id)) {
      this.#settle(pdu.sequence, { kind: 'answered', pdu })
    } else if (isNack) {
      this.end('the peer could not read what we sent')
    }
    // An answer that comes too late, or to nothing, changes nothing.
  }

  #settle(sequence: number, answered: Answered): void {
    const pending = this.#pending.get(sequence)
    if (!pending) return
    this.#pending.delete(sequence)
    pending.timer.cancel()
    if (pending.inWindow) this.#inWindow--
    pending.settle(answered)
    if (pending.inWindow && !this.#isOver) this.#settings.freed?.()
  }

  #respond(command: CommandName, sequence: number, status: number, body?: object, tlvs: Tlvs = noTlvs): void {
    const whole = { ...emptyBody(command), ...body }
    this.#write(writePdu({ command, status, sequence, body: whole, tlvs } as Pdu))
  }

  #write(bytes: Uint8Array): void {
    const { wire } = this.#settings
    wire.write(bytes)
    if (wire.unsent > mostUnsent) this.end('the peer does not read')
  }

  #enquireLater(): Timer {
    const { clock, enquireMs } = this.#settings
    return clock.after(enquireMs, () => {
      this.#enquiry = this.#enquireLater()
      void this.enquire().then((answered) => {
        if (answered.kind === 'inDoubt') this.end('the peer does not answer')
      })
    })
  }

  /** 1 to 0x7FFFFFFF, then again; a number still waited for is passed over. */
  #nextSequence(): number {
    do this.#sequence = this.#sequence >= 0x7fff_ffff ? 1 : this.#sequence + 1
    while (this.#pending.has(this.#sequence))
    return this.#sequence
  }
}

function answerIdOf(command: RequestName): number {
  return commands[command].id + 0x8000_0000
}

function emptyBody(command: CommandName): object {
  return command === 'genericNack' ? {} : { messageId: '', systemId: '' }
}
