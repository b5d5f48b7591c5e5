// Chance from a seed: the words of three streams, worked out by another program from the published sfc32 and
// SHA-256, and what is drawn from such words.
import { expect, test } from 'vitest'
import { SeededRandom } from './seeded-random.ts'

const known = {
  '1': [0xacee1669, 0xfb4fee6a, 0x3f78fe88, 0x97391943],
  '1/carrier': [0x8305159e, 0xbda47938, 0x9d2a1095, 0x34d5b212],
  seed: [0xcdcd0faf, 0x885335d2, 0x0e8d1452, 0x53da2695],
}

test.each(Object.entries(known))('the stream %s begins as it must', (name, words) => {
  const bytes = Buffer.from(new SeededRandom(name).bytes(16))
  expect([0, 4, 8, 12].map((at) => bytes.readUInt32LE(at))).toEqual(words)
})

test('a part has a stream of its own, whatever was drawn before', () => {
  const whole = new SeededRandom('1')
  whole.bytes(100)
  expect(whole.stream('carrier').bytes(8)).toEqual(new SeededRandom('1/carrier').bytes(8))
})

test('a length that is not whole words takes as many as it needs', () => {
  expect(new SeededRandom('seed').bytes(5)).toEqual(Uint8Array.of(0xaf, 0x0f, 0xcd, 0xcd, 0xd2))
})

test('a fraction is the word over its range', () => {
  expect(new SeededRandom('1').fraction()).toBe(0xacee1669 / 2 ** 32)
})

test('whole numbers, chances, picks and lengths keep to their bounds and about to their shares', () => {
  const random = new SeededRandom('shares')
  const count = 4_000
  const draws = Array.from({ length: count }, () => ({
    number: random.between(3, 5),
    chance: random.chance(0.25),
    picked: random.pick(['a', 'b']),
    length: random.around(100),
  }))
  const share = (is: (draw: (typeof draws)[number]) => boolean) => draws.filter(is).length / count
  expect(new Set(draws.map(({ number }) => number))).toEqual(new Set([3, 4, 5]))
  expect(share(({ number }) => number === 5)).toBeCloseTo(1 / 3, 1)
  expect(share(({ chance }) => chance)).toBeCloseTo(0.25, 1)
  expect(share(({ picked }) => picked === 'a')).toBeCloseTo(0.5, 1)
  expect(Math.min(...draws.map(({ length }) => length))).toBeGreaterThanOrEqual(1)
  const mean = draws.reduce((sum, { length }) => sum + length, 0) / count
  expect(Math.abs(mean - 100)).toBeLessThan(6)
})

test('nothing can be picked from nothing', () => {
  expect(() => new SeededRandom('1').pick([])).toThrow('nothing to pick from')
})
