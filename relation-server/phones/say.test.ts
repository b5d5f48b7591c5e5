// Every sentence in each language and on both channels: with the longest numbers and names it still fits,
// and no letter leaves the phone alphabet. The files check themselves at start; this says it the other way.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Channel, Language } from '../sale-events.ts'
import { inGsm7, screenSeptets, septetsOf, textSeptets } from './gsm7.ts'
import { readLanguages } from './languages-adapter.ts'
import { awaitsAnswer, type House, type Say } from './say.ts'
import { sentences } from './sentences.ts'

const languages = readLanguages('en')
const house: House = { serviceName: 'Concilia Service', helpNumber: '+33 800 123 4567' }

const cases = Object.entries(sentences).flatMap(([name, { cases }]) =>
  cases.flatMap((say) =>
    languages.names.flatMap((language) =>
      (['text', 'ussd'] as const).map((channel) => ({ name, say, language, channel })),
    ),
  ),
)

test.each(cases)('$name fits ($language, $channel)', ({ say, language, channel }) => {
  const words = languages.say(say, language, channel, house)
  expect(septetsOf(words), words).toBeLessThanOrEqual(channel === 'text' ? textSeptets : screenSeptets)
  expect(words, 'a letter became a question mark').not.toMatch(/\?\S/)
  expect(words).not.toMatch(/undefined|\[object|[{}]/)
  expect(words.length).toBeGreaterThan(10)
})

describe('what a buyer must find in it', () => {
  const short = { serviceName: 'Concilia', helpNumber: '0800 123' }
  const oneFifty = { machineNumber: '4021', price: { amountMinor: 150, currency: 'EUR' } } as const
  const said = (say: Say, language: Language, channel: Channel) =>
    languages.say(say, language, channel, short)

  test('price before consent, with tax, code, time, service and help number', () => {
    const say: Say = { kind: 'price', ...oneFifty, code: '7384', withinMs: 180_000 }
    expect(said(say, 'en', 'text')).toBe(
      'Machine 4021: 1.50 EUR incl. tax. Reply YES 7384 within 3 min to pay, NO to cancel. ' +
        'Concilia, help 0800 123',
    )
    expect(said(say, 'fr', 'text')).toBe(
      'Machine 4021 : 1,50 EUR TTC. Répondez OUI 7384 sous 3 min pour payer, NON pour annuler. ' +
        'Concilia, aide 0800 123',
    )
  })

  test('an amount of a currency without minor digits', () => {
    const say: Say = { kind: 'paying', machineNumber: '4021', price: { amountMinor: 1500, currency: 'XOF' } }
    expect(said(say, 'fr', 'text')).toContain('dès que 1500 XOF sont payés')
  })

  test('a menu has its numbers first and 0 back', () => {
    expect(
      said({ kind: 'priceMenu', figure: 2, ...oneFifty }, 'fr', 'ussd')
        .split('\n')
        .slice(1, 3),
    ).toEqual(['2 Payer', '0 Annuler'])
  })

  test.each(cases.filter(({ say, channel }) => channel === 'ussd' && awaitsAnswer(say)))(
    'a screen that waits offers a way back: $name ($language)',
    ({ say, language }) => {
      expect(languages.say(say, language, 'ussd', house)).toMatch(/^0 /m)
    },
  )

  test('how many tries are left, in the number of the language', () => {
    const left = (triesLeft: number) =>
      said({ kind: 'wrongCode', machineNumber: '4021', triesLeft }, 'en', 'text')
    expect([left(2), left(1)]).toEqual([
      'Machine 4021: wrong code, 2 more tries.',
      'Machine 4021: wrong code, 1 more try.',
    ])
    expect(left(0)).toMatch(/too often/)
  })

  test('letters that the phone alphabet lacks lose their accent only', () => {
    expect(inGsm7('Reçu, fête, Noël à l’été – œuf… 漢')).toBe("Recu, fete, Noel à l'été - oeuf... ?")
    expect(septetsOf('€uro')).toBe(5)
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => septetsOf(inGsm7(text)) !== undefined))
  })

  test('time is rounded down', () => {
    const time = (withinMs: number) =>
      /within (.*)\. You/.exec(
        said({ kind: 'chooseNow', machineNumber: '4021', withinMs }, 'en', 'text'),
      )?.[1]
    expect([119_999, 120_000, 239_999].map(time)).toEqual(['119 sec', '2 min', '3 min'])
  })
})
