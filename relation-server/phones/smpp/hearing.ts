// What a centre delivers, to what a phone said: texts put together from their parts, steps of dialogues,
// receipts. A delivery is acknowledged once what it carries is stored and not before; what could not be
// stored is refused for now, and comes again.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { esm, type PduOf, status, ussdOperation } from '@concilia/protocol/smpp/commands.ts'
import { readReceipt } from '@concilia/protocol/smpp/receipt.ts'
import type { SmppSession } from '@concilia/protocol/smpp/session.ts'
import { type Part, readWords } from '@concilia/protocol/smpp/short-message.ts'
import { afterCode } from '../dialled-code.ts'
import { notServed } from '../gateways/gateway.ts'
import type { Incoming, Receive, Reply } from '../port.ts'
import { PartAssembly } from './part-assembly.ts'
import { type Profile, subscriberOf, type UssdProfile, ussdStepOf } from './profile.ts'
import { ProvedAnswers } from './proved-answers.ts'
import type { ReceiptMemory } from './receipt-memory.ts'
import { RepeatMemory, type What } from './repeat-memory.ts'
import { Standstill } from './standstill.ts'

export type Delivery = PduOf<'deliverSm' | 'dataSm'>

export interface HearingParts {
  readonly profile: Profile
  readonly receive: Receive
  readonly receipts: ReceiptMemory
  /** Shows a screen to whoever took this step. */
  readonly show: (step: Delivery, screen: string, goesOn: boolean) => void
  readonly clock: Clock
  readonly log: Log
  /** What is not stored by then is refused for now; it may still be stored, and its repeat is harmless. */
  readonly answerLimitMs: number
}

/** One delivery, to be answered once. */
interface Heard {
  readonly session: SmppSession
  readonly delivery: Delivery
}

export class Hearing {
  readonly #parts: HearingParts
  readonly #assembly: PartAssembly<Heard>
  readonly #repeats: RepeatMemory
  readonly #proved: ProvedAnswers
  readonly #standstill: Standstill

  constructor(parts: HearingParts) {
    this.#parts = parts
    this.#assembly = new PartAssembly(parts.clock)
    this.#repeats = new RepeatMemory(parts.clock)
    this.#proved = new ProvedAnswers(parts.clock)
    this.#standstill = new Standstill(parts.clock)
  }

  start(): void {
    this.#standstill.start()
  }

  stop(): void {
    this.#standstill.stop()
  }

  hear(session: SmppSession, delivery: Delivery): void {
    const heard = { session, delivery }
    const { alphabet, ussd } = this.#parts.profile
    const kind = delivery.body.esmClass & esm.typeBits
    const words = readWords(wordsOf(delivery), delivery.tlvs, alphabet)
    const step = ussd && ussdStepOf(ussd, delivery.tlvs)
    if (kind === esm.receipt || kind === esm.intermediate) this.#hearReceipt(heard, words?.text ?? '')
    else if (ussd && step) this.#hearStep(heard, ussd, step, words?.text ?? '')
    // Acknowledgements of handsets, which nobody asked for, and what is no text: repeating it would not help.
    else if (kind !== 0 || !words) this.#drop(heard, 'no text')
    else if (words.part) this.#hearPart(heard, words.part, words.text)
    else this.#hearText(words.text, [heard])
  }

  #hearPart(heard: Heard, part: Part, text: string): void {
    const { source, destination } = heard.delivery.body
    const whole = (all: string, pieces: readonly Heard[]) => this.#hearText(all, pieces)
    const kept = this.#assembly.add(JSON.stringify([source, destination]), part, text, heard, whole)
    if (kept === 'dropped') this.#drop(heard, 'the rest of a text whose beginning was taken')
  }

  #hearText(text: string, all: readonly Heard[]): void {
    const [first] = all
    if (!first) return
    const { profile, clock } = this.#parts
    const { source, destination } = first.delivery.body
    const subscriber = subscriberOf(profile, first.delivery.body)
    if (!subscriber) {
      for (const each of all) this.#drop(each, 'no sender')
      return
    }
    const what = ['text', source, destination, text] as const
    const messageId = this.#repeats.idOf(what)
    this.#receive(all, what, {
      gateway: profile.name,
      messageId,
      channel: 'text',
      subscriber,
      vouched: false,
      serviceCode: destination,
      words: text,
      at: clock.now(),
    })
  }

  #hearStep(
    heard: Heard,
    ussd: UssdProfile,
    { operation, session, step }: { operation: number; session: string; step: string },
    text: string,
  ): void {
    const { profile, clock, show } = this.#parts
    if (operation !== ussdOperation.begin && operation !== ussdOperation.answer) {
      this.#drop(heard, `a dialogue's operation ${operation}`, operation !== ussdOperation.abort)
      return
    }
    const { source, destination } = heard.delivery.body
    const subscriber = subscriberOf(profile, heard.delivery.body)
    if (!subscriber) {
      this.#drop(heard, 'no sender')
      show(heard.delivery, notServed, false)
      return
    }
    const what = ['ussd', source, destination, String(operation), session, step, text] as const
    const messageId = this.#repeats.idOf(what)
    const begins = operation === ussdOperation.begin
    this.#receive([heard], what, {
      gateway: profile.name,
      messageId,
      channel: 'ussd',
      subscriber,
      vouched: ussd.vouched,
      sessionId: session,
      begins,
      serviceCode: ussd.code,
      words: begins ? afterCode(text, ussd.code) : text,
      at: clock.now(),
    })
  }

  #receive(all: readonly Heard[], what: What, incoming: Incoming): void {
    const { receive, clock, log, answerLimitMs, show } = this.#parts
    let isAnswered = false
    // Its sender may have given up before we read it, or before we answered: it then comes again, whatever it
    // sees of our answer.
    const wasLate = this.#standstill.isJustOver
    const answer = (code: number) => {
      if (isAnswered) return
      isAnswered = true
      limit.cancel()
      const mayComeAgain = wasLate || this.#standstill.isJustOver
      for (const { session, delivery } of all) {
        session.answer(delivery, code)
        if (code !== status.ok || mayComeAgain) continue
        this.#proved.answered(session, () => this.#repeats.prove(incoming.messageId, what))
      }
    }
    const limit = clock.after(answerLimitMs, () => {
      log.warn('a message was not stored in time; the centre is asked to send it again')
      answer(status.temporaryError)
    })
    const shown = (reply: Reply) => {
      answer(status.ok)
      const [step] = all
      if (reply.kind === 'screen' && step) show(step.delivery, reply.screen, reply.goesOn)
    }
    receive(incoming, () => answer(status.ok)).then(shown, (err: unknown) => {
      if (!isAnswered)
        log.error({ err }, 'a message could not be stored; the centre is asked to send it again')
      answer(status.temporaryError)
    })
  }

  /** News only, so it is acknowledged at once. */
  #hearReceipt(heard: Heard, text: string): void {
    const receipt = readReceipt(text, heard.delivery.tlvs)
    if (!receipt) {
      this.#drop(heard, 'a receipt that names no text')
      return
    }
    heard.session.answer(heard.delivery)
    const { source, destination } = heard.delivery.body
    // From the phone, with most centres; with some from us, as the text itself was.
    const phone = source === this.#parts.profile.sender ? destination : source
    this.#parts.receipts.heard(receipt, phone)
  }

  #drop({ session, delivery }: Heard, why: string, isStrange = true): void {
    session.answer(delivery)
    if (isStrange) this.#parts.log.warn({ why }, 'a delivery was dropped')
  }
}

function wordsOf({ body }: Delivery) {
  return 'shortMessage' in body ? body : { ...body, shortMessage: new Uint8Array() }
}
