import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExactJson, writeExactJson } from './exact-json.ts'
import { amountMinorOf, decimalText } from './money.ts'

test('an amount keeps the digits it came with', () => {
  const text = '{"amount":1.500,"taxAmount":0.35,"list":[{"amount":100}],"count":1.500}'
  expect(readExactJson(text)).toEqual({
    amount: '1.500',
    taxAmount: '0.35',
    list: [{ amount: '100' }],
    count: 1.5,
  })
})

test('an amount that is no number is left out', () => {
  expect(readExactJson('{"amount":"1.50","other":"1.50"}')).toEqual({ other: '1.50' })
  expect(readExactJson('{"amount":{"amount":1}}')).toEqual({})
})

test.each(['', '{', 'amount', '{"amount":1.}', '\u0000'])('%j is no JSON', (text) => {
  expect(readExactJson(text)).toBeUndefined()
})

test('every amount comes back as it went', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom('EUR', 'XOF'), (minor, currency) => {
      const wire = writeExactJson({ amount: decimalText(minor, currency), currency })
      expect(JSON.parse(wire)).toEqual({ amount: Number(decimalText(minor, currency)), currency })
      const { amount } = readExactJson(wire) as { amount: string }
      expect(amountMinorOf(amount, currency)).toBe(minor)
    }),
  )
})

test('what is no decimal cannot be written as an amount', () => {
  expect(() => writeExactJson({ amount: '1,50' })).toThrow(SyntaxError)
})
