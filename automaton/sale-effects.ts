// What the sale's chart can ask for: each effect by name with its parameters, and the phrases made of them
// that the chart uses more than once. Data only; the shell commits and performs them.
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Outcome, Withdrawal } from '@concilia/protocol/promises.ts'
import type { SaleContext, SaleEvent, Scene, Verdict } from './sale-events.ts'

/** Durable effects are written in the commit of their event; outer ones are done after it. */
export const effects = {
  // Durable.
  makeOffer: (
    _: unknown,
    _params: { saleId: string; nonce: string; price: Money; item: number; code?: string },
  ) => {},
  recordCode: (_: unknown, _params: { saleId: string; code: string }) => {},
  promiseDelivery: (_: unknown, _params: { saleId: string }) => {},
  promiseWithdrawal: (_: unknown, _params: { saleId: string; reason: Withdrawal['reason'] }) => {},
  recordOutcome: (_: unknown, _params: { saleId: string; result: Outcome['result']; detail: string }) => {},
  answerInstruction: (_: unknown, _params: InstructionAnswer) => {},
  // Outer.
  startHardware: (_: unknown, _params: { listening: boolean }) => {},
  approveVend: (_: unknown, _params: { price: Money }) => {},
  denyVend: () => {},
  attendSession: (_: unknown, _params: { forMs: number }) => {},
  show: (_: unknown, _params: Scene) => {},
  wakeLink: () => {},
  sleepLink: () => {},
  verifyAcknowledgement: (
    _: unknown,
    _params: { operationId: string; saleId: string; acknowledgement: string },
  ) => {},
  /** Sends the journal's last word on a sale (withdrawal or outcome) again, if there is one. */
  repeatWord: (_: unknown, _params: { saleId: string }) => {},
  /** An event that has no place in this state: for the log and the operator, never for money. */
  noteSurprise: (_: unknown, _params: { event: string }) => {},
}

type Effects = typeof effects
type NamedEffect = {
  [Name in keyof Effects]: { type: Name; params: Parameters<Effects[Name]>[1] }
}[keyof Effects]
/** The event of a timer of the chart: its `after`, named by XState. */
export interface TimerEvent {
  readonly type: `xstate.after.${string}`
}
export type SaleEffect =
  | NamedEffect
  | { type: 'xstate.raise'; params: { id: string; delay: number; event: TimerEvent } }
  | { type: 'xstate.cancel'; params: { sendId: string } }

interface Context {
  context: SaleContext
}
interface Instructed {
  event: { instructionId: string }
}
export const currentSale = ({ context }: Context) => {
  if (!context.sale) throw new Error('the chart has no sale in a state that needs one')
  return context.sale
}
export const show = (scene: Scene) => ({ type: 'show', params: scene }) as const
export const startHardware = (listening: boolean) =>
  ({ type: 'startHardware', params: { listening } }) as const
export const promiseWithdrawal = (reason: Withdrawal['reason']) =>
  ({
    type: 'promiseWithdrawal',
    params: (args: Context) => ({ saleId: currentSale(args).saleId, reason }),
  }) as const
export const withdraw = (reason: Withdrawal['reason']) =>
  [promiseWithdrawal(reason), show({ scene: 'withdrawn', reason })] as const
const answer = (given: Omit<InstructionAnswer, 'instructionId'>) =>
  ({
    type: 'answerInstruction',
    params: ({ event }: Instructed) => ({ instructionId: event.instructionId, ...given }),
  }) as const
export const stored = answer({ answer: 'stored' })
export const rejected = (reason: NonNullable<InstructionAnswer['reason']>) =>
  answer({ answer: 'rejected', reason })
export const repeatWord = {
  type: 'repeatWord',
  params: ({ event }: { event: { saleId: string } }) => ({ saleId: event.saleId }),
} as const
type CodeTyped = Extract<SaleEvent, { type: 'codeTyped' }>
type Told = Extract<SaleEvent, { type: 'told' }>
/** The code goes to the server, which says whether it is good. */
export const sendCode = [
  {
    type: 'recordCode',
    params: ({ context, event }: Context & { event: CodeTyped }) => ({
      saleId: currentSale({ context }).saleId,
      code: event.code,
    }),
  },
  { type: 'show', params: { scene: 'codeTyped', sent: true } },
] as const
export const openSession = {
  type: 'attendSession',
  params: ({ event }: { event: CodeTyped }) => ({ forMs: event.forMs ?? 0 }),
} as const
export const tell = {
  type: 'show',
  params: ({ event }: { event: Told }) => ({ scene: 'told' as const, text: event.text }),
} as const
type ItemChosen = Extract<SaleEvent, { type: 'itemChosen' }>
type VendConcluded = Extract<SaleEvent, { type: 'vendConcluded' }>
type Checked = Extract<SaleEvent, { type: 'acknowledgementChecked' }>
export const checked = (given: (verdict: Verdict) => Omit<InstructionAnswer, 'instructionId'>) =>
  ({
    type: 'answerInstruction',
    params: ({ event }: { event: Checked }) => ({
      instructionId: event.operationId,
      ...given(event.verdict),
    }),
  }) as const

export const notGood = (verdict: Verdict) =>
  ({ answer: 'rejected', reason: verdict === 'wrongTerms' ? verdict : 'badAcknowledgement' }) as const
export const begin = [
  'takeSale',
  {
    type: 'makeOffer',
    params: ({ event: { saleId, nonce, price, item, code } }: { event: ItemChosen }) => ({
      saleId,
      nonce,
      price,
      item,
      ...(code === undefined ? {} : { code }),
    }),
  },
  'wakeLink',
  {
    type: 'show',
    params: ({ event: { price, item } }: { event: ItemChosen }) => ({ scene: 'offer' as const, price, item }),
  },
] as const
export const vendLimitPassed = [
  {
    type: 'recordOutcome',
    params: (args: Context) => ({
      saleId: currentSale(args).saleId,
      result: 'unknown' as const,
      detail: 'vend-limit',
    }),
  },
  show({ scene: 'concluded', result: 'unknown' }),
] as const
export const vendConcluded = [
  {
    type: 'recordOutcome',
    params: ({ context, event: { result, detail } }: Context & { event: VendConcluded }) => ({
      saleId: currentSale({ context }).saleId,
      result,
      detail,
    }),
  },
  {
    type: 'show',
    params: ({ event }: { event: VendConcluded }) => ({ scene: 'concluded' as const, result: event.result }),
  },
] as const
