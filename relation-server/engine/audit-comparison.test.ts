// The comparison against chance: whatever is sold, and wherever a reading falls, what was all reported never
// differs; and a vend that nobody reported differs, at that reading or at the next.
import type { Audit, Counters, Sold } from '@concilia/protocol/audit.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeptReading, Reported } from '../audit-reading.ts'
import { compare } from './audit-comparison.ts'

interface Interval {
  /** Sold by phone, counted and reported; prices in minor units. */
  readonly phone: readonly number[]
  readonly cash: readonly number[]
  /** Outcomes that nobody knew: whether the machine counted each. */
  readonly unknown: readonly boolean[]
  /** Sales across the reading that ends the interval: on which side first. */
  readonly across: readonly ('counted' | 'reported')[]
  /** Those are told as vends during the reading, or as words on their way. */
  readonly told: 'meanwhile' | 'words'
  /** Reports of cash sales that got lost. */
  readonly lost: number
  /** Counted, and never reported. */
  readonly hidden: number
}

const price = 150
const none: Sold = { number: 0, valueMinor: 0 }
const plus = (sum: Sold, valueMinor: number): Sold => ({
  number: sum.number + 1,
  valueMinor: sum.valueMinor + valueMinor,
})

/** @returns the verdicts of each reading, by subject */
function played(intervals: readonly Interval[]): Record<string, string>[] {
  let counted = { phone: none, cash: none }
  let reported = { delivered: none, unknown: none }
  let before: KeptReading | undefined
  let crossing: readonly ('counted' | 'reported')[] = []
  let notices = 0
  const readings: Record<string, string>[] = []
  const count = (way: 'phone' | 'cash', valueMinor: number) => {
    counted = { ...counted, [way]: plus(counted[way], valueMinor) }
  }
  const report = (result: 'delivered' | 'unknown', valueMinor: number) => {
    reported = { ...reported, [result]: plus(reported[result], valueMinor) }
  }
  for (const [at, interval] of [calm, ...intervals].entries()) {
    // What crossed the reading before is made up for.
    for (const side of crossing) side === 'counted' ? report('delivered', price) : count('phone', price)
    crossing = interval.across
    for (const side of crossing) side === 'counted' ? count('phone', price) : report('delivered', price)
    for (const valueMinor of interval.phone) {
      count('phone', valueMinor)
      report('delivered', valueMinor)
    }
    for (const isCounted of interval.unknown) {
      report('unknown', price)
      if (isCounted) count('phone', price)
    }
    for (const valueMinor of interval.cash) count('cash', valueMinor)
    for (let lost = 0; lost < interval.lost; lost++) count('cash', price)
    for (let hidden = 0; hidden < interval.hidden; hidden++) count('phone', price)
    notices += interval.cash.length + interval.lost
    const sold = { number: counted.phone.number, valueMinor: counted.phone.valueMinor }
    const audit = auditOf(at, counted.cash, sold, notices, interval)
    const whole: Reported = { ...reported, items: { '5': { ...reported } } }
    const words = interval.told === 'words'
    const comparison = compare({
      before,
      audit,
      reported: whole,
      cash: interval.cash.length === 0 ? new Map() : new Map([['5', interval.cash.reduce(plus, none)]]),
      lostNotices: interval.lost,
      missingWords: words ? crossing.filter((side) => side === 'counted').length : 0,
      youngerWords: words ? crossing.filter((side) => side === 'reported').length : 0,
    })
    readings.push(Object.fromEntries(comparison.compared.map(({ subject, verdict }) => [subject, verdict])))
    before = { audit, reported: whole, comparison }
  }
  return readings
}

const calm: Interval = {
  phone: [],
  cash: [],
  unknown: [],
  across: [],
  told: 'meanwhile',
  lost: 0,
  hidden: 0,
}

function auditOf(at: number, cash: Sold, phone: Sold, notices: number, { across, told }: Interval): Audit {
  const paid = { number: cash.number + phone.number, valueMinor: cash.valueMinor + phone.valueMinor }
  const counters: Counters = {
    machine: { serial: 'SIM', model: '', asset: '' },
    ...{ currency: 'EUR', paid, cash, cashless2: phone, events: [] },
    products: [{ product: '05', priceMinor: price, ...paid }],
  }
  return {
    journalId: '7d444840-9dc0-41d1-b245-5ffdce74fad2',
    ...{ seq: at + 1, kind: 'audit', readingId: '0f8fad5b-d9cb-469f-a165-70867728950e', boot: 1, from: at },
    ...{ at: at + 1, source: 'dex', pieces: 0, reader: 'cashless2', notices, remarks: [], counters },
    vendsMeanwhile: told === 'meanwhile' ? across.length : 0,
  }
}

const prices = fc.array(fc.integer({ min: 50, max: 500 }), { maxLength: 5 })
const intervals = fc.array(
  fc.record({
    phone: prices,
    cash: prices,
    unknown: fc.array(fc.boolean(), { maxLength: 2 }),
    across: fc.array(fc.constantFrom('counted' as const, 'reported' as const), { maxLength: 2 }),
    told: fc.constantFrom('meanwhile' as const, 'words' as const),
    lost: fc.constantFrom(0, 0, 1),
    hidden: fc.constant(0),
  }),
  { maxLength: 8 },
)

test('what was all reported never differs, wherever the readings fall', () => {
  fc.assert(
    fc.property(intervals, (sold) => {
      expect(played([...sold, calm]).flatMap((reading) => Object.values(reading))).not.toContain('differs')
    }),
    { numRuns: 300 },
  )
})

test('a vend that nobody reported differs, at that reading or at the next', () => {
  const found = fc.tuple(
    intervals,
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.constantFrom('counted' as const)),
  )
  fc.assert(
    fc.property(found, ([sold, hidden, across]) => {
      const readings = played([...sold, calm, { ...calm, hidden, across: across.slice(0, 2) }, calm])
      expect(readings.slice(-2).map(({ cashless2 }) => cashless2)).toContain('differs')
    }),
    { numRuns: 300 },
  )
})
