// A buyer's phone in a scenario: the inputs that its words come to once they have been read. Reading them is
// conversation.ts, which has tests of its own.
import { uuidFrom } from '@concilia/protocol/random.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { SubscriberRow } from '../store/port.ts'
import type { PhoneAct, PhoneInput } from './inputs.ts'
import type { Scenario } from './scenario.ts'

export class ScenarioPhone {
  readonly subscriberId: string
  /** A dialogue the carrier vouches for, instead of texts. */
  sessionId: string | null = null
  /** What it may ask for; undefined: whatever it wants. */
  budget: PhoneInput['budget'] = undefined
  readonly #scenario: Scenario
  readonly #row: SubscriberRow

  constructor(scenario: Scenario, subscriber: Subscriber) {
    this.#scenario = scenario
    this.subscriberId = scenario.vault.idOf(subscriber)
    this.#row = {
      subscriberId: this.subscriberId,
      sealed: scenario.vault.seal(subscriber),
      language: 'en',
      stopped: false,
      blocked: false,
      seenAt: scenario.clock.now(),
    }
  }

  /** ST9: stands before the machine. */
  async identify(automatonId = 'machine-4021'): Promise<void> {
    const { sessionId } = this
    const vouched = sessionId !== null
    const channel = vouched ? 'ussd' : 'text'
    await this.act(automatonId, { type: 'identify', channel, sessionId, language: 'en', vouched })
  }

  /** Consents with the code that came with the price, or by a pick in the menu of its dialogue. */
  async yes(code?: string | null): Promise<void> {
    const { identificationId, saleId, automatonId, code: right } = await this.#open()
    const said = code === undefined ? (this.sessionId === null ? right : null) : code
    await this.act(automatonId, { type: 'consent', identificationId, saleId: saleId ?? '', code: said })
  }

  async no(): Promise<void> {
    const { identificationId, saleId, automatonId } = await this.#open()
    await this.act(automatonId, { type: 'refuse', identificationId, saleId })
  }

  /** ST12: types what the centre sent. */
  async type(code: string): Promise<void> {
    const { identificationId, saleId, automatonId } = await this.#open()
    const sealed = this.#scenario.vault.sealText(code)
    await this.act(automatonId, { type: 'code', identificationId, saleId: saleId ?? '', code: sealed })
  }

  async act(automatonId: string | null, act: PhoneAct, key = uuidFrom(this.#scenario.random)): Promise<void> {
    await this.#scenario.submit({
      kind: 'phone',
      automatonId,
      source: 'gateway',
      key,
      bodyHash: 'hash',
      subscriber: this.#row,
      act,
      ...(this.budget && { budget: this.budget }),
      at: this.#scenario.clock.now(),
    })
  }

  /** The kinds of what it was told, oldest first. */
  heard(): string[] {
    const mine = this.#scenario.said.filter(({ subscriberId }) => subscriberId === this.subscriberId)
    return mine.map(({ say }) => ('reason' in say ? `${say.kind} ${say.reason}` : say.kind))
  }

  async #open() {
    const [newest] = await this.#scenario.store.identificationsOf(this.subscriberId)
    if (!newest) throw new Error('this phone stands before no machine')
    return newest
  }
}
