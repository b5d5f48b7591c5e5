import { sha256 } from '@concilia/protocol/random.ts'
import { partitionOf, presenceTopic, upTopic } from '@concilia/protocol/topics.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMessage } from './read-message.ts'

const saleId = '0f0f9be8-6a1c-4a54-9a42-70d1c2a5b0e1'
const journalId = '5f0a3a0e-50a7-4c5e-8a4e-9d2f6f7e1b11'
const withdrawal = { kind: 'withdrawal', journalId, seq: 7, saleId, withdrawal: 'a.b.c' }
const bytesOf = (message: unknown) => Buffer.from(JSON.stringify(message))
const from = { kind: 'machine', automatonId: 'a-1', at: 5 }

test('a sale message comes with the text it was and the hash of its bytes', () => {
  const bytes = bytesOf(withdrawal)
  expect(readMessage(upTopic('a-1', 'withdrawal'), bytes, 5)).toEqual({
    ...from,
    type: 'sale',
    message: withdrawal,
    body: JSON.stringify(withdrawal),
    bodyHash: sha256(bytes),
  })
})

test('a code that was typed is read, and kept nowhere', () => {
  const offer = { kind: 'offer', journalId, seq: 8, saleId, offer: '{}', slip: 'a.b.c', code: '471123' }
  const typed = { kind: 'code', journalId, seq: 9, saleId, code: '471123' }
  for (const message of [offer, typed]) {
    const read = readMessage(upTopic('a-1', message.kind as 'code'), bytesOf(message), 5)
    expect(read).toMatchObject({ type: 'sale', message })
    const { message: _, ...kept } = read as { message: unknown }
    expect(JSON.stringify(kept)).not.toContain('471123')
    // Nor anything that tells one code from another.
    const other = readMessage(
      upTopic('a-1', message.kind as 'code'),
      bytesOf({ ...message, code: '000000' }),
      5,
    )
    expect(other).toMatchObject(kept)
  }
})

test.each([
  ['presence', presenceTopic('a-1'), { presence: 'online', boot: 3 }],
  [
    'telemetry',
    upTopic('a-1', 'telemetry'),
    { journalId, boot: 1, count: 1, at: 4, kind: 'cashSale', detail: 'item 2' },
  ],
])('%s', (type, topic, message) => {
  expect(readMessage(topic, bytesOf(message), 5)).toEqual({ ...from, type, [type]: message })
})

test('audit data comes as it is numbered, with its exact text', () => {
  const readingId = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const piece = { journalId, seq: 8, kind: 'auditText', readingId, piece: 1, text: 'DXS*SIM\r\n' }
  const bytes = bytesOf(piece)
  expect(readMessage(upTopic('a-1', 'audit'), bytes, 5)).toEqual({
    ...from,
    type: 'audit',
    message: piece,
    body: JSON.stringify(piece),
    bodyHash: sha256(bytes),
  })
})

test("a machine's answer about its configuration", () => {
  const answer = { version: 2, hash: 'h'.repeat(43), answer: 'rejected', reason: 'no', inForce: 1 }
  const read = readMessage(upTopic('a-1', 'configuration'), bytesOf(answer), 5)
  expect(read).toEqual({ ...from, type: 'configured', answer })
})

test('what is out of form names its sale where that can be read', () => {
  const topic = upTopic('a-1', 'withdrawal')
  expect(readMessage(topic, bytesOf({ ...withdrawal, withdrawal: 'no token' }), 5)).toMatchObject({
    ...from,
    type: 'malformed',
    reason: expect.stringContaining('withdrawal'),
    journalId,
    seq: 7,
    saleId,
  })
  const bare = readMessage(topic, bytesOf({ saleId: 'x', journalId }), 5)
  expect(bare).toMatchObject({ type: 'malformed' })
  expect(bare).not.toHaveProperty('seq')
  expect(bare).not.toHaveProperty('journalId')
})

test('too long a message is not read and not kept whole', () => {
  const input = readMessage(upTopic('a-1', 'offer'), Buffer.alloc(100_000, 'x'), 5)
  expect(input).toMatchObject({ type: 'malformed', reason: 'longer than 16384 bytes' })
  expect(input && 'body' in input && input.body.length).toBe(16_384)
})

test('nobody is speaking', () => {
  const bytes = bytesOf(withdrawal)
  const otherPartition = (partitionOf('a-1') + 1) % 64
  expect(readMessage(`concilia/1/${otherPartition}/a-1/up/withdrawal`, bytes, 5)).toBeUndefined()
  expect(readMessage('concilia/refused', bytes, 5)).toBeUndefined()
  expect(readMessage(presenceTopic('a-1'), Buffer.alloc(0), 5)).toBeUndefined()
})

test('any bytes on any channel give a message that a database can keep', () => {
  const topics = ['birth', 'offer', 'outcome', 'stored', 'telemetry'] as const
  fc.assert(
    fc.property(fc.constantFrom(...topics), fc.uint8Array({ minLength: 1 }), (channel, bytes) => {
      const input = readMessage(upTopic('a-1', channel), bytes, 5)
      expect(input).toMatchObject({ ...from, type: 'malformed' })
      expect(JSON.stringify(input)).not.toContain('\\u0000')
    }),
  )
})
