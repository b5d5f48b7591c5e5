import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPresent, nextPresenceAt, presenceCode, presenceEveryMs, presenceFigures } from './presence-code.ts'

const moment = fc.integer({ min: 0, max: 4_000_000_000_000 })

test('what is shown is good while it is shown and for as long again, from another clock too', () => {
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: presenceEveryMs }), (at, later) => {
      const code = presenceCode('secret', '4021', at)
      expect(code).toMatch(/^4021\d{3}$/)
      const figures = code.slice(-presenceFigures)
      return isPresent('secret', figures, at + later) && isPresent('secret', figures, at - later)
    }),
  )
})

test('it changes, and another machine’s secret shows others', () => {
  const shown = Array.from({ length: 200 }, (_, turn) =>
    presenceCode('secret', '4021', turn * presenceEveryMs),
  )
  expect(new Set(shown).size).toBeGreaterThan(150)
  const others = shown.map((_, turn) => presenceCode('other', '4021', turn * presenceEveryMs))
  expect(others.filter((code, turn) => code === shown[turn]).length).toBeLessThan(5)
  expect(nextPresenceAt(presenceEveryMs)).toBe(2 * presenceEveryMs)
})

test('a guess is seldom right, and an old code is a guess', () => {
  const right = Array.from({ length: 1000 }, (_, guess) => String(guess).padStart(3, '0')).filter((figures) =>
    isPresent('secret', figures, 1_900_000_000_000),
  )
  expect(right.length).toBeLessThanOrEqual(3)
})
