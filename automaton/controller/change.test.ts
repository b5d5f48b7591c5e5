import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { acceptable, type Coin, exactChangeOnly, Payable } from './change.ts'

const coin = (type: number, valueMinor: number, toTube = true): Coin => ({ type, valueMinor, toTube })
const euro = [coin(0, 5), coin(1, 10), coin(2, 20), coin(3, 50), coin(4, 100), coin(5, 200, false)]
const purse = (counts: readonly number[], creditMinor = 0, full: readonly number[] = []) => ({
  coins: euro,
  tubes: { counts, full },
  creditMinor,
  mostCreditMinor: 1000,
})

describe('what tubes can pay', () => {
  it.each([
    ['the largest coins first', [9, 9, 9, 9, 9], 185, '1 of 4, 1 of 3, 1 of 2, 1 of 1, 1 of 0'],
    ['around a missing coin', [0, 9, 9, 0, 9], 150, '1 of 4, 2 of 2, 1 of 1'],
    ['not by the largest coin where that leads nowhere', [0, 0, 3, 1, 0], 60, '3 of 2'],
    ['nothing that it cannot', [0, 0, 3, 1, 0], 30, ''],
  ])('%s', (_, counts, amount, expected) => {
    const coins = new Payable(euro, counts, 1000).coins(amount)
    expect(coins.map(({ type, count }) => `${count} of ${type}`).join(', ')).toBe(expected)
  })

  it('of two types with one value the higher number', () => {
    expect(new Payable([coin(1, 10), coin(2, 10)], [0, 5, 5], 100).coins(10)).toEqual([{ type: 2, count: 1 }])
  })

  test('what it says it can, it can, with the coins it has; and it misses nothing', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 })
    const values = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(counts, values, fc.integer({ min: 1, max: 60 }), (here, worth, amount) => {
        const coins = worth.map((valueMinor, type) => coin(type, valueMinor))
        const payable = new Payable(coins, here, 60)
        expect(payable.can(amount)).toBe(bySearch(worth, here, amount))
        const paid = payable.coins(amount)
        for (const { type, count } of paid) expect(count).toBeLessThanOrEqual(here[type] ?? 0)
        const sum = paid.reduce((total, { type, count }) => total + count * (worth[type] ?? 0), 0)
        expect(sum).toBe(payable.can(amount) ? amount : 0)
        expect(payable.can(payable.most(amount))).toBe(true)
      }),
    )
  })
})

function bySearch(worth: readonly number[], here: readonly number[], amount: number): boolean {
  const [value = 0, ...others] = worth
  const [count = 0, ...rest] = here
  if (worth.length === 0) return amount === 0
  return Array.from({ length: count + 1 }, (_, taken) => taken).some(
    (taken) => taken * value <= amount && bySearch(others, rest, amount - taken * value),
  )
}

describe('which coins may be taken', () => {
  it.each([
    ['all, while the tubes hold as much', purse([9, 9, 9, 9, 9]), [0, 1, 2, 3, 4, 5]],
    ['with empty tubes only what can itself come back', purse([0, 0, 0, 0, 0]), [0, 1, 2, 3, 4]],
    ['not into a full tube, unless others can pay it', purse([0, 0, 0, 0, 1], 0, [3]), [0, 1, 2, 4]],
    ['into a full tube that pays it itself', purse([0, 0, 0, 9, 0], 0, [3]), [0, 1, 2, 3, 4, 5]],
    ['not above the most', purse([9, 9, 9, 9, 99], 950), [0, 1, 2, 3]],
  ])('%s', (_, given, expected) => {
    expect(acceptable(given)).toEqual(expected)
  })

  it('whatever is taken, all that is held can be given back', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 })
    const counts = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(counts, steps, (start, types) => {
        const here = [...start]
        let creditMinor = 0
        for (const type of types) {
          if (!acceptable(purse(here, creditMinor)).includes(type)) continue
          creditMinor += euro[type]?.valueMinor ?? 0
          if (type < 5) here[type] = (here[type] ?? 0) + 1
          expect(new Payable(euro, here, 1000).can(creditMinor)).toBe(true)
        }
      }),
    )
  })
})

it.each([
  ['enough of everything', [9, 9, 9, 9, 9], [120, 150], false],
  ['no coin to give 30 on 150', [0, 0, 9, 0, 9], [120], true],
  ['nothing but prices that need none', [0, 0, 0, 0, 0], [5], true],
] as const)('exact change only, with %s', (_, counts, prices, expected) => {
  expect(exactChangeOnly(purse(counts), prices)).toBe(expected)
})
