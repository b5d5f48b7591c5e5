// The vend mechanism of a kiosk: keys, display, door, a motor for each selection, and the goods in front of
// them, counted where they fall. It keeps the rules that protocol/motor-board.ts sets for a board; what is
// written down outlives a loss of power, nothing else does.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import {
  type BoardCommand,
  readBoardCommand,
  type VendFate,
  type WritableBoardLine,
  writeBoardLine,
} from '@concilia/protocol/motor-board.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { BoardFaults } from './board-faults.ts'

export interface BoardSettings {
  readonly serial: string
  /** Goods in front of each motor, by selection. */
  readonly stock: Readonly<Record<number, number>>
  /** How long a motor turns. */
  readonly motorMs: number
}

/** What a bystander sees. */
export type BoardEvent =
  | { event: 'display'; text: string }
  /** Under a number of the host's. */
  | { event: 'motorStarted'; item: number; vend: number }
  | { event: 'motorTurned'; item: number }
  /** Goods fell; `dropped` is the counter after it. */
  | { event: 'goodsFell'; item: number; dropped: number }
  /** Goods fell past the drop sensor. */
  | { event: 'dropUnseen'; item: number }
  | { event: 'boardPowered'; on: boolean }
  | { event: 'door'; open: boolean }

export class MotorBoard {
  readonly settings: BoardSettings
  readonly faults = new BoardFaults()
  readonly #clock: Clock
  readonly #write: (text: string) => void
  readonly #see: (event: BoardEvent) => void
  readonly #stock: Map<number, number>
  readonly #dropped = new Map<number, number>()
  readonly #turns = new Map<number, number>()
  #splitter = new LineSplitter()
  #powered = true
  #doorOpen = false
  #blind = false
  #display = ''
  #turning: Timer | undefined
  // Written down where no power cut reaches.
  #boot = 1
  #last: { readonly vend: number; readonly fate: VendFate } | undefined

  /** @param write to the host */
  constructor(
    settings: BoardSettings,
    clock: Clock,
    write: (text: string) => void,
    see: (event: BoardEvent) => void,
  ) {
    this.settings = settings
    this.#clock = clock
    this.#write = write
    this.#see = see
    this.#stock = new Map(Object.entries(settings.stock).map(([item, count]) => [Number(item), count]))
  }

  /** Goods that fell, by selection: the physical truth. */
  get dropped(): ReadonlyMap<number, number> {
    return this.#dropped
  }

  get turns(): ReadonlyMap<number, number> {
    return this.#turns
  }

  get display(): string {
    return this.#display
  }

  get powered(): boolean {
    return this.#powered
  }

  get doorOpen(): boolean {
    return this.#doorOpen
  }

  // What people do.

  press(selection: number): void {
    this.#say({ type: 'key', selection })
  }

  setDoor(open: boolean): void {
    this.#doorOpen = open
    this.#see({ event: 'door', open })
    this.#sayState()
  }

  /** The drop sensor sees nothing any more, and the board notices; or it is clean again. */
  setBlind(blind: boolean): void {
    this.#blind = blind
    this.#sayState()
  }

  setStock(selection: number, count: number): void {
    this.#stock.set(selection, count)
    this.#sayState()
  }

  cutPower(): void {
    if (!this.#powered) return
    this.#powered = false
    this.#turning?.cancel()
    this.#turning = undefined
    this.#display = ''
    this.#see({ event: 'boardPowered', on: false })
  }

  restorePower(): void {
    if (this.#powered) return
    this.#powered = true
    this.#boot += 1
    this.#splitter = new LineSplitter()
    if (this.#last?.fate === 'turning') this.#last = { ...this.#last, fate: 'interrupted' }
    this.#see({ event: 'boardPowered', on: true })
    this.#introduce()
    this.#sayState()
  }

  // The line.

  receive(bytes: Uint8Array): void {
    if (!this.#powered) return
    for (const text of this.#splitter.push(bytes)) {
      if (!this.faults.takes('deaf')) this.#obey(readBoardCommand(text))
    }
  }

  #obey(command: BoardCommand) {
    switch (command.type) {
      case 'hello':
        return this.#introduce()
      case 'askState':
        return this.#sayState()
      case 'vend':
        return this.#sayFate(command.vend, this.#begin(command.vend, command.selection))
      case 'askVend':
        return this.#sayFate(command.vend, this.#ask(command.vend))
      case 'show':
        this.#display = command.text
        return this.#see({ event: 'display', text: command.text })
      case 'unreadable':
        return this.#say({ type: 'unread' })
    }
  }

  /** @returns what became of it, so far */
  #begin(vend: number, selection: number): VendFate {
    const kept = this.#kept(vend)
    if (kept) return kept
    if (this.#doorOpen) return this.#keep(vend, 'doorOpen')
    if (this.#soldOut(selection)) return this.#keep(vend, 'soldOut')
    this.#turning = this.#clock.after(this.settings.motorMs, () => this.#turned(vend, selection))
    this.#see({ event: 'motorStarted', item: selection, vend })
    return this.#keep(vend, 'turning')
  }

  #ask(vend: number): VendFate {
    return this.#kept(vend) ?? this.#keep(vend, 'never')
  }

  /** What is known of it without doing anything. While a motor turns its vend must not be forgotten. */
  #kept(vend: number): VendFate | undefined {
    if (vend === this.#last?.vend) return this.#last.fate
    if (vend < (this.#last?.vend ?? 0)) return 'old'
    return this.#turning ? 'busy' : undefined
  }

  #keep(vend: number, fate: VendFate): VendFate {
    this.#last = { vend, fate }
    return fate
  }

  #turned(vend: number, selection: number) {
    this.#turning = undefined
    count(this.#turns, selection)
    this.#see({ event: 'motorTurned', item: selection })
    const fate = this.#outcome(selection)
    if (fate === 'interrupted') return this.cutPower()
    this.#keep(vend, fate)
    if (!this.faults.takes('silent')) this.#sayFate(vend, fate)
    if (this.#soldOut(selection)) this.#sayState()
  }

  /** What happens in front of the motor, and what the board makes of it. */
  #outcome(selection: number): VendFate {
    if (this.faults.takes('motorJam')) return 'jam'
    if (this.faults.takes('notDropped')) return 'notDropped'
    if (this.faults.takes('homeLost')) return 'homeLost'
    if (this.faults.takes('powerCutInVend')) return 'interrupted'
    this.#fall(selection)
    if (this.faults.takes('powerCutAfterDrop')) return 'interrupted'
    if (this.faults.takes('dropUnseen')) {
      this.#see({ event: 'dropUnseen', item: selection })
      return 'notDropped'
    }
    return this.#blind ? 'sensorBlind' : 'dropped'
  }

  #fall(selection: number): void {
    this.#stock.set(selection, (this.#stock.get(selection) ?? 0) - 1)
    const dropped = count(this.#dropped, selection)
    this.#see({ event: 'goodsFell', item: selection, dropped })
  }

  #soldOut(selection: number): boolean {
    return (this.#stock.get(selection) ?? 0) <= 0
  }

  #introduce(): void {
    this.#say({ type: 'board', serial: this.settings.serial, boot: this.#boot, last: this.#last?.vend ?? 0 })
  }

  #sayState(): void {
    const soldOut = [...this.#stock.keys()].filter((selection) => this.#soldOut(selection))
    const door = this.#doorOpen ? 'open' : 'closed'
    this.#say({ type: 'state', door, sensor: this.#blind ? 'blind' : 'works', soldOut })
  }

  #sayFate(vend: number, fate: VendFate): void {
    this.#say({ type: 'vend', vend, fate })
  }

  #say(line: WritableBoardLine): void {
    if (!this.#powered || this.faults.takes('loseAnswer')) return
    const text = writeBoardLine(line)
    this.#write(`${this.faults.takes('garbled') ? `#${text.slice(1)}` : text}\r\n`)
  }
}

function count(counts: Map<number, number>, selection: number): number {
  const now = (counts.get(selection) ?? 0) + 1
  counts.set(selection, now)
  return now
}
