// The automaton put together from its ports: who hears whom, and in which order things start and stop. No
// file, socket or clock is opened here, so that a whole fleet runs in one process; main.ts opens the real
// ones.
import type { Log } from '@concilia/platform/log.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import { type HardwareStateName, hardwareStates } from '@concilia/protocol/machine-state.ts'
import type { Admission, Instruction } from '@concilia/protocol/messages.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { nextPresenceAt, presenceCode } from '@concilia/protocol/presence-code.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { AuditReadings } from './audit/audit-readings.ts'
import type { AuditSource } from './audit/port.ts'
import type { AuditSchedule } from './audit/schedule.ts'
import { priceDifference } from './configuration-in-force.ts'
import { Display, type DisplaySettings, type Language } from './display.ts'
import { GivenConfiguration } from './given-configuration.ts'
import type { Keypad } from './hardware/keypad.ts'
import type { Hardware, HardwareEvent, ReaderMode } from './hardware/port.ts'
import type { Journal, Word } from './journal/port.ts'
import type { LinkMode } from './link/link-machine.ts'
import { type Identity, type LinkNews, MachineLink } from './link/machine-link.ts'
import type { Link } from './link/port.ts'
import { checkAcknowledgement, type Seller } from './offer.ts'
import { saleChart } from './sale-chart.ts'
import type { Verdict } from './sale-events.ts'
import { type SaleRules, SaleShell } from './sale-shell.ts'
import { TelemetryFeed } from './telemetry.ts'

export interface AutomatonParts {
  readonly hardware: Hardware
  /** Where codes of phone calls are typed; left out where a machine has none. */
  readonly keypad?: Keypad
  readonly link: Link
  readonly journal: Journal
  /** Where the machine's own counters are read; undefined where they are not. */
  readonly audit?: AuditSource | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface AutomatonSettings {
  readonly seller: Omit<Seller, 'offerWaitMs'>
  readonly identity: Omit<Identity, 'machineNumber'>
  /** SHA-256 of our own configuration file. */
  readonly configurationHash: string
  readonly currency: Currency
  /** What the reader is configured for; the hardware says what it came to. */
  readonly reader: ReaderMode
  readonly rootPem: string
  readonly linkMode: LinkMode
  readonly language: Language
  readonly limits: Limits
  /** Above this the journal forgets its oldest sales before their time. */
  readonly journalLimitBytes: number
  readonly audit?: {
    readonly schedule: AuditSchedule
    /** Which cashless device of the machine we are. */
    readonly reader: 'cashless1' | 'cashless2' | undefined
  }
}

const pruneEveryMs = 3600 * 1000
/** Conclusions by which the hardware itself says that it tried and nothing fell; the others never began. */
const triedInVain = new Set(['vend-failed', 'notDropped', 'jam', 'homeLost'])
/** A machine that we control holds money of which only a person can say what becomes of it. */
const forAPerson = new Set<string>(['payoutInDoubt', 'payoutOwed', 'vendUnknown'])

export class Automaton {
  readonly #parts: AutomatonParts
  readonly #settings: AutomatonSettings
  readonly #configuration: GivenConfiguration
  #parties: KnownParties
  readonly #display: Display
  readonly #link: MachineLink
  readonly #shell: SaleShell
  readonly #telemetry: TelemetryFeed
  readonly #audit: AuditReadings | undefined
  #admission: { readonly admission: Admission; readonly at: number } | undefined
  /** What the hardware said last of itself. */
  #hardware: HardwareStateName = 'configuring'
  /** It has noticed its own loss, and not that it is back. */
  #hardwareLost = false
  /** What a buyer chose last, by the machine's number. */
  #chosen: number | undefined
  #reader: ReaderMode
  #pruning: Timer | undefined
  #inviting: Timer | undefined

  constructor(parts: AutomatonParts, settings: AutomatonSettings) {
    const { hardware, clock, journal } = parts
    const { limits, linkMode, language, configurationHash: hash, currency } = settings
    const { machineNumber } = settings.seller
    this.#parts = parts
    this.#settings = settings
    this.#configuration = new GivenConfiguration(parts, { language, limits, currency, hash })
    this.#reader = settings.reader
    this.#parties = new KnownParties(settings.rootPem)
    this.#display = new Display((text) => hardware.display(text), clock, this.#displaySettings())
    this.#link = new MachineLink(
      parts,
      {
        mode: linkMode,
        identity: { ...settings.identity, machineNumber, ...(parts.keypad && { keypad: true }) },
        reader: settings.reader,
        configuration: this.#configuration.inForce,
        limits,
      },
      (news) => this.#heardLink(news),
    )
    this.#telemetry = new TelemetryFeed(clock, journal, (telemetry) => this.#link.telemetry(telemetry))
    this.#shell = new SaleShell(
      {
        ...parts,
        link: this.#link,
        display: this.#display,
        retryMs: limits.retryMs,
        verify: (acknowledgement, saleId) => this.#verify(acknowledgement, saleId),
        hear: (event) => this.#heardHardware(event),
        journalFailed: ({ cause }) => this.#telemetry.notice('journalFailed', String(cause)),
        changed: () => {
          this.#invite()
          this.#sayHardware()
        },
      },
      this.#saleRules(),
    )
    this.#audit = this.#auditReadings()
    this.#usePrices()
  }

  /** Phone payment may be offered now. */
  get offered(): boolean {
    return this.#link.offered && !this.#shell.journalFails
  }

  /** What an earlier process left is settled first (rule 13), then the hardware starts, then the link. */
  start(): void {
    this.#sayHardware()
    this.#shell.start()
    this.#parts.keypad?.start((code) => this.#codeTyped(code))
    this.#link.start()
    this.#audit?.start()
    this.#pruneInTime()
  }

  async stop(): Promise<void> {
    this.#pruning?.cancel()
    this.#inviting?.cancel()
    this.#shell.stop()
    this.#display.stop()
    const { hardware, keypad } = this.#parts
    await Promise.all([hardware.stop(), keypad?.stop(), this.#link.stop(), this.#audit?.stop()])
    this.#parts.journal.close()
  }

  #heardHardware(event: HardwareEvent): void {
    switch (event.type) {
      case 'ready':
        this.#hardware = 'ready'
        this.#reader = event.reader
        // First: a birth that says the reader says this too.
        this.#sayHardware()
        this.#link.readerIs(event.reader)
        this.#parts.log.info('the vending machine can sell by phone')
        break
      case 'notReady':
        this.#hardware = event.why
        this.#sayHardware()
        this.#parts.log.info({ why: event.why }, 'the vending machine cannot sell by phone')
        break
      case 'vendRequested':
        this.#chosen = event.item
        this.#comparePrice(event)
        this.#shell.vendRequested(event)
        break
      case 'noticed':
        this.#parts.log.info({ what: event.what, detail: event.detail }, 'noticed at the hardware')
        this.#telemetry.notice(event.what, event.detail, event)
        if (event.what === 'hardwareLost') this.#hardwareLost = true
        if (event.what === 'hardwareBack') this.#hardwareLost = false
        if (event.what === 'cashSale') this.#audit?.sold()
        // What a person must hear of goes up as a reading too: notices are lost while the link is down.
        if (forAPerson.has(event.what)) this.#audit?.request()
        this.#sayHardware()
        break
      case 'vendConcluded':
        if (event.result === 'failed' && triedInVain.has(event.detail))
          this.#telemetry.notice('notDelivered', `item ${this.#chosen ?? 'not known'}: ${event.detail}`)
        this.#audit?.sold()
        this.#shell.happened(event)
        break
      default:
        this.#shell.happened(event)
    }
  }

  /** Of the vending machine and of us: what the server tells a buyer whom neither can serve. */
  #sayHardware(): void {
    const hardware = this.#hardwareLost ? 'lost' : this.#hardware
    const name = this.#shell.journalFails ? 'journalFailed' : hardware
    this.#link.hardwareIs(hardwareStates[name].state)
  }

  /** The code itself is nobody's to read in a log. */
  #codeTyped(code: string): void {
    const { attendMs } = this.#configuration.inForce.limits
    this.#parts.log.info('a code was typed')
    this.#shell.codeTyped(code, this.#reader === 'session' && this.#hardware === 'ready' ? attendMs : null)
  }

  #heardLink(news: LinkNews): void {
    switch (news.type) {
      case 'admission':
        this.#admitted(news.admission)
        break
      case 'instruction':
        this.#instructed(news.instruction)
        break
      case 'configuration':
        this.#shell.betweenSales('configuration', () => this.#takeConfiguration(news.given))
        break
      case 'wordStored':
        this.#shell.wordStored(news.row)
        break
      case 'changed':
        this.#invite()
        break
    }
  }

  #instructed(instruction: Instruction): void {
    if (instruction.kind !== 'readAudit') {
      this.#shell.instructed(instruction, this.#hardware === 'ready')
      return
    }
    // Nothing is written down: asked again, it is only read again.
    const { id: instructionId } = instruction
    if (this.#audit) this.#link.answer({ instructionId, answer: 'stored' })
    else this.#link.answer({ instructionId, answer: 'rejected', reason: 'noAuditPort' })
    this.#audit?.request()
  }

  #auditReadings(): AuditReadings | undefined {
    const { audit: source, clock, random, log, journal } = this.#parts
    const { audit } = this.#settings
    if (!source || !audit) return undefined
    return new AuditReadings({
      source,
      ...audit,
      ...{ clock, random, log },
      boot: journal.boot,
      selling: () => !this.#shell.onStandby,
      notices: () => this.#telemetry.count,
      keep: (words) => this.#keepReading(words),
      failed: (why) => this.#telemetry.notice('auditFailed', why),
    })
  }

  /** Between two sales, which are in no hurry for it; while the journal fails it waits. */
  #keepReading(words: readonly Word[]): void {
    const { journal, clock } = this.#parts
    // Each under a name of its own: a newer one takes no place of one that waits.
    this.#shell.betweenSales(`audit ${clock.monotonic()}`, () =>
      this.#link.send(journal.addWords(words, clock.now())),
    )
  }

  #admitted(admission: Admission): void {
    if (admission.admission !== 'accepted') return
    this.#admission = { admission, at: this.#parts.clock.monotonic() }
    // Whom the newest admission does not name is no longer believed.
    this.#parties = new KnownParties(this.#settings.rootPem)
    for (const chain of admission.centreChains) {
      const checked = this.#parties.admit(chain, admission.serverTime)
      if (!checked.ok) {
        this.#parts.log.warn({ refusal: checked.refusal }, "a payment centre's certificate is refused")
      }
    }
    this.#telemetry.sayStanding()
    this.#invite()
  }

  #takeConfiguration(given: ConfigurationMessage): void {
    const answer = this.#configuration.take(given, () => {
      this.#display.use(this.#displaySettings())
      this.#shell.use(this.#saleRules())
      this.#link.configurationIs(this.#configuration.inForce)
      this.#usePrices()
    })
    this.#link.answerConfiguration(answer)
  }

  #usePrices(): void {
    const { items } = this.#configuration.inForce
    const listed = new Map([...items].map(([item, { amountMinor }]) => [item, amountMinor]))
    this.#parts.hardware.usePrices?.(listed)
  }

  #displaySettings(): DisplaySettings {
    const { language, texts, items, limits } = this.#configuration.inForce
    const labelOf = (item: number) => items.get(item)?.label
    return { language, texts, labelOf, offerWaitMs: limits.offerWaitMs }
  }

  #saleRules(): SaleRules {
    const { offerWaitMs, vendMs, marginMs, reportingMs } = this.#configuration.inForce.limits
    return {
      chart: saleChart({ offerWaitMs, vendLimitMs: vendMs + marginMs, reportingMs }),
      seller: { ...this.#settings.seller, offerWaitMs },
    }
  }

  #comparePrice(request: Extract<HardwareEvent, { type: 'vendRequested' }>): void {
    const difference = priceDifference(this.#configuration.inForce, request)
    if (difference === undefined) return
    this.#parts.log.warn({ difference }, "the vending machine's price is not that of the price list")
    this.#telemetry.notice('priceDiffers', difference)
  }

  #verify(acknowledgement: string, saleId: string): Verdict {
    const terms = this.#parts.journal.terms(saleId)
    if (!terms || !this.#admission) return 'badAcknowledgement'
    const { admission } = this.#admission
    const { vendMs, marginMs } = this.#configuration.inForce.limits
    return checkAcknowledgement(acknowledgement, terms, this.#settings.seller.seller, {
      parties: this.#parties,
      admittedAt: admission.serverTime,
      now: this.#serverTime(this.#admission),
      honouredForMs: vendMs + marginMs,
    })
  }

  #invite(): void {
    this.#inviting?.cancel()
    this.#display.invite(this.offered ? this.#invitation() : '')
  }

  /** With the code of this moment, where the server has given us a secret for it; anew when it changes. */
  #invitation(): string {
    if (!this.#admission) return ''
    const { invitation, presence } = this.#admission.admission
    if (!presence) return invitation
    const now = this.#serverTime(this.#admission)
    this.#inviting = this.#parts.clock.after(nextPresenceAt(now) - now, () => this.#invite())
    const { machineNumber } = this.#settings.seller
    return invitation.replace('{code}', presenceCode(presence.secret, machineNumber, now))
  }

  #serverTime({ admission, at }: { readonly admission: Admission; readonly at: number }): number {
    return admission.serverTime + this.#parts.clock.monotonic() - at
  }

  /** Between two sales, because it may take a while. */
  #pruneInTime(): void {
    this.#shell.betweenSales('pruning', () => this.#prune())
    this.#pruning = this.#parts.clock.after(pruneEveryMs, () => this.#pruneInTime())
  }

  #prune(): void {
    const { journal, clock, log } = this.#parts
    const { limits, journalLimitBytes } = this.#settings
    try {
      const rows = journal.prune(clock.now() - limits.keepMs, journalLimitBytes)
      if (rows > 0) log.info({ rows }, 'forgot what is older, or more, than must be kept')
      if (journal.bytes > journalLimitBytes) {
        log.warn({ bytes: journal.bytes }, 'the journal is above its limit with what must not be forgotten')
      }
    } catch (err) {
      log.warn({ err }, 'the journal could not be pruned; tried again in an hour')
    }
  }
}
