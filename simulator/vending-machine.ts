// The vending machine behind the bridge: controller, motors, coin slot and the counter under the chute. It
// knows nothing of us or of our messages; what it physically dropped is counted where the goods fall. How a
// vend goes is up to a list of behaviours (behaviours.ts).
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { type Behaviour, type BehaviourName, behaviourNamed } from './behaviours.ts'
import type { Bridge, BridgeParts, ReaderAnswer } from './bridge.ts'
import { BusMaster, type BusMasterSettings, usualBusMaster } from './bus-master.ts'
import { MachineCounters } from './machine-counters.ts'
import { QibixxBox } from './qibixx-box.ts'

/** The serial line between box and host, as something that can be pulled out. */
export interface HostLine {
  write(text: string): void
  unplug(): void
  plug(): void
}

export interface MachineSettings {
  readonly currency: Currency
  /** Item number to price in minor units. */
  readonly items: Readonly<Record<number, number>>
  /** What the host's serial line leads to: a Qibixx box, or the bare bus as pairs of bytes. */
  readonly bridge: 'qibixx' | 'raw'
  /** What the machine is as master of the raw bus. */
  readonly bus: BusMasterSettings
  /** Whether the machine asks for a vend without a session. */
  readonly alwaysIdle: boolean
  readonly pollMs: number
  /** How long a motor turns. */
  readonly motorMs: number
  /** How long it turns when the machine is slow: longer than the automaton's vend limit. */
  readonly slowMs: number
  /** How long a pulled serial line stays out. */
  readonly unpluggedMs: number
  /** How long power, polls or a closed door are missing. */
  readonly awayMs: number
}

export const usualMachine = {
  bridge: 'qibixx',
  bus: usualBusMaster,
  alwaysIdle: true,
  pollMs: 20,
  motorMs: 300,
  slowMs: 90_000,
  unpluggedMs: 1500,
  awayMs: 5000,
} as const

/** What a bystander sees. */
export type MachineEvent =
  /** The buyer could choose an item and pay by phone now, or no longer. */
  | { event: 'readerEnabled' | 'readerDisabled' }
  | { event: 'display'; text: string }
  | { event: 'asked' | 'approved' | 'denied' | 'cancelled'; item: number }
  /** Goods fell, and why. `dropped` is the counter after it. */
  | { event: 'dropped'; item: number; dropped: number; by: 'phone' | 'coins' }
  /** The reader has not decided in time (Z7) and is reset. */
  | { event: 'patienceOver'; item: number }
  | { event: 'paidInCoins'; item: number; priceMinor: number }
  | { event: 'sessionBegun' | 'standby' }
  | { event: 'doorOpened' | 'doorClosed' | 'powerLost' | 'powerBack' }

export type Pressed = 'asked' | 'noSuchItem' | 'busy' | 'noPhonePayment'

type Phase =
  | { readonly name: 'standby' | 'session' }
  | { readonly name: 'asking' | 'vending'; readonly item: number }

export class VendingMachine {
  readonly settings: MachineSettings
  readonly line: HostLine
  readonly box: Bridge
  /** What its controller counts, for its DEX plug. */
  readonly counters: MachineCounters
  readonly #clock: Clock
  readonly #see: (event: MachineEvent) => void
  readonly #dropped = new Map<number, number>()
  #behaviours: readonly Behaviour[] = []
  #phase: Phase = { name: 'standby' }
  #enabled = false
  #patience: Timer | undefined
  #coinsMinor = 0
  #display = ''
  #doorOpen = false
  #powered = true
  /** What moved before a loss of power stands still after it. */
  #powerLosses = 0

  constructor(settings: MachineSettings, clock: Clock, line: HostLine, see: (event: MachineEvent) => void) {
    this.settings = settings
    this.line = line
    this.counters = new MachineCounters(settings)
    this.#clock = clock
    this.#see = see
    const { currency, alwaysIdle, pollMs, bridge } = settings
    const parts: BridgeParts = {
      clock,
      currency,
      alwaysIdle,
      pollMs,
      write: (text) => line.write(text),
      answer: (answer) => this.#hear(answer),
    }
    this.box = bridge === 'raw' ? new BusMaster(parts, settings.bus) : new QibixxBox(parts)
    this.behave([])
  }

  /** How vends go from now on; where nothing else applies, well. */
  behave(names: readonly BehaviourName[]): void {
    this.#behaviours = [...names, 'good' as const].map(behaviourNamed)
  }

  get dropped(): ReadonlyMap<number, number> {
    return this.#dropped
  }

  get coinsMinor(): number {
    return this.#coinsMinor
  }

  get display(): string {
    return this.#display
  }

  get enabled(): boolean {
    return this.#enabled
  }

  // What a buyer does.

  /** The button under an item, after choosing phone payment. */
  press(item: number): Pressed {
    const priceMinor = this.settings.items[item]
    if (priceMinor === undefined) return 'noSuchItem'
    if (this.#phase.name === 'asking' || this.#phase.name === 'vending') return 'busy'
    const may = this.#phase.name === 'session' || (this.settings.alwaysIdle && this.#enabled)
    if (!may || !this.box.requestVend(priceMinor, item)) return 'noPhonePayment'
    this.#phase = { name: 'asking', item }
    this.#see({ event: 'asked', item })
    // Z7: a reader that does not decide by then is reset.
    this.#patience = this.after(this.box.patienceMs, () => {
      this.#see({ event: 'patienceOver', item })
      this.resetReader()
    })
    this.#apply((behaviour) => behaviour.asked?.(this, item) ?? false)
    return 'asked'
  }

  /** The coin return lever. */
  pushLever(): void {
    if (this.#phase.name === 'asking') this.#cancel(this.#phase.item)
    else if (this.#phase.name === 'session') this.#completeSession()
  }

  /** A whole purchase in coins, which needs nobody but the machine. */
  payInCoins(item: number): boolean {
    const priceMinor = this.settings.items[item]
    if (priceMinor === undefined || this.#phase.name === 'vending' || !this.#powered) return false
    if (this.#phase.name === 'asking' && !this.#cancel(this.#phase.item)) return false
    this.#coinsMinor += priceMinor
    this.#see({ event: 'paidInCoins', item, priceMinor })
    this.after(this.settings.motorMs, () => this.drop(item, 'coins'))
    return true
  }

  // What a technician does, and what happens to machines.

  /** With its door open a machine sells nothing new; what is under way goes on. */
  door(open: boolean): void {
    if (open === this.#doorOpen) return
    this.#doorOpen = open
    this.#see({ event: open ? 'doorOpened' : 'doorClosed' })
    this.box.allow(!open)
    if (open) this.#enabledIs(false)
    else this.#enabledIs(this.box.ready)
  }

  /** Motors stop, and the controller forgets everything; afterwards it starts anew. */
  cutPower(forMs: number): void {
    if (!this.#powered) return
    this.#powered = false
    this.#powerLosses++
    this.#see({ event: 'powerLost' })
    this.#rest()
    this.#enabledIs(false)
    this.box.power(false)
    this.#clock.after(forMs, () => {
      this.#powered = true
      this.#see({ event: 'powerBack' })
      this.box.power(true)
    })
  }

  // What the machine's parts do; behaviours are written in these.

  after(delayMs: number, action: () => void): Timer {
    const losses = this.#powerLosses
    return this.#clock.after(delayMs, () => {
      if (losses === this.#powerLosses) action()
    })
  }

  /** The goods fall past the counter. */
  drop(item: number, by: 'phone' | 'coins' = 'phone'): void {
    const dropped = (this.#dropped.get(item) ?? 0) + 1
    this.#dropped.set(item, dropped)
    this.counters.dropped(item, by)
    if (by === 'coins') this.box.cashSold(this.settings.items[item] ?? 0, item)
    this.#see({ event: 'dropped', item, dropped, by })
  }

  reportSuccess(): void {
    this.box.vendSucceeded(this.#phase.name === 'vending' ? this.#phase.item : 0xffff)
    this.#completeSession()
  }

  reportFailure(): void {
    this.counters.failed()
    this.box.vendFailed()
    this.#completeSession()
  }

  /** Also what a restart of the machine's controller does to the reader. */
  resetReader(): void {
    this.#rest()
    this.#enabledIs(false)
    this.box.reset()
  }

  /** What the controller knows of the vend is gone; the reader is left as it was. */
  forgetVend(): void {
    this.box.forgetVend()
    this.#rest()
  }

  #cancel(item: number): boolean {
    const cancelled = this.box.cancelVend()
    if (cancelled) this.#see({ event: 'cancelled', item })
    return cancelled
  }

  #hear(answer: ReaderAnswer) {
    switch (answer.type) {
      case 'justReset':
        return this.#initialise()
      case 'enabled':
        return this.#enabledIs(!this.#doorOpen)
      case 'lost':
        return this.#lose()
      case 'sessionBegun':
        if (this.#phase.name !== 'standby') return
        this.#phase = { name: 'session' }
        return this.#see({ event: 'sessionBegun' })
      case 'sessionCancelled':
        return this.#phase.name === 'session' ? this.#completeSession() : undefined
      case 'approved':
        return this.#vend()
      case 'denied':
        return this.#denied()
      case 'display':
        this.#display = answer.text
        return this.#see({ event: 'display', text: answer.text })
    }
  }

  /** A reader that has just been reset is set up, then enabled. */
  #initialise(): void {
    this.#lose()
    this.after(this.settings.pollMs, () => {
      this.box.bringUp()
      this.#enabledIs(this.box.ready)
    })
  }

  /** Without its reader the machine finishes what it has begun. */
  #lose(): void {
    if (this.#phase.name !== 'vending') this.#rest()
    this.#enabledIs(false)
  }

  #vend(): void {
    if (this.#phase.name !== 'asking') return
    const { item } = this.#phase
    this.#patience?.cancel()
    this.#phase = { name: 'vending', item }
    this.#see({ event: 'approved', item })
    this.#apply((behaviour) => behaviour.approved?.(this, item) ?? false)
  }

  #denied(): void {
    if (this.#phase.name !== 'asking') return
    this.#patience?.cancel()
    this.#see({ event: 'denied', item: this.#phase.item })
    // With a session open the buyer may choose again; otherwise there is nothing left to wait for.
    if (this.settings.alwaysIdle) this.#completeSession()
    else this.#phase = { name: 'session' }
  }

  #completeSession(): void {
    this.#rest()
    this.after(this.settings.pollMs, () => this.box.completeSession())
  }

  #rest(): void {
    this.#patience?.cancel()
    if (this.#phase.name !== 'standby') this.#see({ event: 'standby' })
    this.#phase = { name: 'standby' }
  }

  #enabledIs(enabled: boolean): void {
    if (enabled !== this.#enabled) this.#see({ event: enabled ? 'readerEnabled' : 'readerDisabled' })
    this.#enabled = enabled
  }

  /** The first behaviour that says "mine" has it. */
  #apply(mine: (behaviour: Behaviour) => boolean): void {
    this.#behaviours.some(mine)
  }
}
