// The box's lines: what is written is read back the same, what real boxes were seen to write is understood,
// and no bytes whatever upset the reader.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Currency, currencies, largestAmountMinor } from './money.ts'
import {
  longestLine,
  mdbCurrencyCode,
  readBoxLine,
  readHostLine,
  type WritableBoxLine,
  type WritableHostLine,
  writeBoxLine,
  writeHostLine,
} from './qibixx.ts'
import { LineSplitter } from './qibixx-splitter.ts'

const currency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))
const priceMinor = fc.integer({ min: 0, max: largestAmountMinor })
const item = fc.integer({ min: 0, max: 65_535 })
const words = fc.stringMatching(/^[a-z0-9 .-]{1,30}$/)
const display = fc.stringMatching(/^[ -~]{0,32}$/)

const boxLine: fc.Arbitrary<WritableBoxLine> = fc.oneof(
  fc.constantFrom<WritableBoxLine>(
    { type: 'busActivity' },
    { type: 'settingKept' },
    { type: 'sessionIdle' },
    { type: 'vendSucceeded' },
    { type: 'refusedAsOn' },
    { type: 'refusedAsOff' },
  ),
  fc.record({ type: fc.constantFrom('version' as const, 'hardware' as const), text: words }),
  fc.record({ type: fc.constant('switched' as const), on: fc.boolean() }),
  fc.record({
    type: fc.constant('status' as const),
    status: fc.constantFrom('inactive', 'disabled', 'enabled', 'online', 'offline'),
  }),
  fc.record({ type: fc.constant('sessionIdle' as const), funds: priceMinor }),
  fc.record({ type: fc.constantFrom('vendRequested' as const, 'cashSale' as const), priceMinor, item }),
  fc.record({
    type: fc.constant('vendEnded' as const),
    how: fc.constantFrom('cancelled', 'failed', 'reset'),
  }),
  fc.record({
    type: fc.constant('refused' as const),
    command: fc.constantFrom('START', 'VEND', 'STOP', 'unnamed'),
    code: fc.integer({ min: -99, max: -1 }),
  }),
  fc.record({ type: fc.constant('unknownCommand' as const), text: words }),
)

const hostLine: fc.Arbitrary<WritableHostLine> = fc.oneof(
  fc.constantFrom<WritableHostLine>(
    { type: 'askVersion' },
    { type: 'askHardware' },
    { type: 'resetBox' },
    { type: 'deny' },
    { type: 'stopSession' },
    { type: 'startSession' },
  ),
  fc.record({ type: fc.constant('switch' as const), on: fc.boolean() }),
  fc.record({
    type: fc.constant('setting' as const),
    name: fc.constantFrom('mdb-address', 'mdb-scale-factor'),
    value: fc.constantFrom('0x60', '1', '2.5'),
  }),
  fc.record({ type: fc.constant('startSession' as const), funds: fc.integer({ min: 1, max: 1_000_000 }) }),
  fc.record({ type: fc.constant('approve' as const), amountMinor: priceMinor }),
  fc.record({ type: fc.constant('approve' as const), amountMinor: priceMinor, item }),
  fc.record({ type: fc.constant('display' as const), text: display }),
)

test('what a box writes is read back the same, in every currency', () => {
  fc.assert(
    fc.property(boxLine, currency, (line, money) => {
      expect(readBoxLine(writeBoxLine(line, money), money)).toEqual(line)
    }),
  )
})

test('what a host writes is read back the same, in every currency', () => {
  fc.assert(
    fc.property(hostLine, currency, (line, money) => {
      expect(readHostLine(writeHostLine(line, money), money)).toEqual(line)
    }),
  )
})

test('any bytes give lines, each readable or said not to be, none longer than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }), currency, (chunks, money) => {
      const splitter = new LineSplitter()
      for (const text of chunks.flatMap((chunk) => splitter.push(chunk))) {
        expect(text).not.toMatch(/[\r\n]/)
        expect(text.length).toBeGreaterThan(0)
        expect(text.length).toBeLessThanOrEqual(longestLine + 1)
        expect(readBoxLine(text, money).type).toBeTypeOf('string')
        expect(readHostLine(text, money).type).toBeTypeOf('string')
      }
    }),
  )
})

test('lines come out whole however the bytes arrive and whatever ends them', () => {
  const ending = fc.constantFrom('\n', '\r', '\r\n', '\n\r')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(boxLine, ending), { maxLength: 8 }),
      fc.array(fc.nat(30), { minLength: 1 }),
      (lines, cuts) => {
        const texts = lines.map(([line]) => writeBoxLine(line, 'EUR'))
        const bytes = Buffer.from(lines.map(([, end], index) => `${texts[index]}${end}`).join(''), 'latin1')
        const splitter = new LineSplitter()
        const read: string[] = []
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const length = 1 + (cuts[turn % cuts.length] ?? 0)
          read.push(...splitter.push(bytes.subarray(from, from + length)))
          from += length
        }
        expect(read).toEqual(texts)
      },
    ),
  )
})

test('noise without an end is cut off, and the next line is whole again', () => {
  const splitter = new LineSplitter()
  expect(splitter.push(Buffer.alloc(100_000, 'x'))).toEqual([])
  const [noise = '', line = ''] = splitter.push(Buffer.from('\nc,VEND,SUCCESS\n'))
  expect(readBoxLine(noise, 'EUR').type).toBe('unreadable')
  expect(readBoxLine(line, 'EUR')).toEqual({ type: 'vendSucceeded' })
})

test('a good line of more than the limit is unreadable all the same', () => {
  const text = `c,UNKNOWN,"${'a'.repeat(longestLine)}"`
  expect(readBoxLine(text, 'EUR')).toEqual({ type: 'unreadable', text: text.slice(0, longestLine) })
})

// What differs between firmware versions, and what must not be taken for something else.
test.each<[string, Currency, ReturnType<typeof readBoxLine>]>([
  ['c,ERR,"VEND 3"', 'EUR', { type: 'vendEnded', how: 'failed' }],
  ['c,ERR,VEND 3', 'EUR', { type: 'vendEnded', how: 'failed' }],
  ['c,ERR,VEND 1', 'EUR', { type: 'vendEnded', how: 'cancelled' }],
  ['c,ERR,VEND 5', 'EUR', { type: 'vendEnded', how: 'reset' }],
  ['c,ERR,"VEND -3"', 'EUR', { type: 'refused', command: 'VEND', code: -3 }],
  ['c,ERR,VEND -3', 'EUR', { type: 'refused', command: 'VEND', code: -3 }],
  ['c,ERR,-3', 'EUR', { type: 'refused', command: 'unnamed', code: -3 }],
  ['c,ERR,"-3"', 'EUR', { type: 'refused', command: 'unnamed', code: -3 }],
  ['c,ERR,cashless is on', 'EUR', { type: 'refusedAsOn' }],
  ['c,ERR,VEND 2', 'EUR', { type: 'unreadable', text: 'c,ERR,VEND 2' }],
  ['c,STATUS,VEND,1.50,5', 'EUR', { type: 'vendRequested', priceMinor: 150, item: 5 }],
  ['c,STATUS,VEND,1.5,5', 'EUR', { type: 'vendRequested', priceMinor: 150, item: 5 }],
  ['c,STATUS,VEND,2,5', 'EUR', { type: 'vendRequested', priceMinor: 200, item: 5 }],
  ['c,STATUS,VEND,1.50', 'EUR', { type: 'vendRequested', priceMinor: 150, item: 65_535 }],
  ['c,STATUS,VEND,1500.00,5', 'UGX', { type: 'vendRequested', priceMinor: 1500, item: 5 }],
  // Rounding somebody's money is never ours to do.
  ['c,STATUS,VEND,1.505,5', 'EUR', { type: 'unreadable', text: 'c,STATUS,VEND,1.505,5' }],
  ['c,STATUS,VEND,1500.50,5', 'UGX', { type: 'unreadable', text: 'c,STATUS,VEND,1500.50,5' }],
  ['c,STATUS,VEND,-1,5', 'EUR', { type: 'unreadable', text: 'c,STATUS,VEND,-1,5' }],
  ['c,STATUS,VEND,1.50,65536', 'EUR', { type: 'unreadable', text: 'c,STATUS,VEND,1.50,65536' }],
  ['c,STATUS,IDLE', 'EUR', { type: 'sessionIdle' }],
  ['c,STATUS,IDLE,10.00', 'EUR', { type: 'sessionIdle', funds: 1000 }],
  ['c,STATUS,IDLE,FFFF,1', 'EUR', { type: 'sessionIdle' }],
  ['c,UNKNOWN', 'EUR', { type: 'unknownCommand', text: '' }],
  ['c,UNKNOWN,C,DISPLAY', 'EUR', { type: 'unknownCommand', text: 'C,DISPLAY' }],
  // Our own words coming back from a port that echoes are not the box's.
  ['C,1', 'EUR', { type: 'unreadable', text: 'C,1' }],
  ['C,VEND,1.50', 'EUR', { type: 'unreadable', text: 'C,VEND,1.50' }],
  ['c,VEND,SUCCESSc,STATUS,IDLE', 'EUR', { type: 'unreadable', text: 'c,VEND,SUCCESSc,STATUS,IDLE' }],
])('%s', (text, money, line) => {
  expect(readBoxLine(text, money)).toEqual(line)
})

test.each([
  ['C,VEND,-1', { type: 'deny' }],
  ['C,VEND,1,5', { type: 'approve', amountMinor: 100, item: 5 }],
  ['C,VEND,-2', { type: 'unreadable', text: 'C,VEND,-2' }],
  ['C,START,0', { type: 'startSession' }],
  ['C,START,10.00,1', { type: 'startSession', funds: 1000 }],
  ['C,START,-5', { type: 'unreadable', text: 'C,START,-5' }],
  ['C,DISPLAY,1.50 EUR, 30 s', { type: 'display', text: '1.50 EUR, 30 s' }],
  ['c,1', { type: 'unreadable', text: 'c,1' }],
])('%s', (text, line) => {
  expect(readHostLine(text, 'EUR')).toEqual(line)
})

test('currencies go to the bus as ISO numbers in BCD with a leading 1', () => {
  expect(mdbCurrencyCode('EUR')).toBe('0x1978')
  expect(mdbCurrencyCode('KES')).toBe('0x1404')
})
