import { defaultLimits } from '@concilia/protocol/limits.ts'
import type { MachineConfiguration } from '@concilia/protocol/machine-configuration.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { describe, expect, test } from 'vitest'
import { judgeConfiguration, ownConfiguration, priceDifference } from './configuration-in-force.ts'

const own = { language: 'en', limits: defaultLimits, currency: 'EUR', hash: 'file' } as const
const item = { item: 5, label: 'Water', amountMinor: 150 }

function judged(configuration: MachineConfiguration | string | object) {
  const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration)
  return judgeConfiguration(own, { version: 3, hash: sha256(text), text })
}
function inForce(configuration: MachineConfiguration) {
  const result = judged(configuration)
  if (!result.ok) throw new Error(result.reason)
  return result.inForce
}

describe('a configuration that the server gave', () => {
  test('counts where it says something, and our own file where it does not', () => {
    expect(inForce({})).toEqual({ ...ownConfiguration(own), version: 3, hash: sha256('{}') })
    const given = inForce({
      language: 'fr',
      limits: { offerWaitMs: 160_000 },
      texts: { delivered: 'A bientôt' },
      priceList: { currency: 'EUR', items: [item] },
    })
    expect(given).toMatchObject({
      language: 'fr',
      limits: { offerWaitMs: 160_000, reportingMs: defaultLimits.reportingMs },
      texts: { delivered: 'A bientôt' },
    })
    expect(given.items.get(5)).toEqual({ label: 'Water', amountMinor: 150 })
  })

  test.each<[string, object | string, RegExp]>([
    [
      'an offer shorter than the dialogue',
      { limits: { offerWaitMs: 10_000 } },
      /must not exceed offerWaitMs/,
    ],
    ["an offer longer than the reader's limit", { limits: { offerWaitMs: 245_000 } }, /readerLimitMs/],
    ['a limit of the wiring', { limits: { readerLimitMs: 100_000 } }, /limits: .*readerLimitMs/],
    ['a price list in other money', { priceList: { currency: 'GBP', items: [] } }, /counts in EUR/],
    ['an item twice', { priceList: { currency: 'EUR', items: [item, item] } }, /there twice/],
    ['no money', { priceList: { currency: 'EUR', items: [{ ...item, amountMinor: 0 }] } }, /amountMinor/],
    ['a text that does not fit', { texts: { delivered: 'x'.repeat(33) } }, /texts.delivered/],
    ['a text with a line end', { texts: { delivered: 'C,VEND,-1\n' } }, /texts.delivered/],
    ['text that is no JSON', '{oops', /not JSON/],
  ])('is rejected whole for %s', (_, configuration, words) => {
    const result = judged(configuration)
    expect(result.ok ? 'it was taken' : result.reason).toMatch(words)
  })

  test('is rejected when its hash is of another text', () => {
    expect(judgeConfiguration(own, { version: 1, hash: sha256('{} '), text: '{}' }).ok).toBe(false)
  })
})

describe('a request', () => {
  const given = inForce({ priceList: { currency: 'EUR', items: [item] } })
  const asked = (number: number, amountMinor: number) =>
    priceDifference(given, {
      type: 'vendRequested',
      item: number,
      price: { amountMinor, currency: 'EUR' },
    })

  test('at the price of the list is not worth a word; any other is', () => {
    expect(asked(5, 150)).toBeUndefined()
    expect(asked(5, 50)).toBe('item 5 (Water) at 0.50 EUR, on the price list 1.50 EUR')
    expect(asked(6, 150)).toBe('item 6 at 1.50 EUR is not on the price list')
  })

  test('without a list is not compared', () => {
    const price = { amountMinor: 150, currency: 'EUR' } as const
    expect(priceDifference(inForce({}), { type: 'vendRequested', item: 5, price })).toBeUndefined()
  })
})
