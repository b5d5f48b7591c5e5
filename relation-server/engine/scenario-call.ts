// A call in a scenario: the inputs that its steps come to. What the caller hears is next-step.ts, which has
// tests of its own.
import type { CallRow } from '../store/port.ts'
import type { CallAct } from './inputs.ts'
import type { Scenario } from './scenario.ts'

export class ScenarioCall {
  readonly callId: string
  readonly #scenario: Scenario
  readonly #terms: { amountMinor: number; direct: boolean }
  #step = 0

  constructor(
    scenario: Scenario,
    callId: string,
    terms: Partial<{ amountMinor: number; direct: boolean }> = {},
  ) {
    this.#scenario = scenario
    this.callId = callId
    this.#terms = { amountMinor: 150, direct: false, ...terms }
  }

  get voucherId(): string {
    return this.#scenario.codes.voucherIdOf(this.callId)
  }

  async begin(): Promise<void> {
    const number = { service: 'voix', language: 'en', currency: 'EUR', sellerShareBps: 6000, ...this.#terms }
    await this.act(null, { type: 'begun', ...number })
    await this.act(null, { type: 'tariffPlayed' })
  }

  /** Names the machine; null: one that nobody knows. */
  async name(automatonId: string | null = 'machine-4021'): Promise<void> {
    const { vault, clock } = this.#scenario
    const payer = { realm: 'voucher', key: this.voucherId }
    const subscriberId = vault.idOf(payer)
    const sealed = vault.seal(payer)
    const subscriber = {
      subscriberId,
      sealed,
      language: 'en',
      stopped: false,
      blocked: false,
      seenAt: clock.now(),
    }
    await this.act(automatonId, {
      type: 'machineTyped',
      voucherId: this.voucherId,
      subscriber,
    })
  }

  /** All of it, until the code has been read. @returns the code */
  async buy(automatonId = 'machine-4021'): Promise<string> {
    await this.begin()
    await this.name(automatonId)
    await this.read()
    return await this.code()
  }

  async read(): Promise<void> {
    await this.act((await this.row()).automatonId, { type: 'codeRead' })
  }

  async hangUp(): Promise<void> {
    await this.act((await this.row()).automatonId, { type: 'hungUp' })
  }

  async code(): Promise<string> {
    return this.#scenario.codes.codeOf(this.voucherId, (await this.row()).codeTurn)
  }

  async row(): Promise<CallRow> {
    const row = await this.#scenario.store.call(this.callId)
    if (!row) throw new Error(`there is no call ${this.callId}`)
    return row
  }

  async state(): Promise<CallRow['state']> {
    return (await this.row()).state
  }

  async act(automatonId: string | null, act: CallAct, key = `${++this.#step}`): Promise<void> {
    const { clock } = this.#scenario
    await this.#scenario.submit({
      kind: 'voice',
      automatonId,
      callId: this.callId,
      key,
      act,
      at: clock.now(),
    })
  }
}
