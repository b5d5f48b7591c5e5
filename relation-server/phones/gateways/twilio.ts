// The form of Twilio's programmable messaging: texts and status callbacks come as POSTed forms, signed over
// the exact public URL and every field; texts go out over its REST interface. It has no dialogues.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { SendResult } from '../port.ts'
import { subscriberFrom } from '../sender-number.ts'
import {
  type Answer,
  type Fields,
  final,
  type Gateway,
  type GatewayRequest,
  type Heard,
  plainAnswer,
  type Read,
  type Receipt,
  type Sending,
  temporary,
} from './gateway.ts'
import { headerOf, mediaTypeOf, readForm } from './read-form.ts'

export interface TwilioSettings {
  readonly name: string
  /** In its URLs. */
  readonly secret: string
  /** `https://api.twilio.com` */
  readonly sendOrigin: string
  /** What stands before `/phones` in the URLs it calls, exactly as configured there. */
  readonly publicUrl: string
  readonly accountSid: string
  readonly authToken: string
  /** A number, or the id of a messaging service (`MG...`). */
  readonly sender: string
}

/** An empty TwiML: what is to be said goes out by a text of its own, once it is stored. */
const nothingToSay: Answer = {
  headers: { 'content-type': 'text/xml; charset=utf-8' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
}

export function twilio(settings: TwilioSettings): Gateway {
  return {
    name: settings.name,
    read: (request) => readSigned(settings, request),
    routes: {
      text: { hear: (fields, at) => hearText(settings, fields, at), answer: () => nothingToSay },
      receipt: { hear: (fields) => hearReceipt(settings, fields), answer: () => plainAnswer },
    },
    sending: sendingOf(settings),
  }
}

function readSigned({ publicUrl, authToken }: TwilioSettings, request: GatewayRequest): Read {
  const signature = headerOf(request.headers, 'x-twilio-signature') ?? ''
  const isForm = mediaTypeOf(request) === 'application/x-www-form-urlencoded'
  const posted = isForm ? [...new URLSearchParams(request.body.toString('utf8'))] : []
  const urls = spellings(`${publicUrl.replace(/\/$/, '')}${request.target}`)
  const isRight = urls.map((url) => isSame(signature, twilioSignature(authToken, url, posted))).includes(true)
  return isRight ? readForm(request) : { kind: 'refused', status: 403, why: 'the signature is wrong' }
}

/** The URL, then each field's name and value, sorted; of a name that stands twice each value once. */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: readonly (readonly [string, string])[],
): string {
  const pairs = new Map(fields.map(([name, value]) => [`${name}\0${value}`, `${name}${value}`]))
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair)
  return createHmac('sha1', authToken)
    .update(url + sorted.join(''), 'utf8')
    .digest('base64')
}

/** With its standard port and without: which of them is signed differs. */
function spellings(url: string): string[] {
  const [, scheme = '', host = '', port, rest = ''] = /^(https?):\/\/([^/:]+)(:\d+)?(.*)$/.exec(url) ?? []
  const standard = scheme === 'https' ? ':443' : ':80'
  if (port !== undefined && port !== standard) return [url]
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${standard}${rest}`]
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function hearText({ name, accountSid }: TwilioSettings, fields: Fields, at: number): Heard {
  const { MessageSid = '', AccountSid, From = '', To = '', Body = '', OptOutType } = fields
  if (!/^[A-Za-z0-9]{2,64}$/.test(MessageSid) || AccountSid !== accountSid)
    return { kind: 'ignored', why: 'notOurForm' }
  const subscriber = subscriberFrom(From)
  if (!subscriber) return { kind: 'ignored', why: 'noSender' }
  return {
    kind: 'incoming',
    incoming: {
      gateway: name,
      messageId: MessageSid,
      channel: 'text',
      subscriber,
      vouched: false,
      serviceCode: To,
      // What its platform has taken for STOP, START or HELP is that to us as well, whatever the word was.
      words: OptOutType ?? Body,
      at,
    },
  }
}

const states: Readonly<Record<string, Receipt['what']>> = {
  accepted: 'onItsWay',
  scheduled: 'onItsWay',
  queued: 'onItsWay',
  sending: 'onItsWay',
  sent: 'onItsWay',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
}

function hearReceipt({ name }: TwilioSettings, { key, MessageStatus = '' }: Fields): Heard {
  const what = Object.hasOwn(states, MessageStatus) ? states[MessageStatus] : undefined
  if (!key || !what) return { kind: 'ignored', why: 'notOurForm' }
  return { kind: 'receipt', receipt: { gateway: name, key, what } }
}

function sendingOf(settings: TwilioSettings): Sending {
  const { name, secret, sendOrigin, publicUrl, accountSid, authToken, sender } = settings
  const receiptUrl = `${publicUrl.replace(/\/$/, '')}/phones/${secret}/${name}/receipt`
  return {
    origin: sendOrigin,
    request({ subscriber, text, key, validForMs }) {
      const form = new URLSearchParams({
        To: subscriber.key,
        [sender.startsWith('MG') ? 'MessagingServiceSid' : 'From']: sender,
        Body: text,
        StatusCallback: `${receiptUrl}?key=${encodeURIComponent(key)}`,
      })
      if (validForMs !== undefined)
        form.set('ValidityPeriod', String(Math.max(1, Math.floor(validForMs / 1000))))
      return {
        method: 'POST',
        path: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
        headers: {
          authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form.toString(),
      }
    },
    result: resultOf,
  }
}

const refusalSchema = z.object({ code: z.int() })

/** A 400 is about this text or its recipient, such as one who has opted out (21610); the rest may pass. */
function resultOf(status: number, body: string): SendResult {
  if (status === 201 || status === 200) return { kind: 'sent' }
  if (status !== 400) return temporary(`status ${status}`)
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return final('status 400')
  }
  const code = refusalSchema.safeParse(json).data?.code
  return final(code === undefined ? 'status 400' : `refused with ${code}`)
}
