// The relation server's own work for a sale, with nothing around it: engine, charts, conversation, performer
// and log, real signatures, no socket and no database. What machines and centre sign was signed beforehand.
// For profiles, and for comparing two states of the code: on a machine that others use, the user time of a
// fixed amount of work says more than sales a second.
import { GCProfiler } from 'node:v8'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import type { Birth, Instruction } from '@concilia/protocol/messages.ts'
import { acknowledgementKind, outcomeKind, promise, slipKind } from '@concilia/protocol/promises.ts'
import { sha256, uuidFrom } from '@concilia/protocol/random.ts'
import { upTopic } from '@concilia/protocol/topics.ts'
import { defaultCaps } from '@concilia/relation-server/caps.ts'
import { newMachine } from '@concilia/relation-server/machine-commands.ts'
import { MachineDirectory } from '@concilia/relation-server/machine-directory.ts'
import type { MachinesHear } from '@concilia/relation-server/machines/port.ts'
import { readMessage } from '@concilia/relation-server/machines/read-message.ts'
import type { PaymentOperation, PaymentResult } from '@concilia/relation-server/payments/port.ts'
import { readLanguages } from '@concilia/relation-server/phones/languages-adapter.ts'
import { makeSaleChart } from '@concilia/relation-server/sale-chart.ts'
import { RelationServer } from '@concilia/relation-server/server.ts'
import { SubscriberVault } from '@concilia/relation-server/subscriber-vault.ts'
import { automatonIdOf, machineCredentials, machineNumberOf, operator, phoneNumberOf } from './enrolled.ts'
import { LogicStore } from './logic-store.ts'
import { short } from './statistics.ts'

/** At once, and so the inputs of a batch: as many as come while a commit is under way with 200 machines. */
const machines = 30
const amount = { amountMinor: 150, currency: 'EUR' as const }
const waitMs = 90_000
const journalId = uuidFrom(systemRandom)

/** What is said of one sale. The centre's yes is found by its slip. */
interface Script {
  readonly saleId: string
  readonly offer: string
  readonly outcome: string
  readonly slip: string
  readonly acknowledgement: string
  readonly paymentId: string
}

/** @param rounds stretches of as many sales; the quickest of them counts */
export async function logicFigures(certificates: string, salesEach: number, rounds: number): Promise<object> {
  const credentials = await machineCredentials(certificates, machines)
  const identities = credentials.map((files) => {
    const identity = identityFrom(files)
    if (typeof identity === 'string') throw new Error(identity)
    return identity
  })
  const stretches: number[] = []
  const collections = new GCProfiler()
  collections.start()
  const world = await LogicWorld.open(identities)
  for (let round = 0; round < rounds; round++) {
    const scripts = identities.map((identity, index) =>
      Array.from({ length: salesEach }, (_, sale) =>
        scriptOf(identity, index, 2 * (round * salesEach + sale)),
      ),
    )
    const before = process.cpuUsage()
    await world.sell(scripts)
    stretches.push(process.cpuUsage(before).user / 1000 / (machines * salesEach))
  }
  await world.close()
  const sales = machines * salesEach
  const allocatedKb = short(allocated(collections.stop()) / 1000 / (rounds * sales))
  return { sales, userCpuMs: short(Math.min(...stretches)), allocatedKb }
}

/** What was on the heap at each collection beyond what the one before had left there: bytes, scripts too. */
function allocated({ statistics }: ReturnType<GCProfiler['stop']>): number {
  return statistics.reduce((sum, { beforeGC }, index) => {
    const before = beforeGC.heapStatistics.usedHeapSize
    const left = statistics[index - 1]?.afterGC.heapStatistics.usedHeapSize ?? before
    return sum + Math.max(0, before - left)
  }, 0)
}

function scriptOf({ id, signer }: Identity, index: number, seq: number): Script {
  const saleId = uuidFrom(systemRandom)
  const at = systemClock.now()
  const nonce = Buffer.from(systemRandom.bytes(16)).toString('base64url')
  const who = { automatonId: id, machineNumber: machineNumberOf(index) }
  const offer = JSON.stringify({ saleId, ...who, item: 5, ...amount, waitMs, nonce, at })
  const terms = { offerHash: sha256(offer), ...amount, seller: operator.id }
  const slip = promise(slipKind, signer, { ...terms, waitMs })
  const paymentId = uuidFrom(systemRandom)
  const result = { saleId, offerHash: terms.offerHash, result: 'delivered' as const, detail: 'figure', at }
  const word = { journalId, saleId }
  return {
    saleId,
    slip,
    paymentId,
    offer: JSON.stringify({ ...word, seq: seq + 1, kind: 'offer', offer, slip }),
    outcome: JSON.stringify({
      ...word,
      seq: seq + 2,
      kind: 'outcome',
      outcome: promise(outcomeKind, signer, result),
    }),
    acknowledgement: promise(acknowledgementKind, signer, { ...terms, paymentId, charge: 'debit', at }),
  }
}

/** The server and, around it, machines, buyers and centre that say what their scripts hold. */
class LogicWorld {
  readonly #server: RelationServer
  readonly #indexes = new Map<string, number>()
  readonly #chains = new Map<string, string>()
  readonly #yes = new Map<string, Script>()
  #hear: MachinesHear | undefined
  #scripts: Script[][] = []
  #admitted = 0
  #selling = 0
  #texts = 0
  #allSold = () => {}

  private constructor(store: LogicStore, rootPem: string) {
    const log = makeLog('relation-server', { write: () => {} })
    const limits = defaultLimits
    const house = { serviceName: 'Concilia', helpNumber: '0800 123 456' }
    const manners = {
      house,
      languages: readLanguages('en'),
      answerLimitMs: 10_000,
      checkDigit: false,
      refused: [],
      served: [],
      // Each phone buys more in a minute than anybody does in a day.
      caps: [{ ...defaultCaps, requestsPerHour: 1_000_000, failuresPerHour: 1_000_000 }],
    }
    this.#server = new RelationServer({
      settings: {
        limits,
        chart: makeSaleChart(limits),
        charge: 'debit',
        rootPem,
        invitation: 'Text {number} to 36000',
        unknownCap: { machine: 3, subscriber: 3 },
        proof: [],
      },
      manners,
      store,
      directory: new MachineDirectory(store, systemClock),
      centreUrl: 'https://centre.invalid',
      machines: {
        start: (hear) => {
          this.#hear = hear
          hear.up()
        },
        send: async (automatonId, channel, body) => {
          const text = JSON.stringify(body)
          if (channel === 'admission') this.#admitted += 1
          if (channel === 'instruction') setImmediate(() => this.#instructed(automatonId, JSON.parse(text)))
          return true
        },
        stop: async () => {},
      },
      payments: {
        perform: async (operation) => await this.#answer(operation),
        walk: async function* () {},
        chains: async () => ['chain'],
        close: async () => {},
      },
      sender: {
        send: async ({ subscriber, text }) => {
          setImmediate(() => this.#read(Number(subscriber.key.slice(-6)), text))
          return { kind: 'sent' }
        },
        close: async () => {},
      },
      vault: new SubscriberVault(Buffer.alloc(32, 1), systemRandom),
      clock: systemClock,
      random: systemRandom,
      log,
    })
  }

  static async open(identities: readonly Identity[]): Promise<LogicWorld> {
    const store = new LogicStore()
    const world = new LogicWorld(store, identities[0]?.rootPem ?? '')
    for (const [index, { id, chain }] of identities.entries()) {
      world.#indexes.set(id, index)
      const row = newMachine(id, operator.id, systemClock.now())
      const number = { machineNumber: machineNumberOf(index), tradeName: operator.name }
      await store.ensureMachine({ ...row, ...number, state: 'admitted' })
      world.#chains.set(id, chain)
    }
    world.#server.start()
    while (!world.#hear) await new Promise(setImmediate)
    for (const id of world.#indexes.keys()) world.#say(id, 'birth', JSON.stringify(world.#birthOf(id)))
    while (world.#admitted < identities.length) await new Promise(setImmediate)
    return world
  }

  /** Resolves when every machine has sold all of its scripts. */
  async sell(scripts: Script[][]): Promise<void> {
    this.#scripts = scripts
    this.#selling = scripts.length
    for (const script of scripts.flat()) this.#yes.set(script.slip, script)
    const sold = new Promise<void>((resolve) => {
      this.#allSold = resolve
    })
    for (const id of this.#indexes.keys()) this.#offer(id)
    await sold
    this.#yes.clear()
  }

  async close(): Promise<void> {
    await this.#server.stop()
  }

  #birthOf(automatonId: string): Birth {
    return {
      journalId,
      boot: 1,
      lastSeq: 0,
      machineNumber: machineNumberOf(this.#indexes.get(automatonId) ?? 0),
      version: 'figures',
      configurationVersion: 0,
      configurationHash: 'none',
      chain: this.#chains.get(automatonId) ?? '',
      reader: 'alwaysIdle',
      link: 'permanent',
      keypad: true,
    }
  }

  #say(automatonId: string, channel: 'birth' | 'offer' | 'stored' | 'outcome', body: string): void {
    const input = readMessage(upTopic(automatonId, channel), Buffer.from(body), systemClock.now())
    if (input) this.#hear?.receive(input)
  }

  #scriptOf(automatonId: string): Script | undefined {
    return this.#scripts[this.#indexes.get(automatonId) ?? 0]?.[0]
  }

  #offer(automatonId: string): void {
    const script = this.#scriptOf(automatonId)
    if (script) {
      this.#say(automatonId, 'offer', script.offer)
      this.#text(
        this.#indexes.get(automatonId) ?? 0,
        `PAY ${machineNumberOf(this.#indexes.get(automatonId) ?? 0)}`,
      )
      return
    }
    this.#selling -= 1
    if (this.#selling === 0) this.#allSold()
  }

  #text(index: number, words: string): void {
    const subscriber = { realm: 'e164' as const, key: phoneNumberOf(index) }
    const messageId = `text ${this.#texts++}`
    const text = { gateway: 'kannel', messageId, channel: 'text' as const, subscriber, vouched: false }
    void this.#server.receive({ ...text, serviceCode: '36000', words, at: systemClock.now() })
  }

  #read(index: number, words: string): void {
    const code = /Reply (YES \d+)/.exec(words)?.[1]
    if (code !== undefined) this.#text(index, code)
    if (!words.startsWith('Paid ')) return
    this.#scripts[index]?.shift()
    this.#offer(automatonIdOf(index))
  }

  #instructed(automatonId: string, { id: instructionId, kind }: Instruction): void {
    const script = this.#scriptOf(automatonId)
    if (!script || kind !== 'deliver') throw new Error(`an instruction out of place: ${kind}`)
    const answer = { instructionId, saleId: script.saleId, answer: 'stored' }
    this.#say(automatonId, 'stored', JSON.stringify(answer))
    this.#say(automatonId, 'outcome', script.outcome)
  }

  async #answer(operation: PaymentOperation): Promise<PaymentResult> {
    if (operation.kind !== 'charge') return { kind: 'ok' }
    const script = this.#yes.get(operation.slip)
    if (!script) throw new Error('a charge of a sale that nobody made')
    const { paymentId, acknowledgement } = script
    return { kind: 'ok', paymentId, acknowledgement }
  }
}
