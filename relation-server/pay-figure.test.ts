// What pays a price on a screen, whatever was typed and shown before, in whatever order it comes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextFigure, pricePaidBy } from './pay-figure.ts'

const price = (figure: number, pricedCode: string) => ({ figure, pricedCode })
const menu = (figure: number) => ({ figure, pricedCode: null })
const nothing = { typed: 0, offered: 0, code: null }

test.each([
  ['the first screen', { screens: [] }, 1],
  ['after a menu with a line 1', { screens: [menu(1)] }, 2],
  ['in answer to a figure', { screens: [], typed: 1 }, 2],
  ['in answer to a higher one', { screens: [menu(1)], typed: 4 }, 5],
  ['the same price again', { screens: [price(2, 'a'), menu(1)], typed: 1 }, 2],
  ['the same price, its own figure typed', { screens: [price(2, 'a')], typed: 2 }, 3],
  ['another price', { screens: [price(2, 'b')], typed: 1 }, 3],
  ['another price, and this one before it', { screens: [price(3, 'b'), price(2, 'a')] }, 4],
  ['the same price, and a higher figure of a dialogue beside it', { screens: [price(1, 'a'), menu(3)] }, 4],
])('%s is paid by a figure of its own', (_, asked, figure) => {
  expect(nextFigure({ ...nothing, code: 'a', ...asked })).toBe(figure)
})

test('a screen without a price remembers what was offered and said', () => {
  expect(nextFigure({ ...nothing, screens: [price(2, 'a')], typed: 2 })).toBe(2)
  expect(nextFigure({ ...nothing, screens: [], offered: 1 })).toBe(1)
  expect(nextFigure({ ...nothing, screens: [menu(1)], typed: 6, offered: 1 })).toBe(6)
})

test('a figure pays the price that it was offered for, and none where it was offered for two', () => {
  const screens = [price(2, 'a'), menu(1)]
  expect([0, 1, 2, 3].map((figure) => pricePaidBy(figure, screens))).toEqual([null, null, 'a', null])
  expect(pricePaidBy(2, [price(2, 'a'), price(2, 'a')])).toBe('a')
  expect(pricePaidBy(2, [price(2, 'a'), price(2, 'b')])).toBeNull()
})

test('no step that comes again, and no answer to a screen before, ever pays', () => {
  const step = fc.record({
    typed: fc.integer({ min: 0, max: 9 }),
    offered: fc.integer({ min: 0, max: 1 }),
    code: fc.constantFrom(null, 'a', 'b', 'c'),
    /** Begun anew under the same name. */
    begins: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let screens: { figure: number; pricedCode: string | null }[] = []
      const said = new Set<number>()
      /** What each figure stood for, on whichever screen. */
      const stoodFor = new Map<number, Set<string | null>>()
      for (const { typed, offered, code, begins } of steps) {
        if (typed > 0) said.add(typed)
        const figure = nextFigure({ screens, typed, offered: code === null ? offered : 0, code })
        const screen = { figure, pricedCode: code }
        screens = [screen, ...screens.slice(begins ? 0 : 1)]
        const line = code === null ? offered : figure
        stoodFor.set(line, new Set([...(stoodFor.get(line) ?? []), code]))
        for (const again of said) expect(pricePaidBy(again, [screen])).toBeNull()
        if (code === null) continue
        expect([...(stoodFor.get(figure) ?? [])]).toEqual([code])
        expect(pricePaidBy(figure, screens)).toBe(code)
      }
    }),
  )
})
