// The codec against bytes worked out from the standard, and against chance: whatever is on the bus reads as
// what it says or as a typed error.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerControl, type BusByte, busBytesOf, busText, checksum, controlOf, marked } from './bus.ts'
import { PairSplitter, pairsText } from './bus-pairs.ts'
import { cashless } from './cashless.ts'
import { blockLength, readAnswer, readCommand, writeAnswer, writeCommand } from './codec.ts'
import { coinChanger } from './coin-changer.ts'
import type { Dialect, Field } from './fields.ts'
import { cashlessAnswers, cashlessCommands, changerExchanges } from './worked-bytes.ts'

const plain: Dialect = { level: 1, expanded: false, displayBytes: 0 }
const bytesOf = (text: string) => busBytesOf(text) ?? []
/** The same command to the second cashless device. */
const at60 = (text: string, sum: string) => text.replace(/^1/, '6').replace(/\w\w$/, sum)

test("the document's own checksum", () => {
  expect(checksum([0x02, 0, 1, 5, 2, 0, 7, 1, 2, 5, 0x14, 0xff])).toBe(0x2c)
})

test.each(cashlessCommands)('cashless command %s', (text, sum, command, dialect) => {
  const block = bytesOf(text)
  expect(busText(writeCommand(cashless, 0x10, command, dialect))).toBe(text)
  expect(readCommand(cashless, block, dialect)).toEqual({ ok: true, value: { address: 0x10, command } })
  const other = at60(text, sum)
  expect(busText(writeCommand(cashless, 0x60, command, dialect))).toBe(other)
  expect(readCommand(cashless, bytesOf(other), dialect)).toEqual({
    ok: true,
    value: { address: 0x60, command },
  })
})

test.each(cashlessCommands)('the length of %s is told from its beginning', (text, _, __, dialect) => {
  const block = bytesOf(text)
  expect(blockLength(cashless, block.slice(0, 2), dialect)).toBe(block.length)
})

test.each(cashlessAnswers)('cashless answer %s', (text, messages, dialect) => {
  expect(busText(writeAnswer(cashless, messages, dialect))).toBe(text)
  expect(readAnswer(cashless, 'poll', bytesOf(text), dialect)).toEqual({ ok: true, value: messages })
})

test.each(changerExchanges)('changer %s', (text, command, answered, messages) => {
  expect(busText(writeCommand(coinChanger, 0x08, command, plain))).toBe(text)
  expect(readCommand(coinChanger, bytesOf(text), plain)).toEqual({ ok: true, value: { address: 8, command } })
  const answer = bytesOf(answered.trim())
  expect(readAnswer(coinChanger, command.name, answer, plain)).toEqual({ ok: true, value: messages })
  if (messages !== 'ack') expect(writeAnswer(coinChanger, messages, plain)).toEqual(answer)
})

test('changers that leave out what is zero, or have tokens', () => {
  const read = (to: 'setup' | 'tubeStatus' | 'poll', data: number[]) =>
    readAnswer(coinChanger, to, [...data, checksum(data) | marked], plain)
  const setup = read('setup', [2, 0x19, 0x78, 5, 2, 0, 0x0f, 1, 2, 4, 0xff])
  expect(setup).toMatchObject({ ok: true, value: [{ level: 2, credits: [1, 2, 4, 0xff] }] })
  expect(read('tubeStatus', [0, 1, 0, 7, 9])).toMatchObject({
    ok: true,
    value: [{ full: 1, counts: [0, 7, 9] }],
  })
})

test('a poll answer of several items is read to its end, each by its highest bit', () => {
  const read = (data: number[]) => readAnswer(coinChanger, 'poll', [...data, checksum(data) | marked], plain)
  // Two-byte items take their second byte with them, whatever that would be as an item.
  expect(read([0x53, 0x91, 0x80, 0x22, 0x01])).toMatchObject({
    ok: true,
    value: [
      { name: 'deposited', inTube: 0x91 },
      { name: 'dispensedByHand', inTube: 0x22 },
      { name: 'status', status: 1 },
    ],
  })
  const kinds = [0x00, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff].map((first) => {
    const answer = read(first >= 0x40 ? [first, 0] : [first])
    return answer.ok && typeof answer.value !== 'string' && answer.value[0]?.name
  })
  const names = ['status', 'slugs', 'deposited', 'dispensedByHand']
  expect(kinds).toEqual(names.flatMap((name) => [name, name]))
})

test('a level 3 machine that sends its prices in the narrow form again is read', () => {
  const wide: Dialect = { level: 3, expanded: true, displayBytes: 0 }
  expect(readCommand(cashless, bytesOf('11* 01 00 FA 00 32 3E'), wide)).toMatchObject({
    ok: true,
    value: { command: { max: 250, min: 50 } },
  })
  expect(blockLength(cashless, bytesOf('11* 01'), wide)).toBe(13)
})

test('control bytes survive one wrong bit, and more than one is nothing', () => {
  for (const [byte, name] of [
    [0x00, 'ack'],
    [0xff, 'nak'],
    [0xaa, 'ret'],
  ] as const) {
    for (let bit = 0; bit < 8; bit++) expect(controlOf(byte ^ (1 << bit))).toBe(name)
  }
  expect(controlOf(0x03)).toBeUndefined()
  expect(readAnswer(cashless, 'poll', answerControl('nak'), plain)).toEqual({ ok: true, value: 'nak' })
  expect(readAnswer(cashless, 'poll', bytesOf('AA*'), plain)).toEqual({ ok: false, error: 'unknown' })
})

test.each<[string, string]>([
  ['', 'empty'],
  ['12 12', 'mode'],
  ['12* 12*', 'mode'],
  ['12* 13', 'checksum'],
  ['12*', 'checksum'],
  ['30* 30', 'address'],
  ['16* 16', 'unknown'],
  ['13* 09 1C', 'unknown'],
  ['13* 00 00 96 A9', 'layout'],
  [`13* ${'00 '.repeat(36)}13`, 'tooLong'],
])('not a command: "%s" is %s', (text, error) => {
  const block = text === '' ? [] : bytesOf(text)
  expect(readCommand(cashless, block, plain)).toEqual({ ok: false, error })
})

const dialects = fc.record({
  level: fc.constantFrom(1 as const, 2 as const, 3 as const),
  expanded: fc.boolean(),
  displayBytes: fc.constantFrom(0, 16, 32),
})
const busBytes = fc.array(fc.integer({ min: 0, max: 0x1ff }), { maxLength: 40 })
const data = fc.array(fc.integer({ min: 0, max: 0xff }), { maxLength: 38 })

/** What was read is written again as the same bytes: so nothing else can have been meant. */
function faithful(block: readonly BusByte[], dialect: Dialect): void {
  for (const section of [cashless, coinChanger]) {
    const read = readCommand(section, block, dialect)
    if (!read.ok) continue
    const { address, command } = read.value
    const narrow = String(command.name) === 'setupPrices' && block.length === 7
    const as = narrow ? { ...dialect, expanded: false } : dialect
    expect(writeCommand(section, address, command, as)).toEqual(block)
  }
  const answers = Object.keys(coinChanger.commands) as (keyof typeof coinChanger.commands)[]
  const reads = [
    { section: cashless, read: readAnswer(cashless, 'poll', block, dialect) },
    ...answers.map((to) => ({ section: coinChanger, read: readAnswer(coinChanger, to, block, dialect) })),
  ]
  for (const { section, read } of reads) {
    if (!read.ok || typeof read.value === 'string') continue
    expect(writeAnswer(section, read.value as never, dialect)).toEqual(block)
  }
}

test('any bus bytes give a message or an error, and what is read is what was there', () => {
  fc.assert(fc.property(busBytes, dialects, (block, dialect) => faithful(block, dialect)))
  const sealed = (bytes: number[], answer: boolean) => {
    const [first = 0, ...rest] = bytes
    const sum = checksum(bytes)
    return answer ? [...bytes, sum | marked] : [first | marked, ...rest, sum]
  }
  fc.assert(
    fc.property(data, fc.boolean(), dialects, (bytes, answer, dialect) =>
      faithful(sealed(bytes, answer), dialect),
    ),
    { numRuns: 2000 },
  )
})

const rows = [cashless, coinChanger].flatMap((section) =>
  Object.entries(section.commands).map(([name, row]) => [name, section, row] as const),
)

test.each(rows)('%s reads and writes in every dialect', (name, section, row) => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 33, maxLength: 33 })
  fc.assert(
    fc.property(dialects, digits, (dialect, filling) => {
      const sizes = Object.values<Field<unknown>>(row.fields).map((field) => field.size(dialect) ?? 4)
      const body = filling.slice(
        0,
        sizes.reduce((sum, size) => sum + size, 0),
      )
      const bytes = [(section.addresses[0] ?? 0) | row.code[0], ...row.code.slice(1), ...body]
      const block = [(bytes[0] ?? 0) | marked, ...bytes.slice(1), checksum(bytes)]
      expect(readCommand(section, block, dialect)).toMatchObject({ ok: true, value: { command: { name } } })
      faithful(block, dialect)
    }),
    { numRuns: 20 },
  )
})

test('one wrong bit anywhere, the mode bit included, is never read as another block', () => {
  const blocks: [BusByte[], Dialect][] = [
    ...cashlessCommands.map(([text, , , dialect]) => [bytesOf(text), dialect] as [BusByte[], Dialect]),
    ...cashlessAnswers.map(([text, , dialect]) => [bytesOf(text), dialect] as [BusByte[], Dialect]),
    ...changerExchanges.map(([text]) => [bytesOf(text), plain] as [BusByte[], Dialect]),
  ]
  for (const [block, dialect] of blocks) {
    for (let at = 0; at < block.length; at++) {
      for (let bit = 0; bit < 9; bit++) {
        const flipped = block.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
        for (const section of [cashless, coinChanger])
          expect(readCommand(section, flipped, dialect).ok).toBe(false)
        expect(readAnswer(cashless, 'poll', flipped, dialect).ok).toBe(false)
      }
    }
  }
})

test('several wrong bits are read only where the checksum really matches', () => {
  const flips = fc.array(fc.tuple(fc.nat(40), fc.nat(8)), { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(fc.constantFrom(...cashlessCommands), flips, ([text, , , dialect], wrong) => {
      const block = bytesOf(text)
      for (const [at, bit] of wrong) block[at % block.length] = (block[at % block.length] ?? 0) ^ (1 << bit)
      if (readCommand(cashless, block, dialect).ok) {
        expect(checksum(block.slice(0, -1))).toBe((block.at(-1) ?? 0) & 0xff)
      }
      faithful(block, dialect)
    }),
    { numRuns: 2000 },
  )
})

test('values that do not fit are a mistake of ours', () => {
  const write = (price: number) => () =>
    writeCommand(cashless, 0x10, { name: 'vendRequest', price, item: 1 }, plain)
  expect(write(0x10000)).toThrow(RangeError)
  expect(write(-1)).toThrow(RangeError)
  expect(write(1.5)).toThrow(RangeError)
  const approved = () => writeAnswer(cashless, [{ name: 'vendApproved', amount: 0xffff }], plain)
  expect(approved).toThrow('token')
})

test('pairs on a serial line read back, and find their step again after noise', () => {
  fc.assert(
    fc.property(busBytes, fc.array(fc.integer({ min: 1, max: 7 })), (bytes, cuts) => {
      const splitter = new PairSplitter()
      const text = Buffer.from(pairsText(bytes), 'latin1')
      const read: BusByte[] = []
      let at = 0
      for (const cut of [...cuts, text.length]) {
        read.push(...splitter.push(text.subarray(at, at + cut)).bytes)
        at += cut
      }
      expect(read).toEqual(bytes)
    }),
  )
  const splitter = new PairSplitter()
  expect(splitter.push(Buffer.from([0x41, 0xff, 1, 0x62, 0, 0x62]))).toEqual({
    bytes: [0x162, 0x62],
    strays: 2,
  })
})
