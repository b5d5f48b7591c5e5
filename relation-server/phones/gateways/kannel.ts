// The form of Kannel 1.4: texts and dialogues come by the `get-url` or `post-url` of its sms-service groups,
// texts go out by `sendsms`. Over SMPP a dialogue's operation and session travel as TLVs in Kannel's
// meta-data, both ways. kannel.example.conf beside this file is the configuration this expects.
import { sha256 } from '@concilia/protocol/random.ts'
import { afterCode } from '../dialled-code.ts'
import { septetsOf } from '../gsm7.ts'
import type { Incoming, Reply } from '../port.ts'
import { subscriberFrom } from '../sender-number.ts'
import {
  type Answer,
  type Fields,
  final,
  type Heard,
  notServed,
  plainAnswer,
  type Receipt,
  type Sending,
  temporary,
  type WholeGateway,
} from './gateway.ts'
import { readForm } from './read-form.ts'

export interface KannelSettings {
  readonly name: string
  /** Where `sendsms` is served, such as `http://127.0.0.1:13013`. */
  readonly sendOrigin: string
  readonly username: string
  readonly password: string
  /** Short code or sender shown to buyers; they answer to it. */
  readonly sender: string
  /** The dialogue's code, such as `*123#`. */
  readonly ussdCode: string
  /** Whether the link is trusted to vouch for the number of whoever opens a dialogue. */
  readonly ussdVouched: boolean
  readonly aliasRealm?: string
  /** Where receipts come in, as Kannel reaches us; without it none are asked for. */
  readonly receiptUrl?: string
}

/** Values of `ussd_service_op` (TLV 0x0501). */
const operation = { begin: 1, answer: 18, menu: 2, last: 17 } as const

export function kannel(settings: KannelSettings): WholeGateway {
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

function hearText({ name, aliasRealm }: KannelSettings, fields: Fields, at: number): Heard {
  const { from = '', to = '', text = '' } = fields
  const subscriber = subscriberFrom(from, aliasRealm)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  return heard({
    gateway: name,
    messageId: messageIdOf(fields, at),
    channel: 'text',
    subscriber,
    vouched: false,
    serviceCode: to,
    words: text,
    at,
  })
}

function hearStep(settings: KannelSettings, fields: Fields, at: number): Heard {
  const { from = '', text = '' } = fields
  const { ussd_service_op: op, its_session_info: info } = metaOf(fields)
  if (op && op[0] !== operation.begin && op[0] !== operation.answer)
    return { kind: 'ignored', why: 'notOurForm' }
  const subscriber = subscriberFrom(from, settings.aliasRealm)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  const begins = op ? op[0] === operation.begin : text.trim().startsWith('*')
  return heard({
    gateway: settings.name,
    messageId: messageIdOf(fields, at),
    channel: 'ussd',
    subscriber,
    vouched: settings.ussdVouched,
    // Carriers number their sessions with one octet, or not at all.
    sessionId: String(info?.[0] ?? ''),
    begins,
    serviceCode: settings.ussdCode,
    words: begins ? afterCode(text, settings.ussdCode) : text,
    at,
  })
}

/**
 * The operation says whether the carrier keeps the dialogue open; session number kept, sequence number one
 * on.
 */
function answerStep(reply: Reply | undefined, fields: Fields): Answer {
  const goesOn = reply?.kind === 'screen' && reply.goesOn
  const info = metaOf(fields).its_session_info
  const [session, step = 0] = info ?? []
  const next = ((((step >> 1) + 1) & 0x7f) << 1) | (goesOn ? 0 : 1)
  const tlvs = [
    `ussd_service_op=${goesOn ? operation.menu : operation.last}`,
    ...(session === undefined ? [] : [`its_session_info=${session * 256 + next}`]),
  ]
  return {
    headers: { ...plainAnswer.headers, 'x-kannel-meta-data': `?smpp?${tlvs.join('&')}` },
    body: reply?.kind === 'screen' ? reply.screen : notServed,
  }
}

function hearReceipt({ name }: KannelSettings, { key, status }: Fields): Heard {
  const what = { '1': 'delivered', '2': 'failed', '16': 'failed', '4': 'onItsWay', '8': 'onItsWay' } as const
  const known = Object.entries(what).find(([code]) => code === status)?.[1]
  if (!key || !known) return { kind: 'ignored', why: 'notOurForm' }
  const receipt: Receipt = { gateway: name, key, what: known }
  return { kind: 'receipt', receipt }
}

function sendingOf(settings: KannelSettings): Sending {
  const { sendOrigin, username, password, sender, receiptUrl } = settings
  return {
    origin: sendOrigin,
    request({ subscriber, text, key, validForMs }) {
      const query = new URLSearchParams({
        username,
        password,
        from: sender,
        to: subscriber.key,
        text,
        // What the phone alphabet lacks goes as UCS-2.
        coding: septetsOf(text) === undefined ? '2' : '0',
        charset: 'UTF-8',
      })
      // In minutes.
      if (validForMs !== undefined) query.set('validity', String(Math.max(1, Math.ceil(validForMs / 60_000))))
      if (receiptUrl) {
        // 1 delivered, 2 failed, 16 refused by the carrier.
        query.set('dlr-mask', '19')
        query.set('dlr-url', `${receiptUrl}?key=${encodeURIComponent(key)}&status=%d`)
      }
      return { method: 'GET', path: `/cgi-bin/sendsms?${query}`, headers: {} }
    },
    result(status, body) {
      if (status === 200 || status === 202) return { kind: 'sent' }
      // "Not routable. Do not try again."; a wrong password answers 403 as well, and that somebody will mend.
      if (status === 403 && body.startsWith('Not routable')) return final('not routable')
      return status === 400 ? final('status 400') : temporary(`status ${status}`)
    },
  }
}

function heard(incoming: Incoming): Heard {
  return { kind: 'incoming', incoming }
}

/**
 * Kannel's own id is the same in each repeat. Without it: the same words from the same phone in the same
 * minute.
 */
function messageIdOf({ id, from, to, text }: Fields, at: number): string {
  if (id && id.length <= 64) return id
  return sha256(JSON.stringify([from, to, text, Math.floor(at / 60_000)]))
}

/** `?smpp?name=%01&other=%07%00&`: the octets of each TLV, percent-encoded once more inside the field. */
function metaOf({ meta = '' }: Fields): Record<string, readonly number[]> {
  const [, group, pairs = ''] = meta.split('?')
  if (group !== 'smpp') return {}
  const tlvs = pairs.split('&').filter((pair) => pair.includes('='))
  return Object.fromEntries(
    tlvs.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name, octetsOf(value.join('='))]
    }),
  )
}

function octetsOf(encoded: string): number[] {
  const plain = encoded.replaceAll('+', ' ')
  return [...plain.matchAll(/%([0-9a-fA-F]{2})|([\s\S])/g)].map(([, hex, character = '']) =>
    hex ? Number.parseInt(hex, 16) : character.charCodeAt(0) & 0xff,
  )
}
