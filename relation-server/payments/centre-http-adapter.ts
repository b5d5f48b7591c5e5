// One HTTP request to the payment centre and what came back, as a value: never an error of the transport,
// which could carry what was sent. Connections are kept, few and without Nagle's delay; the token is added
// and, once, renewed.

import { paths, tokenAnswerSchema } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { readExactJson } from '@concilia/protocol/exact-json.ts'
import { Pool } from 'undici'
import { exchange } from '../http-exchange-adapter.ts'
import { AccessToken, type Fetched } from './access-token.ts'
import type { CentreDoor } from './centre-door.ts'
import type { Answer } from './classify.ts'
import type { CentreRequest } from './requests.ts'
import { timeLimit } from './time-limit.ts'

export interface CentreAddress {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly connections: number
  /** PEM of the authority of the centre's TLS certificate; undefined: the system's authorities. */
  readonly rootPem: string | undefined
}

const largestAnswerBytes = 1024 * 1024

export class CentreHttp implements CentreDoor {
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #token: AccessToken<Answer>
  readonly #basic: string

  constructor(address: CentreAddress, clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#pool = new Pool(new URL(address.url).origin, {
      connections: address.connections,
      pipelining: 1,
      maxResponseSize: largestAnswerBytes,
      // Every request carries its own limit, which covers the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: address.rootPem === undefined ? {} : { ca: address.rootPem },
    })
    const credentials = [address.clientId, address.clientSecret].map(encodeURIComponent).join(':')
    this.#basic = `Basic ${Buffer.from(credentials).toString('base64')}`
    this.#token = new AccessToken(clock, () => this.#fetchToken(limitMs))
  }

  /** The same bytes are sent again once when the token was not accepted: nothing was done with them. */
  async exchange(request: CentreRequest, signal: AbortSignal): Promise<Answer> {
    const token = await orAborted(this.#token.current(), signal)
    if (token.kind === 'none') return token.refusal
    const answer = await this.#send(request, `Bearer ${token.value}`, signal)
    if (answer.kind === 'silent' || answer.status !== 401) return answer
    const renewed = await orAborted(this.#token.instead(token.value), signal)
    if (renewed.kind === 'none') return renewed.refusal
    return this.#send(request, `Bearer ${renewed.value}`, signal)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #fetchToken(limitMs: number): Promise<Fetched<Answer>> {
    const { signal, done } = timeLimit(this.#clock, limitMs)
    const request: CentreRequest = {
      method: 'POST',
      path: paths.token,
      body: 'grant_type=client_credentials',
    }
    const answer = await this.#send(request, this.#basic, signal, 'application/x-www-form-urlencoded')
    done()
    if (answer.kind === 'silent' || answer.status >= 300)
      return { kind: 'none', refusal: unauthenticated(answer) }
    const token = tokenAnswerSchema.safeParse(answer.body)
    if (!token.success) {
      return { kind: 'none', refusal: { kind: 'silent', why: 'the centre gave a token that cannot be read' } }
    }
    return { kind: 'token', value: token.data.access_token, livesMs: token.data.expires_in * 1000 }
  }

  async #send(
    { method, path, body }: CentreRequest,
    authorization: string,
    signal: AbortSignal,
    contentType = 'application/json',
  ): Promise<Answer> {
    const headers = body === undefined ? { authorization } : { authorization, 'content-type': contentType }
    try {
      const { status, text } = await exchange(
        this.#pool,
        { method, path, headers, body: body ?? null },
        signal,
      )
      return { kind: 'answered', status, body: readExactJson(text) }
    } catch (error) {
      return silent(signal, error)
    }
  }
}

/**
 * Credentials that the token endpoint refuses are, to whoever asked, a 401: nothing of theirs was even sent.
 */
function unauthenticated(answer: Answer): Answer {
  if (answer.kind === 'silent' || answer.status >= 500) return answer
  if (answer.status === 429) return answer
  return { kind: 'answered', status: 401, body: { status: 401, code: 'UNAUTHENTICATED', message: '' } }
}

function silent(signal: AbortSignal, error: unknown): Answer {
  if (signal.aborted) return tooLate
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'connection lost'
  return { kind: 'silent', why: `the centre did not answer (${code})` }
}

const tooLate: Answer = { kind: 'silent', why: 'the centre did not answer in time' }

/** A token that somebody else is already fetching is waited for no longer than our own limit. */
function orAborted(token: Promise<Fetched<Answer>>, signal: AbortSignal): Promise<Fetched<Answer>> {
  if (signal.aborted) return Promise.resolve({ kind: 'none', refusal: tooLate })
  return new Promise((resolve) => {
    const aborted = () => resolve({ kind: 'none', refusal: tooLate })
    signal.addEventListener('abort', aborted, { once: true })
    void token.then((fetched) => {
      signal.removeEventListener('abort', aborted)
      resolve(fetched)
    })
  })
}
