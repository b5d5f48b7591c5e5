// What one form of gateway is: how its requests are proved, read and answered, and how a text is handed to
// it. All of it is pure; the sockets are in http-adapter.ts and text-sender-adapter.ts.
import type { Incoming, OutgoingText, Reply, SendResult } from '../port.ts'

/** What stands last in a gateway's URLs. */
export type Form = 'text' | 'ussd' | 'receipt'

/** A request as it came. Nothing in it is believed before `Gateway.read` has seen its proof. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST'
  readonly form: Form
  /** Path and query, exactly as asked for. */
  readonly target: string
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** Query and form fields together, names as the gateway writes them. */
export type Fields = Readonly<Record<string, string>>

export type Read =
  | { kind: 'fields'; fields: Fields }
  /** 403: no proof, or a wrong one. 400, 415: not in this form. `why` is told to whoever asked. */
  | { kind: 'refused'; status: 400 | 403 | 415; why: string }

/** What became of a text on its way to the handset. News only: it proves no consent and moves no money. */
export interface Receipt {
  readonly gateway: string
  /** The key of our text, or the gateway's own id of it, whichever this form gives back. */
  readonly key: string
  readonly what: 'delivered' | 'failed' | 'onItsWay'
}

export type Heard =
  | { kind: 'incoming'; incoming: Incoming }
  | { kind: 'receipt'; receipt: Receipt }
  /** Repeating it would not help: taken, and dropped. */
  | { kind: 'ignored'; why: 'noSender' | 'notOurForm' }

export interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Route {
  hear(fields: Fields, at: number): Heard
  /** Always with 200: what the gateway needs beside it. `undefined` answers what was ignored or a receipt. */
  answer(reply: Reply | undefined, fields: Fields): Answer
}

export interface SendRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Sending {
  /** `http://127.0.0.1:13013` */
  readonly origin: string
  /** @param at now (epoch ms), for a form that signs the time */
  request(text: OutgoingText, at: number): SendRequest
  /** Never tells the number or the text in `why`. */
  result(status: number, body: string): SendResult
}

export interface Gateway {
  /** Its name in the configuration and in its URLs. */
  readonly name: string
  /** Proof first, over the bytes as they came; only then what they say. */
  read(request: GatewayRequest, at: number): Read
  readonly routes: Readonly<Partial<Record<Form, Route>>>
  readonly sending: Sending
}

/** One that serves all three. */
export type WholeGateway = Gateway & { readonly routes: Readonly<Record<Form, Route>> }

/** What an answer to a text or a receipt is: nothing more than 200. */
export const plainAnswer: Answer = { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '' }

export const temporary = (why: string): SendResult => ({ kind: 'failed', retry: 'temporary', why })
export const final = (why: string): SendResult => ({ kind: 'failed', retry: 'final', why })

/** Shown when a dialogue cannot be served: no sender we could charge, or a step that is no step. */
export const notServed = 'Service not available for this number. / Service indisponible pour ce numero.'
