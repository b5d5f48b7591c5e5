// How a gateway carries what a simulated phone does to the relation server: the requests of Kannel and of
// Africa's Talking, byte for byte as these send them, and what their answers mean. The other direction is in
// phone-network.ts.
import type { Random } from '@concilia/protocol/random.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'

export type GatewayForm = 'kannel' | 'africas-talking'

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

export interface Shown {
  readonly text: string
  readonly goesOn: boolean
}

/** One dialogue as its gateway keeps it. */
export interface DialogueRequests {
  /** `*123#` */
  readonly serviceCode: string
  dialled(code: string): Request
  answered(words: string): Request
  /** @returns undefined when the server's answer is none of this form: the carrier then ends the dialogue */
  shown(headers: Headers, body: string): Shown | undefined
}

export interface PhoneGateway {
  text(from: string, shortCode: string, words: string, at: number): Request
  dialogue(from: string, serviceCode: string): DialogueRequests
}

export function kannelGateway(random: Random): PhoneGateway {
  return {
    text: (from, shortCode, words) => get('text', { from, to: shortCode, id: uuidFrom(random), text: words }),
    dialogue(from, serviceCode) {
      const session = random.bytes(1)[0] ?? 0
      let step = 0
      const request = (operation: number, text: string) => {
        const info = `${octet(session)}${octet(step)}`
        const meta = `?smpp?ussd_service_op=${octet(operation)}&its_session_info=${info}&`
        step = (step + 2) & 0xfe
        return get('ussd', { from, to: serviceCode.replace(/\D/g, ''), id: uuidFrom(random), text, meta })
      }
      return {
        serviceCode,
        dialled: (code) => request(1, code),
        answered: (words) => request(18, words),
        shown(headers, body) {
          const operation = /\?smpp\?(?:.*&)?ussd_service_op=(\d+)/.exec(
            headers.get('x-kannel-meta-data') ?? '',
          )
          return operation ? { text: body, goesOn: operation[1] === '2' } : undefined
        },
      }
    },
  }
}

export function africasTalkingGateway(random: Random): PhoneGateway {
  return {
    text: (from, shortCode, words, at) =>
      post('text', {
        linkId: uuidFrom(random),
        text: words,
        to: shortCode,
        id: uuidFrom(random),
        date: new Date(at).toISOString(),
        from,
      }),
    dialogue(from, serviceCode) {
      const sessionId = `ATUid_${uuidFrom(random).replaceAll('-', '')}`
      const typed: string[] = []
      const request = () =>
        post('ussd', {
          phoneNumber: from,
          serviceCode,
          text: typed.join('*'),
          sessionId,
          networkCode: '63902',
        })
      return {
        serviceCode,
        dialled(code) {
          const deeper = code.slice(serviceCode.length - 1).replace(/^\*|#$/g, '')
          if (deeper !== '') typed.push(deeper)
          return request()
        },
        answered(words) {
          typed.push(words)
          return request()
        },
        shown(_, body) {
          const [, verb, text = ''] = /^(CON|END) ([\s\S]*)$/.exec(body) ?? []
          return verb ? { text, goesOn: verb === 'CON' } : undefined
        },
      }
    },
  }
}

function get(form: string, fields: Record<string, string>): Request {
  return { method: 'GET', path: `/${form}?${new URLSearchParams(fields)}` }
}

function post(form: string, fields: Record<string, string>): Request {
  return { method: 'POST', path: `/${form}`, body: new URLSearchParams(fields).toString() }
}

function octet(value: number): string {
  return `%${value.toString(16).padStart(2, '0')}`
}
