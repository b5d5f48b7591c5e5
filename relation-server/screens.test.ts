import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { beforeEach, expect, test } from 'vitest'
import type { Step } from './dialogue-step.ts'
import type { Reply } from './phones/port.ts'
import { Screens } from './screens.ts'

const screen = (words: string): Reply => ({ kind: 'screen', screen: words, goesOn: true })
const late = screen('late')
const step = (name: string): Step => ({
  dialogueId: 'dialogue',
  subscriberId: 'subscriber',
  handle: 'gateway session',
  step: name,
  typed: '',
  words: '1',
})
let clock: ManualClock
let screens: Screens

beforeEach(() => {
  clock = new ManualClock()
  screens = new Screens(clock)
})

test('a step gets what whoever took it says, and only one takes it', async () => {
  const reply = screens.wait(step('1'), 100, late)
  const taken = screens.take('dialogue')
  expect(taken?.step).toEqual(step('1'))
  expect(screens.take('dialogue')).toBeUndefined()
  taken?.answer(screen('first'))
  expect(await reply).toEqual(screen('first'))
  expect(clock.pending).toBe(0)
})

test('without a word in time it gets the late screen, and its dialogue waits no more', async () => {
  const reply = screens.wait(step('1'), 100, late)
  clock.advance(100)
  expect(screens.take('dialogue')).toBeUndefined()
  expect(await reply).toEqual(late)
})

test('a step is late by its own time, not by that of the step before', async () => {
  const first = screens.wait(step('1'), 100, screen('late 1'))
  clock.advance(60)
  const second = screens.wait(step('2'), 100, screen('late 2'))
  clock.advance(40)
  expect(await first).toEqual(screen('late 1'))
  screens.take('dialogue')?.answer(screen('said'))
  expect(await second).toEqual(screen('said'))
})

test('a step that is given up fails, and can be tried anew', async () => {
  const reply = screens.wait(step('1'), 100, late)
  screens.giveUp(step('1'), new Error('not stored'))
  await expect(reply).rejects.toThrow('not stored')
  expect([screens.take('dialogue'), clock.pending]).toEqual([undefined, 0])
  const again = screens.wait(step('1'), 100, late)
  screens.take('dialogue')?.answer(screen('said'))
  expect(await again).toEqual(screen('said'))
})

test('a step that is given up while somebody answers it gets that answer', async () => {
  const reply = screens.wait(step('1'), 100, late)
  const taken = screens.take('dialogue')
  screens.giveUp(step('1'), new Error('not stored'))
  taken?.answer(screen('said'))
  expect(await reply).toEqual(screen('said'))
})
