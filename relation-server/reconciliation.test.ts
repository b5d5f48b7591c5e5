import type { Log } from '@concilia/platform/log.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import type { Input } from './engine/inputs.ts'
import type { CentrePayment } from './payments/port.ts'
import { judge, Reconciliation } from './reconciliation.ts'
import { sale } from './store/contract.ts'

const payment = (status: CentrePayment['status'], refundedMinor = 0): CentrePayment => ({
  paymentId: 'p',
  saleId: 's',
  key: 's:1',
  status,
  refundedMinor,
  amountMinor: 150,
  createdAt: 1000,
})

test.each([
  ['expired', payment('succeeded'), 'undo'],
  ['withdrawn', payment('reserved'), 'undo'],
  ['refused', payment('pending_validation'), 'undo'],
  ['expired', payment('succeeded', 150), undefined],
  ['withdrawn', payment('cancelled'), undefined],
  ['refused', payment('denied'), undefined],
  ['recredited', payment('succeeded'), 'undo'],
  ['recredited', payment('succeeded', 100), 'undo'],
  ['recredited', payment('succeeded', 150), undefined],
  ['settled', payment('succeeded'), undefined],
  ['settled', payment('succeeded', 10), 'aside'],
  ['settled', payment('reserved'), 'aside'],
  ['settled', payment('cancelled'), 'aside'],
  ['unknownClosed', payment('succeeded', 150), undefined],
] as const)('a sale that ended as %s, and %o at the centre', (state, found, finding) => {
  expect(judge(found, sale('s', { open: false, state }))?.finding.type).toBe(finding)
})

test('an open sale looks after itself', () => {
  expect(judge(payment('succeeded'), sale('s', { state: 'charging.inDoubt' }))).toBeUndefined()
})

test('a payment of a sale nobody knows here is for a person, when money is in it', () => {
  expect(judge(payment('succeeded'), undefined)).toMatchObject({
    automatonId: null,
    finding: { type: 'aside' },
  })
  expect(judge(payment('cancelled'), undefined)).toBeUndefined()
})

test('walks at start and daily, again after a minute when the centre cannot be walked, never after its stop', async () => {
  const clock = new ManualClock()
  const warned: string[] = []
  const found: Input[] = []
  let walks = 0
  const walk = async function* () {
    if (++walks === 1) throw new Error('the centre is away')
    // One too young to be judged, and one that nobody knows here.
    yield { ...payment('succeeded'), createdAt: clock.now() }
    yield payment('succeeded')
  }
  const reconciliation = new Reconciliation({
    store: { sale: async () => undefined, paidSales: async () => [] },
    payments: { walk },
    engine: {
      submit: async (input) => {
        found.push(input)
        return 'first'
      },
    },
    clock,
    limits: defaultLimits,
    log: { info: () => {}, warn: (words: string) => void warned.push(words) } as unknown as Log,
  })
  reconciliation.start()
  await clock.advanceAsync(59_999)
  expect([walks, warned.length]).toEqual([1, 1])
  await clock.advanceAsync(1)
  expect([walks, found.length]).toEqual([2, 1])
  await clock.advanceAsync(86_400_000)
  expect(walks).toBe(3)
  reconciliation.stop()
  await clock.advanceAsync(86_400_000)
  expect(walks).toBe(3)
})
