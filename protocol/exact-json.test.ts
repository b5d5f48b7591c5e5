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

test('amounts are found wherever they stand, and nothing else is taken for one', () => {
  const value = fc.oneof(
    fc.constantFrom('1.50', '-0', '1e3', '"2"', 'null', '{}', '[1]', '1.', '01', '-'),
    fc.constantFrom('"amount"', '"\\"amount\\":1"', '"{"', '"amount\\u0022:1"', '"€"'),
  )
  const key = fc.constantFrom('amount', 'taxAmount', 'other', 'a\\"amount', '\\u0061mount', 'Amount')
  const space = fc.constantFrom('', ' ', '\n  ')
  const object = fc
    .array(fc.tuple(key, space, space, value, space), { maxLength: 4 })
    .map((pairs) => `{${pairs.map(([name, a, b, is, c]) => `"${name}"${a}:${b}${is}${c}`).join(',')}}`)
  fc.assert(
    fc.property(fc.array(object, { maxLength: 3 }), (objects) => {
      const text = `{"list":[${objects.join(', ')}]}`
      expect(readExactJson(text)).toEqual(oneByOne(text))
    }),
  )
})

/** Every value looked at, as JSON itself has read it. */
function oneByOne(text: string): unknown {
  const amount = (value: unknown, source: string | undefined) =>
    typeof value === 'number' ? source : undefined
  const look = (name: string, value: unknown, { source }: { source?: string }) =>
    name === 'amount' || name === 'taxAmount' ? amount(value, source) : value
  try {
    return JSON.parse(text, look as (name: string, value: unknown) => unknown)
  } catch {
    return undefined
  }
}

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
