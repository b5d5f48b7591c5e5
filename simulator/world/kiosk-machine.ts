// A kiosk of the simulated world: coin changer and motor board, each on a line of its own, and the automaton
// is their controller. What its coins and goods do is told as it is seen at the metal; for which means a
// motor turns the metal does not know, and is read in the automaton's journal at that moment.
import { BareBusWire, BoxWire } from '@concilia/automaton/controller/changer-wire.ts'
import { ControllerHardware } from '@concilia/automaton/controller/controller-hardware.ts'
import type { Hardware } from '@concilia/automaton/hardware/port.ts'
import type { Journal } from '@concilia/automaton/journal/port.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { BoardFault } from '../kiosk/board-faults.ts'
import { type ChangerFault, changerFaultWords } from '../kiosk/changer-faults.ts'
import { Kiosk, type KioskEvent, usualKiosk } from '../kiosk/kiosk.ts'
import { type KioskAct, perform } from '../kiosk/kiosk-acts.ts'
import type { Pressed } from '../vending-machine.ts'
import { Wire } from '../wire.ts'
import type { Observe, SeenCoin } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { items, lineOf, type SiteMachine, wireMs } from './site-machine.ts'
import type { Timeline } from './timeline.ts'

/** Coins that nobody does anything with are given back after this. */
const creditReturnMs = 20_000
const mostCreditMinor = 1_000
/** What a coin takes in the slot; and a hand from there to the keys. */
const slotMs = 200
const handMs = 600

export interface KioskSettings {
  readonly number: string
  readonly bridge: 'qibixx' | 'raw'
  readonly limits: Limits
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  /** The till as it stands on the automaton's disk. */
  readonly till: () => string | undefined
  readonly observe: Observe
  readonly hear: (event: KioskEvent) => void
  readonly automatonId: string
}

type Means = 'phone' | 'coins' | 'nobody'

export class KioskMachine implements SiteMachine {
  readonly #settings: KioskSettings
  readonly #parts: Parts
  readonly #wires: { readonly changer: Wire; readonly board: Wire }
  readonly #kiosk: Kiosk
  /** For whom the motor turns, or turned last. */
  #means: Means = 'nobody'
  #slotFreeAt = 0

  constructor(settings: KioskSettings, parts: Parts) {
    const { timeline, random } = parts
    this.#settings = settings
    this.#parts = parts
    this.#wires = {
      changer: new Wire(timeline, wireMs, (bytes) => this.#kiosk.receive('changer', bytes)),
      board: new Wire(timeline, wireMs, (bytes) => this.#kiosk.receive('board', bytes)),
    }
    const usual = usualKiosk('EUR', Object.keys(items).map(Number))
    const filling = random.stream('tubes')
    const coins = usual.changer.coins.map((kind) =>
      kind.tube ? { ...kind, tube: { ...kind.tube, holds: filling.between(0, 2 * kind.tube.holds) } } : kind,
    )
    const changer = { ...usual.changer, coins, level: filling.pick([2, 3] as const) }
    const board = { ...usual.board, serial: `SIM-${settings.number}` }
    this.#kiosk = new Kiosk(
      { ...usual, bridge: settings.bridge, changer, board },
      timeline,
      this.#wires,
      (event) => this.#see(event),
    )
  }

  /** Somebody opens it and counts. */
  count(): void {
    const amountMinor = this.#kiosk.worth('tube') + this.#kiosk.worth('cashBox')
    const { observe, automatonId } = this.#parts
    const acknowledges = this.#settings.bridge === 'raw'
    observe({ type: 'coinsCounted', automatonId, amountMinor, acknowledges })
  }

  press(item: number): Pressed {
    if (!this.#kiosk.board.powered) return 'noPhonePayment'
    this.#do({ act: 'press', item })
    return 'asked'
  }

  pushLever(): void {
    this.#do({ act: 'lever' })
  }

  insert(valueMinor: number): void {
    const { timeline } = this.#parts
    const now = timeline.monotonic()
    const at = Math.max(now, this.#slotFreeAt)
    this.#slotFreeAt = at + slotMs
    timeline.after(at - now, () => this.#do({ act: 'coin', valueMinor }))
  }

  /** The largest coins first, and the item's key. */
  payInCoins(item: number): void {
    const { timeline } = this.#parts
    let leftMinor = items[item] ?? 0
    for (const valueMinor of [200, 100, 50]) {
      for (; leftMinor >= valueMinor; leftMinor -= valueMinor) this.insert(valueMinor)
    }
    timeline.after(this.#slotFreeAt - timeline.monotonic() + handMs, () => void this.press(item))
  }

  /** Somebody has looked after it since the last buyer came. */
  behave(names: readonly (ChangerFault | BoardFault)[]): void {
    const { changer, board } = this.#kiosk
    this.#do({ act: 'mend' })
    changer.faults.clear()
    board.faults.clear()
    for (const name of names) {
      if (isOfChanger(name)) changer.faults.add(name)
      else board.faults.add(name)
    }
  }

  restartBox(): void {
    this.#do({ act: 'restartBridge' })
  }

  unplug(): void {
    for (const wire of Object.values(this.#wires)) wire.unplug()
  }

  plug(): void {
    for (const wire of Object.values(this.#wires)) wire.plug()
  }

  mend(): void {
    this.behave([])
  }

  hardwareFor(process: SimulatedProcess, journal: Journal, log: Log): Hardware {
    const { bridge, limits } = this.#settings
    return new ControllerHardware({
      openBus: lineOf(this.#wires.changer, process),
      openBoard: lineOf(this.#wires.board, process),
      wire: bridge === 'raw' ? new BareBusWire() : new BoxWire(),
      journal,
      clock: process,
      log,
      retryMs: limits.retryMs,
      settings: {
        currency: 'EUR',
        language: 'en',
        prices: new Map(Object.entries(items).map(([item, price]) => [Number(item), price])),
        mostCreditMinor,
        creditReturnMs,
        limits,
      },
    })
  }

  #do(act: KioskAct): void {
    perform(this.#kiosk, act)
  }

  #see(event: KioskEvent) {
    const { observe, hear, automatonId } = this.#parts
    if (event.event === 'display') return
    hear(event)
    const machine = (what: string, item: number) =>
      observe({ type: 'machine', automatonId, event: what, item, by: this.#means })
    const coin = (what: SeenCoin, valueMinor: number | 'token') =>
      observe({ type: 'coin', automatonId, what, amountMinor: Number(valueMinor) })
    switch (event.event) {
      case 'coinInserted':
        return coin(
          event.went === 'tube' || event.went === 'cashBox' ? 'taken' : event.went,
          event.valueMinor,
        )
      case 'coinFished':
        return coin('fished', event.valueMinor)
      case 'coinPaid':
        return coin('paid', event.valueMinor)
      case 'motorStarted':
        this.#means = meansOf(this.#parts.till(), event.vend)
        return machine('approved', event.item)
      case 'goodsFell':
        return machine('dropped', event.item)
    }
  }
}

function isOfChanger(name: ChangerFault | BoardFault): name is ChangerFault {
  return name in changerFaultWords
}

/** Who pays for a vend, as the journal has it. */
function meansOf(till: string | undefined, number: number): Means {
  const { vend } = JSON.parse(till ?? '{}')
  return vend?.number === number ? vend.means : 'nobody'
}
