// One slip of the finger is named; two machines equally near are not guessed between.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { suggestionFor } from './suggestion.ts'

test.each([
  ['4012', ['4021', '4055'], '4021'],
  ['4022', ['4021', '4055'], '4021'],
  ['402', ['4021', '4055'], '4021'],
  ['40211', ['4021', '4055'], '4021'],
  ['4012', ['4021', '4011'], '4021'], // swapped before mistyped
  ['4020', ['4021', '4022'], undefined],
  ['9999', ['4021', '4022'], undefined],
  ['4021', [], undefined],
])('%s among %j: %s', (typed, known, expected) => {
  expect(suggestionFor(typed, known)).toBe(expected)
})

test('any single slip away from the only machine finds it', () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 8 })
  fc.assert(
    fc.property(digits, fc.nat(), fc.integer({ min: 0, max: 9 }), (figures, position, figure) => {
      const machine = figures.join('')
      const at = position % figures.length
      const slips = [
        [...figures.slice(0, at), figure, ...figures.slice(at + 1)],
        [...figures.slice(0, at), figure, ...figures.slice(at)],
        [...figures.slice(0, at), ...figures.slice(at + 1)],
        [...figures.slice(0, at), ...figures.slice(at, at + 2).reverse(), ...figures.slice(at + 2)],
      ].map((slip) => slip.join(''))
      for (const slip of slips) if (slip !== machine) expect(suggestionFor(slip, [machine])).toBe(machine)
    }),
  )
})
