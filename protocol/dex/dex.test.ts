// DEX between two ends: byte for byte where all goes well, to the file or to a reason where it does not.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { workedText } from '../eva-dts/worked-sample.ts'
import { type LineFault, lineText, playReading } from './dex-line.ts'
import { blocksOf, type Frame, frameBytes, header, largestBlockBytes, outside, readByte } from './frames.ts'
import type { DexSettings } from './state.ts'

const carrier: DexSettings = { role: 'carrier', id: 'DCA0000001', revision: 'R00L06' }
const device: DexSettings = {
  role: 'device',
  id: 'SIM0000042',
  revision: 'R00L06',
  file: () => workedText,
}
const done = { type: 'done', text: workedText, peer: { id: 'SIM0000042', revision: 'R00L06' } }

const firstHandshake = header('DCA0000001RR00L06')
const secondHandshake = header('00SIM0000042R00L06')

test('both handshakes, byte for byte', () => {
  expect(lineText(frameBytes(firstHandshake))).toBe('<DLE><SOH>DCA0000001RR00L06<DLE><ETX>[31][B1]')
  expect(lineText(frameBytes(secondHandshake))).toBe('<DLE><SOH>00SIM0000042R00L06<DLE><ETX>[AB][05]')
})

test('a reading, from the first call to the last end', () => {
  const { carrier: result, device: given, said, tookMs } = playReading(carrier, device)
  expect(result).toEqual(done)
  expect(given).toEqual({ type: 'done', text: '', peer: { id: 'DCA0000001', revision: 'R00L06' } })
  const blocks = blocksOf(workedText).map((block) => `< ${lineText(frameBytes(block))}`)
  expect(blocks).toHaveLength(3)
  expect(said).toEqual([
    '> <ENQ>',
    '< <DLE>0',
    `> ${lineText(frameBytes(firstHandshake))}`,
    '< <DLE>1',
    '> <EOT>',
    '< <ENQ>',
    '> <DLE>0',
    `< ${lineText(frameBytes(secondHandshake))}`,
    '> <DLE>1',
    '< <EOT>',
    '< <ENQ>',
    '> <DLE>0',
    blocks[0],
    '> <DLE>1',
    blocks[1],
    '> <DLE>0',
    blocks[2],
    '> <DLE>1',
    '< <EOT>',
  ])
  expect(tookMs).toBeLessThan(2000)
})

test('blocks are at most 245 bytes, counted from their text to their end', () => {
  for (const [at, block] of blocksOf('x'.repeat(1000)).entries()) {
    expect(frameBytes(block).length - 4).toBeLessThanOrEqual(largestBlockBytes)
    expect([block.last, block.text.length === 243]).toEqual(at === 4 ? [true, false] : [false, true])
  }
})

test('a device that insists on leading is let lead, and a call of both at once ends the same way', () => {
  const { carrier: result, said } = playReading(carrier, { ...device, insists: true })
  expect(result).toMatchObject({ type: 'done', text: workedText })
  expect(said.slice(0, 10)).toEqual([
    '> <ENQ>',
    '< <ENQ>',
    '> <DLE>0',
    expect.stringMatching(/^< <DLE><SOH>SIM0000042SR00L06/),
    '> <DLE>1',
    '< <EOT>',
    '> <ENQ>',
    '< <DLE>0',
    expect.stringMatching(/^> <DLE><SOH>00DCA0000001R00L06/),
    '< <DLE>1',
  ])
})

test('old revisions and busy devices', () => {
  const old = playReading(carrier, { ...device, revision: 'R01L01' })
  expect(old.carrier).toMatchObject({ type: 'done', peer: { revision: 'R01L01' } })
  const busy = playReading(carrier, { ...device, busy: 4 })
  expect(busy.carrier).toEqual(done)
  expect(busy.said.filter((line) => line === '< <DLE>;')).toHaveLength(4)
})

/** Does this to the nth message of an end that it fits, and nothing to all others. */
const once = (
  which: RegExp,
  nth: number,
  act: (bytes: readonly number[]) => readonly number[],
): LineFault => {
  let seen = 0
  return (bytes, from) => {
    const fits = which.test(`${from === 'carrier' ? '>' : '<'} ${lineText(bytes)}`)
    if (fits) seen++
    return fits && seen === nth ? act(bytes) : bytes
  }
}
const flipped = (bytes: readonly number[]) => bytes.map((byte, at) => (at === 9 ? byte ^ 4 : byte))
const lost = () => []

const mended: readonly [what: string, LineFault][] = [
  ['a flipped bit in a block', once(/^< <DLE><STX>/, 2, flipped)],
  ['a flipped bit in a handshake', once(/^> <DLE><SOH>/, 1, flipped)],
  ['a block cut short', once(/^< <DLE><STX>/, 1, (bytes) => bytes.slice(0, 60))],
  ['a lost block', once(/^< <DLE><STX>/, 3, lost)],
  ['a lost acknowledgement', once(/^> <DLE>1/, 2, lost)],
  ['the acknowledgement of the last block lost', once(/^> <DLE>1/, 3, lost)],
  ['a lost call', once(/^> <ENQ>/, 1, lost)],
  ['an answer lost', once(/^< <DLE>0/, 1, lost)],
  ['the end of a session lost', once(/^> <EOT>/, 1, lost)],
  ['filled with DLE SYN', once(/^< <DLE><STX>/, 1, (b) => [...b.slice(0, 9), 16, 22, 16, 22, ...b.slice(9)])],
  ['noise before a call', once(/^< <ENQ>/, 1, (bytes) => [0xa7, 0xf3, 0x10, ...bytes])],
  ['a block that is sent twice', once(/^< <DLE><STX>/, 2, (bytes) => [...bytes, ...bytes])],
]

test.each(mended)('%s costs time and nothing else', (_, fault) => {
  expect(playReading(carrier, device, fault).carrier).toEqual(done)
})

const refused: readonly [what: string, device: DexSettings, LineFault, why: RegExp][] = [
  ['nobody there', device, (_, from) => (from === 'device' ? [] : [..._]), /does not answer/],
  [
    'no second handshake',
    device,
    (bytes, from) => (from === 'device' && bytes[0] === 5 ? [] : bytes),
    /does not call back/,
  ],
  [
    'every block damaged',
    device,
    (bytes, from) => (from === 'device' && bytes[1] === 2 ? flipped(bytes) : bytes),
    /went silent in a session|ended a session in its middle/,
  ],
  ['always busy', { ...device, busy: 1000 }, (bytes) => bytes, /not done within 60 s/],
]

test.each(refused)('%s ends with a reason within the minute', (_, machine, fault, why) => {
  const { carrier: result, tookMs } = playReading(carrier, machine, fault)
  expect(result).toMatchObject({ type: 'failed', why: expect.stringMatching(why) })
  expect(tookMs).toBeLessThanOrEqual(60_001)
})

test('an answer other than 00 is said in words and not tried again', () => {
  const refusing: LineFault = (bytes, from) =>
    from === 'device' && bytes[1] === 1 ? frameBytes(header('04SIM0000042R00L06')) : bytes
  const { carrier: result, said } = playReading(carrier, device, refusing)
  expect(result).toEqual({ type: 'failed', why: 'the machine has no data (04)' })
  expect(said.filter((line) => line === '> <ENQ>')).toHaveLength(1)
})

test('any bytes at all: frames read as they were written or not at all', () => {
  const text = fc.string({ unit: fc.constantFrom('A', '*', '1', '\r', '\n', '\x05', '\x16'), maxLength: 300 })
  fc.assert(
    fc.property(text, fc.boolean(), fc.nat(), fc.nat(7), (written, last, place, bit) => {
      const bytes = frameBytes({ kind: 'block', text: written, last })
      expect(framesIn(bytes)).toEqual([{ kind: 'block', text: written, last }])
      const at = place % bytes.length
      const damaged = bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
      // The kind stands before the sum: a header that was a block is refused by what it says.
      expect(framesIn(damaged).filter(({ kind }) => kind === 'block')).toEqual([])
    }),
    { numRuns: 200 },
  )
})

function framesIn(bytes: readonly number[]): Frame[] {
  let partial = outside
  return bytes.flatMap((byte) => {
    const read = readByte(partial, byte)
    partial = read.partial
    return read.signal?.type === 'frame' ? [read.signal.frame] : []
  })
}

test('on a line that does anything, a file that comes is the file', () => {
  const seeded = fc.array(fc.tuple(fc.nat(40), fc.nat(60), fc.nat(7), fc.constantFrom('flip', 'cut', 'lose')))
  fc.assert(
    fc.property(seeded, fc.boolean(), (faults, insists) => {
      let message = 0
      const fault: LineFault = (bytes) => {
        const mine = faults.filter(([at]) => at === message)
        message++
        return mine.reduce<readonly number[]>((now, [, place, bit, what]) => {
          if (what === 'lose') return []
          if (what === 'cut') return now.slice(0, place)
          return now.map((byte, at) => (at === place % Math.max(1, now.length) ? byte ^ (1 << bit) : byte))
        }, bytes)
      }
      const { carrier: result, tookMs } = playReading(carrier, { ...device, insists }, fault)
      if (result.type === 'done') expect(result.text).toBe(workedText)
      expect(tookMs).toBeLessThanOrEqual(60_001)
    }),
    { numRuns: 150 },
  )
})
