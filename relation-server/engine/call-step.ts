// What becomes of a call to a premium-rate number: it hears what it costs, names its machine, has a voucher
// made at the payment centre, and has the code read out. The code is read only after the tariff message, and
// a call that ends before it was read has bought nothing. What happens at the machine is in typed-code.ts.
import type { CallRow } from '../store/port.ts'
import type { CallAct, PaymentInput, VoiceInput } from './inputs.ts'
import { addPayment } from './outgoing.ts'
import type { Scene } from './scene.ts'
import { bindCall, freeTurn, takesCodes } from './typed-code.ts'
import type { World } from './world.ts'

/** Machine numbers that a caller may type. */
export const machineTries = 3
/** How long a call may take until its machine is known; a platform that died says no word of its end. */
const callMs = 10 * 60_000

export function callSpoke(scene: Scene, world: World, input: VoiceInput): void {
  const { act, callId } = input
  const call = scene.call(callId)
  if (act.type === 'begun') {
    if (!call) begin(scene, world, callId, act)
    return
  }
  // Another step has bound it to its machine meanwhile, whose lock this one does not hold: it comes again.
  if (!call || (call.automatonId !== null && call.automatonId !== input.automatonId)) return
  switch (act.type) {
    case 'tariffPlayed':
      if (call.state === 'tariff') scene.putCall({ ...call, state: 'asking' })
      return
    case 'machineTyped':
      if (call.state === 'asking') nameMachine(scene, world, call, act, input.automatonId)
      return
    case 'codeRead':
      codeWasRead(scene, world, call)
      return
    case 'hungUp':
      hangUp(scene, world, call)
  }
}

function begin(scene: Scene, world: World, callId: string, act: Extract<CallAct, { type: 'begun' }>): void {
  const { service, amountMinor, currency, sellerShareBps, language, direct } = act
  scene.note({ step: 'ST8', words: `a call to ${service} has begun` })
  scene.putCall({
    ...{ callId, service, language, amountMinor, currency, sellerShareBps, direct },
    state: 'tariff',
    triesLeft: machineTries,
    automatonId: null,
    voucherId: null,
    subscriberId: null,
    codeTurn: 0,
    saleId: null,
    goodUntil: null,
    honouredUntil: null,
    at: world.at,
    dueAt: world.at + callMs,
  })
}

function nameMachine(
  scene: Scene,
  world: World,
  call: CallRow,
  act: Extract<CallAct, { type: 'machineTyped' }>,
  automatonId: string | null,
): void {
  const { voice } = world.settings
  if (!voice || automatonId === null || !takesCodes(scene.machine)) {
    const triesLeft = call.triesLeft - 1
    const over = triesLeft === 0 ? { state: 'refused' as const, dueAt: null } : {}
    scene.putCall({ ...call, triesLeft, ...over })
    return
  }
  const { subscriber, voucherId } = act
  const { machineNumber } = scene.machine
  const { callId } = call
  scene.note({ step: 'ST9', words: `a call stands before machine ${machineNumber}` })
  scene.changes.subscribers.push(subscriber)
  scene.putCall({
    ...call,
    state: 'making',
    automatonId,
    voucherId,
    subscriberId: subscriber.subscriberId,
    codeTurn: freeTurn(scene, voice, callId, voucherId),
    // Named while its offer stands at this very price: the call is the yes, and needs no code.
    saleId: call.direct ? (offerAt(scene, call)?.saleId ?? null) : null,
    dueAt: world.at + callMs,
  })
  pay(scene, world, automatonId, callId, {
    kind: 'voucher',
    ...{ voucherId, callId, automatonId, seller: scene.machine.seller, livesMs: voice.voucherLifeMs },
    ...termsOf(call),
  })
}

const termsOf = ({ amountMinor, currency, service, sellerShareBps }: CallRow) => {
  return { amountMinor, currency, service, sellerShareBps }
}

/** The open offer that this call's amount pays exactly. */
function offerAt(scene: Scene, { amountMinor, currency }: CallRow) {
  const [newest] = scene.openSales()
  const takes = newest?.state.startsWith('open.') ?? false
  return takes && newest?.amountMinor === amountMinor && newest.currency === currency ? newest : undefined
}

/** The payment centre's answer about a voucher. */
export function voucherAnswered(scene: Scene, world: World, input: PaymentInput): void {
  const { callId = '', operationKind, result } = input
  const call = scene.call(callId)
  if (operationKind === 'voucherRead' && result.kind === 'refused') {
    const words = `the centre refuses that the code of call ${callId} was read: ${result.code}`
    scene.note({ words, alarm: true })
  }
  if (operationKind !== 'voucher' || call?.state !== 'making' || result.kind === 'inDoubt') return
  scene.changes.releases.push({ channel: 'call', callId })
  if (result.kind !== 'ok') {
    scene.note({
      words: `the centre makes no voucher for a call: ${result.kind === 'refused' ? result.code : ''}`,
    })
    scene.putCall({ ...call, state: 'refused', dueAt: null })
    return
  }
  const { voice, limits } = world.settings
  const goodUntil = world.at + (voice?.codeLifeMs ?? 0)
  const honouredUntil = (result.honouredUntil ?? goodUntil) - limits.marginMs
  const made: CallRow = { ...call, goodUntil, honouredUntil, dueAt: goodUntil }
  const offer = call.saleId === null ? undefined : offerAt(scene, call)
  if (offer?.saleId === call.saleId && offer) {
    bindCall(scene, world, offer, made)
    return
  }
  // What it was to pay at once is gone: the code is read out instead.
  scene.putCall({ ...made, state: 'reading', saleId: null, direct: false })
}

function codeWasRead(scene: Scene, world: World, call: CallRow): void {
  const isLate = call.state === 'over' && call.goodUntil !== null
  if (call.state !== 'reading' && !isLate) return
  if (!isLate) scene.putCall({ ...call, state: 'good' })
  const { automatonId, voucherId, callId } = call
  if (automatonId === null || voucherId === null) return
  pay(scene, world, automatonId, callId, { kind: 'voucherRead', voucherId })
}

function hangUp(scene: Scene, world: World, call: CallRow): void {
  switch (call.state) {
    case 'tariff':
    case 'asking':
      scene.putCall({ ...call, state: 'over', dueAt: null })
      return
    case 'making':
    case 'reading':
      undo(scene, world, call)
  }
}

/** Unpaid: whatever became of the voucher, it is reversed, or will never be made (rule 8). */
function undo(scene: Scene, world: World, call: CallRow): void {
  const { automatonId, voucherId, callId } = call
  scene.putCall({ ...call, state: 'over', saleId: null, goodUntil: null, dueAt: null })
  scene.changes.releases.push({ channel: 'call', callId })
  if (automatonId === null || voucherId === null) return
  scene.note({ words: 'a call ended before its code was read: nothing is bought' })
  pay(scene, world, automatonId, callId, { kind: 'void', saleId: callId, key: voucherId })
}

/**
 * Its time is over. While its voucher was being made or read, nobody has said that it was read: it is left to
 * lapse at the centre, where a late word of it still counts.
 */
export function callDue(scene: Scene, world: World, call: CallRow): void {
  if (call.state === 'making') undo(scene, world, call)
  else if (call.state !== 'bound') scene.putCall({ ...call, state: 'over', dueAt: null })
}

function pay(
  scene: Scene,
  world: World,
  automatonId: string,
  callId: string,
  operation: Parameters<typeof addPayment>[2]['operation'],
): void {
  addPayment(scene, world, {
    id: world.mint(),
    automatonId,
    saleId: null,
    callId,
    operation,
    subscriberId: null,
  })
}
