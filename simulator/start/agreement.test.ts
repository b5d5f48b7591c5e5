// Rule 2 as the supervisor judges it: each ending with the goods and money it may leave, and every way to
// disagree.
import { describe, expect, test } from 'vitest'
import { agreementWords, type Facts, judge } from './agreement.ts'

const nothing: Facts = {
  priceMinor: 150,
  dropped: 0,
  ending: 'withdrawn',
  buyer: { balanceMinor: 0, heldMinor: 0 },
  operator: { unsettled: 0, payable: 0, sales: 0, disputed: 0 },
  owedMinor: 0,
  bookFaults: [],
}
const paid: Facts = {
  ...nothing,
  dropped: 1,
  ending: 'settled',
  buyer: { balanceMinor: -150, heldMinor: 0 },
  operator: { ...nothing.operator, payable: 150 },
}

const owed: Facts = {
  ...nothing,
  ending: 'owed',
  buyer: { balanceMinor: -150, heldMinor: 0 },
  owedMinor: 150,
}

test('the four good ends', () => {
  expect(judge(paid)).toEqual({ agreed: 'deliveredAndPaid' })
  for (const ending of ['refused', 'withdrawn', 'expired', 'recredited']) {
    expect(judge({ ...nothing, ending })).toEqual({ agreed: 'notDeliveredNotPaid' })
  }
  for (const dropped of [0, 1]) {
    expect(judge({ ...nothing, ending: 'unknownClosed', dropped })).toEqual({ agreed: 'unknownClosed' })
  }
  expect(judge(owed)).toEqual({ agreed: 'owed' })
  expect(agreementWords('deliveredAndPaid')).toBe('delivered and paid')
})

test('while the sale is open, why', () => {
  expect(judge({ ...paid, ending: 'delivering' })).toEqual({ why: ["the server's sale is delivering"] })
  expect(judge({ ...paid, ending: undefined })).toEqual({ why: ['the server knows no such sale'] })
})

describe('every disagreement is found', () => {
  test.each<[string, Facts, string]>([
    [
      'delivered, not paid',
      { ...paid, buyer: nothing.buyer },
      'taken from the buyer (minor units): 0, not 150',
    ],
    ['paid, not delivered', { ...paid, dropped: 0 }, 'goods delivered: 0, not 1'],
    ['delivered twice', { ...paid, dropped: 2 }, 'goods delivered: 2, not 1'],
    [
      'charged twice',
      { ...paid, buyer: { balanceMinor: -300, heldMinor: 0 } },
      'taken from the buyer (minor units): 300, not 150',
    ],
    [
      'not credited',
      { ...paid, operator: { ...paid.operator, payable: 0 } },
      "operator's payable: 0, not 150",
    ],
    [
      'left unsettled',
      { ...paid, operator: { ...paid.operator, unsettled: 150 } },
      "operator's unsettled: 150, not 0",
    ],
    [
      'left disputed',
      { ...paid, operator: { ...paid.operator, disputed: 1 } },
      "operator's disputed and sales: 1, not 0",
    ],
    [
      'still held',
      { ...nothing, buyer: { balanceMinor: 0, heldMinor: 150 } },
      'held for the buyer: 150, not 0',
    ],
    ['given away', { ...nothing, dropped: 1 }, 'goods delivered: 1, not 0'],
    [
      'kept the money',
      { ...nothing, ending: 'unknownClosed', buyer: { balanceMinor: -150, heldMinor: 0 } },
      'taken from the buyer (minor units): 150, not 0',
    ],
    ['owed to nobody', { ...paid, owedMinor: 150 }, 'owed by the centre: 150, not 0'],
    ['called owed, and not in the books', { ...owed, owedMinor: 0 }, 'owed by the centre: 0, not 150'],
    [
      'called owed, and given back',
      { ...owed, buyer: nothing.buyer },
      'taken from the buyer (minor units): 0, not 150',
    ],
    ['called owed, and delivered', { ...owed, dropped: 1 }, 'goods delivered: 1, not 0'],
    [
      'wrong books',
      { ...paid, bookFaults: ['transfer 1 does not sum to zero'] },
      'the books: transfer 1 does not sum to zero',
    ],
  ])('%s', (_, facts, why) => {
    expect(judge(facts)).toEqual({ why: [`the sale ended ${facts.ending}`, why] })
  })
})
