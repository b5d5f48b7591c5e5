// The walk over the centre's payments against our own sales, at start and daily (architecture, section 7).
// Finds what a crash, a restored database or a late answer left behind; the engine acts on each finding under
// the machine's lock.

import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Engine } from './engine/engine.ts'
import type { ReconciledInput } from './engine/inputs.ts'
import { contextOf } from './engine/sale-step.ts'
import type { CentrePayment, Payments } from './payments/port.ts'
import type { SaleRow, Store } from './store/port.ts'

const day = 86_400_000

interface Parts {
  readonly store: Pick<Store, 'sale' | 'paidSales'>
  readonly payments: Pick<Payments, 'walk'>
  readonly engine: Pick<Engine, 'submit'>
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
}

export interface Walked {
  readonly findings: number
  /** Payments and sales that were passed by because they may still be being answered. */
  readonly tooYoung: number
}

/** One walk over everything younger than `keepMs`. */
export async function reconcile({ store, payments, engine, clock, limits, log }: Parts): Promise<Walked> {
  const from = clock.now() - limits.keepMs
  const settledBefore = clock.now() - answeredWithinMs(limits)
  const there = new Set<string>()
  let findings = 0
  let tooYoung = 0
  const find = async (finding: Pick<ReconciledInput, 'automatonId' | 'saleId' | 'finding' | 'why'>) => {
    findings++
    await engine.submit({ kind: 'reconciled', ...finding, at: clock.now() })
  }
  for await (const payment of payments.walk(from)) {
    there.add(payment.paymentId)
    if (payment.createdAt > settledBefore) {
      tooYoung++
      continue
    }
    const found = judge(payment, await store.sale(payment.saleId))
    if (found) await find(found)
  }
  for (const sale of await store.paidSales(from)) {
    if (sale.paymentId !== null && there.has(sale.paymentId)) continue
    if (sale.createdAt > settledBefore) {
      tooYoung++
      continue
    }
    // What was given back is with the buyer: a centre that forgot both has nothing to be told.
    if (!sale.open && sale.state !== 'settled') continue
    await find({
      automatonId: sale.automatonId,
      saleId: sale.saleId,
      finding: { type: 'repost' },
      why: 'the centre does not know a payment it acknowledged: it gets its acknowledgement again',
    })
  }
  log.info(
    { findings },
    `the centre's payments agree with our sales${findings > 0 ? `, but for ${findings}` : ''}`,
  )
  return { findings, tooYoung }
}

/** A payment younger than this may still be on its way, here or there (ms). */
function answeredWithinMs({ authorisationMs, marginMs }: Limits): number {
  return authorisationMs + marginMs
}

/**
 * What, if anything, is wrong between a payment and its sale. Open sales look after themselves, but for those
 * that a restored server has only heard of.
 */
export function judge(
  payment: CentrePayment,
  sale: SaleRow | undefined,
): Pick<ReconciledInput, 'automatonId' | 'saleId' | 'finding' | 'why'> | undefined {
  const { saleId, key, status, refundedMinor, amountMinor } = payment
  const holdsMoney =
    (status === 'succeeded' && refundedMinor < amountMinor) ||
    status === 'reserved' ||
    status === 'pending_validation'
  if (!sale) {
    const why = `the centre has a payment (${status}) of a sale this server does not know`
    return holdsMoney ? { automatonId: null, saleId, finding: { type: 'aside' }, why } : undefined
  }
  const { automatonId, state, paymentId } = sale
  if (sale.open) {
    // It was heard of by its outcome alone; only the chart knows whether that was `delivered`.
    const isUnknownHere = state === 'awaitingPerson' && paymentId === null
    if (!isUnknownHere || !holdsMoney || status === 'pending_validation') return undefined
    const why = 'the centre has the payment of a sale whose end this server only heard of'
    return { automatonId, saleId, finding: { type: 'adopt', paymentId: payment.paymentId }, why }
  }
  // A late yes; or, when re-credited, a centre restored from before it gave the money back. A void gives back
  // what is left and no more.
  if (holdsMoney && endsWithoutMoney(sale)) {
    const why = `the centre still holds money of a sale that ended as ${state}: it is given back`
    return { automatonId, saleId, finding: { type: 'undo', key }, why }
  }
  if (state === 'settled' && !(status === 'succeeded' && refundedMinor === 0)) {
    const why = `the sale is settled, but the centre says ${status}, ${refundedMinor} given back`
    return { automatonId, saleId, finding: { type: 'aside' }, why }
  }
  return undefined
}

/** Whether the buyer has, or never paid, the money: as the sale ended. */
function endsWithoutMoney(sale: SaleRow): boolean {
  if (sale.state !== 'unknownClosed')
    return ['refused', 'withdrawn', 'expired', 'recredited'].includes(sale.state)
  return sale.chartVersion > 0 && contextOf(sale).because !== null
}

/** At start, at times once more, and then daily; a walk that fails is tried again after a minute. */
export class Reconciliation {
  readonly #parts: Parts
  #stopped = false
  #cancel: () => void = () => {}

  constructor(parts: Parts) {
    this.#parts = parts
  }

  start(): void {
    // What the first walk passes by is looked at once more: after a restore that was all of the last minute,
    // and a day is long.
    this.#walk(({ tooYoung }) => (tooYoung > 0 ? answeredWithinMs(this.#parts.limits) : day))
  }

  #walk(pauseAfter: (walked: Walked) => number): void {
    reconcile(this.#parts)
      .then((walked) => this.#walkAfter(pauseAfter(walked), () => day))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        this.#parts.log.warn(`the walk over the centre's payments is put off: ${why}`)
        this.#walkAfter(60_000, pauseAfter)
      })
  }

  #walkAfter(pauseMs: number, pauseAfter: (walked: Walked) => number): void {
    if (this.#stopped) return
    const timer = this.#parts.clock.after(pauseMs, () => this.#walk(pauseAfter))
    this.#cancel = () => timer.cancel()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }
}
