// What is taken for a repeat: by a server that has just started, and by one that never learnt whether its
// acknowledgement was seen.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { RepeatMemory, type What } from './repeat-memory.ts'

const text: What = ['text', '33612345678', '36000', 'PAY 4021']
const step: What = ['ussd', '33612345678', '36000', '18', 'a', '1', '1']

test('by a server that has just started: the same words within their minute', () => {
  const clock = new ManualClock()
  const ids = () => [text, step].map((what) => new RepeatMemory(clock).idOf(what))
  const before = ids()
  clock.advance(59_000)
  expect(ids()).toEqual(before)
  clock.advance(2000)
  const [textAfter, stepAfter] = ids()
  expect([textAfter === before[0], stepAfter === before[1]]).toEqual([false, false])
})

test('without a proof that the acknowledgement was seen: a text for ten minutes, a step for one', () => {
  const clock = new ManualClock()
  const memory = new RepeatMemory(clock)
  const before = [text, step].map((what) => memory.idOf(what))
  const after = (ms: number) => {
    clock.advance(ms)
    return [text, step].map((what, place) => memory.idOf(what) === before[place])
  }
  expect(after(59_000)).toEqual([true, true])
  expect(after(2000)).toEqual([true, false])
  expect(after(538_000)).toEqual([true, false])
  expect(after(2000)).toEqual([false, false])
})
