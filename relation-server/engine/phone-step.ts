// What a phone wants, decided under its machine's lock (or, for a few words that concern no machine, without
// one).
import { canSell } from '@concilia/protocol/machine-state.ts'
import type { Say } from '../phones/say.ts'
import type { Channel } from '../sale-events.ts'
import { countWrongCode, hear } from './budget.ts'
import { phoneArrived } from './conciliation.ts'
import type { PhoneAct, PhoneInput } from './inputs.ts'
import { addText } from './outgoing.ts'
import { contextOf, stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** A subscriber's open requests on one machine; one more is not taken. */
const mostAtOneMachine = 1

export function phoneSpoke(scene: Scene, world: World, input: PhoneInput): void {
  const { act, subscriber, isKept } = input
  const hearing = hear(scene, input)
  if (hearing === 'silent') {
    scene.note({ words: 'a phone asks for more than its budget and is not answered' })
    return
  }
  if (!isKept) scene.changes.subscribers.push(subscriber)
  if (hearing === 'lastWord' && 'channel' in act) {
    answer(scene, world, input, { kind: 'tooManyRequests' }, act.channel, act.sessionId)
    return
  }
  switch (act.type) {
    case 'identify':
      identify(scene, world, input, act)
      return
    case 'answerOnly':
      answer(scene, world, input, act.say, act.channel, act.sessionId)
      return
    case 'consent':
    case 'code':
    case 'refuse':
      speakInSale(scene, world, input, act)
      return
  }
}

function identify(
  scene: Scene,
  world: World,
  input: PhoneInput,
  act: Extract<PhoneAct, { type: 'identify' }>,
): void {
  const { machineNumber } = scene.machine
  const { channel, sessionId, language, vouched } = act
  const { subscriberId } = input.subscriber
  scene.note({ step: 'ST9', words: `a phone stands before machine ${machineNumber} (${channel})` })
  if (!sells(scene)) {
    answer(
      scene,
      world,
      input,
      { kind: 'machineUnavailable', machineNumber: machineNumber ?? '' },
      channel,
      sessionId,
    )
    return
  }
  // A machine holds one offer at a time: what is bound to an older one is over, though its end is not here
  // yet.
  const newest = scene.openSales()[0]?.saleId
  const own = scene
    .identifications()
    .filter((row) => row.subscriberId === subscriberId && (row.saleId === null || row.saleId === newest))
  const again = own[0]
  if (own.length >= mostAtOneMachine && again) {
    sayAgain(scene, world, input, again.identificationId, act)
    return
  }
  phoneArrived(scene, world, {
    identificationId: world.mint(),
    automatonId: scene.machine.automatonId,
    subscriberId,
    channel,
    sessionId,
    language,
    vouched,
    code: world.code(),
    state: 'waiting',
    saleId: null,
    at: world.at,
    dueAt: null,
  })
}

/** With an offer open the vending machine waits for us, whatever it said of itself before. */
function sells(scene: Scene): boolean {
  const { state, journalId, presence, hardware } = scene.machine
  if (state !== 'admitted' || journalId === null || presence === 'lost') return false
  return canSell(hardware) || scene.openSales().length > 0
}

/**
 * The same phone at the same machine once more: it is told again what it was told, on the way it used now.
 */
function sayAgain(
  scene: Scene,
  world: World,
  input: PhoneInput,
  identificationId: string,
  { channel, sessionId, vouched }: Extract<PhoneAct, { type: 'identify' }>,
): void {
  const identification = scene.identification(identificationId)
  if (!identification) return
  // In a sale the phone is what it was when it came: a menu is good only if it was vouched for then and is
  // now.
  const both = {
    ...identification,
    vouched: vouched && (identification.vouched || identification.saleId === null),
  }
  scene.putIdentification({ ...both, channel, sessionId })
  const machineNumber = scene.machine.machineNumber ?? ''
  const sale = scene.sale(identification.saleId)
  const { consentMs, identificationWaitMs } = world.settings.limits
  if (!sale?.open) {
    const withinMs = identificationWaitMs
    answer(scene, world, input, { kind: 'chooseNow', machineNumber, withinMs }, channel, sessionId)
    return
  }
  const context = contextOf(sale)
  const price = { amountMinor: context.amountMinor, currency: context.currency }
  if (!sale.state.startsWith('open.')) {
    answer(scene, world, input, { kind: 'paying', machineNumber, price }, channel, sessionId)
    return
  }
  // The price comes by itself with the centre's answer; said before, it could be agreed to before.
  const phone = context.phones.find((each) => each.identificationId === identificationId)
  if (phone?.step === 'checking') return
  const { code } = identification
  const say: Say = { kind: 'price', machineNumber, price, code, withinMs: consentMs }
  answer(scene, world, input, say, channel, sessionId, both.vouched)
}

function speakInSale(
  scene: Scene,
  world: World,
  input: PhoneInput,
  act: Extract<PhoneAct, { type: 'consent' | 'code' | 'refuse' }>,
): void {
  const { identificationId, saleId } = act
  const identification = scene.identification(identificationId)
  const channel = identification?.channel ?? 'text'
  const sessionId = identification?.sessionId ?? null
  const machineNumber = scene.machine.machineNumber ?? ''
  // A NO said while it waited is a NO to the sale that it was bound to meanwhile.
  const sale = scene.sale(saleId ?? identification?.saleId)
  if (sale?.open) {
    if (act.type === 'refuse') stepSale(scene, world, sale, { type: 'phoneRefused', identificationId })
    if (act.type === 'consent') {
      if (act.code !== null && act.code !== identification?.code) countWrongCode(scene, input, world)
      stepSale(scene, world, sale, { type: 'phoneConsented', identificationId, code: act.code })
    }
    if (act.type === 'code')
      stepSale(scene, world, sale, { type: 'codeGiven', identificationId, code: act.code })
    return
  }
  if (act.type === 'refuse' && identification) {
    scene.putIdentification({ ...identification, state: 'closed', dueAt: null })
    answer(scene, world, input, { kind: 'cancelled', machineNumber }, channel, sessionId)
    return
  }
  answer(scene, world, input, { kind: 'tooLate', machineNumber }, channel, sessionId)
}

function answer(
  scene: Scene,
  world: World,
  { subscriber }: PhoneInput,
  say: Say,
  channel: Channel,
  sessionId: string | null,
  vouched = false,
): void {
  const { subscriberId, language } = subscriber
  addText(scene, world, { subscriberId, channel, sessionId, vouched, language, say }, null)
}
