// The mobile network between buyers and servers: texts take their time, come twice or not at all; the
// gateway hands each to a server in the form of Kannel and repeats it until it is taken. A dialogue's step
// is answered by a screen or the dialogue is gone.

import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Fields, WholeGateway } from '@concilia/relation-server/phones/gateways/gateway.ts'
import { kannel } from '@concilia/relation-server/phones/gateways/kannel.ts'
import type { Incoming, Reply, TextSender } from '@concilia/relation-server/phones/port.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

/** How long a gateway waits for its 200, and before it repeats (ms). */
const answerMs = 15_000
const againMs = 5_000
const mostRepeats = 60

export const serviceCode = '*123#'

/** A server as gateways know it. */
export interface ServedPhones {
  readonly process: SimulatedProcess
  readonly clock: Clock
  readonly gateway: WholeGateway
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
}

/** The gateway's form, as each server process has its own of it. */
export function gatewayOfServer(): WholeGateway {
  return kannel({
    name: 'kannel',
    sendOrigin: 'http://gateway.invalid',
    username: 'concilia',
    password: 'simulated',
    sender: '36000',
    ussdCode: serviceCode,
    ussdVouched: true,
  })
}

export class Carrier {
  readonly #parts: Parts
  #messages = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A phone sends a text. */
  text(from: string, words: string): void {
    const id = `text-${this.#messages++}`
    this.#parts.carriage.carry(() => this.#hand({ id, from, to: '36000', text: words }, 0))
  }

  /**
   * One step of a dialogue: dialled (`*123*4021#`) or typed.
   * @param ended undefined when the dialogue is gone
   */
  step(from: string, session: number, words: string, ended: (screen: Screen | undefined) => void): void {
    const { timeline, random } = this.#parts
    const id = `step-${this.#messages++}`
    const begins = words.startsWith('*')
    const meta = `?smpp?ussd_service_op=%${begins ? '01' : '12'}&its_session_info=%${hex(session)}%00&`
    timeline.after(random.around(300), () => {
      const server = this.#server()
      if (!server) {
        ended(undefined)
        return
      }
      const heard = server.gateway.routes.ussd.hear({ id, from, text: words, meta }, server.clock.now())
      if (heard.kind !== 'incoming') {
        ended(undefined)
        return
      }
      this.#ask(server, heard.incoming, (reply) =>
        timeline.after(random.around(300), () =>
          ended(reply?.kind === 'screen' ? { text: reply.screen, goesOn: reply.goesOn } : undefined),
        ),
      )
    })
  }

  /** The sender port of one server process. */
  senderOf(process: SimulatedProcess): TextSender {
    const { timeline, random, carriage, observe, toHandset, busy } = this.#parts
    return {
      send: ({ subscriber, text, key }) => {
        const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<TextSender['send']>>>()
        process.leave(() => {
          observe({ type: 'textHandedOver', key })
          const refused = random.chance(busy())
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
    const heard = server.gateway.routes.text.hear(fields, server.clock.now())
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

function hex(session: number): string {
  return (session % 256).toString(16).padStart(2, '0')
}
