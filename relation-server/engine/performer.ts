// Performs outbox rows after their commit: instructions to machines, payments at the centre, texts to phones.
// One attempt each; the row stands until its answer is committed, and the due watch brings it again (rule 9).

import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import type { Admission, Instruction } from '@concilia/protocol/messages.ts'
import type { DownChannel } from '@concilia/protocol/topics.ts'
import type { Figures } from '../figures.ts'
import type { PaymentOperation, Payments } from '../payments/port.ts'
import type { OutboxRow, Store } from '../store/port.ts'
import type { SubscriberVault } from '../subscriber-vault.ts'
import type { Engine } from './engine.ts'
import type { ConfigurationBody, InstructionBody, PaymentBody, TextBody } from './outbox-bodies.ts'
import type { Release } from './scene.ts'

/** The machines' side, as far as sending goes; resolves false when it could not be sent now. */
export interface MachineSender {
  send(automatonId: string, channel: DownChannel, body: object): Promise<boolean>
}

/** Says it to a phone, on a screen that waits or by text. `later`: try again when the row is due. */
export interface Speaker {
  speak(text: TextBody, key: string): Promise<'done' | 'later'>
}

export interface PerformerParts {
  readonly store: Store
  readonly payments: Payments
  readonly machines: MachineSender
  readonly speaker: Speaker
  readonly vault: SubscriberVault
  /** Somebody may wait to go on with this call. */
  readonly callWentOn?: (callId: string) => void
  readonly clock: Clock
  readonly log: Log
  readonly figures?: Figures | undefined
}

export class Performer {
  readonly #parts: PerformerParts
  readonly #engine: () => Engine

  /** @param engine the engine whose commits are performed; asked for late, because each needs the other */
  constructor(parts: PerformerParts, engine: () => Engine) {
    this.#parts = parts
    this.#engine = engine
  }

  /** What a commit lets out. A release that cannot be sent is nobody's loss: its peer will ask again. */
  letOut(releases: readonly Release[], outbox: readonly OutboxRow[]): void {
    for (const release of releases) {
      if (release.channel === 'call') this.#parts.callWentOn?.(release.callId)
      else void this.#parts.machines.send(release.automatonId, release.channel, release.body)
    }
    for (const row of outbox) this.perform(row)
  }

  perform(row: OutboxRow): void {
    this.#attempt(row).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      this.#parts.log.warn({ kind: row.kind }, `an outgoing ${row.kind} failed and is tried again: ${why}`)
    })
  }

  #attempt(row: OutboxRow): Promise<void> {
    switch (row.kind) {
      case 'instruction':
        return this.#instruct(row)
      case 'payment':
        return this.#pay(row)
      case 'text':
        return this.#say(row)
      case 'configuration':
        return this.#configure(row)
      case 'admission':
        return this.#admit(row)
    }
  }

  async #admit({ id, automatonId, body }: OutboxRow): Promise<void> {
    const admission: Admission = { ...JSON.parse(body), centreChains: this.#engine().centreChains }
    const sent = await this.#parts.machines.send(automatonId ?? '', 'admission', admission)
    if (sent) this.#engine().performed(id)
  }

  async #instruct({ id, automatonId, body }: OutboxRow): Promise<void> {
    const { instruction, until }: InstructionBody = JSON.parse(body)
    const { machines, clock } = this.#parts
    if (until !== null && clock.now() > until) {
      this.#engine().performed(id)
      return
    }
    const message: Instruction = instruction
    await machines.send(automatonId ?? '', 'instruction', message)
  }

  async #configure({ id, automatonId, body }: OutboxRow): Promise<void> {
    const { version }: ConfigurationBody = JSON.parse(body)
    const { machines, store } = this.#parts
    const row = await store.configuration(automatonId ?? '', version)
    if (!row) {
      await store.forgetOutbox([id])
      return
    }
    const message: ConfigurationMessage = { version, hash: row.hash, configuration: row.text }
    await machines.send(row.automatonId, 'configuration', message)
  }

  async #pay({ id, automatonId, saleId, body, attempts }: OutboxRow): Promise<void> {
    const { operation, subscriberId, callId }: PaymentBody = JSON.parse(body)
    const subscriber = await this.#subscriberOf(subscriberId)
    // The body is our own; only the number was left out of it.
    const code = operation.kind === 'validate' && { code: this.#parts.vault.openText(operation.code) }
    const whole = { ...operation, ...(subscriber && { subscriber }), ...code } as PaymentOperation
    const result = await this.#parts.payments.perform(whole, attempts)
    this.#parts.figures?.answered(operation.kind, result.kind)
    await this.#engine().submit({
      kind: 'payment',
      automatonId: automatonId ?? '',
      saleId: saleId ?? '',
      operationId: id,
      operationKind: operation.kind,
      ...(callId === undefined ? {} : { callId }),
      attempt: attempts,
      result,
      at: this.#parts.clock.now(),
    })
  }

  async #subscriberOf(subscriberId: string | null) {
    if (subscriberId === null) return undefined
    const row = await this.#parts.store.recentSubscriber(subscriberId)
    if (!row || row.sealed === null) throw new Error('the subscriber of a payment is not kept any more')
    return this.#parts.vault.unseal(row.sealed)
  }

  async #say({ id, body }: OutboxRow): Promise<void> {
    const text: TextBody = JSON.parse(body)
    if ((await this.#parts.speaker.speak(text, id)) === 'done') this.#engine().performed(id)
  }
}
