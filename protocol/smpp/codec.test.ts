// PDUs byte by byte, as the specification shows them; and that no bytes at all make the reader throw, read
// beyond a PDU, or give something that does not write back to what was read.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAnswer, readPdu, writePdu } from './codec.ts'
import {
  type CommandName,
  commands,
  type Field,
  noTlvs,
  type Pdu,
  shortMessageBody,
  status,
  tag,
} from './commands.ts'
import { longestPdu, PduSplitter } from './pdu-splitter.ts'

const bytesOf = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex')

test('the bind of the specification (clause 3.2.2)', () => {
  const bytes = bytesOf(`0000002F 00000002 00000000 00000001
    534D50503354455354 00 7365637265743038 00 5355424D495431 00 00 01 01 00`)
  const read = readPdu(bytes)
  expect(read).toEqual({
    ok: true,
    pdu: {
      command: 'bindTransmitter',
      status: 0,
      sequence: 1,
      body: {
        systemId: 'SMPP3TEST',
        password: 'secret08',
        systemType: 'SUBMIT1',
        interfaceVersion: 0,
        addressTon: 1,
        addressNpi: 1,
        addressRange: '',
      },
      tlvs: noTlvs,
    },
  })
  if (read.ok) expect(writePdu(read.pdu)).toEqual(bytes)
})

test('a deliver_sm with a parameter', () => {
  const bytes = bytesOf(`0000003E 00000005 00000000 00000007
    00 01 01 333336313233343536 3738 00 03 00 3336303030 00 00 00 00 00 00 00 00 00 00
    04 34303231 0501 0001 12 1383 0002 0701`)
  const read = readPdu(bytes)
  expect(read.ok && read.pdu).toMatchObject({
    command: 'deliverSm',
    body: { source: '33612345678', destination: '36000', shortMessage: Uint8Array.from(Buffer.from('4021')) },
    tlvs: new Map([
      [tag.ussdServiceOp, Uint8Array.of(0x12)],
      [tag.itsSessionInfo, Uint8Array.of(7, 1)],
    ]),
  })
})

test('an answer that says no is written, and read, without its body', () => {
  const body = { messageId: 'never seen' }
  const bytes = writePdu({
    command: 'submitSmResp',
    status: status.throttled,
    sequence: 9,
    body,
    tlvs: noTlvs,
  })
  expect(bytes).toEqual(bytesOf('00000010 80000004 00000058 00000009'))
  expect(readPdu(bytes)).toMatchObject({ ok: true, pdu: { status: 0x58, body: { messageId: '' } } })
})

describe('what is no PDU', () => {
  const whole = writePdu({
    command: 'deliverSm',
    status: 0,
    sequence: 5,
    body: shortMessageBody({
      source: '33612345678',
      destination: '36000',
      shortMessage: Buffer.from('4021'),
    }),
    tlvs: new Map([[tag.ussdServiceOp, Uint8Array.of(1)]]),
  })

  test.each(Array.from({ length: whole.length }, (_, length) => length))('cut after %i bytes', (length) => {
    const read = readPdu(whole.subarray(0, length))
    // Cut where the parameter begins it is a whole PDU without one; anywhere else it is none.
    expect(read.ok).toBe(length === whole.length - 5)
    if (!read.ok && length >= 16) expect(read).toEqual({ ok: false, error: 'layout', id: 5, sequence: 5 })
  })

  test('a message and a parameter longer than the PDU', () => {
    const longMessage = Buffer.from(whole)
    longMessage[whole.length - 10] = 200
    const longParameter = Buffer.from(whole)
    longParameter[whole.length - 2] = 9
    for (const bytes of [longMessage, longParameter])
      expect(readPdu(bytes)).toMatchObject({ error: 'layout' })
  })

  test('a command that nobody knows keeps its number', () => {
    expect(readPdu(bytesOf('00000010 00000777 00000000 0000002A'))).toEqual({
      ok: false,
      error: 'unknown',
      id: 0x777,
      sequence: 42,
    })
  })
})

test.each([
  { destination: '3361234567833612345678' },
  { source: 'a\0b' },
  { dataCoding: 256 },
  { shortMessage: new Uint8Array(255) },
])('a value that does not fit is a mistake of ours: %j', (wrong) => {
  const body = shortMessageBody(wrong)
  expect(() => writePdu({ command: 'submitSm', status: 0, sequence: 1, body, tlvs: noTlvs })).toThrow(
    RangeError,
  )
})

const word = (longest: number) =>
  fc
    .array(fc.integer({ min: 1, max: 255 }), { maxLength: longest - 1 })
    .map((codes) => String.fromCharCode(...codes))

function arbitraryOf(field: Field): fc.Arbitrary<number | string | Uint8Array> {
  if (field.kind === 'octet') return fc.integer({ min: 0, max: 255 })
  return field.kind === 'text' ? word(field.longest) : fc.uint8Array({ maxLength: 254 })
}

const arbitraryPdu: fc.Arbitrary<Pdu> = fc
  .constantFrom(...(Object.keys(commands) as CommandName[]))
  .chain((command) =>
    fc.record({
      command: fc.constant(command),
      status: isAnswer(commands[command].id) ? fc.constantFrom(0, 0x58, 0x14) : fc.constant(0),
      sequence: fc.integer({ min: 1, max: 0x7fff_ffff }),
      body: fc.record(
        Object.fromEntries(
          Object.entries(commands[command].fields).map(([name, field]) => [name, arbitraryOf(field)]),
        ),
      ),
      tlvs: fc
        .array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 40 })), {
          maxLength: 3,
        })
        .map((pairs) => new Map(pairs)),
    }),
  )
  .map((pdu) => pdu as unknown as Pdu)

test('what is written is read again', () => {
  fc.assert(
    fc.property(arbitraryPdu, (pdu) => {
      const read = readPdu(writePdu(pdu))
      expect(read.ok).toBe(true)
      if (read.ok && pdu.status === 0) expect(writePdu(read.pdu)).toEqual(writePdu(pdu))
    }),
    { numRuns: 300 },
  )
})

/** Reads without a throw, and what it takes for a PDU can be written. */
function readsSoundly(bytes: Uint8Array): void {
  const read = readPdu(bytes)
  if (!read.ok) {
    expect(['tooShort', 'unknown', 'layout']).toContain(read.error)
    return
  }
  const { tlvs, body } = read.pdu
  const values: readonly (number | string | Uint8Array)[] = [...tlvs.values(), ...Object.values(body)]
  const held = values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? 1 : value.length), 0)
  expect(held).toBeLessThanOrEqual(bytes.length)
}

test('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), readsSoundly), { numRuns: 500 })
})

test('any bits turned in a PDU', () => {
  const turned = fc
    .tuple(arbitraryPdu, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }))
    .map(([pdu, bits]) => {
      const bytes = writePdu(pdu)
      for (const bit of bits) {
        const at = Math.floor(bit / 8) % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8))
      }
      return bytes
    })
  fc.assert(fc.property(turned, readsSoundly), { numRuns: 1000 })
})

describe('the splitter', () => {
  test('gives the same PDUs, however the stream is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(arbitraryPdu, { maxLength: 5 }), cuts, (pdus, lengths) => {
        const stream = Buffer.concat(pdus.map((pdu) => writePdu(pdu)))
        const splitter = new PduSplitter()
        const frames: Uint8Array[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = lengths[turn % lengths.length] ?? 1
          const pushed = splitter.push(stream.subarray(at, at + length))
          expect(pushed.broken).toBe(false)
          frames.push(...pushed.frames)
          at += length
        }
        expect(frames.map((frame) => Buffer.from(frame))).toEqual(pdus.map((pdu) => writePdu(pdu)))
        expect(splitter.unfinished).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  test.each([0, 4, 15, longestPdu + 1, 0x7fff_ffff, 0xffff_ffff])(
    'a length of %i breaks the stream',
    (length) => {
      const good = bytesOf('00000010 00000015 00000000 00000001')
      const bad = Buffer.alloc(8)
      bad.writeUInt32BE(length)
      expect(new PduSplitter().push(Buffer.concat([good, bad]))).toEqual({ frames: [good], broken: true })
    },
  )
})
