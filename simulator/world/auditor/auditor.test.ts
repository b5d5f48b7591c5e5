// Each rule as the auditor sees it, kept and broken, in sales made by hand: what it lets pass is told as well
// as what it catches, because an auditor that cries at everything proves as little as one that is silent.
import { expect, test } from 'vitest'
import type { Observation } from '../observations.ts'
import {
  answered,
  asked,
  audit,
  automatonId,
  buyer,
  changed,
  debit,
  goodSale,
  heard,
  inserted,
  instruction,
  moved,
  payment,
  premises,
  refund,
  type Step,
  state,
  step,
  unknownSale,
  upTo,
  without,
  word,
} from './auditor-fixture.ts'

const sale = goodSale()
const ofMachine = (event: string): Observation => ({
  type: 'machine',
  automatonId,
  event,
  item: 1,
  by: 'phone',
})
const fault = (what: string, whom = automatonId, untilMs = 1_000_000): Observation => ({
  type: 'fault',
  what,
  whom,
  untilMs,
})
const promise = (promise: 'deliver' | 'withdraw', saleId = 'sale'): Observation => ({
  type: 'promiseStored',
  automatonId,
  saleId,
  promise,
})
const unsettled = 'operator:snacks:unsettled:EUR'

/** The sale told to fail by its machine, and given back. */
const failed = [
  ...upTo(sale, 'approved'),
  step('word', word(2, 'sale', 'failed')),
  step('wordHeard', heard(2)),
  step('refund', refund()),
  step('recredited', state('sale', 'recredited')),
]
const unknown = unknownSale()
const blinded = inserted(unknown, 'dropped', fault('unplugged'))
const withdrawn = [
  ...upTo(sale, 'begun'),
  step('promise', promise('withdraw')),
  step('word', word(2, 'sale', 'withdrawn')),
  step('wordHeard', heard(2)),
  step('withdrawn', state('sale', 'withdrawn')),
]
const held = changed(
  changed(sale, 'debit', moved('hold', 'account', unsettled, { layer: 'held' })),
  'payable',
  fault('wayCut'),
)

/** Long after anything that could excuse it. */
const leftWaiting = step('left', ofMachine('patienceOver'), 3 * premises.readerLimitMs)

/** The machine's next, whose price has the first one's code. */
const nextSale = sameCode('second', 11)

const kept: Record<string, Step[]> = {
  'a good sale': sale,
  'a vend that failed, given back': failed,
  'an offer withdrawn': withdrawn,
  'an unknown that a pulled line explains': blinded,
  'a hold, posted and made payable': inserted(
    changed(
      changed(sale, 'debit', moved('hold', 'account', unsettled, { layer: 'held' })),
      'settling',
      moved('post', unsettled, 'account', { layer: 'held' }),
    ),
    'payable',
    moved('post', 'account', unsettled),
  ),
  'one code that chance gives twice': inserted(sale, 'settled', price('2.00', '1234')),
  'one code that chance gives to two sales': [...sale, ...nextSale],
  'a yes on a screen, while another dialogue shows another price': onScreens(1),
  'the same price read twice': inserted(sale, 'yes', observationOf('price')),
  'a key asked for twice and answered alike': inserted(sale, 'instruction', asked(2), answered(2)),
  'a key refused once it was voided': inserted(
    sale,
    'instruction',
    asked(2),
    answered(2, 409, '{"code":"CONCILIA.VOIDED"}'),
  ),
  'a key that is in doubt after its yes': inserted(sale, 'instruction', asked(2), answered(2, 503, '{}')),
  'a machine left waiting by an automaton that was stopped': [
    ...sale,
    step('stop', fault('automatonStop')),
    leftWaiting,
  ],
  'money back on silence beyond the limit': [
    ...upTo(sale, 'instructed'),
    step('refund', refund(), premises.silenceMs),
    step('closed', state('sale', 'unknownClosed')),
  ],
  'money back on a person’s word': [
    ...upTo(sale, 'instructed'),
    step('person', { type: 'personCommitted', saleId: 'sale', action: 'closeSale' }),
    step('refund', refund()),
    step('closed', state('sale', 'recredited')),
  ],
}

test.each(Object.entries(kept))('no rule is broken by %s', (_, steps) => {
  expect(audit(steps)).toEqual([])
})

const second = (observation: Observation) => inserted(sale, 'settled', observation)
const deliveredLate = changed(sale, 'promise', promise('deliver'), premises.offerWaitMs + 1_000)
const broken: Record<string, readonly [rule: number, steps: Step[]]> = {
  'a vend approved that was not promised': [1, without(sale, 'promise')],
  'a vend approved that nobody paid': [1, without(sale, 'payment', 'debit', 'asked', 'answered')],
  'goods that fall without an approval': [1, without(sale, 'approved')],
  'goods for nothing': [2, inserted(failed, 'word', ofMachine('dropped'))],
  'money for nothing': [2, without(sale, 'approved', 'dropped')],
  'an unknown that nothing explains': [2, unknown],
  'an unknown of a sale whose word was heard in time': [
    2,
    changed(failed, 'recredited', state('sale', 'unknownClosed')),
  ],
  'a delivered sale whose money is only held': [2, held],
  'a delivered sale whose money is not the operator’s': [2, without(sale, 'payable')],
  'goods that fall twice': [3, second(ofMachine('dropped'))],
  'two payments of one sale': [3, [...second(payment('other', 'sale')), step('debit', debit('other'))]],
  'a payment of no sale': [3, second(debit('nobody’s'))],
  'an account that is overdrawn': [4, second(moved('debit', 'account', unsettled, { amountMinor: 900 }))],
  'entries that do not sum to zero': [4, second(oneSided())],
  'a machine left without a decision': [6, [...sale, leftWaiting]],
  'a machine left waiting while only its link was cut': [
    6,
    [...sale, step('cut', fault('wayCut')), leftWaiting],
  ],
  'an instruction after the machine has withdrawn': [
    7,
    inserted(withdrawn, 'withdrawn', instruction('late', 'sale', 'deliver')),
  ],
  'a sale that ends while its buyer’s money is tied': [8, without(failed, 'refund')],
  'a word published that was not stored': [
    9,
    second({ type: 'published', automatonId, channel: 'outcome', text: '{"kind":"outcome"}' }),
  ],
  'an instruction answered before the answer is stored': [
    9,
    second({ type: 'published', automatonId, channel: 'stored', text: '{"instructionId":"x"}' }),
  ],
  'an instruction that no outbox holds': [9, second(sent('instruction', { id: 'x' }))],
  'a text that no outbox holds': [9, second({ type: 'textHandedOver', key: 'x' })],
  'a text taken that no inbox holds': [9, second({ type: 'textTaken', gateway: 'g', key: 'x' })],
  'a gap in what is said to be stored': [9, second(stored(3))],
  'a message said to be stored beyond a gap': [9, second(stored(2, [4]))],
  'a payment asked for under a key that no outbox holds': [9, without(sale, 'paymentRow')],
  'a payment answered that no book holds': [
    9,
    inserted(sale, 'instruction', asked(2), answered(2, 201, '{"paymentId":"x"}')),
  ],
  'a promise on an offer that was not stored': [9, second(promise('deliver', 'x'))],
  'a key answered with other bytes': [
    10,
    inserted(sale, 'instruction', asked(2), answered(2, 201, '{"paymentId":"sale payment","again":1}')),
  ],
  'a key accepted with another body': [
    10,
    inserted(sale, 'instruction', asked(2, '{"clientCorrelator":"sale:1"}'), answered(2)),
  ],
  'a key refused that was accepted': [
    10,
    inserted(sale, 'instruction', asked(2), answered(2, 409, '{"code":"CONCILIA.OFFER_CHARGED"}')),
  ],
  'money back while the machine is silent': [
    11,
    [...upTo(sale, 'instructed', refund()), step('closed', state('sale', 'unknownClosed'))],
  ],
  'money back though it was delivered': [11, inserted(sale, 'settling', refund())],
  'two promises': [12, second(promise('withdraw'))],
  'a withdrawal that was not promised': [12, without(withdrawn, 'promise')],
  'a delivery by another boot': [
    13,
    inserted(sale, 'promise', { type: 'booted', automatonId, journalId: 'journal', boot: 2 }),
  ],
  'a delivery after the wait': [13, deliveredLate],
  'codes that stand for two prices': [
    14,
    inserted(
      sale,
      'settled',
      ...['1234', '5678'].flatMap((code) => [price('1.50', code), price('2.00', code)]),
    ),
  ],
  'one yes for two sales': [14, [...sale, ...without(goodSale('second', 11), 'price', 'yes')]],
  'one code for two sales, and one yes': [14, [...sale, ...without(nextSale, 'yes')]],
  'one code for sale after sale': [14, [...sale, ...nextSale, ...sameCode('third', 21)]],
  'a charge without a yes': [15, without(sale, 'yes')],
  'a charge after a yes to another price': [15, changed(sale, 'price', price('1.00', '1234'))],
  'a yes on the screen of another dialogue': [15, onScreens(2)],
  'a yes with a wrong code': [15, changed(sale, 'yes', { type: 'said', buyer, words: 'YES 9999' })],
  'a process that ends by itself': [16, second({ type: 'processDied', process: 'centre', error: 'why' })],
  'a text that is refused for good': [16, second({ type: 'textRefused', key: 'x', why: 'why' })],
}

test.each(Object.entries(broken))('%s is seen', (_, [rule, steps]) => {
  const [first] = audit(steps)
  expect(first).toMatch(new RegExp(`^rule ${rule}: `))
})

test('what has not ended when all should be quiet breaks rule 5', () => {
  expect(audit(sale, { isQuiet: false, left: ['a row is due'] })[0]).toMatch(/^rule 5: .*a row is due/)
  expect(audit(upTo(sale, 'instructed'))[0]).toMatch(/^rule 5: .*still open/)
  expect(audit(upTo(sale, 'instructed'), 'not over')).toEqual([])
})

test('what the centre’s own check of its books finds breaks rule 4', () => {
  expect(audit(sale, { bookFaults: ['a sum differs'] })).toEqual(['rule 4: a sum differs'])
})

test('more unknown outcomes of a machine than the cap, with no person, break rule 2', () => {
  const again = inserted(unknownSale('second', 11), 'dropped', fault('unplugged'))
  expect(audit([...blinded, ...again]).at(-1)).toMatch(/^rule 2: 2 unknown outcomes of automaton/)
  const seen = inserted(again, 'closed', { type: 'personCommitted', saleId: 'second', action: 'closeSale' })
  expect(audit([...blinded, ...seen])).toEqual([])
})

function observationOf(name: string): Observation {
  const found = sale.find((each) => each.name === name)
  if (!found) throw new Error(`no step ${name}`)
  return found.observation
}

function sameCode(saleId: string, first: number): Step[] {
  const next = changed(goodSale(saleId, first), 'price', observationOf('price'))
  return changed(next, 'yes', observationOf('yes'))
}

/** Two dialogues of one phone show a price each, the first one the sale's; then the figure is typed. */
function onScreens(typedIn: number): Step[] {
  const screen = (words: string, dialogue: number): Observation => ({
    type: 'read',
    buyer,
    words: `${words}\n1 Pay`,
    key: '',
    dialogue,
  })
  const shown = changed(sale, 'price', screen('Machine 4021: 1.50 EUR', 1))
  const typed = changed(shown, 'yes', { type: 'said', buyer, words: '1', dialogue: typedIn })
  return inserted(typed, 'yes', screen('Machine 4038: 2.00 EUR', 2))
}

function price(euros: string, code: string): Observation {
  return { type: 'read', buyer, words: `Machine 4021: ${euros} EUR. Reply YES ${code}`, key: 'text' }
}

function oneSided(): Observation {
  const entries = [{ accountId: 'account', layer: 'posted', amountMinor: 1 }]
  return { type: 'transferCommitted', transfer: { id: 'x', kind: 'refund', paymentId: '', entries } }
}

function sent(channel: string, body: object): Observation {
  return { type: 'sent', server: 'server', automatonId, channel, text: JSON.stringify(body) }
}

function stored(upTo: number, beyond: number[] = []): Observation {
  return sent('stored', { journalId: 'journal', upTo, beyond })
}
