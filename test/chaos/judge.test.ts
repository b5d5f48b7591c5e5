// The judge must be able to say no: one sale that went well, and every way in which it may not have.
import { expect, test } from 'vitest'
import type { Account, Evidence, JournalSale, Payment } from './evidence.ts'
import { judge } from './judge.ts'
import { machinesOf, visitPlan } from './plan.ts'
import type { HardwareEvent } from './records.ts'

const machines = machinesOf(2)
const buyer = {
  name: 'ann',
  number: '+46701740600',
  says: '',
  account: { kind: 'prepaid', balance: '9' },
} as const
const plan = {
  ...visitPlan(1, 0, machines, [buyer, { ...buyer, name: 'bob' }]),
  behaviour: 'good' as const,
  way: 'pays' as const,
}
const saleId = 'aaaaaaaa-0000-4000-8000-000000000000'
const sale: JournalSale = {
  saleId,
  machine: '4021',
  offerHash: 'hash',
  amountMinor: 150,
  at: 1000,
  promise: 'deliver',
  promisedAt: 2000,
  outcome: 'delivered',
  concludedAt: 3000,
  unstored: 0,
}
const payment: Payment = {
  paymentId: 'p',
  saleId,
  key: `${saleId}:1`,
  offerHash: 'hash',
  amountMinor: 150,
  buyer: 'ann',
  createdAt: 1800,
  moved: { buyer: -150, unsettled: 0, payable: 150 },
}
const seen = (at: number, event: 'approved' | 'dropped'): HardwareEvent => ({
  at,
  machine: '4021',
  event: event === 'dropped' ? { event, item: 1, dropped: 1, by: 'phone' } : { event, item: 1 },
})
const account = (accountId: string, postedMinor: number): Account => ({
  accountId,
  currency: 'EUR',
  postedMinor,
  heldMinor: 0,
  entries: { postedMinor, heldMinor: 0 },
  floorMinor: undefined,
})
const good: Evidence = {
  machines: [{ machine: '4021', dropped: { 1: 1 }, coinsMinor: 0, sellsByPhone: true }],
  journal: [sale],
  server: [{ saleId, open: false, state: 'settled', aside: null }],
  payments: [payment],
  accounts: [account('ann', -150), account('operator:s:payable:EUR', 150)],
  unbalanced: [],
  quarantined: [],
  outbox: {},
  faults: [],
  visits: [{ plan, from: 500, until: 3500, asked: true, notes: [] }],
  offered: [saleId],
  consents: [{ at: 1500, buyer: 'ann', machine: '4021', amountMinor: 150 }],
  hardware: [seen(2100, 'approved'), seen(2400, 'dropped')],
  texts: [{ at: 3100, buyer: 'ann', words: 'Paid 1.50 EUR incl. tax to S, machine 4021. Ref. aaaaaaaa. C' }],
  screens: [],
  news: ['the automaton 4021 was ended by SIGKILL; starting it again'],
}
const [server] = good.server
const ended = (state: string) => [{ saleId, open: false, state, aside: null }]

test('a sale that went well is no breach', () => {
  expect(judge(good)).toMatchObject({ breaches: [], goods: { forPhones: 1, forCoins: 0 }, paidMinor: 150 })
})

test.each<[string, RegExp, Partial<Evidence>]>([
  ['goods for nothing', /rule 1: approved without/, { payments: [] }],
  ['paid after it fell', /rule 1: approved without/, { payments: [{ ...payment, createdAt: 2900 }] }],
  ['another price', /rule 1: paid otherwise/, { payments: [{ ...payment, amountMinor: 100 }] }],
  [
    'a payment of no sale',
    /rule 1: paid for no sale/,
    { payments: [payment, { ...payment, saleId: 'x', key: 'y' }] },
  ],
  ['paid, and nothing fell', /rule 2: ended as settled, and 0 fell/, { hardware: [] }],
  ['not paid, and it fell', /rule 2: ended as withdrawn, and 1 fell/, { server: ended('withdrawn') }],
  ['ended, and not given back', /taken from the buyer: 150, not 0/, { server: ended('refused') }],
  ['a wrong word', /rule 2: called failed, and it fell/, { journal: [{ ...sale, outcome: 'failed' }] }],
  [
    'goods nobody saw',
    /rule 2: the machines counted 2/,
    { machines: [{ ...good.machines[0], dropped: { 1: 2 } }] as never },
  ],
  ['no receipt', /never read a receipt/, { texts: [] }],
  [
    'a receipt of somebody else',
    /rule 14: bob reads/,
    { texts: good.texts.map((text) => ({ ...text, buyer: 'bob' })) },
  ],
  ['unknown for no reason', /rule 2: ended as unknown, and no fault/, { server: ended('unknownClosed') }],
  ['fell twice', /rule 3: delivered 2 times/, { hardware: [...good.hardware, seen(2500, 'dropped')] }],
  ['paid twice', /rule 3: paid 2 times/, { payments: [payment, { ...payment, key: 'other' }] }],
  ['lopsided', /rule 4: transfer t/, { unbalanced: ['t'] }],
  ['a balance made up', /rule 4: 150 too much/, { accounts: [account('operator:s:payable:EUR', 150)] }],
  [
    'overdrawn',
    /rule 4: .* is overdrawn/,
    { accounts: good.accounts.map((each) => ({ ...each, floorMinor: 0 })) },
  ],
  ['still open', /rule 5: still open/, { server: server ? [{ ...server, open: true }] : [] }],
  [
    'out of service',
    /rule 5: machine 4021/,
    { machines: good.machines.map((each) => ({ ...each, sellsByPhone: false })) },
  ],
  ['still to be given back', /rule 8: .*payment/, { outbox: { payment: 1 } }],
  ['a word not stored', /rule 9: 1 words/, { journal: [{ ...sale, unstored: 1 }] }],
  ['a sale unheard of', /rule 9: the server knows nothing/, { server: [] }],
  ['a key used twice', /rule 10/, { payments: [payment, payment] }],
  ['a promise broken', /rule 12/, { journal: [{ ...sale, promise: 'withdraw' }] }],
  ['an offer that outlived', /rule 13/, { journal: [{ ...sale, promise: undefined }] }],
  ['no consent', /rule 14: ann was charged/, { consents: [] }],
  [
    'consent to an earlier sale',
    /rule 14: ann was charged/,
    { consents: good.consents.map((c) => ({ ...c, at: 400 })) },
  ],
  [
    'a crash of its own',
    /rule 16: .*code 1/,
    { news: ['the relation server ended with code 1; starting it again'] },
  ],
  ['quarantine', /rule 16: an event/, { quarantined: ['x'] }],
])('%s', (_, breach, otherwise) => {
  expect(judge({ ...good, ...otherwise }).breaches.join('\n')).toMatch(breach)
})

test('an unknown outcome is explained by a fault of hardware or automaton at its time, and by no other', () => {
  const unknown = {
    ...good,
    server: ended('unknownClosed'),
    journal: [{ ...sale, outcome: 'unknown' as const }],
    payments: [{ ...payment, moved: { buyer: 0, unsettled: 0, disputed: 0 } }],
    texts: [
      { at: 3100, buyer: 'ann', words: 'Machine 4021 never said: you have your 1.50 back. Ref. aaaaaaaa.' },
    ],
  }
  const struck = (target: string, from: number) => ({
    plan: { fault: 0, pauseMs: 0, holdMs: 0, kind: 'kill' as const, target },
    from,
    until: from + 100,
  })
  expect(judge(unknown).breaches).toHaveLength(1)
  expect(judge({ ...unknown, faults: [struck('relation-server', 2200)] }).breaches).toHaveLength(1)
  expect(judge({ ...unknown, faults: [struck('automaton-4021', 9000)] }).breaches).toHaveLength(1)
  expect(judge({ ...unknown, faults: [struck('automaton-4021', 2200)] })).toMatchObject({
    breaches: [],
    unknown: [{ because: 'the automaton: kill', fell: true }],
  })
  const [visit] = good.visits
  const silent = { ...visit, plan: { ...plan, behaviour: 'silent' as const } } as never
  expect(judge({ ...unknown, visits: [silent] })).toMatchObject({ breaches: [], unknown: [{ fell: true }] })
})
