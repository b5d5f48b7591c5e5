// Support for tests: a payment centre without its HTTP door, on a clock that the test advances, and the
// commands of a trade with it. Signatures are taken as checked here; the door's own tests make real ones.
import { generateKeyPairSync } from 'node:crypto'
import type { Party } from '@concilia/protocol/certificates.ts'
import type { Signer } from '@concilia/protocol/jws.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import type { Outcome, Slip } from '@concilia/protocol/promises.ts'
import { type Random, sha256 } from '@concilia/protocol/random.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type {
  Answer,
  Charge,
  CodeText,
  Command,
  Evidence,
  News,
  RefundCommand,
  Settings,
} from './books/commands.ts'
import { Engine } from './engine.ts'
import { Secrets } from './secrets.ts'
import type { CentreStore } from './store/port.ts'

export const generous: Settings = {
  caps: {
    purchasesPerHour: 100_000,
    currencies: {
      EUR: { purchaseMinor: 100_000, dayMinor: 100_000_000, monthMinor: 100_000_000 },
      UGX: { purchaseMinor: 100_000, dayMinor: 100_000_000, monthMinor: 100_000_000 },
    },
  },
  holdMs: 60_000,
  silenceMs: 40_000,
  validation: { waitMs: 20_000, digits: 6, tries: 3 },
}

/** Chance that repeats itself, yet differs from one seed to the next. */
export function seededRandom(seed: string): Random {
  let drawn = 0
  return {
    bytes: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
        Buffer.from(sha256(`${seed} ${drawn++}`), 'base64url'),
      )
      return Buffer.concat(blocks).subarray(0, length)
    },
  }
}

export interface Offered {
  readonly amountMinor: number
  readonly currency?: Currency
  readonly offer: string
}

const centreKey = generateKeyPairSync('ed25519')
export const automaton: Party = {
  kid: 'kid',
  id: 'automaton-1',
  role: 'automaton',
  seller: 'acme',
  publicKey: centreKey.publicKey,
  validFrom: 0,
  validTo: Number.MAX_SAFE_INTEGER,
}

export class Trade {
  readonly clock = new ManualClock()
  readonly news: News[] = []
  readonly texts: CodeText[] = []
  readonly engine: Engine
  readonly secrets: Secrets
  readonly signer: Signer
  readonly store: CentreStore
  readonly #silenceMs: number
  /** Makes ids of this trade differ from those of another one in the same store. */
  readonly name: string

  constructor(
    store: CentreStore,
    name: string,
    settings: Settings = generous,
    signer: Signer = { kid: 'centre', privateKey: centreKey.privateKey },
    seed = name,
  ) {
    const random = seededRandom(seed)
    const key = new Uint8Array(32)
    this.name = name
    this.signer = signer
    this.store = store
    this.#silenceMs = settings.silenceMs
    this.secrets = new Secrets({ pepper: key, sealing: key, tokens: key }, random)
    this.engine = new Engine({
      store,
      clock: this.clock,
      random,
      secrets: this.secrets,
      signer,
      settings,
      longestQueue: 10_000,
      tell: (news) => this.news.push(news),
      sendText: (text) => this.texts.push(text),
      nextTurn: async () => {},
    })
  }

  /** A client and the seller it charges for. */
  async open(): Promise<this> {
    await this.do({
      kind: 'registerClient',
      registration: {
        id: this.client,
        secretHash: '',
        scopes: [],
        sellers: ['acme'],
        voucherDayCeilingMinor: 1_000_000,
      },
    })
    await this.do({ kind: 'registerSeller', registration: { id: 'acme', name: 'Acme Vending' } })
    return this
  }

  get client(): string {
    return `client-${this.name}`
  }

  subscriber(who: string): Subscriber {
    return { realm: 'test', key: `${this.name}-${who}` }
  }

  hash(who: string): string {
    return this.secrets.subscriberHash(this.subscriber(who))
  }

  async do(command: Command): Promise<{ status: number; body: Record<string, unknown> }> {
    const { status, body }: Answer = await this.engine.submit(command)
    return { status, body: body === '' ? {} : JSON.parse(body) }
  }

  openAccount(
    who: string,
    balanceMinor: number,
    account: Partial<{ kind: 'prepaid' | 'postpaid'; ceilingMinor: number; validateAboveMinor: number }> = {},
  ) {
    const terms = { kind: 'prepaid' as const, currency: 'EUR' as const, ceilingMinor: 0, ...account }
    return this.do({ kind: 'openAccount', subscriber: this.subscriber(who), account: terms, balanceMinor })
  }

  charge(
    who: string,
    key: string,
    { amountMinor, currency = 'EUR', offer }: Offered,
    charge: 'debit' | 'hold' = 'debit',
  ) {
    const command: Charge = {
      kind: 'charge',
      charge,
      client: this.client,
      key,
      bodyHash: `${charge} ${who} ${offer} ${amountMinor}`,
      referenceCode: `sale ${offer}`,
      subscriber: this.subscriber(who),
      subscriberHash: this.hash(who),
      money: { amountMinor, currency },
      description: 'Acme Vending 4021',
      consent: { identificationId: 'i', channel: 'text', by: 'network', at: 0 },
      slip: { ok: true, by: automaton, payload: this.slip({ amountMinor, currency, offer }) },
    }
    return command
  }

  slip({ amountMinor, currency = 'EUR', offer }: Offered): Slip {
    return { offerHash: this.offerHash(offer), amountMinor, currency, seller: 'acme', waitMs: 180_000 }
  }

  offerHash(offer: string): string {
    return sha256(`${this.name} ${offer}`)
  }

  outcome(offer: string, result: Outcome['result']): Evidence {
    const payload: Outcome = {
      saleId: '2f1f7ee2-9b32-4c5e-8f0a-6f8f0b1d2c3e',
      offerHash: this.offerHash(offer),
      result,
      detail: 'test',
      at: 0,
    }
    return { kind: 'outcome', checked: { ok: true, by: automaton, payload } }
  }

  refund(paymentId: string, key: string, more: Partial<RefundCommand> = {}): RefundCommand {
    return {
      kind: 'refund',
      client: this.client,
      key,
      bodyHash: `refund ${paymentId} ${JSON.stringify(more)}`,
      paymentId,
      type: 'total',
      referenceCode: 'refund',
      because: 'failed',
      ...more,
    }
  }

  void(key: string, offer: string): Command {
    return { kind: 'void', client: this.client, key, referenceCode: `sale ${offer}` }
  }

  /** What a call asks for: a voucher of the automaton's, of whose deliveries the seller has two thirds. */
  voucher(key: string, amountMinor: number, livesMs = 900_000) {
    return {
      kind: 'voucher',
      client: this.client,
      key: this.voucherId(key),
      bodyHash: `voucher ${amountMinor}`,
      referenceCode: `call ${key}`,
      money: { amountMinor, currency: 'EUR' },
      seller: 'acme',
      automatonId: automaton.id,
      service: 'voix',
      sellerShareBps: 6667,
      livesMs,
    } as const
  }

  voucherId(key: string): string {
    return `${this.name}-${key}`.padEnd(20, '-')
  }

  voucherPayer(key: string): Subscriber {
    return { realm: 'voucher', key: this.voucherId(key) }
  }

  voucherHash(key: string): string {
    return this.secrets.subscriberHash(this.voucherPayer(key))
  }

  /** The code of that voucher, typed at the machine for an offer. */
  chargeVoucher(key: string, of: string, offered: Offered, charge: 'debit' | 'hold' = 'debit') {
    const payer = { subscriber: this.voucherPayer(of), subscriberHash: this.voucherHash(of) }
    return { ...this.charge(of, key, offered, charge), ...payer }
  }

  /** Posted and held of a buyer, in minor units. */
  async balance(who: string): Promise<{ posted: string; held: string; state: string }> {
    const { body } = await this.do({ kind: 'showAccount', subscriberHash: this.hash(who) })
    return { posted: String(body.balance), held: String(body.held), state: String(body.state) }
  }

  /** Of the operator's or the centre's account of that name. */
  async house(accountId: string): Promise<number> {
    const [found] = await this.store.balances(accountId)
    return found?.postedMinor ?? 0
  }

  /** What the clock does in main.ts. */
  async sweep(): Promise<void> {
    const now = this.clock.now()
    const due = await this.store.due(now, now - this.#silenceMs, 1000)
    const vouchers = await this.store.dueVouchers(now, 1000)
    await Promise.all(vouchers.map((subscriberHash) => this.do({ kind: 'voucherLapse', subscriberHash })))
    await Promise.all(due.map((paymentId) => this.engine.submit({ kind: 'expire', paymentId })))
  }
}
