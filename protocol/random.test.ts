// Ids, codes and jitter from a source of chance that the test holds.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeFrom, fractionFrom, fullJitter, type Random, sha256, uuidFrom } from './random.ts'

const drawn = fc.uint8Array({ minLength: 16, maxLength: 16 })
const source = (bytes: Uint8Array): Random => ({ bytes: (length) => bytes.subarray(0, length) })
const zeros = source(new Uint8Array(16))
const ones = source(new Uint8Array(16).fill(0xff))

test('a UUID of version 4 whatever is drawn, keeping the 122 free bits', () => {
  fc.assert(
    fc.property(drawn, (bytes) => {
      const uuid = uuidFrom(source(bytes))
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      const back = Buffer.from(uuid.replaceAll('-', ''), 'hex')
      const free = (from: Uint8Array) =>
        Array.from(from, (byte, index) => (index === 6 ? byte & 0x0f : index === 8 ? byte & 0x3f : byte))
      expect(free(back)).toEqual(free(bytes))
    }),
  )
})

test('the bytes drawn are not changed under the hands of their owner', () => {
  const bytes = new Uint8Array(16).fill(0xff)
  uuidFrom(source(bytes))
  expect(bytes).toEqual(new Uint8Array(16).fill(0xff))
})

test('a fraction is within [0, 1)', () => {
  expect(fractionFrom(zeros)).toBe(0)
  expect(fractionFrom(ones)).toBeLessThan(1)
  expect(fractionFrom(source(new Uint8Array(16).fill(0x80)))).toBeCloseTo(0.502, 3)
})

test('a code has its digits, leading zeros included', () => {
  expect(codeFrom(zeros, 4)).toBe('0000')
  expect(codeFrom(ones, 4)).toBe('9999')
  fc.assert(
    fc.property(drawn, fc.integer({ min: 4, max: 8 }), (bytes, digits) => {
      expect(codeFrom(source(bytes), digits)).toMatch(new RegExp(`^\\d{${digits}}$`))
    }),
  )
})

test('full jitter stays below the doubling base and below the cap', () => {
  expect(fullJitter(zeros, 5, 1000, 60_000)).toBe(0)
  expect(fullJitter(ones, 0, 1000, 60_000)).toBe(999)
  expect(fullJitter(ones, 3, 1000, 60_000)).toBe(7999)
  expect(fullJitter(ones, 30, 1000, 60_000)).toBe(59_999)
  fc.assert(
    fc.property(drawn, fc.nat(5000), (bytes, attempt) => {
      const delay = fullJitter(source(bytes), attempt, 1000, 60_000)
      expect(Number.isInteger(delay) && delay >= 0 && delay < 60_000).toBe(true)
    }),
  )
})

test('the hash is SHA-256 in base64url (RFC 6234 vector)', () => {
  expect(Buffer.from(sha256('abc'), 'base64url').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  expect(sha256(Buffer.from('é'))).toBe(sha256('é'))
  expect(sha256('')).toMatch(/^[\w-]{43}$/)
})
