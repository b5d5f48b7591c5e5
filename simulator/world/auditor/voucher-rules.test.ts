// Calls that pay and pages that are tapped, as the auditor sees them: one good sale each, and what breaks it.
import { expect, test } from 'vitest'
import type { Observation } from '../observations.ts'
import {
  audit,
  automatonId,
  buyer,
  changed,
  goodSale,
  inserted,
  moved,
  type Step,
  step,
  without,
  word,
} from './auditor-fixture.ts'

const callId = 'pbx 1'
const account = 'voucher:1'
const calls = 'centre:voice:for-150:calls:EUR'
const unsettled = 'operator:snacks:unsettled:EUR'
const code = '471123'

const voucher = (endsAt: number | undefined, at = automatonId): Observation => ({
  type: 'accountCommitted',
  ...{ accountId: account, subscriberHash: 'voucher', ceilingMinor: 0 },
  voucher: { callId, automatonId: at, endsAt },
})
const call = (state: string): Observation => ({ type: 'callCommitted', callId, state })
const heard = (what: string, read?: string): Observation => ({
  type: 'callHeard',
  callId,
  what,
  ...(read !== undefined && { code: read }),
})
const typed = (what = code): Observation => ({ type: 'codeTyped', automatonId, code: what })
const money = (kind: string, from: string, to: string) => moved(kind, from, to, { paymentId: '' })

function shared(): Observation {
  const entries = [
    { accountId: unsettled, layer: 'posted', amountMinor: -150 },
    { accountId: 'operator:snacks:payable:EUR', layer: 'posted', amountMinor: 90 },
    { accountId: 'centre:voice:for-150:revenue:EUR', layer: 'posted', amountMinor: 60 },
  ]
  return {
    type: 'transferCommitted',
    transfer: { id: 'x', kind: 'deliver', paymentId: 'sale payment', entries },
  }
}

const placed: Step[] = [
  step('called', { type: 'called', callId, amountMinor: 150, direct: false }),
  step('tariff', heard('tariff-150')),
  step('voucher', voucher(9)),
  step('codeRead', heard('code', code)),
  step('paid', money('post', calls, account)),
]
const charged = changed(
  changed(
    changed(without(goodSale(), 'price', 'yes'), 'payment', paymentOf('sale')),
    'debit',
    moved('debit', account, unsettled),
  ),
  'payable',
  shared(),
)
const sale: Step[] = [
  ...placed,
  ...inserted(inserted(charged, 'paymentRow', typed()), 'settled', voucher(undefined), call('used')),
]

const others = ['000001', '000002', '000003']
const guessed = inserted(
  sale,
  'paymentRow',
  ...others.flatMap((other, place) => said(other, 20 + place)),
  ...said(code, 30),
)

const [overtook = '', ...behind] = others

const kept: Record<string, Step[]> = {
  'an item that a code pays': sale,
  'a voucher that lapses': [...placed, step('over', money('lapse', account, 'centre:unclaimed:EUR'))],
  'a code that is still good': placed,
  'a call whose code was said to be read too late': [
    ...without(placed, 'paid'),
    step('late', money('lapse', calls, 'centre:unclaimed:EUR')),
  ],
  'two wrong codes before the right one': inserted(
    sale,
    'paymentRow',
    ...others.slice(1).flatMap((other, place) => said(other, 20 + place)),
    ...said(code, 30),
  ),
  'three wrong codes, of which one overtook the offer and was not looked at': inserted(
    inserted(sale, 'offerHeard', ...said(overtook, 19)),
    'paymentRow',
    ...behind.flatMap((other, place) => said(other, 20 + place)),
    ...said(code, 30),
  ),
}

const broken: Record<string, readonly [rule: number, steps: Step[]]> = {
  'a code read before the tariff': [14, without(sale, 'tariff')],
  'a call that pays and heard no code': [15, without(sale, 'codeRead')],
  'a code that nobody typed': [14, without(sale, 'more')],
  'a code typed at another machine': [14, changed(sale, 'voucher', voucher(9, 'another'))],
  'a code that came after three wrong ones': [15, guessed],
  'a code used up by nothing': [2, [...placed, step('used', call('used'))]],
  'a code that is good again though it was used': [2, [...sale, step('good', call('good'))]],
  'a voucher that never lapses': [5, [...placed, step('for ever', voucher(undefined))]],
  'a spent voucher that is yet to lapse': [4, [...sale, step('again', voucher(9))]],
  'a lapsed voucher that is nobody’s': [4, [...placed, step('over', money('lapse', account, calls))]],
  'a voucher that loses money': [4, [...placed, step('gone', money('refund', account, 'centre:float:EUR'))]],
}

const browser = 'browser'
const proved: Observation[] = [
  { type: 'pageNumber', browser, number: buyer },
  { type: 'read', buyer, words: `Concilia: ${code} proves your number on the page.`, key: 'text' },
  { type: 'pageCodeTyped', browser, code },
  { type: 'pageProven', browser, code },
]
const shown = (more = {}): Observation => ({
  type: 'pageShown',
  ...{ browser, machineNumber: '4021', amountMinor: 150, code: '1234' },
  ...more,
})
const tapped: Observation = { type: 'pageTapped', browser, code: '1234' }
const plain = without(goodSale(), 'price', 'yes')
const wrong: Observation = { type: 'pageCodeTyped', browser, code: '000000' }
const [number, ...provedLater] = proved
const onPage = (...more: Observation[]) => inserted(plain, 'paymentRow', ...more)

const keptOnPages: Record<string, Step[]> = {
  'a tap under the price': onPage(...proved, shown(), tapped),
  'a tap after two wrong codes': onPage(number as Observation, wrong, wrong, ...provedLater, shown(), tapped),
}
const brokenOnPages: Record<string, readonly [rule: number, steps: Step[]]> = {
  'a tap of a browser that has proven nothing': [15, onPage(number as Observation, shown(), tapped)],
  'a browser taken for somebody by a wrong code': [
    15,
    onPage(number as Observation, wrong, { type: 'pageProven', browser, code: '000000' }),
  ],
  'a code that was guessed at too often': [
    15,
    onPage(number as Observation, wrong, wrong, wrong, ...provedLater),
  ],
  'a tap under another price': [15, onPage(...proved, shown({ amountMinor: 100 }), tapped)],
  'a price that was shown and not tapped': [15, onPage(...proved, shown())],
  'one tap for two sales': [
    14,
    [...onPage(...proved, shown(), tapped), ...without(goodSale('second', 11), 'price', 'yes')],
  ],
}

test.each(Object.entries({ ...kept, ...keptOnPages }))('no rule is broken by %s', (_, steps) => {
  expect(audit(steps)).toEqual([])
})

test.each(Object.entries({ ...broken, ...brokenOnPages }))('%s is seen', (_, [rule, steps]) => {
  expect(audit(steps).join('\n')).toMatch(new RegExp(`^rule ${rule}: `, 'm'))
})

function paymentOf(saleId: string): Observation {
  const payment = { id: `${saleId} payment`, saleId, key: `${saleId}:1`, status: 'succeeded' }
  return { type: 'paymentCommitted', payment: { ...payment, accountId: account, amountMinor: 150 } }
}

/** A code in the machine's words, stored at the machine and then at the server. */
function said(what: string, seq: number): Observation[] {
  const text = JSON.stringify({ journalId: 'journal', seq, saleId: 'sale', kind: 'code', code: what })
  return [
    typed(what),
    { ...word(seq, 'sale', 'offer'), kind: 'code', text } as Observation,
    { type: 'inboxCommitted', source: `machine ${automatonId} journal`, key: String(seq) },
  ]
}
