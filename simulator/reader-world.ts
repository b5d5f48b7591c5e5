// A vending machine and an automaton's reader driver on one wire, in time that a test advances; with a
// Qibixx box between them or on the raw bus.
import { BusHardware } from '@concilia/automaton/hardware/bus-hardware.ts'
import type { Hardware, HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import { QibixxHardware } from '@concilia/automaton/hardware/qibixx-hardware.ts'
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { makeLog } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import type { BehaviourName } from './behaviours.ts'
import { BusMaster } from './bus-master.ts'
import { QibixxBox } from './qibixx-box.ts'
import { type MachineEvent, type MachineSettings, usualMachine, VendingMachine } from './vending-machine.ts'
import { Wire } from './wire.ts'

export const bridges = ['qibixx', 'raw'] as const
export type BridgeName = (typeof bridges)[number]

const items = { 5: 150, 7: 200 }

/** Prices: item 5 costs 1.50, item 7 costs 2.00. */
export class ReaderWorld {
  readonly clock = new ManualClock()
  readonly wire = new Wire(this.clock, 5, (bytes) => this.machine.box.receive(bytes))
  readonly machine: VendingMachine
  readonly heard: HardwareEvent[] = []
  readonly seen: MachineEvent[] = []
  /** Longest way of a word between machine and sale: over the wire, and on the bus after a poll or two. */
  readonly hopMs: number
  /** Called with each event, besides. */
  hear: (event: HardwareEvent) => void = () => {}
  hardware: Hardware
  readonly #settings: MachineSettings
  readonly #level: 1 | 2 | 3
  #kill = () => {}

  /** @param level of our reader, on the raw bus */
  constructor(
    behaviours: BehaviourName[] = [],
    settings: Partial<MachineSettings> = {},
    level: 1 | 2 | 3 = 3,
  ) {
    this.#level = level
    this.#settings = { ...usualMachine, currency: 'EUR' as const, items, ...settings }
    this.hopMs = this.#settings.bridge === 'raw' ? 75 : 5
    this.machine = new VendingMachine(this.#settings, this.clock, this.wire, (event) => this.seen.push(event))
    this.machine.behave(behaviours)
    this.hardware = this.startDriver(false)
  }

  get qibixx(): QibixxBox {
    if (!(this.machine.box instanceof QibixxBox)) throw new Error('there is no box in this world')
    return this.machine.box
  }

  get bus(): BusMaster {
    if (!(this.machine.box instanceof BusMaster)) throw new Error('there is no raw bus in this world')
    return this.machine.box
  }

  /** The automaton's process ends without a word; nobody hears the bridge until the next one starts. */
  killDriver(): this {
    this.#kill()
    return this
  }

  /** A new process of the automaton. */
  startDriver(listening: boolean): Hardware {
    this.#kill()
    let alive = true
    let line: SerialLine | undefined
    this.#kill = () => {
      alive = false
      void line?.close()
    }
    const { clock } = this
    const mine: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, action) => clock.after(delayMs, () => alive && action()),
    }
    this.hardware = this.#driver(mine, (opened) => {
      line = opened
    })
    this.heard.length = 0
    this.hardware.start(listening, (event) => {
      if (!alive) return
      this.heard.push(event)
      this.hear(event)
    })
    return this.hardware
  }

  pass(ms: number): this {
    this.clock.advance(ms)
    return this
  }

  /** What was heard since the last time, as `type detail`. */
  said(): string[] {
    return this.heard.splice(0).map((event) => {
      if (event.type === 'vendRequested') return `vendRequested ${event.price.amountMinor} ${event.item}`
      if (event.type === 'vendConcluded') return `vendConcluded ${event.result} ${event.detail}`
      if (event.type === 'noticed') return `noticed ${event.what}`
      return 'why' in event ? `${event.type} ${event.why}` : event.type
    })
  }

  fallen(item = 5): number {
    return this.machine.dropped.get(item) ?? 0
  }

  #driver(clock: Clock, opened: (line: SerialLine) => void): Hardware {
    const { alwaysIdle, bridge } = this.#settings
    const parts = {
      openLine: (events: Parameters<Wire['open']>[0]) => {
        const line = this.wire.open(events)
        opened(line)
        return line
      },
      clock,
      limits: defaultLimits,
      currency: 'EUR',
      mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle },
      log: makeLog('test', { level: 'silent', write: () => {} }),
    } as const
    return bridge === 'raw'
      ? new BusHardware({ ...parts, level: this.#level, serial: '4021' })
      : new QibixxHardware(parts)
  }
}
