// npm start -- --sale: one sale without a person, as somebody runs it who has just cloned.
import { describe, expect, test } from 'vitest'
import { Session } from './session.ts'

describe('--sale', () => {
  test.each<[string[], RegExp]>([
    [['--phone-first', '--dial', '--hold', '--on-demand', '--smpp'], /agree: delivered and paid/],
    [['--fault', 'jam'], /agree: not delivered and not paid/],
    [['--fault', 'owed'], /agree: not delivered, and the money, .* is owed to the buyer/],
    [['--buyer', 'careful', '--smpp'], /agree: delivered and paid/],
  ])('%j', { timeout: 120_000 }, async (words, verdict) => {
    const session = new Session('--sale', ...words)
    const code = await session.ended
    expect(session.lines.join('\n')).toMatch(verdict)
    expect(code).toBe(0)
  })

  test('every step has its line, in order', { timeout: 120_000 }, async () => {
    const session = new Session('--sale')
    expect(await session.ended).toBe(0)
    expect(session.lines.join('\n')).toMatch(/agree: delivered and paid/)
    // By the time in front of each: programs' lines reach the bench in pieces, each program's in its order.
    const inTime = [...session.lines].sort((a, b) => a.slice(0, 12).localeCompare(b.slice(0, 12)))
    const steps = inTime.flatMap((line) => / (ST\d+) /.exec(line)?.[1] ?? [])
    const told = [
      'ST2',
      'ST3',
      'ST4',
      'ST5',
      'ST8',
      'ST9',
      'ST10',
      'ST11',
      'ST13',
      'ST131',
      'ST14',
      'ST15',
      'ST52',
    ]
    const firsts = [...told, 'ST6', 'ST7'].map((step) => steps.indexOf(step))
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
    expect(firsts).not.toContain(-1)
    expect(steps).toContain('ST132')
  })
})
