// The one shell around the sale's chart: it takes one input at a time, lets the chart decide, commits event,
// snapshot and durable effects to the journal, and only then does what is visible outside. When the journal
// cannot be written nothing is offered or delivered; what must not be lost waits at the head of the queue
// until it can.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { Display } from './display.ts'
import { durableChange } from './durable-change.ts'
import type { Hardware, HardwareEvent } from './hardware/port.ts'
import { instructionEvent, type SaleInstruction } from './instruction-event.ts'
import { type Journal, JournalError, type OutboxRow } from './journal/port.ts'
import type { MachineLink } from './link/machine-link.ts'
import type { Seller } from './offer.ts'
import { restoredSnapshot } from './restored-snapshot.ts'
import { chartVersion, decide, type SaleChart, type SaleSnapshot } from './sale-chart.ts'
import type { SaleEffect, TimerEvent } from './sale-effects.ts'
import type { SaleEvent, Verdict } from './sale-events.ts'
import { stepsOf } from './steps.ts'

/** What a sale runs on; it changes between two sales only. */
export interface SaleRules {
  readonly chart: SaleChart
  readonly seller: Seller
}

export interface SaleShellParts {
  readonly journal: Journal
  readonly hardware: Hardware
  readonly link: Pick<MachineLink, 'offered' | 'wake' | 'sleep' | 'send' | 'repeat' | 'answer'>
  readonly display: Pick<Display, 'show'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** How long after a failed commit the journal is tried again (ms). */
  readonly retryMs: number
  /** Checks an acknowledgement against an offer of ours. */
  readonly verify: (acknowledgement: string, saleId: string) => Verdict
  /** The hardware's events, once it is started; the shell is one of their hearers. */
  readonly hear: (event: HardwareEvent) => void
  /** The journal could be written until now. */
  readonly journalFailed: (error: JournalError) => void
  /** Whether phone payment can be offered may have changed. */
  readonly changed: () => void
}

/** How long a typed code waits for its item. */
const typedCodeMs = 60_000

type Taken = SaleEvent | TimerEvent
/**
 * Makes its event when its turn comes: what the journal holds, and whether phone payment is offered, is read
 * then.
 */
type Input = () => Taken | undefined

interface StepDone {
  readonly event: Taken
  readonly effects: readonly SaleEffect[]
  readonly rows: readonly OutboxRow[]
  readonly answers: readonly InstructionAnswer[]
}

export class SaleShell {
  readonly #parts: SaleShellParts
  #rules: SaleRules
  readonly #queue: Input[] = []
  /** What waits for a moment without a sale, by its name. */
  readonly #between = new Map<string, () => void>()
  readonly #timers = new Map<string, Timer>()
  #snapshot: SaleSnapshot
  #typed: { readonly code: string; readonly until: number } | undefined
  #working = false
  /** Set while the journal cannot be written. */
  #retry: Timer | undefined

  constructor(parts: SaleShellParts, rules: SaleRules) {
    this.#parts = parts
    this.#rules = rules
    this.#snapshot = restoredSnapshot(rules.chart, parts.journal, parts.log)
  }

  get journalFails(): boolean {
    return this.#retry !== undefined
  }

  get onStandby(): boolean {
    return this.#snapshot.matches('standby')
  }

  /** The first event of the process; it starts the hardware. Comes before the link (rule 13). */
  start(): void {
    this.#take(() => ({ type: 'restarted' }))
  }

  /** An open offer is withdrawn, if the journal can be written; the next process does what else waits. */
  stop(): void {
    this.#between.clear()
    this.#take(() => ({ type: 'stopping' }))
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#retry?.cancel()
    this.#queue.length = 0
  }

  /**
   * Runs the action in its turn, at once or when the sale in hand is over: no offer is open then, nothing is
   * being delivered. It may use the journal; when that fails it comes again. A newer action takes the place
   * of one of its name that still waits.
   */
  betweenSales(name: string, action: () => void): void {
    this.#between.set(name, action)
    this.#drain()
  }

  /** From the next sale on. Called between two sales only. */
  use(rules: SaleRules): void {
    if (!this.onStandby) throw new Error('the rules of a sale changed while one was in hand')
    const { value, context } = this.#snapshot
    this.#rules = rules
    this.#snapshot = rules.chart.resolveState({ value, context })
  }

  vendRequested({ price, item }: Extract<HardwareEvent, { type: 'vendRequested' }>): void {
    const { random, hardware } = this.#parts
    if (this.journalFails) {
      hardware.deny()
      return
    }
    this.#take(() => ({
      type: 'itemChosen',
      saleId: uuidFrom(random),
      nonce: Buffer.from(random.bytes(16)).toString('base64url'),
      price,
      item,
      phonePayment: this.#parts.link.offered,
      ...this.#typedCode(),
    }))
  }

  /**
   * A code of the buyer's: for the open offer, or for the item that is chosen next. In memory only: whoever
   * is interrupted types it again.
   * @param forMs how long a session is to be opened for the buyer; null where the machine asks by itself
   */
  codeTyped(code: string, forMs: number | null): void {
    this.#take(() => {
      const { link, clock } = this.#parts
      const phonePayment = link.offered && !this.journalFails
      if (!this.#snapshot.matches('open') && phonePayment) {
        this.#typed = { code, until: clock.monotonic() + typedCodeMs }
      }
      return { type: 'codeTyped', code, phonePayment, forMs }
    })
  }

  /** Used up by the item. */
  #typedCode(): { code?: string } {
    const typed = this.#typed
    this.#typed = undefined
    return typed && this.#parts.clock.monotonic() < typed.until ? { code: typed.code } : {}
  }

  happened(event: Extract<SaleEvent, { type: 'vendCancelled' | 'vendConcluded' | 'sessionEnded' }>): void {
    this.#take(() => event)
  }

  /**
   * While the journal fails nothing is answered; the server asks again.
   * @param readerReady whether the vending machine could open a session now
   */
  instructed(instruction: SaleInstruction, readerReady: boolean): void {
    if (this.journalFails) return
    this.#take(() => {
      const { journal, link } = this.#parts
      const given = journal.answer(instruction.id)
      if (given) link.answer(given)
      if (given) return undefined
      return instructionEvent(instruction, journal, link.offered && readerReady)
    })
  }

  /** The server has this word in its database. */
  wordStored({ kind, saleId }: OutboxRow): void {
    this.#take(() => {
      const isOfSale = kind === 'offer' || kind === 'outcome'
      if (saleId !== this.#snapshot.context.sale?.saleId || !isOfSale) return undefined
      return { type: kind === 'offer' ? 'offerStored' : 'outcomeStored', saleId }
    })
  }

  #take(input: Input): void {
    this.#queue.push(input)
    this.#drain()
  }

  #drain(): void {
    if (this.#working) return
    this.#working = true
    try {
      while (!this.#retry) {
        const input = this.#queue.shift() ?? this.#dueBetween()
        if (!input) return
        this.#work(input)
      }
    } finally {
      this.#working = false
    }
  }

  #dueBetween(): Input | undefined {
    const [next] = this.#between
    if (!next || !this.onStandby) return undefined
    const [name, action] = next
    this.#between.delete(name)
    return () => {
      action()
      return undefined
    }
  }

  #work(input: Input): void {
    const made = this.#commit(input)
    if (made) this.#perform(made)
  }

  /**
   * One step of the chart, written down. @returns undefined when there is nothing to do, or nothing could be
   * written
   */
  #commit(input: Input): StepDone | undefined {
    const { journal, clock } = this.#parts
    const { chart, seller } = this.#rules
    let event: Taken | undefined
    try {
      event = input()
      if (!event) return undefined
      if (this.#snapshot.status !== 'active') throw new Error(`the chart is ${this.#snapshot.status}`)
      const [next, effects] = decide(chart, this.#snapshot, event)
      const { value, context, status } = next
      const snapshot = { chartVersion, json: JSON.stringify({ value, context, status }) }
      const step = { at: clock.now(), event, snapshot, effects }
      const change = durableChange(step, seller, (saleId) => journal.terms(saleId))
      const rows = journal.commit(change)
      this.#snapshot = next
      return { event, effects, rows, answers: change.answers }
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
      this.#hold(input, event, error)
      return undefined
    }
  }

  /**
   * The journal failed and nothing has changed. What was in hand is tried again, behind an event that
   * withdraws an open offer - it shall not be delivered on after this - and shows that the journal works. A
   * request is denied at once.
   */
  #hold(input: Input, event: Taken | undefined, err: JournalError): void {
    const { hardware, clock, retryMs, log, changed, journalFailed } = this.#parts
    log.error({ err }, 'the journal cannot be written')
    if (event?.type === 'itemChosen' || this.#snapshot.matches('open')) hardware.deny()
    if (event?.type !== 'itemChosen') this.#queue.unshift(input)
    if (event?.type !== 'journalFailed') {
      this.#queue.unshift(() => ({ type: 'journalFailed' }))
      journalFailed(err)
    }
    this.#retry = clock.after(retryMs, () => {
      this.#retry = undefined
      this.#drain()
      if (!this.journalFails) changed()
    })
    changed()
  }

  #perform({ event, effects, rows, answers }: StepDone): void {
    const { link, log } = this.#parts
    const current = this.#snapshot.context.sale?.saleId
    for (const { words, ...step } of stepsOf(event, effects, current)) log.info(step, words)
    for (const effect of effects) this.#do(effect)
    link.send(rows)
    for (const answer of answers) link.answer(answer)
  }

  #do({ type, params }: SaleEffect): void {
    const { hardware, link, display, journal, log, hear, verify } = this.#parts
    switch (type) {
      case 'startHardware':
        hardware.start(params.listening, hear)
        break
      case 'approveVend':
        hardware.approve(params.price)
        break
      case 'denyVend':
        hardware.deny()
        break
      case 'attendSession':
        hardware.attend(params.forMs)
        break
      case 'show':
        display.show(params)
        break
      case 'wakeLink':
        link.wake()
        break
      case 'sleepLink':
        link.sleep()
        break
      case 'repeatWord': {
        const word = journal.lastWord(params.saleId)
        if (word) link.repeat(word)
        break
      }
      case 'verifyAcknowledgement': {
        const { operationId, saleId, acknowledgement } = params
        const verdict = verify(acknowledgement, saleId)
        if (verdict !== 'good') log.warn({ saleId, verdict }, 'the acknowledgement is not good')
        this.#queue.unshift(() => ({ type: 'acknowledgementChecked', operationId, verdict }))
        break
      }
      case 'noteSurprise':
        log.warn({ event: params.event, state: this.#snapshot.value }, 'an event out of place')
        break
      case 'xstate.raise':
        this.#raise(params.id, params.delay, params.event)
        break
      case 'xstate.cancel':
        this.#cancel(params.sendId)
        break
    }
  }

  /** A timer that fired but was cancelled before its turn came is nothing. */
  #raise(id: string, delayMs: number, event: TimerEvent): void {
    const timer = this.#parts.clock.after(delayMs, () => {
      this.#take(() => (this.#timers.get(id) === timer ? event : undefined))
    })
    this.#timers.set(id, timer)
  }

  #cancel(id: string): void {
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
  }
}
