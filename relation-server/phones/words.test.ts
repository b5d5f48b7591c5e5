// What people type, in every disguise that facts and fuzz know of, and what it means to us.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLanguages } from './languages-adapter.ts'
import { type Intent, vocabularyOf } from './words.ts'

const languages = readLanguages('en')
const readWords = (text: string): Intent => languages.read(text)

const identify = { kind: 'identify', machineNumber: '4021' } as const

const table: [string, Intent][] = [
  ['PAY 4021', { ...identify, language: 'en' }],
  ['PAY4021', { ...identify, language: 'en' }],
  ['pay 4021.', { ...identify, language: 'en' }],
  ['  Pay\n4021 ', { ...identify, language: 'en' }],
  ['PAY #4021', { ...identify, language: 'en' }],
  ['PAY 40 21', { ...identify, language: 'en' }],
  ['\u200bP\u00adAY\u00a04021\ufeff', { ...identify, language: 'en' }],
  ['ＰＡＹ　４０２１', { ...identify, language: 'en' }],
  ['PAYER 4021', { ...identify, language: 'fr' }],
  ['payé 4021', { ...identify, language: 'fr' }],
  ['paye\u0301 4021', { ...identify, language: 'fr' }],
  ['Machine 4021', identify],
  ['*123*4021#', identify],
  ['4021', { kind: 'digits', code: '4021' }],
  ['4021#', { kind: 'digits', code: '4021' }],
  ['40 21', { kind: 'digits', code: '4021' }],
  ['0384', { kind: 'digits', code: '0384' }],
  ['YES 7384', { kind: 'consent', code: '7384', language: 'en' }],
  ['"Yes 7384"!', { kind: 'consent', code: '7384', language: 'en' }],
  ['OUI 7384', { kind: 'consent', code: '7384', language: 'fr' }],
  ['oui7384', { kind: 'consent', code: '7384', language: 'fr' }],
  ['ok 0384', { kind: 'consent', code: '0384' }],
  ['yes', { kind: 'consentWithoutCode', language: 'en' }],
  ['1', { kind: 'pick', digit: 1 }],
  ['0', { kind: 'no' }],
  ['NO', { kind: 'no', language: 'en' }],
  ['No thanks', { kind: 'no', language: 'en' }],
  ['NON', { kind: 'no', language: 'fr' }],
  ['cancel', { kind: 'no', language: 'en' }],
  ['HELP', { kind: 'help', language: 'en' }],
  ['Aide ?', { kind: 'help', language: 'fr' }],
  ['STOP', { kind: 'stop' }],
  ['start', { kind: 'start' }],
  ['UNSTOP', { kind: 'start' }],
  ['StopAll', { kind: 'stop' }],
  ['unsubscribe', { kind: 'stop' }],
  ['END', { kind: 'stop' }],
  ['Arrêt', { kind: 'stop', language: 'fr' }],
  ['info', { kind: 'help' }],
  ['', { kind: 'open' }],
  ['*123#', { kind: 'open' }],
  // A consent is exactly a consent; anything more, less or else buys nothing.
  ['YES 7384 no', { kind: 'unreadable' }],
  ['YES 738', { kind: 'unreadable' }],
  ['YES 7384 4021', { kind: 'unreadable' }],
  ['yesterday 7384', { kind: 'unreadable' }],
  ['PAY 0021', { kind: 'unreadable' }],
  ['PAY 40٢21', { kind: 'unreadable' }],
  ['*123*4021*1#', { kind: 'unreadable' }],
  ['12', { kind: 'unreadable' }],
  ['123456789', { kind: 'unreadable' }],
  ['привет', { kind: 'unreadable' }],
  ['...', { kind: 'unreadable' }],
]

test.each(table)('%j', (text, intent) => {
  const { language, ...meaning } = readWords(text)
  const { language: expected, ...meant } = intent
  expect(meaning).toEqual(meant)
  if (meaning.kind !== 'unreadable') expect(language).toBe(expected)
})

describe('any text at all', () => {
  const invisible = fc.constantFrom('', ' ', '\u200b', '\u00ad', '\ufeff', '.', '\n', '\u00a0')

  test('is read without failing, and quickly', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 5000 }))
    fc.assert(fc.property(texts, (text) => typeof readWords(text).kind === 'string'))
  })

  test('means the same machine however it is dressed', () => {
    const machine = fc.integer({ min: 100, max: 99_999_999 }).map(String)
    const verb = fc.mixedCase(fc.constantFrom('pay', 'payer', 'buy', 'achat', 'machine'))
    fc.assert(
      fc.property(verb, machine, invisible, invisible, invisible, (word, number, before, between, after) => {
        const intent = readWords(`${before}${word}${between}${number}${after}`)
        expect(intent).toMatchObject({ kind: 'identify', machineNumber: number })
      }),
    )
  })

  test('is a consent only when it is a yes and one code', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'yesouioknon 0123456789*#.'), maxLength: 14 })
    fc.assert(
      fc.property(noise, (text) => {
        const intent = readWords(text)
        if (intent.kind !== 'consent') return
        expect(text.replace(/[^a-z0-9]/g, '')).toMatch(/^(yes|oui|ok)\d{4,8}$/)
        expect(intent.code).toBe(text.replace(/\D/g, ''))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the words of several languages', () => {
  const none = { pay: [], yes: [], no: [], help: [], stop: [], start: [] }

  test('one that two have tells no language, one that means two things is refused', () => {
    const known = vocabularyOf([
      ['en', { ...none, no: ['no'] }],
      ['es', { ...none, no: ['No'], yes: ['Sí'] }],
    ])
    expect(known.get('no')).toEqual({ verb: 'no' })
    expect(known.get('si')).toEqual({ verb: 'yes', language: 'es' })
    expect(() =>
      vocabularyOf([
        ['en', { ...none, no: ['no'] }],
        ['xx', { ...none, yes: ['no'] }],
      ]),
    ).toThrow('"no" means "yes" in xx, but "no" in en')
    expect(() => vocabularyOf([['xx', { ...none, yes: ['stop'] }]])).toThrow('but "stop" everywhere')
  })

  test('any alphabet is read', () => {
    const known = vocabularyOf([['ru', { ...none, pay: ['Оплатить'], yes: ['да'] }]])
    expect(known.get('оплатить')).toEqual({ verb: 'pay', language: 'ru' })
    expect(known.get('да')).toEqual({ verb: 'yes', language: 'ru' })
  })
})
