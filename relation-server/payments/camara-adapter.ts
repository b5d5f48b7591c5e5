// The payments port over CAMARA carrier billing: one attempt of one operation is one request, at times one
// more (an unknown signer's chain, a question about the state), all of it within one time limit. What an
// answer means is said in classify.ts; what is sent, in requests.ts; what to do about a doubt, by the engine.
import {
  keysAnswerSchema,
  largestPage,
  moneyOf,
  type Payment,
  paths,
  paymentsSchema,
} from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { writeExactJson } from '@concilia/protocol/exact-json.ts'
import { kidOf } from '@concilia/protocol/jws.ts'
import type { z } from 'zod'
import type { CentreDoor } from './centre-door.ts'
import { centreAway, centreRefusesUs, centreUnreadable } from './centre-errors.ts'
import {
  type Answer,
  classify,
  classifyPayment,
  classifyRefund,
  classifyStranger,
  type Verdict,
} from './classify.ts'
import type { CentrePayment, PaymentOperation, PaymentResult, Payments } from './port.ts'
import { type CentreRequest, requestOf, signedWordsOf } from './requests.ts'
import { timeLimit } from './time-limit.ts'

export interface CamaraPaymentsParts {
  readonly http: CentreDoor
  readonly clock: Clock
  /** For one attempt, everything included: `limits.authorisationMs`. */
  readonly authorisationMs: number
  /**
   * The certificate chain (PEM, leaf first) of a signer the centre does not know yet; undefined when we do
   * not.
   */
  readonly chainOf: (kid: string) => Promise<string | undefined>
}

export class CamaraPayments implements Payments {
  readonly #http: CentreDoor
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #chainOf: CamaraPaymentsParts['chainOf']

  constructor({ http, clock, authorisationMs, chainOf }: CamaraPaymentsParts) {
    this.#http = http
    this.#clock = clock
    this.#limitMs = authorisationMs
    this.#chainOf = chainOf
  }

  async perform(operation: PaymentOperation, attempt: number): Promise<PaymentResult> {
    const { signal, done } = timeLimit(this.#clock, this.#limitMs)
    try {
      const verdict = await this.#ask(operation, attempt, signal)
      return await this.#settled(operation, verdict, signal)
    } finally {
      done()
    }
  }

  async *walk(from: number): AsyncIterable<CentrePayment> {
    const since = encodeURIComponent(new Date(from).toISOString())
    for (let page = 1; ; page++) {
      const query = `paymentCreationDate.gte=${since}&order=asc&page=${page}&perPage=${largestPage}`
      const payments = await this.#read(`${paths.payments}?${query}`, paymentsSchema)
      for (const payment of payments) yield centrePaymentOf(payment)
      if (payments.length < largestPage) return
    }
  }

  async chains(): Promise<string[]> {
    return (await this.#read(paths.keys, keysAnswerSchema)).chains
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #ask(operation: PaymentOperation, attempt: number, signal: AbortSignal): Promise<Verdict> {
    const request = requestOf(operation)
    const verdict = classify(operation, attempt, await this.#http.exchange(request, signal))
    if (verdict.kind !== 'unknownSigner') return verdict
    const failure = await this.#introduceSigners(operation, signal)
    if (failure) return classifyStranger(operation, attempt, failure)
    // The centre decided nothing the first time, so the repeat is still the same attempt.
    const again = await this.#http.exchange(request, signal)
    const secondVerdict = classify(operation, attempt, again)
    return secondVerdict.kind === 'unknownSigner'
      ? classifyStranger(operation, attempt, again)
      : secondVerdict
  }

  async #settled(operation: PaymentOperation, verdict: Verdict, signal: AbortSignal): Promise<PaymentResult> {
    const get = (path: string) => this.#http.exchange({ method: 'GET', path }, signal)
    switch (verdict.kind) {
      case 'askPayment': {
        const answer = await get(paths.payment(encodeURIComponent(verdict.paymentId)))
        return classifyPayment(operation, answer)
      }
      case 'askRefund': {
        const ids = [verdict.paymentId, verdict.refundId].map(encodeURIComponent) as [string, string]
        return classifyRefund(await get(paths.refund(...ids)))
      }
      case 'unknownSigner':
        throw new Error('an unknown signer is introduced or given up before this')
      default:
        return verdict
    }
  }

  /** @returns undefined once the centre has every signer's chain, else the answer that says why not */
  async #introduceSigners(operation: PaymentOperation, signal: AbortSignal): Promise<Answer | undefined> {
    for (const word of signedWordsOf(operation)) {
      const chain = await this.#chainFor(word)
      if (typeof chain !== 'string') return chain
      const request: CentreRequest = {
        method: 'POST',
        path: paths.certificates,
        body: writeExactJson({ chain }),
      }
      const answer = await this.#http.exchange(request, signal)
      if (answer.kind === 'silent' || answer.status >= 300) return answer
    }
    return undefined
  }

  async #chainFor(signedWord: string): Promise<string | Answer> {
    try {
      const chain = await this.#chainOf(kidOf(signedWord) ?? '')
      return chain ?? { kind: 'answered', status: 422, body: undefined }
    } catch {
      return { kind: 'silent', why: "the signer's certificates could not be read here" }
    }
  }

  /** For questions outside a sale, where there is somebody to tell. */
  async #read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const { signal, done } = timeLimit(this.#clock, this.#limitMs)
    const answer = await this.#http.exchange({ method: 'GET', path }, signal)
    done()
    if (answer.kind === 'silent') throw centreAway(answer.why)
    if (answer.status === 401 || answer.status === 403) throw centreRefusesUs(answer.status)
    if (answer.status !== 200) throw centreAway(`the centre answered ${answer.status}`)
    const result = schema.safeParse(answer.body)
    if (!result.success) throw centreUnreadable()
    return result.data
  }
}

function centrePaymentOf(payment: Payment): CentrePayment {
  const { clientCorrelator, referenceCode, paymentAmount } = payment.amountTransaction
  const amount = moneyOf(paymentAmount.chargingInformation)
  const refunded = payment.refunded && moneyOf(payment.refunded)
  if (!amount || (payment.refunded && !refunded)) throw centreUnreadable()
  return {
    paymentId: payment.paymentId,
    saleId: referenceCode,
    key: clientCorrelator,
    status: payment.paymentStatus,
    refundedMinor: refunded?.amountMinor ?? 0,
    amountMinor: amount.amountMinor,
    createdAt: Date.parse(payment.paymentCreationDate),
  }
}
