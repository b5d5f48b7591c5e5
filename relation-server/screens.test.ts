import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { beforeEach, expect, test } from 'vitest'
import type { Reply } from './phones/port.ts'
import { Screens } from './screens.ts'

const screen = (words: string): Reply => ({ kind: 'screen', screen: words, goesOn: true })
const late = screen('late')
let clock: ManualClock
let screens: Screens

beforeEach(() => {
  clock = new ManualClock()
  screens = new Screens(clock)
})

test('a step gets the first thing that is said to its session', async () => {
  const reply = screens.wait('step', 'session', 100, late)
  expect(screens.isWaiting('session')).toBe(true)
  expect(screens.show('session', screen('first'))).toBe(true)
  expect(screens.show('session', screen('second'))).toBe(false)
  expect(await reply).toEqual(screen('first'))
  expect(await screens.before('step')).toEqual(screen('first'))
})

test('without a word in time it gets the late screen, and its session waits no more', async () => {
  const reply = screens.wait('step', 'session', 100, late)
  clock.advance(100)
  expect(screens.isWaiting('session')).toBe(false)
  expect(await reply).toEqual(late)
})

test('a step is late by its own time, not by that of the step before', async () => {
  const first = screens.wait('step 1', 'session', 100, screen('late 1'))
  clock.advance(60)
  const second = screens.wait('step 2', 'session', 100, screen('late 2'))
  clock.advance(40)
  expect(await first).toEqual(screen('late 1'))
  expect(screens.isWaiting('session')).toBe(true)
  screens.show('session', screen('said'))
  expect(await second).toEqual(screen('said'))
})

test('a step that is given up fails for all that wait for it, and can be tried anew', async () => {
  const reply = screens.wait('step', 'session', 100, late)
  const repeat = screens.before('step')
  screens.giveUp('step', 'session', new Error('not stored'))
  await expect(reply).rejects.toThrow('not stored')
  await expect(repeat).rejects.toThrow('not stored')
  expect([screens.before('step'), screens.isWaiting('session'), clock.pending]).toEqual([undefined, false, 0])
  const again = screens.wait('step', 'session', 100, late)
  screens.show('session', screen('said'))
  expect(await again).toEqual(screen('said'))
})

test('a screen is kept as long as its session can live, for repeats', () => {
  screens.wait('step', 'session', 100, late)
  clock.advance(180_000)
  expect(screens.before('step')).toBeDefined()
  clock.advance(20_000)
  expect(screens.before('step')).toBeUndefined()
})
