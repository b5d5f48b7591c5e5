// Link 8 without sockets: requests of a relation server to the payment centre, each with what a network may
// do to it. The request's exact text goes through the centre's own table of operations; tokens are left out,
// for the wire itself says who asks.
import { answerTo, type LetIn, operate } from '@concilia/payment-centre/http/operate.ts'
import {
  type Centre,
  type HttpAnswer,
  type Operation,
  operations,
} from '@concilia/payment-centre/http/operations.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { readExactJson } from '@concilia/protocol/exact-json.ts'
import type { CentreDoor } from '@concilia/relation-server/payments/centre-door.ts'
import type { Answer } from '@concilia/relation-server/payments/classify.ts'
import type { CentreRequest } from '@concilia/relation-server/payments/requests.ts'
import type { Observe } from './observations.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

/** The client all servers of the world are registered as. */
export const clientId = 'server'
const refusedMs = 5
const resetMs = 50

export interface RunningCentre {
  readonly process: SimulatedProcess
  readonly centre: Centre
  readonly clock: Clock
  readonly log: Log
}

interface Parts {
  readonly timeline: Timeline
  readonly carriage: Carriage
  readonly observe: Observe
  /** The process that listens now, if one does. */
  readonly listening: () => RunningCentre | undefined
}

export class CentreWire {
  readonly #parts: Parts
  #exchanges = 0
  /** The newest payment that was made, as it was asked for. */
  #paid: CentreRequest | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  doorOf(server: SimulatedProcess): CentreDoor {
    return {
      exchange: (request, signal) => this.#exchange(server, request, signal),
      close: async () => {},
    }
  }

  /** Whoever has a server's credentials asks for a payment once more, under a key of its own. */
  chargeAgain(): void {
    const running = this.#parts.listening()
    const request = this.#paid
    if (!running || !request) return
    const body = request.body?.replace(/("clientCorrelator":"[^"]*):\d+"/, '$1:99"') ?? ''
    running.process.enter(() => void served(running, { ...request, body }))
  }

  #exchange(server: SimulatedProcess, request: CentreRequest, signal: AbortSignal): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const late = { kind: 'silent', why: 'the centre did not answer in time' } as const
    if (signal.aborted) return Promise.resolve(late)
    signal.addEventListener('abort', () => resolve(late), { once: true })
    const answer = (what: Answer) => server.enter(() => resolve(what))
    const broken = () => this.#parts.timeline.after(resetMs, () => answer(cut))
    server.leave(() => this.#parts.carriage.carry(() => this.#arrive(request, answer, broken), broken))
    return promise
  }

  #arrive(request: CentreRequest, answer: (what: Answer) => void, broken: () => void): void {
    const { timeline, carriage, observe, listening } = this.#parts
    const running = listening()
    if (!running?.process.alive) {
      timeline.after(refusedMs, () =>
        answer({ kind: 'silent', why: 'the centre did not answer (ECONNREFUSED)' }),
      )
      return
    }
    const { process } = running
    const exchange = this.#exchanges++
    const { method, path, body = '' } = request
    observe({ type: 'asked', exchange, method, path, body })
    const over = process.atEnd(broken)
    const send = ({ status, body: text }: HttpAnswer) =>
      process.leave(() => {
        over()
        observe({ type: 'answered', exchange, status, body: text })
        if (status === 201 && /\/payments(\/prepare)?$/.test(path)) this.#paid = request
        carriage.carry(() => answer({ kind: 'answered', status, body: readExactJson(text) }), broken)
      })
    process.enter(() => {
      served(running, request).then(send)
    })
  }
}

const cut: Answer = { kind: 'silent', why: 'the centre did not answer (ECONNRESET)' }

async function served({ clock, centre, log }: RunningCentre, request: CentreRequest): Promise<HttpAnswer> {
  try {
    const { operation, ...asked } = routed(request)
    return await operate(centre, operation, { client: clientId, now: clock.now(), ...asked })
  } catch (error) {
    return answerTo(error, log)
  }
}

/** The row of the table that a path belongs to, with what stands in the path and behind the `?`. */
function routed({
  method,
  path,
  body = '',
}: CentreRequest): { operation: Operation } & Omit<LetIn, 'client' | 'now'> {
  const { pathname, searchParams } = new URL(path, 'http://centre.invalid')
  const parts = pathname.split('/')
  for (const operation of operations) {
    const pattern = operation.path.split('/')
    if (operation.method !== method || pattern.length !== parts.length) continue
    const params: Record<string, string> = {}
    const fits = pattern.every((expected, at) => {
      const part = parts[at] ?? ''
      if (!expected.startsWith(':')) return expected === part
      params[expected.slice(1)] = decodeURIComponent(part)
      return true
    })
    if (fits) return { operation, url: path, text: body, query: Object.fromEntries(searchParams), params }
  }
  throw new Error(`the server asks for ${method} ${pathname}, which the centre does not have`)
}
