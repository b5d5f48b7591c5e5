// The form of Africa's Talking: texts and dialogues come as POSTed forms, texts go out as one. A dialogue is
// answered within 15 s by `CON` (goes on) or `END`. Nothing is signed: the URL is the secret.
import { sha256 } from '@concilia/protocol/random.ts'
import { z } from 'zod'
import type { Reply, SendResult } from '../port.ts'
import { subscriberFrom } from '../sender-number.ts'
import {
  type Answer,
  type Fields,
  final,
  type Heard,
  notServed,
  plainAnswer,
  type Sending,
  temporary,
  type WholeGateway,
} from './gateway.ts'
import { readForm } from './read-form.ts'

export interface AfricasTalkingSettings {
  readonly name: string
  /** `https://api.africastalking.com`, or the sandbox. */
  readonly sendOrigin: string
  readonly username: string
  readonly apiKey: string
  /** Short code or sender shown to buyers; they answer to it. */
  readonly sender: string
  readonly ussdVouched: boolean
}

export function africasTalking(settings: AfricasTalkingSettings): WholeGateway {
  return {
    name: settings.name,
    read: readForm,
    routes: {
      text: { hear: (fields, at) => hearText(settings, fields, at), answer: () => plainAnswer },
      ussd: { hear: (fields, at) => hearStep(settings, fields, at), answer: answerStep },
      receipt: { hear: (fields) => hearReceipt(settings, fields), answer: () => plainAnswer },
    },
    sending: sendingOf(settings),
  }
}

function hearText({ name }: AfricasTalkingSettings, fields: Fields, at: number): Heard {
  const { id = '', from = '', to = '', text = '' } = fields
  if (id === '' || id.length > 128) return { kind: 'ignored', why: 'notOurForm' }
  const subscriber = subscriberFrom(from)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  return {
    kind: 'incoming',
    incoming: {
      gateway: name,
      messageId: id,
      channel: 'text',
      subscriber,
      vouched: false,
      serviceCode: to,
      words: text,
      at,
    },
  }
}

function hearStep({ name, ussdVouched }: AfricasTalkingSettings, fields: Fields, at: number): Heard {
  const { sessionId = '', serviceCode = '', phoneNumber = '', text = '' } = fields
  if (sessionId === '' || sessionId.length > 128) return { kind: 'ignored', why: 'notOurForm' }
  const subscriber = subscriberFrom(phoneNumber)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  return {
    kind: 'incoming',
    incoming: {
      gateway: name,
      // The history grows with each step, so it tells a repeat from the next step.
      messageId: sha256(JSON.stringify([sessionId, text])),
      channel: 'ussd',
      subscriber,
      vouched: ussdVouched,
      sessionId,
      serviceCode,
      words: text,
      wholeHistory: true,
      at,
    },
  }
}

function answerStep(reply: Reply | undefined): Answer {
  const screen = reply?.kind === 'screen' ? reply : { goesOn: false, screen: notServed }
  return { headers: plainAnswer.headers, body: `${screen.goesOn ? 'CON' : 'END'} ${screen.screen}` }
}

function hearReceipt({ name }: AfricasTalkingSettings, { id, status = '' }: Fields): Heard {
  if (!id) return { kind: 'ignored', why: 'notOurForm' }
  const what = status === 'Success' ? 'delivered' : /^(Failed|Rejected)$/.test(status) ? 'failed' : 'onItsWay'
  return { kind: 'receipt', receipt: { gateway: name, key: id, what } }
}

const answerSchema = z.object({
  SMSMessageData: z.object({ Recipients: z.array(z.object({ statusCode: z.int() })) }),
})

function sendingOf({ sendOrigin, username, apiKey, sender }: AfricasTalkingSettings): Sending {
  return {
    origin: sendOrigin,
    request({ subscriber, text }) {
      const form = new URLSearchParams({ username, to: subscriber.key, message: text, from: sender })
      return {
        method: 'POST',
        path: '/version1/messaging',
        headers: {
          apikey: apiKey,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form.toString(),
      }
    },
    result(status, body) {
      if (status === 400) return final('status 400')
      if (status !== 200 && status !== 201) return temporary(`status ${status}`)
      return recipientResult(body)
    },
  }
}

/**
 * 100 to 102: taken. 401 held, 405 no credit of ours, 500 and 501: may pass. The rest is about this
 * recipient.
 */
function recipientResult(body: string): SendResult {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return temporary('unreadable answer')
  }
  const code = answerSchema.safeParse(json).data?.SMSMessageData.Recipients[0]?.statusCode
  if (code === undefined) return temporary('no recipient in the answer')
  if (code >= 100 && code <= 102) return { kind: 'sent' }
  return [401, 405, 500, 501].includes(code) ? temporary(`recipient ${code}`) : final(`recipient ${code}`)
}
