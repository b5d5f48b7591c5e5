// What a language file must say: every sentence with the placeholders it must name, and its longest cases,
// by which its length is checked. The sentences themselves are in languages/, one file a language.
import { largestAmountMinor } from '@concilia/protocol/money.ts'
import type { DeclineReason } from '../payments/port.ts'
import type { Say } from './say.ts'

/** What may stand in braces in a language file. */
export const placeholders = [
  'machine',
  'price',
  'code',
  'figure',
  'time',
  'suggestion',
  'seller',
  'reference',
  'reason',
  'tries',
  'service',
  'helpNumber',
] as const
export type Placeholder = (typeof placeholders)[number]

export const declineReasons = [
  'noAccount',
  'notEnough',
  'capReached',
  'accountBarred',
  'wrongCode',
  'noPin',
  'wayNotAllowed',
  'notAllowed',
  'tooLate',
] as const satisfies readonly DeclineReason[]

/** A kind of `Say` is one sentence, but for those of which what is known makes several. */
export type SentenceName =
  | Say['kind']
  | 'perhapsMachine'
  | 'mistypedMachine'
  | 'pinAsked'
  | 'wrongCodeTooOften'

export interface SentenceShape {
  /** Where it must be said in words of its own: a screen that has none says the text, and the other way. */
  readonly on: 'text' | 'screen' | 'each'
  /** What it must name; it may name whatever else its cases hold. */
  readonly must: readonly Placeholder[]
  /** Of a screen: the figures that must begin a line of it. */
  readonly picks?: readonly string[]
  /** Said once for each number that the language tells apart (`one`, `other`). */
  readonly counted?: true
  /** The longest there are. */
  readonly cases: readonly Say[]
}

const machineNumber = '40218888'
const price = { amountMinor: largestAmountMinor, currency: 'EUR' } as const
const payment = { machineNumber, price, reference: 'AB12CD34' }
/** One is written in seconds, one in minutes. */
const times = [119_000, 15 * 60_000]
const machine: SentenceShape['must'] = ['machine']
const paid: SentenceShape['must'] = ['machine', 'price', 'reference', 'helpNumber']

export const sentences: Readonly<Record<SentenceName, SentenceShape>> = {
  price: {
    on: 'text',
    must: ['machine', 'price', 'code', 'time', 'service', 'helpNumber'],
    cases: times.map((withinMs) => ({ kind: 'price', machineNumber, price, code: '73847384', withinMs })),
  },
  priceMenu: {
    on: 'screen',
    must: ['machine', 'price', 'figure', 'service', 'helpNumber'],
    picks: ['9', '0'],
    cases: [{ kind: 'priceMenu', machineNumber, price, figure: 9 }],
  },
  codeSent: { on: 'screen', must: machine, cases: [{ kind: 'codeSent', machineNumber }] },
  answerLater: { on: 'screen', must: ['service'], cases: [{ kind: 'answerLater' }] },
  chooseNow: {
    on: 'each',
    must: ['machine', 'time'],
    picks: ['1', '0'],
    cases: times.map((withinMs) => ({ kind: 'chooseNow', machineNumber, withinMs })),
  },
  paying: { on: 'text', must: ['machine', 'price'], cases: [{ kind: 'paying', machineNumber, price }] },
  takenByAnother: { on: 'text', must: machine, cases: [{ kind: 'takenByAnother', machineNumber }] },
  tooLate: { on: 'text', must: machine, cases: [{ kind: 'tooLate', machineNumber }] },
  cancelled: { on: 'text', must: machine, cases: [{ kind: 'cancelled', machineNumber }] },
  declined: {
    on: 'text',
    must: ['machine', 'reason', 'helpNumber'],
    cases: declineReasons.map((reason) => ({ kind: 'declined', reason, machineNumber })),
  },
  paymentUnavailable: { on: 'text', must: machine, cases: [{ kind: 'paymentUnavailable', machineNumber }] },
  machineUnavailable: { on: 'text', must: machine, cases: [{ kind: 'machineUnavailable', machineNumber }] },
  noSuchMachine: {
    on: 'each',
    must: machine,
    picks: ['0'],
    cases: [{ kind: 'noSuchMachine', machineNumber }],
  },
  perhapsMachine: {
    on: 'each',
    must: ['machine', 'suggestion'],
    picks: ['1', '0'],
    cases: [{ kind: 'noSuchMachine', machineNumber, suggestion: '40218889' }],
  },
  mistypedMachine: {
    on: 'each',
    must: machine,
    picks: ['0'],
    cases: [{ kind: 'noSuchMachine', machineNumber, mistyped: true }],
  },
  presenceWanted: {
    on: 'each',
    must: [],
    picks: ['0'],
    cases: [{ kind: 'presenceWanted', machineNumber }],
  },
  receipt: {
    on: 'text',
    must: [...paid, 'seller'],
    cases: [{ kind: 'receipt', ...payment, seller: 'Distributeurs du Nord et de la Côte' }],
  },
  refundNotice: { on: 'text', must: paid, cases: [{ kind: 'refundNotice', ...payment }] },
  unknownClosedNotice: { on: 'text', must: paid, cases: [{ kind: 'unknownClosedNotice', ...payment }] },
  owedNotice: { on: 'text', must: paid, cases: [{ kind: 'owedNotice', ...payment }] },
  validationAsked: {
    on: 'each',
    must: ['machine', 'price'],
    picks: ['0'],
    cases: [{ kind: 'validationAsked', machineNumber, price }],
  },
  pinAsked: {
    on: 'each',
    must: ['machine', 'price'],
    picks: ['0'],
    cases: [{ kind: 'validationAsked', by: 'pin', machineNumber, price }],
  },
  wrongCode: {
    on: 'each',
    must: ['machine', 'tries'],
    picks: ['0'],
    counted: true,
    cases: [1, 2].map((triesLeft) => ({ kind: 'wrongCode', machineNumber, triesLeft })),
  },
  wrongCodeTooOften: {
    on: 'text',
    must: machine,
    cases: [{ kind: 'wrongCode', machineNumber, triesLeft: 0 }],
  },
  pageCode: {
    on: 'text',
    must: ['machine', 'code', 'service'],
    cases: [{ kind: 'pageCode', machineNumber, code: '738473' }],
  },
  codeMissing: { on: 'text', must: [], cases: [{ kind: 'codeMissing' }] },
  nothingOpen: { on: 'text', must: [], cases: [{ kind: 'nothingOpen' }] },
  askMachineNumber: { on: 'each', must: ['service'], picks: ['0'], cases: [{ kind: 'askMachineNumber' }] },
  unreadable: { on: 'each', must: [], picks: ['0'], cases: [{ kind: 'unreadable' }] },
  help: { on: 'text', must: ['service', 'helpNumber'], cases: [{ kind: 'help' }] },
  stopped: { on: 'text', must: ['service'], cases: [{ kind: 'stopped' }] },
  started: { on: 'text', must: ['service'], cases: [{ kind: 'started' }] },
  numberRefused: { on: 'screen', must: ['helpNumber'], cases: [{ kind: 'numberRefused' }] },
  tooManyRequests: { on: 'text', must: ['service'], cases: [{ kind: 'tooManyRequests' }] },
}

export function sentenceFor(say: Say): SentenceName {
  if (say.kind === 'noSuchMachine' && say.suggestion !== undefined) return 'perhapsMachine'
  if (say.kind === 'noSuchMachine' && say.mistyped) return 'mistypedMachine'
  if (say.kind === 'validationAsked' && say.by === 'pin') return 'pinAsked'
  if (say.kind === 'wrongCode' && say.triesLeft === 0) return 'wrongCodeTooOften'
  return say.kind
}

/** The highest figure that a line of its screen begins with, of a menu that shows no price; 0: none does. */
export function figureOffered(say: Say): number {
  return Math.max(0, ...(sentences[sentenceFor(say)].picks ?? []).map(Number))
}

/** What a sentence about this may name; `service` and `helpNumber` always may be. */
export function nameable(say: Say): Set<Placeholder> {
  const fields = Object.keys(say)
  return new Set(placeholders.filter((name) => fields.includes(fieldOf[name] ?? '') || !(name in fieldOf)))
}

const fieldOf: Partial<Record<Placeholder, string>> = {
  machine: 'machineNumber',
  price: 'price',
  code: 'code',
  figure: 'figure',
  time: 'withinMs',
  suggestion: 'suggestion',
  seller: 'seller',
  reference: 'reference',
  reason: 'reason',
  tries: 'triesLeft',
}
