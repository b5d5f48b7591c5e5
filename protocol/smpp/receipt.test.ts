// Receipts in the forms that centres write, and ids that are one although they do not look it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noTlvs, tag } from './commands.ts'
import { readReceipt, sameId, writeReceipt } from './receipt.ts'

const text =
  'id:0123456789 sub:001 dlvrd:001 submit date:2611260210 done date:2611260211 stat:DELIVRD err:000 ' +
  'text:Hello'

describe('read', () => {
  test('by its text', () => {
    expect(readReceipt(text, noTlvs)).toEqual({
      messageId: '0123456789',
      what: 'delivered',
      state: 'DELIVRD',
      error: '000',
    })
  })

  test('by its parameters, which count where both speak', () => {
    const tlvs = new Map([
      [tag.receiptedMessageId, Buffer.from('75BCD15\0')],
      [tag.messageState, Uint8Array.of(5)],
    ])
    expect(readReceipt('', tlvs)).toMatchObject({ messageId: '75BCD15', what: 'failed', state: 'UNDELIV' })
    expect(readReceipt(text, tlvs)).toMatchObject({ messageId: '75BCD15', what: 'failed', error: '000' })
  })

  test.each([
    ['ENROUTE', 'onItsWay'],
    ['ACCEPTD', 'onItsWay'],
    ['UNKNOWN', 'onItsWay'],
    ['EXPIRED', 'failed'],
    ['DELETED', 'failed'],
    ['REJECTD', 'failed'],
    ['delivrd', 'delivered'],
  ])('%s is %s', (state, what) => {
    expect(readReceipt(`id:1 stat:${state} err:1`, noTlvs)?.what).toBe(what)
  })

  test.each([
    '',
    'hello',
    'id: stat:DELIVRD',
    'id:7 stat:WHAT',
    'stat:DELIVRD text:id:7',
    `id:${'7'.repeat(66)} stat:DELIVRD`,
  ])('nothing of %j', (words) => expect(readReceipt(words, noTlvs)).toBeUndefined())

  test('what is written is read, and any text is read without a throw', () => {
    const receipt = { messageId: 'a1', what: 'failed', state: 'EXPIRED', error: '12' } as const
    expect(readReceipt(writeReceipt(receipt, '2611260210'), noTlvs)).toEqual(receipt)
    fc.assert(fc.property(fc.string(), (any) => void readReceipt(any, noTlvs)))
  })
})

test.each([
  ['0A1B', 'a1b', 'surely'],
  ['0000123', '123', 'surely'],
  ['75BCD15', '123456789', 'inAnotherBase'],
  ['123456789', '075bcd15', 'inAnotherBase'],
  ['10', '16', 'inAnotherBase'],
  ['10', '17', 'no'],
  ['abc-1', '1', 'no'],
  ['0', '', 'no'],
])('%s and %s: %s', (answered, receipted, how) => expect(sameId(answered, receipted)).toBe(how))
