// The lines of the box as master of the bus: as they are documented, and total.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type MasterBoxLine,
  type MasterHostLine,
  readMasterBoxLine,
  readMasterHostLine,
  writeMasterBoxLine,
  writeMasterHostLine,
} from './qibixx-master.ts'

test.each<[string, MasterHostLine]>([
  ['M,1', { type: 'master', on: true }],
  ['M,0', { type: 'master', on: false }],
  ['R,0B', { type: 'exchange', command: 0x0b, data: [] }],
  ['R,14,01', { type: 'exchange', command: 0x14, data: [1] }],
  ['R,0C,003F003F', { type: 'exchange', command: 0x0c, data: [0, 0x3f, 0, 0x3f] }],
  ['R,RESET', { type: 'busReset' }],
])('the host says %s', (text, line) => {
  expect(readMasterHostLine(text)).toEqual(line)
  expect(writeMasterHostLine(line)).toBe(text)
})

test.each<[string, MasterBoxLine]>([
  ['m,ACK', { type: 'mastered', accepted: true }],
  ['m,NACK', { type: 'mastered', accepted: false }],
  ['p,ACK', { type: 'exchanged', answer: 'ack' }],
  ['p,NACK', { type: 'exchanged', answer: 'silence' }],
  ['p,5315', { type: 'exchanged', answer: [0x53, 0x15] }],
])('the box says %s', (text, line) => {
  expect(readMasterBoxLine(text)).toEqual(line)
  expect(writeMasterBoxLine(line)).toBe(text)
})

test.each(['', 'R', 'R,', 'R,B', 'R,0B,', 'R,0B,1', 'R,0B,zz', `R,0B,${'00'.repeat(35)}`, 'M,2', 'r,0B'])(
  'the host does not say "%s"',
  (text) => expect(readMasterHostLine(text)).toBeUndefined(),
)

test.each(['', 'p', 'p,', 'p,5', 'p,zz', `p,${'00'.repeat(36)}`, 'm,1', 'p,ACK,1', 'P,ACK'])(
  'the box does not say "%s"',
  (text) => expect(readMasterBoxLine(text)).toBeUndefined(),
)

test('whatever bytes go out as a line come back as they were, and any text reads as a line or as none', () => {
  const bytes = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength })
  fc.assert(
    fc.property(bytes(34), fc.string(), ([command = 0, ...data], noise) => {
      const line = { type: 'exchange', command, data } as const
      expect(readMasterHostLine(writeMasterHostLine(line))).toEqual(line)
      const answer = { type: 'exchanged', answer: [command, ...data] } as const
      expect(readMasterBoxLine(writeMasterBoxLine(answer))).toEqual(answer)
      for (const read of [readMasterHostLine(noise), readMasterBoxLine(noise)]) {
        expect(read === undefined || typeof read.type === 'string').toBe(true)
      }
    }),
  )
})
