// A form of our own for gateways that have none of the others: JSON both ways, each body signed with a shared
// key over the time, the form and the bytes. README.md beside this file has it with an example.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Reply } from '../port.ts'
import { subscriberFrom } from '../sender-number.ts'
import {
  type Answer,
  type Fields,
  type Form,
  final,
  type Gateway,
  type GatewayRequest,
  type Heard,
  notServed,
  type Read,
  type Sending,
  temporary,
} from './gateway.ts'
import { headerOf } from './read-form.ts'

export interface SignedJsonSettings {
  readonly name: string
  /** Where texts are POSTed to. */
  readonly sendUrl: string
  readonly key: string
  /** Short code or sender shown to buyers; they answer to it. */
  readonly sender: string
  readonly ussdVouched: boolean
  readonly aliasRealm?: string
}

/** A signature older, or newer, than this is none: what was heard on the way cannot be said again later. */
const freshMs = 300_000

const id = z.string().min(1).max(128)
const number = z.string().max(64)
const schemas = {
  text: z.object({ id, from: number, to: number.default(''), text: z.string().max(4096) }),
  ussd: z.object({
    id,
    session: z.string().min(1).max(128),
    from: number,
    code: number.default(''),
    text: z.string().max(4096),
  }),
  receipt: z.object({ key: z.string().min(1).max(256), status: z.enum(['delivered', 'failed', 'onItsWay']) }),
} as const

export function signedJson(settings: SignedJsonSettings): Gateway {
  return {
    name: settings.name,
    read: (request, at) => readSigned(settings, request, at),
    routes: {
      text: { hear: (fields, at) => hearText(settings, fields, at), answer: () => json({}) },
      ussd: { hear: (fields, at) => hearStep(settings, fields, at), answer: answerStep },
      receipt: { hear: (fields) => hearReceipt(settings, fields), answer: () => json({}) },
    },
    sending: sendingOf(settings),
  }
}

/** @returns `sha256=` and the HMAC in hex, of time, form and body joined by dots */
export function jsonSignature(
  key: string,
  timestamp: string,
  form: Form | 'send' | 'voice',
  body: Buffer | string,
): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${form}.`).update(body).digest('hex')}`
}

function readSigned({ key }: SignedJsonSettings, request: GatewayRequest, at: number): Read {
  const { form, headers, body } = request
  const timestamp = headerOf(headers, 'concilia-timestamp') ?? ''
  const given = Buffer.from(headerOf(headers, 'concilia-signature') ?? '')
  const right = Buffer.from(jsonSignature(key, timestamp, form, body))
  if (given.length !== right.length || !timingSafeEqual(given, right))
    return { kind: 'refused', status: 403, why: 'concilia-signature is missing or wrong' }
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(at - Number(timestamp) * 1000) > freshMs)
    return { kind: 'refused', status: 403, why: 'concilia-timestamp is no time (in seconds) near to ours' }
  return fieldsOf(form, body)
}

function fieldsOf(form: Form, body: Buffer): Read {
  let said: unknown
  try {
    said = JSON.parse(body.toString('utf8'))
  } catch {
    return { kind: 'refused', status: 400, why: 'the body is not JSON' }
  }
  const read = schemas[form].safeParse(said)
  if (read.success) return { kind: 'fields', fields: read.data }
  const wrong = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  return { kind: 'refused', status: 400, why: wrong.join('; ') }
}

function hearText({ name, aliasRealm }: SignedJsonSettings, fields: Fields, at: number): Heard {
  const { id: messageId = '', from = '', to = '', text = '' } = fields
  const subscriber = subscriberFrom(from, aliasRealm)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  const said = { gateway: name, messageId, serviceCode: to, words: text, at }
  return { kind: 'incoming', incoming: { ...said, channel: 'text', subscriber, vouched: false } }
}

function hearStep(settings: SignedJsonSettings, fields: Fields, at: number): Heard {
  const { id: messageId = '', session = '', from = '', code = '', text = '' } = fields
  const { name: gateway, aliasRealm, ussdVouched: vouched } = settings
  const subscriber = subscriberFrom(from, aliasRealm)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  const said = { gateway, messageId, sessionId: session, serviceCode: code, words: text, at }
  return { kind: 'incoming', incoming: { ...said, channel: 'ussd', subscriber, vouched } }
}

function hearReceipt({ name }: SignedJsonSettings, { key = '', status }: Fields): Heard {
  const what = schemas.receipt.shape.status.safeParse(status).data
  return what
    ? { kind: 'receipt', receipt: { gateway: name, key, what } }
    : { kind: 'ignored', why: 'notOurForm' }
}

function answerStep(reply: Reply | undefined): Answer {
  const screen = reply?.kind === 'screen' ? reply : { screen: notServed, goesOn: false }
  return json({ screen: screen.screen, goesOn: screen.goesOn })
}

function json(body: object): Answer {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function sendingOf({ sendUrl, key: shared, sender }: SignedJsonSettings): Sending {
  const { origin, pathname, search } = new URL(sendUrl)
  return {
    origin,
    request({ subscriber, text, key, validForMs }, at) {
      const body = JSON.stringify({ key, from: sender, to: subscriber.key, text, validForMs })
      const timestamp = String(Math.floor(at / 1000))
      return {
        method: 'POST',
        path: `${pathname}${search}`,
        headers: {
          'content-type': 'application/json',
          'concilia-timestamp': timestamp,
          'concilia-signature': jsonSignature(shared, timestamp, 'send', body),
        },
        body,
      }
    },
    result(status) {
      if (status >= 200 && status < 300) return { kind: 'sent' }
      // Only these are about the text itself; a wrong key or a missing page somebody will mend.
      return [400, 410, 422].includes(status) ? final(`status ${status}`) : temporary(`status ${status}`)
    },
  }
}
