// A machine of the simulated world that has a controller of its own: the automaton is its cashless reader,
// behind a Qibixx box or on the raw bus.
import { BusHardware } from '@concilia/automaton/hardware/bus-hardware.ts'
import type { Hardware } from '@concilia/automaton/hardware/port.ts'
import { QibixxHardware } from '@concilia/automaton/hardware/qibixx-hardware.ts'
import type { Journal } from '@concilia/automaton/journal/port.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { BehaviourName } from '../behaviours.ts'
import { type MachineEvent, type Pressed, usualMachine, VendingMachine } from '../vending-machine.ts'
import { Wire } from '../wire.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { items, lineOf, type SiteMachine, wireMs } from './site-machine.ts'
import type { Timeline } from './timeline.ts'

/** As often as machines are advised to poll (MDB 4.2, 3): each has its own pace. */
const rawPollMs = [125, 200] as const

export interface ReaderSettings {
  readonly number: string
  readonly alwaysIdle: boolean
  /** What stands between machine and automaton. */
  readonly bridge: 'qibixx' | 'raw'
  readonly limits: Limits
}

export class ReaderMachine implements SiteMachine {
  readonly #settings: ReaderSettings
  readonly #wire: Wire
  readonly #machine: VendingMachine

  constructor(
    settings: ReaderSettings,
    timeline: Timeline,
    random: SeededRandom,
    see: (event: MachineEvent) => void,
  ) {
    this.#settings = settings
    this.#wire = new Wire(timeline, wireMs, (bytes) => this.#machine.box.receive(bytes))
    const { alwaysIdle, bridge, limits } = settings
    const machine = {
      ...usualMachine,
      currency: 'EUR' as const,
      items,
      alwaysIdle,
      bridge,
      pollMs: bridge === 'raw' ? random.stream('poll').between(...rawPollMs) : usualMachine.pollMs,
      slowMs: limits.vendMs + limits.marginMs + 10_000,
    }
    this.#machine = new VendingMachine(machine, timeline, this.#wire, see)
  }

  press(item: number): Pressed {
    return this.#machine.press(item)
  }

  pushLever(): void {
    this.#machine.pushLever()
  }

  payInCoins(item: number): void {
    this.#machine.payInCoins(item)
  }

  behave(names: readonly BehaviourName[]): void {
    this.#machine.behave(names)
  }

  restartBox(): void {
    this.#machine.box.restart()
  }

  unplug(): void {
    this.#wire.unplug()
  }

  plug(): void {
    this.#wire.plug()
  }

  mend(): void {
    this.#wire.plug()
    this.#machine.behave([])
  }

  hardwareFor(process: SimulatedProcess, _journal: Journal, log: Log): Hardware {
    const { alwaysIdle, bridge, limits, number } = this.#settings
    const reader = {
      openLine: lineOf(this.#wire, process),
      clock: process,
      limits,
      currency: 'EUR',
      mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle },
      log,
    } as const
    if (bridge === 'qibixx') return new QibixxHardware(reader)
    return new BusHardware({ ...reader, level: 3, serial: number })
  }
}
