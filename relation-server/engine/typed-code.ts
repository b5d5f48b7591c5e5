// A code typed at a machine, or the offer that a call named: the call's voucher is bound to the sale, whose
// chart charges it; what the sale comes to frees it or uses it up. Guessing is bounded three ways: tries an
// offer (the chart), wrong codes an hour on one machine, and on all of them.
import { codeTries } from '../sale-chart.ts'
import { payerOf, type SaleContext } from '../sale-context.ts'
import type { CallEnd, CallRow, MachineRow, SaleRow } from '../store/port.ts'
import { addInstruction, addPayment } from './outgoing.ts'
import { contextOf, stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { DisplayWords, VoiceRules, World } from './world.ts'

/** How long words for the display are worth sending. */
const tellMs = 60_000
const hourMs = 3_600_000

/** Epoch hours: budgets of wrong codes begin anew with each. */
export const hourOf = (at: number): number => Math.floor(at / hourMs)

/** Its buyers can type what was read to them, also when their first try of an item fails. */
export function takesCodes({ state, journalId, presence, keypad }: MachineRow): boolean {
  return state === 'admitted' && journalId !== null && presence !== 'lost' && keypad
}

/** A turn that gives this voucher another code than those good on its machine. */
export function freeTurn(scene: Scene, voice: VoiceRules, callId: string, voucherId: string): number {
  const taken = scene
    .callsHere()
    .flatMap((call) => (call.callId === callId ? [] : (codeOf(voice, call) ?? [])))
  let turn = 0
  while (taken.includes(voice.codeOf(voucherId, turn))) turn++
  return turn
}

export function codeOf(voice: VoiceRules, { voucherId, codeTurn }: CallRow): string | undefined {
  return voucherId === null ? undefined : voice.codeOf(voucherId, codeTurn)
}

export function codeWasTyped(scene: Scene, world: World, saleId: string, code: string): void {
  const { voice } = world.settings
  const sale = scene.sale(saleId)
  const tell = (words: DisplayWords) => tellMachine(scene, world, saleId, words)
  if (!voice) {
    scene.note({ saleId, words: 'a code was typed, but there are no voice numbers' })
    return
  }
  if (!sale?.open || !sale.state.startsWith('open.')) {
    tell({ kind: 'codeTooLate' })
    return
  }
  if ((contextOf(sale).wrongCodes ?? 0) >= codeTries || isBudgetSpent(scene, voice)) {
    scene.note({ saleId, words: 'too many wrong codes: what is typed is not looked at' })
    tell({ kind: 'codesClosed' })
    return
  }
  const call = goodCallOf(scene, world, voice, code)
  if (!call) {
    const { automatonId } = scene.machine
    scene.note({ saleId, words: 'a wrong code was typed' })
    scene.changes.wrongCodes.push({ hour: hourOf(world.at), automatonId, count: 1 })
    stepSale(scene, world, sale, { type: 'codeFailed' })
    return
  }
  const { amountMinor, currency } = call
  if (amountMinor !== sale.amountMinor || currency !== sale.currency) {
    tell({ kind: 'otherPrice', amountMinor, currency })
    return
  }
  bindCall(scene, world, sale, call)
}

/** All are compared, whichever is right, so that the time tells nothing. */
function goodCallOf(scene: Scene, world: World, voice: VoiceRules, code: string): CallRow | undefined {
  const [found] = scene
    .callsHere()
    .filter(({ state }) => state === 'reading' || state === 'good')
    .filter((call) => voice.sameCode(codeOf(voice, call) ?? '', code))
  return found && (found.goodUntil ?? 0) > world.at ? found : undefined
}

function isBudgetSpent(scene: Scene, { wrongCodes }: VoiceRules): boolean {
  const { automatonId } = scene.machine
  return (
    scene.wrongCodesOf(automatonId) >= wrongCodes.machine || scene.wrongCodesOf(undefined) >= wrongCodes.all
  )
}

/** Identification and consent in one, used up by this sale. */
export function bindCall(scene: Scene, world: World, sale: SaleRow, call: CallRow): void {
  const { callId, service, sellerShareBps, subscriberId, voucherId, codeTurn } = call
  const { language, honouredUntil, direct } = call
  scene.note({
    saleId: sale.saleId,
    words: direct ? 'a call pays this item' : 'the code of a call pays this item',
  })
  scene.putCall({ ...call, state: 'bound', saleId: sale.saleId, dueAt: null })
  stepSale(scene, world, sale, {
    type: 'voucherGiven',
    phone: {
      identificationId: world.mint(),
      subscriberId: subscriberId ?? '',
      channel: 'voice',
      sessionId: null,
      language,
      vouched: true,
      code: '',
      step: 'asked',
      operationId: world.mint(),
      triesLeft: 0,
      call: {
        ...{ callId, service, sellerShareBps, codeTurn, direct },
        voucherId: voucherId ?? '',
        honouredUntil: honouredUntil ?? 0,
      },
    },
  })
}

/** Endings after which the voucher holds its money again; of `unknownClosed` only when it went back. */
const unpaid = new Set(['refused', 'withdrawn', 'expired', 'recredited'])

/**
 * The sale has ended. Where nothing was delivered the same code is good again, with a new life, and the
 * display says so; whoever has not heard it reads it there.
 */
export function callAfterSale(scene: Scene, world: World, context: SaleContext, state: string): void {
  const payer = payerOf(context)
  const { voice, limits } = world.settings
  if (!payer?.call) return
  const { callId, voucherId, codeTurn, honouredUntil, direct } = payer.call
  const isBack = unpaid.has(state) || (state === 'unknownClosed' && context.because !== null)
  if (!isBack) {
    endCall(scene, { callId, state: 'used', goodUntil: null, honouredUntil: null, dueAt: null })
    return
  }
  // Charged and given back, the voucher lives anew at the centre; else it lives as long as it did.
  const isNew = state === 'recredited' || state === 'unknownClosed'
  // Its code was heard, or is shown now: without a charge the centre learns of the paid call only from here.
  if (!isNew) {
    const operation = { kind: 'voucherRead' as const, voucherId }
    const { automatonId } = scene.machine
    addPayment(scene, world, {
      id: world.mint(),
      automatonId,
      saleId: null,
      callId,
      operation,
      subscriberId: null,
    })
  }
  if (!voice) {
    // A person's command, which knows no codes.
    const goodUntil = honouredUntil
    endCall(scene, { callId, state: 'good', goodUntil, honouredUntil, dueAt: goodUntil })
    return
  }
  const honoured = isNew ? world.at + voice.voucherLifeMs - limits.marginMs : honouredUntil
  const goodUntil = Math.min(world.at + voice.codeLifeMs, honoured)
  endCall(scene, { callId, state: 'good', goodUntil, honouredUntil: honoured, dueAt: goodUntil })
  const minutes = Math.floor((goodUntil - world.at) / 60_000)
  const code = direct ? { code: voice.codeOf(voucherId, codeTurn) } : {}
  tellMachine(scene, world, context.saleId, { kind: 'goodAgain', minutes, ...code }, payer.language)
}

function endCall(scene: Scene, end: CallEnd): void {
  const call = scene.call(end.callId)
  if (call) scene.putCall({ ...call, ...end, saleId: null })
  else scene.changes.callEnds.push(end)
}

export function tellMachine(
  scene: Scene,
  world: World,
  saleId: string,
  words: DisplayWords,
  language?: string,
): void {
  const { voice } = world.settings
  if (!voice) return
  const text = voice.tell(words, language)
  const instruction = { id: world.mint(), issuedAt: world.at, kind: 'tell' as const, saleId, text }
  addInstruction(scene, world, scene.machine.automatonId, { instruction, until: world.at + tellMs })
}
