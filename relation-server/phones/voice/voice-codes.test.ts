import { expect, test } from 'vitest'
import { VoiceCodes } from './voice-codes.ts'

const codes = new VoiceCodes(Buffer.alloc(32, 1))

test('one call has one voucher and one code, which another key does not have', () => {
  const id = codes.voucherIdOf('pbx 7')
  expect(id).toMatch(/^[\w-]{43}$/)
  expect(codes.voucherIdOf('pbx 7')).toBe(id)
  expect(codes.voucherIdOf('pbx 8')).not.toBe(id)
  expect(codes.codeOf(id, 0)).toMatch(/^\d{6}$/)
  expect(codes.codeOf(id, 0)).toBe(codes.codeOf(id, 0))
  expect(codes.codeOf(id, 1)).not.toBe(codes.codeOf(id, 0))
  const other = new VoiceCodes(Buffer.alloc(32, 2))
  expect([other.voucherIdOf('pbx 7') === id, other.codeOf(id, 0) === codes.codeOf(id, 0)]).toEqual([
    false,
    false,
  ])
})

test('codes are spread over all there are', () => {
  const tenths = new Array(10).fill(0)
  for (let call = 0; call < 5000; call++) {
    const code = codes.codeOf(codes.voucherIdOf(`pbx ${call}`), 0)
    tenths[Number(code[0])]++
  }
  // Five hundred each, and ten times the deviation that chance has.
  for (const count of tenths) expect(Math.abs(count - 500)).toBeLessThan(213)
})

test.each([
  ['471123', '471123', true],
  ['471123', '471124', false],
  ['', '471123', false],
])('%j and %j', (one, other, same) => {
  expect(codes.sameCode(one, other)).toBe(same)
})
