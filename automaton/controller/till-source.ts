// The till as a source of audit data: the machine that we control is read like any other, as a file of
// EVA-DTS, so that what becomes of a reading - kept, sent until it is stored, held against the reports - is
// the same.
import { type Row, writeEvaDts } from '@concilia/protocol/eva-dts/write.ts'
import { type Currency, currencies } from '@concilia/protocol/money.ts'
import type { AuditFile, AuditSource } from '../audit/port.ts'
import type { Counters, Sold } from './counters.ts'
import type { Till } from './till.ts'

export interface TillSourceParts {
  readonly till: () => Till
  readonly prices: () => ReadonlyMap<number, number>
  readonly currency: Currency
  readonly machineNumber: string
  readonly version: string
  /** Under which cashless device sales by phone are counted. */
  readonly reader: 'cashless1' | 'cashless2'
}

/** Three characters of the maker, seven at will. */
const fileId = 'CNC0000002'

export class TillSource implements AuditSource {
  readonly source = 'controller'
  readonly #parts: TillSourceParts

  constructor(parts: TillSourceParts) {
    this.#parts = parts
  }

  async read(): Promise<AuditFile> {
    const text = writeEvaDts(fileId, rowsOf(this.#parts.till(), this.#parts))
    return { ok: true, text, from: 'our own till' }
  }

  async stop(): Promise<void> {}
}

function rowsOf(till: Till, { currency, machineNumber, version, ...parts }: TillSourceParts): Row[] {
  const { counters } = till
  const { digits, numeric } = currencies[currency]
  const { coins, phone } = counters
  const device = parts.reader === 'cashless1' ? 'DA' : 'DB'
  return [
    ['ID1', machineNumber, 'CONCILIA', version.slice(0, 12), '', '', machineNumber],
    ['ID4', digits, 1000 + numeric, currency],
    ['VA1', ...valueFirst(added(coins, phone))],
    ['CA2', ...valueFirst(coins)],
    ...moneyRows(till),
    [`${device}2`, ...valueFirst(phone)],
    ...productRows(counters, parts.prices(), device),
    ...Object.entries(counters.events).map(
      ([code, { number, active }]): Row => ['EA2', code, number, number, '', active ? 1 : 0],
    ),
  ]
}

/** CA8 (overpay): buyers' money that was neither spent nor certainly given back. */
function moneyRows({ counters, tubes, worth }: Till): Row[] {
  const { inTubesMinor, inBoxMinor, paidOutMinor, byHandMinor, filledMinor, inDoubtMinor, owedMinor } =
    counters
  const held = tubes.map((count, type) => ({ type, count, valueMinor: worth[type] ?? 0 }))
  const known = held.filter(({ valueMinor }) => valueMinor > 0)
  return [
    ['CA3', ...twice(inTubesMinor + inBoxMinor, inBoxMinor, inTubesMinor, 0)],
    ['CA4', ...twice(paidOutMinor + byHandMinor, byHandMinor)],
    ['CA8', ...twice(inDoubtMinor + owedMinor)],
    ['CA10', ...twice(filledMinor)],
    ['CA15', known.reduce((sum, { count, valueMinor }) => sum + count * valueMinor, 0)],
    ...known.map(({ type, count, valueMinor }): Row => ['CA17', type, valueMinor, count]),
  ]
}

/** What is for sale, and what was once. */
function productRows({ products }: Counters, prices: ReadonlyMap<number, number>, device: string): Row[] {
  const selections = new Set([...prices.keys(), ...Object.keys(products).map(Number)])
  return [...selections]
    .sort((one, other) => one - other)
    .flatMap((selection): Row[] => {
      const { coins, phone } = products[selection] ?? { coins: none, phone: none }
      const { number, valueMinor } = added(coins, phone)
      const price = prices.get(selection) ?? 0
      return [
        ['PA1', selection, price],
        ['PA2', ...twice(number, valueMinor)],
        ['PA7', selection, 'CA', 0, price, ...twice(coins.number, coins.valueMinor)],
        ['PA7', selection, device, 0, price, ...twice(phone.number, phone.valueMinor)],
      ]
    })
}

const none: Sold = { number: 0, valueMinor: 0 }

function added(one: Sold, other: Sold): Sold {
  return { number: one.number + other.number, valueMinor: one.valueMinor + other.valueMinor }
}

const valueFirst = ({ number, valueMinor }: Sold) => twice(valueMinor, number)

/** Since initialisation, and since the last reset: the till is never reset. */
function twice(...values: number[]): number[] {
  return [...values, ...values]
}
