// A sale's snapshot as its row keeps it: where its chart is, and of its memory only what a new sale does not
// have and the row's columns do not say. It is written seven times in a sale, so every byte counts.
import { newSale, type SaleContext, type SaleInput } from '../sale-context.ts'
import type { SaleRow } from '../store/port.ts'
import type { ChartState } from './chart-step.ts'

type Column = 'saleId' | 'automatonId' | 'amountMinor' | 'currency' | 'paymentId' | 'offeredAt'

/**
 * What a sale remembers of itself at first; of what comes with its offer the names alone, so that nothing is
 * added behind when a row is read.
 */
const blank = newSale({
  saleId: undefined,
  automatonId: undefined,
  machineNumber: undefined,
  seller: undefined,
  item: undefined,
  offerHash: undefined,
  slip: undefined,
  amountMinor: undefined,
  currency: undefined,
  waitMs: undefined,
  offeredAt: undefined,
  charge: undefined,
} satisfies Record<keyof SaleInput, undefined> as unknown as SaleInput)

/** In an order of its own, so that the same memory always gives the same text. */
const kept = Object.keys({
  machineNumber: 0,
  seller: 0,
  item: 0,
  offerHash: 0,
  slip: 0,
  waitMs: 0,
  charge: 0,
  phones: 0,
  wrongCodes: 0,
  payerId: 0,
  consent: 0,
  operationId: 0,
  attempt: 0,
  byHold: 0,
  earlyCode: 0,
  authorizationId: 0,
  acknowledgement: 0,
  honouredUntil: 0,
  confirming: 0,
  instructedAt: 0,
  asked: 0,
  voidInto: 0,
  because: 0,
  refundAttempt: 0,
  evidence: 0,
  learnt: 0,
} satisfies Record<Exclude<keyof SaleContext, Column>, 0>) as Exclude<keyof SaleContext, Column>[]

export function snapshotText({ value, context }: Pick<ChartState, 'value' | 'context'>): string {
  const memory: Record<string, unknown> = {}
  for (const name of kept) if (context[name] !== blank[name]) memory[name] = context[name]
  return JSON.stringify({ value, context: memory })
}

/** An input may ask several times what one row says. */
let last: { readonly row: SaleRow; readonly read: ChartState } | undefined

/** Also of rows that say more than they need to. */
export function readSnapshot(row: SaleRow): ChartState {
  if (last?.row === row) return last.read
  const { value, context } = JSON.parse(row.snapshot)
  const read: ChartState = {
    value,
    context: { ...blank, ...columnsOf(row), ...context },
    status: row.open ? 'active' : 'done',
  }
  last = { row, read }
  return read
}

function columnsOf(row: SaleRow): Pick<SaleContext, Column> {
  const { saleId, automatonId, amountMinor, currency, paymentId, createdAt } = row
  return {
    saleId,
    automatonId,
    amountMinor,
    currency: currency as SaleContext['currency'],
    paymentId,
    offeredAt: createdAt,
  }
}
