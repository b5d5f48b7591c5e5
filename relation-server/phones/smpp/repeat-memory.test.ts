// What a server that has just started takes for a repeat: it has forgotten what came before.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { RepeatMemory, type What } from './repeat-memory.ts'

function idAfterRestart(clock: ManualClock, what: What): string {
  return new RepeatMemory(clock).idOf(what)
}

test('the same text within its minute, the same step of a dialogue within its ten', () => {
  const clock = new ManualClock()
  const text: What = ['text', '33612345678', '36000', 'PAY 4021']
  const step: What = ['ussd', '33612345678', '36000', '18', 'a', '1', '1']
  const before = [idAfterRestart(clock, text), idAfterRestart(clock, step)]
  clock.advance(59_000)
  expect([idAfterRestart(clock, text), idAfterRestart(clock, step)]).toEqual(before)
  clock.advance(2000)
  expect([idAfterRestart(clock, text) === before[0], idAfterRestart(clock, step)]).toEqual([false, before[1]])
  clock.advance(600_000)
  expect(idAfterRestart(clock, step)).not.toBe(before[1])
})
