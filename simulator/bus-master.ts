// The vending machine's controller as master of the raw bus (MDB 4.2, 7): it polls its one reader, repeats
// commands until they are answered, and starts a reader anew that has been away. How one command gets its
// answer is in bus-exchange.ts; what the machine does about an answer in vending-machine.ts.
import {
  type CashlessAnswer,
  type CashlessCommand,
  option,
  readerCan,
} from '@concilia/protocol/mdb/cashless.ts'
import { plainDialect } from '@concilia/protocol/mdb/codec.ts'
import type { Dialect } from '@concilia/protocol/mdb/fields.ts'
import { currencies } from '@concilia/protocol/money.ts'
import type { Bridge, BridgeParts } from './bridge.ts'
import { BusExchange, type BusTrace } from './bus-exchange.ts'
import type { BusFault } from './bus-faults.ts'

/** A machine polls no faster (MDB 4.2, 3). */
const shortestPollMs = 25
/**
 * Without an answer for so long the reader is off line, unless its Z7 is longer; then reset every ten
 * seconds.
 */
const nonResponseMs = 5000
const resetAgainMs = 10_000

/**
 * As far as the machine knows. `enabled`: but for an open door. `ending`: the vend is told, the session not
 * yet over.
 */
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

export interface BusMasterSettings {
  /** Level that the machine claims. */
  readonly level: 1 | 2 | 3
  /** Level whose answers it understands, where it claims more than it speaks. */
  readonly speaks?: 1 | 2 | 3
  readonly money32: boolean
  /** Columns and rows of the display that it lends. */
  readonly columns: number
  readonly rows: number
}

export const usualBusMaster: BusMasterSettings = { level: 3, money32: false, columns: 16, rows: 2 }

export class BusMaster implements Bridge {
  readonly #parts: BridgeParts
  readonly #settings: BusMasterSettings
  readonly #exchange: BusExchange<Task | undefined>
  #known: Known = 'away'
  #tasks: Task[] = []
  #dialect: Dialect = plainDialect
  #patienceMs = nonResponseMs
  #scale = 1
  #decimals = 2
  #alwaysIdle = false
  #wantsCashSales = false
  #heardAt: number
  #polledLast = false
  #powered = true
  /** Monotonic ms. */
  #quietUntil = 0
  #shut = false

  constructor(parts: BridgeParts, settings: BusMasterSettings) {
    this.#parts = parts
    this.#settings = settings
    this.#heardAt = parts.clock.monotonic()
    this.#exchange = new BusExchange(parts, (answer, task) => this.#answered(answer, task))
    this.reset()
    this.#next()
  }

  get ready(): boolean {
    return this.#known === 'enabled' && !this.#shut
  }

  get patienceMs(): number {
    return this.#patienceMs
  }

  /** Shown every block. */
  set trace(trace: BusTrace) {
    this.#exchange.trace = trace
  }

  /** Once, at the next occasion. */
  disturb(...faults: BusFault[]): void {
    this.#exchange.faults.add(...faults)
  }

  receive(bytes: Uint8Array): void {
    if (this.#powered) this.#exchange.receive(bytes)
  }

  power(on: boolean): void {
    this.#powered = on
    this.#exchange.cut()
    this.#heardAt = this.#parts.clock.monotonic()
    if (on) this.reset()
  }

  stopPolling(forMs: number): void {
    this.#quietUntil = this.#parts.clock.monotonic() + forMs
  }

  allow(sales: boolean): void {
    this.#shut = !sales
    if (this.#known === 'away' || this.#known === 'resetting' || this.#known === 'settingUp') return
    this.#do({ name: sales ? 'readerEnable' : 'readerDisable' })
  }

  /** The bridge only carries bytes: what was under way is lost, nothing else. */
  restart(): void {
    this.#exchange.cut()
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
    const may = !this.#shut && (this.#known === 'session' || (this.#known === 'enabled' && this.#alwaysIdle))
    const price = priceMinor / this.#unit
    const most = this.#dialect.expanded ? 0xffff_fffe : 0xfffe
    if (!may || !Number.isInteger(price) || price > most) return false
    this.#become('undecided')
    const { faults } = this.#exchange
    this.#do({
      name: 'vendRequest',
      price: faults.takes('tokenPrice') ? most + 1 : price,
      item: faults.takes('unknownItem') ? 0xffff : item,
    })
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

  cashSold(priceMinor: number, item: number): void {
    const price = priceMinor / this.#unit
    if (!this.#wantsCashSales || this.#known !== 'enabled' || !Number.isInteger(price)) return
    this.#do({ name: 'cashSale', price, item, currency: 'FFFF' })
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
    if (this.#exchange.busy || !this.#powered) return
    const now = this.#parts.clock.monotonic()
    if (now < this.#quietUntil) {
      // It is the machine that was away, not its reader.
      this.#heardAt = now
      return
    }
    this.#watch()
    const [task] = this.#tasks
    const poll = !task || task.acknowledged || (task.sent > 0 && !this.#polledLast)
    this.#polledLast = poll
    if (task && !poll) task.sent++
    const command = poll || !task ? ({ name: 'poll' } as const) : task.command
    this.#exchange.ask(command, this.#dialectOf(command), poll ? undefined : task)
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

  /** The first prices are always in the narrow form (MDB 4.2, 7.4.1). */
  #dialectOf(command: CashlessCommand): Dialect {
    const narrow = command.name === 'setupPrices' && command.currency === 'FFFF'
    return narrow ? { ...this.#dialect, expanded: false } : this.#dialect
  }

  #answered(answer: 'ack' | readonly CashlessAnswer[], task: Task | undefined) {
    this.#heardAt = this.#parts.clock.monotonic()
    if (answer === 'ack') return this.#acknowledged(task)
    if (task) task.acknowledged = true
    for (const message of answer) this.#take(message)
  }

  #acknowledged(task: Task | undefined): void {
    if (!task) return
    task.acknowledged = true
    if (!task.wants) this.#finish(task)
  }

  #finish(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task)
    task.done?.()
    const { name } = task.command
    if (this.#exchange.faults.repeats(name)) {
      this.#tasks.unshift({ ...task, done: () => {}, sent: 0, acknowledged: false })
    }
    if (name !== 'readerEnable' && name !== 'readerDisable') return
    if (this.#known === 'settingUp') this.#become('enabled')
    if (name === 'readerEnable' && !this.#shut) this.#parts.answer({ type: 'enabled' })
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
        if (this.#known !== 'session' || this.#exchange.faults.takes('ignoreCancel')) return
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

  #configured(message: Extract<CashlessAnswer, { name: 'readerConfig' }>) {
    const { level, responseS, scale, decimals, options } = message
    const { columns, rows, speaks = 3 } = this.#settings
    // It does not understand what it asked for, and knows nothing better than to begin again.
    if (level > speaks) return this.reset()
    const common = Math.max(1, Math.min(level, this.#settings.level)) as 1 | 2 | 3
    this.#dialect = { level: common, expanded: false, displayBytes: columns * rows }
    this.#patienceMs = Math.max(nonResponseMs, responseS * 1000)
    this.#scale = scale
    this.#decimals = decimals
    this.#wantsCashSales = (options & readerCan.cashSale) !== 0
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
    this.#do({ name: this.#shut ? 'readerDisable' : 'readerEnable' })
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
}
