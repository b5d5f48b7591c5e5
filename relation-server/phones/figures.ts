// Amounts and times as buyers read them, in their language.
import { decimalText, type Money } from '@concilia/protocol/money.ts'
import type { Language } from './port.ts'

/** `1.50 EUR`; with a decimal comma in French. */
export function priceIn(language: Language, { amountMinor, currency }: Money): string {
  const amount = decimalText(amountMinor, currency)
  return `${language === 'fr' ? amount.replace('.', ',') : amount} ${currency}`
}

/** Rounded down, because nobody may be promised time that is not there: `3 min`, `90 s`. */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`
}
