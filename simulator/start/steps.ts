// The steps of a sale, a line each with time and party, as the programs tell them in their logs (`step`, `saleId`).
// The numbers are those of the picture in ARCHITECTURE.md.
import { timeOfDay } from '@concilia/platform/log.ts'
import type { LogLine } from './child-program.ts'

export interface Step {
  readonly at: number
  /** `ST4` */
  readonly step: string
  /** `automaton 4021` */
  readonly party: string
  readonly words: string
  readonly saleId?: string
}

/** @returns undefined for a line that tells no step */
export function stepOf(party: string, { step, time, msg, saleId }: LogLine): Step | undefined {
  if (typeof step !== 'string' || !/^ST\d{1,3}$/.test(step)) return undefined
  return { at: time, step, party, words: msg, ...(typeof saleId === 'string' && { saleId }) }
}

const colours = { step: '\x1b[36m', party: '\x1b[2m', bad: '\x1b[31m', good: '\x1b[32m', end: '\x1b[0m' }

export type Paint = (colour: Exclude<keyof typeof colours, 'end'>, text: string) => string

/** Colours for a terminal, none for a pipe. */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  return stream.isTTY ? (colour, text) => `${colours[colour]}${text}${colours.end}` : (_, text) => text
}

/** `12:00:01.234  ST4   automaton 4021    offer published` */
export function stepLine({ at, step, party, words }: Step, paint: Paint): string {
  return `${timeOfDay(at)}  ${paint('step', step.padEnd(5))} ${paint('party', party.padEnd(17))} ${words}`
}
