// A coin changer and a motor board for the controller's tests, in messages instead of bytes: metal with a
// truth of its own that outlives the controller's process. Faults are set by the test and happen once.
import {
  type ChangerAnswer,
  type ChangerCommand,
  changerStatus,
} from '@concilia/protocol/mdb/coin-changer.ts'
import type { BoardLine, VendFate, WritableBoardCommand } from '@concilia/protocol/motor-board.ts'
import type { ChangerResult } from './controller-state.ts'

/** 5, 10, 20, 50 cents, 1 euro in tubes; 2 euros only in the box. */
export const valuesMinor = [5, 10, 20, 50, 100, 200]
const tubeSize = 60
const expansions: readonly string[] = ['expansionId', 'featureEnable', 'payout']

/**
 * Of a payout. `deaf`: the command is not heard. `lostAnswer`: it is carried out, and nobody hears so.
 * `jam`: the payout stops after its first coin. `resetInPayout`: likewise, by a loss of power. `blindTubes`:
 * the counts stand still while coins fall.
 */
export type ChangerFault = 'deaf' | 'lostAnswer' | 'jam' | 'resetInPayout' | 'blindTubes'

export class ScriptedChanger {
  readonly tubes = [10, 10, 10, 10, 10, 0]
  /** What the changer believes; differs only while a sensor is blind. */
  readonly counted = [...this.tubes]
  box = 0
  /** Minor units that lie in the tray. */
  tray = 0
  readonly level: 2 | 3
  readonly faults: ChangerFault[] = []
  silent = false
  /** Full tubes, one bit each. */
  full = 0
  currency = '1978'
  /** Coins of which it lost the memory before it told them. */
  untoldMinor = 0
  resets = 0
  speaksLevel3 = true
  /** Option bits, and what it says of itself with them. */
  options = 1
  diagnostics: readonly (readonly [number, number])[] = [[3, 0]]
  readonly byHand = { fill: [0], payout: [0] }
  accept = 0
  readonly dispensed: string[] = []
  #events: ChangerAnswer[] = [{ name: 'status', status: changerStatus.justReset }]
  /** Said, and not acknowledged. */
  #said: ChangerAnswer[] = []
  #busyPolls = 0
  #paid: number[] = []
  #paidSinceAsked = 0

  constructor(level: 2 | 3) {
    this.level = level
  }

  /** A buyer puts a coin in. @returns whether it was taken */
  insert(type: number): boolean {
    if (((this.accept >> type) & 1) === 0) {
      this.#events.push({ name: 'deposited', routing: 3, type, inTube: this.counted[type] ?? 0 })
      return false
    }
    const toTube = type < 5 && (this.tubes[type] ?? 0) < tubeSize
    if (toTube) this.#move(type, 1)
    else this.box += valuesMinor[type] ?? 0
    this.#events.push({ name: 'deposited', routing: toTube ? 1 : 0, type, inTube: this.counted[type] ?? 0 })
    return true
  }

  pullLever(): void {
    this.say({ name: 'status', status: changerStatus.escrowLever })
  }

  /** At one of the next polls. */
  say(message: ChangerAnswer): void {
    this.#events.push(message)
  }

  /** What it had to tell is gone. */
  restart(): void {
    for (const { name, ...event } of this.#events) {
      if (name === 'deposited' && 'type' in event && 'routing' in event && Number(event.routing) < 2) {
        this.untoldMinor += valuesMinor[Number(event.type)] ?? 0
      }
    }
    this.accept = 0
    this.#said = []
    this.#busyPolls = 0
    this.#paid = []
    this.#events = [{ name: 'status', status: changerStatus.justReset }]
    this.resets++
  }

  get inTubesMinor(): number {
    return this.tubes.reduce((sum, count, type) => sum + count * (valuesMinor[type] ?? 0), 0)
  }

  exchange(command: ChangerCommand): ChangerResult {
    // Whatever was not acknowledged until now is said again.
    this.#said = []
    const pays = command.name === 'dispense' || command.name === 'payout'
    if (this.silent || (pays && this.#takes('deaf'))) return 'silence'
    if (!this.speaksLevel3 && expansions.includes(command.name)) return 'silence'
    const lost = pays && this.#takes('lostAnswer')
    const result = this.#do(command)
    return lost ? 'silence' : result
  }

  acknowledge(): void {
    this.#events = this.#events.slice(this.#said.length)
    this.#said = []
  }

  #do(command: ChangerCommand): ChangerResult {
    switch (command.name) {
      case 'reset':
        this.restart()
        return 'ack'
      case 'poll':
        return this.#poll()
      case 'setup': {
        const credits = valuesMinor.map((value) => value / 5)
        const common = { currency: this.currency, scale: 5, decimals: 2, routing: 0x1f }
        return [{ name: 'setupData', level: this.level, ...common, credits }]
      }
      case 'expansionId': {
        const who = { maker: 'SIM', serial: '1', model: 'SCRIPT', version: '0100' }
        return [{ name: 'id', ...who, options: this.options }]
      }
      case 'tubeStatus':
        return [{ name: 'tubes', full: this.full, counts: this.counted }]
      case 'coinType':
        this.accept = command.accept
        return 'ack'
      case 'dispense':
        this.dispensed.push(`${command.coins.count} of ${command.coins.type}`)
        return this.#pay(Array.from({ length: command.coins.count }, () => command.coins.type))
      case 'payout':
        this.dispensed.push(`value ${command.value * 5}`)
        return this.#pay(this.#chosen(command.value * 5))
      case 'payoutValuePoll': {
        if (this.#busyPolls > 0) this.#busyPolls--
        const value = this.#paidSinceAsked / 5
        this.#paidSinceAsked = 0
        return this.#busyPolls === 0 && value === 0 ? 'ack' : [{ name: 'paidValue', value }]
      }
      case 'diagnosticStatus':
        return [{ name: 'diagnosticPairs', pairs: this.diagnostics }]
      case 'manualFill':
        return [{ name: 'coinCounts', counts: this.byHand.fill }]
      case 'manualPayout':
        return [{ name: 'coinCounts', counts: this.byHand.payout }]
      case 'payoutStatus':
        return [{ name: 'coinCounts', counts: this.#paid.length > 0 ? this.#paid : [0] }]
      default:
        return 'ack'
    }
  }

  #poll(): ChangerResult {
    if (this.#busyPolls > 0) {
      this.#busyPolls--
      return [{ name: 'status', status: changerStatus.payoutBusy }]
    }
    this.#said = this.#events.slice(0, 4)
    return this.#said.length === 0 ? 'ack' : this.#said
  }

  /** Largest coins first, as changers do. */
  #chosen(valueMinor: number): number[] {
    const coins: number[] = []
    let left = valueMinor
    for (const type of [4, 3, 2, 1, 0]) {
      const value = valuesMinor[type] ?? 0
      for (let count = this.tubes[type] ?? 0; count > 0 && left >= value; count--) {
        coins.push(type)
        left -= value
      }
    }
    return coins
  }

  #pay(types: readonly number[]): ChangerResult {
    const blind = this.#takes('blindTubes')
    const jam = this.#takes('jam')
    const reset = this.#takes('resetInPayout')
    this.#paid = []
    this.#busyPolls = 3
    for (const type of types.slice(0, jam || reset ? 1 : undefined)) {
      if ((this.tubes[type] ?? 0) === 0) break
      this.#move(type, -1, blind)
      const value = valuesMinor[type] ?? 0
      this.tray += value
      this.#paidSinceAsked += value
      this.#paid[type] = (this.#paid[type] ?? 0) + 1
    }
    this.#paid = Array.from(this.#paid, (count) => count ?? 0)
    if (jam) this.#events.push({ name: 'status', status: changerStatus.tubeJam })
    if (reset) this.restart()
    return 'ack'
  }

  #move(type: number, by: number, blind = false): void {
    this.tubes[type] = (this.tubes[type] ?? 0) + by
    if (!blind) this.counted[type] = (this.counted[type] ?? 0) + by
  }

  #takes(fault: ChangerFault): boolean {
    const at = this.faults.indexOf(fault)
    if (at >= 0) this.faults.splice(at, 1)
    return at >= 0
  }
}

/**
 * `lostCommand`, `lostLine`: on the line. `interrupted`: it restarts while the motor turns, after the drop.
 */
export type BoardFault = 'lostCommand' | 'lostLine' | 'notDropped' | 'jam' | 'interrupted'

export class ScriptedBoard {
  /** Items physically given out, by selection. */
  readonly dropped: number[] = []
  readonly faults: BoardFault[] = []
  soldOut: readonly number[] = []
  door: 'open' | 'closed' = 'closed'
  shown = ''
  last = 0
  serial = 'BOARD-1'
  #fate: VendFate = 'never'
  #boot = 1

  /** @returns what it says */
  take(command: WritableBoardCommand): BoardLine[] {
    if (this.#takes('lostCommand')) return []
    const said = this.#do(command)
    return this.#takes('lostLine') ? [] : said
  }

  #do(command: WritableBoardCommand): BoardLine[] {
    switch (command.type) {
      case 'hello':
        return [this.introduction]
      case 'askState':
        return [{ type: 'state', door: this.door, sensor: 'works', soldOut: this.soldOut }]
      case 'show':
        this.shown = command.text
        return []
      case 'vend':
        return this.#vend(command.vend, command.selection)
      case 'askVend':
        return [this.#asked(command.vend)]
    }
  }

  get introduction(): BoardLine {
    return { type: 'board', serial: this.serial, boot: this.#boot, last: this.last }
  }

  #vend(vend: number, selection: number): BoardLine[] {
    if (vend < this.last) return [{ type: 'vend', vend, fate: 'old' }]
    if (vend === this.last) return [{ type: 'vend', vend, fate: this.#fate }]
    this.last = vend
    if (this.soldOut.includes(selection)) this.#fate = 'soldOut'
    else if (this.#takes('jam')) this.#fate = 'jam'
    else if (this.#takes('notDropped')) this.#fate = 'notDropped'
    else {
      this.#fate = 'dropped'
      this.dropped.push(selection)
    }
    if (this.#takes('interrupted')) {
      this.#fate = 'interrupted'
      this.#boot++
      return [this.introduction]
    }
    return [
      { type: 'vend', vend, fate: 'turning' },
      { type: 'vend', vend, fate: this.#fate },
    ]
  }

  #asked(vend: number): BoardLine {
    if (vend < this.last) return { type: 'vend', vend, fate: 'old' }
    if (vend > this.last) {
      this.last = vend
      this.#fate = 'never'
    }
    return { type: 'vend', vend, fate: this.#fate }
  }

  #takes(fault: BoardFault): boolean {
    const at = this.faults.indexOf(fault)
    if (at >= 0) this.faults.splice(at, 1)
    return at >= 0
  }
}
