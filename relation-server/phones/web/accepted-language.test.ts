import fc from 'fast-check'
import { expect, test } from 'vitest'
import { languageFor } from './accepted-language.ts'

const ours = { names: ['en', 'fr'], fallback: 'en' }

test.each<[string | undefined, string | undefined, string]>([
  [undefined, undefined, 'en'],
  [undefined, 'fr', 'fr'],
  [undefined, 'fr-CH, en;q=0.9', 'fr'],
  [undefined, 'de-DE,de;q=0.9,fr;q=0.5,en;q=0.8', 'en'],
  [undefined, 'en;q=0, fr;q=0.1', 'fr'],
  ['fr', 'en', 'fr'],
  ['xx', 'fr', 'fr'],
  [undefined, 'xx, yy', 'en'],
])('%j asked, %j accepted: %s', (asked, accepted, expected) => {
  expect(languageFor(asked, accepted, ours)).toBe(expected)
})

test('any header gives a language that there is', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (asked, accepted) =>
      ours.names.includes(languageFor(asked, accepted, ours)),
    ),
  )
})
