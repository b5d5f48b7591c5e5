// A relation server and its payment centre behind the link port, for the automaton's tests: it checks every
// signed word it hears, keeps what it stored, and repeats its instructions until they are answered. Messages
// wait in two queues, so that a test decides when they arrive, and whether.
import type { Identity } from '@concilia/platform/identity.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type AuditMessage, auditMessageSchema } from '@concilia/protocol/audit.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import {
  type ConfigurationAnswer,
  type ConfigurationMessage,
  configurationAnswerSchema,
  type MachineConfiguration,
} from '@concilia/protocol/machine-configuration.ts'
import {
  type Admission,
  type Birth,
  birthSchema,
  type Instruction,
  type InstructionAnswer,
  instructionAnswerSchema,
  type NumberedMessage,
  type Offer,
  offerSchema,
  type Presence,
  parseMessage,
  type SaleMessage,
  saleMessageSchema,
} from '@concilia/protocol/messages.ts'
import {
  type Acknowledgement,
  acknowledgementKind,
  check,
  type Outcome,
  outcomeKind,
  promise,
  slipKind,
  type Withdrawal,
  withdrawalKind,
} from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import type { DownChannel, UpChannel } from '@concilia/protocol/topics.ts'
import type { Link, LinkEvent } from './link/port.ts'

interface Told {
  offer?: Offer & { hash: string }
  withdrawal?: Withdrawal
  outcome?: Outcome
  codes?: readonly string[]
}

export class ScriptedServer {
  admission: Admission['admission'] = 'accepted'
  brokerUp = true
  /** Losses on the way: messages for which it is true vanish. */
  losing: (direction: 'up' | 'down', channel: string) => boolean = () => false
  /** Messages for which it is true arrive twice. */
  doubling: (direction: 'up' | 'down', channel: string) => boolean = () => false
  readonly births: Birth[] = []
  readonly presences: Presence[] = []
  readonly answers = new Map<string, InstructionAnswer>()
  readonly sales = new Map<string, Told>()
  readonly telemetry: string[] = []
  /** Audit data, each word once. */
  readonly audits: AuditMessage[] = []
  readonly configurationAnswers: ConfigurationAnswer[] = []
  /** Every sale message heard, repeats included, by its number. */
  readonly heard: number[] = []
  readonly #texts = new Map<string, string>()
  readonly #down: (() => void)[] = []
  readonly #up: (() => void)[] = []
  readonly #unanswered = new Map<string, Instruction>()
  readonly #parties: KnownParties
  readonly #identities: { automaton: Identity; centre: Identity }
  readonly #now: () => number
  #hear: ((event: LinkEvent) => void) | undefined
  #instructions = 0
  #unansweredConfiguration: ConfigurationMessage | undefined

  constructor(identities: { automaton: Identity; centre: Identity }, now: () => number) {
    this.#identities = identities
    this.#now = now
    this.#parties = new KnownParties(identities.automaton.rootPem)
  }

  /** The link of one process. @param point passed before each call, where a test may end the process */
  link(point: (name: string) => void): Link {
    return {
      connect: (_will, hear) => {
        point('link.connect')
        this.#hear = undefined
        this.#down.push(() => {
          if (!this.brokerUp) return hear({ type: 'lost', error: lostError })
          this.#hear = hear
          hear({ type: 'connected' })
        })
      },
      publish: (channel, text) => {
        point(`link.publish ${channel}`)
        if (!this.#hear || this.losing('up', channel)) return
        this.#up.push(() => this.#receive(channel, text))
        if (this.doubling('up', channel)) this.#up.push(() => this.#receive(channel, text))
      },
      announce: (presence) => {
        point(`link.announce ${presence.presence}`)
        if (this.#hear) this.#up.push(() => void this.presences.push(presence))
      },
      disconnect: () => {
        point('link.disconnect')
        this.#hear = undefined
        return Promise.resolve()
      },
    }
  }

  get connected(): boolean {
    return this.#hear !== undefined
  }

  /** Whether anything is still on its way or unanswered. */
  get quiet(): boolean {
    if (this.#unansweredConfiguration) return false
    return this.#up.length + this.#down.length + this.#unanswered.size === 0
  }

  /** The connection is gone, and with it what was on the way. */
  cut(): void {
    const hear = this.#hear
    this.abandon()
    hear?.({ type: 'lost', error: lostError })
  }

  /** The process at the other end is gone. */
  abandon(): void {
    this.#hear = undefined
    this.#down.length = 0
    this.#up.length = 0
  }

  /** Lets everything arrive that is on its way, and what it causes. */
  pump(): void {
    while (this.#up.length + this.#down.length > 0) {
      this.#up.shift()?.()
      this.#down.shift()?.()
    }
  }

  /** Sends again what was not answered. */
  repeat(): void {
    for (const instruction of this.#unanswered.values()) this.send('instruction', instruction)
    if (this.#unansweredConfiguration) this.send('configuration', this.#unansweredConfiguration)
  }

  /** Gives the machine a configuration, and says it again until it is answered. */
  configure(version: number, configuration: MachineConfiguration | string): void {
    const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration)
    this.#unansweredConfiguration = { version, hash: sha256(text), configuration: text }
    this.repeat()
  }

  send(channel: DownChannel, message: unknown): void {
    if (this.losing('down', channel)) return
    const bytes = Buffer.from(JSON.stringify(message))
    const arrive = () => this.#hear?.({ type: 'received', channel, bytes })
    this.#down.push(arrive)
    if (this.doubling('down', channel)) this.#down.push(arrive)
  }

  /** @returns the instruction's id */
  instruct(instruction: Pick<Instruction, 'kind'> & Record<string, unknown>): string {
    const id = `00000000-0000-4000-8000-${String(++this.#instructions).padStart(12, '0')}`
    this.#unanswered.set(id, { id, issuedAt: this.#now(), ...instruction } as Instruction)
    this.repeat()
    return id
  }

  /** Pays the offer at the centre and instructs the machine. */
  deliver(
    saleId: string,
    changes: Partial<Acknowledgement> = {},
    signer = this.#identities.centre.signer,
  ): string {
    const { hash, amountMinor, currency } = this.offerOf(saleId)
    const acknowledgement = promise(acknowledgementKind, signer, {
      offerHash: hash,
      amountMinor,
      currency,
      seller: 'acme',
      paymentId: `payment-${saleId.slice(0, 8)}`,
      charge: 'debit',
      at: this.#now(),
      ...changes,
    })
    return this.instruct({ kind: 'deliver', saleId, acknowledgement })
  }

  offerOf(saleId: string): Offer & { hash: string } {
    const offer = this.sales.get(saleId)?.offer
    if (!offer) throw new Error(`the server has no offer of ${saleId}`)
    return offer
  }

  get lastSale(): string {
    return [...this.sales.keys()].at(-1) ?? ''
  }

  /** As if a backup had been put back: it no longer has anything. */
  forget(): void {
    this.#texts.clear()
  }

  #receive(channel: UpChannel, text: string): void {
    if (channel === 'birth') this.#born(parsed(birthSchema, text))
    else if (channel === 'stored') {
      const answer = parsed(instructionAnswerSchema, text)
      this.answers.set(answer.instructionId, answer)
      this.#unanswered.delete(answer.instructionId)
    } else if (channel === 'telemetry') this.telemetry.push(text)
    else if (channel === 'configuration') {
      const answer = parsed(configurationAnswerSchema, text)
      this.configurationAnswers.push(answer)
      if (answer.version === this.#unansweredConfiguration?.version) this.#unansweredConfiguration = undefined
    } else if (channel === 'audit') this.#store(parsed(auditMessageSchema, text), text)
    else this.#store(parsed(saleMessageSchema, text), text)
  }

  #born(birth: Birth): void {
    this.births.push(birth)
    const automaton = this.#parties.admit(birth.chain, this.#now())
    if (!automaton.ok) throw new Error(automaton.refusal)
    this.send('admission', {
      boot: birth.boot,
      admission: this.admission,
      serverTime: this.#now(),
      stored: this.marks(birth.journalId),
      centreChains: [this.#identities.centre.chain],
      invitation: 'Text 4021 to 36000',
    } satisfies Admission)
  }

  #store(message: NumberedMessage, text: string): void {
    const key = `${message.journalId} ${message.seq}`
    const before = this.#texts.get(key)
    if (before !== undefined && before !== text) throw new Error(`two bodies under ${key}`)
    this.#texts.set(key, text)
    this.heard.push(message.seq)
    if (message.kind === 'audit' || message.kind === 'auditText') {
      if (before === undefined) this.audits.push(message)
    } else if (message.kind !== 'gone') this.#read(message)
    this.send('stored', this.marks(message.journalId))
  }

  #read(message: Exclude<SaleMessage, { kind: 'gone' }>): void {
    const told = this.sales.get(message.saleId) ?? {}
    this.sales.set(message.saleId, told)
    const judged = [this.#parties, this.#now()] as const
    if (message.kind === 'offer') {
      const slip = check(slipKind, message.slip, ...judged)
      const hash = sha256(message.offer)
      if (!slip.ok || slip.payload.offerHash !== hash) throw new Error('a slip that is not of its offer')
      if (message.code !== undefined) told.codes = [message.code]
      told.offer = { ...offerSchema.parse(JSON.parse(message.offer)), hash }
      return
    }
    if (message.kind === 'code') {
      told.codes = [...(told.codes ?? []), message.code]
      return
    }
    const word =
      message.kind === 'withdrawal'
        ? check(withdrawalKind, message.withdrawal, ...judged)
        : check(outcomeKind, message.outcome, ...judged)
    if (!word.ok || word.payload.saleId !== message.saleId) throw new Error('a word that is not signed')
    if ('reason' in word.payload) told.withdrawal = word.payload
    else told.outcome = word.payload
  }

  marks(journalId: string) {
    const has = [...this.#texts.keys()]
      .filter((key) => key.startsWith(journalId))
      .map((key) => Number(key.split(' ')[1]))
      .sort((a, b) => a - b)
    let upTo = 0
    while (has.includes(upTo + 1)) upTo++
    return { journalId, upTo, beyond: has.filter((seq) => seq > upTo) }
  }
}

const lostError = new OperatingError({
  code: 'broker-unreachable',
  message: 'The scripted broker is down.',
  advice: 'None is needed.',
  retry: true,
})

function parsed<T>(schema: Parameters<typeof parseMessage<T>>[0], text: string): T {
  const result = parseMessage(schema, Buffer.from(text))
  if (!result.ok) throw new Error(`the automaton said something unreadable: ${result.reason}`)
  return result.value
}
