// The carrier's side of all simulated phones: takes the relation server's outgoing texts in the form of
// either gateway, or over SMPP, and puts them into inboxes, and carries what phones do to the server,
// repeated as real gateways repeat.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import { type Dialogue, Phone, type PhoneLine } from './phone.ts'
import {
  africasTalkingGateway,
  type DialogueRequests,
  type GatewayForm,
  kannelGateway,
  type Request,
} from './phone-gateway.ts'
import { SmppCarrier } from './smpp-carrier.ts'

export interface PhoneNetworkSettings {
  readonly clock: Clock
  readonly random: Random
  readonly shortCode: string
  /** `*123#` */
  readonly ussdCode: string
  /** Where the server hands over its texts; 0 lets the system choose. */
  readonly port: number
  /** Every request to the server is made twice, as gateways do when an answer is lost. */
  readonly twice?: boolean
  /** Where the server binds over SMPP, and as whom; left out: nowhere. */
  readonly smpp?: SmppAccess
}

export interface SmppAccess {
  readonly port: number
  readonly systemId: string
  readonly password: string
}

/** How a phone's words reach the server. */
export type PhoneWay = GatewayForm | 'smpp'

/** Kannel's `http-request-retry` and `http-queue-delay`; Africa's Talking does not repeat dialogues. */
const attempts = 60
const pauseMs = 500

interface Delivery {
  readonly to: string
  readonly text: string
}

export class PhoneNetwork {
  readonly #settings: PhoneNetworkSettings
  readonly #phones = new Map<string, Phone>()
  readonly #servers = new Map<GatewayForm, string>()
  readonly #http: Server
  readonly #smpp: SmppCarrier | undefined
  #stopped = false

  constructor(settings: PhoneNetworkSettings) {
    this.#settings = settings
    this.#http = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy())
    })
    const deliver = (to: string, text: string) => this.#deliver({ to, text })
    this.#smpp = settings.smpp && new SmppCarrier({ ...settings, ...settings.smpp, deliver })
  }

  /** @returns the ports on loopback: the one that the server's gateways name as `sendOrigin`, and SMPP's */
  async start(): Promise<{ port: number; smppPort: number | undefined }> {
    const [port, smppPort] = await Promise.all([this.#listen(), this.#smpp?.start()])
    return { port, smppPort }
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(this.#settings.port, '127.0.0.1', () => {
        const { port } = this.#http.address() as AddressInfo // a TCP server's is never a string
        resolve(port)
      })
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([this.#close(), this.#smpp?.stop()])
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }

  /** @param url the gateway's own: `http://127.0.0.1:8080/phones/SECRET/NAME` */
  reach(form: GatewayForm, url: string): void {
    this.#servers.set(form, url)
  }

  /** The phone with this number, made on first use; its way is fixed then: SMPP where there is a link. */
  phone(number: string, way: PhoneWay = this.#smpp ? 'smpp' : 'kannel'): Phone {
    const known = this.#phones.get(number)
    if (known) return known
    const line = way === 'smpp' ? this.#smpp?.line(number) : this.#httpLine(number, way)
    if (!line) throw new Error('this carrier has no SMPP')
    const phone = new Phone(number, line, this.#settings.clock)
    this.#phones.set(number, phone)
    return phone
  }

  #httpLine(number: string, form: GatewayForm): PhoneLine {
    const { clock, random, shortCode, ussdCode } = this.#settings
    const gateway = form === 'kannel' ? kannelGateway(random) : africasTalkingGateway(random)
    return {
      ussdCode,
      text: async (words) => {
        await this.#carry(form, gateway.text(number, shortCode, words, clock.now()))
      },
      dialogue: () => this.#httpDialogue(form, gateway.dialogue(number, ussdCode)),
    }
  }

  #httpDialogue(form: GatewayForm, requests: DialogueRequests): Dialogue {
    const take = async (request: Request) => {
      const { headers, body } = await this.#carry(form, request)
      const shown = requests.shown(headers, body)
      if (!shown) throw new Error('the carrier ended the dialogue: the server did not answer in its form')
      return shown
    }
    return {
      dialled: (code) => take(requests.dialled(code)),
      answered: (words) => take(requests.answered(words)),
    }
  }

  async #carry(form: GatewayForm, request: Request): Promise<{ headers: Headers; body: string }> {
    const base = this.#servers.get(form)
    if (base === undefined) throw new Error(`nobody told the ${form} gateway where the server is`)
    const repeats = form === 'kannel' || !request.path.startsWith('/ussd')
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(base, request)
      if (typeof answer !== 'string') {
        return this.#settings.twice ? ((await this.#again(base, request)) ?? answer) : answer
      }
      if (!repeats || attempt >= attempts || this.#stopped) {
        throw new Error(`the server did not take it from the ${form} gateway: ${answer}`)
      }
      await new Promise<void>((resolve) => this.#settings.clock.after(pauseMs, resolve))
    }
  }

  async #again(base: string, request: Request) {
    const answer = await this.#send(base, request)
    return typeof answer === 'string' ? undefined : answer
  }

  /** @returns why it was not taken, in words, or the answer */
  async #send(base: string, { method, path, body }: Request) {
    const headers: Record<string, string> =
      body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    try {
      const response = await fetch(`${base}${path}`, { method, headers, ...(body !== undefined && { body }) })
      const text = await response.text()
      return response.ok ? { headers: response.headers, body: text } : `status ${response.status}`
    } catch {
      return 'no answer'
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://gateway')
    if (url.pathname === '/cgi-bin/sendsms') return this.#takeKannel(url.searchParams, response)
    if (url.pathname === '/version1/messaging' && request.method === 'POST') {
      return this.#takeAfricasTalking(new URLSearchParams(await bodyOf(request)), response)
    }
    response.writeHead(404).end('Unknown request.\n')
  }

  #takeKannel(fields: URLSearchParams, response: ServerResponse): void {
    const to = fields.get('to') ?? ''
    if (to === '') {
      response.writeHead(400).end('Empty receiver number not allowed, rejected')
      return
    }
    response.writeHead(202, { 'content-type': 'text/html' }).end('0: Accepted for delivery')
    this.#deliver({ to, text: fields.get('text') ?? '' })
    const receipt = fields.get('dlr-url')
    // A receipt that nobody takes is dropped: it carries nothing that counts.
    if (receipt && (Number(fields.get('dlr-mask')) & 1) === 1) {
      fetch(receipt.replace('%d', '1')).then(
        (answer) => answer.arrayBuffer(),
        () => undefined,
      )
    }
  }

  #takeAfricasTalking(fields: URLSearchParams, response: ServerResponse): void {
    const to = fields.get('to') ?? ''
    const messageId = `ATXid_${uuidFrom(this.#settings.random).replaceAll('-', '')}`
    const recipient = { statusCode: 101, number: to, status: 'Success', cost: 'KES 0.8000', messageId }
    response.writeHead(201, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        SMSMessageData: { Message: 'Sent to 1/1 Total Cost: KES 0.8000', Recipients: [recipient] },
      }),
    )
    this.#deliver({ to, text: fields.get('message') ?? '' })
  }

  /** A text to a number nobody plays is lost, as on the real network. */
  #deliver({ to, text }: Delivery): void {
    this.#phones.get(to)?.receive(text)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}
