// The table of limits against itself, and rule 6: every relation is broken by a test, with words for a
// person.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { brokenLimits, defaultLimits, type LimitName, limitsSchema, limitTable } from './limits.ts'

test.each(Object.entries(limitTable))('%s has its default within its range and says why', (_, limit) => {
  expect(limit.minMs).toBeGreaterThan(0)
  expect(limit.minMs).toBeLessThanOrEqual(limit.defaultMs)
  expect(limit.defaultMs).toBeLessThanOrEqual(limit.maxMs)
  expect(limit.why.length).toBeGreaterThan(10)
})

test('the schema takes the range and nothing else', () => {
  fc.assert(
    fc.property(fc.constantFrom(...(Object.keys(limitTable) as LimitName[])), fc.double(), (name, value) => {
      const { minMs, maxMs } = limitTable[name]
      const good = Number.isInteger(value) && value >= minMs && value <= maxMs
      expect(limitsSchema.safeParse({ [name]: value }).success).toBe(good)
      for (const edge of [minMs, maxMs]) expect(limitsSchema.parse({ [name]: edge })[name]).toBe(edge)
      for (const out of [minMs - 1, maxMs + 1])
        expect(limitsSchema.safeParse({ [name]: out }).success).toBe(false)
    }),
  )
  expect(limitsSchema.safeParse({ offrWaitMs: 1 }).success).toBe(false)
})

describe('rule 6', () => {
  test('the defaults keep every relation', () => {
    expect(brokenLimits(defaultLimits)).toEqual([])
  })

  test.each<[Partial<Record<LimitName, number>>, string]>([
    [{ consentMs: 152_001 }, 'textTransitMs + consentMs + authorisationMs + marginMs (180001)'],
    [{ offerWaitMs: 235_001 }, 'offerWaitMs (235001) must not exceed readerLimitMs - marginMs (235000)'],
    [{ machineVendLimitMs: 234_999 }, 'must not exceed machineVendLimitMs (234999)'],
    [{ quietMs: 600_000 }, 'quietMs (600000) must be shorter than confirmBeforeMs'],
    [{ holdMs: 600_000 }, 'confirmBeforeMs (600000) must be shorter than holdMs (600000)'],
    [{ silenceMs: 7 * 86_400_000, keepMs: 86_400_000 }, 'silenceMs (604800000) must be shorter than keepMs'],
  ])('%j is said', (changed, words) => {
    const broken = brokenLimits({ ...defaultLimits, ...changed })
    expect(broken).toHaveLength(1)
    expect(broken[0]).toContain(words)
  })

  test('the edges hold', () => {
    expect(brokenLimits({ ...defaultLimits, consentMs: 152_000 })).toEqual([])
    expect(brokenLimits({ ...defaultLimits, offerWaitMs: 235_000 })).toEqual([])
    expect(brokenLimits({ ...defaultLimits, machineVendLimitMs: 235_000 })).toEqual([])
  })
})
