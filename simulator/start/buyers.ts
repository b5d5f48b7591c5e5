// Who buys on the bench: four subscribers with an account each, and what is painted on the machines. The
// numbers are of the range that Sweden keeps for films and books, so no real phone is ever meant.
import type { Money } from '@concilia/protocol/money.ts'

export interface Buyer {
  readonly name: string
  readonly number: string
  readonly says: string
  readonly account:
    | { readonly kind: 'prepaid'; readonly balance: string; readonly codeAbove?: string }
    | { readonly kind: 'postpaid'; readonly ceiling: string }
}

export const buyers = {
  rich: {
    name: 'rich',
    number: '+46701740605',
    says: 'prepaid, plenty on it',
    account: { kind: 'prepaid', balance: '1000.00' },
  },
  poor: {
    name: 'poor',
    number: '+46701740606',
    says: 'prepaid, hardly anything on it',
    account: { kind: 'prepaid', balance: '0.20' },
  },
  postpaid: {
    name: 'postpaid',
    number: '+46701740607',
    says: 'pays at the end of the month',
    account: { kind: 'postpaid', ceiling: '50.00' },
  },
  careful: {
    name: 'careful',
    number: '+46701740608',
    says: 'prepaid, wants a code for every purchase (ST12)',
    account: { kind: 'prepaid', balance: '100.00', codeAbove: '0' },
  },
} as const satisfies Record<string, Buyer>

export type BuyerName = keyof typeof buyers

export const currency = 'EUR'
export const shortCode = '36000'
export const ussdCode = '*123#'
/** The operator of both machines. */
export const operator = { id: 'snacks-and-co', name: 'Snacks & Co' } as const

/** What is called to pay an item of that price; a number for each price there is. */
export function voiceNumber(priceMinor: number): string {
  return `0899${String(priceMinor).padStart(6, '0')}`
}

export interface BenchMachine {
  /** Painted on it, and its name on the bench. */
  readonly number: string
  readonly automatonId: string
  /** Whether it asks for a vend by itself; otherwise a session is opened for each buyer. */
  readonly alwaysIdle: boolean
  /** Item to price in minor units. */
  readonly items: Readonly<Record<number, number>>
  /** It has no controller: the automaton drives its coin changer and its motor board. */
  readonly kiosk?: true
}

export const benchMachines = [
  { number: '4021', automatonId: 'automaton-4021', alwaysIdle: true, items: { 1: 150, 2: 200, 3: 85 } },
  { number: '4022', automatonId: 'automaton-4022', alwaysIdle: false, items: { 1: 120, 2: 350 } },
] as const satisfies readonly BenchMachine[]

/** Beside the others with `--kiosk`. */
export const benchKiosk = {
  number: '4023',
  automatonId: 'automaton-4023',
  alwaysIdle: true,
  items: { 1: 150, 2: 85 },
  kiosk: true,
} as const satisfies BenchMachine

export function priceOf(machine: BenchMachine, item: number): Money | undefined {
  const amountMinor = machine.items[item]
  return amountMinor === undefined ? undefined : { amountMinor, currency }
}
