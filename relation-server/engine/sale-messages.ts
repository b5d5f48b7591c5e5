// A machine's word about a sale: offer, withdrawal, outcome. Signatures are checked here, before anything is
// believed; what does not hold is poison and goes to quarantine.

import { kidOf } from '@concilia/protocol/jws.ts'
import { limitTable } from '@concilia/protocol/limits.ts'
import { type Offer, offerSchema, parseMessage, type SaleMessage } from '@concilia/protocol/messages.ts'
import { check, outcomeKind, slipKind, withdrawalKind } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import type { SaleRow } from '../store/port.ts'
import { countSold } from './audit-step.ts'
import { offerArrived } from './conciliation.ts'
import { addPayment } from './outgoing.ts'
import { Poisoned } from './poisoned.ts'
import { beginSale, contextOf, stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import { codeWasTyped } from './typed-code.ts'
import type { World } from './world.ts'

export function saleMessageArrived(scene: Scene, world: World, message: SaleMessage): void {
  switch (message.kind) {
    case 'offer':
      takeOffer(scene, world, message)
      return
    case 'code':
      codeWasTyped(scene, world, message.saleId, message.code)
      return
    case 'withdrawal':
      takeWithdrawal(scene, world, message)
      return
    case 'outcome':
      takeOutcome(scene, world, message)
      return
    case 'gone':
      scene.note({ words: `the machine no longer has message ${message.seq}` })
  }
}

function takeOffer(scene: Scene, world: World, message: Extract<SaleMessage, { kind: 'offer' }>): void {
  const offer = readOffer(scene, message)
  const slip = signed(slipKind, message.slip, scene, world)
  const offerHash = sha256(message.offer)
  const { machine } = scene
  const same =
    slip.offerHash === offerHash &&
    slip.amountMinor === offer.amountMinor &&
    slip.currency === offer.currency &&
    slip.waitMs === offer.waitMs
  if (offer.waitMs > limitTable.offerWaitMs.maxMs) throw new Poisoned(`it would wait ${offer.waitMs} ms`)
  if (!same) throw new Poisoned('the price slip is not of this offer')
  if (slip.seller !== machine.seller) throw new Poisoned(`the price slip is of seller ${slip.seller}`)
  // Withdrawn before it arrived: processed in any order, it changes nothing.
  if (scene.sale(offer.saleId)) return
  scene.note({
    step: 'ST4',
    saleId: offer.saleId,
    words: `offer of machine ${offer.machineNumber} has arrived`,
  })
  beginSale(scene, world, {
    saleId: offer.saleId,
    automatonId: machine.automatonId,
    machineNumber: offer.machineNumber,
    seller: slip.seller,
    item: offer.item,
    offerHash,
    slip: message.slip,
    amountMinor: offer.amountMinor,
    currency: offer.currency,
    waitMs: offer.waitMs,
    offeredAt: world.at,
    charge: world.settings.charge,
  })
  offerArrived(scene, world, offer.saleId)
  if (message.code !== undefined) codeWasTyped(scene, world, offer.saleId, message.code)
}

function readOffer(scene: Scene, message: Extract<SaleMessage, { kind: 'offer' }>): Offer {
  const parsed = parseMessage(offerSchema, Buffer.from(message.offer))
  if (!parsed.ok) throw new Poisoned(`the offer cannot be read: ${parsed.reason}`)
  const offer = parsed.value
  const { automatonId, machineNumber } = scene.machine
  if (offer.saleId !== message.saleId) throw new Poisoned('the offer is of another sale than its message')
  if (offer.automatonId !== automatonId) throw new Poisoned('the offer is of another automaton')
  if (offer.machineNumber !== machineNumber) {
    throw new Poisoned(`the offer says machine ${offer.machineNumber}, enrolled is ${machineNumber}`)
  }
  return offer
}

function takeWithdrawal(
  scene: Scene,
  world: World,
  message: Extract<SaleMessage, { kind: 'withdrawal' }>,
): void {
  const { withdrawal: token, saleId } = message
  const withdrawal = signed(withdrawalKind, token, scene, world)
  if (withdrawal.saleId !== saleId) throw new Poisoned('the withdrawal is of another sale than its message')
  const sale = scene.sale(saleId)
  if (!sale) {
    scene.putSale(placeholder(scene, world, saleId, 'withdrawn', null))
    return
  }
  if (!sale.open) return
  if (withdrawal.offerHash !== contextOf(sale).offerHash) {
    throw new Poisoned('the withdrawal is of another offer')
  }
  scene.note({ saleId, words: `withdrawn by the machine: ${withdrawal.reason}` })
  stepSale(scene, world, sale, { type: 'saleWithdrawn', token, reason: withdrawal.reason })
}

function takeOutcome(scene: Scene, world: World, message: Extract<SaleMessage, { kind: 'outcome' }>): void {
  const { outcome: token, saleId } = message
  const outcome = signed(outcomeKind, token, scene, world)
  if (outcome.saleId !== saleId) throw new Poisoned('the outcome is of another sale than its message')
  const sale = scene.sale(saleId)
  scene.note({ step: 'ST7', saleId, words: `the machine reports ${outcome.result} (${outcome.detail})` })
  if (!sale) {
    const why = `the machine reports ${outcome.result} of a sale this server does not know`
    scene.putSale(placeholder(scene, world, saleId, 'unknownClosed', why))
    return
  }
  countSold(scene, sale, outcome.result)
  if (!sale.open) {
    learnLater(scene, world, sale, token, outcome.result)
    return
  }
  const { offerHash } = contextOf(sale)
  if (outcome.offerHash !== offerHash && !(outcome.offerHash === '' && outcome.result === 'unknown')) {
    throw new Poisoned('the outcome is of another offer')
  }
  stepSale(scene, world, sale, {
    type: 'outcomeReported',
    token,
    result: outcome.result,
    detail: outcome.detail,
    aboveCap: aboveCap(scene, world, sale),
  })
}

/** What is learnt once the buyer has the money back never touches the buyer again: books only (rule 2). */
function learnLater(scene: Scene, world: World, sale: SaleRow, token: string, result: string): void {
  if (result !== 'delivered' || sale.state === 'settled') return
  const { saleId, automatonId, paymentId } = sale
  if (sale.state !== 'unknownClosed' || paymentId === null) {
    scene.putSale({ ...sale, aside: `reported delivered after it had ended as ${sale.state}` })
    return
  }
  addPayment(scene, world, {
    id: world.mint(),
    automatonId,
    saleId,
    operation: { kind: 'outcome', paymentId, outcome: token },
    subscriberId: null,
  })
}

export function aboveCap(scene: Scene, { settings }: World, sale: SaleRow): boolean {
  const { machine, subscriber } = settings.unknownCap
  const ofSubscriber = sale.subscriberId ? scene.unknownsToday('subscriber', sale.subscriberId) : 0
  return scene.unknownsToday('machine', sale.automatonId) >= machine || ofSubscriber >= subscriber
}

/**
 * An ended sale of which only its id is known: what comes of it later, in whatever order, finds it closed.
 */
function placeholder(
  scene: Scene,
  world: World,
  saleId: string,
  state: string,
  aside: string | null,
): SaleRow {
  return {
    saleId,
    automatonId: scene.machine.automatonId,
    chartVersion: 0,
    snapshot: '{}',
    open: false,
    state,
    amountMinor: 0,
    currency: '',
    subscriberId: null,
    paymentId: null,
    dueAt: null,
    dueEvent: null,
    aside,
    createdAt: world.at,
    endedAt: world.at,
  }
}

/** The payload of a promise made by this very machine, whose chain came with its birth. */
function signed<T>(kind: Parameters<typeof check<T>>[0], token: string, scene: Scene, world: World): T {
  const { automatonId } = scene.machine
  let checked = check(kind, token, world.parties, world.at)
  const chain = checked.ok ? undefined : scene.chainOf(kidOf(token))
  if (chain !== undefined) {
    world.parties.admit(chain, world.at)
    checked = check(kind, token, world.parties, world.at)
  }
  if (!checked.ok) throw new Poisoned(`the ${kind.typ} is not signed as it should be: ${checked.refusal}`)
  if (checked.by.id !== automatonId) throw new Poisoned(`the ${kind.typ} is signed by ${checked.by.id}`)
  return checked.payload
}
