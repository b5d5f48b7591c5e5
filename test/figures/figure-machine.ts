// One machine of the figures with the buyer before it, selling to each other again and again: the automaton's
// real link, journal (in memory) and signatures, and as hardware one that delivers at once. The sale chart is
// left out: it costs the controller of one machine, not the server of thousands.
import { MemoryJournal, SimulatedDisk } from '@concilia/automaton/journal/memory-journal.ts'
import type { Change, OutboxRow } from '@concilia/automaton/journal/port.ts'
import { type LinkNews, MachineLink } from '@concilia/automaton/link/machine-link.ts'
import { MqttLink } from '@concilia/automaton/link/mqtt-link-adapter.ts'
import { checkAcknowledgement, makeOffer } from '@concilia/automaton/offer.ts'
import type { Identity } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import type { Admission, Instruction } from '@concilia/protocol/messages.ts'
import { outcomeKind, promise } from '@concilia/protocol/promises.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import type { Carrier } from './carrier.ts'

/** Moments of one complete sale (ms, monotonic). */
export interface SaleTimes {
  readonly offered: number
  readonly consented: number
  readonly instructed: number
  /** The outcome is stored: the machine is on standby again. */
  readonly standby: number
  /** The receipt is read: nothing of this sale is open any more. */
  readonly complete: number
}

export interface FigureMachineParts {
  readonly identity: Identity
  readonly machineNumber: string
  readonly phoneNumber: string
  readonly brokerUrl: string
  readonly carrier: Carrier
  /** A sale is complete. @returns whether there shall be another one */
  readonly sold: (times: SaleTimes) => boolean
  /** Anything but a sale that goes its way. */
  readonly failed: (why: string) => void
}

const price = { amountMinor: 150, currency: 'EUR' as const }
const snapshot = { chartVersion: 1, json: '{}' }
const silent = makeLog('figures', { level: 'silent', write: () => {} })
const { vendMs, marginMs, offerWaitMs } = defaultLimits

export class FigureMachine {
  readonly #parts: FigureMachineParts
  readonly #journal = new MemoryJournal(new SimulatedDisk(systemRandom))
  readonly #parties: KnownParties
  readonly #link: MachineLink
  readonly #admitted = Promise.withResolvers<void>()
  #admission: { serverTime: number; at: number } | undefined
  #saleId = ''
  #times = { offered: 0, consented: 0, instructed: 0, standby: 0, receipt: 0 }

  constructor(parts: FigureMachineParts) {
    const { identity, machineNumber, brokerUrl } = parts
    this.#parts = parts
    this.#parties = new KnownParties(identity.rootPem)
    const link = new MqttLink({ url: brokerUrl, automatonId: identity.id, tls: identity, connectMs: 60_000 })
    this.#link = new MachineLink(
      { link, journal: this.#journal, clock: systemClock, random: systemRandom, log: silent },
      {
        mode: 'permanent',
        identity: { version: 'figures', chain: identity.chain, machineNumber },
        configuration: { version: 0, hash: 'none' },
        reader: 'alwaysIdle',
        limits: defaultLimits,
      },
      (news) => this.#heard(news),
    )
    parts.carrier.phone(parts.phoneNumber, (words) => this.#read(words))
  }

  /** Resolves when the server has admitted it. */
  async connect(): Promise<void> {
    this.#link.start()
    await this.#admitted.promise
  }

  /** A buyer chooses: the offer goes out. */
  sell(): void {
    const { identity, machineNumber } = this.#parts
    const { id: automatonId, seller, signer } = identity
    const saleId = uuidFrom(systemRandom)
    const nonce = Buffer.from(systemRandom.bytes(16)).toString('base64url')
    const at = systemClock.now()
    this.#saleId = saleId
    this.#times = { offered: performance.now(), consented: 0, instructed: 0, standby: 0, receipt: 0 }
    const { terms, word } = makeOffer(
      { automatonId, machineNumber, seller, signer, offerWaitMs },
      { saleId, nonce, item: 5, at, price },
    )
    this.#link.send(this.#commit({ offers: [terms], words: [word] }))
  }

  async stop(): Promise<void> {
    await this.#link.stop()
  }

  #commit(change: Partial<Change>): OutboxRow[] {
    const event = { type: 'figure' }
    const nothing = { offers: [], promises: [], words: [], answers: [] }
    return this.#journal.commit({ at: systemClock.now(), event, snapshot, ...nothing, ...change })
  }

  #heard(news: LinkNews): void {
    if (news.type === 'admission') this.#judged(news.admission)
    if (news.type === 'instruction') this.#instructed(news.instruction)
    if (news.type === 'wordStored' && news.row.saleId === this.#saleId) {
      if (news.row.kind === 'offer') this.#say(`PAY ${this.#parts.machineNumber}`)
      else this.#isStored()
    }
  }

  #judged({ admission, serverTime, centreChains, reason }: Admission): void {
    if (admission !== 'accepted') {
      this.#parts.failed(`a machine was not admitted: ${admission}, ${reason}`)
      return
    }
    this.#admission = { serverTime, at: performance.now() }
    for (const chain of centreChains) this.#parties.admit(chain, serverTime)
    this.#admitted.resolve()
  }

  #say(words: string): void {
    this.#parts.carrier.send(this.#parts.phoneNumber, words).catch((error) => this.#parts.failed(`${error}`))
  }

  /** The buyer reads. */
  #read(words: string): void {
    const code = /Reply (YES \d+)/.exec(words)?.[1]
    if (code !== undefined) {
      this.#times.consented = performance.now()
      this.#say(code)
    } else if (words.startsWith('Paid ')) {
      this.#times.receipt = performance.now()
      this.#completed()
    } else if (!words.startsWith('Thank you.')) this.#parts.failed(`a buyer was told: ${words}`)
  }

  #instructed(instruction: Instruction): void {
    const given = this.#journal.answer(instruction.id)
    if (given) {
      this.#link.answer(given)
      return
    }
    if (instruction.kind !== 'deliver' || instruction.saleId !== this.#saleId || !this.#admission) {
      this.#parts.failed(`an instruction out of place: ${instruction.kind}`)
      return
    }
    this.#times.instructed = performance.now()
    const { saleId, acknowledgement, id: instructionId } = instruction
    const { signer, seller } = this.#parts.identity
    const terms = this.#journal.terms(saleId)
    if (!terms) return
    const { serverTime, at } = this.#admission
    const verdict = checkAcknowledgement(acknowledgement, terms, seller, {
      parties: this.#parties,
      admittedAt: serverTime,
      now: serverTime + performance.now() - at,
      honouredForMs: vendMs + marginMs,
    })
    if (verdict !== 'good') {
      this.#parts.failed(`an acknowledgement is not good: ${verdict}`)
      return
    }
    const answer = { instructionId, saleId, answer: 'stored' as const }
    this.#commit({ promises: [{ saleId, promise: 'deliver' }], answers: [answer] })
    this.#link.answer(answer)
    const { offerHash } = terms
    const outcome = {
      saleId,
      offerHash,
      result: 'delivered' as const,
      detail: 'figure',
      at: systemClock.now(),
    }
    const word = { kind: 'outcome' as const, saleId, outcome: promise(outcomeKind, signer, outcome) }
    this.#link.send(this.#commit({ words: [word] }))
  }

  #isStored(): void {
    this.#times.standby = performance.now()
    this.#completed()
  }

  #completed(): void {
    const { receipt, ...times } = this.#times
    if (times.standby === 0 || receipt === 0) return
    if (this.#parts.sold({ ...times, complete: performance.now() })) this.sell()
  }
}
