// Which figure pays the price on a screen. Nothing that comes from a phone says which screen it answers, and
// an operator's centre brings a step again whose acknowledgement it missed: to another server, after a
// restart, with nothing in it that tells it from a new one. So the figure itself tells. It is one that no
// screen of this dialogue has offered for anything else and no step has said: whoever types it has read it,
// and with it the price (rule 14). Pure.
import type { DialogueRow } from './store/port.ts'

/** Longer than a centre takes to come back with a step, or a phone to answer a screen. */
export const mayComeAgainMs = 600_000
/** There is no line after it: from then on a price goes by text, with its code. */
export const lastFigure = 9

type Screen = Pick<DialogueRow, 'figure' | 'pricedCode'>

/**
 * @param screens what this dialogue's name has shown while it may come again
 * @returns the code of the price that the figure pays; null when it pays none
 */
export function pricePaidBy(figure: number, screens: readonly Screen[]): string | null {
  const offers = screens.filter((screen) => screen.pricedCode !== null && screen.figure === figure)
  const [code = null, ...others] = new Set(offers.map(({ pricedCode }) => pricedCode))
  // Two servers that were brought one beginning at once: which of their screens was read nobody knows.
  return others.length === 0 ? code : null
}

/** What is to be shown, in answer to what. */
export interface Asked {
  /** The same as for `pricePaidBy`, newest first. */
  readonly screens: readonly Screen[]
  /** The figure that was typed; 0: something else. */
  readonly typed: number
  /** The highest figure of a menu without a price; 0: there is none. */
  readonly offered: number
  /** Of the price. */
  readonly code: string | null
}

/** @returns `DialogueRow.figure`: where there is a price, what pays it */
export function nextFigure({ screens, typed, offered, code }: Asked): number {
  const spent = Math.max(typed, ...screens.map(({ figure }) => figure))
  if (code === null) return Math.max(spent, offered)
  const [last] = screens
  const isShownAgain = last?.pricedCode === code && last.figure === spent && typed !== spent
  return isShownAgain ? spent : spent + 1
}
