// Coins as the auditor sees them, kept and broken: a sale for coins made by hand, with what a machine's metal
// does and what its automaton writes.
import { expect, test } from 'vitest'
import type { Observation, SeenCoin } from '../observations.ts'
import {
  audit,
  automatonId,
  changed,
  goodSale,
  inserted,
  type Step,
  step,
  upTo,
  without,
} from './auditor-fixture.ts'
import { emptyTill, type SeenTill } from './seen-kiosk.ts'

type Counters = Partial<{ -readonly [Name in keyof SeenTill['counters']]: SeenTill['counters'][Name] }>

function till(counters: Counters = {}, held: Partial<SeenTill> = {}): Observation {
  const written = { ...emptyTill, ...held, counters: { ...emptyTill.counters, ...counters } }
  return { type: 'tillStored', automatonId, text: JSON.stringify(written) }
}
const coin = (what: SeenCoin, amountMinor: number): Observation => ({
  type: 'coin',
  automatonId,
  what,
  amountMinor,
})
const motor = (event: string, by: 'coins' | 'phone' | 'nobody' = 'coins'): Observation => ({
  type: 'machine',
  automatonId,
  event,
  item: 1,
  by,
})
const counted = (amountMinor: number, acknowledges = true): Observation => ({
  type: 'coinsCounted',
  automatonId,
  amountMinor,
  acknowledges,
})
const fault = (what: string): Observation => ({ type: 'fault', what, whom: automatonId, untilMs: 1_000_000 })

const vend = { number: 1, priceMinor: 150, means: 'coins' } as const
const taken = { inTubesMinor: 200 }
const sold = { ...taken, coins: { valueMinor: 150 } }
const returned = { order: { valueMinor: 200 } }
const command = { order: { valueMinor: 50, count: 1 } }

/** 2.00 for an item of 1.50, and 0.50 back. */
const sale: Step[] = [
  step('before', counted(1_000)),
  step('coin', coin('taken', 200)),
  step('credit', till(taken, { creditMinor: 200 })),
  step('vend', till(taken, { creditMinor: 200, vend })),
  step('turns', motor('approved')),
  step('falls', motor('dropped')),
  step('sold', till(sold, { payout: { leftMinor: 50, failures: 0 } })),
  step('ordered', till(sold, { payout: { leftMinor: 50, failures: 0, command } })),
  step('change', coin('paid', 50)),
  step('over', till({ ...sold, paidOutMinor: 50 })),
  step('after', counted(1_150)),
]
const vendFailed: Step[] = [
  ...upTo(sale, 'turns'),
  step('failed', till(taken, { payout: { leftMinor: 200, failures: 0 } })),
  step('owed', till({ ...taken, owedMinor: 200 })),
]
const unknown: Step[] = [
  ...upTo(sale, 'falls'),
  step('unknown', till({ ...taken, unknown: { number: 1 }, owedMinor: 200 })),
]
const again = { ...taken, events: { EAG_R: { number: 1 } } }
/** Another coin that follows the first, and is taken for it. */
const twin: Step[] = [
  ...upTo(sale, 'credit'),
  step('twin', coin('taken', 200)),
  step('again', till(again, { creditMinor: 200 })),
  step('over', till({ ...again, owedMinor: 200 })),
]
const lostAnswer = step('lost', fault('behaviour loseAnswer'))
const doubt = changed(without(sale, 'change', 'after'), 'over', till({ ...sold, inDoubtMinor: 50 }))

const kept: Record<string, Step[]> = {
  'a sale for coins': sale,
  'a coin that came back at once': inserted(sale, 'vend', coin('tray', 50), coin('stuck', 50)),
  'a coin that was credited and fished out, and given back': [
    step('fished', coin('fished', 200)),
    step('credit', till(taken, { creditMinor: 200 })),
    step('ordered', till(taken, { payout: { leftMinor: 200, failures: 0, command: returned } })),
    step('returned', coin('paid', 200)),
    step('over', till({ ...taken, paidOutMinor: 200 })),
  ],
  'coins owed after a jam': [step('jam', fault('behaviour payoutJam')), ...vendFailed],
  'a vend of which nobody knows, in a power cut': [
    step('cut', fault('behaviour powerCutInVend')),
    ...unknown,
  ],
  'change in doubt after a reset': [step('reset', fault('behaviour resetInPayout')), ...doubt],
  'change in doubt that came out': [
    step('reset', fault('behaviour resetInPayout')),
    ...changed(sale, 'over', till({ ...sold, inDoubtMinor: 50 })),
  ],
  'a coin that a reset took from the changer’s mind': [
    step('reset', fault('behaviour resetInPayout')),
    ...inserted(without(sale, 'after'), 'vend', coin('taken', 100)),
  ],
  'a coin that nobody could tell from the one before it, after an answer of the bus was lost': [
    lostAnswer,
    ...twin,
  ],
  'a sale by phone at a kiosk': inserted(
    inserted(goodSale(), 'approved', till({}, { vend: { ...vend, means: 'phone' } })),
    'word',
    till({ phone: { valueMinor: 150 } }),
  ),
}

const broken: Record<string, readonly [rule: number, steps: Step[]]> = {
  'a credit for a coin that nobody put in': [4, without(sale, 'coin', 'after')],
  'a coin that is credited twice': [
    4,
    inserted(sale, 'vend', till({ inTubesMinor: 400 }, { creditMinor: 400 })),
  ],
  'a till that does not account for its coins': [
    4,
    changed(sale, 'credit', till(taken, { creditMinor: 150 })),
  ],
  'a coin that the automaton acknowledged and never knew of': [
    4,
    [step('crash', fault('automatonStop')), ...inserted(without(sale, 'after'), 'vend', coin('taken', 100))],
  ],
  'a coin that is taken for the one before it without a cause': [4, twin],
  'a coin that is taken for one of another kind': [
    4,
    [lostAnswer, ...changed(twin, 'twin', coin('taken', 100))],
  ],
  'a coin that was not told and of which nothing is said': [
    4,
    [lostAnswer, ...changed(without(twin, 'again'), 'over', till({ ...taken, owedMinor: 200 }))],
  ],
  'coins that are in the machine and came from nowhere': [4, changed(sale, 'after', counted(1_200))],
  'change that was paid twice': [9, inserted(sale, 'over', coin('paid', 50))],
  'change that did not come and is said to have': [4, without(sale, 'change', 'after')],
  'change paid before its order is written': [9, without(sale, 'ordered')],
  'a motor that turns before its vend is written': [9, inserted(sale, 'vend', motor('approved', 'nobody'))],
  'goods that fall twice for one vend': [3, inserted(sale, 'sold', motor('dropped'))],
  'a vend under a number given before': [3, inserted(sale, 'after', till(sold, { vend, creditMinor: 0 }))],
  'coins kept for goods that did not fall': [2, without(sale, 'falls')],
  'goods that fell and are said to have failed': [
    2,
    changed(upTo(sale, 'sold'), 'sold', till(taken, { creditMinor: 200 })),
  ],
  'a vend of which nobody knows, without a cause': [2, unknown],
  'change owed without a cause': [2, vendFailed],
  'change in doubt without a cause': [2, doubt],
  'a credit that is left when all is quiet': [5, upTo(sale, 'credit')],
  'an offer delivered after coins have paid the item': [
    3,
    [...upTo(goodSale(), 'begun'), ...sale, ...goodSale().slice(4)],
  ],
  'a vend by phone that was not promised': [
    1,
    changed(sale, 'vend', till(taken, { creditMinor: 200, vend: { ...vend, means: 'phone' } })),
  ],
}

test.each(Object.entries(kept))('no rule is broken by %s', (_, steps) => {
  expect(audit(steps)).toEqual([])
})

test.each(Object.entries(broken))('%s is seen', (_, [rule, steps]) => {
  expect(audit(steps).join('\n')).toMatch(new RegExp(`^rule ${rule}: `, 'm'))
})
