// EVA-DTS files: one worked out by hand, one wrong in each way that real machines are, and any bytes at all.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countersSchema } from '../audit.ts'
import { inconsistencies } from './consistency.ts'
import { crc16 } from './crc16.ts'
import { pictureOf } from './picture.ts'
import { type FindingName, findingText, hex, readEvaDts } from './read.ts'
import { workedCrc, workedId, workedRows, workedText } from './worked-sample.ts'
import { type Row, writeEvaDts } from './write.ts'

const namesIn = (text: string) => readEvaDts(text).findings.map(({ name }) => name)
const countersIn = (text: string) => pictureOf(readEvaDts(text)).counters
/** The same file with its check sum made right again. */
function summed(text: string): string {
  const from = text.indexOf('ST*')
  const to = text.indexOf('G85*')
  const sum = hex(crc16(Buffer.from(text.slice(from, to), 'latin1')))
  return text.slice(0, to) + text.slice(to).replace(/^G85\*[^\r\n]*/, `G85*${sum}`)
}

test('the check value of the sum', () => {
  expect(hex(crc16(Buffer.from('123456789')))).toBe('BB3D')
  expect(hex(crc16(Buffer.from('ST*001*0001\r\nID1*A\r\n')))).toBe('1C5B')
})

test('the worked file is written as it is and read without a finding', () => {
  expect(workedText).toHaveLength(569)
  expect(writeEvaDts(workedId, workedRows as unknown as Row[])).toBe(workedText)
  expect(workedText).toContain(`G85*${workedCrc}\r\n`)
  expect(readEvaDts(workedText).findings).toEqual([])
})

test('its counters, and its sums', () => {
  const reading = readEvaDts(workedText)
  const { counters, remarks } = pictureOf(reading)
  expect(remarks).toEqual([])
  expect(counters).toEqual({
    machine: { serial: 'SIM0000042', model: 'PHONEVEND-30', asset: 'A00042' },
    currency: 'EUR',
    paid: { valueMinor: 64_050, number: 431 },
    test: { valueMinor: 300, number: 2 },
    free: { valueMinor: 0, number: 0 },
    cash: { valueMinor: 41_550, number: 281 },
    cashless1: { valueMinor: 22_500, number: 150 },
    cashInMinor: 45_600,
    cashOutMinor: 4050,
    tubesMinor: 1400,
    products: [
      { product: '11', priceMinor: 150, number: 251, valueMinor: 37_650 },
      { product: '12', priceMinor: 150, number: 180, valueMinor: 26_400 },
    ],
    events: [{ code: 'EGS', number: 14, active: false }],
  })
  expect(counters && inconsistencies(reading, counters)).toEqual([])
})

test('sums that do not agree are said with both figures', () => {
  const reading = readEvaDts(summed(workedText.replace('CA15*1400', 'CA15*1450').replace('*251*', '*250*')))
  const { counters } = pictureOf(reading)
  expect(counters && inconsistencies(reading, counters)).toEqual([
    'number of VA1 is that of all PA2: 431 and 430',
    'CA15 is what the tubes hold: 1450 and 1400',
  ])
})

const habits: readonly [habit: string, text: string, FindingName[]][] = [
  ['no check sum', workedText.replace(/G85.*\r\n/, '').replace('SE*25', 'SE*24'), ['crcMissing']],
  ['a swapped check sum', workedText.replace('E005', '05E0'), ['crcSwapped']],
  ['an empty check sum', workedText.replace('E005', ''), ['crcMissing']],
  ['a wrong line count', workedText.replace('SE*25', 'SE*26'), ['lineCount']],
  ['another control number', workedText.replace('SE*25*0001', 'SE*25*0002'), ['controlNumber']],
  ['an unknown element', summed(workedText.replace('EA7*', 'ZZ9*')), ['unknownElement']],
  ['small letters', summed(workedText.replace('CA2*', 'ca2*')), ['lowercase']],
  ['blanks', summed(workedText.replace('*281*', '* 281 *')), ['blanks']],
  ['LF only', workedText.replaceAll('\r\n', '\n'), ['lineEnd']],
  ['no last line end', workedText.slice(0, -2), ['lineEnd']],
  [
    'no envelope',
    workedText.split('\r\n').slice(1, -2).join('\r\n').concat('\r\n'),
    ['envelope', 'envelope'],
  ],
  ['too many fields', summed(workedText.replace('CA15*1400', 'CA15*1400*7')), ['tooManyFields']],
  ['a bad date', summed(workedText.replace('260729', '261329')), ['badField']],
  ['an empty line', workedText.replace('SE*25', '\r\nSE*26'), ['blanks']],
  ['a character out of ASCII', summed(workedText.replace('COLA', 'CAF\xc9')), ['character']],
]

test.each(habits)('%s is named strictly, and tolerated', (_, text, names) => {
  expect(namesIn(text)).toEqual(names)
  expect(countersIn(text)).toEqual(countersIn(workedText))
})

test('findings say line and element', () => {
  const text = workedText.replace('VA1*64050', 'VA1*6x050').replace('SE*25', 'SE*3')
  expect(readEvaDts(text).findings.map(findingText)).toEqual([
    'line 6, VA101: "6x050" is no value init',
    expect.stringMatching(/^line 25, G85: says E005, the lines give [0-9A-F]{4}$/),
    'line 26, SE01: says 3, there are 25',
  ])
})

test('numbers under a wrong check sum are not used; nor is a file without paid vends', () => {
  const damaged = pictureOf(readEvaDts(workedText.replace('VA1*64050', 'VA1*64051')))
  expect(damaged.counters).toBeUndefined()
  expect(damaged.remarks[0]).toMatch(/^line 25, G85: says E005/)
  const without = pictureOf(readEvaDts(summed(workedText.replace('VA1*', 'VA9*'))))
  expect([without.counters, without.remarks[0]]).toEqual([undefined, 'no count of paid vends (VA1)'])
})

test('other decimals and other currencies come to minor units', () => {
  const paid = (id4: string) => countersIn(summed(workedText.replace('ID4*2*1978*EUR', id4)))?.paid.valueMinor
  expect(paid('ID4*2*0978*EUR')).toBe(64_050)
  expect(paid('ID4*1*1978*EUR')).toBe(640_500)
  expect(paid('ID4*3*1978*EUR')).toBe(6405)
  expect(paid('ID4*0*1800*UGX')).toBe(64_050)
  expect(paid('ID4*2*1800*UGX')).toBe(640)
  expect(paid('ID4')).toBe(64_050)
})

test('fields dropped at the end, and products by what was paid with', () => {
  const text = writeEvaDts('SIM0000001', [
    ['ID1', 'A'],
    ['VA1', 600, 4],
    ['PA1', '5', 150],
    ['PA7', '5', 'CA', 0, 150, 1, 150],
    ['PA7', '5', 'CA', 1, 140, 1, 140],
    ['PA7', '5', 'DB', 0, 150, 2, 300],
  ])
  expect(countersIn(text)).toMatchObject({
    machine: { serial: 'A', model: '', asset: '' },
    currency: '',
    products: [
      {
        product: '5',
        by: { cash: { number: 2, valueMinor: 290 }, cashless2: { number: 2, valueMinor: 300 } },
      },
    ],
  })
})

test('names that would work a terminal are made harmless', () => {
  const text = writeEvaDts('SIM0000001', [
    ['ID1', '\x1b[2J'],
    ['VA1', 1, 1],
  ])
  expect(readEvaDts(text).segments[2]?.fields[0]).toBe('\x1b[2J')
  expect(countersIn(text)?.machine.serial).toBe('?[2J')
})

test('what is escaped comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '*', '^', '\r', '\n', '\xff', '2A') }), (name) => {
      const text = writeEvaDts('SIM0000001', [['PA1', '1', 100, `x${name}y`]])
      const { segments, findings } = readEvaDts(text)
      expect(findings).toEqual([])
      expect(segments[2]?.fields[2]).toBe(`x${name}y`)
    }),
    { numRuns: 100 },
  )
})

test('any text gives segments and findings, and counters of our form or none', () => {
  const line = fc.tuple(
    fc.constantFrom('ST', 'VA1', 'CA2', 'PA1', 'PA2', 'PA7', 'EA2', 'ID4', 'SE', 'G85', 'x', '^'),
    fc.array(fc.oneof(fc.string({ maxLength: 4 }), fc.nat().map(String), fc.constantFrom('*', '^2A^'))),
  )
  const file = fc.array(line.map(([element, fields]) => `${[element, ...fields].join('*')}\r\n`))
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    file.map((lines) => lines.join('')),
  )
  fc.assert(
    fc.property(any, (text) => {
      const { counters, remarks } = pictureOf(readEvaDts(text))
      if (counters) expect(countersSchema.safeParse(counters).success).toBe(true)
      expect(remarks.length).toBeLessThanOrEqual(8)
    }),
    { numRuns: 300 },
  )
})

test('no single flipped bit of the body passes for the file', () => {
  const from = workedText.indexOf('ST*')
  const to = workedText.indexOf('G85*')
  for (let at = from; at < to; at++) {
    const flipped = String.fromCharCode(workedText.charCodeAt(at) ^ (1 << (at % 8)))
    const text = workedText.slice(0, at) + flipped + workedText.slice(at + 1)
    // A line end is no number: whoever makes line ends over may have touched it.
    expect([undefined, countersIn(workedText)]).toContainEqual(countersIn(text))
  }
})
