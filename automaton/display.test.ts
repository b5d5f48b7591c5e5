import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { Display, displayWidth, type Language } from './display.ts'
import type { Scene } from './sale-events.ts'

let clock: ManualClock
let shown: string[]
beforeEach(() => {
  clock = new ManualClock()
  shown = []
})

const settings = (language: Language) => ({
  language,
  offerWaitMs: 180_000,
  texts: {},
  labelOf: () => undefined,
})
function display(language: Language): Display {
  return new Display((text) => shown.push(text), clock, settings(language))
}
const offer: Scene = { scene: 'offer', price: { amountMinor: 150, currency: 'EUR' }, item: 5 }

describe('the display', () => {
  test('takes turns between what to do and what is left, until the end', () => {
    const screen = display('en')
    screen.invite('Text 4021 to 36000')
    screen.show(offer)
    clock.advance(6000)
    expect(shown).toEqual([
      'Text 4021 to 36000',
      'Text 4021 to 36000',
      '1.50 EUR - 2:58 left',
      'Text 4021 to 36000',
      '1.50 EUR - 2:54 left',
    ])
    clock.advance(180_000)
    expect(shown.at(-1)).toMatch(/0:00 left|Text/)
    screen.show({ scene: 'withdrawn', reason: 'waitLimit' })
    clock.advance(4999)
    expect(shown.at(-1)).toBe('Time is over. Nothing charged')
    clock.advance(1)
    expect([shown.at(-1), clock.pending]).toEqual(['Text 4021 to 36000', 0])
  })

  test('with words and a price list of the operator says those, and what the item is called', () => {
    const screen = display('en')
    screen.use({ ...settings('fr'), texts: { delivered: 'A bientot' }, labelOf: (item) => `Eau ${item}` })
    screen.invite('Texto 4021')
    screen.show(offer)
    clock.advance(6000)
    screen.show({ scene: 'concluded', result: 'delivered' })
    screen.show({ scene: 'concluded', result: 'failed' })
    expect(shown).toEqual([
      'Texto 4021',
      'Texto 4021',
      'Eau 5 1.50 EUR',
      '1.50 EUR - reste 2:56',
      'Texto 4021',
      'A bientot',
      'Echec: vous etes rembourse',
    ])
  })

  test('without an invitation shows the countdown alone', () => {
    const screen = display('fr')
    screen.show(offer)
    clock.advance(2000)
    expect(shown).toEqual(['1.50 EUR - reste 3:00', '1.50 EUR - reste 2:58'])
  })

  test('changes its invitation at once on standby, and after the sale otherwise', () => {
    const screen = display('en')
    screen.invite('one')
    screen.show({ scene: 'delivering' })
    screen.invite('two')
    expect(shown.at(-1)).toBe('Paid. Your item is coming')
    screen.show({ scene: 'concluded', result: 'delivered' })
    clock.advance(5000)
    screen.invite('')
    expect(shown.slice(-2)).toEqual(['two', ''])
  })

  const price = { amountMinor: 6_553_400, currency: 'EUR' } as const
  const scenes: Scene[] = [
    { scene: 'offer', price, item: 5 },
    { scene: 'delivering' },
    ...(['delivered', 'failed', 'unknown'] as const).map((result): Scene => ({ scene: 'concluded', result })),
    ...(['waitLimit', 'cancelled', 'refused', 'restarted', 'readerLost', 'journalFailed'] as const).map(
      (reason): Scene => ({ scene: 'withdrawn', reason }),
    ),
    { scene: 'refused', text: 'x'.repeat(40) },
  ]
  test.each(['en', 'fr'] as const)('in %s every word fits, in ASCII, and says something', (language) => {
    const screen = display(language)
    for (const scene of scenes) screen.show(scene)
    expect(shown.length).toBe(scenes.length)
    for (const text of shown) expect(text).toMatch(new RegExp(`^[ -~]{1,${displayWidth}}$`))
    // Only what the server sent may be cut.
    expect(shown.filter((text) => text.length === displayWidth)).toEqual(['x'.repeat(displayWidth)])
  })
})
