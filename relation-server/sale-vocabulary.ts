// The words the sale chart is written in: its effects (data for the engine), guards and delays. What follows
// what is in sale-chart.ts.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Instruction } from '@concilia/protocol/messages.ts'
import { setup } from 'xstate'
import { validationWanted } from './payments/classify.ts'
import { checkedPhone, isLast, payerOf, type SaleContext, type SaleInput, speaker } from './sale-context.ts'
import type { SaleEvent, SaleSay } from './sale-events.ts'

/** Payment operations as the chart asks for them; the engine adds the terms from the context. */
export type ChartPayment =
  | { kind: 'eligibility'; identificationId: string }
  | { kind: 'charge' | 'prepare' | 'void' }
  | { kind: 'validate'; code: string }
  | { kind: 'confirm'; withOutcome: boolean }
  | { kind: 'cancel' | 'refund' | 'outcome' }

export type RefuseReason = Extract<Instruction, { kind: 'refuse' }>['reason']

/** What a sale wants done, as data. */
export interface SaleEffects {
  pay: { operationId: string; payment: ChartPayment }
  /** The operation under way, again, with the same key and bytes. */
  repeatPayment: { operationId: string }
  dropPayments: { saleId: string }
  deliver: { instructionId: string }
  refuse: { instructionId: string; reason: RefuseReason }
  askReport: { instructionId: string }
  /** At the machine's display. */
  tellWrongCode: { instructionId: string; triesLeft: number }
  dropInstructions: { saleId: string }
  /** `to`: identification ids. */
  say: { to: readonly string[]; say: SaleSay }
  setAside: { why: string }
  countUnknown: { subscriberId: string | null }
  recordSurprise: { event: string }
}

/** The same as a union, with XState's own two effects for the one delay of a state. */
export type SaleEffect =
  | { [Name in keyof SaleEffects]: { type: Name; params: SaleEffects[Name] } }[keyof SaleEffects]
  | { type: 'xstate.raise'; params: { id: string; delay: number; event: { type: string } } }
  | { type: 'xstate.cancel'; params: { sendId: string } }

const effect =
  <P>() =>
  (_: unknown, _params: P): void => {}

/** Asks again after 30 s, 1 min, 2 min ... at most ten minutes apart. */
const longestAskMs = 600_000

/**
 * The answer to the operation this sale waits for; undefined for every other event, stale answers included.
 */
function answer({ operationId }: SaleContext, event: SaleEvent) {
  return event.type === 'paymentAnswered' && event.operationId === operationId ? event.result : undefined
}

function outcome(event: SaleEvent) {
  return event.type === 'outcomeReported' ? event.result : undefined
}

/**
 * Delays are events without our fields in XState's types; the engine puts `at`, the minted ids and
 * `aboveCap` in all of them.
 */
export const atOf = (event: object): number => ('at' in event && typeof event.at === 'number' ? event.at : 0)
const aboveCap = (event: object) => 'aboveCap' in event && event.aboveCap === true

export function saleVocabulary(limits: Limits) {
  const silent = (context: SaleContext, event: object) =>
    atOf(event) >= context.instructedAt + limits.silenceMs
  const confirmAt = ({ charge, confirming, honouredUntil }: SaleContext) =>
    charge === 'hold' && !confirming && honouredUntil !== null
      ? honouredUntil - limits.confirmBeforeMs
      : undefined
  return setup({
    types: { context: {} as SaleContext, input: {} as SaleInput, events: {} as SaleEvent },
    actions: {
      pay: effect<SaleEffects['pay']>(),
      repeatPayment: effect<SaleEffects['repeatPayment']>(),
      dropPayments: effect<SaleEffects['dropPayments']>(),
      deliver: effect<SaleEffects['deliver']>(),
      refuse: effect<SaleEffects['refuse']>(),
      askReport: effect<SaleEffects['askReport']>(),
      tellWrongCode: effect<SaleEffects['tellWrongCode']>(),
      dropInstructions: effect<SaleEffects['dropInstructions']>(),
      say: effect<SaleEffects['say']>(),
      setAside: effect<SaleEffects['setAside']>(),
      countUnknown: effect<SaleEffects['countUnknown']>(),
      recordSurprise: effect<SaleEffects['recordSurprise']>(),
    },
    guards: {
      ok: ({ context, event }) => answer(context, event)?.kind === 'ok',
      /** A hold that has to be confirmed before it is the debit that was asked for. */
      okToConfirm: ({ context, event }) =>
        answer(context, event)?.kind === 'ok' && context.charge === 'debit' && context.byHold,
      okAsHold: ({ context, event }) => answer(context, event)?.kind === 'ok' && context.charge === 'hold',
      okUnknown: ({ context, event }) =>
        answer(context, event)?.kind === 'ok' && context.because === 'unknown',
      okUnknownLearnt: ({ context, event }) =>
        answer(context, event)?.kind === 'ok' && context.because === 'unknown' && context.learnt !== null,
      okIntoWithdrawn: ({ context, event }) =>
        answer(context, event)?.kind === 'ok' && context.voidInto === 'withdrawn',
      okIntoRefused: ({ context, event }) =>
        answer(context, event)?.kind === 'ok' && context.voidInto === 'refused',
      refused: ({ context, event }) => answer(context, event)?.kind === 'refused',
      refusedThoughDelivered: ({ context, event }) =>
        answer(context, event)?.kind === 'refused' && context.evidence !== null,
      /** For good, and the centre's books have the liability: owed. */
      denied: ({ context, event }) => {
        const result = answer(context, event)
        return result?.kind === 'refused' && result.code === 'CARRIER_BILLING_REFUND.REFUND_DENIED'
      },
      confirmedBefore: ({ context, event }) => {
        const result = answer(context, event)
        const isConfirmed = result?.kind === 'refused' && result.code === 'CARRIER_BILLING.PAYMENT_CONFIRMED'
        return isConfirmed && context.charge === 'hold'
      },
      /** Once the tries are used up the centre has denied the payment: no other code will help. */
      wrongCode: ({ context, event }) => {
        const result = answer(context, event)
        const again = result?.kind === 'refused' && result.code !== 'CARRIER_BILLING.VALIDATION_FAILED'
        return again && result.reason === 'wrongCode'
      },
      inDoubt: ({ context, event }) => answer(context, event)?.kind === 'inDoubt',
      validationNeeded: ({ context, event }) => answer(context, event)?.kind === 'validationNeeded',
      validationNeededAndCodeThere: ({ context, event }) =>
        answer(context, event)?.kind === 'validationNeeded' && typeof context.earlyCode === 'string',
      validationWanted: ({ context, event }) => {
        const result = answer(context, event)
        const inOneStep = context.charge === 'debit' && !context.byHold
        return inOneStep && result?.kind === 'refused' && result.code === validationWanted
      },
      // A centre that cannot say is no reason to turn a buyer away: the charge itself decides.
      eligible: ({ context, event }) =>
        checkedPhone(context, event) !== undefined &&
        event.type === 'paymentAnswered' &&
        event.result.kind !== 'refused',
      lastChecked: ({ context, event }) => isLast(context, checkedPhone(context, event)),
      checked: ({ context, event }) => checkedPhone(context, event) !== undefined,
      consents: ({ context, event }) => {
        const phone = speaker(context, event)
        if (event.type !== 'phoneConsented' || phone?.step !== 'asked') return false
        return event.code === null ? phone.vouched : event.code === phone.code
      },
      asked: ({ context, event }) => speaker(context, event)?.step === 'asked',
      lastTry: ({ context, event }) => {
        const phone = speaker(context, event)
        return phone?.step === 'asked' && phone.triesLeft <= 1
      },
      lastTryOfLast: ({ context, event }) => {
        const phone = speaker(context, event)
        return phone?.step === 'asked' && phone.triesLeft <= 1 && isLast(context, phone)
      },
      lastSpeaker: ({ context, event }) => isLast(context, speaker(context, event)),
      inTheSale: ({ context, event }) => {
        const phone = speaker(context, event)
        return phone !== undefined && phone.step !== 'out'
      },
      isPayer: ({ context, event }) => {
        const phone = speaker(context, event)
        return phone !== undefined && phone === payerOf(context)
      },
      delivered: ({ event }) => outcome(event) === 'delivered',
      failed: ({ event }) => outcome(event) === 'failed',
      unknown: ({ event }) => outcome(event) === 'unknown',
      aboveCap: ({ event }) => aboveCap(event),
      unknownAboveCap: ({ event }) => outcome(event) === 'unknown' && aboveCap(event),
      holdLapsing: ({ context, event }) => atOf(event) >= (confirmAt(context) ?? Number.POSITIVE_INFINITY),
      silent: ({ context, event }) => silent(context, event),
      silentAboveCap: ({ context, event }) => silent(context, event) && aboveCap(event),
      rejected: ({ event }) => event.type === 'instructionAnswered' && event.answer === 'rejected',
      deliveredAlready: ({ context }) => context.evidence !== null,
      deliveredAfterUnknown: ({ context, event }) =>
        outcome(event) === 'delivered' && context.because === 'unknown',
      recredits: ({ event }) => event.type === 'closedByPerson' && event.as === 'recredit',
      neverInstructed: ({ context }) => context.instructedAt === 0,
      /** Goods that a restored server only heard of, and now their payment. */
      deliveredNeverInstructed: ({ context }) => context.instructedAt === 0 && context.evidence !== null,
      recreditsNeverInstructed: ({ context, event }) =>
        event.type === 'closedByPerson' && event.as === 'recredit' && context.instructedAt === 0,
      lateConfirmOk: ({ context, event }) => context.confirming && answer(context, event)?.kind === 'ok',
      lateConfirmRefused: ({ context, event }) =>
        context.confirming && answer(context, event)?.kind === 'refused',
      confirmUnderWay: ({ context }) => context.confirming,
      nothingCharged: ({ context }) => context.charge === 'none',
      nothingChargedUnknown: ({ context }) => context.charge === 'none' && context.because === 'unknown',
    },
    delays: {
      /** A consent after this could not be authorised and brought to the machine within its wait. */
      offerEnd: ({ context }) => Math.max(0, context.waitMs - limits.authorisationMs - limits.marginMs),
      /** The machine has withdrawn by then; what is still in doubt is voided. */
      chargeEnd: ({ context, event }) =>
        Math.max(0, context.offeredAt + context.waitMs + limits.marginMs - atOf(event)),
      /**
       * The next thing due while the machine delivers: ask again, confirm a lapsing hold, or give up waiting.
       */
      attention: ({ context, event }) => {
        const now = atOf(event)
        const ask = Math.min(limits.askOutcomeMs * 2 ** Math.min(context.asked, 20), longestAskMs)
        const silence = context.instructedAt + limits.silenceMs - now
        const confirm = (confirmAt(context) ?? Number.POSITIVE_INFINITY) - now
        return Math.max(0, Math.min(ask, silence, confirm))
      },
      /** While a person decides, a hold is kept from lapsing; without one this is only a look. */
      holdEnd: ({ context, event }) =>
        Math.max(0, (confirmAt(context) ?? atOf(event) + limits.keepMs) - atOf(event)),
    },
  })
}
