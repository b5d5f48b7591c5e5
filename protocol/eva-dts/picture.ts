// From the lines of an EVA-DTS file to our counters: the values since initialisation, in minor units. Only
// what the file says is there; what it does not say is left out, and what it says badly is remarked.
import { type Counters, mostEvents, mostProducts, type Sold } from '../audit.ts'
import { eventCodeSchema } from '../machine-state.ts'
import { type Currency, currencies } from '../money.ts'
import { type EvaDtsReading, findingText, isGrave, type Segment } from './read.ts'

export interface Picture {
  /** Absent when the file cannot be trusted, or has no count of paid vends. */
  readonly counters?: Counters
  readonly remarks: readonly string[]
}

const mostRemarks = 8

/** The tolerant reading of a file: what a real machine may do otherwise is remarked and made up for. */
export function pictureOf({ segments, findings }: EvaDtsReading): Picture {
  const said = findings.map((found) => findingText(found).slice(0, 120))
  // What stopped us comes first.
  const graveOnes = findings.filter(isGrave).map((found) => findingText(found).slice(0, 120))
  const remarks = [...new Set([...graveOnes, ...said])]
  if (graveOnes.length > 0) return { remarks: remarks.slice(0, mostRemarks) }
  const file = new Lines(segments)
  const paid = file.sold('VA1')
  if (!paid) return { remarks: ['no count of paid vends (VA1)', ...remarks].slice(0, mostRemarks) }
  return { counters: countersOf(file, paid), remarks: remarks.slice(0, mostRemarks) }
}

/** The lines by element, and amounts in minor units. */
class Lines {
  readonly segments: readonly Segment[]
  readonly currency: string
  readonly #powerOfTen: number

  constructor(segments: readonly Segment[]) {
    this.segments = segments
    const code = this.text('ID4', 2).toUpperCase()
    this.currency = /^[A-Z]{3}$/.test(code) ? code : ''
    const decimals = digits(this.text('ID4', 0)) ?? 2
    this.#powerOfTen = (currencies[this.currency as Currency]?.digits ?? decimals) - decimals
  }

  first(element: string): Segment | undefined {
    return this.segments.find((segment) => segment.element === element)
  }

  text(element: string, field: number): string {
    return this.first(element)?.fields[field] ?? ''
  }

  /** Value first, then number, as in VA1 and CA2. */
  sold(element: string): Sold | undefined {
    const segment = this.first(element)
    return segment && this.soldIn(segment, 0, 1)
  }

  soldIn({ fields }: Segment, valueAt: number, numberAt: number): Sold | undefined {
    const valueMinor = this.minor(fields[valueAt])
    const number = digits(fields[numberAt])
    return valueMinor === undefined || number === undefined ? undefined : { valueMinor, number }
  }

  /** Cut below the minor unit, where a machine counts finer than its currency. */
  minor(text: string | undefined): number | undefined {
    const amount = digits(text)
    if (amount === undefined) return undefined
    const scaled = Math.trunc(amount * 10 ** this.#powerOfTen)
    return Number.isSafeInteger(scaled) ? scaled : undefined
  }
}

/** An escape may hold any character; a name shall not work the terminal that it is read on. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 32)
}

function digits(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

function countersOf(file: Lines, paid: Sold): Counters {
  const word = (field: number) => shown(file.text('ID1', field))
  const test = file.sold('VA2')
  const free = file.sold('VA3')
  const cash = file.sold('CA2')
  const cashless1 = file.sold('DA2')
  const cashless2 = file.sold('DB2')
  const tokens = file.sold('TA2')
  const cashInMinor = file.minor(file.first('CA3')?.fields[4])
  const cashOutMinor = file.minor(file.first('CA4')?.fields[2])
  const tubesMinor = file.minor(file.first('CA15')?.fields[0])
  return {
    machine: { serial: word(0), model: word(1), asset: word(5) },
    currency: file.currency,
    paid,
    ...(test && { test }),
    ...(free && { free }),
    ...(cash && { cash }),
    ...(cashless1 && { cashless1 }),
    ...(cashless2 && { cashless2 }),
    ...(tokens && { tokens }),
    ...(cashInMinor !== undefined && { cashInMinor }),
    ...(cashOutMinor !== undefined && { cashOutMinor }),
    ...(tubesMinor !== undefined && { tubesMinor }),
    products: productsOf(file),
    events: eventsOf(file),
  }
}

type Product = Counters['products'][number]
const ways = { CA: 'cash', DA: 'cashless1', DB: 'cashless2' } as const

/** A PA2 is about the PA1 before it; a PA7 names its product, and counts without a PA2 too. */
function productsOf(file: Lines): Product[] {
  const products = new Map<string, Product>()
  let current = ''
  for (const segment of file.segments) {
    const { element, fields } = segment
    const named = shown(fields[0] ?? '')
    if (element === 'PA1') {
      current = named
      const priceMinor = file.minor(fields[1]) ?? 0
      // Listed twice, for two price lists: the first counts.
      if (named !== '' && !products.has(named)) {
        products.set(named, { product: named, priceMinor, number: 0, valueMinor: 0 })
      }
    } else if (element === 'PA2') {
      const product = products.get(current)
      const sold = file.soldIn(segment, 1, 0)
      if (product && sold) products.set(current, { ...product, ...sold })
    } else if (element === 'PA7') {
      const product = products.get(named)
      const way = ways[(fields[1] ?? '').toUpperCase() as keyof typeof ways]
      const sold = file.soldIn(segment, 5, 4)
      if (product && way && sold) products.set(named, { ...product, by: added(product.by, way, sold) })
    }
  }
  return [...products.values()].slice(0, mostProducts)
}

/** One line a price list: they add up. */
function added(by: Product['by'], way: (typeof ways)[keyof typeof ways], sold: Sold) {
  const before = by?.[way]
  const number = sold.number + (before?.number ?? 0)
  return { ...by, [way]: { number, valueMinor: sold.valueMinor + (before?.valueMinor ?? 0) } }
}

function eventsOf(file: Lines): Counters['events'] {
  return file.segments
    .filter(({ element }) => element === 'EA2')
    .flatMap(({ fields }) => {
      const code = (fields[0] ?? '').toUpperCase()
      if (!eventCodeSchema.safeParse(code).success) return []
      return [{ code, number: digits(fields[2]) ?? 0, active: fields[4] === '1' }]
    })
    .slice(0, mostEvents)
}
