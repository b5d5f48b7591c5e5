// The machine's end of link 7: says who we are, hears what the server wants, keeps the outbox going. The
// decisions are in link-machine.ts; here are its timers, the messages' forms and the sender. What an
// instruction means for a sale is none of its business.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { ConfigurationAnswer, ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import type { HardwareState } from '@concilia/protocol/machine-state.ts'
import type {
  Admission,
  Birth,
  Instruction,
  InstructionAnswer,
  NumberedMessage,
  Stored,
  Telemetry,
} from '@concilia/protocol/messages.ts'
import { fullJitter, type Random } from '@concilia/protocol/random.ts'
import type { DownChannel } from '@concilia/protocol/topics.ts'
import type { ReaderMode } from '../hardware/port.ts'
import type { Journal, OutboxRow } from '../journal/port.ts'
import {
  firstLinkState,
  isOffered,
  isOnline,
  type LinkInput,
  type LinkMode,
  type LinkOutput,
  type LinkState,
  linkStep,
  type Pause,
} from './link-machine.ts'
import type { Link, LinkEvent } from './port.ts'
import { readDownMessage } from './read-down-message.ts'
import { repeatDelay, Sender } from './sender.ts'

export type LinkNews =
  | { type: 'admission'; admission: Admission }
  | { type: 'instruction'; instruction: Instruction }
  | { type: 'configuration'; given: ConfigurationMessage }
  /** The server has this word in its database. */
  | { type: 'wordStored'; row: OutboxRow }
  /** Whether phone payment can be offered may have changed. */
  | { type: 'changed' }

export interface MachineLinkPorts {
  readonly link: Link
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What a birth says beyond what the journal, the hardware and the configuration know. */
export type Identity = Omit<
  Birth,
  | 'journalId'
  | 'boot'
  | 'lastSeq'
  | 'link'
  | 'reader'
  | 'hardware'
  | 'configurationVersion'
  | 'configurationHash'
>

/** Which configuration is in force, as births say it. */
export interface ConfigurationName {
  readonly version: number
  readonly hash: string
}

export interface MachineLinkSettings {
  readonly mode: LinkMode
  readonly identity: Identity
  /** What the reader is configured for, until the hardware says what it is. */
  readonly reader: ReaderMode
  readonly configuration: ConfigurationName
  readonly limits: Pick<Limits, 'retryMs' | 'reconnectCapMs' | 'marginMs'>
}

const channelOfKind = {
  offer: 'offer',
  code: 'code',
  withdrawal: 'withdrawal',
  outcome: 'outcome',
  gone: 'outcome',
  audit: 'audit',
  auditText: 'audit',
} as const

export class MachineLink {
  readonly #ports: MachineLinkPorts
  readonly #settings: MachineLinkSettings
  readonly #hear: (news: LinkNews) => void
  readonly #sender: Sender
  #reader: ReaderMode
  /** Undefined until the hardware has said. */
  #hardware: HardwareState | undefined
  #configuration: ConfigurationName
  #state: LinkState = firstLinkState()
  #pause: Timer | undefined
  #stopped = false
  /** Why the link is down, as it was said last; empty while it is up. */
  #trouble = ''

  constructor(ports: MachineLinkPorts, settings: MachineLinkSettings, hear: (news: LinkNews) => void) {
    this.#ports = ports
    this.#settings = settings
    this.#hear = hear
    this.#reader = settings.reader
    this.#configuration = settings.configuration
    const publish = (kind: NumberedMessage['kind'], text: string) =>
      ports.link.publish(channelOfKind[kind], text)
    this.#sender = new Sender({ ...ports, publish }, settings.limits.retryMs)
  }

  /** Phone payment may be offered: the server accepts us, and can be reached or woken for. */
  get offered(): boolean {
    return isOffered(this.#state, this.#settings.mode)
  }

  start(): void {
    this.#step({ type: 'started' })
    this.#settle()
  }

  wake(): void {
    this.#step({ type: 'wanted' })
  }

  sleep(): void {
    this.#step({ type: 'unwanted' })
  }

  send(rows: readonly OutboxRow[]): void {
    this.#sender.send(rows)
    this.#settle()
  }

  /** Sends a word once more, stored or not. */
  repeat({ kind, text }: OutboxRow): void {
    if (isOnline(this.#state)) this.#ports.link.publish(channelOfKind[kind], text)
  }

  answer(answer: InstructionAnswer): void {
    if (isOnline(this.#state)) this.#ports.link.publish('stored', JSON.stringify(answer))
  }

  telemetry(telemetry: Telemetry): void {
    if (this.#hasSaidBirth) this.#ports.link.publish('telemetry', JSON.stringify(telemetry))
  }

  /** Another configuration has come into force; the server learns it by our answer, and by the next birth. */
  configurationIs({ version, hash }: ConfigurationName): void {
    this.#configuration = { version, hash }
  }

  answerConfiguration(answer: ConfigurationAnswer): void {
    if (isOnline(this.#state)) this.#ports.link.publish('configuration', JSON.stringify(answer))
  }

  /** The server is told which kind of machine it has before it, anew when that is not what it was told. */
  readerIs(reader: ReaderMode): void {
    if (reader === this.#reader) return
    this.#reader = reader
    if (this.#hasSaidBirth) this.#ports.link.publish('birth', JSON.stringify(this.#birth()))
  }

  /** Whether the vending machine can sell is part of our presence. Asleep, the link is not woken for it. */
  hardwareIs({ status, isEnabled }: HardwareState): void {
    if (status === this.#hardware?.status && isEnabled === this.#hardware.isEnabled) return
    this.#hardware = { status, isEnabled }
    if (this.#hasSaidBirth) this.#announce('online')
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#pause?.cancel()
    this.#sender.offline()
    const { link, journal } = this.#ports
    link.announce({ presence: 'lost', boot: journal.boot })
    await link.disconnect()
  }

  get #hasSaidBirth(): boolean {
    return this.#state.at === 'born' || isOnline(this.#state)
  }

  #settle(): void {
    this.#step({ type: this.#sender.owing ? 'owing' : 'owingNothing' })
  }

  #step(input: LinkInput): void {
    if (this.#stopped) return
    const before = this.offered
    const [state, outputs] = linkStep(this.#state, input, this.#settings.mode)
    this.#state = state
    for (const output of outputs) this.#perform(output)
    if (!isOnline(state)) this.#sender.offline()
    if (this.offered !== before) this.#hear({ type: 'changed' })
  }

  #perform(output: LinkOutput): void {
    const { link, journal, clock } = this.#ports
    switch (output.type) {
      case 'connect':
        link.connect({ presence: 'lost', boot: journal.boot }, (event) => this.#heard(event))
        break
      case 'hangUp':
        this.#announce('asleep')
        void link.disconnect()
        break
      case 'sayBirth':
        this.#announce('online')
        link.publish('birth', JSON.stringify(this.#birth()))
        break
      case 'wait':
        this.#pause?.cancel()
        this.#pause = clock.after(this.#pauseMs(output.pause, output.attempt), () =>
          this.#step({ type: 'due' }),
        )
        break
      case 'stopWaiting':
        this.#pause?.cancel()
        break
    }
  }

  #announce(presence: 'online' | 'asleep'): void {
    const { link, journal } = this.#ports
    link.announce({ presence, boot: journal.boot, ...(this.#hardware && { hardware: this.#hardware }) })
  }

  #pauseMs(pause: Pause, attempt: number): number {
    const { retryMs, reconnectCapMs, marginMs } = this.#settings.limits
    switch (pause) {
      case 'reconnect':
        return fullJitter(this.#ports.random, attempt, retryMs, reconnectCapMs)
      case 'answer':
        return repeatDelay(this.#ports.random, attempt, retryMs)
      case 'reconsidered':
        return reconnectCapMs
      case 'linger':
        return marginMs
    }
  }

  #birth(): Birth {
    const { journalId, boot, lastSeq } = this.#ports.journal
    const { identity, mode } = this.#settings
    const { version: configurationVersion, hash: configurationHash } = this.#configuration
    const configuration = { configurationVersion, configurationHash }
    const machine = { reader: this.#reader, ...(this.#hardware && { hardware: this.#hardware }) }
    return { ...identity, ...configuration, ...machine, journalId, boot, lastSeq, link: mode }
  }

  #heard(event: LinkEvent): void {
    if (this.#stopped) return
    switch (event.type) {
      case 'connected':
        this.#trouble = ''
        this.#ports.log.info('connected to the broker')
        this.#step({ type: 'connected' })
        break
      case 'lost':
        // Each attempt fails alike; a line a minute for a weekend would hide all others.
        if (this.#trouble !== event.error.message)
          this.#ports.log.warn({ err: event.error }, 'the link is down; tried again until it is up')
        this.#trouble = event.error.message
        this.#step({ type: 'lost' })
        break
      case 'received':
        this.#received(event.channel, event.bytes)
        break
    }
  }

  #received(channel: DownChannel, bytes: Uint8Array): void {
    const message = readDownMessage(channel, bytes)
    if ('reason' in message) {
      this.#ports.log.warn({ channel, reason: message.reason }, 'a message of the server cannot be read')
    }
    switch (message.type) {
      case 'admission':
        this.#admitted(message.admission)
        break
      case 'stored':
        this.#stored(message.stored)
        break
      case 'instruction':
      case 'configuration':
        this.#hear(message)
        break
      case 'unreadableInstruction':
        this.answer({ instructionId: message.instructionId, answer: 'rejected', reason: 'malformed' })
        break
      case 'unreadableConfiguration': {
        const { version, hash } = message
        const reason = message.reason.slice(0, 200)
        const inForce = this.#configuration.version
        this.answerConfiguration({ version, hash, answer: 'rejected', reason, inForce })
      }
    }
  }

  #admitted(admission: Admission): void {
    const { journal, log } = this.#ports
    if (admission.boot !== journal.boot || this.#isOfAnother(admission.stored)) {
      this.#step({ type: 'mistaken' })
      return
    }
    log.info(
      { admission: admission.admission, reason: admission.reason },
      'the server has answered our birth',
    )
    const marks = admission.stored
    if (marks && Math.max(marks.upTo, ...marks.beyond) > journal.lastSeq) {
      this.#journalIsOlder(admission)
      return
    }
    if (marks) this.#mark(marks)
    this.#hear({ type: 'admission', admission })
    this.#step({ type: 'answered', admission: admission.admission })
    this.#sender.online(marks)
    this.#settle()
  }

  /**
   * The server has words of this journal that are not in it: an older copy was put back, or the disk has
   * forgotten what it had called written. What it says of a sale may be wrong, so it says nothing and sells
   * nothing.
   */
  #journalIsOlder(admission: Admission): void {
    const { journal, log } = this.#ports
    log.error(
      { journalId: journal.journalId, lastSeq: journal.lastSeq, serverHas: admission.stored },
      'the server has more of this journal than is in it: an older copy, or a disk that forgets; ' +
        'phone payment is closed. Move the journal file away, start again, and admit the machine anew',
    )
    const rejected = { ...admission, admission: 'rejected' } as const
    this.#hear({ type: 'admission', admission: rejected })
    this.#step({ type: 'answered', admission: rejected.admission })
  }

  #stored(stored: Stored): void {
    if (this.#isOfAnother(stored)) this.#step({ type: 'mistaken' })
    else this.#mark(stored)
    this.#settle()
  }

  /** A birth of the journal that was here before ours may reach a server late, and be admitted there. */
  #isOfAnother(stored: Stored | undefined): boolean {
    return stored !== undefined && stored.journalId !== this.#ports.journal.journalId
  }

  /** In the journal first. When that fails, the words stay owed, and the server will say it again. */
  #mark({ upTo, beyond }: Stored): void {
    const { journal, log } = this.#ports
    try {
      journal.markStored({ upTo, beyond })
    } catch (err) {
      log.warn({ err }, 'what the server has stored could not be noted')
      return
    }
    for (const seq of this.#sender.stored({ upTo, beyond })) {
      const row = journal.row(seq)
      if (row) this.#hear({ type: 'wordStored', row })
    }
  }
}
