// Support for tests: holds requests and answers against CAMARA's own OpenAPI files. Not part of the program.
import { join } from 'node:path'
import { OpenAPIBackend, type Request } from 'openapi-backend'

const folder = join(import.meta.dirname, '..', 'contracts')
const files = { payments: 'carrier-billing.yaml', refunds: 'carrier-billing-refund.yaml' } as const
const bases = { payments: '/carrier-billing/v0.5', refunds: '/carrier-billing-refund/v0.3' } as const

/** RFC 3339 with a time zone, and an absolute URI: the formats that the files use. */
const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  float: true,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
} as const

export interface Exchange {
  readonly operationId: string
  readonly request: Request
  readonly status: number
  /** Parsed; undefined when there was none. */
  readonly answer: unknown
}

export class Standard {
  readonly #payments: OpenAPIBackend
  readonly #refunds: OpenAPIBackend

  private constructor(payments: OpenAPIBackend, refunds: OpenAPIBackend) {
    this.#payments = payments
    this.#refunds = refunds
  }

  static async read(): Promise<Standard> {
    const [payments, refunds] = await Promise.all(
      (['payments', 'refunds'] as const).map(async (name) => {
        // Without this precision 0.35 is no multiple of 0.001.
        const ajvOpts = { multipleOfPrecision: 6, strict: false, formats }
        const api = new OpenAPIBackend({ definition: join(folder, files[name]), ajvOpts, quick: true })
        await api.init()
        return api
      }),
    )
    if (!payments || !refunds) throw new Error('the standard has two files')
    return new Standard(payments, refunds)
  }

  /** @returns what the standard objects to, in its validator's words; undefined for an operation of ours */
  faults(exchange: Exchange): readonly string[] | undefined {
    const name = exchange.request.path.startsWith(bases.refunds) ? 'refunds' : 'payments'
    if (!exchange.request.path.startsWith(bases[name])) return undefined
    const api = name === 'refunds' ? this.#refunds : this.#payments
    const request = { ...exchange.request, path: exchange.request.path.slice(bases[name].length) }
    // What the standard itself says is wrong must be refused; what is refused may still be in the standard's
    // form.
    const asked =
      exchange.status < 300 ? words(api.validateRequest(request, exchange.operationId).errors) : []
    const answered = isOurs(exchange)
      ? []
      : words(api.validateResponse(exchange.answer, exchange.operationId, exchange.status).errors)
    return [...asked, ...answered].filter((fault) => !(hasAlias(exchange) && fault.endsWith(numberMissing)))
  }
}

const numberMissing = "must have required property 'phoneNumber'"

/** Of a payer without a number the standard knows nothing: ours is an extension. */
function hasAlias({ answer }: Exchange): boolean {
  return JSON.stringify(answer ?? null).includes('"subscriber":')
}

/** Codes that the standard does not have, and answers that no document lists. */
function isOurs({ status, answer }: Exchange): boolean {
  const code = typeof answer === 'object' && answer !== null && 'code' in answer ? String(answer.code) : ''
  return code.startsWith('CONCILIA.') || status >= 500 || answer === undefined
}

function words(errors: readonly { message?: string; instancePath?: string }[] | null | undefined): string[] {
  return (errors ?? []).map(({ message = '', instancePath = '' }) => `${instancePath} ${message}`)
}
