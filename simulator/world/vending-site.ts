// One machine of the simulated world: the vending machine with its box and serial wire, the controller's
// disk, and the automaton's process, which may end at any moment and is started again on what its disk
// holds.
import { Automaton } from '@concilia/automaton/automaton.ts'
import { type Keypad, SerialKeypad } from '@concilia/automaton/hardware/keypad.ts'
import type { OpenSerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { MemoryJournal, SimulatedDisk } from '@concilia/automaton/journal/memory-journal.ts'
import type { Journal } from '@concilia/automaton/journal/port.ts'
import type { LinkMode } from '@concilia/automaton/link/link-machine.ts'
import type { Identity } from '@concilia/platform/identity.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { KioskEvent } from '../kiosk/kiosk.ts'
import type { MachineEvent } from '../vending-machine.ts'
import type { Broker } from './broker.ts'
import { KioskMachine } from './kiosk-machine.ts'
import type { Observe } from './observations.ts'
import { ReaderMachine } from './reader-machine.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type ClockFault, SimulatedProcess } from './simulated-process.ts'
import type { SiteMachine } from './site-machine.ts'
import type { Story } from './story.ts'
import type { Timeline } from './timeline.ts'

const restartMeanMs = 4_000

export interface SiteSettings {
  readonly identity: Identity
  readonly number: string
  /** A machine that has no controller but the automaton. */
  readonly isKiosk: boolean
  readonly alwaysIdle: boolean
  /** What stands between machine and automaton. */
  readonly bridge: 'qibixx' | 'raw'
  readonly linkMode: LinkMode
  /** Whether codes of calls can be typed at it. */
  readonly keypad: boolean
  readonly limits: Limits
  readonly clock: ClockFault
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly broker: Broker
  readonly observe: Observe
  readonly story: Story
  /** Probability of an end just before, or just after, a write to the disk. */
  readonly crashAtCommit: () => number
  readonly hear: (event: MachineEvent | KioskEvent) => void
  readonly failed: (process: string, error: unknown) => void
}

export class VendingSite {
  readonly settings: SiteSettings
  readonly machine: SiteMachine
  /** The same, where it takes coins. */
  readonly kiosk: KioskMachine | undefined
  readonly #parts: Parts
  #disk: SimulatedDisk
  #starts = 0
  /** Towards the process that listens to the keypad. */
  #keys: (figures: string) => void = () => {}
  #process: SimulatedProcess | undefined
  #automaton: Automaton | undefined

  constructor(settings: SiteSettings, parts: Parts) {
    this.settings = settings
    this.#parts = parts
    this.#disk = new SimulatedDisk(parts.random)
    this.kiosk = settings.isKiosk ? this.#kiosk() : undefined
    this.machine = this.kiosk ?? this.#reader()
  }

  get id(): string {
    return this.settings.identity.id
  }

  get process(): SimulatedProcess | undefined {
    return this.#process
  }

  /** Phone payment is offered, nothing is under way and all that was said is stored at the server. */
  get atRest(): boolean {
    const isOffered = this.#process?.alive === true && this.#automaton?.offered === true
    return isOffered && this.#unstored() === 0 && this.#tillIsEmpty
  }

  start(): void {
    const { timeline, random, broker, observe, story, failed } = this.#parts
    this.#starts++
    const process = new SimulatedProcess(this.id, timeline, this.settings.clock, (error) =>
      failed(this.id, error),
    )
    this.#process = process
    const log = story.logOf(process)
    let journal: Journal
    try {
      journal = this.#watched(process, new MemoryJournal(this.#disk))
    } catch {
      // The disk does not take even the new boot number: as a real process would, it ends and is begun anew.
      process.atEnd(() => this.#again())
      process.kill()
      return
    }
    observe({ type: 'booted', automatonId: this.id, journalId: journal.journalId, boot: journal.boot })
    const { identity, number, limits, alwaysIdle, linkMode } = this.settings
    const automaton = new Automaton(
      {
        hardware: this.machine.hardwareFor(process, journal, log),
        link: broker.linkOf(process, this.id),
        journal,
        clock: process,
        random: random.stream(`start ${this.#starts}`),
        log,
        ...(this.settings.keypad && { keypad: this.#keypadOf(process, log) }),
      },
      {
        seller: {
          automatonId: this.id,
          machineNumber: number,
          seller: identity.seller,
          signer: identity.signer,
        },
        identity: { version: '0', chain: identity.chain },
        configurationHash: 'simulated',
        currency: 'EUR',
        journalLimitBytes: 2 ** 30,
        reader: alwaysIdle ? 'alwaysIdle' : 'session',
        rootPem: identity.rootPem,
        linkMode,
        language: 'en',
        limits,
      },
    )
    this.#automaton = automaton
    story.tell(this.id, `starts (boot ${journal.boot})`)
    process.atEnd(() => this.#again())
    process.enter(() => automaton.start())
  }

  /** Somebody types these figures on the keypad. */
  type(code: string): void {
    const { observe, story } = this.#parts
    observe({ type: 'codeTyped', automatonId: this.id, code })
    story.tell(`machine ${this.settings.number}`, `${code} is typed`)
    this.#keys(`*${code}`)
  }

  crash(): void {
    this.#process?.kill()
  }

  fillDisk(forMs: number): void {
    const disk = this.#disk
    disk.failing = true
    this.#parts.timeline.after(forMs, () => {
      disk.failing = false
    })
  }

  /** The controller's board is replaced: what it remembered is gone. */
  loseJournal(): void {
    const { observe, random, timeline } = this.#parts
    observe({ type: 'journalLost', automatonId: this.id })
    this.#process?.kill()
    this.#disk = new SimulatedDisk(random.stream(`disk ${timeline.monotonic()}`))
  }

  unplug(forMs: number): void {
    this.machine.unplug()
    this.#parts.timeline.after(forMs, () => this.machine.plug())
  }

  /** Faults stop: whatever was pulled is put back. */
  mend(): void {
    this.#disk.failing = false
    this.machine.mend()
  }

  #reader(): ReaderMachine {
    const { timeline, random, observe, hear } = this.#parts
    return new ReaderMachine(this.settings, timeline, random, (event) => {
      if ('item' in event) {
        const by = 'by' in event ? event.by : 'phone'
        observe({ type: 'machine', automatonId: this.id, event: event.event, item: event.item, by })
      }
      hear(event)
    })
  }

  #kiosk(): KioskMachine {
    const till = () => this.#disk.till
    return new KioskMachine(this.settings, { ...this.#parts, automatonId: this.id, till })
  }

  #again(): void {
    const { timeline, random, story, observe } = this.#parts
    story.tell(this.id, 'ends')
    observe({ type: 'fault', what: 'ended', whom: this.id, untilMs: timeline.monotonic() })
    timeline.after(random.around(restartMeanMs), () => {
      if (!this.#process?.alive) this.start()
    })
  }

  /** Nothing of a buyer's is in the machine. */
  get #tillIsEmpty(): boolean {
    const { creditMinor, vend, payout } = JSON.parse(this.#disk.till ?? '{"creditMinor":0}')
    return creditMinor === 0 && !vend && !payout
  }

  #unstored(): number {
    return [...this.#disk.outbox.keys()].filter((seq) => !this.#disk.stored.has(seq)).length
  }

  #keypadOf(process: SimulatedProcess, log: Log): Keypad {
    const openLine: OpenSerialLine = (events) => {
      this.#keys = (figures) => process.enter(() => events.received(Buffer.from(figures)))
      return { write: () => {}, close: async () => {} }
    }
    return new SerialKeypad({ openLine, clock: process, log })
  }

  /** The journal of one process: each write is a moment at which the power can fail, and is shown. */
  #watched(process: SimulatedProcess, journal: MemoryJournal): Journal {
    const { random, crashAtCommit, observe } = this.#parts
    const chance = random.stream(`crashes ${this.#starts}`)
    const written = <T>(write: () => T, show: (result: T) => void): T => {
      if (chance.chance(crashAtCommit())) process.kill()
      if (!process.alive) throw new Error('the process has ended')
      const result = write()
      show(result)
      if (chance.chance(crashAtCommit())) process.kill()
      return result
    }
    const automatonId = this.id
    return {
      journalId: journal.journalId,
      boot: journal.boot,
      get lastSeq() {
        return journal.lastSeq
      },
      snapshot: journal.snapshot,
      commit: (change) =>
        written(
          () => journal.commit(change),
          (rows) => {
            for (const { saleId, offerHash, price } of change.offers) {
              observe({ type: 'offerStored', automatonId, saleId, offerHash, amountMinor: price.amountMinor })
            }
            for (const { saleId, promise } of change.promises) {
              observe({ type: 'promiseStored', automatonId, saleId, promise })
            }
            for (const { saleId, kind, text } of rows) {
              observe({ type: 'wordStored', automatonId, saleId, kind, text })
            }
            for (const { instructionId, answer } of change.answers) {
              observe({ type: 'answerStored', automatonId, instructionId, answer })
            }
          },
        ),
      addWords: (words, at) =>
        written(
          () => journal.addWords(words, at),
          (rows) => {
            for (const { saleId, kind, text } of rows) {
              observe({ type: 'wordStored', automatonId, saleId, kind, text })
            }
          },
        ),
      markStored: (marks) =>
        written(
          () => journal.markStored(marks),
          () => {},
        ),
      get configuration() {
        return journal.configuration
      },
      keepConfiguration: (configuration) =>
        written(
          () => journal.keepConfiguration(configuration),
          () => {},
        ),
      get till() {
        return journal.till
      },
      keepTill: (till, events, at) =>
        written(
          () => journal.keepTill(till, events, at),
          () => observe({ type: 'tillStored', automatonId, text: till }),
        ),
      get bytes() {
        return journal.bytes
      },
      prune: (before, largestBytes) => journal.prune(before, largestBytes),
      held: (saleId) => journal.held(saleId),
      terms: (saleId) => journal.terms(saleId),
      unfinished: () => journal.unfinished(),
      answer: (instructionId) => journal.answer(instructionId),
      unstored: () => journal.unstored(),
      row: (seq) => journal.row(seq),
      lastWord: (saleId) => journal.lastWord(saleId),
      close: () => journal.close(),
    }
  }
}
