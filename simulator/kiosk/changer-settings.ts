// What a simulated coin changer is: its coins, tubes, level and options. What it does with them is in
// coin-changer.ts.
import { type Currency, currencies } from '@concilia/protocol/money.ts'

/** Bits of the identification (MDB 4.2, 5). */
export const changerOption = { alternativePayout: 1, extendedDiagnostics: 2, controlledManual: 4 } as const

export interface CoinKind {
  /** In minor units; a token has none. */
  readonly valueMinor: number | 'token'
  /** Coins of this type go into a tube, until it is full; without one into the cash box. */
  readonly tube?: { readonly holds: number; readonly capacity: number }
}

export interface ChangerSettings {
  readonly currency: Currency
  readonly level: 2 | 3
  /** Types in their order: by value, the smallest first. At most sixteen. */
  readonly coins: readonly CoinKind[]
  /** Minor units in one unit of the bus. */
  readonly scale: number
  /** What a changer of level 3 offers. */
  readonly options: number
  /** How long the payout of one coin takes. */
  readonly coinMs: number
  /** From the return of power, or a reset, until it answers. */
  readonly startMs: number
  /** After a reset its tubes are not to be asked for so long (MDB 4.2, 5). */
  readonly tubesReadyMs: number
  /** While it pays it says nothing, instead of that it is busy. Both are legal. */
  readonly silentPayout: boolean
}

const tube = (holds: number) => ({ holds, capacity: 60 })

/** 0.05 to 2.00, the largest without a tube; where a currency has no minor unit, 5 to 200. */
export function usualChanger(currency: Currency): ChangerSettings {
  return {
    currency,
    level: 3,
    coins: [
      { valueMinor: 5, tube: tube(40) },
      { valueMinor: 10, tube: tube(20) },
      { valueMinor: 20, tube: tube(10) },
      { valueMinor: 50, tube: tube(5) },
      { valueMinor: 100, tube: tube(2) },
      { valueMinor: 200 },
    ],
    scale: 5,
    options: changerOption.alternativePayout | changerOption.extendedDiagnostics,
    coinMs: 100,
    startMs: 100,
    tubesReadyMs: 500,
    silentPayout: false,
  }
}

/** One byte of SETUP for each type. */
export function creditsOf({ coins, scale }: ChangerSettings): number[] {
  return coins.map(({ valueMinor }) => (valueMinor === 'token' ? 0xff : valueMinor / scale))
}

/** The currency as SETUP says it: a leading 1, then its ISO 4217 number. */
export function currencyCode({ currency }: ChangerSettings): string {
  return `1${String(currencies[currency].numeric).padStart(3, '0')}`
}

export function decimalsOf({ currency }: ChangerSettings): number {
  return currencies[currency].digits
}

/** What the coins of each type are worth together, in minor units; tokens nothing. */
export function worthOf({ coins }: Pick<ChangerSettings, 'coins'>, counts: readonly number[]): number {
  return coins.reduce((sum, { valueMinor }, type) => {
    return valueMinor === 'token' ? sum : sum + valueMinor * (counts[type] ?? 0)
  }, 0)
}
