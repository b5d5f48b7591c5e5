// Amounts as text and back, for every currency and amount: nobody's money is rounded.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  amountMinorOf,
  amountMinorSchema,
  type Currency,
  currencies,
  decimalText,
  priceText,
} from './money.ts'

const currency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))
const amount = fc.integer({ min: -999_999_999, max: 999_999_999 })

test('every amount comes back from its text', () => {
  fc.assert(
    fc.property(amount, currency, (amountMinor, of) => {
      expect(amountMinorOf(decimalText(amountMinor, of), of)).toBe(amountMinor)
    }),
  )
})

test('the text is the amount, digit for digit', () => {
  fc.assert(
    fc.property(amount, currency, (amountMinor, of) => {
      const text = decimalText(amountMinor, of)
      expect(text).toMatch(currencies[of].digits === 0 ? /^-?(0|[1-9]\d*)$/ : /^-?(0|[1-9]\d*)\.\d\d$/)
      expect(Number(text.replace('.', ''))).toBe(amountMinor)
    }),
  )
})

test('zeros beyond the currency’s digits change nothing, other digits are refused', () => {
  fc.assert(
    fc.property(fc.nat(99_999), currency, fc.integer({ min: 1, max: 9 }), (amountMinor, of, digit) => {
      const text = decimalText(amountMinor, of)
      const pointed = text.includes('.') ? text : `${text}.`
      expect(amountMinorOf(`${pointed}00`, of)).toBe(amountMinor)
      expect(amountMinorOf(`${pointed}0${digit}`, of)).toBeUndefined()
    }),
  )
})

describe('readings', () => {
  test.each<[string, Currency, number | undefined]>([
    ['1.5', 'EUR', 150],
    ['2', 'EUR', 200],
    [' 0.05 ', 'EUR', 5],
    ['0', 'EUR', 0],
    ['-0.00', 'EUR', 0],
    ['-1.50', 'EUR', -150],
    ['150', 'XOF', 150],
    ['1.5', 'XOF', undefined],
    ['1.505', 'EUR', undefined],
    ['1,50', 'EUR', undefined],
    ['1e2', 'EUR', undefined],
    ['.5', 'EUR', undefined],
    ['1.', 'EUR', undefined],
    ['', 'EUR', undefined],
    ['+1', 'EUR', undefined],
    ['٣', 'EUR', undefined],
    ['9999999999999', 'EUR', undefined],
  ])('%j in %s is %s', (text, of, expected) => {
    expect(amountMinorOf(text, of)).toBe(expected)
  })

  test('any text gives a safe integer or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^-?\d{0,14}\.?\d{0,7}$/)),
        currency,
        (text, of) => {
          const read = amountMinorOf(text, of)
          expect(read === undefined || Number.isSafeInteger(read)).toBe(true)
        },
      ),
    )
  })
})

test('buyers read a price with its currency', () => {
  expect(priceText({ amountMinor: 150, currency: 'EUR' })).toBe('1.50 EUR')
  expect(priceText({ amountMinor: 500, currency: 'XOF' })).toBe('500 XOF')
})

test('a sale is for at least one minor unit and at most what the bus can say', () => {
  for (const bad of [0, -1, 1.5, 6_553_401, Number.NaN])
    expect(amountMinorSchema.safeParse(bad).success).toBe(false)
  for (const good of [1, 6_553_400]) expect(amountMinorSchema.safeParse(good).success).toBe(true)
})
