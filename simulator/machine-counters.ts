// What the vending machine's controller counts of what it really did, and its file of EVA-DTS. Everything is
// counted where the goods fall, so that the file's sums agree at every moment. It knows nothing of us: what
// a report of ours says is not counted here.
import { type Row, writeEvaDts } from '@concilia/protocol/eva-dts/write.ts'
import { type Currency, currencies } from '@concilia/protocol/money.ts'

export interface CountersSettings {
  readonly currency: Currency
  /** Item number to price in minor units. */
  readonly items: Readonly<Record<number, number>>
}

interface Count {
  number: number
  valueMinor: number
}

/** Coins that the changer keeps for change, the largest first, and how many its tubes hold. */
const tubeCoins = [
  { type: 3, units: 50 },
  { type: 1, units: 10 },
] as const
const tubeHolds = 60

export class MachineCounters {
  readonly #settings: CountersSettings
  readonly #sold: Readonly<Record<'phone' | 'coins', Map<number, Count>>> = {
    phone: new Map(),
    coins: new Map(),
  }
  /** Coins in each tube, by type. */
  readonly #tubes = new Map<number, number>()
  #toTubesMinor = 0
  #notDelivered = 0
  #readings = 0

  constructor(settings: CountersSettings) {
    this.#settings = settings
  }

  /** Goods fell. */
  dropped(item: number, by: 'phone' | 'coins'): void {
    const priceMinor = this.#settings.items[item] ?? 0
    const count = this.#sold[by].get(item) ?? { number: 0, valueMinor: 0 }
    this.#sold[by].set(item, { number: count.number + 1, valueMinor: count.valueMinor + priceMinor })
    if (by === 'coins') this.#takeCoins(priceMinor)
  }

  /** The motor turned and nothing fell. */
  failed(): void {
    this.#notDelivered++
  }

  /** What does not go into the tubes goes into the box. */
  #takeCoins(amountMinor: number): void {
    let left = amountMinor
    for (const { type, units } of tubeCoins) {
      const before = this.#tubes.get(type) ?? 0
      const taken = Math.min(Math.floor(left / units), tubeHolds - before)
      this.#tubes.set(type, before + taken)
      this.#toTubesMinor += taken * units
      left -= taken * units
    }
  }

  /** @param id ten characters: three of the maker, seven at will */
  file(id: string): string {
    this.#readings++
    return writeEvaDts(id, this.#rows())
  }

  #rows(): Row[] {
    const { currency, items } = this.#settings
    const { digits, numeric } = currencies[currency]
    const phone = total(this.#sold.phone)
    const coins = total(this.#sold.coins)
    const all = { number: phone.number + coins.number, valueMinor: phone.valueMinor + coins.valueMinor }
    const toBox = coins.valueMinor - this.#toTubesMinor
    return [
      ['ID1', 'SIM0000042', 'PHONEVEND-30', '0100', 'BENCH', '', 'A00042'],
      ['ID4', digits, 1000 + numeric, currency],
      ['CB1', 'VMC00001', 'SIMVMC', '0100'],
      ['VA1', ...valueFirst(all)],
      ['CA1', 'CHG0000007', 'SIMCHG', '0100'],
      ['CA2', ...valueFirst(coins)],
      ['CA3', ...twice(coins.valueMinor, toBox, this.#toTubesMinor, 0)],
      ['CA4', 0, 0, 0, 0],
      ['CA15', tubeCoins.reduce((sum, { type, units }) => sum + units * (this.#tubes.get(type) ?? 0), 0)],
      ...tubeCoins.map(({ type, units }): Row => ['CA17', type, units, this.#tubes.get(type) ?? 0, 0, 0]),
      ['DB1', 'PAY0000042', 'PHONEPAY', '0100'],
      ['DB2', ...valueFirst(phone)],
      ...Object.entries(items).flatMap(([item, price]) => this.#productRows(Number(item), price)),
      ['EA2', 'ELA', this.#notDelivered, this.#notDelivered, '', 0],
      ['EA3', this.#readings, '', '', '', '', '', '', '', this.#readings, 0],
    ]
  }

  #productRows(item: number, priceMinor: number): Row[] {
    const ways = [
      ['CA', this.#sold.coins.get(item)],
      ['DB', this.#sold.phone.get(item)],
    ] as const
    const counts = ways.map(([, count]) => count ?? { number: 0, valueMinor: 0 })
    const number = counts.reduce((sum, count) => sum + count.number, 0)
    const valueMinor = counts.reduce((sum, count) => sum + count.valueMinor, 0)
    return [
      ['PA1', item, priceMinor, `ITEM ${item}`],
      ['PA2', ...twice(number, valueMinor)],
      ...ways.map(
        ([device, count]): Row => [
          'PA7',
          item,
          device,
          0,
          priceMinor,
          ...twice(count?.number ?? 0, count?.valueMinor ?? 0),
        ],
      ),
    ]
  }
}

function total(counts: ReadonlyMap<number, Count>): Count {
  const all = [...counts.values()]
  return {
    number: all.reduce((sum, { number }) => sum + number, 0),
    valueMinor: all.reduce((sum, { valueMinor }) => sum + valueMinor, 0),
  }
}

const valueFirst = ({ number, valueMinor }: Count) => twice(valueMinor, number)

/** Since initialisation, and since the last reset: the machine is never reset. */
function twice(...values: number[]): number[] {
  return [...values, ...values]
}
