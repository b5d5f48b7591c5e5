// A relation server's engine in a small world, for scenarios: the real engine, performer and due watch on the
// store in memory, a clock that a test moves, machines that sign with real certificates, and a payment centre
// that keeps its books right whatever it is told to answer. Nothing here is used outside of tests.
import { type Authority, makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Role } from '@concilia/protocol/certificates.ts'
import { defaultLimits, type Limits } from '@concilia/protocol/limits.ts'
import type { ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import type { Admission, Instruction, Stored } from '@concilia/protocol/messages.ts'
import { type Random, sha256 } from '@concilia/protocol/random.ts'
import type { Figures } from '../figures.ts'
import { VoiceCodes } from '../phones/voice/voice-codes.ts'
import { presencePolicy } from '../presence-policy.ts'
import { reconcile } from '../reconciliation.ts'
import { makeSaleChart } from '../sale-chart.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { OutboxRow, SaleRow, Store } from '../store/port.ts'
import { SubscriberVault } from '../subscriber-vault.ts'
import { DueWatch } from './due-watch.ts'
import { Engine, type EngineParts, type Taken } from './engine.ts'
import type { Input, PersonInput } from './inputs.ts'
import type { TextBody } from './outbox-bodies.ts'
import { Performer, type Speaker } from './performer.ts'
import { ScenarioCentre } from './scenario-centre.ts'
import { ScenarioMachine } from './scenario-machine.ts'
import { ScenarioPhone } from './scenario-phone.ts'
import type { Settings, VoiceRules } from './world.ts'

/** Always the same bytes in the same order, never the same twice. */
class CountingRandom implements Random {
  #count = 0

  bytes(length: number): Uint8Array {
    return Buffer.from(sha256(`${this.#count++}`), 'base64url').subarray(0, length)
  }
}

const made = new Map<string, Promise<Identity>>()
let authority: Promise<Authority> | undefined

/** A party's identity under the one root of the test process, valid in the scenarios' time. */
export function identityOf(id: string, role: Role, seller: string): Promise<Identity> {
  const at = new ManualClock().now()
  authority ??= makeAuthority(at)
  const make = async (root: Authority) => {
    const identity = identityFrom(await makeCredentials(root, { id, role, seller }, at))
    if (typeof identity === 'string') throw new Error(identity)
    return identity
  }
  const known = made.get(id) ?? authority.then(make)
  made.set(id, known)
  return known
}

/** Whatever reaches it, comes twice: in the same batch, as good as at once. */
class DoublingEngine extends Engine {
  override submit(input: Input): Promise<Taken> {
    return Promise.all([super.submit(input), super.submit(input)]).then(([taken]) => taken)
  }
}

export interface ScenarioOptions {
  readonly charge?: 'debit' | 'hold'
  readonly limits?: Partial<Limits>
  readonly unknownCap?: Settings['unknownCap']
  readonly proof?: Settings['proof']
  /** Machines at which a buyer proves standing there. */
  readonly presence?: readonly string[]
  /** Every input reaches the engine twice. */
  readonly twice?: boolean
  readonly voice?: Partial<VoiceRules>
  readonly store?: Store
  readonly clock?: ManualClock
  readonly random?: Random
  readonly figures?: Figures
}

type Sent =
  | { automatonId: string; channel: 'instruction'; body: Instruction }
  | { automatonId: string; channel: 'admission'; body: Admission }
  | { automatonId: string; channel: 'stored'; body: Stored }
  | { automatonId: string; channel: 'configuration'; body: ConfigurationMessage }

export class Scenario {
  readonly clock: ManualClock
  readonly random: Random
  readonly store: Store
  readonly centre: ScenarioCentre
  readonly engine: Engine
  readonly settings: Settings
  readonly vault: SubscriberVault
  readonly codes = new VoiceCodes(Buffer.alloc(32, 1))
  readonly sent: Sent[] = []
  readonly said: TextBody[] = []
  readonly logged: string[] = []
  /** Who says to buyers what is said; it is remembered in `said` either way. */
  speaker: Speaker = { speak: async () => 'done' }
  /** Told of calls that went on. */
  hearCall: (callId: string) => void = () => {}
  /** What a machine is told while it is false does not reach it. */
  linkIsUp = true
  readonly #dueWatch: DueWatch

  private constructor(options: ScenarioOptions, centre: Identity) {
    const limits = { ...defaultLimits, ...options.limits }
    this.random = options.random ?? new CountingRandom()
    this.clock = options.clock ?? new ManualClock()
    this.store = options.store ?? new MemoryStore()
    this.centre = new ScenarioCentre(centre, this.clock, limits)
    this.vault = new SubscriberVault(Buffer.alloc(32, 1), this.random)
    this.settings = {
      limits,
      chart: makeSaleChart(limits),
      charge: options.charge ?? 'debit',
      rootPem: centre.rootPem,
      invitation: 'Text {number} to 36000',
      proof: options.proof ?? [],
      ...(options.presence && { presence: presencePolicy(options.presence, this.vault) }),
      unknownCap: options.unknownCap ?? { machine: 3, subscriber: 3 },
      voice: {
        codeLifeMs: 900_000,
        voucherLifeMs: 2_400_000,
        wrongCodes: { machine: 10, all: 200 },
        codeOf: (voucherId, turn) => this.codes.codeOf(voucherId, turn),
        sameCode: (one, other) => one === other,
        tell: (words) => JSON.stringify(words),
        ...options.voice,
      },
    }
    const log = this.#log()
    const parts: EngineParts = {
      store: this.store,
      settings: this.settings,
      clock: this.clock,
      random: this.random,
      log,
      figures: options.figures,
      letOut: (releases, outbox) => performer.letOut(releases, outbox),
    }
    this.engine = options.twice ? new DoublingEngine(parts) : new Engine(parts)
    const speaker: Speaker = {
      speak: (text, key) => {
        this.said.push(text)
        return this.speaker.speak(text, key)
      },
    }
    const machines = {
      send: async (automatonId: string, channel: Sent['channel'], body: object) => {
        if (this.linkIsUp) this.sent.push({ automatonId, channel, body } as Sent)
        return this.linkIsUp
      },
    }
    const performer: Performer = new Performer(
      {
        store: this.store,
        payments: this.centre,
        machines,
        speaker,
        vault: this.vault,
        callWentOn: (callId) => this.hearCall(callId),
        clock: this.clock,
        log,
        figures: options.figures,
      },
      () => this.engine,
    )
    this.#dueWatch = new DueWatch(
      { store: this.store, engine: this.engine, performer, clock: this.clock, log },
      limits,
    )
  }

  /** An engine that is back with its peers; the quiet time after a return (rule 11) is over. */
  static async open(options: ScenarioOptions = {}): Promise<Scenario> {
    const scenario = new Scenario(options, await identityOf('centre', 'payment-centre', ''))
    scenario.engine.useCentreChains(await scenario.centre.chains())
    scenario.engine.peersAreBack()
    scenario.clock.advance(scenario.settings.limits.quietMs)
    scenario.#dueWatch.start()
    return scenario
  }

  /** Enrolled, admitted and born; `4021` is `machine-4021` of seller `operator`. */
  async machine(number = '4021'): Promise<ScenarioMachine> {
    const identity = await identityOf(`machine-${number}`, 'automaton', 'operator')
    const machine = new ScenarioMachine(this, identity, number)
    await machine.enrol()
    await this.person(machine.automatonId, { type: 'admit' })
    await machine.birth()
    return machine
  }

  phone(number: string): ScenarioPhone {
    return new ScenarioPhone(this, { realm: 'e164', key: number })
  }

  async person(automatonId: string, action: PersonInput['action']): Promise<void> {
    await this.submit({
      kind: 'person',
      automatonId,
      who: 'somebody',
      why: 'because',
      action,
      at: this.clock.now(),
    })
  }

  /** Resolves when the input is stored and all that follows from it at once has happened. */
  async submit(input: Input): Promise<void> {
    await this.engine.submit(input)
    await this.settle()
  }

  /**
   * Nothing here waits for anything but other promises: one turn of the event loop lets all of them run out.
   */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  /** Time goes by, looked at in every second. */
  async pass(byMs: number): Promise<void> {
    await this.clock.advanceAsync(byMs, () => this.settle())
  }

  /** A long time goes by at once; what has become due is looked at when it is over. */
  async leap(byMs: number): Promise<void> {
    this.clock.setNow(this.clock.now() + byMs - 2000)
    await this.pass(2000)
  }

  /** The walk over the centre's payments, once all of them are old enough. @returns how much it found */
  async walk(): Promise<number> {
    this.clock.advance(60_000)
    const { store, engine, clock, centre: payments } = this
    const { limits } = this.settings
    const { findings: found } = await reconcile({ store, payments, engine, clock, limits, log: this.#log() })
    await this.settle()
    return found
  }

  async saleRow(saleId: string): Promise<SaleRow> {
    const row = await this.store.sale(saleId)
    if (!row) throw new Error(`there is no sale ${saleId}`)
    return row
  }

  async state(saleId: string): Promise<string> {
    return (await this.saleRow(saleId)).state
  }

  /** What the buyer of a sale has spent or cannot spend, in minor units. */
  tied(saleId: string): number {
    return this.centre.paid(saleId) + this.centre.held(saleId)
  }

  /** The instructions sent, oldest first, without their repeats. */
  instructions(saleId?: string): Instruction[] {
    const found = new Map<string, Instruction>()
    for (const { channel, body } of this.sent) {
      if (channel !== 'instruction') continue
      if (saleId === undefined || ('saleId' in body && body.saleId === saleId)) found.set(body.id, body)
    }
    return [...found.values()]
  }

  get lastAdmission(): Admission | undefined {
    return this.sent.findLast((each) => each.channel === 'admission')?.body
  }

  get lastStored(): Stored | undefined {
    return this.sent.findLast((each) => each.channel === 'stored')?.body
  }

  /** What would still be sent, whenever it is due. */
  async outbox(): Promise<OutboxRow[]> {
    const never = { instruction: 0, payment: 0, text: 0, admission: 0, configuration: 0 }
    return await this.store.claimOutbox(Number.MAX_SAFE_INTEGER, 1000, never)
  }

  async close(): Promise<void> {
    await Promise.all([this.#dueWatch.stop(), this.engine.stop()])
  }

  #log(): Log {
    const write = (first: unknown, words?: string) => {
      this.logged.push(words ?? String(first))
    }
    return { debug: write, info: write, warn: write, error: write } as unknown as Log
  }
}

/** A sale of 1.50 that a phone has consented to. */
export async function consented(options: ScenarioOptions = {}, before?: (scenario: Scenario) => void) {
  const scenario = await Scenario.open(options)
  const machine = await scenario.machine()
  const phone = scenario.phone('+33612345678')
  before?.(scenario)
  const saleId = await machine.offer()
  await phone.identify()
  await phone.yes()
  return { scenario, machine, phone, saleId, limits: scenario.settings.limits }
}
