import { describe, expect, it } from 'vitest'
import { type Evidence, paidBy } from './paid-by.ts'

const coins = [10, 20, 50].map((valueMinor, type) => ({ type, valueMinor, toTube: true }))
const before = [10, 10, 10]
const unheard = { order: { by: 'coin', type: 1, count: 3, valueMinor: 20 }, before } as const
const began = { ...unheard, began: true } as const
const value80 = { order: { by: 'value', valueMinor: 80 }, before } as const

const evidence = (after: readonly number[], more: Partial<Evidence> = {}): Evidence => ({
  after,
  defective: [],
  coins,
  faultSeen: false,
  ...more,
})
const certain = (minor: number) => ({ leastMinor: minor, mostMinor: minor })
const doubt = (minor: number) => ({ leastMinor: 0, mostMinor: minor })

describe('three coins of 20', () => {
  it.each([
    ['all missing', began, evidence([10, 7, 10]), certain(60)],
    ['two missing', began, evidence([10, 8, 10]), certain(40)],
    ['none missing, and nobody saw it begin', unheard, evidence(before), certain(0)],
    ['none missing, and it jammed', began, evidence(before, { faultSeen: true }), certain(0)],
    ['none missing, though it began', began, evidence(before), doubt(60)],
    ['all missing, though nobody saw it begin', unheard, evidence([10, 7, 10]), certain(60)],
    ['more missing', began, evidence([10, 6, 10]), doubt(60)],
    ['one more there', began, evidence([10, 11, 10]), doubt(60)],
    ['another tube is emptier', began, evidence([9, 7, 10]), doubt(60)],
    ['its tube cannot be counted', began, evidence([10, 0, 10], { defective: [1] }), doubt(60)],
    ['another tube cannot be counted', began, evidence([10, 7, 10], { defective: [2] }), certain(60)],
    ['a sensor failed meanwhile', { ...began, blind: true } as const, evidence([10, 7, 10]), doubt(60)],
  ])('%s', (_, command, given, expected) => {
    expect(paidBy(command, given)).toEqual(expected)
  })

  it('a tube so full that its count stands still tells nothing', () => {
    const command = { ...began, before: [10, 255, 10] }
    expect(paidBy(command, evidence([10, 255, 10]))).toEqual(doubt(60))
  })
})

describe('80 by value', () => {
  it.each([
    ['tubes and list agree', evidence([9, 9, 9], { said: [1, 1, 1] }), certain(80)],
    ['only the tubes tell', evidence([10, 6, 10]), certain(80)],
    ['both tell of less', evidence([10, 10, 9], { said: [0, 0, 1] }), certain(50)],
    ['the list tells of more', evidence([10, 10, 9], { said: [1, 1, 1] }), { leastMinor: 50, mostMinor: 80 }],
    ['the list tells of less', evidence([9, 9, 9], { said: [0, 0, 1] }), { leastMinor: 50, mostMinor: 80 }],
    ['the list tells of too much', evidence([9, 9, 9], { said: [0, 0, 2] }), doubt(80)],
    ['more missing than ordered', evidence([10, 10, 8]), doubt(80)],
    ['any tube that cannot be counted', evidence([9, 9, 9], { defective: [0] }), doubt(80)],
  ])('%s', (_, given, expected) => {
    expect(paidBy(value80, given)).toEqual(expected)
  })
})
