// A kiosk and the automaton's controller on its two lines, in time that a test advances: with a Qibixx box
// between changer and controller, or on the raw bus. The controller is the real one, its till on a simulated
// disk that outlives its process.
import { BareBusWire, BoxWire } from '@concilia/automaton/controller/changer-wire.ts'
import { ControllerHardware } from '@concilia/automaton/controller/controller-hardware.ts'
import type { Till } from '@concilia/automaton/controller/till.ts'
import type { HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import type { OpenSerialLine, SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { MemoryJournal, SimulatedDisk } from '@concilia/automaton/journal/memory-journal.ts'
import { makeLog } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { Wire } from '../wire.ts'
import type { ChangerSettings } from './changer-settings.ts'
import { Kiosk, type KioskEvent, usualKiosk } from './kiosk.ts'
import { type KioskAct, perform } from './kiosk-acts.ts'

export const bridges = ['qibixx', 'raw'] as const
export type BridgeName = (typeof bridges)[number]

/** Item 5 costs 1.50, item 7 costs 0.85. */
const prices = new Map([
  [5, 150],
  [7, 85],
])
const creditReturnMs = 5_000
const vendMs = 6_000

/** The end of a process, before or after it has written. */
class Killed extends Error {}

export class KioskWorld {
  readonly clock = new ManualClock()
  readonly kiosk: Kiosk
  readonly seen: KioskEvent[] = []
  readonly heard: HardwareEvent[] = []
  /** Called with each event, besides. */
  hear: (event: HardwareEvent) => void = () => {}
  hardware: ControllerHardware
  readonly #bridge: BridgeName
  readonly #wires: { readonly changer: Wire; readonly board: Wire }
  readonly #disk = new SimulatedDisk({ bytes: (length) => new Uint8Array(length) })
  #kill = () => {}
  #killIn = Number.POSITIVE_INFINITY
  #alive = false

  constructor(bridge: BridgeName, changer: Partial<ChangerSettings> = {}) {
    this.#bridge = bridge
    this.#wires = {
      changer: new Wire(this.clock, 2, (bytes) => this.kiosk.receive('changer', bytes)),
      board: new Wire(this.clock, 2, (bytes) => this.kiosk.receive('board', bytes)),
    }
    const usual = usualKiosk('EUR', [...prices.keys()])
    const settings = { ...usual, bridge, changer: { ...usual.changer, ...changer } }
    this.kiosk = new Kiosk(settings, this.clock, this.#wires, (event) => this.seen.push(event))
    this.hardware = this.start(false)
  }

  /** The automaton's process runs. */
  get isAlive(): boolean {
    return this.#alive
  }

  get till(): Till {
    return this.hardware.till
  }

  /** The automaton's process ends without a word. */
  kill(): this {
    this.#kill()
    return this
  }

  /** It ends before or after the journal is written: at the so-manieth of these moments from now on. */
  killAtWrite(moments: number): void {
    this.#killIn = moments
  }

  /** A new process of the automaton, on what the last one left. */
  start(listening: boolean): ControllerHardware {
    this.#kill()
    let alive = true
    this.#alive = true
    const lines: SerialLine[] = []
    this.#killIn = Number.POSITIVE_INFINITY
    this.#kill = () => {
      if (alive) this.#alive = false
      alive = false
      for (const line of lines) void line.close()
    }
    const moment = () => {
      if (alive && --this.#killIn > 0) return
      this.#kill()
      throw new Killed()
    }
    const open =
      (wire: Wire): OpenSerialLine =>
      (events) => {
        const line = wire.open(events)
        const mine: SerialLine = { ...line, write: (text) => alive && line.write(text) }
        lines.push(mine)
        return mine
      }
    this.hardware = this.#controller(
      open,
      mortal(this.clock, () => alive),
      moment,
    )
    this.heard.length = 0
    this.#guarded(() =>
      this.hardware.start(listening, (event) => {
        if (!alive) return
        this.heard.push(event)
        this.hear(event)
      }),
    )
    return this.hardware
  }

  pass(ms: number): this {
    const until = this.clock.monotonic() + ms
    while (this.clock.monotonic() < until) {
      this.#guarded(() => this.clock.advance(until - this.clock.monotonic()))
    }
    return this
  }

  /** What cannot be done is left. */
  attempt(act: KioskAct): void {
    this.#guarded(() => perform(this.kiosk, act))
  }

  do(...acts: KioskAct[]): this {
    for (const act of acts) {
      const why = perform(this.kiosk, act)
      if (why) throw new Error(`${JSON.stringify(act)}: ${why}`)
      this.pass(400)
    }
    return this
  }

  /** Coins of these values, as a buyer inserts them. */
  coins(...valuesMinor: number[]): this {
    return this.do(...valuesMinor.map((valueMinor) => ({ act: 'coin', valueMinor }) as const))
  }

  press(item: number): this {
    return this.do({ act: 'press', item })
  }

  /** With what may end its process. */
  guarded(action: (hardware: ControllerHardware) => void): this {
    this.#guarded(() => action(this.hardware))
    return this
  }

  /** What was heard since the last time and is no notice, as `type detail`. */
  said(): string[] {
    return this.heard.splice(0).flatMap((event) => {
      if (event.type === 'noticed') return []
      if (event.type === 'vendRequested') return `vendRequested ${event.price.amountMinor} ${event.item}`
      if (event.type === 'vendConcluded') return `vendConcluded ${event.result} ${event.detail}`
      return 'why' in event ? `${event.type} ${event.why}` : event.type
    })
  }

  fallen(item?: number): number {
    return this.seen.filter((event) => event.event === 'goodsFell' && (item ?? event.item) === event.item)
      .length
  }

  /** What buyers find in the tray. */
  get trayMinor(): number {
    return this.kiosk.worth('tray')
  }

  /** Physically taken in, and physically paid out, in minor units. */
  get takenMinor(): number {
    return this.#sum(
      (event) => event.event === 'coinInserted' && (event.went === 'tube' || event.went === 'cashBox'),
    )
  }

  get paidMinor(): number {
    return this.#sum(({ event }) => event === 'coinPaid')
  }

  /** Credited, and fished out again. */
  get fishedMinor(): number {
    return this.#sum(({ event }) => event === 'coinFished')
  }

  /** Goods that fell past the sensor. */
  get unseen(): number {
    return this.seen.filter(({ event }) => event === 'dropUnseen').length
  }

  #sum(counts: (event: KioskEvent) => boolean): number {
    return this.seen.reduce((sum, event) => {
      const valueMinor = 'valueMinor' in event && counts(event) ? event.valueMinor : 0
      return valueMinor === 'token' ? sum : sum + valueMinor
    }, 0)
  }

  #controller(open: (wire: Wire) => OpenSerialLine, clock: Clock, moment: () => void): ControllerHardware {
    const journal = new MemoryJournal(this.#disk)
    const wires = this.#wires
    return new ControllerHardware({
      openBus: open(wires.changer),
      openBoard: open(wires.board),
      wire: this.#bridge === 'raw' ? new BareBusWire() : new BoxWire(),
      journal: {
        get till() {
          return journal.till
        },
        keepTill: (till, events, at) => {
          moment()
          journal.keepTill(till, events, at)
          moment()
        },
      },
      clock,
      log: makeLog('test', { level: 'silent', write: () => {} }),
      retryMs: 1000,
      settings: {
        currency: 'EUR',
        language: 'en',
        prices,
        mostCreditMinor: 1000,
        creditReturnMs,
        limits: { ...defaultLimits, vendMs },
      },
    })
  }

  #guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
}

/** Timers of an ended process do nothing. */
function mortal(clock: Clock, isAlive: () => boolean): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, action) => clock.after(delayMs, () => isAlive() && action()),
  }
}
