// CAMARA SIM Swap 2.1, `POST /check`, over undici. Whatever is not a clear answer in time is `unknown`: the
// policy (checked-payments.ts) decides what that means, and it never means yes.
import { tokenAnswerSchema } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { Agent } from 'undici'
import { z } from 'zod'
import { AccessToken, type Fetched } from '../payments/access-token.ts'
import { timeLimit } from '../payments/time-limit.ts'
import type { SimSwapConfiguration } from './configuration.ts'
import type { SimSwap, SimSwapCheck } from './port.ts'

const answerSchema = z.object({ swapped: z.boolean() })
const noToken = { kind: 'none', refusal: 'unknown' } as const

export class CamaraSimSwap implements SimSwapCheck {
  readonly #settings: SimSwapConfiguration
  readonly #clock: Clock
  readonly #agent = new Agent({ connections: 4, headersTimeout: 0, bodyTimeout: 0, maxResponseSize: 65_536 })
  readonly #token: AccessToken<'unknown'>
  readonly #basic: string

  constructor(settings: SimSwapConfiguration, clientSecret: string, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    const credentials = [settings.clientId, clientSecret].map(encodeURIComponent).join(':')
    this.#basic = `Basic ${Buffer.from(credentials).toString('base64')}`
    this.#token = new AccessToken(clock, () => this.#fetchToken())
  }

  async check({ realm, key }: Subscriber): Promise<SimSwap> {
    if (realm !== 'e164') return 'unknown'
    const token = await this.#token.current()
    if (token.kind === 'none') return 'unknown'
    const first = await this.#ask(key, token.value)
    if (first !== 'stale') return first
    const renewed = await this.#token.instead(token.value)
    const second = renewed.kind === 'token' ? await this.#ask(key, renewed.value) : 'unknown'
    return second === 'stale' ? 'unknown' : second
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #ask(phoneNumber: string, token: string): Promise<SimSwap | 'stale'> {
    const { url, maxAgeHours } = this.#settings
    const body = JSON.stringify({ phoneNumber, maxAge: maxAgeHours })
    const answer = await this.#post(`${url}/check`, body, `Bearer ${token}`, 'application/json')
    if (answer?.status === 401) return 'stale'
    const read = answerSchema.safeParse(answer?.status === 200 ? answer.body : undefined)
    if (!read.success) return 'unknown'
    return read.data.swapped ? 'swapped' : 'notSwapped'
  }

  async #fetchToken(): Promise<Fetched<'unknown'>> {
    const form = 'grant_type=client_credentials&scope=sim-swap%3Acheck'
    const type = 'application/x-www-form-urlencoded'
    const answer = await this.#post(this.#settings.tokenUrl, form, this.#basic, type)
    const token = tokenAnswerSchema.safeParse(answer?.status === 200 ? answer.body : undefined)
    if (!token.success) return noToken
    return { kind: 'token', value: token.data.access_token, livesMs: token.data.expires_in * 1000 }
  }

  /** Undefined when there was no answer, in time and in JSON. An error's text could repeat the number. */
  async #post(url: string, body: string, authorization: string, contentType: string) {
    const { signal, done } = timeLimit(this.#clock, this.#settings.limitMs)
    const { origin, pathname, search } = new URL(url)
    const headers = { authorization, 'content-type': contentType }
    const request = { origin, path: `${pathname}${search}`, method: 'POST', headers, body, signal } as const
    try {
      const response = await this.#agent.request(request)
      const answer: unknown = await response.body.json()
      return { status: response.statusCode, body: answer }
    } catch {
      return undefined
    } finally {
      done()
    }
  }
}
