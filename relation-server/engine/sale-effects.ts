// The effects of the sale chart as rows: payments, instructions and texts of the outbox, counts, and the
// notes that tell the sale's story by the steps of the main source.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { PaymentOperation } from '../payments/port.ts'
import type { Say } from '../phones/say.ts'
import { payerOf, type SaleContext } from '../sale-context.ts'
import type { PhoneInSale, SaleSay } from '../sale-events.ts'
import type { SaleEffect } from '../sale-vocabulary.ts'
import { boughtScope } from './budget.ts'
import { addInstruction, addPayment, addText } from './outgoing.ts'
import { Poisoned } from './poisoned.ts'
import { operationOf } from './sale-operation.ts'
import { sayOfSale } from './sale-sentences.ts'
import type { Note, Scene } from './scene.ts'
import { tellMachine } from './typed-code.ts'
import type { World } from './world.ts'

/** All but those that only change the sale's own row. */
export type OuterEffect = Exclude<SaleEffect, { type: 'xstate.raise' | 'xstate.cancel' | 'setAside' }>

/** Turns one effect into the rows that will make it happen, and a line of the sale's story. */
export function performEffect(scene: Scene, world: World, context: SaleContext, effect: OuterEffect): void {
  const { saleId, automatonId } = context
  const { limits } = world.settings
  switch (effect.type) {
    case 'pay': {
      const { operationId, payment } = effect.params
      const { operation, subscriberId } = operationOf(context, scene.machine.tradeName, payment)
      addPayment(scene, world, { id: operationId, automatonId, saleId, operation, subscriberId })
      noteOperation(scene, saleId, operation.kind)
      return
    }
    case 'repeatPayment':
      scene.changes.outboxDue.push({
        id: effect.params.operationId,
        dueAt: world.at + againMs(limits, scene.attempt),
      })
      return
    case 'dropPayments':
      scene.changes.outboxDropped.push({ saleId, kind: 'payment' })
      return
    case 'deliver': {
      const { acknowledgement } = context
      if (acknowledgement === null)
        throw new Poisoned(`the centre's yes to sale ${saleId} has no acknowledgement`)
      scene.note({ step: 'ST14', saleId, words: 'the authorisation has come from the payment centre' })
      scene.note({ step: 'ST15', saleId, words: 'delivery instruction to the machine' })
      addInstruction(scene, world, automatonId, {
        instruction: {
          id: effect.params.instructionId,
          issuedAt: world.at,
          kind: 'deliver',
          saleId,
          acknowledgement,
        },
        until: null,
      })
      return
    }
    case 'refuse': {
      const { instructionId, reason } = effect.params
      addInstruction(scene, world, automatonId, {
        instruction: {
          id: instructionId,
          issuedAt: world.at,
          kind: 'refuse',
          saleId,
          reason,
          text: refusalTexts[reason],
        },
        until: context.offeredAt + context.waitMs + limits.marginMs,
      })
      return
    }
    case 'askReport':
      addInstruction(scene, world, automatonId, {
        instruction: { id: effect.params.instructionId, issuedAt: world.at, kind: 'report', saleId },
        until: null,
      })
      return
    case 'tellWrongCode': {
      const { triesLeft } = effect.params
      tellMachine(scene, world, saleId, { kind: 'wrongCode', triesLeft })
      return
    }
    case 'dropInstructions':
      scene.changes.outboxDropped.push({ saleId, kind: 'instruction' })
      return
    case 'say':
      for (const id of effect.params.to) sayTo(scene, world, context, id, effect.params.say)
      if (effect.params.say.kind === 'receipt') rememberBuyer(scene, world, context)
      return
    case 'countUnknown': {
      const { subscriberId } = effect.params
      const day = world.day
      scene.changes.unknowns.push({ day, scope: 'machine', id: automatonId, count: 1 })
      if (subscriberId) scene.changes.unknowns.push({ day, scope: 'subscriber', id: subscriberId, count: 1 })
      return
    }
    case 'recordSurprise':
      scene.note({ saleId, words: `unexpected here: ${effect.params.event}` })
      return
  }
}

/** Where a first purchase is judged otherwise than the next. */
function rememberBuyer(scene: Scene, { at, settings }: World, context: SaleContext): void {
  const buyer = payerOf(context)
  if (!buyer || !settings.remembersBuyers) return
  const until = at + settings.limits.keepMs
  scene.changes.tallies.push({ scope: boughtScope(buyer.subscriberId), count: 1, until })
}

const refusalTexts = {
  declined: 'Payment refused',
  notConsented: 'Payment cancelled',
  expired: 'Too late, choose again',
  unavailable: 'Phone payment not available',
  barred: 'Phone payment not available',
} as const

/** Says it to a phone in the sale, or to one whose identification came too late to be in it. */
function sayTo(
  scene: Scene,
  world: World,
  context: SaleContext,
  identificationId: string,
  say: SaleSay,
): void {
  const inSale = context.phones.find((each) => each.identificationId === identificationId)
  // A call has no texts: what it must know the display says (typed-code.ts).
  if (inSale?.channel === 'voice') return
  const phone: Omit<PhoneInSale, 'step' | 'operationId' | 'triesLeft'> | undefined =
    inSale ?? scene.identification(identificationId)
  if (!phone || phone.channel === 'voice') return
  if (say.kind === 'validationAsked') {
    scene.note({ step: 'ST12', saleId: context.saleId, words: 'the centre wants the buyer to validate' })
  }
  const sentence: Say = sayOfSale(say, context, phone.code, scene.machine.tradeName, world)
  const { subscriberId, channel, sessionId, vouched, language } = phone
  addText(
    scene,
    world,
    { subscriberId, channel, sessionId, vouched, language, say: sentence },
    context.saleId,
  )
}

const operationNotes: Partial<Record<PaymentOperation['kind'], Pick<Note, 'step' | 'words'>>> = {
  eligibility: { step: 'ST10', words: 'asks the centre: is there an account, and enough for this?' },
  charge: { step: 'ST11', words: 'payment request to the centre' },
  prepare: { step: 'ST11', words: 'payment request to the centre, as a hold' },
  refund: { step: 'ST71', words: 'asks the centre to re-credit the buyer' },
  cancel: { step: 'ST71', words: 'asks the centre to give the hold back' },
  void: { step: 'ST71', words: 'asks the centre to void the charge by its key' },
}

function noteOperation(scene: Scene, saleId: string, kind: PaymentOperation['kind']): void {
  const note = operationNotes[kind]
  if (note) scene.note({ ...note, saleId })
}

/**
 * Doubling, but never as long as the centre's quiet after a return: a confirmation must find its hold before
 * that is over, or goods in hand would be given back.
 */
function againMs({ retryMs, quietMs }: Limits, attempt: number): number {
  return Math.floor(Math.min(retryMs * 2 ** Math.min(attempt - 1, 6), quietMs / 3))
}
