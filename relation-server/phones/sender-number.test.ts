// Which senders are buyers: numbers people carry, in the ways gateways write them, and carriers' aliases.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefused, mayBeTexted, subscriberFrom } from './sender-number.ts'

test.each([
  ['+33612345678', '+33612345678'],
  ['33612345678', '+33612345678'],
  ['0033612345678', '+33612345678'],
  [' 33612345678 ', '+33612345678'],
  ['+254711223344', '+254711223344'],
  ['+12025550123', '+12025550123'], // North America does not tell mobile from fixed
  ['+2250707070707', '+2250707070707'],
])('%j is %s', (sender, key) => {
  expect(subscriberFrom(sender)).toEqual({ realm: 'e164', key })
})

test.each([
  '36000',
  '+36000',
  '123',
  'CONCILIA',
  '',
  '+',
  '+33899701234',
  '+33123456789',
  '+0612345678',
  '+336123',
])('%j is nobody we could charge', (sender) => expect(subscriberFrom(sender)).toBeUndefined())

test('an alias has the realm of its carrier, whatever it looks like', () => {
  expect(subscriberFrom('33612345678', 'orange-fr')).toEqual({ realm: 'orange-fr', key: '33612345678' })
  expect(subscriberFrom('two words', 'orange-fr')).toBeUndefined()
  expect(mayBeTexted({ realm: 'orange-fr', key: 'PhN8xk2' })).toBe(true)
})

test('a short code is never a number, in whatever country', () => {
  const code = fc.integer({ min: 100, max: 999_999 }).map(String)
  const before = fc.constantFrom('', '+', '00')
  fc.assert(fc.property(code, before, (digits, prefix) => subscriberFrom(`${prefix}${digits}`) === undefined))
})

test.each(['+33899701234', '+19002345678', '+448712345678', '+33800123456', '+33123456789'])(
  'premium, shared, free and fixed lines are neither heard nor texted: %s',
  (number) => {
    expect(subscriberFrom(number)).toBeUndefined()
    expect(mayBeTexted({ realm: 'e164', key: number })).toBe(false)
  },
)

test('a list refuses numbers by how they begin, and no aliases', () => {
  const number = { realm: 'e164', key: '+33612345678' }
  expect(isRefused(number, { refused: ['+3360', '+336123'], served: [] })).toBe(true)
  expect(isRefused(number, { refused: ['+3360', '+336124'], served: [] })).toBe(false)
  expect(isRefused(number, { refused: [], served: [] })).toBe(false)
  expect(isRefused({ realm: 'orange-fr', key: '+33612345678' }, { refused: ['+33'], served: [] })).toBe(false)
})

test('no text at all makes it fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (sender) => {
      const subscriber = subscriberFrom(sender)
      return subscriber === undefined || mayBeTexted(subscriber)
    }),
  )
})
