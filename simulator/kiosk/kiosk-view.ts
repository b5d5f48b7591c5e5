// What can be seen of a kiosk from outside, and only that: goods and coins where they lie.
import { coinPlaces } from './coin-places.ts'
import type { Kiosk } from './kiosk.ts'

type Place = 'tube' | 'cashBox' | 'tray' | 'stuck'

export interface KioskView {
  /** Goods that fell, by item. */
  readonly dropped: Readonly<Record<number, number>>
  /** How often each motor has turned, by item. */
  readonly turns: Readonly<Record<number, number>>
  readonly display: string
  readonly doorOpen: boolean
  readonly powered: { readonly changer: boolean; readonly board: boolean }
  /** Coins by their values in minor units, tokens last. */
  readonly coins: Readonly<Record<Place, Readonly<Record<string, number>>>>
  /** What they are worth. */
  readonly worthMinor: Readonly<Record<Place, number>>
}

export function viewOf(kiosk: Kiosk): KioskView {
  const { board, changer } = kiosk
  const places = coinPlaces.filter((place) => place !== 'pocket')
  const inPlace = <T>(of: (place: Place) => T) =>
    Object.fromEntries(places.map((place) => [place, of(place)])) as Record<Place, T>
  const coinsIn = (place: Place) =>
    Object.fromEntries(
      changer.settings.coins.map(({ valueMinor }, type) => [valueMinor, changer.places.of(place, type)]),
    )
  return {
    dropped: Object.fromEntries(board.dropped),
    turns: Object.fromEntries(board.turns),
    display: board.display,
    doorOpen: board.doorOpen,
    powered: { changer: changer.powered, board: board.powered },
    coins: inPlace(coinsIn),
    worthMinor: inPlace((place) => kiosk.worth(place)),
  }
}
