// The sale's chart as a table for its tests: in each state, each event with each of its guards both ways,
// where it leads and what it asks for. The tests derive from the chart itself which rows must stand here.
import type { SaleEffect } from './sale-effects.ts'
import type { SaleEvent } from './sale-events.ts'

export const saleId = '6f1c4a52-4a3b-4f0e-9a55-0d1f2c3b4a59'
export const otherSaleId = '1b0d9f8e-7c6b-4a59-8f3e-2d1c0b9a8f7e'
export const newSaleId = '9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a'
const price = { amountMinor: 150, currency: 'EUR' } as const
const instructionId = 'i1'

export const leaves = [
  'standby',
  'open.offering',
  'open.waiting',
  'open.verifying',
  'delivering',
  'reporting',
] as const
export type Leaf = (typeof leaves)[number]

export type CaseEvent = SaleEvent | { type: `xstate.after.${string}` }

export interface Case {
  readonly from: Leaf
  readonly event: CaseEvent
  readonly to: Leaf
  readonly effects: readonly string[]
}

/** An effect as the table writes it. */
export function inWords({ type, params }: SaleEffect): string {
  switch (type) {
    case 'promiseWithdrawal':
      return `withdraw ${params.reason}`
    case 'recordOutcome':
      return `outcome ${params.result} ${params.detail}${params.saleId === saleId ? '' : ' of another'}`
    case 'answerInstruction':
      return ['answer', params.answer, params.reason].filter(Boolean).join(' ')
    case 'startHardware':
      return params.listening ? 'listen' : 'startHardware'
    case 'approveVend':
      return `approve ${params.price.amountMinor}`
    case 'recordCode':
      return `code ${params.code}`
    case 'show':
      return `show ${params.scene}`
    case 'attendSession':
      return `attend ${params.forMs}`
    case 'xstate.raise':
      return `set ${params.id.split('.')[2]}`
    case 'xstate.cancel':
      return `stop ${params.sendId.split('.')[2]}`
    default:
      return type
  }
}

const item = (phonePayment: boolean): SaleEvent => ({
  type: 'itemChosen',
  saleId: newSaleId,
  nonce: 'n'.repeat(22),
  price,
  item: 5,
  phonePayment,
})
const cancelled = (why: 'cancelled' | 'readerLost'): SaleEvent => ({ type: 'vendCancelled', why })
const concluded: SaleEvent = { type: 'vendConcluded', result: 'failed', detail: 'vend-failed' }
const attend = (phonePayment: boolean): SaleEvent => ({
  type: 'attend',
  instructionId,
  forMs: 60_000,
  phonePayment,
})
type Held = Extract<SaleEvent, { type: 'report' }>['held']
const deliver = (id: string, held: Held): SaleEvent => ({
  type: 'deliver',
  instructionId,
  saleId: id,
  acknowledgement: 'a.b.c',
  held,
})
const refuse = (id: string, held: Held): SaleEvent => ({
  type: 'refuse',
  instructionId,
  saleId: id,
  text: 'Not enough credit',
  held,
})
const report = (held: Held): SaleEvent => ({ type: 'report', instructionId, saleId: otherSaleId, held })
const checked = (operationId: string, verdict: 'good' | 'badAcknowledgement' | 'wrongTerms'): SaleEvent => ({
  type: 'acknowledgementChecked',
  operationId,
  verdict,
})
const typed = (phonePayment: boolean, forMs: number | null): SaleEvent => ({
  type: 'codeTyped',
  code: '471123',
  phonePayment,
  forMs,
})
const told = (id: string): SaleEvent => ({ type: 'told', instructionId, saleId: id, text: 'Wrong code' })
const begun = ['makeOffer', 'wakeLink', 'show offer', 'set offerWait']
const backOnStandby = ['stop offerWait']

/** What is the same wherever a state has no word of its own. */
function everywhere(from: Leaf): Case[] {
  const stays = (event: CaseEvent, ...effects: string[]): Case => ({ from, event, to: from, effects })
  return [
    stays(deliver(otherSaleId, 'none'), 'answer rejected noSuchSale'),
    stays(deliver(otherSaleId, 'withdrawn'), 'answer rejected notOpen', 'repeatWord'),
    stays(deliver(otherSaleId, 'delivering'), 'answer stored', 'repeatWord'),
    stays(deliver(otherSaleId, 'concluded'), 'answer stored', 'repeatWord'),
    stays(refuse(otherSaleId, 'none'), 'answer rejected noSuchSale'),
    stays(refuse(otherSaleId, 'withdrawn'), 'answer rejected notOpen', 'repeatWord'),
    stays(refuse(otherSaleId, 'concluded'), 'answer rejected notOpen', 'repeatWord'),
    stays(report('none'), 'outcome unknown not-held of another', 'answer stored'),
    stays(report('withdrawn'), 'answer stored', 'repeatWord'),
    stays(report('concluded'), 'answer stored', 'repeatWord'),
    stays(checked('an earlier one', 'good'), 'answer rejected notOpen'),
    stays({ type: 'offerStored', saleId: otherSaleId }),
    stays({ type: 'outcomeStored', saleId: otherSaleId }),
  ]
}

function onStandby(): Case[] {
  const from = 'standby'
  return [
    { from, event: item(true), to: 'open.offering', effects: begun },
    { from, event: item(false), to: from, effects: ['denyVend'] },
    { from, event: attend(true), to: from, effects: ['answer stored', 'wakeLink', 'attend 60000'] },
    { from, event: attend(false), to: from, effects: ['answer rejected busy'] },
    { from, event: typed(true, null), to: from, effects: ['show codeTyped'] },
    {
      from,
      event: typed(true, 60_000),
      to: from,
      effects: ['show codeTyped', 'wakeLink', 'attend 60000'],
    },
    { from, event: typed(false, 60_000), to: from, effects: [] },
    { from, event: told(otherSaleId), to: from, effects: ['show told', 'answer stored'] },
    { from, event: { type: 'sessionEnded' }, to: from, effects: ['sleepLink'] },
    { from, event: { type: 'restarted' }, to: from, effects: ['startHardware', 'sleepLink'] },
    { from, event: { type: 'journalFailed' }, to: from, effects: [] },
    { from, event: { type: 'stopping' }, to: from, effects: [] },
    { from, event: cancelled('cancelled'), to: from, effects: [] },
    { from, event: concluded, to: from, effects: ['noteSurprise'] },
  ]
}

function whileOpen(from: Leaf): Case[] {
  const ends = (event: CaseEvent, ...effects: string[]): Case => ({
    from,
    event,
    to: 'standby',
    effects: [...backOnStandby, ...effects, 'sleepLink'],
  })
  return [
    ends({ type: 'xstate.after.offerWait.sale.open' }, 'withdraw waitLimit', 'show withdrawn', 'denyVend'),
    ends(refuse(saleId, 'open'), 'withdraw refused', 'show refused', 'denyVend', 'answer stored'),
    ends(cancelled('cancelled'), 'withdraw cancelled', 'show withdrawn'),
    ends(cancelled('readerLost'), 'withdraw readerLost', 'show withdrawn'),
    ends(item(false), 'withdraw cancelled', 'show withdrawn', 'denyVend'),
    ends({ type: 'journalFailed' }, 'withdraw journalFailed', 'show withdrawn', 'denyVend'),
    ends({ type: 'stopping' }, 'withdraw restarted', 'show withdrawn', 'denyVend'),
    ends({ type: 'restarted' }, 'withdraw restarted', 'show withdrawn', 'startHardware'),
    {
      from,
      event: item(true),
      to: 'open.offering',
      effects: [...backOnStandby, 'withdraw cancelled', 'show withdrawn', ...begun],
    },
    { from, event: typed(true, null), to: from, effects: ['code 471123', 'show codeTyped'] },
    { from, event: told(saleId), to: from, effects: ['show told', 'answer stored'] },
    { from, event: told(otherSaleId), to: from, effects: ['answer stored'] },
    { from, event: deliver(saleId, 'open'), to: 'open.verifying', effects: ['verifyAcknowledgement'] },
    { from, event: attend(true), to: from, effects: ['answer rejected busy'] },
    { from, event: { type: 'sessionEnded' }, to: from, effects: [] },
    { from, event: concluded, to: from, effects: ['noteSurprise'] },
  ]
}

const openOnly: Case[] = [
  { from: 'open.offering', event: { type: 'offerStored', saleId }, to: 'open.waiting', effects: [] },
  { from: 'open.waiting', event: { type: 'offerStored', saleId }, to: 'open.waiting', effects: [] },
  {
    from: 'open.verifying',
    event: checked('op1', 'good'),
    to: 'delivering',
    effects: [
      'stop offerWait',
      'promiseDelivery',
      'approve 150',
      'show delivering',
      'answer stored',
      'set vendLimit',
    ],
  },
  {
    from: 'open.verifying',
    event: checked('op1', 'badAcknowledgement'),
    to: 'open.waiting',
    effects: ['answer rejected badAcknowledgement'],
  },
  {
    from: 'open.verifying',
    event: checked('op1', 'wrongTerms'),
    to: 'open.waiting',
    effects: ['answer rejected wrongTerms'],
  },
]

function whileDelivering(): Case[] {
  const from = 'delivering'
  const reported = (outcome: string) => ['stop vendLimit', outcome, 'show concluded', 'set reporting']
  return [
    {
      from,
      event: { type: 'xstate.after.vendLimit.sale.delivering' },
      to: 'reporting',
      effects: reported('outcome unknown vend-limit'),
    },
    { from, event: concluded, to: 'reporting', effects: reported('outcome failed vend-failed') },
    {
      from,
      event: { type: 'restarted' },
      to: from,
      effects: ['stop vendLimit', 'listen', 'show delivering', 'set vendLimit'],
    },
    { from, event: item(true), to: from, effects: ['noteSurprise'] },
    { from, event: typed(true, null), to: from, effects: [] },
    { from, event: told(saleId), to: from, effects: ['answer stored'] },
    { from, event: cancelled('cancelled'), to: from, effects: [] },
    { from, event: attend(true), to: from, effects: ['answer rejected busy'] },
    { from, event: { type: 'sessionEnded' }, to: from, effects: [] },
    { from, event: { type: 'journalFailed' }, to: from, effects: [] },
    { from, event: { type: 'stopping' }, to: from, effects: [] },
  ]
}

function whileReporting(): Case[] {
  const from = 'reporting'
  return [
    {
      from,
      event: { type: 'xstate.after.reporting.sale.reporting' },
      to: 'standby',
      effects: ['stop reporting', 'sleepLink'],
    },
    {
      from,
      event: { type: 'outcomeStored', saleId },
      to: 'standby',
      effects: ['stop reporting', 'sleepLink'],
    },
    { from, event: item(true), to: 'open.offering', effects: ['stop reporting', ...begun] },
    { from, event: item(false), to: from, effects: ['denyVend'] },
    {
      from,
      event: { type: 'restarted' },
      to: from,
      effects: ['stop reporting', 'startHardware', 'set reporting'],
    },
    { from, event: concluded, to: from, effects: ['noteSurprise'] },
    { from, event: typed(true, null), to: from, effects: [] },
    { from, event: told(saleId), to: from, effects: ['show told', 'answer stored'] },
    { from, event: cancelled('cancelled'), to: from, effects: [] },
    { from, event: attend(true), to: from, effects: ['answer rejected busy'] },
    { from, event: { type: 'sessionEnded' }, to: from, effects: [] },
    { from, event: { type: 'journalFailed' }, to: from, effects: [] },
    { from, event: { type: 'stopping' }, to: from, effects: [] },
  ]
}

export const cases: readonly Case[] = [
  ...leaves.flatMap(everywhere),
  ...onStandby(),
  ...leaves.filter((leaf) => leaf.startsWith('open.')).flatMap(whileOpen),
  ...openOnly,
  ...whileDelivering(),
  ...whileReporting(),
]
