// A kiosk: a vending machine without a controller of its own. A coin changer behind a bridge and a motor
// board, each on a serial line; the automaton is what makes a machine of them. What lies where and what fell
// is counted by these parts and by nobody else.
import type { Clock } from '@concilia/protocol/clock.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import type { HostLine } from '../vending-machine.ts'
import { ChangerOnBus } from './changer-on-bus.ts'
import { type ChangerSettings, usualChanger, worthOf } from './changer-settings.ts'
import { type ChangerEvent, CoinChanger } from './coin-changer.ts'
import type { CoinPlace } from './coin-places.ts'
import { MasterBox } from './master-box.ts'
import { type BoardEvent, type BoardSettings, MotorBoard } from './motor-board.ts'

export type KioskEvent = ChangerEvent | BoardEvent

export interface KioskSettings {
  readonly currency: Currency
  /** What the changer's line leads to: a Qibixx box, or the bare bus as pairs of bytes. */
  readonly bridge: 'qibixx' | 'raw'
  readonly changer: ChangerSettings
  readonly board: BoardSettings
}

/** The two parts with a line of their own. */
export type KioskPart = 'changer' | 'board'
export type KioskLines = Readonly<Record<KioskPart, HostLine>>

/** @param items the selections; of each there are twenty */
export function usualKiosk(currency: Currency, items: readonly number[]): KioskSettings {
  const stock = Object.fromEntries(items.map((item) => [item, 20]))
  return {
    currency,
    bridge: 'qibixx',
    changer: usualChanger(currency),
    board: { serial: 'SIM-1', stock, motorMs: 300 },
  }
}

export class Kiosk {
  readonly settings: KioskSettings
  readonly changer: CoinChanger
  readonly onBus: ChangerOnBus
  readonly board: MotorBoard
  readonly lines: KioskLines
  readonly #box: MasterBox | undefined
  #pairs = new PairSplitter()

  constructor(settings: KioskSettings, clock: Clock, lines: KioskLines, see: (event: KioskEvent) => void) {
    this.settings = settings
    this.lines = lines
    this.changer = new CoinChanger(settings.changer, clock, see)
    const { currency, bridge } = settings
    this.onBus = new ChangerOnBus(this.changer, clock, (bytes) =>
      this.#box ? this.#box.hear(bytes) : lines.changer.write(pairsText(bytes)),
    )
    this.#box =
      bridge === 'raw'
        ? undefined
        : new MasterBox({
            clock,
            currency,
            write: (text) => lines.changer.write(text),
            toBus: (bytes) => this.onBus.receive(bytes),
            busReset: () => this.changer.up && this.changer.reset(),
          })
    this.board = new MotorBoard(settings.board, clock, (text) => lines.board.write(text), see)
  }

  /** Bytes from the host on a part's line. */
  receive(part: KioskPart, bytes: Uint8Array): void {
    if (part === 'board') this.board.receive(bytes)
    else if (this.#box) this.#box.receive(bytes)
    else this.onBus.receive(this.#pairs.push(bytes).bytes)
  }

  /** The bridge loses its power for a moment. */
  restartBridge(): void {
    this.#box?.restart()
    this.#pairs = new PairSplitter()
    this.onBus.cut()
  }

  /** What the coins in a place are worth, in minor units. */
  worth(place: CoinPlace): number {
    return worthOf(this.settings.changer, this.changer.places.counts[place])
  }
}
