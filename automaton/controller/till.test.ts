import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import {
  assertWhole,
  coinCame,
  emptyTill,
  payoutBegan,
  payoutCounted,
  payoutGivenUp,
  payoutOrdered,
  type Till,
  vendBegan,
  vendEnded,
} from './till.ts'

type Move = (till: Till) => Till

const vend = (means: 'coins' | 'phone') => ({ selection: 11, priceMinor: 120, means, board: 'B' }) as const
const coin: fc.Arbitrary<Move> = fc
  .record({ valueMinor: fc.constantFrom(5, 50, 200), to: fc.constantFrom('tube', 'box'), type: fc.nat(3) })
  .map((given) => (till) => coinCame(till, { ...given, inTube: 1 }))
const sale: fc.Arbitrary<Move> = fc
  .tuple(fc.constantFrom('coins', 'phone'), fc.constantFrom('delivered', 'failed', 'unknown'))
  .map(([means, result]) => (till) => {
    if (till.payout || (means === 'coins' && till.creditMinor < 120)) return till
    const began = vendBegan(till, { ...vend(means), number: till.lastVend + 1 })
    return vendEnded(began, result, 'dropped')
  })
/** Of what is left a part is ordered, and of that a part comes out for certain, a part perhaps. */
const payout: fc.Arbitrary<Move> = fc
  .tuple(fc.nat(100), fc.nat(100), fc.nat(100))
  .map(([ordered, most, least]) => (till) => {
    const began = payoutBegan(till, 'return')
    const valueMinor = Math.ceil(((began.payout?.leftMinor ?? 0) * ordered) / 100)
    if (valueMinor === 0) return began
    const mostMinor = Math.floor((valueMinor * most) / 100)
    const leastMinor = Math.floor((mostMinor * least) / 100)
    return payoutCounted(payoutOrdered(began, { by: 'value', valueMinor }, []), { leastMinor, mostMinor })
  })
const giveUp: fc.Arbitrary<Move> = fc.constant((till) => payoutGivenUp(till))

test('any sequence: money in is sold, paid out, in doubt, owed, credit, or being paid', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(coin, sale, payout, giveUp), { maxLength: 40 }), (moves) => {
      let till = emptyTill
      for (const move of moves) {
        till = move(till)
        expect(() => assertWhole(till)).not.toThrow()
      }
    }),
  )
})

it('a till that lost money is not written', () => {
  expect(() => assertWhole({ ...emptyTill, creditMinor: 5 })).toThrow('took 0 and accounts for 5')
})

it('is plain text and back', () => {
  const till = coinCame(emptyTill, { type: 2, valueMinor: 20, to: 'tube', inTube: 4 })
  expect(JSON.parse(JSON.stringify(till))).toEqual(JSON.parse(JSON.stringify({ ...till })))
  expect(till).toMatchObject({ creditMinor: 20, tubes: [0, 0, 4], counters: { inTubesMinor: 20 } })
})

it('the coins of a buyer who paid by phone come back, those of one who got nothing stay', () => {
  const paid = coinCame(emptyTill, { type: 2, valueMinor: 50, to: 'tube', inTube: 4 })
  const began = vendBegan(paid, { ...vend('phone'), number: 1 })
  expect(vendEnded(began, 'delivered', 'dropped').payout).toMatchObject({ why: 'return', leftMinor: 50 })
  expect(vendEnded(began, 'failed', 'jam')).toMatchObject({ creditMinor: 50, phoneEnd: { result: 'failed' } })
})

it('one command at a time', () => {
  const paid = payoutBegan(coinCame(emptyTill, { type: 2, valueMinor: 50, to: 'tube', inTube: 4 }), 'return')
  const ordered = payoutOrdered(paid, { by: 'value', valueMinor: 50 }, [])
  expect(() => payoutOrdered(ordered, { by: 'value', valueMinor: 50 }, [])).toThrow('a second one')
  expect(() => payoutGivenUp(ordered)).toThrow('in doubt')
  expect(() => payoutCounted(paid, { leastMinor: 0, mostMinor: 0 })).toThrow('nobody ordered')
})
