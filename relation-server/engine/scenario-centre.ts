// A payment centre in a scenario: right books for each key, real acknowledgements, and answers that can be
// lost on the way there or back, held up, or replaced. What the buyer has paid in the end is read from here.
import type { Identity } from '@concilia/platform/identity.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { type Acknowledgement, acknowledgementKind, promise } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { validationWanted } from '../payments/classify.ts'
import type {
  CentrePayment,
  DeclineReason,
  PaymentOperation,
  PaymentResult,
  Payments,
} from '../payments/port.ts'

type Kind = PaymentOperation['kind']

/**
 * `lost`: it never arrives. `silent`: it is applied, and the answer never arrives. Or another answer instead.
 */
type Fault = 'lost' | 'silent' | PaymentResult | Promise<unknown>

interface Entry {
  status: 'pending' | 'held' | 'charged' | 'gone'
  readonly paymentId: string
  readonly saleId: string
  readonly key: string
  readonly amountMinor: number
  readonly createdAt: number
  readonly hold: boolean
  readonly honouredUntil?: number
  /** What its acknowledgements say, but for how it is charged. */
  readonly terms: Omit<Acknowledgement, 'charge' | 'at'>
  acknowledgement: string
}

export const refusedWith = (code: string, reason: DeclineReason) =>
  ({ kind: 'refused', code, reason }) as const
const inDoubt: PaymentResult = { kind: 'inDoubt', why: 'no answer' }
const cancelled = refusedWith('CARRIER_BILLING.PAYMENT_CANCELLED', 'tooLate')

export class ScenarioCentre implements Payments {
  /** Everything that arrived, with the attempt that brought it. */
  readonly heard: { operation: PaymentOperation; attempt: number }[] = []
  /** Asks the buyer for a code before it charges anything (ST12). */
  validates = false
  validationCode = '77'
  /** What calls have bought, by the voucher's id. */
  readonly vouchers = new Map<string, 'announced' | 'read' | 'voided'>()
  readonly #identity: Identity
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #faults = new Map<Kind, Fault[]>()
  readonly #entries = new Map<string, Entry>()
  readonly #tombstones = new Set<string>()
  readonly #forgotten = new Map<string, Entry>()

  constructor(identity: Identity, clock: Clock, limits: Limits) {
    this.#identity = identity
    this.#clock = clock
    this.#limits = limits
  }

  /** What happens to the next operations of this kind, one each. */
  next(kind: Kind, ...faults: Fault[]): void {
    this.#faults.set(kind, [...(this.#faults.get(kind) ?? []), ...faults])
  }

  /** What the buyer has paid for this sale, in minor units. */
  paid(saleId: string): number {
    return this.#sum(saleId, 'charged')
  }

  /** What is reserved for it and neither taken nor given back. */
  held(saleId: string): number {
    return this.#sum(saleId, 'held') + this.#sum(saleId, 'pending')
  }

  kinds(saleId?: string): Kind[] {
    const about = this.heard.filter(
      ({ operation }) => saleId === undefined || !('saleId' in operation) || operation.saleId === saleId,
    )
    return about.map(({ operation }) => operation.kind)
  }

  /** The hold's time is over at the centre. */
  lapse(saleId: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.saleId === saleId && entry.status === 'held') entry.status = 'gone'
    }
  }

  /** Restored from a backup in which there was no such payment. */
  forget(saleId: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.saleId !== saleId) continue
      this.#forgotten.set(entry.acknowledgement, entry)
      this.#entries.delete(key)
    }
  }

  /** From now on everything arrives and is answered. */
  wellAgain(): void {
    this.#faults.clear()
  }

  async perform(operation: PaymentOperation, attempt: number): Promise<PaymentResult> {
    const fault = this.#faults.get(operation.kind)?.shift()
    if (fault instanceof Promise) await fault
    if (fault === 'lost') return inDoubt
    this.heard.push({ operation, attempt })
    if (fault === 'silent') {
      this.#apply(operation)
      return inDoubt
    }
    return fault === undefined || fault instanceof Promise ? this.#apply(operation) : fault
  }

  #apply(operation: PaymentOperation): PaymentResult {
    switch (operation.kind) {
      case 'charge':
      case 'prepare':
        return this.#charge(operation)
      case 'validate':
        return this.#change(operation.paymentId, (entry) => {
          if (operation.code !== this.validationCode)
            return refusedWith('CARRIER_BILLING.INVALID_CODE', 'wrongCode')
          entry.status = 'held'
          return this.#yes(entry)
        })
      case 'confirm':
        return this.#change(operation.paymentId, (entry) => {
          if (entry.status === 'gone') return cancelled
          entry.status = 'charged'
          entry.acknowledgement = this.#acknowledge(entry.terms, 'debit')
          return { kind: 'ok', paymentId: entry.paymentId, acknowledgement: entry.acknowledgement }
        })
      case 'cancel':
        return this.#change(operation.paymentId, (entry) => {
          if (entry.status === 'charged') return refusedWith('CARRIER_BILLING.PAYMENT_CONFIRMED', 'tooLate')
          entry.status = 'gone'
          return { kind: 'ok' }
        })
      case 'refund':
        return this.#change(operation.paymentId, (entry) => {
          entry.status = 'gone'
          return { kind: 'ok' }
        })
      case 'void': {
        const entry = this.#entries.get(operation.key)
        if (entry) entry.status = 'gone'
        const voucher = this.vouchers.get(operation.key)
        if (voucher === 'read') return refusedWith('CARRIER_BILLING.PAYMENT_CONFIRMED', 'tooLate')
        if (voucher) this.vouchers.set(operation.key, 'voided')
        this.#tombstones.add(operation.key)
        return { kind: 'ok' }
      }
      case 'repost': {
        const entry = this.#forgotten.get(operation.acknowledgement)
        if (entry) this.#entries.set(entry.key, entry)
        return { kind: 'ok' }
      }
      case 'outcome':
        return this.#change(operation.paymentId, () => ({ kind: 'ok' }))
      case 'voucher': {
        if (this.#tombstones.has(operation.voucherId)) return refusedWith('CONCILIA.VOIDED', 'tooLate')
        this.vouchers.set(operation.voucherId, 'announced')
        return { kind: 'ok', honouredUntil: this.#clock.now() + operation.livesMs }
      }
      case 'voucherRead':
        if (this.vouchers.get(operation.voucherId) !== 'announced') return { kind: 'ok' }
        this.vouchers.set(operation.voucherId, 'read')
        return { kind: 'ok' }
      case 'eligibility':
        return { kind: 'ok' }
    }
  }

  #charge(operation: Extract<PaymentOperation, { kind: 'charge' | 'prepare' }>): PaymentResult {
    const { key, saleId, amountMinor } = operation
    if (this.#tombstones.has(key)) return refusedWith('CONCILIA.VOIDED', 'tooLate')
    const { realm, key: voucherId } = operation.subscriber
    if (realm === 'voucher') {
      const voucher = this.vouchers.get(voucherId)
      if (!voucher || voucher === 'voided') return refusedWith('SERVICE_NOT_APPLICABLE', 'accountBarred')
      // Typed at the machine, so it was read.
      this.vouchers.set(voucherId, 'read')
    }
    const hold = operation.kind === 'prepare'
    const by = operation.consent.proof
    const validates = this.validates || by === 'pin'
    if (validates && !hold) return refusedWith(validationWanted, 'notAllowed')
    const createdAt = this.#clock.now()
    const paymentId = `payment ${key}`
    const { slip, currency, seller } = operation
    const terms = { offerHash: sha256(slip), amountMinor, currency: currency as Currency, seller, paymentId }
    const entry: Entry = this.#entries.get(key) ?? {
      status: validates ? 'pending' : hold ? 'held' : 'charged',
      paymentId,
      saleId,
      key,
      amountMinor,
      createdAt,
      hold,
      ...(hold ? { honouredUntil: createdAt + this.#limits.holdMs } : {}),
      terms,
      acknowledgement: this.#acknowledge(terms, hold ? 'hold' : 'debit'),
    }
    this.#entries.set(key, entry)
    if (entry.status === 'pending')
      return { kind: 'validationNeeded', paymentId, authorizationId: 'a', ...(by && { by }) }
    return this.#yes(entry)
  }

  #acknowledge(terms: Entry['terms'], charge: Acknowledgement['charge']): string {
    const at = this.#clock.now()
    return promise(acknowledgementKind, this.#identity.signer, { ...terms, charge, at })
  }

  #yes({ paymentId, acknowledgement, honouredUntil }: Entry): PaymentResult {
    return {
      kind: 'ok',
      paymentId,
      acknowledgement,
      ...(honouredUntil === undefined ? {} : { honouredUntil }),
    }
  }

  #change(paymentId: string, change: (entry: Entry) => PaymentResult): PaymentResult {
    const entry = [...this.#entries.values()].find((each) => each.paymentId === paymentId)
    return entry ? change(entry) : inDoubt
  }

  #sum(saleId: string, status: Entry['status']): number {
    const about = [...this.#entries.values()].filter(
      (entry) => entry.saleId === saleId && entry.status === status,
    )
    return about.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  }

  async *walk(from: number): AsyncGenerator<CentrePayment> {
    const statuses = {
      pending: 'pending_validation',
      held: 'reserved',
      charged: 'succeeded',
      gone: 'cancelled',
    } as const
    for (const { paymentId, saleId, key, status, amountMinor, createdAt, hold } of this.#entries.values()) {
      const returned = status === 'gone' && !hold
      if (createdAt < from) continue
      yield {
        paymentId,
        saleId,
        key,
        status: returned ? 'succeeded' : statuses[status],
        refundedMinor: returned ? amountMinor : 0,
        amountMinor,
        createdAt,
      }
    }
  }

  async chains(): Promise<string[]> {
    return [this.#identity.chain]
  }

  async close(): Promise<void> {}
}
