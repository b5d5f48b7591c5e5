// Where every coin of a kiosk is, by type: the physical truth, counted where coins lie and never from a
// message. No coin comes into being here or is lost; what the changer believes is in coin-changer.ts.

/**
 * `pocket`: the buyers' and technician's, who bring coins and take them away: below zero by what is in the
 * machine. `tray`: given back or paid out, there for the buyer. `stuck`: jammed on the way.
 */
export const coinPlaces = ['pocket', 'tube', 'cashBox', 'tray', 'stuck'] as const
export type CoinPlace = (typeof coinPlaces)[number]

export type CoinCounts = Readonly<Record<CoinPlace, readonly number[]>>

export class CoinPlaces {
  readonly #counts: Record<CoinPlace, number[]>

  /** @param types how many types of coin there are */
  constructor(types: number) {
    const none = () => Array.from({ length: types }, () => 0)
    this.#counts = { pocket: none(), tube: none(), cashBox: none(), tray: none(), stuck: none() }
  }

  get counts(): CoinCounts {
    return this.#counts
  }

  of(place: CoinPlace, type: number): number {
    return this.#counts[place][type] ?? 0
  }

  /** @returns whether that many were there; otherwise nothing moves */
  move(type: number, from: CoinPlace, to: CoinPlace, count = 1): boolean {
    const there = this.of(from, type)
    if (from !== 'pocket' && there < count) return false
    this.#counts[from][type] = there - count
    this.#counts[to][type] = this.of(to, type) + count
    return true
  }
}
