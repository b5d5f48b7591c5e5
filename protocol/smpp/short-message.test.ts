// Letters to octets and back in every alphabet and every way of cutting a long text; and that no octets make
// the reader throw.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { septetsOf, textOfGsm7 } from '../gsm7.ts'
import { noTlvs, tag } from './commands.ts'
import { type DefaultAlphabet, type LongTexts, readWords, writeScreen, writeWords } from './short-message.ts'

const usual = { alphabet: 'gsm7', long: 'udh' } as const

describe('one text', () => {
  test.each([
    ['PAY 4021', 0, '5041592034303231'],
    ['é€[', 0, '051b651b3c'],
    ['ç', 8, '00e7'],
    ['€ç', 8, '20ac00e7'],
    ['😀', 8, 'd83dde00'],
  ])('%s has data_coding %i', (text, dataCoding, hex) => {
    const [words, ...more] = writeWords(text, 1, usual)
    expect(more).toEqual([])
    expect(words).toMatchObject({ esmClass: 0, dataCoding })
    expect(Buffer.from(words?.shortMessage ?? []).toString('hex')).toBe(hex)
  })

  test.each([
    [0x00, '051b65', 'é€'],
    [0x0f, '051b65', 'é€'],
    [0x01, '4f4be9', 'OK?'],
    [0x03, 'e9', 'é'],
    [0x08, '00e920ac', 'é€'],
    [0x08, '00e92', 'é'],
    [0x10, '4142', 'AB'],
    [0x18, '00410042', 'AB'],
    [0xf1, '4142', 'AB'],
  ])('data_coding %i of %s is %s', (dataCoding, hex, text) => {
    expect(readWords({ dataCoding, shortMessage: Buffer.from(hex, 'hex') }, noTlvs, 'gsm7')).toEqual({ text })
  })

  test.each([0x02, 0x04, 0x14, 0xf4, 0x09, 0x20])('data_coding %i is no text', (dataCoding) => {
    expect(readWords({ dataCoding, shortMessage: Buffer.from('4021') }, noTlvs, 'gsm7')).toBeUndefined()
  })

  test("a centre's own alphabet may be Latin-1", () => {
    const [words] = writeWords('é€', 1, { ...usual, alphabet: 'latin1' })
    expect(words?.dataCoding).toBe(8)
    const plain = writeWords('ça', 1, { ...usual, alphabet: 'latin1' })[0]
    expect(plain).toMatchObject({ dataCoding: 0, shortMessage: Buffer.from([0xe7, 0x61]) })
    expect(readWords({ shortMessage: Buffer.from([0xe7, 0x61]) }, noTlvs, 'latin1')).toEqual({ text: 'ça' })
  })
})

describe('a long text', () => {
  const ways = (['udh', 'sar', 'payload'] as const).flatMap((long) =>
    (['gsm7', 'latin1'] as const).map((alphabet) => [long, alphabet] as const),
  )

  test.each(ways)('cut by %s, in %s, is put together again', (long: LongTexts, alphabet: DefaultAlphabet) => {
    const letter = fc.constantFrom(...'abc 123é€[ç😀\n')
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 600 }), fc.nat(255), (letters, reference) => {
        const text = letters.join('')
        const read = writeWords(text, reference, { alphabet, long }).map((words) => {
          expect(words.shortMessage.length).toBeLessThanOrEqual(160)
          return readWords(words, words.tlvs, alphabet)
        })
        expect(read.map((each) => each?.text).join('')).toBe(text)
        const parts = read.map((each) => each?.part)
        if (read.length > 1) {
          const numbered = parts.map((_, index) => ({ reference, total: parts.length, number: index + 1 }))
          expect(parts).toEqual(numbered)
        } else expect(parts).toEqual([undefined])
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['a'.repeat(160), [160]],
    ['a'.repeat(161), [153, 8]],
    // The escape and its letter stay together: one septet of the first part is left free.
    [`${'a'.repeat(152)}€${'a'.repeat(10)}`, [152, 12]],
    ['ç'.repeat(70), [140]],
    ['ç'.repeat(71), [134, 8]],
    // So do the halves of a surrogate pair.
    [`${'ç'.repeat(66)}😀${'ç'.repeat(5)}`, [132, 14]],
  ])('is cut between letters', (text, lengths) => {
    const cut = writeWords(text, 7, usual)
    const header = cut.length > 1 ? 6 : 0
    expect(cut.map(({ shortMessage }) => shortMessage.length - header)).toEqual(lengths)
  })

  test('one letter outside GSM-7 puts all parts into UCS-2', () => {
    const cut = writeWords(`${'a'.repeat(200)}ç`, 7, usual)
    expect(cut.map(({ dataCoding }) => dataCoding)).toEqual([8, 8, 8])
  })

  test('references of two octets are read', () => {
    const octets = Buffer.from('060804123402014142', 'hex')
    const header = readWords({ esmClass: 0x40, shortMessage: octets }, noTlvs, 'gsm7')
    expect(header).toEqual({ text: 'AB', part: { reference: 0x1234, total: 2, number: 1 } })
    const tlvs = new Map([
      [tag.sarReference, Uint8Array.of(0x12, 0x34)],
      [tag.sarTotal, Uint8Array.of(2)],
      [tag.sarNumber, Uint8Array.of(1)],
    ])
    expect(readWords({ shortMessage: Buffer.from('AB') }, tlvs, 'gsm7')).toEqual(header)
  })

  test('other elements of a header are passed over; part 3 of 2, and 1 of 1, are whole texts', () => {
    const read = (hex: string) =>
      readWords({ esmClass: 0x40, shortMessage: Buffer.from(hex, 'hex') }, noTlvs, 'gsm7')
    expect(read('0824010100030701014142')).toEqual({ text: 'AB' })
    expect(read('0500030702034142')).toEqual({ text: 'AB' })
  })

  test('a header that leads beyond the message makes it unreadable', () => {
    for (const hex of ['', '05', '050003', '0a000307020141', '02000541']) {
      const read = readWords({ esmClass: 0x40, shortMessage: Buffer.from(hex, 'hex') }, noTlvs, 'gsm7')
      expect(read).toBeUndefined()
    }
  })
})

test('any octets, any coding, any class', () => {
  const octets = fc.uint8Array({ maxLength: 254 })
  const octet = fc.nat(255)
  fc.assert(
    fc.property(octets, octet, octet, octets, (shortMessage, dataCoding, esmClass, payload) => {
      const tlvs = new Map([
        [tag.messagePayload, payload],
        [tag.sarReference, payload.subarray(0, 2)],
        [tag.sarTotal, payload.subarray(0, 1)],
      ])
      const read = readWords({ shortMessage, dataCoding, esmClass }, tlvs, 'gsm7')
      expect(read?.text.length ?? 0).toBeLessThanOrEqual(254)
    }),
    { numRuns: 500 },
  )
})

test('GSM-7 reads what it cannot as near as it can', () => {
  expect(textOfGsm7(Uint8Array.of(0x1b, 0x41, 0x1b, 0x1b, 0x65, 0xc1, 0x1b))).toBe('A€A')
  expect(septetsOf('\u001b')).toBeUndefined()
})

test('a screen is one message of at most 254 octets', () => {
  expect(writeScreen('1 Payer 1,50 €', 'gsm7')).toMatchObject({ dataCoding: 0 })
  expect(writeScreen('ç'.repeat(200), 'gsm7').octets.length).toBe(254)
  expect(writeScreen('', 'gsm7').octets.length).toBe(0)
})
