// The vending machine's controller as master of the raw bus (MDB 4.2, 3 and 7): it polls its one reader,
// sends commands until they are answered, acknowledges data, and starts a reader anew that has been away.
// Every byte goes through the codec that our own reader uses; what the machine does about an answer is in
// vending-machine.ts.
import type { Timer } from '@concilia/protocol/clock.ts'
import { type BusByte, isMarked, longestBlock, masterControl } from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import {
  type CashlessAnswer,
  type CashlessCommand,
  cashless,
  option,
} from '@concilia/protocol/mdb/cashless.ts'
import { plainDialect, readAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import type { Dialect } from '@concilia/protocol/mdb/fields.ts'
import { currencies } from '@concilia/protocol/money.ts'
import type { Bridge, BridgeParts } from './bridge.ts'
import { type BusFault, corrupted } from './bus-faults.ts'

/** Address of the reader: the second cashless device. */
const address = 0x60
/**
 * What machines that keep to the standard's advice tolerate; 5 ms is what it asks of readers (MDB 4.2, App.
 * 3).
 */
const responseMs = 20
const shortestPollMs = 25
/**
 * Without an answer for so long the reader is off line, unless its Z7 is longer; then reset every ten
 * seconds.
 */
const nonResponseMs = 5000
const resetAgainMs = 10_000

/** As far as the machine knows. `ending`: the vend is told, the session not yet over. */
type Known =
  | 'away'
  | 'resetting'
  | 'settingUp'
  | 'enabled'
  | 'session'
  | 'undecided'
  | 'cancelling'
  | 'approved'
  | 'ending'

interface Task {
  readonly command: CashlessCommand
  /** The message that completes it; without one an ACK does. */
  readonly wants?: CashlessAnswer['name']
  readonly done?: () => void
  sent: number
  acknowledged: boolean
  /** Since when it waits for its message. */
  readonly since: number
}

/** A command on the bus whose answer is awaited, and what came of it so far. */
interface Exchange {
  readonly command: CashlessCommand
  readonly task: Task | undefined
  answer: BusByte[]
  timer: Timer
  repeats: number
}

export interface BusMasterSettings {
  /** Level that the machine claims. */
  readonly level: 1 | 2 | 3
  readonly money32: boolean
  /** Columns and rows of the display that it lends. */
  readonly columns: number
  readonly rows: number
}

export const usualBusMaster: BusMasterSettings = { level: 3, money32: false, columns: 16, rows: 2 }

/** Shown each block, and what became of it, in the order of the bus. */
export type BusTrace = (from: 'machine' | 'reader', bytes: readonly BusByte[]) => void

export class BusMaster implements Bridge {
  readonly #parts: BridgeParts
  readonly #settings: BusMasterSettings
  /** Shown every block. */
  trace: BusTrace = () => {}
  #splitter = new PairSplitter()
  #known: Known = 'away'
  #tasks: Task[] = []
  #dialect: Dialect = plainDialect
  #patienceMs = nonResponseMs
  #scale = 1
  #decimals = 2
  #alwaysIdle = false
  #asked: Exchange | undefined
  #heardAt: number
  #polledLast = false
  #faults: BusFault[] = []

  constructor(parts: BridgeParts, settings: BusMasterSettings) {
    this.#parts = parts
    this.#settings = settings
    this.#heardAt = parts.clock.monotonic()
    this.reset()
    this.#next()
  }

  get ready(): boolean {
    return this.#known === 'enabled'
  }

  get patienceMs(): number {
    return this.#patienceMs
  }

  /** Once, at the next occasion. */
  disturb(...faults: BusFault[]): void {
    this.#faults.push(...faults)
  }

  receive(bytes: Uint8Array): void {
    for (const byte of this.#splitter.push(bytes).bytes) this.#hear(byte)
  }

  /** The bridge only carries bytes: what was under way is lost, nothing else. */
  restart(): void {
    this.#splitter = new PairSplitter()
    if (this.#asked) this.#asked.answer = []
  }

  reset(): void {
    this.#become('resetting')
    this.#tasks = []
    this.#dialect = plainDialect
    this.#alwaysIdle = false
    this.#do({ name: 'reset' }, 'justReset')
  }

  bringUp(): void {
    const { level, columns, rows } = this.#settings
    this.#become('settingUp')
    this.#tasks = []
    this.#do({ name: 'setupConfig', level, columns, rows, display: 1 }, 'readerConfig')
    this.#do({ name: 'setupPrices', max: 'unknown', min: 0, currency: 'FFFF' })
    this.#do({ name: 'requestId', maker: 'SIM', serial: '1', model: 'VMC', version: '0100' }, 'peripheralId')
  }

  requestVend(priceMinor: number, item: number): boolean {
    const may = this.#known === 'session' || (this.#known === 'enabled' && this.#alwaysIdle)
    const price = priceMinor / this.#unit
    if (!may || !Number.isInteger(price)) return false
    this.#become('undecided')
    this.#do({ name: 'vendRequest', price, item })
    return true
  }

  cancelVend(): boolean {
    if (this.#known !== 'undecided') return false
    this.#become('cancelling')
    this.#do({ name: 'vendCancel' }, 'vendDenied')
    return true
  }

  vendSucceeded(item: number): void {
    if (this.#known !== 'approved') return
    this.#become('ending')
    this.#do({ name: 'vendSuccess', item })
  }

  vendFailed(): void {
    if (this.#known !== 'approved') return
    this.#become('ending')
    this.#do({ name: 'vendFailure' })
  }

  forgetVend(): void {
    if (this.#known === 'approved') this.#become('enabled')
  }

  completeSession(): void {
    if (this.#known !== 'session' && this.#known !== 'ending') return
    this.#become('ending')
    this.#do({ name: 'sessionComplete' }, 'endSession', () => {
      if (this.#known === 'ending') this.#become('enabled')
    })
  }

  /** Minor units in one unit of the bus. */
  get #unit(): number {
    return this.#scale * 10 ** (currencies[this.#parts.currency].digits - this.#decimals)
  }

  #become(known: Known): void {
    this.#known = known
  }

  #do(command: CashlessCommand, wants?: Task['wants'], done?: () => void): void {
    const since = this.#parts.clock.monotonic()
    this.#tasks.push({
      command,
      ...(wants && { wants }),
      ...(done && { done }),
      sent: 0,
      acknowledged: false,
      since,
    })
  }

  #next(): void {
    this.#parts.clock.after(Math.max(shortestPollMs, this.#parts.pollMs), () => this.#turn())
  }

  /** One exchange: a command that was not answered is repeated in turn with polls (MDB 4.2, 7.5). */
  #turn(): void {
    this.#next()
    if (this.#asked) return
    this.#watch()
    const [task] = this.#tasks
    const poll = !task || task.acknowledged || (task.sent > 0 && !this.#polledLast)
    this.#polledLast = poll
    if (task && !poll) task.sent++
    this.#ask(poll || !task ? { name: 'poll' } : task.command, poll ? undefined : task)
  }

  /** A reader that has not answered for long is reset, again and again. */
  #watch(): void {
    const now = this.#parts.clock.monotonic()
    const [task] = this.#tasks
    const waiting = task?.acknowledged ? now - task.since : 0
    if (Math.max(now - this.#heardAt, waiting) < this.#patienceMs) return
    this.#heardAt = now - this.#patienceMs + resetAgainMs
    this.reset()
    this.#parts.answer({ type: 'lost' })
  }

  #ask(command: CashlessCommand, task: Task | undefined): void {
    const block = writeCommand(cashless, address, command, this.#dialectOf(command))
    const timer = this.#parts.clock.after(responseMs, () => this.#give())
    this.#asked = { command, task, answer: [], timer, repeats: 0 }
    this.#send(this.#fault('badChecksum') ? corrupted(block) : block)
  }

  /** The first prices are always in the narrow form (MDB 4.2, 7.4.1). */
  #dialectOf(command: CashlessCommand): Dialect {
    const narrow = command.name === 'setupPrices' && command.currency === 'FFFF'
    return narrow ? { ...this.#dialect, expanded: false } : this.#dialect
  }

  #send(bytes: readonly BusByte[]): void {
    this.trace('machine', bytes)
    this.#parts.write(pairsText(bytes))
  }

  #hear(byte: BusByte): void {
    const asked = this.#asked
    if (!asked || asked.answer.length >= longestBlock) return
    asked.answer.push(byte)
    if (isMarked(byte)) this.#answered(asked)
  }

  #answered(asked: Exchange) {
    const { answer, command } = asked
    this.trace('reader', answer)
    if (this.#fault('loseAnswer')) return this.#give()
    const read = readAnswer(cashless, command.name, answer, this.#dialect)
    const ret = read.ok && read.value !== 'ack' && this.#fault('ret')
    if (!read.ok || read.value === 'nak' || ret) return this.#askAgain(asked)
    this.#give()
    this.#heardAt = this.#parts.clock.monotonic()
    if (read.value === 'ack') return this.#acknowledged(asked.task)
    if (this.#fault('nak')) return this.#send(masterControl('nak'))
    // Acknowledged on the bus before anything follows from it.
    if (!this.#fault('loseAcknowledgement')) this.#send(masterControl('ack'))
    if (asked.task) asked.task.acknowledged = true
    for (const message of read.value) this.#take(message)
  }

  /** RET twice at most; then it waits for the next poll. */
  #askAgain(asked: Exchange) {
    this.#give()
    if (asked.repeats >= 2) return
    const timer = this.#parts.clock.after(responseMs, () => this.#give())
    this.#asked = { ...asked, answer: [], timer, repeats: asked.repeats + 1 }
    this.#send(masterControl('ret'))
  }

  #give(): void {
    this.#asked?.timer.cancel()
    this.#asked = undefined
  }

  #acknowledged(task: Task | undefined): void {
    if (!task) return
    task.acknowledged = true
    if (!task.wants) this.#finish(task)
  }

  #finish(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task)
    task.done?.()
    if (task.command.name === 'readerEnable') {
      this.#become('enabled')
      this.#parts.answer({ type: 'enabled' })
    }
  }

  #take(message: CashlessAnswer) {
    const [task] = this.#tasks
    const wanted = task?.wants === message.name
    if (wanted) this.#finish(task)
    switch (message.name) {
      case 'justReset':
        this.#become('settingUp')
        this.#tasks = []
        return this.#parts.answer({ type: 'justReset' })
      case 'readerConfig':
        return wanted ? this.#configured(message) : undefined
      case 'peripheralId':
        return wanted ? this.#enable(message.options) : undefined
      case 'beginSession':
        if (this.#known !== 'enabled') return
        this.#become('session')
        return this.#parts.answer({ type: 'sessionBegun' })
      case 'sessionCancelRequest':
        if (this.#known !== 'session' || this.#fault('ignoreCancel')) return
        return this.#parts.answer({ type: 'sessionCancelled' })
      case 'vendApproved':
        return this.#approved(message.amount)
      case 'vendDenied':
        return this.#denied()
      case 'outOfSequence':
        return this.#outOfSequence()
      case 'displayRequest':
        return this.#parts.answer({ type: 'display', text: message.text.trimEnd() })
    }
  }

  #configured({
    level,
    responseS,
    scale,
    decimals,
  }: Extract<CashlessAnswer, { name: 'readerConfig' }>): void {
    const { columns, rows } = this.#settings
    const common = Math.max(1, Math.min(level, this.#settings.level)) as 1 | 2 | 3
    this.#dialect = { level: common, expanded: false, displayBytes: columns * rows }
    this.#patienceMs = Math.max(nonResponseMs, responseS * 1000)
    this.#scale = scale
    this.#decimals = decimals
  }

  /** Of what the reader offers, what the machine wants; then it may sell. */
  #enable(offered: number): void {
    const { alwaysIdle, currency } = this.#parts
    const wanted = (alwaysIdle ? option.alwaysIdle : 0) | (this.#settings.money32 ? option.money32 : 0)
    const options = this.#dialect.level === 3 ? offered & wanted : 0
    if (options !== 0) {
      const then = () => {
        this.#alwaysIdle = (options & option.alwaysIdle) !== 0
        this.#dialect = { ...this.#dialect, expanded: (options & option.money32) !== 0 }
      }
      this.#do({ name: 'enableOptions', options }, undefined, then)
      if ((options & option.money32) !== 0) {
        const code = `1${String(currencies[currency].numeric).padStart(3, '0')}`
        this.#do({ name: 'setupPrices', max: 'unknown', min: 0, currency: code })
      }
    }
    this.#do({ name: 'readerEnable' })
  }

  /** Heard again, because our acknowledgement was lost, it changes nothing. */
  #approved(amount: number | 'token') {
    if (this.#known !== 'undecided' && this.#known !== 'cancelling') return
    const wanted = this.#known === 'undecided'
    this.#tasks = []
    this.#become('approved')
    // The buyer has cancelled meanwhile: an approval that was acknowledged has to be finished (MDB 4.2, 7.3).
    if (!wanted) {
      this.#become('ending')
      this.#do({ name: 'vendFailure' }, undefined, () => {
        if (this.#tasks.length === 0) this.#become('session')
      })
      return this.#parts.answer({ type: 'denied' })
    }
    this.#parts.answer({ type: 'approved', amountMinor: amount === 'token' ? 0 : amount * this.#unit })
  }

  #denied(): void {
    if (this.#known !== 'undecided' && this.#known !== 'cancelling') return
    this.#tasks = []
    this.#become('session')
    this.#parts.answer({ type: 'denied' })
  }

  #outOfSequence(): void {
    this.reset()
    this.#parts.answer({ type: 'lost' })
  }

  /** Whether this fault is due now; it happens once. */
  #fault(fault: BusFault): boolean {
    const at = this.#faults.indexOf(fault)
    if (at >= 0) this.#faults.splice(at, 1)
    return at >= 0
  }
}
