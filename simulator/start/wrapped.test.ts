import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wrapped } from './wrapped.ts'

test('breaks between words, and sets in what follows', () => {
  expect(wrapped('the buyer has an account and enough on it', 40, 10)).toBe(
    'the buyer has an account and\n          enough on it',
  )
})

test('a line that fits, a pipe, and a terminal too narrow to help: as it was', () => {
  expect(wrapped('  just as it is', 80)).toBe('  just as it is')
  expect(wrapped('long '.repeat(100), undefined, 10)).toBe('long '.repeat(100))
  expect(wrapped('long '.repeat(100), 25, 10)).toBe('long '.repeat(100))
})

test('no word is lost or torn, and only a word that is wider than the room is wider than it', () => {
  const word = fc.stringMatching(/^\w{1,30}$/)
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 40, max: 100 }), (words, columns) => {
      const text = wrapped(words.join(' '), columns, 12)
      expect(text.split(/\s+/)).toEqual(words)
      for (const [at, line] of text.split('\n').entries()) {
        const own = at === 0 ? line : line.slice(12)
        expect(own.length <= columns - 12 || !own.includes(' ')).toBe(true)
      }
    }),
  )
})
