import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freeMachineNumber, hasCheckDigit, withCheckDigit } from './machine-number.ts'

const numbers = fc.integer({ min: 100, max: 9_999_999 }).map((figures) => withCheckDigit(String(figures)))

test('the worked example of the method', () => {
  expect(withCheckDigit('572')).toBe('5724')
  expect(hasCheckDigit('5724')).toBe(true)
})

test('no single wrong figure is taken for a number', () => {
  fc.assert(
    fc.property(numbers, fc.nat(), fc.integer({ min: 1, max: 9 }), (number, place, by) => {
      const at = place % number.length
      const wrong = (Number(number[at]) + by) % 10
      return !hasCheckDigit(`${number.slice(0, at)}${wrong}${number.slice(at + 1)}`)
    }),
  )
})

test('no two neighbours swapped are taken for a number', () => {
  fc.assert(
    fc.property(numbers, fc.nat(), (number, place) => {
      const at = place % (number.length - 1)
      const [a = '', b = ''] = number.slice(at, at + 2)
      return a === b || !hasCheckDigit(`${number.slice(0, at)}${b}${a}${number.slice(at + 2)}`)
    }),
  )
})

test('a free number is the first that nobody has', () => {
  const first = freeMachineNumber(new Set())
  expect(first).toMatch(/^100\d$/)
  expect(hasCheckDigit(first)).toBe(true)
  expect(freeMachineNumber(new Set([first]))).toMatch(/^101\d$/)
})
