// What a machine's display shows in place of its number where a buyer is to prove standing there: the number
// with three figures behind it that change every two minutes, worked out alike by automaton and server from a
// secret that only they know. It proves a place, never an account.
import { createHmac } from 'node:crypto'

export const presenceFigures = 3
export const presenceEveryMs = 120_000
/** A machine whose number is longer could not show figures behind it that a buyer may type. */
export const longestNumberWithPresence = 8 - presenceFigures

/** @param at server time (epoch ms), as both count it since the last admission */
export function presenceCode(secret: string, machineNumber: string, at: number): string {
  return `${machineNumber}${figuresOf(secret, Math.floor(at / presenceEveryMs))}`
}

/** When the next one is shown. */
export function nextPresenceAt(at: number): number {
  return (Math.floor(at / presenceEveryMs) + 1) * presenceEveryMs
}

/** A code lives on for the time it takes to type it; a clock may be ahead by as much. */
export function isPresent(secret: string, figures: string, at: number): boolean {
  const now = Math.floor(at / presenceEveryMs)
  return [now, now - 1, now + 1].some((stretch) => figuresOf(secret, stretch) === figures)
}

function figuresOf(secret: string, stretch: number): string {
  const bytes = createHmac('sha256', secret).update(`presence ${stretch}`).digest()
  return String(bytes.readUInt32BE() % 10 ** presenceFigures).padStart(presenceFigures, '0')
}
