// A vending machine in a scenario: what its automaton would publish, signed with its own certificate,
// numbered in its own journal. It does nothing by itself.
import type { Identity } from '@concilia/platform/identity.ts'
import type { Birth, InstructionAnswer, Offer, SaleMessage } from '@concilia/protocol/messages.ts'
import {
  type Outcome,
  outcomeKind,
  promise,
  slipKind,
  type Withdrawal,
  withdrawalKind,
} from '@concilia/protocol/promises.ts'
import { sha256, uuidFrom } from '@concilia/protocol/random.ts'
import { newMachine } from '../machine-commands.ts'
import type { MachineInput } from './inputs.ts'
import type { Scenario } from './scenario.ts'

type Numbered<T> = T extends unknown ? Omit<T, 'journalId' | 'seq'> : never
type Said<T> = T extends unknown ? Omit<T, 'kind' | 'automatonId' | 'at'> : never

export class ScenarioMachine {
  readonly automatonId: string
  readonly number: string
  readonly identity: Identity
  journalId: string
  boot = 1
  seq = 0
  /** Every sale message it has published, as it was. */
  readonly published: { message: SaleMessage; body: string }[] = []
  readonly #scenario: Scenario
  readonly #offers = new Map<string, { hash: string }>()

  constructor(scenario: Scenario, identity: Identity, number: string) {
    this.#scenario = scenario
    this.identity = identity
    this.automatonId = identity.id
    this.number = number
    this.journalId = uuidFrom(scenario.random)
  }

  async enrol(): Promise<void> {
    const { store, clock } = this.#scenario
    await store.ensureMachine(newMachine(this.automatonId, 'operator', clock.now()))
    const tradeName = 'Snacks & Co'
    await this.#scenario.person(this.automatonId, {
      type: 'enrol',
      machineNumber: this.number,
      seller: 'operator',
      tradeName,
    })
  }

  async birth(change: Partial<Birth> = {}): Promise<void> {
    const birth: Birth = {
      journalId: this.journalId,
      boot: this.boot,
      lastSeq: this.seq,
      machineNumber: this.number,
      version: '1.0.0',
      configurationVersion: 0,
      configurationHash: 'hash',
      chain: this.identity.chain,
      reader: 'alwaysIdle',
      link: 'permanent',
      keypad: true,
      ...change,
    }
    await this.say({ type: 'birth', birth })
  }

  /** ST4. @param code typed before it @returns the new sale's id */
  async offer(change: Partial<Offer> = {}, code?: string): Promise<string> {
    const saleId = uuidFrom(this.#scenario.random)
    await this.publish({ ...this.offerOf({ saleId, ...change }), ...(code && { code }) })
    return saleId
  }

  offerOf(change: Partial<Offer> & { saleId: string }): Numbered<Extract<SaleMessage, { kind: 'offer' }>> {
    const offer: Offer = {
      automatonId: this.automatonId,
      machineNumber: this.number,
      item: 5,
      amountMinor: 150,
      currency: 'EUR',
      waitMs: this.#scenario.settings.limits.offerWaitMs,
      nonce: Buffer.from(this.#scenario.random.bytes(16)).toString('base64url'),
      at: this.#scenario.clock.now(),
      ...change,
    }
    const text = JSON.stringify(offer)
    const { amountMinor, currency, waitMs, saleId } = offer
    const hash = sha256(text)
    this.#offers.set(saleId, { hash })
    const terms = { offerHash: hash, amountMinor, currency, seller: 'operator', waitMs }
    return { kind: 'offer', saleId, offer: text, slip: promise(slipKind, this.identity.signer, terms) }
  }

  /** Typed while the offer is open. */
  async type(saleId: string, code: string): Promise<void> {
    await this.publish({ kind: 'code', saleId, code })
  }

  async withdraw(saleId: string, reason: Withdrawal['reason'] = 'waitLimit'): Promise<void> {
    const { signer } = this.identity
    const withdrawal = { saleId, offerHash: this.hashOf(saleId), reason, at: this.#scenario.clock.now() }
    await this.publish({
      kind: 'withdrawal',
      saleId,
      withdrawal: promise(withdrawalKind, signer, withdrawal),
    })
  }

  /** ST6. */
  async report(saleId: string, result: Outcome['result'], change: Partial<Outcome> = {}): Promise<void> {
    await this.publish(this.outcomeOf(saleId, result, change))
  }

  outcomeOf(saleId: string, result: Outcome['result'], change: Partial<Outcome> = {}): Numbered<SaleMessage> {
    const { signer } = this.identity
    const at = this.#scenario.clock.now()
    const outcome = { saleId, offerHash: this.hashOf(saleId), result, detail: result, at, ...change }
    return { kind: 'outcome', saleId, outcome: promise(outcomeKind, signer, outcome) }
  }

  hashOf(saleId: string): string {
    return this.#offers.get(saleId)?.hash ?? sha256('an offer nobody made')
  }

  async answer(instructionId: string, answer: Omit<InstructionAnswer, 'instructionId'>): Promise<void> {
    await this.say({ type: 'answered', answer: { instructionId, ...answer } })
  }

  /** Numbers a message, remembers it and sends it. */
  async publish(content: Numbered<SaleMessage>): Promise<void> {
    const message: SaleMessage = { ...content, journalId: this.journalId, seq: ++this.seq }
    const body = JSON.stringify(message)
    this.published.push({ message, body })
    await this.send(message, body)
  }

  /** As it goes over the wire, once more or in another order. */
  async send(message: SaleMessage, body = JSON.stringify(message)): Promise<void> {
    await this.say({ type: 'sale', message, body, bodyHash: sha256(body) })
  }

  /** Bytes that are no message; with a number, where one could be read. */
  async garble(trace: { journalId?: string; seq?: number; saleId?: string } = {}): Promise<void> {
    await this.say({
      type: 'malformed',
      reason: 'not JSON',
      body: '{oops',
      bodyHash: sha256('{oops'),
      ...trace,
    })
  }

  async say(said: Said<MachineInput>): Promise<void> {
    const at = this.#scenario.clock.now()
    await this.#scenario.submit({ kind: 'machine', automatonId: this.automatonId, at, ...said })
  }
}
