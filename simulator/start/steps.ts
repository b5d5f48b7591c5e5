// What happens, a line each with time and party, as a person watches it. Steps have their number in front
// (those of the picture in ARCHITECTURE.md), told by the programs in their logs; what has none was seen from
// outside.
import { timeOfDay } from '@concilia/platform/log.ts'
import { priceText } from '@concilia/protocol/money.ts'
import type { KioskEvent } from '../kiosk/kiosk.ts'
import type { MachineEvent } from '../vending-machine.ts'
import { currency } from './buyers.ts'
import type { LogLine } from './child-program.ts'
import type { Happening } from './happenings.ts'
import { wrapped } from './wrapped.ts'

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

const colours = { step: '\x1b[36m', party: '\x1b[2m', bad: '\x1b[31m', good: '\x1b[32m' } as const

export type Paint = (colour: keyof typeof colours, text: string) => string

/** Colours for a terminal, none for a pipe, nor for somebody who wants none (no-color.org). */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  return stream.isTTY && !process.env.NO_COLOR
    ? (colour, text) => `${colours[colour]}${text}\x1b[0m`
    : (_, text) => text
}

/**
 * `12:00:01.234  ST4   automaton 4021    offer published`; undefined for what would only be noise.
 * @param columns of the terminal; undefined on a pipe
 */
export function happeningLine(happening: Happening, paint: Paint, columns?: number): string | undefined {
  const line = (step: string, party: string, words: string, colour?: 'bad') => {
    const text = wrapped(words, columns, wordsColumn)
    const front = `${paint('step', step.padEnd(5))} ${paint('party', party.padEnd(17))}`
    return `${timeOfDay(happening.at)}  ${front} ${colour ? paint(colour, text) : text}`
  }
  switch (happening.kind) {
    case 'step':
      return line(happening.step, happening.party, happening.words)
    case 'act':
      return line('', happening.party, happening.words)
    case 'text':
      return line('', `${happening.buyer.name} buyer`, `reads "${happening.words}"`)
    case 'news':
      return line('', 'bench', happening.words, 'bad')
    case 'machine': {
      const words = machineWords(happening.event)
      return words && line('', `machine ${happening.machine}`, words)
    }
    case 'kiosk': {
      const words = kioskWords(happening.event)
      return words && line('', `machine ${happening.machine}`, words)
    }
  }
}

/** Where the words begin: time, step and party stand in front. */
const wordsColumn = 38

/** What somebody beside the machine would notice. The countdown on its display is left out. */
function machineWords(event: MachineEvent): string | undefined {
  switch (event.event) {
    case 'dropped':
      return `item ${event.item} falls into the tray`
    case 'denied':
      return `does not sell item ${event.item} by phone`
    case 'cancelled':
      return `the buyer's choice of item ${event.item} is cancelled`
    case 'paidInCoins':
      return `item ${event.item} is paid in coins`
    case 'readerEnabled':
      return 'sells by phone'
    case 'readerDisabled':
      return 'sells for coins only'
    case 'sessionBegun':
      return 'session open: the buyer may choose'
    case 'standby':
    case 'asked':
    case 'approved':
      return undefined
    // Only what is said about a call's code.
    case 'display':
      return /code/i.test(event.text) ? `shows "${event.text}"` : undefined
  }
}

const coinWent = {
  tube: 'goes into its tube',
  cashBox: 'goes into the cash box',
  tray: 'comes back',
  stuck: 'is stuck',
}

/** What somebody beside a kiosk would notice. */
function kioskWords(event: KioskEvent): string | undefined {
  switch (event.event) {
    case 'coinInserted':
      return `a coin of ${coinText(event.valueMinor)} ${coinWent[event.went]}`
    case 'coinPaid':
      return `a coin of ${coinText(event.valueMinor)} is paid out`
    case 'goodsFell':
      return `item ${event.item} falls into the tray`
    case 'coinFished':
      return `a coin of ${coinText(event.valueMinor)} is fished out again`
    case 'door':
      return event.open ? 'the door is opened' : 'the door is closed'
    case 'changerPowered':
      return `the coin changer ${event.on ? 'has power again' : 'loses its power'}`
    case 'boardPowered':
      return `the motor board ${event.on ? 'has power again' : 'loses its power'}`
    case 'motorStarted':
    case 'motorTurned':
    case 'dropUnseen':
    case 'payoutOver':
    case 'display':
      return undefined
  }
}

function coinText(valueMinor: number | 'token'): string {
  return valueMinor === 'token' ? 'no value' : priceText({ amountMinor: valueMinor, currency })
}
