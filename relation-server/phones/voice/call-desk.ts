// One step of a call, whatever platform brings it: what was said is stored, then the platform is told what to
// do next. Steps come again, to this server or another; each is decided once, and answered from what is
// stored.
import type { Log } from '@concilia/platform/log.ts'
import { voucherRealm } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { amountMinorOf } from '@concilia/protocol/money.ts'
import type { Engine } from '../../engine/engine.ts'
import type { CallAct } from '../../engine/inputs.ts'
import type { MachineDirectory } from '../../machine-directory.ts'
import { hasCheckDigit } from '../../machine-number.ts'
import type { CallRow, Store } from '../../store/port.ts'
import type { SubscriberVault } from '../../subscriber-vault.ts'
import type { Languages } from '../languages.ts'
import type { House } from '../say.ts'
import type { VoiceConfiguration, VoiceNumber } from './configuration.ts'
import { type CallAnswer, type CallEvent, nextStep, over } from './next-step.ts'
import type { VoiceCodes } from './voice-codes.ts'

/** What a platform says. Who calls is not asked: nothing here needs it. */
export interface CallStep {
  /** The platform's name, and its own id of the call. */
  readonly platform: string
  readonly call: string
  /** Rises with each step of the call; a repeat has the same one. */
  readonly step: number
  readonly event: CallEvent
  /** The number that was called. */
  readonly called: string
  /** What was typed, of `digits`. */
  readonly digits?: string
}

export interface CallDeskParts {
  readonly configuration: Pick<VoiceConfiguration, 'numbers' | 'answerLimitMs'>
  readonly codes: VoiceCodes
  readonly languages: Languages
  readonly house: House
  /** Machine numbers end in a check digit: one that does not is no machine. */
  readonly checkDigit: boolean
  readonly store: Pick<Store, 'call'>
  readonly directory: MachineDirectory
  readonly vault: SubscriberVault
  readonly engine: () => Engine
  readonly clock: Clock
  readonly log: Log
}

export class CallDesk {
  readonly #parts: CallDeskParts
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(parts: CallDeskParts) {
    this.#parts = parts
  }

  /** The engine has committed something about a call. */
  wentOn(callId: string): void {
    for (const wake of this.#waiting.get(callId) ?? []) wake()
  }

  /** What recordings of a call are of. */
  async languageOf({ platform, call }: Pick<CallStep, 'platform' | 'call'>): Promise<string> {
    const { store, languages } = this.#parts
    return (await store.call(`${platform} ${call}`))?.language ?? languages.fallback
  }

  /** Rejects when it could not be stored: the platform says it again. */
  async hear(step: CallStep): Promise<CallAnswer> {
    const { store, log } = this.#parts
    const callId = `${step.platform} ${step.call}`
    const before = await store.call(callId)
    const found = this.#numberOf(before, step)
    if (!found) {
      log.warn({ platform: step.platform }, 'a call to a number that is not configured was turned away')
      return over
    }
    const [service, number] = found
    const act = await this.#actOf(step, callId, service, number, before)
    if (act) await this.#submit(callId, step, act, before)
    const call = await this.#settled(callId)
    if (!call || step.event === 'hungUp') return over
    return nextStep(call, await this.#told(call, number, step))
  }

  #numberOf(call: CallRow | undefined, { called }: CallStep): readonly [string, VoiceNumber] | undefined {
    return Object.entries(this.#parts.configuration.numbers).find(([name, number]) =>
      call ? name === call.service : number.called === called,
    )
  }

  async #actOf(
    { event, digits = '' }: CallStep,
    callId: string,
    service: string,
    number: VoiceNumber,
    before: CallRow | undefined,
  ): Promise<{ act: CallAct; automatonId: string | null } | undefined> {
    const { languages, codes, vault, directory, checkDigit, clock } = this.#parts
    const at = { automatonId: before?.automatonId ?? null }
    if (!before && event === 'hungUp') return undefined
    // A call whose beginning was not heard begins with its tariff message, whatever is said of it.
    if (event === 'begun' || !before) {
      const { amount, currency, sellerShareBps, way, language = languages.fallback } = number
      const amountMinor = amountMinorOf(amount, currency) ?? 0
      const direct = way === 'direct'
      const terms = { service, language, amountMinor, currency, sellerShareBps, direct }
      return { act: { type: 'begun', ...terms }, ...at }
    }
    switch (event) {
      case 'tariffPlayed':
      case 'codeRead':
      case 'hungUp':
        return { act: { type: event }, ...at }
      case 'digits': {
        if (before.state !== 'asking') return undefined
        const isMistyped = checkDigit && !hasCheckDigit(digits)
        const machine = isMistyped ? undefined : await directory.byNumber(digits)
        const voucherId = codes.voucherIdOf(callId)
        const payer = { realm: voucherRealm, key: voucherId }
        const subscriber = {
          subscriberId: vault.idOf(payer),
          sealed: vault.seal(payer),
          language: before.language,
          stopped: false,
          blocked: false,
          seenAt: clock.now(),
        }
        const act = { type: 'machineTyped', voucherId, subscriber } as const
        return { act, automatonId: machine?.automatonId ?? null }
      }
      case 'waited':
        return undefined
    }
  }

  async #submit(
    callId: string,
    { step, event }: CallStep,
    { act, automatonId }: { act: CallAct; automatonId: string | null },
    before: CallRow | undefined,
  ): Promise<void> {
    const { engine, store, clock } = this.#parts
    const send = (at: string | null) =>
      engine().submit({
        kind: 'voice',
        automatonId: at,
        callId,
        // With the machine: said before it was known, it is said anew under that machine's lock.
        key: `${step} ${event} ${at ?? ''}`,
        act,
        at: clock.now(),
      })
    await send(automatonId)
    if (act.type === 'begun' || act.type === 'machineTyped') return
    const now = (await store.call(callId))?.automatonId ?? null
    if (now !== (before?.automatonId ?? null)) await send(now)
  }

  /** The call as it is once its voucher is made, or the wait for that is over. */
  async #settled(callId: string): Promise<CallRow | undefined> {
    const { store, clock, configuration } = this.#parts
    const until = clock.monotonic() + configuration.answerLimitMs
    for (;;) {
      const { changed, stop } = this.#watch(callId)
      const call = await store.call(callId)
      const leftMs = until - clock.monotonic()
      if (call?.state !== 'making' || leftMs <= 0) {
        stop()
        return call
      }
      await this.#orLater(changed, leftMs)
      stop()
    }
  }

  #watch(callId: string): { changed: Promise<void>; stop: () => void } {
    const { promise: changed, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(callId) ?? new Set()
    waiting.add(resolve)
    this.#waiting.set(callId, waiting)
    const stop = () => {
      waiting.delete(resolve)
      if (waiting.size === 0) this.#waiting.delete(callId)
    }
    return { changed, stop }
  }

  async #orLater(changed: Promise<void>, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#parts.clock.after(ms, resolve)
    await Promise.race([changed, promise])
    timer.cancel()
  }

  async #told(call: CallRow, { tariffMessage }: VoiceNumber, { digits = '' }: CallStep) {
    const { languages, codes, house, directory, clock } = this.#parts
    const { voucherId, codeTurn, automatonId } = call
    return {
      words: languages.voice(call.language),
      tariffMessage,
      house,
      code: voucherId === null ? undefined : codes.codeOf(voucherId, codeTurn),
      machineNumber: automatonId === null ? '' : await directory.numberOf(automatonId),
      typed: digits,
      now: clock.now(),
    }
  }
}
