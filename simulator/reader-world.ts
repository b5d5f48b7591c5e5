// A vending machine and an automaton's reader driver on one wire, in time that a test advances.
import type { HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import { QibixxHardware } from '@concilia/automaton/hardware/qibixx-hardware.ts'
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import type { BehaviourName } from './behaviours.ts'
import { type MachineEvent, type MachineSettings, usualMachine, VendingMachine } from './vending-machine.ts'
import { Wire } from './wire.ts'

const items = { 5: 150, 7: 200 }

/** Prices: item 5 costs 1.50, item 7 costs 2.00. */
export class ReaderWorld {
  readonly clock = new ManualClock()
  readonly wire = new Wire(this.clock, 5, (bytes) => this.machine.box.receive(bytes))
  readonly machine: VendingMachine
  readonly heard: HardwareEvent[] = []
  readonly seen: MachineEvent[] = []
  /** Called with each event, besides. */
  hear: (event: HardwareEvent) => void = () => {}
  hardware: QibixxHardware
  readonly #alwaysIdle: boolean
  #kill = () => {}

  constructor(behaviours: BehaviourName[] = [], settings: Partial<MachineSettings> = {}) {
    this.#alwaysIdle = settings.alwaysIdle ?? true
    const all = { ...usualMachine, currency: 'EUR' as const, items, ...settings }
    this.machine = new VendingMachine(all, this.clock, this.wire, (event) => this.seen.push(event))
    this.machine.behave(behaviours)
    this.hardware = this.startDriver(false)
  }

  /** The automaton's process ends without a word; nobody hears the box until the next one starts. */
  killDriver(): this {
    this.#kill()
    return this
  }

  /** A new process of the automaton. */
  startDriver(listening: boolean): QibixxHardware {
    this.#kill()
    let alive = true
    let line: SerialLine | undefined
    this.#kill = () => {
      alive = false
      void line?.close()
    }
    const mine = () => alive
    const { clock } = this
    this.hardware = new QibixxHardware({
      openLine: (events) => {
        line = this.wire.open(events)
        return line
      },
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        after: (delayMs, action) => clock.after(delayMs, () => mine() && action()),
      },
      limits: defaultLimits,
      currency: 'EUR',
      mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: this.#alwaysIdle },
      log: makeLog('test', { level: 'silent', write: () => {} }),
    })
    this.heard.length = 0
    this.hardware.start(listening, (event) => {
      if (!mine()) return
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
}
