// Which senders are buyers: numbers people carry, in the ways gateways write them, and carriers' aliases.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayBeTexted, subscriberFrom } from './sender-number.ts'

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

test('no text at all makes it fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (sender) => {
      const subscriber = subscriberFrom(sender)
      return subscriber === undefined || mayBeTexted(subscriber)
    }),
  )
})
