// A good sale as the auditor sees it, step by step and each step named, for tests that take one away, change
// one or put one in between. Made by hand: nothing of the programs goes into it.
import type { Observation, SeenTransfer } from '../observations.ts'
import { Auditor, type Premises } from './auditor.ts'
import type { Ending } from './ending-rules.ts'

export interface Step {
  readonly name: string
  readonly observation: Observation
  /** Since the step before (ms). */
  readonly afterMs: number
}

export const premises: Premises = {
  silenceMs: 300_000,
  offerWaitMs: 60_000,
  readerLimitMs: 70_000,
  vendMs: 30_000,
  unknownsOfMachine: 1,
  drift: 0,
  numberOfHash: new Map([['hash', '+33612000010']]),
  machineNumberOf: new Map([['automaton', '4021']]),
}

const quiet: Ending = { isQuiet: true, left: [], bookFaults: [] }
export const automatonId = 'automaton'
export const buyer = '+33612000010'
const operator = (name: string) => `operator:snacks:${name}:EUR`

export function step(name: string, observation: Observation, afterMs = 1_000): Step {
  return { name, observation, afterMs }
}

/** A word of the automaton about a sale; only its payload is looked at. */
export function word(seq: number, saleId: string, said: string): Observation {
  const token = (payload: object) => `.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`
  const of = { journalId: 'journal', seq, saleId }
  if (said === 'offer') return stored('offer', { ...of, kind: said })
  if (said === 'withdrawn') return stored('withdrawal', { ...of, withdrawal: token({ saleId }) })
  return stored('outcome', { ...of, outcome: token({ saleId, result: said }) })

  function stored(kind: string, text: object): Observation {
    return { type: 'wordStored', automatonId, saleId, kind, text: JSON.stringify(text) }
  }
}

export function heard(seq: number): Observation {
  return { type: 'inboxCommitted', source: `machine ${automatonId} journal`, key: String(seq) }
}

export function state(saleId: string, name: string, open = false): Observation {
  return { type: 'saleCommitted', saleId, state: name, open, aside: null }
}

export function instruction(id: string, saleId: string, kind: string): Observation {
  return {
    type: 'outboxCommitted',
    id,
    kind: 'instruction',
    saleId,
    body: JSON.stringify({ instruction: { id, kind } }),
  }
}

export function moved(
  kind: string,
  from: string,
  to: string,
  { paymentId = 'sale payment', amountMinor = 150, layer = 'posted' } = {},
): Observation {
  const entries: SeenTransfer['entries'] = [
    { accountId: from, layer, amountMinor: -amountMinor },
    { accountId: to, layer, amountMinor },
  ]
  return { type: 'transferCommitted', transfer: { id: `${kind} ${paymentId}`, kind, paymentId, entries } }
}

export const debit = (paymentId = 'sale payment') =>
  moved('debit', 'account', operator('unsettled'), { paymentId })
export const refund = (paymentId = 'sale payment') =>
  moved('refund', operator('unsettled'), 'account', { paymentId })

export function payment(id: string, saleId: string): Observation {
  const key = `${saleId}:1`
  const payment = { id, saleId, key, accountId: 'account', amountMinor: 150, status: 'succeeded' }
  return { type: 'paymentCommitted', payment }
}

export const requestOf = (saleId: string) =>
  JSON.stringify({ clientCorrelator: `${saleId}:1`, amount: '1.50' })
const madeOf = (saleId: string) => JSON.stringify({ paymentId: `${saleId} payment` })
export const asked = (exchange: number, body = requestOf('sale')): Observation => ({
  type: 'asked',
  exchange,
  method: 'POST',
  path: '/carrier-billing/payments',
  body,
})
export const answered = (exchange: number, status = 201, body = madeOf('sale')): Observation => ({
  type: 'answered',
  exchange,
  status,
  body,
})

/** What is there before the first sale: the machine's process, and a buyer with money. */
export const opened: Step[] = [
  step('boot', { type: 'booted', automatonId, journalId: 'journal', boot: 1 }),
  step('account', {
    type: 'accountCommitted',
    accountId: 'account',
    subscriberHash: 'hash',
    ceilingMinor: 0,
  }),
  step('topUp', moved('topUp', 'centre:float:EUR', 'account', { paymentId: '', amountMinor: 1_000 })),
]

/**
 * From the offer to the operator's share, in debit mode.
 * @param first its number among the machine's words; also its code and the number of its request
 */
export function goodSale(saleId = 'sale', first = 1): Step[] {
  const paymentId = `${saleId} payment`
  const code = 1233 + first
  return [
    step('offer', { type: 'offerStored', automatonId, saleId, offerHash: 'hash', amountMinor: 150 }),
    step('offerWord', word(first, saleId, 'offer')),
    step('offerHeard', heard(first)),
    step('begun', state(saleId, 'open.consenting', true)),
    step('price', { type: 'read', buyer, words: `Machine 4021: 1.50 EUR. Reply YES ${code}`, key: 'text' }),
    step('yes', { type: 'said', buyer, words: `YES ${code}` }),
    step('paymentRow', {
      type: 'outboxCommitted',
      id: `${saleId} operation`,
      kind: 'payment',
      saleId,
      body: JSON.stringify({ operation: { key: `${saleId}:1` } }),
    }),
    step('charging', state(saleId, 'charging.authorising', true)),
    step('asked', asked(first, requestOf(saleId))),
    step('payment', payment(paymentId, saleId)),
    step('debit', debit(paymentId)),
    step('answered', answered(first, 201, madeOf(saleId))),
    step('instruction', instruction(`${saleId} instruction`, saleId, 'deliver')),
    step('instructed', state(saleId, 'instructed', true)),
    step('promise', { type: 'promiseStored', automatonId, saleId, promise: 'deliver' }),
    step('approved', { type: 'machine', automatonId, event: 'approved', item: 1, by: 'phone' }),
    step('dropped', { type: 'machine', automatonId, event: 'dropped', item: 1, by: 'phone' }),
    step('word', word(first + 1, saleId, 'delivered')),
    step('wordHeard', heard(first + 1)),
    step('settling', state(saleId, 'settling.booking', true)),
    step('payable', moved('deliver', operator('unsettled'), operator('payable'), { paymentId })),
    step('settled', state(saleId, 'settled')),
  ]
}

/** Goods fell, the machine cannot say so, the buyer has the money back. */
export function unknownSale(saleId = 'sale', first = 1): Step[] {
  return [
    ...upTo(goodSale(saleId, first), 'dropped'),
    step('word', word(first + 1, saleId, 'unknown')),
    step('wordHeard', heard(first + 1)),
    step('refund', refund(`${saleId} payment`)),
    step('closed', state(saleId, 'unknownClosed')),
  ]
}

export function without(steps: readonly Step[], ...names: string[]): Step[] {
  return steps.filter(({ name }) => !names.includes(name))
}

export function changed(
  steps: readonly Step[],
  name: string,
  observation: Observation,
  afterMs?: number,
): Step[] {
  return steps.map((each) =>
    each.name === name ? { name, observation, afterMs: afterMs ?? each.afterMs } : each,
  )
}

export function inserted(steps: readonly Step[], before: string, ...more: Observation[]): Step[] {
  return steps.flatMap((each) =>
    each.name === before ? [...more.map((observation) => step('more', observation)), each] : [each],
  )
}

export function upTo(steps: readonly Step[], last: string, ...more: Observation[]): Step[] {
  const end = steps.findIndex(({ name }) => name === last) + 1
  return [...steps.slice(0, end), ...more.map((observation) => step('more', observation))]
}

/** @returns the breaches as the command prints them */
export function audit(steps: readonly Step[], ending: Partial<Ending> | 'not over' = {}): string[] {
  const auditor = new Auditor(premises)
  let at = 0
  for (const { observation, afterMs } of [...opened, ...steps]) {
    at += afterMs
    auditor.observe(observation, at)
  }
  if (ending !== 'not over') auditor.end({ ...quiet, ...ending }, at)
  return auditor.breaches.map(({ rule, words }) => `rule ${rule}: ${words}`)
}
