// What a sale remembers comes back from its row whole, also from a row of the version before.
import { expect, test } from 'vitest'
import { input, memories } from '../sale-chart.cases.ts'
import { saleChartVersion } from '../sale-chart.ts'
import { newSale, type SaleContext } from '../sale-context.ts'
import type { SaleRow } from '../store/port.ts'
import { readSnapshot, snapshotText } from './sale-snapshot.ts'

const value = { charging: 'inDoubt' } as const
const fresh = newSale(input)

function rowOf(context: SaleContext, snapshot: string): SaleRow {
  const { saleId, automatonId, amountMinor, currency, paymentId, offeredAt: createdAt } = context
  const ids = { saleId, automatonId, amountMinor, currency, paymentId, createdAt, snapshot }
  const nothing = { subscriberId: null, dueAt: null, dueEvent: null, aside: null, endedAt: null }
  return { ...ids, ...nothing, chartVersion: saleChartVersion, open: true, state: 'charging.inDoubt' }
}

const everything: SaleContext = {
  ...fresh,
  consent: { identificationId: 'i', channel: 'text', by: 'code', at: 7 },
  operationId: 'o',
  attempt: 2,
  byHold: true,
  earlyCode: '1234',
  authorizationId: 'a',
  acknowledgement: 'signed',
  honouredUntil: 9,
  confirming: true,
  instructedAt: 8,
  asked: 3,
  voidInto: 'refused',
  because: 'failed',
  refundAttempt: 2,
  evidence: 'signed too',
  learnt: 'and this',
  paymentId: 'p',
}

const all: Record<string, Partial<SaleContext>> = { ...memories, everything }

test.each(
  Object.entries(all).map(([name, memory]): [string, SaleContext] => [name, { ...fresh, ...memory }]),
)('%s', (_, context) => {
  const text = snapshotText({ value, context })
  const row = rowOf(context, text)
  expect(readSnapshot(row)).toEqual({ value, context, status: 'active' })
  expect(readSnapshot({ ...row, open: false }).status).toBe('done')
  expect(snapshotText({ value, context: readSnapshot(row).context })).toBe(text)
  const whole = rowOf(context, JSON.stringify({ value, context, status: 'active' }))
  expect(readSnapshot(whole)).toEqual({ value, context, status: 'active' })
})

test('what a new sale remembers is not said again', () => {
  expect(JSON.parse(snapshotText({ value, context: fresh })).context).not.toHaveProperty('acknowledgement')
})
