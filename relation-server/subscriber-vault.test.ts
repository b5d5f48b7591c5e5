import { systemRandom } from '@concilia/platform/system-random.ts'
import { expect, test } from 'vitest'
import { SubscriberVault } from './subscriber-vault.ts'

const secret = Buffer.alloc(32, 7)
const buyer = { realm: 'e164', key: '+33612345678' }
const vault = new SubscriberVault(secret, systemRandom)

test('a subscriber has one id, which does not tell the number', () => {
  expect(vault.idOf(buyer)).toBe(new SubscriberVault(secret, systemRandom).idOf({ ...buyer }))
  const others = [
    { ...buyer, key: '+33612345679' },
    { realm: 'orange-fr', key: buyer.key },
  ]
  expect(new Set([buyer, ...others].map((each) => vault.idOf(each))).size).toBe(3)
  expect(vault.idOf(buyer)).not.toContain('612345')
  expect(new SubscriberVault(Buffer.alloc(32, 8), systemRandom).idOf(buyer)).not.toBe(vault.idOf(buyer))
})

test('what is sealed comes back with the same secret only, and is never sealed alike', () => {
  const sealed = vault.seal(buyer)
  expect(vault.unseal(sealed)).toEqual(buyer)
  expect(vault.seal(buyer)).not.toBe(sealed)
  const other = new SubscriberVault(Buffer.alloc(32, 8), systemRandom)
  expect(() => other.unseal(sealed)).toThrow()
  expect(() => vault.unseal(`${sealed.slice(0, -4)}AAAA`)).toThrow()
})

test('what was opened before comes back the same, nobody can change it, and only so many are kept', () => {
  const numbers = Array.from({ length: 1001 }, (_, index) => `+33612${100_000 + index}`)
  const sealed = numbers.map((key) => vault.seal({ ...buyer, key }))
  const opened = sealed.map((text) => vault.unseal(text))
  expect(opened.map(({ key }) => key)).toEqual(numbers)
  const [last = ''] = sealed.slice(-1)
  expect(vault.unseal(last)).toBe(opened.at(-1))
  expect(vault.unseal(sealed[0] ?? '')).not.toBe(opened[0])
  expect(vault.unseal(sealed[0] ?? '')).toEqual(opened[0])
  expect(() => Object.assign(vault.unseal(last), { key: '+1' })).toThrow(TypeError)
})

test('a short secret is none', () => {
  expect(() => new SubscriberVault(Buffer.alloc(31), systemRandom)).toThrow(/32 bytes/)
})
