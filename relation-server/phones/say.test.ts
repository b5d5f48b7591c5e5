// Every sentence in both languages and on both channels: with the longest numbers and names it still fits,
// and no letter leaves the phone alphabet.
import { largestAmountMinor } from '@concilia/protocol/money.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeclineReason } from '../payments/port.ts'
import { timeText } from './figures.ts'
import { inGsm7, screenSeptets, septetsOf, textSeptets } from './gsm7.ts'
import type { Channel, Language } from './port.ts'
import { awaitsAnswer, type House, render, type Say } from './say.ts'

const machineNumber = '40218888'
const price = { amountMinor: largestAmountMinor, currency: 'EUR' } as const
const payment = { machineNumber, price, reference: 'AB12CD34' }
const withinMs = 10 * 60_000
const house: House = { serviceName: 'Concilia Service', helpNumber: '+33 800 123 4567' }
const reasons: DeclineReason[] = [
  'noAccount',
  'notEnough',
  'capReached',
  'accountBarred',
  'wrongCode',
  'notAllowed',
  'tooLate',
]

/** The longest of each kind; a new kind without its line here does not type-check. */
const longest: { [Kind in Say['kind']]: Extract<Say, { kind: Kind }>[] } = {
  price: [{ kind: 'price', machineNumber, price, code: '73847384', withinMs }],
  priceMenu: [{ kind: 'priceMenu', machineNumber, price }],
  codeSent: [{ kind: 'codeSent', machineNumber }],
  chooseNow: [{ kind: 'chooseNow', machineNumber, withinMs }],
  paying: [{ kind: 'paying', machineNumber, price }],
  takenByAnother: [{ kind: 'takenByAnother', machineNumber }],
  tooLate: [{ kind: 'tooLate', machineNumber }],
  cancelled: [{ kind: 'cancelled', machineNumber }],
  declined: reasons.map((reason) => ({ kind: 'declined', reason, machineNumber })),
  paymentUnavailable: [{ kind: 'paymentUnavailable', machineNumber }],
  machineUnavailable: [{ kind: 'machineUnavailable', machineNumber }],
  noSuchMachine: [
    { kind: 'noSuchMachine', machineNumber },
    { kind: 'noSuchMachine', machineNumber, suggestion: '40218889' },
  ],
  receipt: [{ kind: 'receipt', ...payment, seller: 'Distributeurs du Nord et de la Côte' }],
  refundNotice: [{ kind: 'refundNotice', ...payment }],
  unknownClosedNotice: [{ kind: 'unknownClosedNotice', ...payment }],
  owedNotice: [{ kind: 'owedNotice', ...payment }],
  validationAsked: [{ kind: 'validationAsked', machineNumber, price }],
  wrongCode: [2, 1, 0].map((triesLeft) => ({ kind: 'wrongCode', machineNumber, triesLeft })),
  codeMissing: [{ kind: 'codeMissing' }],
  nothingOpen: [{ kind: 'nothingOpen' }],
  askMachineNumber: [{ kind: 'askMachineNumber' }],
  unreadable: [{ kind: 'unreadable' }],
  help: [{ kind: 'help' }],
  stopped: [{ kind: 'stopped' }],
  started: [{ kind: 'started' }],
  tooManyRequests: [{ kind: 'tooManyRequests' }],
}

const cases = Object.values(longest)
  .flat()
  .flatMap((say) =>
    (['en', 'fr'] as const).flatMap((language) =>
      (['text', 'ussd'] as const).map((channel) => ({ name: say.kind, say, language, channel })),
    ),
  )

test.each(cases)('$name fits ($language, $channel)', ({ say, language, channel }) => {
  const words = render(say, language, channel, house)
  expect(septetsOf(words), words).toBeLessThanOrEqual(channel === 'text' ? textSeptets : screenSeptets)
  expect(words, 'a letter became a question mark').not.toMatch(/\?\S/)
  expect(words).not.toMatch(/undefined|\[object/)
})

describe('what a buyer must find in it', () => {
  const short = { serviceName: 'Concilia', helpNumber: '0800 123' }
  const oneFifty = { machineNumber: '4021', price: { amountMinor: 150, currency: 'EUR' } } as const
  const said = (say: Say, language: Language, channel: Channel) => render(say, language, channel, short)

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

  test('a menu has its numbers first and 0 back', () => {
    expect(
      said({ kind: 'priceMenu', ...oneFifty }, 'fr', 'ussd')
        .split('\n')
        .slice(1, 3),
    ).toEqual(['1 Payer', '0 Annuler'])
  })

  test.each(cases.filter(({ say, channel }) => channel === 'ussd' && awaitsAnswer(say)))(
    'a screen that waits offers a way back: $name ($language)',
    ({ say, language }) => {
      expect(render(say, language, 'ussd', house)).toMatch(/^0 /m)
    },
  )

  test('letters that the phone alphabet lacks lose their accent only', () => {
    expect(inGsm7('Reçu, fête, Noël à l’été – œuf… 漢')).toBe("Recu, fete, Noel à l'été - oeuf... ?")
    expect(septetsOf('€uro')).toBe(5)
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => septetsOf(inGsm7(text)) !== undefined))
  })

  test('time is rounded down', () => {
    expect([timeText(119_999), timeText(120_000), timeText(239_999)]).toEqual(['119 s', '2 min', '3 min'])
  })
})
