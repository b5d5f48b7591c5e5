// The Qibixx bridge as its two neighbours see it: lines on the serial side, an MDB cashless reader on the bus
// side. It answers in the order it is asked and remembers nothing over a restart. Time passes only on the
// bus.
import type { Timer } from '@concilia/protocol/clock.ts'
import { answerControl, commandBlock } from '@concilia/protocol/mdb/bus.ts'
import {
  readHostLine,
  type WritableBoxLine,
  type WritableHostLine,
  writeBoxLine,
} from '@concilia/protocol/qibixx.ts'
import { snifferAccepted, writeSniffed, writeSniffer } from '@concilia/protocol/qibixx-sniffer.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import type { Bridge, BridgeParts, ReaderAnswer } from './bridge.ts'

/** MDB's states of a cashless reader; `off` is the box's own. */
type BusState = 'off' | 'inactive' | 'disabled' | 'enabled' | 'idle' | 'undecided' | 'approved'

const knownSettings = [
  'mdb-address',
  'mdb-currency-code',
  'mdb-scale-factor',
  'mdb-decimal-places',
  'mdb-always-idle',
  'mdb-timeout',
  'mdb-timeout-idle',
  'mdb-timeout-vend',
]

export class QibixxBox implements Bridge {
  readonly #parts: BridgeParts
  readonly #settings = new Map<string, string>()
  #bus: BusState = 'off'
  #splitter = new LineSplitter()
  #powered = true
  #shut = false
  /** Monotonic ms: the machine says nothing before. */
  #quietUntil = 0
  #sniffing: Timer | undefined

  constructor(parts: BridgeParts) {
    this.#parts = parts
  }

  get on(): boolean {
    return this.#bus !== 'off'
  }

  /** Enabled by the machine, with nothing under way. */
  get ready(): boolean {
    return this.#bus === 'enabled'
  }

  get patienceMs(): number {
    return Number(this.setting('mdb-timeout') ?? 5) * 1000
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name)
  }

  /** Bytes from the host. */
  receive(bytes: Uint8Array): void {
    if (!this.#powered) return
    for (const text of this.#splitter.push(bytes)) {
      if (text === writeSniffer(true) || text === writeSniffer(false)) {
        this.#sniff(text === writeSniffer(true))
        continue
      }
      const line = readHostLine(text, this.#parts.currency)
      if (line.type === 'unreadable')
        this.#say({ type: 'unknownCommand', text: line.text.replaceAll('"', '') })
      else this.#obey(line)
    }
  }

  /** Loss of power: settings and everything under way are gone. */
  restart(): void {
    this.#sniffing?.cancel()
    this.#bus = 'off'
    this.#settings.clear()
    this.#splitter = new LineSplitter()
  }

  /** It has its power from the bus. */
  power(on: boolean): void {
    this.restart()
    this.#powered = on
  }

  stopPolling(forMs: number): void {
    this.#quietUntil = this.#parts.clock.monotonic() + forMs
  }

  allow(sales: boolean): void {
    this.#told(() => {
      this.#shut = !sales
      if (this.#bus === 'enabled' && !sales) this.#become('disabled')
      else if (this.#bus === 'disabled' && sales) this.#become('enabled')
    })
  }

  // The bus: what the machine tells the reader.

  reset(): void {
    this.#told(() => this.#reset())
  }

  #reset(): void {
    if (!this.on) return
    if (this.#bus === 'undecided' || this.#bus === 'approved') this.#say({ type: 'vendEnded', how: 'reset' })
    this.#become('inactive')
    this.#answer({ type: 'justReset' })
  }

  bringUp(): void {
    this.setup()
    this.enable()
  }

  setup(): void {
    if (this.#bus === 'inactive') this.#become('disabled')
  }

  enable(): void {
    if (this.#bus === 'disabled' && !this.#shut) this.#become('enabled')
  }

  /** @returns whether the reader takes a request now */
  requestVend(priceMinor: number, item: number): boolean {
    const alwaysIdle = this.#bus === 'enabled' && this.setting('mdb-always-idle') === '1'
    const silent = this.#parts.clock.monotonic() < this.#quietUntil
    if (silent || this.#shut || (this.#bus !== 'idle' && !alwaysIdle)) return false
    this.#bus = 'undecided'
    this.#say({ type: 'busActivity' })
    this.#say({ type: 'vendRequested', priceMinor, item })
    return true
  }

  /** @returns false when it is too late: once approved, the machine must finish the vend (MDB 4.2, 7.3) */
  cancelVend(): boolean {
    if (this.#bus !== 'undecided') return false
    this.#say({ type: 'vendEnded', how: 'cancelled' })
    this.#deny()
    return true
  }

  vendSucceeded(): void {
    this.#told(() => {
      if (this.#bus !== 'approved') return
      this.#say({ type: 'vendSucceeded' })
      this.#endVend()
    })
  }

  vendFailed(): void {
    this.#told(() => {
      if (this.#bus !== 'approved') return
      this.#say({ type: 'vendEnded', how: 'failed' })
      this.#endVend()
    })
  }

  /** The box waits on. */
  /** How a box passes it on is not known; it does not. */
  cashSold(): void {}

  forgetVend(): void {}

  completeSession(): void {
    this.#told(() => {
      if (this.#bus === 'idle') this.#become(this.#shut ? 'disabled' : 'enabled')
    })
  }

  /** At once, or when a machine that has fallen silent speaks again. */
  #told(act: () => void): void {
    const { clock } = this.#parts
    const silentMs = this.#quietUntil - clock.monotonic()
    if (silentMs > 0) clock.after(silentMs, act)
    else act()
  }

  /**
   * The box's ears, as far as there is anything to hear: on this bus are a changer that answers, nobody at
   * the first place of a cashless device, and this reader at its own.
   */
  #sniff(on: boolean): void {
    this.#sniffing?.cancel()
    this.#write(snifferAccepted)
    if (on) this.#hearPolls()
  }

  #hearPolls(): void {
    const { clock, pollMs } = this.#parts
    const own = Number(this.setting('mdb-address') ?? 0x60)
    const atTenths = Math.round(clock.monotonic() * 10)
    for (const [command, answers] of [
      [0x0b, true],
      [0x12, own === 0x10 && this.on],
      [own | 2, this.on],
    ] as const) {
      this.#write(writeSniffed({ from: 'machine', bytes: commandBlock([command]), atTenths, faulty: false }))
      if (answers) {
        this.#write(
          writeSniffed({ from: 'peripheral', bytes: answerControl('ack'), atTenths, faulty: false }),
        )
      }
    }
    this.#sniffing = clock.after(pollMs, () => this.#hearPolls())
  }

  // The serial side: what the host tells the box.

  #obey(line: WritableHostLine) {
    switch (line.type) {
      case 'askVersion':
        return this.#say({ type: 'version', text: '4.0.2.0,concilia-simulator' })
      case 'askHardware':
        return this.#say({ type: 'hardware', text: '1.0,concilia-simulator' })
      case 'resetBox':
        return this.restart()
      case 'switch':
        return this.#switch(line.on)
      case 'setting':
        return this.#set(line.name, line.value)
    }
    if (!this.on) return this.#say({ type: 'refusedAsOff' })
    this.#say({ type: 'busActivity' })
    this.#obeyOn(line)
  }

  #obeyOn(line: Exclude<WritableHostLine, { type: 'switch' | 'setting' }>) {
    switch (line.type) {
      case 'startSession':
        if (this.#bus !== 'enabled') return this.#say({ type: 'refused', command: 'START', code: -3 })
        this.#bus = 'idle'
        this.#say({ type: 'sessionIdle', funds: line.funds ?? 0 })
        return this.#answer({ type: 'sessionBegun' })
      case 'approve':
        if (this.#bus !== 'undecided') return this.#say({ type: 'refused', command: 'VEND', code: -3 })
        this.#bus = 'approved'
        return this.#answer({ type: 'approved', amountMinor: line.amountMinor })
      case 'deny':
        if (this.#bus !== 'undecided') return this.#say({ type: 'refused', command: 'VEND', code: -3 })
        return this.#deny()
      case 'stopSession':
        if (this.#bus === 'undecided') return this.#deny()
        if (this.#bus !== 'idle') return this.#say({ type: 'refused', command: 'STOP', code: -3 })
        return this.#answer({ type: 'sessionCancelled' })
      case 'display':
        return this.#answer({ type: 'display', text: line.text })
    }
  }

  #switch(on: boolean): void {
    if (on && !this.on) {
      this.#become('inactive')
      this.#answer({ type: 'justReset' })
    }
    if (!on) this.#bus = 'off'
    this.#say({ type: 'switched', on })
  }

  #set(name: string, value: string) {
    if (this.on) return this.#say({ type: 'refusedAsOn' })
    if (!knownSettings.includes(name)) return this.#say({ type: 'unknownCommand', text: name })
    this.#settings.set(name, value)
    this.#say({ type: 'settingKept' })
  }

  #deny(): void {
    this.#endVend()
    this.#answer({ type: 'denied' })
  }

  #endVend(): void {
    this.#bus = 'idle'
    this.#say({ type: 'sessionIdle' })
  }

  #become(bus: 'inactive' | 'disabled' | 'enabled'): void {
    this.#bus = bus
    this.#say({ type: 'status', status: bus })
  }

  #say(line: WritableBoxLine): void {
    this.#write(writeBoxLine(line, this.#parts.currency))
  }

  #write(text: string): void {
    this.#parts.write(`${text}\r\n`)
  }

  /** The machine hears the reader when it polls it next. */
  #answer(answer: ReaderAnswer): void {
    const { clock, pollMs } = this.#parts
    const silentMs = Math.max(0, this.#quietUntil - clock.monotonic())
    clock.after(silentMs + pollMs, () => this.#powered && this.#parts.answer(answer))
  }
}
