// Subscriber keys, and what people and logs may see of them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskedSubscriber, subscriberSchema } from './subscriber.ts'

test('a telephone number in realm e164, anything opaque elsewhere', () => {
  const accepted = (subscriber: unknown) => subscriberSchema.safeParse(subscriber).success
  expect(accepted({ realm: 'e164', key: '+33612345678' })).toBe(true)
  for (const key of ['33612345678', '+0612345678', '+33', '+3361234567812345', '+33 612345678', '']) {
    expect(accepted({ realm: 'e164', key }), key).toBe(false)
  }
  expect(accepted({ realm: 'orange-fr', key: 'A1b2-alias' })).toBe(true)
  expect(accepted({ realm: 'orange-fr', key: '' })).toBe(false)
  expect(accepted({ realm: 'Orange FR', key: 'x' })).toBe(false)
  expect(accepted({ realm: 'orange-fr', key: 'x'.repeat(65) })).toBe(false)
})

test('masked', () => {
  expect(maskedSubscriber({ realm: 'e164', key: '+33612345678' })).toBe('+33•••••678')
  expect(maskedSubscriber({ realm: 'orange-fr', key: 'alias-4711' })).toBe('orange-fr:•••••711')
  expect(maskedSubscriber({ realm: 'orange-fr', key: 'short' })).toBe('orange-fr:•••••')
})

test('at most the country and three digits of any number are seen', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\+[1-9][0-9]{4,14}$/), (key) => {
      const seen = maskedSubscriber({ realm: 'e164', key })
      expect(seen.replace(/\D/g, '').length).toBeLessThanOrEqual(5)
      expect(seen).not.toContain(key.slice(1))
    }),
  )
})
