// New rows of the outbox: each is performed once after the commit and again until it is answered or dropped.
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Admission } from '@concilia/protocol/messages.ts'
import { isAboutMoney } from '../phones/say.ts'
import type { ConfigurationBody, InstructionBody, PaymentBody, TextBody } from './outbox-bodies.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

export function addInstruction(
  scene: Scene,
  world: World,
  automatonId: string,
  { instruction, until }: InstructionBody,
): void {
  const body: InstructionBody = { instruction, until }
  scene.changes.outbox.push({
    id: instruction.id,
    kind: 'instruction',
    automatonId,
    saleId: 'saleId' in instruction ? instruction.saleId : null,
    body: JSON.stringify(body),
    attempts: 1,
    dueAt: world.at + world.settings.limits.retryMs,
  })
}

export function addPayment(
  scene: Scene,
  world: World,
  row: { id: string; automatonId: string; saleId: string | null } & PaymentBody,
): void {
  const { id, automatonId, saleId, operation, subscriberId, callId } = row
  const body: PaymentBody = { operation, subscriberId, ...(callId === undefined ? {} : { callId }) }
  scene.changes.outbox.push({
    id,
    kind: 'payment',
    automatonId,
    saleId,
    body: JSON.stringify(body),
    attempts: 1,
    dueAt: world.at + firstPaymentRetryMs(world.settings.limits),
  })
}

/** A payment is not repeated by the clock while its own attempt may still be answered. */
export function firstPaymentRetryMs({ authorisationMs, retryMs }: Limits): number {
  return authorisationMs + retryMs
}

/**
 * Says it to a buyer: by text or on the screen that waits, both after the commit; on the machine's page with
 * the commit itself. What is about money that moved goes by text whatever page somebody looks at: it is kept.
 */
export function addText(scene: Scene, world: World, body: TextBody, saleId: string | null): void {
  const { channel, sessionId, say } = body
  if (channel === 'web') {
    if (sessionId !== null) {
      scene.changes.pages.push({ sessionId, say: JSON.stringify(say), at: world.at })
    }
    if (isAboutMoney(say)) addText(scene, world, { ...body, channel: 'text', sessionId: null }, saleId)
    return
  }
  scene.changes.outbox.push({
    id: world.mint(),
    kind: 'text',
    automatonId: null,
    saleId,
    body: JSON.stringify(body),
    attempts: 1,
    dueAt: world.at + textRetryMs,
  })
}

/** A gateway that did not answer is asked again after this, then twice, four and eight times as long. */
export const textRetryMs = 15_000

/** Until the machine answers. One a machine: a newer one takes the place of one still being sent. */
export function addConfiguration(
  scene: Scene,
  automatonId: string,
  { version, dueAt }: { version: number; dueAt: number },
): void {
  const body: ConfigurationBody = { version }
  scene.changes.outbox.push({
    id: configurationRowId(automatonId),
    kind: 'configuration',
    automatonId,
    saleId: null,
    body: JSON.stringify(body),
    attempts: 1,
    dueAt,
  })
}

export const configurationRowId = (automatonId: string) => `configuration ${automatonId}`

/** A machine that is away is told at its next birth; until then seldom, for what the broker lost. */
export const configurationRetryMs = 15_000

/** Sent once, by whichever server has the machine's link; a machine that missed it asks by its next birth. */
export function addAdmission(scene: Scene, world: World, automatonId: string, body: Admission): void {
  scene.changes.outbox.push({
    id: world.mint(),
    kind: 'admission',
    automatonId,
    saleId: null,
    body: JSON.stringify(body),
    attempts: 1,
    dueAt: world.at,
  })
}
