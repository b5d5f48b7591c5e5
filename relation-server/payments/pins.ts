// A buyer chooses a PIN: handed to the payment centre, which keeps it, and forgotten here. Not a job of the
// engine: nothing of it is stored, and a buyer who saw no answer tries again.
import { paths } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { writeExactJson } from '@concilia/protocol/exact-json.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { CentreDoor } from './centre-door.ts'
import { codeOf } from './classify.ts'
import { payerOf } from './requests.ts'
import { timeLimit } from './time-limit.ts'

/** `notNow`: wrong too often, or the number is not believed for it. `failed`: nobody knows; again. */
export type PinAnswer = 'set' | 'wrong' | 'noAccount' | 'notNow' | 'failed'

export interface Pins {
  /** @param current the one in force; undefined when its buyer says that there is none */
  choose(subscriber: Subscriber, pin: string, current: string | undefined): Promise<PinAnswer>
}

const answers: Readonly<Record<string, PinAnswer>> = {
  'CARRIER_BILLING.INVALID_CODE': 'wrong',
  IDENTIFIER_NOT_FOUND: 'noAccount',
  'CONCILIA.NO_PIN': 'notNow',
}

export class CentrePins implements Pins {
  readonly #http: CentreDoor
  readonly #clock: Clock
  readonly #limitMs: number

  constructor(http: CentreDoor, clock: Clock, limitMs: number) {
    this.#http = http
    this.#clock = clock
    this.#limitMs = limitMs
  }

  async choose(subscriber: Subscriber, pin: string, current: string | undefined): Promise<PinAnswer> {
    const { signal, done } = timeLimit(this.#clock, this.#limitMs)
    const body = { ...payerOf(subscriber), pin, ...(current === undefined ? {} : { currentPin: current }) }
    const request = { method: 'POST', path: paths.pin, body: writeExactJson(body) } as const
    const answer = await this.#http.exchange(request, signal).finally(done)
    if (answer.kind === 'silent') return 'failed'
    return answer.status === 200 ? 'set' : (answers[codeOf(answer.body)] ?? 'failed')
  }
}
