// The mobile network between buyers and servers: texts take their time, come twice or not at all; gateways
// hand each to a server, half the phones in the form of Kannel, half in that of Africa's Talking, and repeat
// it until it is taken. A dialogue's step is answered by a screen, at whichever server it is repeated, or the
// dialogue is gone.

import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { africasTalking } from '@concilia/relation-server/phones/gateways/africas-talking.ts'
import type { Fields, WholeGateway } from '@concilia/relation-server/phones/gateways/gateway.ts'
import { kannel } from '@concilia/relation-server/phones/gateways/kannel.ts'
import type { Incoming, Receive, Reply, TextSender } from '@concilia/relation-server/phones/port.ts'
import type { LinkParts, SmppLink } from '@concilia/relation-server/phones/smpp/link.ts'
import type { SessionKey } from '@concilia/relation-server/phones/smpp/profile.ts'
import type { CallDesk } from '@concilia/relation-server/phones/voice/call-desk.ts'
import type { Visits } from '@concilia/relation-server/phones/web/visits.ts'
import type { Store } from '@concilia/relation-server/store/port.ts'
import { MessageCentre } from './message-centre.ts'
import { linkName, messageLink } from './message-link.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

/** How long a gateway waits for its 200, and before it repeats (ms). */
const answerMs = 15_000
const againMs = 5_000
const mostRepeats = 60
/** A dialogue does not live long enough for more. */
const mostStepRepeats = 2

export const serviceCode = '*123#'

/** A server as gateways know it. */
export interface ServedPhones {
  readonly process: SimulatedProcess
  readonly clock: Clock
  readonly gateways: Readonly<Record<Form, WholeGateway>>
  readonly calls: CallDesk | undefined
  /** What pages are made of. */
  readonly web: { readonly visits: Visits; readonly store: Pick<Store, 'pages'>; readonly random: Random }
  readonly receive: (incoming: Incoming) => Promise<Reply>
}

export interface Screen {
  readonly text: string
  readonly goesOn: boolean
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly carriage: Carriage
  readonly observe: Observe
  /** The servers that run now. */
  readonly servers: () => readonly ServedPhones[]
  /** A text arrives at a handset. */
  readonly toHandset: (number: string, words: string, key: string) => void
  /** Probability that a gateway refuses a text for the time being. */
  readonly busy: () => number
  /** How the message centre numbers dialogues, and how often it misses that a step was taken. */
  readonly sessionKey: SessionKey
  readonly missed: () => number
}

type Form = 'kannel' | 'africasTalking'

const account = {
  sendOrigin: 'http://gateway.invalid',
  username: 'concilia',
  sender: '36000',
  ussdVouched: true,
}
export const gatewaysOfServer: Readonly<Record<Form, WholeGateway>> = {
  kannel: kannel({ ...account, name: 'kannel', password: 'simulated', ussdCode: serviceCode }),
  africasTalking: africasTalking({ ...account, name: 'africas-talking', apiKey: 'simulated' }),
}

/** Which operator's a number is: that of one gateway or the other, or of the message centre. */
function formOf(number: string): Form | 'smpp' {
  return (['kannel', 'africasTalking', 'smpp'] as const)[Number(number.at(-1)) % 3] ?? 'kannel'
}

export class Carrier {
  readonly #parts: Parts
  #messages = 0
  /** What was typed in each dialogue so far, as Africa's Talking repeats it. */
  readonly #typed = new Map<string, string[]>()
  readonly centre: MessageCentre
  /** Under which key a process has last heard these words, and was to send them. */
  /** Steps of a dialogue so far, at the message centre. */
  readonly #places = new Map<string, number>()
  readonly #heard = new Map<string, string>()
  readonly #sent = new Map<string, string>()

  constructor(parts: Parts) {
    this.#parts = parts
    const { timeline, random, observe, carriage, toHandset, busy, sessionKey, missed } = parts
    const took = (number: string, words: string) => {
      const key = this.#sent.get(`${number} ${words}`) ?? ''
      observe({ type: 'textAccepted', key })
      carriage.carry(() => toHandset(number, words, key))
    }
    const own = random.stream('smpp')
    this.centre = new MessageCentre({ timeline, random: own, observe, took, busy, sessionKey, missed })
  }

  /** The link of a server process. */
  linkOf(
    process: SimulatedProcess,
    { receive, ...parts }: Pick<LinkParts, 'receive' | 'clock' | 'random' | 'log'>,
  ): SmppLink {
    const { centre } = this
    const heard: Receive = (incoming, stored) => {
      const { subscriber, words, messageId } = incoming
      this.#heard.set(`${process.name} ${subscriber.key} ${words}`, messageId)
      return receive(incoming, stored)
    }
    return messageLink({ process, centre, serviceCode, receive: heard, ...parts })
  }

  /** A phone sends a text. */
  text(from: string, words: string): void {
    const id = `text-${this.#messages++}`
    if (formOf(from) === 'smpp') {
      const taken = ({ name }: SimulatedProcess) => {
        const key = this.#heard.get(`${name} ${from} ${words}`) ?? ''
        this.#parts.observe({ type: 'textTaken', gateway: linkName, key })
      }
      this.#parts.carriage.carry(() => this.centre.text(from, '36000', words, taken))
      return
    }
    this.#parts.carriage.carry(() => this.#hand({ id, from, to: '36000', text: words }, 0))
  }

  /**
   * One step of a dialogue: dialled (`*123*4021#`) or typed.
   * @param ended undefined when the dialogue is gone
   */
  step(from: string, session: number, words: string, ended: (screen: Screen | undefined) => void): void {
    const { timeline, random } = this.#parts
    const id = `step-${this.#messages++}`
    const form = formOf(from)
    const shown = (screen: Screen | undefined) => timeline.after(random.around(300), () => ended(screen))
    if (form === 'smpp') {
      const sessionId = `${from} ${session}`
      const place = this.#places.get(sessionId) ?? 0
      this.#places.set(sessionId, place + 1)
      const step = { session, place, words }
      timeline.after(random.around(300), () => this.centre.step(from, serviceCode, step, shown))
      return
    }
    const fields =
      form === 'kannel' ? kannelStep(id, from, session, words) : this.#history(from, session, words)
    timeline.after(random.around(300), () => this.#handStep(form, fields, 0, shown))
  }

  /** Hands a step to one server, and to another when nothing comes back: the same step, with the same id. */
  #handStep(form: Form, fields: Fields, repeat: number, ended: (screen: Screen | undefined) => void): void {
    const server = this.#server()
    const heard = server?.gateways[form].routes.ussd.hear(fields, server.clock.now())
    if (!server || heard?.kind !== 'incoming') {
      ended(undefined)
      return
    }
    this.#ask(server, heard.incoming, (reply) => {
      if (reply?.kind === 'screen') ended({ text: reply.screen, goesOn: reply.goesOn })
      else if (repeat < mostStepRepeats) this.#handStep(form, fields, repeat + 1, ended)
      else ended(undefined)
    })
  }

  #history(phoneNumber: string, session: number, words: string): Fields {
    const sessionId = `${phoneNumber} ${session}`
    const begins = words.startsWith('*')
    const deeper = words.slice(serviceCode.length).replace(/#$/, '')
    const typed = begins ? [deeper].filter(Boolean) : [...(this.#typed.get(sessionId) ?? []), words]
    this.#typed.set(sessionId, typed)
    return { sessionId, phoneNumber, serviceCode, text: typed.join('*') }
  }

  /** The sender port of one server process. @param link asked once there is one */
  senderOf(process: SimulatedProcess, link: () => SmppLink): TextSender {
    const { timeline, random, carriage, observe, toHandset, busy } = this.#parts
    return {
      send: (outgoing) => {
        const { subscriber, text, key } = outgoing
        if (formOf(subscriber.key) === 'smpp') {
          this.#sent.set(`${subscriber.key} ${text}`, key)
          observe({ type: 'textHandedOver', key })
          return link().send(outgoing)
        }
        const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<TextSender['send']>>>()
        process.leave(() => {
          observe({ type: 'textHandedOver', key })
          const refused = random.chance(busy())
          if (!refused) observe({ type: 'textAccepted', key })
          if (!refused) carriage.carry(() => toHandset(subscriber.key, text, key))
          timeline.after(random.around(40), () =>
            process.enter(() =>
              resolve(
                refused
                  ? { kind: 'failed', retry: 'temporary', why: 'the gateway is busy' }
                  : { kind: 'sent' },
              ),
            ),
          )
        })
        return promise
      },
      close: async () => {},
    }
  }

  /** Hands a text to a server until one has taken it. */
  #hand(fields: Fields, repeat: number): void {
    const { timeline, random } = this.#parts
    const again = () => {
      if (repeat < mostRepeats) timeline.after(random.around(againMs), () => this.#hand(fields, repeat + 1))
    }
    const server = this.#server()
    if (!server) {
      again()
      return
    }
    const form = formOf(fields.from ?? '')
    if (form === 'smpp') return
    const heard = server.gateways[form].routes.text.hear(fields, server.clock.now())
    if (heard.kind !== 'incoming') return
    const { gateway, messageId: key } = heard.incoming
    this.#ask(server, heard.incoming, (reply) => {
      if (reply) this.#parts.observe({ type: 'textTaken', gateway, key })
      else again()
    })
  }

  #server(): ServedPhones | undefined {
    const running = this.#parts.servers().filter(({ process }) => process.alive)
    return running.length === 0 ? undefined : this.#parts.random.pick(running)
  }

  /** @param answered with undefined when it was refused, or nothing came in time; said once */
  #ask(
    { process, receive }: ServedPhones,
    incoming: Incoming,
    answered: (reply: Reply | undefined) => void,
  ): void {
    let isOpen = true
    const answer = (reply: Reply | undefined) => {
      if (!isOpen) return
      isOpen = false
      answered(reply)
    }
    this.#parts.timeline.after(answerMs, () => answer(undefined))
    process.enter(() => {
      receive(incoming).then(
        (reply) => process.leave(() => answer(reply)),
        (error: unknown) =>
          process.leave(() => {
            const mayComeAgain = error instanceof OperatingError && error.retry
            const { observe } = this.#parts
            if (!mayComeAgain) observe({ type: 'textRefused', key: incoming.messageId, why: String(error) })
            answer(undefined)
          }),
      )
    })
  }
}

function kannelStep(id: string, from: string, session: number, text: string): Fields {
  const operation = text.startsWith('*') ? '01' : '12'
  return { id, from, text, meta: `?smpp?ussd_service_op=%${operation}&its_session_info=%${hex(session)}%00&` }
}

function hex(session: number): string {
  return (session % 256).toString(16).padStart(2, '0')
}
