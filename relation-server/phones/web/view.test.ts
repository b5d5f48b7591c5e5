import { describe, expect, test } from 'vitest'
import type { Say } from '../say.ts'
import { goesOn, isOver, type Visitor, viewOf } from './view.ts'

const visitor = (change: Partial<Visitor> = {}): Visitor => ({
  number: '+33•••••678',
  proven: true,
  triesLeft: 3,
  ...change,
})
const saying = (say: Say, at = 1000) => ({ sessionId: 's', say: JSON.stringify(say), at })
const price: Say = {
  kind: 'price',
  machineNumber: '4021',
  price: { amountMinor: 150, currency: 'EUR' },
  code: '7384',
  withinMs: 60_000,
}

test('a number of no machine shows nothing of the visitor', () => {
  expect(viewOf(false, visitor(), saying(price), 1000)).toEqual({ kind: 'noSuchMachine' })
})

test('a stranger is asked for a number, then for the code, then is there', () => {
  expect(viewOf(true, undefined, undefined, 0).kind).toBe('askNumber')
  expect(viewOf(true, visitor({ proven: false }), undefined, 0)).toMatchObject({
    kind: 'askCode',
    triesLeft: 3,
  })
  expect(viewOf(true, visitor({ proven: false, triesLeft: 0 }), undefined, 0).kind).toBe('askNumber')
  expect(viewOf(true, visitor(), undefined, 0).kind).toBe('arrive')
})

test('what was said to a number is shown only once it is proven', () => {
  expect(viewOf(true, visitor({ proven: false }), saying(price), 1000).kind).toBe('askCode')
  expect(viewOf(true, visitor(), saying(price), 1000)).toMatchObject({ kind: 'said', say: price })
})

test('yesterday’s price is no price', () => {
  expect(viewOf(true, visitor(), saying(price), 1000 + 600_001).kind).toBe('arrive')
})

describe('what goes on, and what is over', () => {
  test.each<[Say, goesOn: boolean, isOver: boolean]>([
    [price, true, false],
    [{ kind: 'chooseNow', machineNumber: '4021', withinMs: 1 }, true, false],
    [{ kind: 'paying', machineNumber: '4021', price: price.price }, true, false],
    [{ kind: 'validationAsked', machineNumber: '4021', price: price.price }, true, false],
    [{ kind: 'wrongCode', machineNumber: '4021', triesLeft: 1 }, false, false],
    [{ kind: 'wrongCode', machineNumber: '4021', triesLeft: 0 }, false, true],
    [{ kind: 'cancelled', machineNumber: '4021' }, false, true],
    [{ kind: 'tooManyRequests' }, false, true],
  ])('%j', (say, going, over) => {
    expect(goesOn({ kind: 'said', number: '', say })).toBe(going)
    expect(isOver(say)).toBe(over)
  })
})
