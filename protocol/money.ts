// Money as an integer number of minor units with its currency. No floating point number ever holds an amount.
// The decimal text of the wires (CAMARA's JSON numbers, the bridge's lines) is made and read here, exactly.
import { z } from 'zod'

/**
 * Minor digits of each currency we serve (ISO 4217) with its numeric code, which MDB writes as BCD `1xxx`.
 */
export const currencies = {
  EUR: { digits: 2, numeric: 978 },
  GBP: { digits: 2, numeric: 826 },
  CHF: { digits: 2, numeric: 756 },
  USD: { digits: 2, numeric: 840 },
  KES: { digits: 2, numeric: 404 },
  GHS: { digits: 2, numeric: 936 },
  NGN: { digits: 2, numeric: 566 },
  TZS: { digits: 2, numeric: 834 },
  UGX: { digits: 0, numeric: 800 },
  XOF: { digits: 0, numeric: 952 },
} as const

export type Currency = keyof typeof currencies

/** Largest amount of one sale in minor units: the sixteen-bit price of MDB times the largest scale factor. */
export const largestAmountMinor = 6_553_400

export const currencySchema = z.enum(Object.keys(currencies) as [Currency, ...Currency[]])
export const amountMinorSchema = z.int().min(1).max(largestAmountMinor)

export interface Money {
  readonly amountMinor: number
  readonly currency: Currency
}

/** `150 EUR` as `1.50`. */
export function decimalText(amountMinor: number, currency: Currency): string {
  const { digits } = currencies[currency]
  const sign = amountMinor < 0 ? '-' : ''
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0')
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** `1.50 EUR`, as buyers read it in a text. */
export function priceText({ amountMinor, currency }: Money): string {
  return `${decimalText(amountMinor, currency)} ${currency}`
}

/**
 * Reads `1.5`, `1.50` or `2` as minor units. Digits beyond the currency's own are refused unless they are
 * zeros, because rounding someone's money is never ours to do.
 * @returns undefined when the text is no amount of this currency
 */
export function amountMinorOf(text: string, currency: Currency): number | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text.trim())
  if (!match) return undefined
  const { digits } = currencies[currency]
  const fraction = match[3] ?? ''
  if (/[1-9]/.test(fraction.slice(digits))) return undefined
  const amount = Number(`${match[2]}${fraction.slice(0, digits).padEnd(digits, '0')}`)
  return match[1] && amount !== 0 ? -amount : amount
}
