// The listener against whole dialogues, one side of them, and noise.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busBytesOf, busText } from './bus.ts'
import { BusListener } from './bus-listener.ts'

const heard = (listener: BusListener, text: string) =>
  listener.push(busBytesOf(text) ?? []).map(({ from, words }) => `${from}: ${words}`)

test('both directions in one stream: who said what', () => {
  expect(
    heard(
      new BusListener(),
      '62* 62 00 00* 00 61* 00 03 00 00 00 64 01 03 19 78 01 02 1E 09 BF* 00 63* 00 00 96 00 05 FE 00* ' +
        '62* 62 05 00 96 9B* AA 05 00 96 9B* 00 0B* 0B 53 15 68* 00 30* 30 00* 62* 62 62* 62 06 06* FF',
    ),
  ).toEqual([
    'machine: POLL',
    'peripheral: JUST RESET',
    'machine: ACK',
    'machine: SETUP: configuration of the machine: level 3, columns 0, rows 0, display 0',
    'peripheral: READER CONFIGURATION: level 3, currency 1978, scale 1, decimals 2, response s 30, options 9',
    'machine: ACK',
    'machine: VEND REQUEST: price 150, item 5',
    'peripheral: ACK',
    'machine: POLL',
    'peripheral: VEND APPROVED: amount 150',
    'machine: RET',
    'peripheral: VEND APPROVED: amount 150',
    'machine: ACK',
    'machine: POLL',
    'peripheral: Coin deposited: to the cash box 0, a tube 1, rejected 3: routing 1, type 3, in tube 21',
    'machine: ACK',
    'machine: to a peripheral at 0x30',
    'peripheral: ACK',
    'machine: POLL',
    'machine: POLL',
    'peripheral: VEND DENIED',
    'machine: NAK',
  ])
})

test("the machine's side alone, as on a reader's wire", () => {
  const listener = new BusListener()
  expect(heard(listener, '62* 62 00 62* 62 AA 64* 01 65 62* 62')).toEqual([
    'machine: POLL',
    'machine: ACK',
    'machine: POLL',
    'machine: RET',
    'machine: READER ENABLE',
    'machine: POLL',
  ])
})

test('it follows level and width of money', () => {
  const listener = new BusListener()
  heard(listener, '61* 00 03 00 00 00 64 01 03 19 78 01 02 1E 09 BF* 00 67* 04 00 00 00 22 8D 00*')
  expect(heard(listener, '63* 00 00 01 86 A0 00 05 8F 00*')).toEqual([
    'machine: VEND REQUEST: price 100000, item 5',
    'peripheral: ACK',
  ])
  heard(listener, '60* 60 00*')
  expect(heard(listener, '63* 00 00 96 00 05 FE')).toEqual(['machine: VEND REQUEST: price 150, item 5'])
})

test('what is garbled is said to be, and the next block is heard again', () => {
  expect(heard(new BusListener(), '00 62* 63 00* 63* 00 00 62* 62 00*')).toEqual([
    'machine: a byte without a block',
    'machine: not readable: checksum',
    'peripheral: ACK',
    'machine: a block without end',
    'machine: POLL',
    'peripheral: ACK',
  ])
})

test('any bytes are heard, and no byte twice', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 0x1ff }), { maxLength: 200 })
  fc.assert(
    fc.property(bytes, (all) => {
      const said = new BusListener().push(all).flatMap((block) => block.bytes)
      // In order, though noise may be passed over.
      let at = 0
      for (const byte of said) at = all.indexOf(byte, at) + 1
      expect(busText(said).length).toBeLessThanOrEqual(busText(all).length)
      expect(at).toBeGreaterThanOrEqual(said.length)
    }),
  )
})
