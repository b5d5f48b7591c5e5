import { describe, expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

describe('the manual clock', () => {
  test('fires in order of due time, then of setting', () => {
    const clock = new ManualClock(1000)
    const fired: string[] = []
    clock.after(20, () => fired.push(`b@${clock.now()}`))
    clock.after(10, () => fired.push(`a@${clock.now()}`))
    clock.after(20, () => fired.push(`c@${clock.now()}`))
    clock.advance(19)
    expect(fired).toEqual(['a@1010'])
    clock.advance(1)
    expect(fired).toEqual(['a@1010', 'b@1020', 'c@1020'])
    expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([1020, 20, 0])
  })

  test('a chain of timers takes place within one advance', () => {
    const clock = new ManualClock(0)
    const at: number[] = []
    const tick = () => {
      at.push(clock.monotonic())
      clock.after(30, tick)
    }
    clock.after(30, tick)
    clock.advance(100)
    expect(at).toEqual([30, 60, 90])
    expect(clock.nextInMs).toBe(20)
  })

  test('a cancelled timer stays silent, and a timer may cancel another due with it', () => {
    const clock = new ManualClock()
    const fired: string[] = []
    const other = { cancel: () => {} }
    clock.after(5, () => {
      fired.push('first')
      other.cancel()
    })
    const second = clock.after(5, () => fired.push('second'))
    other.cancel = () => second.cancel()
    clock.advance(10)
    second.cancel()
    expect(fired).toEqual(['first'])
  })

  test('setting the wall clock moves no timer', () => {
    const clock = new ManualClock(0)
    let fired = 0
    clock.after(100, () => fired++)
    clock.setNow(1_000_000)
    clock.advance(99)
    expect(fired).toBe(0)
    clock.advance(1)
    expect([fired, clock.now()]).toEqual([1, 1_000_100])
  })

  test('advanceAsync lets promises run between two timers', async () => {
    const clock = new ManualClock()
    const order: string[] = []
    clock.after(1, () => void Promise.resolve().then(() => order.push('promise')))
    clock.after(2, () => order.push('timer'))
    await clock.advanceAsync(2)
    expect(order).toEqual(['promise', 'timer'])
  })

  test('fireNext jumps to the next timer', () => {
    const clock = new ManualClock(0)
    clock.after(500, () => {})
    expect([clock.fireNext(), clock.now(), clock.fireNext()]).toEqual([true, 500, false])
  })

  test('refuses delays that a real timer could not keep', () => {
    expect(() => new ManualClock().after(2 ** 31, () => {})).toThrow(RangeError)
    expect(() => new ManualClock().after(Number.NaN, () => {})).toThrow(RangeError)
  })
})
