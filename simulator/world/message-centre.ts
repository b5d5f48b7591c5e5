// An operator's SMPP centre in the simulated world: servers bind to it over streams of bytes that break, fall
// silent and come in pieces; it brings texts and dialogues' steps until they are acknowledged, steps at times
// again although they were, and takes the servers' texts and screens, when it does not ask for a pause. Both
// ends are the real session and codec.
import {
  noTlvs,
  type PduOf,
  type RequestName,
  shortMessageBody,
  status,
  type Tlvs,
  tag,
  ussdOperation,
} from '@concilia/protocol/smpp/commands.ts'
import { SmppSession } from '@concilia/protocol/smpp/session.ts'
import { readWords } from '@concilia/protocol/smpp/short-message.ts'
import type { Dial, Ear } from '@concilia/relation-server/phones/smpp/dial-adapter.ts'
import type { SessionKey } from '@concilia/relation-server/phones/smpp/profile.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'

const wayMs = 3
const againMs = 5_000
const mostRepeats = 60
/** Within a minute or beyond it, before a restarted server is back or after. */
const stepAgainMs = [1_000, 5_000, 20_000, 60_000]
const screenMs = 20_000
const alphabet = 'gsm7'

export interface Shown {
  readonly text: string
  readonly goesOn: boolean
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly observe: Observe
  /** A text was taken from a server. */
  readonly took: (number: string, words: string) => void
  /** Probability that it has no room for a text now. */
  readonly busy: () => number
  readonly sessionKey: SessionKey
  /** Probability that it misses the acknowledgement of a step, and brings that again. */
  readonly missed: () => number
}

/** A connection as the centre has it. */
interface Line {
  readonly process: SimulatedProcess
  readonly session: SmppSession
  readonly cut: () => void
  /** Nothing goes either way, and nobody is told. */
  deaf: boolean
  isBound: boolean
}

export class MessageCentre {
  readonly #parts: Parts
  readonly #misses: SeededRandom
  readonly #lines = new Set<Line>()
  /** Who waits for the next screen of a dialogue. */
  readonly #screens = new Map<string, (shown: Shown) => void>()
  /** Parts of long texts. */
  readonly #pieces = new Map<string, string[]>()
  #texts = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#misses = parts.random.stream('missed')
  }

  get sessionKey(): SessionKey {
    return this.#parts.sessionKey
  }

  /** How a process's link connects. */
  dialOf(process: SimulatedProcess): Dial {
    const { timeline } = this.#parts
    return (ear) => {
      const line = this.#accept(process, ear)
      const { session } = line
      const toCentre = (arrive: () => void) => process.leave(() => void timeline.after(wayMs, arrive))
      process.atEnd(() => timeline.after(wayMs, () => session.end('the peer is gone')))
      timeline.after(wayMs, () => process.enter(() => ear.opened()))
      return {
        write: (bytes) => toCentre(() => line.deaf || this.#read(session, bytes)),
        unsent: 0,
        pause: () => {},
        resume: () => {},
        destroy: () => toCentre(() => session.end('the link closed the connection')),
      }
    }
  }

  /**
   * A phone says something.
   * @param taken told, with the server that did, when it was acknowledged
   */
  text(from: string, to: string, words: string, taken: (process: SimulatedProcess) => void): void {
    const body = { ...addressed(from), destination: to, shortMessage: Buffer.from(words) }
    this.#bring(body, noTlvs, 0, (process) => {
      taken(process)
      return undefined
    })
  }

  /** @param ended undefined when no screen came in time */
  step(
    from: string,
    to: string,
    { session, place, words }: { session: number; place: number; words: string },
    ended: (shown: Shown | undefined) => void,
  ): void {
    const operation = place === 0 ? ussdOperation.begin : ussdOperation.answer
    const tlvs: Tlvs = new Map([
      [tag.ussdServiceOp, Uint8Array.of(operation)],
      ...sessionTlvs[this.#parts.sessionKey](session % 256, place),
    ])
    const key = `${from} ${sessionIn(tlvs)}`
    let isOpen = true
    const end = (shown: Shown | undefined) => {
      if (!isOpen) return
      isOpen = false
      if (this.#screens.get(key) === end) this.#screens.delete(key)
      ended(shown)
    }
    this.#screens.set(key, end)
    this.#parts.timeline.after(screenMs, () => end(undefined))
    const body = { ...addressed(from), destination: to, shortMessage: Buffer.from(words) }
    this.#bring(body, tlvs, mostRepeats - 2, () => this.#missed())
  }

  /** Every connection of a process breaks. */
  cut(process: SimulatedProcess): void {
    for (const line of [...this.#lines]) if (line.process === process) line.cut()
  }

  /** They are there, and nothing comes through any more: only asking finds out. */
  deafen(process: SimulatedProcess): void {
    for (const line of this.#lines) if (line.process === process) line.deaf = true
  }

  /** @returns after which time it comes again although it was taken (ms), if it does */
  #missed(): number | undefined {
    return this.#misses.chance(this.#parts.missed()) ? this.#misses.pick(stepAgainMs) : undefined
  }

  /** @param taken says after which time it is brought again all the same (ms); undefined: not any more */
  #bring(
    body: Parameters<typeof shortMessageBody>[0],
    tlvs: Tlvs,
    repeat: number,
    taken: (process: SimulatedProcess) => number | undefined,
  ): void {
    const { timeline, random } = this.#parts
    const again = (ms = random.around(againMs)) => {
      if (repeat < mostRepeats) timeline.after(ms, () => this.#bring(body, tlvs, repeat + 1, taken))
    }
    const open = [...this.#lines].filter(({ isBound }) => isBound)
    if (open.length === 0) {
      again()
      return
    }
    const line = random.pick(open)
    void line.session.request('deliverSm', shortMessageBody(body), tlvs).then((answered) => {
      const isTaken = answered.kind === 'answered' && answered.pdu.status === status.ok
      const againMs = isTaken ? taken(line.process) : undefined
      if (!isTaken || againMs !== undefined) again(againMs)
    })
  }

  #accept(process: SimulatedProcess, ear: Ear): Line {
    const { timeline } = this.#parts
    const toLink = (arrive: () => void) => timeline.after(wayMs, () => process.enter(arrive))
    let isOver = false
    const close = (why: string) => {
      if (isOver) return
      isOver = true
      this.#lines.delete(line)
      toLink(() => ear.closed(why))
    }
    const session: SmppSession = new SmppSession({
      wire: {
        write: (bytes) => void (line.deaf || toLink(() => ear.read(bytes))),
        unsent: 0,
        pause: () => {},
        resume: () => {},
        destroy: () => close('the peer closed the connection'),
      },
      clock: timeline,
      window: 10,
      answerMs: 10_000,
      enquireMs: 30_000,
      hear: (request) => this.#hear(line, request),
      ended: (why) => close(why),
    })
    const cut = () => {
      session.end('ECONNRESET')
      close('ECONNRESET')
    }
    const line: Line = { process, session, cut, deaf: false, isBound: false }
    this.#lines.add(line)
    return line
  }

  /** As they come: whole, or torn apart anywhere. */
  #read(session: SmppSession, bytes: Uint8Array): void {
    const { random } = this.#parts
    const at = random.chance(0.2) ? Math.floor(random.fraction() * bytes.length) : bytes.length
    session.read(bytes.subarray(0, at))
    if (at < bytes.length) session.read(bytes.subarray(at))
  }

  #hear(line: Line, request: PduOf<RequestName>): void {
    const { session } = line
    if (request.command.startsWith('bind')) {
      line.isBound = true
      session.answer(request, status.ok, { systemId: 'centre' })
    } else if (request.command === 'submitSm') this.#take(session, request)
    else session.answer(request, status.invalidCommandId)
  }

  #take(session: SmppSession, request: PduOf<'submitSm'>): void {
    const { random, busy, took } = this.#parts
    const { body, tlvs } = request
    const words = readWords(body, tlvs, alphabet)
    const number = `+${body.destination}`
    const operation = tlvs.get(tag.ussdServiceOp)?.[0]
    if (operation === undefined && random.chance(busy())) {
      session.answer(request, status.throttled)
      return
    }
    session.answer(request, status.ok, { messageId: (++this.#texts).toString(16).padStart(8, '0') })
    if (operation !== undefined) {
      const key = `${number} ${sessionIn(tlvs)}`
      this.#screens.get(key)?.({ text: words?.text ?? '', goesOn: operation === ussdOperation.menu })
    } else if (!words?.part) took(number, words?.text ?? '')
    else {
      const { reference, total, number: place } = words.part
      const key = `${number} ${reference} ${total}`
      const pieces = this.#pieces.get(key) ?? Array.from({ length: total }, () => '')
      pieces[place - 1] = words.text
      this.#pieces.set(key, pieces)
      if (pieces.some((piece) => piece === '')) return
      this.#pieces.delete(key)
      took(number, pieces.join(''))
    }
  }
}

/** What each dialect says of a dialogue and of the step's place in it. */
const sessionTlvs: Record<SessionKey, (number: number, place: number) => [number, Uint8Array][]> = {
  its_session_info: (number, place) => [[tag.itsSessionInfo, Uint8Array.of(number, (2 * place) & 0xfe)]],
  user_message_reference: (number) => [[tag.userMessageReference, Uint8Array.of(0, number)]],
  none: () => [],
}

/** Empty where the phone is all there is. */
function sessionIn(tlvs: Tlvs): string {
  return String(tlvs.get(tag.itsSessionInfo)?.[0] ?? tlvs.get(tag.userMessageReference)?.[1] ?? '')
}

function addressed(number: string) {
  return { source: number.replace('+', ''), sourceTon: 1, sourceNpi: 1 }
}
