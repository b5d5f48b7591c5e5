// A coin changer as a thing of metal: acceptor, tubes, cash box, tray and lever, and what people do to it. It
// knows no bus: commands reach it through changer-commands.ts, and coin-payout.ts turns its motors. Coins
// are moved where they lie (coin-places.ts), so that what it believes can differ from what is there.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { changerStatus } from '@concilia/protocol/mdb/coin-changer.ts'
import { ChangerFaults, coinFaults } from './changer-faults.ts'
import { type ChangerMemory, freshMemory, type Report } from './changer-memory.ts'
import { type ChangerSettings, type CoinKind, changerOption } from './changer-settings.ts'
import { CoinPayout, type Paid, type PayoutEnd } from './coin-payout.ts'
import { CoinPlaces } from './coin-places.ts'

/** What a bystander sees. */
export type ChangerEvent =
  | { event: 'coinInserted'; valueMinor: CoinKind['valueMinor']; went: 'tube' | 'cashBox' | 'tray' | 'stuck' }
  /** Credited, and fished out again: it is in the tray. */
  | { event: 'coinFished'; valueMinor: CoinKind['valueMinor'] }
  | { event: 'coinPaid'; valueMinor: CoinKind['valueMinor'] }
  /** What the changer was paying has come to its end, or to an end. */
  | { event: 'payoutOver'; why: PayoutEnd }
  | { event: 'changerPowered'; on: boolean }

/** Where a coin went, as the changer reports it (MDB 4.2, 5). */
const routing = { cashBox: 0, tube: 1, rejected: 3 } as const

export class CoinChanger {
  readonly settings: ChangerSettings
  readonly places: CoinPlaces
  readonly faults = new ChangerFaults()
  readonly payout: CoinPayout
  memory: ChangerMemory
  acceptorJammed = false
  acceptorUnplugged = false
  /** What it believes to be in each tube; kept over a loss of power. */
  readonly #counted: number[]
  readonly #blindTubes = new Set<number>()
  readonly #clock: Clock
  readonly #see: (event: ChangerEvent) => void
  #powered = true
  #startedAt = 0
  #starting: Timer | undefined

  constructor(settings: ChangerSettings, clock: Clock, see: (event: ChangerEvent) => void) {
    this.settings = settings
    this.#clock = clock
    this.#see = see
    this.places = new CoinPlaces(settings.coins.length)
    this.#counted = settings.coins.map(({ tube }) => tube?.holds ?? 0)
    for (const [type, count] of this.#counted.entries()) this.places.move(type, 'pocket', 'tube', count)
    this.memory = freshMemory(settings.coins.length)
    this.payout = new CoinPayout(settings, clock, this.faults, {
      turn: (type, by) => this.#turn(type, by),
      over: (why) => this.#payoutOver(why),
    })
    this.reset()
  }

  get powered(): boolean {
    return this.#powered
  }

  /** It hears and answers. */
  get up(): boolean {
    return this.#powered && this.#starting === undefined
  }

  get tubesReady(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= this.settings.tubesReadyMs
  }

  get blindTubes(): ReadonlySet<number> {
    return this.#blindTubes
  }

  /** Coins in a tube as it believes and can say: one byte, and nothing of a tube whose sensor is blind. */
  shown(type: number): number {
    return this.#blindTubes.has(type) ? 0 : Math.min(255, this.#counted[type] ?? 0)
  }

  isFull(type: number): boolean {
    const { tube } = this.settings.coins[type] ?? {}
    return tube !== undefined && (this.#blindTubes.has(type) || (this.#counted[type] ?? 0) >= tube.capacity)
  }

  // What people do.

  /** A buyer's coin. */
  insert(type: number) {
    if (!this.#accepts(type)) {
      if (this.#recognises) this.#reportDeposit(type, routing.rejected)
      return this.#fall(type, 'tray')
    }
    switch (this.faults.takesOne(coinFaults)) {
      case 'noCredit':
        this.#reportStatus('noCredit')
        return this.#fall(type, 'tray')
      case 'doubleArrival':
        this.#reportStatus('doubleArrival')
        this.#fall(type, 'tray')
        return this.#fall(type, 'tray')
      case 'coinJam':
        this.acceptorJammed = true
        this.#reportStatus('coinJam')
        return this.#fall(type, 'stuck')
      case 'routingError':
        this.#reportStatus('routingError')
        return this.#deposit(type, 'cashBox')
      case 'coinRemoved':
        this.#reportDeposit(type, routing.cashBox)
        this.#reportStatus('creditedCoinRemoved')
        this.#see({ event: 'coinFished', valueMinor: this.#valueOf(type) })
        return this.#fall(type, 'tray')
      default:
        return this.#deposit(type, this.#hasRoom(type) ? 'tube' : 'cashBox')
    }
  }

  /** Something that is no coin; it comes out again at the bottom. */
  insertSlug(): void {
    if (this.#recognises) this.report({ name: 'slugs', count: 1 })
  }

  /** The coin return lever. */
  pushLever(): void {
    if (this.up) this.#reportStatus('escrowLever')
  }

  /** A technician's button: one coin out of a tube, where the machine allows it. */
  payByHand(type: number): boolean {
    const allowed = this.up && !this.payout.running && (this.memory.byHandAllowed & (1 << type)) !== 0
    if (!allowed || !this.places.move(type, 'tube', 'pocket')) return false
    this.miscount(type, -1)
    if (this.#controlled) add(this.memory.paidByHand, type, 1)
    else this.report({ name: 'dispensedByHand', count: 1, type, inTube: this.shown(type) })
    return true
  }

  /** Coins laid into a tube, with a word to the changer. */
  fillByHand(type: number, count: number): void {
    this.places.move(type, 'pocket', 'tube', count)
    this.miscount(type, count)
    if (this.#controlled) add(this.memory.filledByHand, type, count)
  }

  /** The changer believes that there are so many more, or fewer: what a sensor does that is off. */
  miscount(type: number, by: number): void {
    this.#counted[type] = Math.max(0, (this.#counted[type] ?? 0) + by)
  }

  /** The sensor of this tube works no more, and the changer notices. */
  blind(type: number): void {
    this.#blindTubes.add(type)
    this.#reportStatus('tubeSensorDefective')
  }

  /** A technician clears what is jammed, cleans the sensors, and takes along what was stuck. */
  mend(): void {
    this.acceptorJammed = false
    this.acceptorUnplugged = false
    this.payout.mend()
    this.#blindTubes.clear()
    for (const type of this.settings.coins.keys()) {
      this.places.move(type, 'stuck', 'pocket', this.places.of('stuck', type))
    }
  }

  cutPower(): void {
    if (!this.#powered) return
    this.#forget()
    this.#powered = false
    this.#see({ event: 'changerPowered', on: false })
  }

  restorePower(): void {
    if (this.#powered) return
    this.#powered = true
    this.#see({ event: 'changerPowered', on: true })
    this.restart()
  }

  // What the machine has it do, and what it does by itself.

  /** At the machine's word, or the bus's. */
  reset(): void {
    this.#forget()
    this.#startedAt = this.#clock.monotonic()
    this.#reportStatus('justReset')
  }

  /** Of its own: for a while it does not answer. */
  restart(): void {
    this.reset()
    this.#starting = this.#clock.after(this.settings.startMs, () => {
      this.#starting = undefined
    })
  }

  report(report: Report): void {
    if (this.#powered) this.memory.reports.push(report)
  }

  #reportStatus(status: keyof typeof changerStatus): void {
    this.report({ name: 'status', status: changerStatus[status] })
  }

  get #recognises(): boolean {
    return this.up && !this.acceptorUnplugged && !this.acceptorJammed
  }

  get #controlled(): boolean {
    return (this.memory.features & changerOption.controlledManual) !== 0
  }

  #accepts(type: number): boolean {
    return this.#recognises && !this.payout.running && (this.memory.accept & (1 << type)) !== 0
  }

  #hasRoom(type: number): boolean {
    const { tube } = this.settings.coins[type] ?? {}
    return tube !== undefined && !this.isFull(type) && this.places.of('tube', type) < tube.capacity
  }

  #deposit(type: number, where: 'tube' | 'cashBox'): void {
    if (where === 'tube') this.miscount(type, 1)
    this.#reportDeposit(type, routing[where])
    this.#fall(type, where)
  }

  #reportDeposit(type: number, routed: number): void {
    this.report({ name: 'deposited', routing: routed, type, inTube: this.shown(type) })
  }

  #fall(type: number, went: 'tube' | 'cashBox' | 'tray' | 'stuck'): void {
    this.places.move(type, 'pocket', went)
    this.#see({ event: 'coinInserted', valueMinor: this.#valueOf(type), went })
  }

  #valueOf(type: number): CoinKind['valueMinor'] {
    return this.settings.coins[type]?.valueMinor ?? 'token'
  }

  /** The motor of a tube turns. Whether a coin falls the changer does not see; it counts one. */
  #turn(type: number, { byValue, credit }: Paid): boolean {
    if ((this.#counted[type] ?? 0) === 0) return false
    this.miscount(type, -1)
    if (byValue) {
      this.memory.paidSince += credit
      add(this.memory.paidByValue, type, 1)
    }
    if (this.places.move(type, 'tube', 'tray'))
      this.#see({ event: 'coinPaid', valueMinor: this.#valueOf(type) })
    return true
  }

  #payoutOver(why: PayoutEnd): void {
    if (why === 'jam') this.#reportStatus('tubeJam')
    this.#see({ event: 'payoutOver', why })
    if (why === 'reset') this.restart()
    if (why === 'powerCut') this.cutPower()
  }

  #forget(): void {
    this.#starting?.cancel()
    this.#starting = undefined
    this.payout.stop()
    this.memory = freshMemory(this.settings.coins.length)
  }
}

function add(counts: number[], type: number, by: number): void {
  counts[type] = (counts[type] ?? 0) + by
}
