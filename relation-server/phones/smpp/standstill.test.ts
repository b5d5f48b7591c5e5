// A process that is stopped has no beat; what it reads when it goes on may be old.
import type { Clock } from '@concilia/protocol/clock.ts'
import { expect, test } from 'vitest'
import { Standstill } from './standstill.ts'

test('what is read soon after a standstill may have waited, and nothing else', () => {
  let at = 1000
  let beat = () => {}
  const clock: Clock = {
    now: () => at,
    monotonic: () => at,
    after: (_, action) => {
      beat = action
      return { cancel: () => {} }
    },
  }
  const standstill = new Standstill(clock)
  standstill.start()
  const after = (ms: number) => {
    at += ms
    return standstill.isJustOver
  }
  expect([after(0), after(2400), after(2400)]).toEqual([false, false, false])
  expect([after(11_000), after(0), after(2000), after(2000)]).toEqual([true, true, true, true])
  expect(after(1000)).toBe(false)
  at += 12_000
  beat()
  expect([after(100), after(2400), after(2400), after(100)]).toEqual([true, true, true, false])
})
