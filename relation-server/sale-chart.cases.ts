// The sale chart as a table for its tests: in each state, each event with each of its guards both ways, where
// it leads and what it asks for. The words of a row stand for the memories and events below. Which rows must
// stand here the tests derive from the chart itself. It is long because the chart is.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { validationWanted } from './payments/classify.ts'
import type { DeclineReason, PaymentResult } from './payments/port.ts'
import type { SaleContext, SaleInput } from './sale-context.ts'
import type { PhoneInSale, SaleEvent } from './sale-events.ts'
import type { ChartPayment, SaleEffect } from './sale-vocabulary.ts'

export const leaves = [
  'open.awaitingPhone',
  'open.consenting',
  'charging.authorising',
  'charging.inDoubt',
  'charging.validating',
  'charging.confirming',
  'voiding',
  'instructed',
  'settling.afterConfirm',
  'settling.booking',
  'recrediting.afterConfirm',
  'recrediting.undoing',
  'awaitingPerson',
] as const
export const endings = [
  'settled',
  'refused',
  'withdrawn',
  'expired',
  'recredited',
  'unknownClosed',
  'owed',
] as const
/** Decided at once and never stored. */
export const passing = ['settling.deciding', 'recrediting.deciding'] as const

export const offeredAt = 1_000_000
export const now = offeredAt + 20_000
export const input: SaleInput = {
  saleId: 'sale',
  automatonId: 'machine',
  machineNumber: '4021',
  seller: 'operator',
  item: 5,
  offerHash: 'hash',
  slip: 'slip',
  amountMinor: 150,
  currency: 'EUR',
  waitMs: defaultLimits.offerWaitMs,
  offeredAt,
  charge: 'debit',
}

export const phone = (
  id: string,
  step: PhoneInSale['step'],
  change: Partial<PhoneInSale> = {},
): PhoneInSale => ({
  identificationId: id,
  subscriberId: `subscriber ${id}`,
  channel: 'text',
  sessionId: null,
  language: 'en',
  vouched: false,
  code: '1111',
  step,
  operationId: `check ${id}`,
  triesLeft: 3,
  ...change,
})
const phones = (...list: PhoneInSale[]) => ({ phones: list })
const two = phones(phone('a', 'asked'), phone('b', 'asked'))
const paying = { ...two, payerId: 'a', operationId: 'op' }
const validating = { ...paying, paymentId: 'p', authorizationId: 'z' }
const delivering = {
  ...two,
  payerId: 'a',
  paymentId: 'p',
  acknowledgement: 'signed',
  instructedAt: offeredAt + 10_000,
}
const held = { ...delivering, charge: 'hold' as const }
const confirming = { ...held, confirming: true, operationId: 'op' }

/** What the sale remembers before the event. */
export const memories: Record<string, Partial<SaleContext>> = {
  nothing: {},
  checking: phones(phone('a', 'checking'), phone('b', 'checking')),
  lastChecking: phones(phone('a', 'checking'), phone('b', 'out')),
  two,
  one: phones(phone('a', 'asked'), phone('b', 'out')),
  vouched: phones(phone('a', 'asked', { vouched: true })),
  lastTry: phones(phone('a', 'asked', { triesLeft: 1 }), phone('b', 'asked')),
  lastTryAlone: phones(phone('a', 'asked', { triesLeft: 1 })),
  paying,
  payingHold: { ...paying, charge: 'hold' },
  toldBefore: { ...paying, evidence: 'told' },
  payingByHold: { ...paying, byHold: true, attempt: 2 },
  toldEarly: { ...paying, byHold: true, attempt: 2, earlyCode: '77' },
  validating,
  validatingTold: { ...validating, evidence: 'told' },
  validatingHold: { ...validating, charge: 'hold' },
  intoWithdrawn: { ...paying, voidInto: 'withdrawn' },
  intoRefused: { ...paying, voidInto: 'refused' },
  heard: { evidence: 'token' },
  heardHold: { charge: 'hold', evidence: 'token' },
  delivering,
  askedTwice: { ...delivering, asked: 2 },
  silent: { ...delivering, instructedAt: now - defaultLimits.silenceMs },
  held,
  lapsing: { ...held, honouredUntil: now + defaultLimits.confirmBeforeMs },
  confirming,
  gone: { ...delivering, charge: 'none' },
  booking: { ...delivering, operationId: 'op', evidence: 'token' },
  undoing: { ...delivering, operationId: 'op', because: 'failed' },
  undoingHold: { ...held, operationId: 'op', because: 'failed' },
  undoingUnknown: { ...delivering, operationId: 'op', because: 'unknown' },
  undoingLearnt: { ...delivering, operationId: 'op', because: 'unknown', learnt: 'token' },
  confirmingUndo: { ...confirming, because: 'failed' },
  confirmingUnknown: { ...confirming, because: 'unknown' },
  heldUnknown: { ...held, because: 'unknown', honouredUntil: now + defaultLimits.holdMs },
}

type Unstamped<T> = T extends unknown ? Omit<T, 'at' | 'mint' | 'mintInstruction'> : never
const answered = (operationId: string, result: PaymentResult): Unstamped<SaleEvent> => ({
  type: 'paymentAnswered',
  operationId,
  result,
})
const ok: PaymentResult = { kind: 'ok', paymentId: 'p', acknowledgement: 'signed' }
const refusedWith = (code: string, reason: DeclineReason): PaymentResult => ({
  kind: 'refused',
  code,
  reason,
})
const refused = refusedWith('CARRIER_BILLING.PAYMENT_DENIED', 'notEnough')
const inDoubt: PaymentResult = { kind: 'inDoubt', why: 'no answer' }
const reported = (result: 'delivered' | 'failed' | 'unknown', aboveCap = false): Unstamped<SaleEvent> => ({
  type: 'outcomeReported',
  token: 'token',
  result,
  detail: 'so',
  aboveCap,
})
const closed = (as: 'recredit' | 'writeOff'): Unstamped<SaleEvent> => ({
  type: 'closedByPerson',
  as,
  who: 'somebody',
  why: 'because',
})
const consent = (identificationId: string, code: string | null): Unstamped<SaleEvent> => ({
  type: 'phoneConsented',
  identificationId,
  code,
})
const instructionAnswered = (answer: 'stored' | 'rejected'): Unstamped<SaleEvent> => ({
  type: 'instructionAnswered',
  instructionId: 'i',
  answer,
})

export const happenings: Record<string, Unstamped<SaleEvent>> = {
  'another phone': { type: 'phoneIdentified', phone: phone('c', 'checking') },
  'good voucher': { type: 'voucherGiven', phone: phone('v', 'asked', { channel: 'voice' }) },
  'wrong voucher code': { type: 'codeFailed' },
  'a says yes': consent('a', '1111'),
  'a says wrong': consent('a', '9999'),
  'a picks yes': consent('a', null),
  'b says yes': consent('b', '1111'),
  'a says no': { type: 'phoneRefused', identificationId: 'a' },
  'b says no': { type: 'phoneRefused', identificationId: 'b' },
  'a types a code': { type: 'codeGiven', identificationId: 'a', code: '77' },
  'b types a code': { type: 'codeGiven', identificationId: 'b', code: '77' },
  'account good': answered('check a', { kind: 'ok' }),
  'account bad': answered('check a', refused),
  'account in doubt': answered('check a', inDoubt),
  ok: answered('op', ok),
  refused: answered('op', refused),
  'in doubt': answered('op', inDoubt),
  validate: answered('op', { kind: 'validationNeeded', paymentId: 'p', authorizationId: 'z' }),
  'code wanted': answered('op', refusedWith(validationWanted, 'notAllowed')),
  'wrong code': answered('op', refusedWith('CARRIER_BILLING.INVALID_CODE', 'wrongCode')),
  'no code left': answered('op', refusedWith('CARRIER_BILLING.VALIDATION_FAILED', 'wrongCode')),
  'confirmed before': answered('op', refusedWith('CARRIER_BILLING.PAYMENT_CONFIRMED', 'tooLate')),
  owed: answered('op', refusedWith('CARRIER_BILLING_REFUND.REFUND_DENIED', 'accountBarred')),
  'stale ok': answered('another', ok),
  withdrawal: { type: 'saleWithdrawn', token: 'token', reason: 'waitLimit' },
  delivered: reported('delivered'),
  failed: reported('failed'),
  unknown: reported('unknown'),
  'unknown above cap': reported('unknown', true),
  'instruction stored': instructionAnswered('stored'),
  'instruction rejected': instructionAnswered('rejected'),
  'payment found': { type: 'paymentFound', paymentId: 'p' },
  'other journal': { type: 'journalReplaced', aboveCap: false },
  'other journal above cap': { type: 'journalReplaced', aboveCap: true },
  'person recredits': closed('recredit'),
  'person writes off': closed('writeOff'),
}

/** Delays, by the name they have in the chart; `above cap` puts what the engine adds to the event. */
export const timers: Record<string, { type: string; aboveCap: boolean }> = {
  offerEnd: { type: 'xstate.after.offerEnd.sale.open', aboveCap: false },
  chargeEnd: { type: 'xstate.after.chargeEnd.sale.charging', aboveCap: false },
  attention: { type: 'xstate.after.attention.sale.instructed', aboveCap: false },
  'attention above cap': { type: 'xstate.after.attention.sale.instructed', aboveCap: true },
  holdEnd: { type: 'xstate.after.holdEnd.sale.awaitingPerson', aboveCap: false },
}

export type CaseEvent = { type: string; at: number; mint: string; mintInstruction: string }

export function eventOf(words: string): CaseEvent {
  const happening = happenings[words] ?? timers[words]
  if (!happening) throw new Error(`no event is called "${words}"`)
  return { ...happening, at: now, mint: 'new', mintInstruction: 'new instruction' }
}

function paymentInWords(payment: ChartPayment): string {
  switch (payment.kind) {
    case 'eligibility':
      return `eligibility ${payment.identificationId}`
    case 'confirm':
      return payment.withOutcome ? 'confirm+outcome' : 'confirm'
    default:
      return payment.kind
  }
}

/** An effect as the table writes it. */
export function inWords({ type, params }: SaleEffect): string {
  switch (type) {
    case 'pay':
      return `pay ${paymentInWords(params.payment)}`
    case 'refuse':
      return `refuse ${params.reason}`
    case 'say':
      return `say ${params.say.kind} ${params.to.join('+')}`.trim()
    case 'xstate.raise':
      return `set ${params.id.split('.')[2]} ${params.delay / 1000}`
    case 'xstate.cancel':
      return `stop ${params.sendId.split('.')[2]}`
    default:
      return type
  }
}

/** What is the same in every state but those of {@link ownWords}: memory, event, guard, effects. */
export const everywhere = `
  paying | stale ok | otherwise
  paying | instruction stored | otherwise
  paying | b says no | otherwise
  paying | b types a code | otherwise
  paying | a says yes | isPayer
  paying | b says yes | otherwise | say takenByAnother b
  paying | another phone | otherwise | say takenByAnother c
  paying | good voucher | otherwise
  paying | wrong voucher code | otherwise
  paying | withdrawal | surprise | recordSurprise
  paying | failed | surprise | recordSurprise
  paying | other journal | surprise | recordSurprise
  paying | payment found | surprise | recordSurprise
  paying | person recredits | surprise | recordSurprise
`

const byMachineAndPerson = ['withdrawal', 'failed', 'other journal', 'person recredits']
const whileOpen = [...byMachineAndPerson, 'another phone', 'good voucher', 'wrong voucher code']

/** Events that a state answers in its own way, so that the rows of {@link everywhere} are not true of it. */
export const ownWords: Record<(typeof leaves)[number], readonly string[]> = {
  'open.awaitingPhone': whileOpen,
  'open.consenting': [...whileOpen, 'a says yes', 'b says yes', 'b says no'],
  'charging.authorising': byMachineAndPerson,
  'charging.inDoubt': byMachineAndPerson,
  'charging.validating': byMachineAndPerson,
  'charging.confirming': byMachineAndPerson,
  voiding: byMachineAndPerson,
  instructed: byMachineAndPerson,
  'settling.afterConfirm': [],
  'settling.booking': ['person recredits'],
  'recrediting.afterConfirm': [],
  'recrediting.undoing': ['person recredits'],
  awaitingPerson: ['failed', 'payment found', 'person recredits'],
}

/** State, memory, event, guard, next state, effects; a row goes on in the next line after a comma. */
export const table = `
  open.awaitingPhone | nothing | offerEnd | otherwise | expired | stop offerEnd, refuse expired, say tooLate
  open.awaitingPhone | nothing | another phone | otherwise | open.consenting | pay eligibility c
  open.awaitingPhone | nothing | good voucher | otherwise | charging.authorising | stop offerEnd,
    say takenByAnother, set chargeEnd 165, pay charge
  open.awaitingPhone | nothing | wrong voucher code | otherwise | open.awaitingPhone | tellWrongCode
  open.awaitingPhone | nothing | withdrawal | otherwise | withdrawn | stop offerEnd, say cancelled
  open.awaitingPhone | nothing | other journal | otherwise | expired | stop offerEnd, say tooLate
  open.awaitingPhone | nothing | person recredits | otherwise | expired | stop offerEnd, refuse unavailable,
    say tooLate
  open.awaitingPhone | nothing | unknown | unknown | voiding | stop offerEnd, say tooLate, dropPayments,
    pay void
  open.awaitingPhone | nothing | failed | failed | voiding | stop offerEnd, say cancelled, dropPayments,
    pay void
  open.awaitingPhone | nothing | delivered | otherwise | awaitingPerson | stop offerEnd, say tooLate,
    setAside, set holdEnd 3024000

  open.consenting | two | offerEnd | otherwise | expired | stop offerEnd, refuse expired, say tooLate a+b
  open.consenting | two | another phone | otherwise | open.consenting | pay eligibility c
  open.consenting | two | good voucher | otherwise | charging.authorising | stop offerEnd,
    say takenByAnother a+b, set chargeEnd 165, pay charge
  open.consenting | two | wrong voucher code | otherwise | open.consenting | tellWrongCode
  open.consenting | two | withdrawal | otherwise | withdrawn | stop offerEnd, say cancelled a+b
  open.consenting | two | other journal | otherwise | expired | stop offerEnd, say tooLate a+b
  open.consenting | two | person recredits | otherwise | expired | stop offerEnd, refuse unavailable,
    say tooLate a+b
  open.consenting | two | unknown | unknown | voiding | stop offerEnd, say tooLate a+b, dropPayments,
    pay void
  open.consenting | two | failed | failed | voiding | stop offerEnd, say cancelled a+b, dropPayments, pay void
  open.consenting | two | delivered | otherwise | awaitingPerson | stop offerEnd, say tooLate a+b, setAside,
    set holdEnd 3024000
  open.consenting | checking | account good | eligible | open.consenting | say price a
  open.consenting | checking | account in doubt | eligible | open.consenting | say price a
  open.consenting | checking | account bad | checked | open.consenting | say declined a
  open.consenting | lastChecking | account bad | lastChecked | refused | stop offerEnd, say declined a,
    refuse declined
  open.consenting | two | account good | otherwise | open.consenting
  open.consenting | two | a says yes | consents | charging.authorising | stop offerEnd,
    say takenByAnother b, say paying a, set chargeEnd 165, pay charge
  open.consenting | vouched | a picks yes | consents | charging.authorising | stop offerEnd,
    say takenByAnother, say paying a, set chargeEnd 165, pay charge
  open.consenting | two | a picks yes | asked | open.consenting | say wrongCode a
  open.consenting | two | a says wrong | asked | open.consenting | say wrongCode a
  open.consenting | lastTry | a says wrong | lastTry | open.consenting | say wrongCode a
  open.consenting | lastTryAlone | a says wrong | lastTryOfLast | refused | stop offerEnd, say wrongCode a,
    refuse notConsented
  open.consenting | checking | a says yes | otherwise | open.consenting
  open.consenting | one | a says no | lastSpeaker | refused | stop offerEnd, say cancelled a,
    refuse notConsented
  open.consenting | two | a says no | inTheSale | open.consenting | say cancelled a
  open.consenting | one | b says no | otherwise | open.consenting

  charging.authorising | paying | chargeEnd | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.authorising | toldBefore | chargeEnd | deliveredAlready | charging.authorising
  charging.authorising | toldBefore | refused | refusedThoughDelivered | awaitingPerson | stop chargeEnd, setAside,
    set holdEnd 3024000
  charging.authorising | paying | withdrawal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.authorising | paying | other journal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.authorising | paying | person recredits | otherwise | voiding | stop chargeEnd,
    refuse unavailable, dropPayments, pay void
  charging.authorising | paying | unknown | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.authorising | paying | failed | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.authorising | paying | delivered | delivered | charging.authorising | setAside
  charging.authorising | paying | ok | ok | instructed | stop chargeEnd, deliver, set attention 30
  charging.authorising | toldBefore | ok | ok | settling.booking | stop chargeEnd, deliver,
    set attention 30, stop attention, say receipt a, pay outcome
  charging.authorising | payingByHold | ok | okToConfirm | charging.confirming | pay confirm
  charging.authorising | paying | code wanted | validationWanted | charging.authorising | pay prepare
  charging.authorising | payingByHold | code wanted | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.authorising | payingHold | code wanted | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.authorising | toldEarly | validate | validationNeededAndCodeThere | charging.validating | pay validate
  charging.authorising | paying | a types a code | isPayer | charging.authorising
  charging.authorising | paying | validate | validationNeeded | charging.validating | say validationAsked a
  charging.authorising | paying | refused | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.authorising | paying | in doubt | inDoubt | charging.inDoubt | repeatPayment

  charging.inDoubt | paying | chargeEnd | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.inDoubt | toldBefore | chargeEnd | deliveredAlready | charging.inDoubt
  charging.inDoubt | toldBefore | refused | refusedThoughDelivered | awaitingPerson | stop chargeEnd, setAside,
    set holdEnd 3024000
  charging.inDoubt | paying | withdrawal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.inDoubt | paying | other journal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.inDoubt | paying | person recredits | otherwise | voiding | stop chargeEnd, refuse unavailable,
    dropPayments, pay void
  charging.inDoubt | paying | failed | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.inDoubt | paying | delivered | delivered | charging.inDoubt | setAside
  charging.inDoubt | paying | ok | ok | instructed | stop chargeEnd, deliver, set attention 30
  charging.inDoubt | payingByHold | ok | okToConfirm | charging.confirming | pay confirm
  charging.inDoubt | paying | code wanted | validationWanted | charging.authorising | pay prepare
  charging.inDoubt | payingByHold | code wanted | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.inDoubt | payingHold | code wanted | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.inDoubt | toldEarly | validate | validationNeededAndCodeThere | charging.validating | pay validate
  charging.inDoubt | paying | a types a code | isPayer | charging.inDoubt
  charging.inDoubt | paying | validate | validationNeeded | charging.validating | say validationAsked a
  charging.inDoubt | paying | refused | refused | refused | stop chargeEnd, say declined a, refuse declined
  charging.inDoubt | paying | in doubt | inDoubt | charging.inDoubt | repeatPayment

  charging.validating | validating | chargeEnd | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.validating | validatingTold | chargeEnd | deliveredAlready | charging.validating
  charging.validating | validatingTold | refused | refusedThoughDelivered | awaitingPerson | stop chargeEnd, setAside,
    set holdEnd 3024000
  charging.validating | validating | withdrawal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.validating | validating | other journal | otherwise | voiding | stop chargeEnd, dropPayments,
    pay void
  charging.validating | validating | person recredits | otherwise | voiding | stop chargeEnd,
    refuse unavailable, dropPayments, pay void
  charging.validating | validating | failed | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.validating | validating | delivered | delivered | charging.validating | setAside
  charging.validating | validating | a types a code | isPayer | charging.validating | pay validate
  charging.validating | validating | a says no | isPayer | voiding | stop chargeEnd, refuse notConsented,
    dropPayments, pay void
  charging.validating | validatingHold | ok | okAsHold | instructed | stop chargeEnd, deliver,
    set attention 30
  charging.validating | validating | ok | ok | charging.confirming | pay confirm
  charging.validating | validating | wrong code | wrongCode | charging.validating | say wrongCode a
  charging.validating | validating | no code left | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.validating | validating | refused | refused | refused | stop chargeEnd, say declined a,
    refuse declined
  charging.validating | validating | in doubt | inDoubt | charging.validating | repeatPayment

  charging.confirming | validating | chargeEnd | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.confirming | validatingTold | chargeEnd | deliveredAlready | charging.confirming
  charging.confirming | validatingTold | refused | refusedThoughDelivered | awaitingPerson | stop chargeEnd, setAside,
    set holdEnd 3024000
  charging.confirming | validating | withdrawal | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.confirming | validating | other journal | otherwise | voiding | stop chargeEnd, dropPayments,
    pay void
  charging.confirming | validating | person recredits | otherwise | voiding | stop chargeEnd,
    refuse unavailable, dropPayments, pay void
  charging.confirming | validating | failed | otherwise | voiding | stop chargeEnd, dropPayments, pay void
  charging.confirming | validating | delivered | delivered | charging.confirming | setAside
  charging.confirming | validating | ok | ok | instructed | stop chargeEnd, deliver, set attention 30
  charging.confirming | validating | refused | refused | voiding | stop chargeEnd, say declined a,
    refuse declined, dropPayments, pay void
  charging.confirming | validating | in doubt | inDoubt | charging.confirming | repeatPayment

  voiding | intoWithdrawn | ok | okIntoWithdrawn | withdrawn | say cancelled a
  voiding | intoRefused | ok | okIntoRefused | refused | say cancelled a
  voiding | paying | ok | ok | expired | say tooLate a
  voiding | paying | owed | denied | owed | say owed a, setAside
  voiding | paying | refused | refused | awaitingPerson | setAside, set holdEnd 3024000
  voiding | paying | in doubt | inDoubt | voiding | repeatPayment
  voiding | paying | withdrawal | otherwise | voiding
  voiding | paying | delivered | delivered | voiding | setAside
  voiding | paying | failed | otherwise | voiding
  voiding | paying | person recredits | otherwise | voiding | dropPayments, pay void
  voiding | paying | other journal | otherwise | voiding

  instructed | lapsing | attention | holdLapsing | instructed | stop attention, pay confirm, set attention 30
  instructed | silent | attention above cap | silentAboveCap | awaitingPerson | stop attention,
    dropInstructions, setAside, set holdEnd 3024000
  instructed | silent | attention | silent | recrediting.undoing | stop attention, dropInstructions,
    countUnknown, pay refund
  instructed | delivering | attention | otherwise | instructed | stop attention, askReport, set attention 60
  instructed | askedTwice | attention | otherwise | instructed | stop attention, askReport, set attention 240
  instructed | delivering | delivered | delivered | settling.booking | stop attention, dropInstructions,
    say receipt a, pay outcome
  instructed | confirming | delivered | delivered | settling.afterConfirm | stop attention, dropInstructions
  instructed | gone | delivered | delivered | awaitingPerson | stop attention, dropInstructions,
    setAside, set holdEnd 3024000
  instructed | delivering | failed | failed | recrediting.undoing | stop attention, dropInstructions,
    pay refund
  instructed | held | failed | failed | recrediting.undoing | stop attention, dropInstructions, pay cancel
  instructed | confirming | failed | failed | recrediting.afterConfirm | stop attention, dropInstructions
  instructed | gone | failed | failed | recredited | stop attention, dropInstructions
  instructed | delivering | unknown above cap | unknownAboveCap | awaitingPerson | stop attention,
    dropInstructions, setAside, set holdEnd 3024000
  instructed | delivering | unknown | otherwise | recrediting.undoing | stop attention, dropInstructions,
    countUnknown, pay refund
  instructed | gone | unknown | otherwise | unknownClosed | stop attention, dropInstructions, countUnknown
  instructed | delivering | withdrawal | otherwise | recrediting.undoing | stop attention, dropInstructions,
    pay refund
  instructed | delivering | other journal above cap | aboveCap | awaitingPerson | stop attention,
    dropInstructions, setAside, set holdEnd 3024000
  instructed | delivering | other journal | otherwise | recrediting.undoing | stop attention,
    dropInstructions, countUnknown, pay refund
  instructed | delivering | person recredits | recredits | recrediting.undoing | stop attention,
    dropInstructions, pay refund
  instructed | delivering | person writes off | otherwise | unknownClosed | stop attention, dropInstructions
  instructed | delivering | instruction rejected | rejected | instructed | askReport
  instructed | confirming | ok | ok | instructed
  instructed | confirming | refused | refused | instructed | setAside
  instructed | confirming | in doubt | inDoubt | instructed | repeatPayment

  settling.afterConfirm | confirming | ok | ok | settling.booking | say receipt a, pay outcome
  settling.afterConfirm | confirming | refused | refused | awaitingPerson | setAside, set holdEnd 3024000
  settling.afterConfirm | confirming | in doubt | inDoubt | settling.afterConfirm | repeatPayment

  settling.booking | booking | ok | ok | settled
  settling.booking | booking | refused | refused | awaitingPerson | setAside, set holdEnd 3024000
  settling.booking | booking | person recredits | otherwise | settling.booking | dropPayments, pay outcome
  settling.booking | booking | in doubt | inDoubt | settling.booking | repeatPayment

  recrediting.afterConfirm | confirmingUndo | ok | ok | recrediting.undoing | pay refund
  recrediting.afterConfirm | confirmingUndo | refused | refused | recredited
  recrediting.afterConfirm | confirmingUnknown | refused | refused | unknownClosed
  recrediting.afterConfirm | confirmingUndo | in doubt | inDoubt | recrediting.afterConfirm | repeatPayment
  recrediting.afterConfirm | confirmingUnknown | delivered | deliveredAfterUnknown | recrediting.afterConfirm
  recrediting.afterConfirm | confirmingUndo | delivered | delivered | recrediting.afterConfirm | setAside

  recrediting.undoing | undoingLearnt | ok | okUnknownLearnt | unknownClosed | say unknownClosed a,
    pay outcome
  recrediting.undoing | undoingUnknown | ok | okUnknown | unknownClosed | say unknownClosed a
  recrediting.undoing | undoing | ok | ok | recredited | say refunded a
  recrediting.undoing | undoing | owed | denied | owed | say owed a, setAside
  recrediting.undoing | undoing | refused | refused | awaitingPerson | setAside, set holdEnd 3024000
  recrediting.undoing | undoingHold | confirmed before | confirmedBefore | recrediting.undoing | pay refund
  recrediting.undoing | undoing | confirmed before | refused | awaitingPerson | setAside, set holdEnd 3024000
  recrediting.undoing | undoing | person writes off | otherwise | recrediting.undoing | dropPayments, pay refund
  recrediting.undoing | undoing | in doubt | inDoubt | recrediting.undoing | repeatPayment
  recrediting.undoing | undoingUnknown | delivered | deliveredAfterUnknown | recrediting.undoing
  recrediting.undoing | undoing | delivered | delivered | recrediting.undoing | setAside

  awaitingPerson | lapsing | holdEnd | holdLapsing | awaitingPerson | pay confirm
  awaitingPerson | delivering | holdEnd | otherwise | awaitingPerson
  awaitingPerson | confirming | ok | lateConfirmOk | awaitingPerson
  awaitingPerson | confirming | refused | lateConfirmRefused | awaitingPerson
  awaitingPerson | paying | person recredits | recreditsNeverInstructed | voiding | stop holdEnd,
    dropPayments, pay void
  awaitingPerson | delivering | person recredits | recredits | recrediting.undoing | stop holdEnd, pay refund
  awaitingPerson | heldUnknown | person recredits | recredits | recrediting.undoing | stop holdEnd, pay cancel
  awaitingPerson | confirmingUnknown | person recredits | recredits | recrediting.afterConfirm | stop holdEnd
  awaitingPerson | delivering | person writes off | otherwise | unknownClosed | stop holdEnd
  awaitingPerson | delivering | delivered | delivered | settling.booking | stop holdEnd, say receipt a,
    pay outcome
  awaitingPerson | confirmingUnknown | delivered | delivered | settling.afterConfirm | stop holdEnd
  awaitingPerson | delivering | failed | failed | recrediting.undoing | stop holdEnd, pay refund
  awaitingPerson | paying | delivered | neverInstructed | awaitingPerson
  awaitingPerson | delivering | unknown | otherwise | awaitingPerson
  awaitingPerson | heard | payment found | deliveredNeverInstructed | settling.booking | stop holdEnd,
    say receipt, pay outcome
  awaitingPerson | heardHold | payment found | deliveredNeverInstructed | settling.booking | stop holdEnd,
    say receipt, pay confirm+outcome
  awaitingPerson | delivering | payment found | otherwise | awaitingPerson
`
