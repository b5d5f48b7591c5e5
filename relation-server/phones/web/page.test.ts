// The page as text: what every view weighs and holds, in each language, and that nothing typed becomes HTML.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLanguages } from '../languages-adapter.ts'
import { sentences } from '../sentences.ts'
import { contentPolicy, type PageParts, pageOf } from './page.ts'
import { readPageAssets } from './page-assets-adapter.ts'
import { faults, type View } from './view.ts'

const languages = readLanguages('en')
const assets = readPageAssets()
const house = { serviceName: 'Concilia', helpNumber: '3600' }
const number = '+33•••••678'
const everySaying = Object.values(sentences).flatMap(({ cases }) => cases)
const views: View[] = [
  { kind: 'noSuchMachine' },
  { kind: 'askNumber' },
  { kind: 'askCode', number, triesLeft: 2 },
  { kind: 'arrive', number },
  ...everySaying.map((say) => ({ kind: 'said' as const, number, say })),
]
const page = (change: Partial<PageParts>) =>
  pageOf({
    assets,
    machineNumber: '4021',
    tradeName: 'Snacks & Co',
    view: { kind: 'askNumber' },
    fault: undefined,
    language: 'en',
    languages,
    house,
    ...change,
  })

describe.each(languages.names)('in %s', (language) => {
  test('every view weighs little, names its language, and offers the others', () => {
    const others = languages.names.filter((name) => name !== language)
    for (const view of views) {
      const text = page({ view, language })
      expect(Buffer.byteLength(text)).toBeLessThan(30_000)
      expect(text).toContain(`<html lang="${language}">`)
      for (const other of others) expect(text).toContain(`?lang=${other}`)
      // Each field that is filled in has its label.
      for (const [, id] of text.matchAll(/<input id="(\w+)"/g)) expect(text).toContain(`<label for="${id}">`)
    }
  })

  test('every fault is said aloud', () => {
    const view = { kind: 'askCode', number, triesLeft: 2 } as const
    for (const fault of faults) expect(page({ view, fault, language })).toMatch(/role="alert">[^<]{8,}</)
  })
})

test('the price has its own button, that agrees to it and to no other', () => {
  const say = { kind: 'price', machineNumber: '4021', code: '7384', withinMs: 60_000 } as const
  const text = page({
    view: { kind: 'said', number, say: { ...say, price: { amountMinor: 150, currency: 'EUR' } } },
    language: 'fr',
  })
  expect(text).toContain('1,50 EUR TTC')
  expect(text).toMatch(
    /action="\/m\/4021\/pay"><input type="hidden" name="code" value="7384">\s*<button>Payer/,
  )
  expect(text).not.toContain('OUI 7384')
})

test('style and script are the ones that the policy allows, and come from nowhere else', () => {
  const text = page({})
  expect(text).not.toMatch(/<(link|img|iframe)|https?:\/\//)
  expect(contentPolicy(assets)).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+';/,
  )
})

test('nothing that was typed becomes HTML', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (typed) => {
      const text = page({
        machineNumber: typed,
        tradeName: `${typed}<script>alert(1)</script>`,
        view: { kind: 'said', number: typed, say: { kind: 'cancelled', machineNumber: `${typed}"><b>` } },
      })
      expect(text.match(/<script>/g)).toHaveLength(1)
      expect(text).not.toContain('"><b>')
    }),
  )
})
