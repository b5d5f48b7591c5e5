// Support for tests: a payment centre behind its real HTTP door, in memory, with an enrolled automaton, and a
// client that holds every exchange against CAMARA's files and against our own table. Not part of the program.
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import { type LogSettings, makeLog } from '@concilia/platform/log.ts'
import { paths, scopes } from '@concilia/protocol/carrier-billing.ts'
import { KnownParties, type Role } from '@concilia/protocol/certificates.ts'
import { readExactJson, writeExactJson } from '@concilia/protocol/exact-json.ts'
import {
  outcomeKind,
  promise,
  slipKind,
  type Withdrawal,
  withdrawalKind,
} from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import type { FastifyInstance } from 'fastify'
import type { Settings } from '../books/commands.ts'
import type { Figures } from '../figures.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { CentreStore } from '../store/port.ts'
import { generous, seededRandom, Trade } from '../trade.ts'
import { operations } from './operations.ts'
import { build, commonErrors } from './server.ts'
import type { Standard } from './standard.ts'
import { hashedSecret } from './tokens.ts'

const secret = 'a secret of the client'
/** Centres of a test must not mint the same ids. */
let opened = 0
const saleId = '2f1f7ee2-9b32-4c5e-8f0a-6f8f0b1d2c3e'

export interface Sent {
  readonly status: number
  /** Amounts as decimal text. */
  readonly body: Record<string, unknown>
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

type Method = 'GET' | 'POST'

/** The parties of the tests, enrolled below one root. */
export async function enrolled(at: number) {
  const [authority, other] = await Promise.all([makeAuthority(at), makeAuthority(at)])
  const identity = async (id: string, role: Role, seller: string, by = authority): Promise<Identity> => {
    const made = identityFrom(await makeCredentials(by, { id, role, seller }, at))
    if (typeof made === 'string') throw new Error(made)
    return made
  }
  return {
    centre: await identity('centre', 'payment-centre', ''),
    otherCentre: await identity('other-centre', 'payment-centre', ''),
    automaton: await identity('automaton-1', 'automaton', 'acme'),
    otherAutomaton: await identity('automaton-2', 'automaton', 'acme'),
    stranger: await identity('automaton-1', 'automaton', 'acme', other),
  }
}
export type Parties = Awaited<ReturnType<typeof enrolled>>

export interface CallerOptions {
  readonly settings?: Settings
  readonly store?: CentreStore
  readonly log?: LogSettings
  readonly figures?: Figures
}

export class Caller {
  readonly trade: Trade
  readonly app: FastifyInstance
  readonly parties: Parties
  /** `operation code` of every error met. */
  readonly met: Set<string>
  readonly #standard: Standard
  #token = ''
  #made = 0

  private constructor(
    trade: Trade,
    app: FastifyInstance,
    parties: Parties,
    met: Set<string>,
    standard: Standard,
  ) {
    this.trade = trade
    this.app = app
    this.parties = parties
    this.met = met
    this.#standard = standard
  }

  /** A centre with the client `client` for the seller `acme`, whose automaton is not known to it yet. */
  static async open(
    parties: Parties,
    met: Set<string>,
    standard: Standard,
    {
      settings = generous,
      store = new MemoryStore(),
      log = { level: 'silent', write: () => {} },
      figures,
    }: CallerOptions = {},
  ): Promise<Caller> {
    const trade = await new Trade(store, `door-${++opened}`, settings, parties.centre.signer).open()
    if (figures) trade.engine.countIn(figures)
    const known = new KnownParties(parties.centre.rootPem)
    known.admit(parties.centre.chain, trade.clock.now())
    const app = build({
      engine: trade.engine,
      store,
      secrets: trade.secrets,
      parties: known,
      ownId: parties.centre.id,
      chains: [parties.centre.chain],
      clock: trade.clock,
      log: makeLog('payment-centre', log),
      tokenMs: 600_000,
      figures,
    })
    const caller = new Caller(trade, app, parties, met, standard)
    await caller.register('client', [...scopes])
    await caller.openAccount('+33612345678', 10_000)
    return caller.as('client')
  }

  async register(id: string, allowed: readonly (typeof scopes)[number][], sellers = ['acme']): Promise<void> {
    const secretHash = await hashedSecret(secret, seededRandom(id))
    const voucherDayCeilingMinor = 1_000_000
    const registration = { id, secretHash, scopes: [...allowed], sellers, voucherDayCeilingMinor }
    await this.trade.do({ kind: 'registerClient', registration })
  }

  openAccount(number: string, balanceMinor: number, validateAboveMinor?: number) {
    return this.trade.do({
      kind: 'openAccount',
      subscriber: { realm: 'e164', key: number },
      account: {
        kind: 'prepaid',
        currency: 'EUR',
        ceilingMinor: 0,
        ...(validateAboveMinor === undefined ? {} : { validateAboveMinor }),
      },
      balanceMinor,
    })
  }

  /** From now on this client asks. */
  async as(id: string): Promise<this> {
    const answer = await this.token(id, secret)
    this.#token = String(answer.body.access_token)
    return this
  }

  async token(id: string, password: string, form = 'grant_type=client_credentials'): Promise<Sent> {
    const answer = await this.app.inject({
      method: 'POST',
      url: paths.token,
      headers: {
        authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: form,
    })
    return { status: answer.statusCode, body: answer.json(), text: answer.payload, headers: answer.headers }
  }

  get(path: string): Promise<Sent> {
    return this.#send('GET', path)
  }

  post(path: string, body: unknown): Promise<Sent> {
    return this.#send('POST', path, writeExactJson(body))
  }

  /** Bytes as they are. */
  postText(path: string, text: string, authorization?: string): Promise<Sent> {
    return this.#send('POST', path, text, authorization)
  }

  async introduce(): Promise<void> {
    const answer = await this.post(paths.certificates, { chain: this.parties.automaton.chain })
    if (answer.status !== 204) throw new Error(answer.text)
  }

  charge(amount: string, more: { key?: string; offer?: string; number?: string; slip?: string } = {}) {
    const key = more.key ?? `key-${++this.#made}`
    const { offer = key, number = '+33612345678' } = more
    return {
      amountTransaction: {
        phoneNumber: number,
        clientCorrelator: key,
        referenceCode: saleId,
        paymentAmount: {
          chargingInformation: {
            amount,
            currency: 'EUR',
            description: 'Acme Vending 4021',
            isTaxIncluded: true,
          },
          chargingMetaData: { merchantIdentifier: 'acme', channel: 'text' },
        },
      },
      priceSlip: more.slip ?? this.slip(amount, offer),
      consent: { identificationId: 'i-1', channel: 'text', by: 'code', at: 1 },
    }
  }

  slip(amount: string, offer: string, by: Identity = this.parties.automaton, seller = 'acme'): string {
    const amountMinor = Math.round(Number(amount) * 100)
    return promise(slipKind, by.signer, {
      offerHash: sha256(offer),
      amountMinor,
      currency: 'EUR',
      seller,
      waitMs: 180_000,
    })
  }

  outcome(
    offer: string,
    result: 'delivered' | 'failed' | 'unknown',
    by: Identity = this.parties.automaton,
  ): string {
    return promise(outcomeKind, by.signer, {
      saleId,
      offerHash: sha256(offer),
      result,
      detail: 'test',
      at: 1,
    })
  }

  withdrawal(offer: string): string {
    const payload: Withdrawal = { saleId, offerHash: sha256(offer), reason: 'waitLimit', at: 1 }
    return promise(withdrawalKind, this.parties.automaton.signer, payload)
  }

  refund(key: string, amount?: string, more: object = {}) {
    const transaction = { clientCorrelator: key, referenceCode: key }
    const chargingInformation = { amount, currency: 'EUR', description: 'failed' }
    return amount === undefined
      ? { type: 'total', ...more, amountTransaction: { ...transaction, refundAmount: {} } }
      : {
          type: 'partial',
          ...more,
          amountTransaction: { ...transaction, refundAmount: { chargingInformation } },
        }
  }

  async #send(method: Method, path: string, text?: string, authorization?: string): Promise<Sent> {
    const headers = {
      authorization: authorization ?? `Bearer ${this.#token}`,
      'x-correlator': 'trace-1',
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = text === undefined ? {} : { payload: text }
    const answer = await this.app.inject({ method, url: path, headers, ...sent })
    const body = (readExactJson(answer.payload) ?? {}) as Record<string, unknown>
    this.#check(method, path, text, answer.statusCode, answer.payload, body)
    return { status: answer.statusCode, body, text: answer.payload, headers: answer.headers }
  }

  #check(
    method: Method,
    url: string,
    text: string | undefined,
    status: number,
    payload: string,
    body: Record<string, unknown>,
  ): void {
    const [path = '', asked = ''] = url.split('?')
    // Looking a payment up by its key is ours: the standard does not know that filter.
    const query = asked.replace(/&?clientCorrelator=[^&]*/, '')
    const row = operations.find((each) => each.method === method && isPath(each.path, path))
    if (!row) return
    if (status >= 400) {
      const code = String(body.code)
      this.met.add(`${row.operationId} ${code}`)
      const declared: readonly string[] = [...row.errors, ...commonErrors]
      if (!declared.includes(code))
        throw new Error(`${row.operationId} answered ${code}, which its row lacks`)
    }
    const answer: unknown = payload === '' ? undefined : JSON.parse(payload)
    const request = { method, path, query, headers: {}, body: text === undefined ? undefined : parsed(text) }
    const faults = this.#standard.faults({ operationId: row.operationId, request, status, answer })
    if (faults && faults.length > 0)
      throw new Error(`${row.operationId} ${status}: ${faults.join('; ')} in ${payload}`)
  }
}

function isPath(pattern: string, path: string): boolean {
  const [asked, known] = [path.split('/'), pattern.split('/')]
  const isStatic = operations.some((each) => each.path === path && each.path !== pattern)
  return (
    !isStatic &&
    asked.length === known.length &&
    known.every((part, index) => part.startsWith(':') || part === asked[index])
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
