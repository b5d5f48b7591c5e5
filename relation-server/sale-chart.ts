// The relation server's chart of one sale, as data: it runs nothing, reads no clock and mints no id. The
// engine calls `transition`, stores the snapshot and the effects in one commit, then performs them; each
// result comes back as an event with the same operation id. A state has at most one delay, which the engine
// keeps as the row's due time.
//
// The way of a good sale: open.awaitingPhone, open.consenting, charging.authorising, instructed, settling,
// settled. It is long because a chart cut in two can be read by nobody.
import { defaultLimits, type Limits } from '@concilia/protocol/limits.ts'
import type { UndoReason } from './payments/port.ts'
import {
  type Audience,
  audience,
  checkedPhone,
  newSale,
  payerOf,
  type SaleContext,
  speaker,
  withPhone,
} from './sale-context.ts'
import type { PhoneInSale, SaleEvent, SaleSay } from './sale-events.ts'
import { atOf, type ChartPayment, type RefuseReason, saleVocabulary } from './sale-vocabulary.ts'

/** Stored with each snapshot; a stored sale of another version is migrated before it is used. */
export const saleChartVersion = 2
/** Those this chart goes on with: version 1 only kept more words of its memory than it needed. */
export const saleChartVersionsRead: readonly number[] = [1, saleChartVersion]

/** Codes of calls that may be typed for one offer. */
export const codeTries = 3

type Args = { context: SaleContext; event: SaleEvent }

function mintOf(event: object, name: 'mint' | 'mintInstruction' = 'mint'): string {
  const id: unknown = Reflect.get(event, name)
  if (typeof id === 'string') return id
  throw new Error('an event without a minted id reached the sale chart')
}

// Effects, phrased once.
const say = (who: Audience, words: SaleSay) => ({
  type: 'say' as const,
  params: ({ context, event }: Args) => ({ to: audience(context, event, who), say: words }),
})
const sayDeclined = (who: Audience) => ({
  type: 'say' as const,
  params: ({ context, event }: Args) => {
    const result = event.type === 'paymentAnswered' ? event.result : undefined
    const reason = result?.kind === 'refused' ? result.reason : 'notAllowed'
    return { to: audience(context, event, who), say: { kind: 'declined' as const, reason } }
  },
})
/** ST12: what the buyer is to send back. */
const sayValidation = {
  type: 'say' as const,
  params: ({ context, event }: Args) => {
    const result = event.type === 'paymentAnswered' ? event.result : undefined
    const by = result?.kind === 'validationNeeded' ? result.by : undefined
    const say: SaleSay = { kind: 'validationAsked', ...(by && { by }) }
    return { to: audience(context, event, 'payer'), say }
  },
}
const sayWrongCode = {
  type: 'say' as const,
  params: ({ context, event }: Args) => {
    const triesLeft = Math.max(0, (speaker(context, event)?.triesLeft ?? 1) - 1)
    return { to: audience(context, event, 'speaker'), say: { kind: 'wrongCode' as const, triesLeft } }
  },
}
const pay = (payment: (context: SaleContext) => ChartPayment) => ({
  type: 'pay' as const,
  params: ({ context }: Args) => ({ operationId: context.operationId ?? '', payment: payment(context) }),
})
function acknowledgementOf(event: SaleEvent): string | undefined {
  const result = event.type === 'paymentAnswered' ? event.result : undefined
  return result?.kind === 'ok' ? result.acknowledgement : undefined
}
const codeOf = (event: SaleEvent) => ('code' in event ? event.code : null)
/** ST12: the code just typed, or the one that came before it was wanted. */
const validate = {
  type: 'pay' as const,
  params: ({ context, event }: Args) => ({
    operationId: context.operationId ?? '',
    payment: { kind: 'validate' as const, code: codeOf(event) ?? context.earlyCode ?? '' },
  }),
}
const repeatPayment = {
  type: 'repeatPayment' as const,
  params: ({ context }: Args) => ({ operationId: context.operationId ?? '' }),
}
const refuse = (reason: RefuseReason) => ({
  type: 'refuse' as const,
  params: ({ event }: Args) => ({ instructionId: mintOf(event, 'mintInstruction'), reason }),
})
const askReport = {
  type: 'askReport' as const,
  params: ({ event }: Args) => ({ instructionId: mintOf(event, 'mintInstruction') }),
}
const tellWrongCode = {
  type: 'tellWrongCode' as const,
  params: ({ context, event }: Args) => ({
    instructionId: mintOf(event, 'mintInstruction'),
    triesLeft: Math.max(0, codeTries - (context.wrongCodes ?? 0)),
  }),
}
const dropInstructions = {
  type: 'dropInstructions' as const,
  params: ({ context }: Args) => ({ saleId: context.saleId }),
}
const dropPayments = {
  type: 'dropPayments' as const,
  params: ({ context }: Args) => ({ saleId: context.saleId }),
}
const countUnknown = {
  type: 'countUnknown' as const,
  params: ({ context }: Args) => ({ subscriberId: payerOf(context)?.subscriberId ?? null }),
}
const setAside = (why: string) => ({ type: 'setAside' as const, params: { why } })

export function makeSaleChart(limits: Limits) {
  const sale = saleVocabulary(limits)

  // Changes of memory, phrased once.
  const newOperation = sale.assign({ operationId: ({ event }) => mintOf(event) })
  const markPhone = (step: PhoneInSale['step']) =>
    sale.assign({
      phones: ({ context, event }) =>
        withPhone(context, checkedPhone(context, event) ?? speaker(context, event), { step }),
    })
  /** Has the price; and if what is known of the number by now wants it, its PIN will be asked for. */
  const askPhone = sale.assign({
    phones: ({ context, event }) => {
      const result = event.type === 'paymentAnswered' ? event.result : undefined
      const wantsPin = (result?.kind === 'ok' || result?.kind === 'inDoubt') && result.proof === 'pin'
      const change = { step: 'asked' as const, ...(wantsPin && { proof: 'pin' as const }) }
      return withPhone(context, checkedPhone(context, event), change)
    },
  })
  const addPhone = sale.assign({
    phones: ({ context, event }) =>
      event.type === 'phoneIdentified' ? [...context.phones, event.phone] : context.phones,
  })
  const takeTry = sale.assign({
    phones: ({ context, event }) => {
      const phone = speaker(context, event)
      return withPhone(context, phone, { triesLeft: (phone?.triesLeft ?? 1) - 1 })
    },
  })
  const keepConsent = sale.assign(({ context, event }) => {
    const phone = speaker(context, event)
    if (!phone || event.type !== 'phoneConsented') return {}
    return {
      payerId: phone.identificationId,
      consent: {
        identificationId: phone.identificationId,
        channel: phone.channel,
        by: event.code === null ? ('network' as const) : ('code' as const),
        at: event.at,
        ...(phone.proof && { proof: phone.proof }),
      },
    }
  })
  /** The code is the buyer's yes to this item at this price: there is nobody to ask and nothing to check. */
  const takeVoucher = sale.assign(({ context, event }) => {
    if (event.type !== 'voucherGiven') return {}
    const { phone, at } = event
    const { identificationId } = phone
    return {
      phones: [...context.phones, phone],
      payerId: identificationId,
      consent: { identificationId, channel: 'voice' as const, by: 'voucher' as const, at },
    }
  })
  const countWrongCode = sale.assign({ wrongCodes: ({ context }) => (context.wrongCodes ?? 0) + 1 })
  const keepAnswer = sale.assign(({ event }) => {
    if (event.type !== 'paymentAnswered') return {}
    const { result } = event
    if (result.kind === 'validationNeeded') {
      // A debit that must be validated is a hold until it is confirmed.
      return { paymentId: result.paymentId, authorizationId: result.authorizationId }
    }
    if (result.kind !== 'ok') return {}
    return {
      ...(result.paymentId === undefined ? {} : { paymentId: result.paymentId }),
      ...(result.acknowledgement === undefined ? {} : { acknowledgement: result.acknowledgement }),
      honouredUntil: result.honouredUntil ?? null,
      operationId: null,
    }
  })
  const keepFound = sale.assign(({ event }) =>
    event.type === 'paymentFound' ? { paymentId: event.paymentId } : {},
  )
  const voidInto = (ending: SaleContext['voidInto']) => sale.assign({ voidInto: ending })
  const tokenOf = (event: SaleEvent) => ('token' in event ? event.token : null)
  const keepEvidence = sale.assign({ evidence: ({ event }) => tokenOf(event) })
  const keepLearnt = sale.assign({ learnt: ({ event }) => tokenOf(event) })
  const because = (reason: UndoReason) =>
    sale.assign({
      because: reason,
      evidence: ({ event }) => tokenOf(event),
    })
  /**
   * After a refusal for good: under the next key, on a person's word instead of the machine's. A hold is not
   * kept from lapsing meanwhile: nothing was delivered for it.
   */
  const recreditAnew = sale.assign({
    because: 'closedByPerson',
    evidence: null,
    honouredUntil: null,
    refundAttempt: ({ context }) => (context.refundAttempt ?? 1) + 1,
  })
  // A confirmed hold comes with a new acknowledgement: of a debit, good for ever.
  const confirmed = sale.assign(({ context, event }) => {
    const acknowledgement = acknowledgementOf(event) ?? context.acknowledgement
    return { charge: 'debit' as const, confirming: false, operationId: null, acknowledgement }
  })
  const holdGone = sale.assign({ charge: 'none', confirming: false, operationId: null })

  const toInstructed = {
    guard: 'ok' as const,
    target: '#sale.instructed',
    actions: [
      keepAnswer,
      // No other charge will be asked: the slip is in the machine's own message, kept in the inbox as long.
      sale.assign({ instructedAt: ({ event }) => atOf(event), slip: '' }),
      {
        type: 'deliver' as const,
        params: ({ event }: Args) => ({ instructionId: mintOf(event, 'mintInstruction') }),
      },
    ],
  }
  const confirmHold = [
    newOperation,
    sale.assign({ confirming: true }),
    pay(() => ({ kind: 'confirm', withOutcome: false })),
  ]
  const intoOwed = {
    target: '#sale.owed',
    actions: [say('payer', { kind: 'owed' }), setAside('the re-credit was refused: owed')],
  }
  // A server restored from a backup may hear the machine before the centre: goods in hand are never called
  // unpaid, nor is their payment voided, without a person.
  const refusedThoughDelivered = {
    guard: 'refusedThoughDelivered' as const,
    target: '#sale.awaitingPerson',
    actions: setAside('reported delivered, but the centre refuses the charge'),
  }
  const toRefused = {
    guard: 'refused' as const,
    target: '#sale.refused',
    actions: [sayDeclined('payer'), refuse('declined')],
  }
  const stillInDoubt = { guard: 'inDoubt' as const, actions: repeatPayment }
  // The centre's own text may be read, and its code sent back, before its answer has reached us.
  const keepEarlyCode = {
    guard: 'isPayer' as const,
    actions: sale.assign({ earlyCode: ({ event }) => codeOf(event) }),
  }
  const chargeAnswered = [
    { guard: 'okToConfirm' as const, target: '#sale.charging.confirming', actions: keepAnswer },
    toInstructed,
    {
      guard: 'validationNeededAndCodeThere' as const,
      target: '#sale.charging.validating',
      actions: [keepAnswer, newOperation, validate],
    },
    {
      guard: 'validationNeeded' as const,
      target: '#sale.charging.validating',
      actions: [keepAnswer, sayValidation],
    },
    {
      guard: 'validationWanted' as const,
      target: '#sale.charging.authorising',
      reenter: true,
      actions: sale.assign({ byHold: true, attempt: ({ context }) => context.attempt + 1 }),
    },
    refusedThoughDelivered,
    toRefused,
  ]
  const unknownIntoPerson = (why: string) => ({
    target: '#sale.awaitingPerson',
    actions: [dropInstructions, because('unknown'), setAside(why)],
  })
  const unknownIntoRecredit = {
    target: '#sale.recrediting',
    actions: [dropInstructions, because('unknown'), countUnknown],
  }

  return sale.createMachine({
    id: 'sale',
    context: ({ input }) => newSale(input),
    initial: 'open',
    on: {
      // Stale answers, repeated words and receipts of instructions are normal in every state.
      paymentAnswered: {},
      instructionAnswered: {},
      phoneRefused: {},
      codeGiven: {},
      // Only an open offer is given a code: whoever types one later is told, and keeps it.
      voucherGiven: {},
      codeFailed: {},
      phoneConsented: [{ guard: 'isPayer' }, { actions: say('speaker', { kind: 'takenByAnother' }) }],
      phoneIdentified: {
        actions: {
          type: 'say',
          params: ({ event }) => ({
            to: [event.phone.identificationId],
            say: { kind: 'takenByAnother' as const },
          }),
        },
      },
      '*': { actions: { type: 'recordSurprise', params: ({ event }) => ({ event: event.type }) } },
    },
    states: {
      open: {
        initial: 'awaitingPhone',
        after: {
          offerEnd: { target: 'expired', actions: [refuse('expired'), say('live', { kind: 'tooLate' })] },
        },
        on: {
          phoneIdentified: {
            target: '.consenting',
            actions: [
              addPhone,
              {
                type: 'pay',
                params: ({ event: { phone } }) => ({
                  operationId: phone.operationId,
                  payment: { kind: 'eligibility' as const, identificationId: phone.identificationId },
                }),
              },
            ],
          },
          voucherGiven: {
            target: 'charging',
            actions: [say('live', { kind: 'takenByAnother' }), takeVoucher],
          },
          codeFailed: { actions: [countWrongCode, tellWrongCode] },
          saleWithdrawn: { target: 'withdrawn', actions: say('live', { kind: 'cancelled' }) },
          journalReplaced: { target: 'expired', actions: say('live', { kind: 'tooLate' }) },
          closedByPerson: {
            target: 'expired',
            actions: [refuse('unavailable'), say('live', { kind: 'tooLate' })],
          },
          outcomeReported: [
            // An offer that a restored server gets again, and the end of its sale: paid, perhaps, but not in
            // our books.
            {
              guard: 'unknown',
              target: 'voiding',
              actions: [voidInto('expired'), say('live', { kind: 'tooLate' })],
            },
            {
              guard: 'failed',
              target: 'voiding',
              actions: [voidInto('withdrawn'), say('live', { kind: 'cancelled' })],
            },
            {
              target: 'awaitingPerson',
              actions: [
                keepEvidence,
                say('live', { kind: 'tooLate' }),
                setAside('reported delivered, but in our books nobody has paid'),
              ],
            },
          ],
        },
        states: {
          awaitingPhone: {},
          consenting: {
            on: {
              paymentAnswered: [
                { guard: 'eligible', actions: [say('checked', { kind: 'price' }), askPhone] },
                {
                  guard: 'lastChecked',
                  target: '#sale.refused',
                  actions: [sayDeclined('checked'), markPhone('out'), refuse('declined')],
                },
                { guard: 'checked', actions: [sayDeclined('checked'), markPhone('out')] },
              ],
              phoneConsented: [
                {
                  guard: 'consents',
                  target: '#sale.charging',
                  actions: [
                    keepConsent,
                    say('others', { kind: 'takenByAnother' }),
                    say('payer', { kind: 'paying' }),
                  ],
                },
                {
                  guard: 'lastTryOfLast',
                  target: '#sale.refused',
                  actions: [sayWrongCode, markPhone('out'), refuse('notConsented')],
                },
                { guard: 'lastTry', actions: [sayWrongCode, markPhone('out')] },
                { guard: 'asked', actions: [sayWrongCode, takeTry] },
                {},
              ],
              phoneRefused: [
                {
                  guard: 'lastSpeaker',
                  target: '#sale.refused',
                  actions: [say('speaker', { kind: 'cancelled' }), markPhone('out'), refuse('notConsented')],
                },
                { guard: 'inTheSale', actions: [say('speaker', { kind: 'cancelled' }), markPhone('out')] },
              ],
            },
          },
        },
      },
      charging: {
        initial: 'authorising',
        after: {
          chargeEnd: [{ guard: 'deliveredAlready' }, { target: 'voiding', actions: voidInto('expired') }],
        },
        on: {
          saleWithdrawn: { target: 'voiding', actions: voidInto('withdrawn') },
          journalReplaced: { target: 'voiding', actions: voidInto('withdrawn') },
          closedByPerson: { target: 'voiding', actions: [voidInto('refused'), refuse('unavailable')] },
          outcomeReported: [
            // Before a restored server has its charge answered again: settled as soon as it is.
            {
              guard: 'delivered',
              actions: [keepEvidence, setAside('reported delivered before its charge was answered')],
            },
            { target: 'voiding', actions: voidInto('withdrawn') },
          ],
        },
        states: {
          authorising: {
            entry: [
              newOperation,
              pay(({ charge, byHold }) => ({ kind: charge === 'hold' || byHold ? 'prepare' : 'charge' })),
            ],
            on: {
              codeGiven: keepEarlyCode,
              paymentAnswered: [...chargeAnswered, { guard: 'inDoubt', target: 'inDoubt' }],
            },
          },
          // The same POST with the same key, until it is answered or the offer is over (rule 8).
          inDoubt: {
            entry: repeatPayment,
            on: {
              codeGiven: keepEarlyCode,
              paymentAnswered: [...chargeAnswered, stillInDoubt],
            },
          },
          validating: {
            on: {
              codeGiven: {
                guard: 'isPayer',
                actions: [newOperation, validate],
              },
              paymentAnswered: [
                { ...toInstructed, guard: 'okAsHold' },
                { guard: 'ok', target: 'confirming', actions: keepAnswer },
                { guard: 'wrongCode', actions: say('payer', { kind: 'wrongCode', triesLeft: 1 }) },
                refusedThoughDelivered,
                toRefused,
                stillInDoubt,
              ],
              phoneRefused: {
                guard: 'isPayer',
                target: '#sale.voiding',
                actions: [voidInto('refused'), refuse('notConsented')],
              },
            },
          },
          confirming: {
            entry: [newOperation, pay(() => ({ kind: 'confirm', withOutcome: false }))],
            on: {
              paymentAnswered: [
                toInstructed,
                refusedThoughDelivered,
                {
                  guard: 'refused',
                  target: '#sale.voiding',
                  actions: [voidInto('refused'), sayDeclined('payer'), refuse('declined')],
                },
                stillInDoubt,
              ],
            },
          },
        },
      },
      // Rule 8: reverses the payment of this key or, if there is none, refuses a later one for good.
      voiding: {
        entry: [dropPayments, newOperation, pay(() => ({ kind: 'void' }))],
        on: {
          paymentAnswered: [
            { guard: 'okIntoWithdrawn', target: 'withdrawn', actions: say('payer', { kind: 'cancelled' }) },
            { guard: 'okIntoRefused', target: 'refused', actions: say('payer', { kind: 'cancelled' }) },
            { guard: 'ok', target: 'expired', actions: say('payer', { kind: 'tooLate' }) },
            { guard: 'denied', ...intoOwed },
            { guard: 'refused', target: 'awaitingPerson', actions: setAside('the centre refuses to void') },
            stillInDoubt,
          ],
          // The machine's own promise names the ending; the money goes back either way.
          saleWithdrawn: { actions: voidInto('withdrawn') },
          outcomeReported: [
            { guard: 'delivered', actions: setAside('reported delivered while its charge is voided') },
            {},
          ],
          journalReplaced: {},
          // Here and below, where money is on its way already, a person's word asks for it anew.
          closedByPerson: { target: 'voiding', reenter: true },
        },
      },
      // ST15 and ST7. From here on only the machine's signed word, a person or the published limit moves
      // money back.
      instructed: {
        always: { guard: 'deliveredAlready', target: 'settling' },
        after: {
          attention: [
            {
              guard: 'holdLapsing',
              target: 'instructed',
              reenter: true,
              actions: confirmHold,
            },
            { guard: 'silentAboveCap', ...unknownIntoPerson('silent beyond the limit, above the cap') },
            { guard: 'silent', ...unknownIntoRecredit },
            {
              target: 'instructed',
              reenter: true,
              actions: [sale.assign({ asked: ({ context }) => context.asked + 1 }), askReport],
            },
          ],
        },
        on: {
          outcomeReported: [
            { guard: 'delivered', target: 'settling', actions: [dropInstructions, keepEvidence] },
            { guard: 'failed', target: 'recrediting', actions: [dropInstructions, because('failed')] },
            { guard: 'unknownAboveCap', ...unknownIntoPerson('unknown outcome, above the cap') },
            unknownIntoRecredit,
          ],
          saleWithdrawn: { target: 'recrediting', actions: [dropInstructions, because('withdrawn')] },
          journalReplaced: [
            { guard: 'aboveCap', ...unknownIntoPerson('journal replaced, above the cap') },
            unknownIntoRecredit,
          ],
          closedByPerson: [
            {
              guard: 'recredits',
              target: 'recrediting',
              actions: [dropInstructions, because('closedByPerson')],
            },
            { target: 'unknownClosed', actions: dropInstructions },
          ],
          instructionAnswered: { guard: 'rejected', actions: askReport },
          paymentAnswered: [
            { guard: 'ok', actions: confirmed },
            {
              guard: 'refused',
              actions: [holdGone, setAside('the hold lapsed while the machine delivered')],
            },
            stillInDoubt,
          ],
        },
      },
      settling: {
        initial: 'deciding',
        states: {
          deciding: {
            always: [
              { guard: 'confirmUnderWay', target: 'afterConfirm' },
              {
                guard: 'nothingCharged',
                target: '#sale.awaitingPerson',
                actions: setAside('delivered, but the hold had lapsed'),
              },
              { target: 'booking', actions: say('payer', { kind: 'receipt' }) },
            ],
          },
          afterConfirm: {
            on: {
              paymentAnswered: [
                {
                  guard: 'ok',
                  target: 'booking',
                  actions: [confirmed, say('payer', { kind: 'receipt' })],
                },
                {
                  guard: 'refused',
                  target: '#sale.awaitingPerson',
                  actions: [holdGone, setAside('delivered, but the hold had lapsed')],
                },
                stillInDoubt,
              ],
            },
          },
          booking: {
            entry: [
              newOperation,
              pay(({ charge }) =>
                charge === 'hold' ? { kind: 'confirm', withOutcome: true } : { kind: 'outcome' },
              ),
            ],
            on: {
              closedByPerson: { target: 'booking', reenter: true, actions: dropPayments },
              paymentAnswered: [
                { guard: 'ok', target: '#sale.settled', actions: confirmed },
                {
                  guard: 'refused',
                  target: '#sale.awaitingPerson',
                  actions: setAside('delivered, but the centre refuses to book it'),
                },
                stillInDoubt,
              ],
            },
          },
        },
      },
      // ST71.
      recrediting: {
        initial: 'deciding',
        on: {
          outcomeReported: [
            { guard: 'deliveredAfterUnknown', actions: keepLearnt },
            { guard: 'delivered', actions: setAside('reported delivered while its money goes back') },
          ],
        },
        states: {
          deciding: {
            always: [
              { guard: 'confirmUnderWay', target: 'afterConfirm' },
              { guard: 'nothingChargedUnknown', target: '#sale.unknownClosed' },
              { guard: 'nothingCharged', target: '#sale.recredited' },
              { target: 'undoing' },
            ],
          },
          afterConfirm: {
            on: {
              paymentAnswered: [
                { guard: 'ok', target: 'deciding', actions: confirmed },
                { guard: 'refused', target: 'deciding', actions: holdGone },
                stillInDoubt,
              ],
            },
          },
          undoing: {
            entry: [newOperation, pay(({ charge }) => ({ kind: charge === 'hold' ? 'cancel' : 'refund' }))],
            on: {
              closedByPerson: { target: 'undoing', reenter: true, actions: dropPayments },
              paymentAnswered: [
                {
                  guard: 'okUnknownLearnt',
                  target: '#sale.unknownClosed',
                  actions: [
                    say('payer', { kind: 'unknownClosed' }),
                    newOperation,
                    pay(() => ({ kind: 'outcome' })),
                  ],
                },
                {
                  guard: 'okUnknown',
                  target: '#sale.unknownClosed',
                  actions: say('payer', { kind: 'unknownClosed' }),
                },
                { guard: 'ok', target: '#sale.recredited', actions: say('payer', { kind: 'refunded' }) },
                // Confirmed before a backup that this server was restored from: then it is a debit.
                { guard: 'confirmedBefore', target: 'undoing', reenter: true, actions: confirmed },
                { guard: 'denied', ...intoOwed },
                {
                  guard: 'refused',
                  target: '#sale.awaitingPerson',
                  actions: [recreditAnew, setAside('the centre refuses the re-credit')],
                },
                stillInDoubt,
              ],
            },
          },
        },
      },
      // A person decides: above the cap of unknown outcomes, or where the centre and the machine cannot both
      // be right.
      awaitingPerson: {
        after: { holdEnd: [{ guard: 'holdLapsing', actions: confirmHold }, {}] },
        on: {
          paymentFound: [
            {
              guard: 'deliveredNeverInstructed',
              target: 'settling',
              actions: keepFound,
            },
            {},
          ],
          paymentAnswered: [
            { guard: 'lateConfirmOk', actions: confirmed },
            { guard: 'lateConfirmRefused', actions: holdGone },
          ],
          closedByPerson: [
            // By its key: whether there is a payment this server does not know.
            { guard: 'recreditsNeverInstructed', target: 'voiding', actions: voidInto('refused') },
            {
              guard: 'recredits',
              target: 'recrediting',
              actions: sale.assign({ because: ({ context }) => context.because ?? 'closedByPerson' }),
            },
            { target: 'unknownClosed', actions: sale.assign({ because: null }) },
          ],
          outcomeReported: [
            // Set aside already: there is no payment of ours to book it on.
            { guard: 'neverInstructed' },
            { guard: 'delivered', target: 'settling', actions: keepEvidence },
            { guard: 'failed', target: 'recrediting', actions: because('failed') },
            {},
          ],
        },
      },
      settled: { type: 'final' },
      refused: { type: 'final' },
      withdrawn: { type: 'final' },
      expired: { type: 'final' },
      recredited: { type: 'final' },
      unknownClosed: { type: 'final' },
      owed: { type: 'final' },
    },
  })
}

export type SaleChart = ReturnType<typeof makeSaleChart>

/** For pictures and tables; programs make theirs from their own limits. */
export const saleChart = makeSaleChart(defaultLimits)
