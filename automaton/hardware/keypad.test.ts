import { makeLog } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { SerialKeypad } from './keypad.ts'
import type { SerialLineEvents } from './serial-line.ts'

function keypad() {
  const clock = new ManualClock()
  const codes: string[] = []
  let line: SerialLineEvents | undefined
  const pad = new SerialKeypad({
    openLine: (events) => {
      line = events
      return { write: () => {}, close: async () => {} }
    },
    clock,
    log: makeLog('automaton', { level: 'silent' }),
  })
  pad.start((code) => codes.push(code))
  return { clock, codes, keys: (text: string) => line?.received(Buffer.from(text)), line: () => line }
}

test.each([
  ['471123', ['471123']],
  ['47*471123', ['471123']],
  ['47\b471123', ['471123']],
  ['4 7-1#123\r\n', ['471123']],
  ['4711230042', ['471123']],
  ['471123004299', ['471123', '004299']],
  ['\u00ff\u00004711', []],
])('%j', (keys, codes) => {
  const pad = keypad()
  for (const key of keys) pad.keys(key)
  expect(pad.codes).toEqual(codes)
})

test('what somebody left standing is not the beginning of the next one’s code', () => {
  const pad = keypad()
  pad.keys('47')
  pad.clock.advance(15_001)
  pad.keys('110042')
  expect(pad.codes).toEqual(['110042'])
})

test('a line that is lost costs nothing but the figures', () => {
  const pad = keypad()
  const lost = new OperatingError({
    code: 'serial-port-lost',
    message: 'lost',
    advice: 'plug it',
    retry: true,
  })
  pad.line()?.lost(lost)
  pad.line()?.opened()
  pad.keys('004711')
  expect(pad.codes).toEqual(['004711'])
})
