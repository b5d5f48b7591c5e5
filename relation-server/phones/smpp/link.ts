// One link to an operator's centre, as the rest of the server sees it: it hears phones, sends them texts, and
// keeps itself up. Sessions come and go below it; nothing of them is seen from outside.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { fractionFrom, type Random } from '@concilia/protocol/random.ts'
import { type PduOf, type RequestName, shortMessageBody, status } from '@concilia/protocol/smpp/commands.ts'
import type { SmppSession } from '@concilia/protocol/smpp/session.ts'
import { writeScreen, writeWords } from '@concilia/protocol/smpp/short-message.ts'
import { final, type Receipt, temporary } from '../gateways/gateway.ts'
import type { OutgoingText, Receive, SendResult, TextSender } from '../port.ts'
import { mayBeTexted } from '../sender-number.ts'
import { type BindCommand, Binding, type BindingSettings } from './binding.ts'
import type { Dial } from './dial-adapter.ts'
import { type Delivery, Hearing } from './hearing.ts'
import { destinationOf, type Profile, sourceOf, ussdAnswerTlvs, validityOf } from './profile.ts'
import { ReceiptMemory } from './receipt-memory.ts'
import { type Submission, Submitter } from './submitter.ts'

export interface LinkSettings extends Omit<BindingSettings, 'command'> {
  readonly profile: Profile
  /** One session for both ways, or one for each. */
  readonly bind: 'transceiver' | 'pair'
  /** A text not handed over by then is given back. */
  readonly sendLimitMs: number
  readonly answerLimitMs: number
}

export interface LinkParts {
  readonly settings: LinkSettings
  readonly dial: Dial
  readonly receive: Receive
  readonly hearReceipt: (receipt: Receipt) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const longestAddress = 20
/** A screen that comes later than its dialogue lives is for nobody. */
const screenMs = 15_000

export class SmppLink implements TextSender {
  readonly #parts: LinkParts
  readonly #bindings: readonly Binding[]
  /** The one that sends: the last of a pair. */
  readonly #sending: Binding | undefined
  readonly #submitter: Submitter
  readonly #receipts: ReceiptMemory
  readonly #hearing: Hearing
  /** By key: an attempt made while the one before has no answer joins it. */
  readonly #underWay = new Map<string, Promise<SendResult>>()
  #reference: number

  constructor(parts: LinkParts) {
    const { settings, clock, hearReceipt } = parts
    const { profile, answerLimitMs } = settings
    const log = parts.log.child({ link: profile.name })
    this.#parts = { ...parts, log }
    this.#reference = Math.floor(fractionFrom(parts.random) * 256)
    this.#receipts = new ReceiptMemory(clock, (key, { what, state, error }) => {
      if (key !== '') hearReceipt({ gateway: profile.name, key, what })
      if (what === 'failed') log.info({ key, state, error }, 'a text did not reach its phone')
    })
    this.#submitter = new Submitter({
      clock,
      session: () => this.#sending?.session,
      slowedDown: (pauseMs) => log.warn({ pauseMs }, 'the centre asked for a pause'),
    })
    const show = (step: Delivery, screen: string, goesOn: boolean) => this.#show(step, screen, goesOn)
    this.#hearing = new Hearing({ ...this.#parts, profile, receipts: this.#receipts, show, answerLimitMs })
    const commands: readonly BindCommand[] =
      settings.bind === 'pair' ? ['bindReceiver', 'bindTransmitter'] : ['bindTransceiver']
    this.#bindings = commands.map((command) => this.#binding(command))
    this.#sending = this.#bindings.at(-1)
  }

  get name(): string {
    return this.#parts.settings.profile.name
  }

  /** Whether a text handed in now would leave at once. */
  get isUp(): boolean {
    return this.#sending?.session !== undefined
  }

  start(): void {
    for (const binding of this.#bindings) binding.start()
  }

  /**
   * `temporary` also where it is in doubt: sent, and the link dropped before the answer. It is said again, in
   * the same words with the same code and reference, because a text that comes twice tells its reader
   * nothing new, while silence costs a buyer the sale or leaves a receipt unread; nothing that is done on the
   * strength of a text is done twice (rule 14).
   */
  send(text: OutgoingText): Promise<SendResult> {
    const before = this.#underWay.get(text.key)
    if (before) return before
    const sending = this.#send(text).finally(() => this.#underWay.delete(text.key))
    this.#underWay.set(text.key, sending)
    return sending
  }

  async close(): Promise<void> {
    this.#submitter.stop()
    await Promise.all(this.#bindings.map((binding) => binding.stop()))
  }

  async #send({ subscriber, text, key, validForMs }: OutgoingText): Promise<SendResult> {
    if (!mayBeTexted(subscriber)) return final('not a number we text')
    if (subscriber.key.length > longestAddress) return final('an address too long for SMPP')
    const { profile, sendLimitMs } = this.#parts.settings
    this.#reference = (this.#reference + 1) & 0xff
    const parts = writeWords(text, this.#reference, profile)
    const submissions = parts.map(
      ({ esmClass, dataCoding, shortMessage, tlvs }, index): Submission => ({
        body: shortMessageBody({
          ...sourceOf(profile),
          ...destinationOf(subscriber),
          esmClass,
          dataCoding,
          shortMessage,
          validity: validForMs === undefined ? '' : validityOf(validForMs),
          // Only of the last part: a text is there when all of it is.
          registeredDelivery: profile.receipts && index === parts.length - 1 ? 1 : 0,
        }),
        tlvs,
      }),
    )
    for (const [index, submission] of submissions.entries()) {
      const submitted = await this.#submitter.submit(submission, sendLimitMs)
      if (submitted.kind === 'refused') return final(submitted.why)
      if (submitted.kind === 'inDoubt') return temporary(`in doubt: ${submitted.why}`)
      if (submitted.kind === 'notTaken') return temporary(submitted.why)
      if (index === submissions.length - 1 && profile.receipts && submitted.messageId !== '') {
        this.#receipts.sent(submitted.messageId, destinationOf(subscriber).destination, key)
      }
    }
    return { kind: 'sent' }
  }

  /** Nobody waits for it: when the dialogue is over, what counts goes by text. */
  #show({ body, tlvs }: Delivery, screen: string, goesOn: boolean): void {
    const { profile } = this.#parts.settings
    if (!profile.ussd) return
    const { dataCoding, octets } = writeScreen(screen, profile.alphabet)
    const submission: Submission = {
      body: shortMessageBody({
        serviceType: body.serviceType.slice(0, 5),
        sourceTon: body.destinationTon,
        sourceNpi: body.destinationNpi,
        source: body.destination.slice(0, longestAddress),
        destinationTon: body.sourceTon,
        destinationNpi: body.sourceNpi,
        destination: body.source.slice(0, longestAddress),
        dataCoding: dataCoding === 0 ? profile.ussd.dataCoding : dataCoding,
        shortMessage: octets,
      }),
      tlvs: ussdAnswerTlvs(profile.ussd, tlvs, goesOn),
    }
    void this.#submitter.submit(submission, screenMs, true).then((submitted) => {
      if (submitted.kind !== 'taken') this.#parts.log.info({ why: submitted.why }, 'a screen was not shown')
    })
  }

  #binding(command: BindCommand): Binding {
    const { settings, dial, clock, random, log } = this.#parts
    return new Binding({
      settings: { ...settings, command },
      dial,
      clock,
      random,
      log,
      hear: (session, request) => this.#hear(session, request),
      freed: () => this.#submitter.pump(),
    })
  }

  #hear(session: SmppSession, request: PduOf<RequestName>): void {
    if (request.command === 'deliverSm' || request.command === 'dataSm') this.#hearing.hear(session, request)
    else session.answer(request, status.invalidCommandId)
  }
}
