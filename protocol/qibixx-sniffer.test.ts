// The lines of the box's ears: as they are documented, and total.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busText } from './mdb/bus.ts'
import { readSniffed, writeSniffed } from './qibixx-sniffer.ts'

test.each([
  ['x,00,0000012345,62,', 'machine', '62* 62'],
  ['x,00,0000012345,63,0000960005', 'machine', '63* 00 00 96 00 05 FE'],
  ['x,80,0000012346,,ACK', 'peripheral', '00*'],
  ['x,80,0000012346,,050096', 'peripheral', '05 00 96 9B*'],
  ['x,00,0000012347,,ACK', 'machine', '00'],
])('%s', (text, from, bytes) => {
  const sniffed = readSniffed(text)
  expect(sniffed).toMatchObject({ from, faulty: false })
  expect(busText(sniffed?.bytes ?? [])).toBe(bytes)
  expect(sniffed && writeSniffed(sniffed)).toBe(text)
})

test('other bits of the status are something wrong; a peripheral may come without the empty field', () => {
  expect(readSniffed('x,02,1,62,')?.faulty).toBe(true)
  expect(readSniffed('x,80,1,ACK')).toMatchObject({ from: 'peripheral' })
})

test('any text is a line of the sniffer or none', () => {
  expect(readSniffed('x,ACK')).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([undefined, 'object']).toContain(readSniffed(`x,${text}`) && typeof readSniffed(`x,${text}`))
    }),
  )
})
