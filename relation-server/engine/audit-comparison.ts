// A machine's own counters against what it reported: both only rise, so what is compared is how far each has
// come since the reading before. A sale that was under way while the machine was read may be on one side
// only: it is carried, and the next reading has to make up for it. Pure.
import type { Audit, Counters, Sold } from '@concilia/protocol/audit.ts'
import type { Carried, Compared, Comparison, Difference, KeptReading, Reported } from '../audit-reading.ts'

export interface Sides {
  readonly before: KeptReading | undefined
  readonly audit: Audit
  readonly reported: Reported
  /** Cash sales that were reported since the reading before, by item. */
  readonly cash: ReadonlyMap<string, Sold>
  /** How many notices are known to be lost in that time; undefined when nobody can know. */
  readonly lostNotices: number | undefined
  /** Words of the machine that are older than the reading and not here yet, and younger ones that are. */
  readonly missingWords: number
  readonly youngerWords: number
}

const nothing: Sold = { number: 0, valueMinor: 0 }

export function compare(sides: Sides): Comparison {
  const { before, audit } = sides
  const { counters } = audit
  const since = before?.audit.counters ? before.audit.at : null
  const standing = before?.comparison.standing ?? []
  const flight = flightOf(sides)
  const none = { since, reset: null, compared: [], still: [], flight, left: [], standing }
  if (!counters) return { ...none, left: ['the file has no counters that can be trusted'] }
  const old = before?.audit.counters
  if (!before || !old) return none
  const reset = resetBetween(old, counters)
  if (reset !== undefined) return { ...none, reset }
  const work = new Work(sides, before, old, counters, flight)
  work.compareReader()
  work.compareCash()
  work.compareProducts()
  const { compared, still, left } = work
  return { ...none, compared, still, left, standing: stillStanding(standing, compared) }
}

/** What was sold while the machine was read, and words that are not where their numbers say. */
function flightOf({ audit: { vendsMeanwhile }, missingWords, youngerWords }: Sides): Flight {
  return { more: vendsMeanwhile + missingWords, fewer: vendsMeanwhile + youngerWords }
}

function stillStanding(before: readonly string[], compared: readonly Compared[]): string[] {
  const differs = compared.filter(({ verdict }) => verdict === 'differs').map(({ subject }) => subject)
  const agrees = compared
    .filter(({ verdict, counted }) => verdict === 'agrees' && counted.number > 0)
    .map(({ subject }) => subject)
  return [...new Set([...before.filter((subject) => !agrees.includes(subject)), ...differs])].sort()
}

/** @returns in words why the younger counters are not those of before, gone on */
function resetBetween(before: Counters, now: Counters): string | undefined {
  const [was, is] = [before.machine.serial, now.machine.serial]
  if (was !== '' && is !== '' && was !== is) return `another machine, or another board: ${is}, before ${was}`
  if (before.currency !== now.currency) return `it counts in ${now.currency}, before in ${before.currency}`
  const names = ['paid', 'cash', 'cashless1', 'cashless2', 'tokens'] as const
  const back = names.find((name) => isBack(before[name], now[name]))
  if (back === undefined) return undefined
  const [old, young] = [before[back]?.number, now[back]?.number]
  return `the counters began anew: ${back} was ${old} vends and is ${young}`
}

function isBack(before: Sold | undefined, now: Sold | undefined): boolean {
  return !!before && !!now && (now.number < before.number || now.valueMinor < before.valueMinor)
}

type Product = Counters['products'][number]

/** So many more, or fewer, may be counted than reported, to be made up for by the next reading. */
type Flight = Comparison['flight']

interface Slack extends Flight {
  /** So many more may be counted for good: nobody will ever report them. */
  readonly forGood: Sold
}

class Work {
  readonly compared: Compared[] = []
  readonly still: string[] = []
  readonly left: string[] = []
  readonly #sides: Sides
  readonly #before: KeptReading
  readonly #old: Counters
  readonly #now: Counters
  readonly #flight: Flight
  /** Why cash sales cannot be compared. */
  #cashLeft: string | undefined

  constructor(sides: Sides, before: KeptReading, old: Counters, now: Counters, flight: Flight) {
    this.#sides = sides
    this.#before = before
    this.#old = old
    this.#now = now
    this.#flight = flight
  }

  /** Our own cashless device. */
  compareReader(): void {
    const { audit, reported } = this.#sides
    const { reader } = audit
    for (const name of ['cashless1', 'cashless2', 'tokens'] as const) {
      const counted = this.#counted(name)
      if (name === reader && !counted) this.left.push(`${name}: the machine does not count it`)
      if (name === reader || !counted || counted.number === 0) continue
      this.left.push(`${name}: ${counted.number} vends that are not ours`)
    }
    const counted = reader && this.#counted(reader)
    if (!reader || !counted) return
    const delivered = less(reported.delivered, this.#before.reported.delivered)
    const unknown = less(reported.unknown, this.#before.reported.unknown)
    this.#compare(reader, counted, delivered, { ...this.#flight, forGood: unknown })
  }

  compareCash(): void {
    const { cash, lostNotices } = this.#sides
    const counted = this.#counted('cash')
    if (!counted) {
      this.#leaveCash('the machine does not count it')
      return
    }
    if (counted.number === 0 && cash.size === 0) return
    if (cash.size === 0) {
      this.#leaveCash(`${counted.number} vends; the machine reports no cash sales`)
      return
    }
    if (lostNotices === undefined) {
      this.#leaveCash('the automaton was started anew in between, and may have lost reports')
      return
    }
    const reported = [...cash.values()].reduce(added, nothing)
    const forGood = { number: lostNotices, valueMinor: 0 }
    this.#compare('cash', counted, reported, { ...this.#flight, forGood })
  }

  /** By what was paid with where the machine says so; otherwise only where all ways are known to us. */
  compareProducts(): void {
    const { items } = this.#sides.reported
    const { products } = this.#now
    if (products.length === 0) return
    if (products.every((product) => !this.#ours(product)) && !this.#allWaysKnown) {
      this.left.push('products: counted for all ways of payment together, not all of which are reported')
      return
    }
    for (const product of products) this.#compareProduct(product)
    const missing = Object.keys(items).filter((item) => !this.#hasProduct(item))
    if (missing.length === 0) return
    this.left.push(`items ${missing.slice(0, 8).join(', ')}: the machine has no product of this number`)
  }

  #compareProduct(product: Product): void {
    const { cash, lostNotices = 0 } = this.#sides
    const { items } = this.#sides.reported
    const old = this.#old.products.find((row) => row.product === product.product)
    const item = itemOf(product.product)
    if (!old || item === undefined) return
    const before = this.#before.reported.items[item]
    const now = items[item]
    const phone = less(now?.delivered ?? nothing, before?.delivered ?? nothing)
    const unknown = less(now?.unknown ?? nothing, before?.unknown ?? nothing)
    const subject = `product ${product.product}`
    const sold = this.#soldOf(product, old)
    if (!sold) return
    const lost = sold.withCash ? lostNotices : 0
    const reported = sold.withCash ? added(phone, cash.get(item) ?? nothing) : phone
    // The value of what was lost is not known.
    const forGood = { number: unknown.number + lost, valueMinor: lost === 0 ? unknown.valueMinor : 0 }
    this.#compare(subject, sold.counted, reported, { ...this.#flight, forGood })
  }

  /** What the machine counted of a product that must have been reported; by phone alone, or for cash too. */
  #soldOf(product: Product, old: Product): { counted: Difference; withCash: boolean } | undefined {
    const ours = this.#ours(product)
    const isCashKnown = this.#cashLeft === undefined
    if (!ours) return this.#allWaysKnown ? { counted: less(product, old), withCash: true } : undefined
    const phone = less(ours, this.#ours(old) ?? nothing)
    const coins = product.by?.cash
    if (!coins || !isCashKnown) return { counted: phone, withCash: false }
    return { counted: added(phone, less(coins, old.by?.cash ?? nothing)), withCash: true }
  }

  #ours({ by }: Product): Sold | undefined {
    const { reader } = this.#sides.audit
    return reader && by?.[reader]
  }

  get #allWaysKnown(): boolean {
    const others = (['cashless1', 'cashless2', 'tokens'] as const).filter(
      (name) => name !== this.#sides.audit.reader,
    )
    return this.#cashLeft === undefined && others.every((name) => !this.#counted(name)?.number)
  }

  #hasProduct(item: string): boolean {
    return this.#now.products.some(({ product }) => itemOf(product) === item)
  }

  #leaveCash(why: string): void {
    this.#cashLeft = why
    this.left.push(`cash: ${why}`)
  }

  #counted(name: 'cash' | 'cashless1' | 'cashless2' | 'tokens'): Difference | undefined {
    const now = this.#now[name]
    return now && less(now, this.#old[name] ?? nothing)
  }

  #compare(subject: string, counted: Difference, reported: Sold, slack: Slack): void {
    const carried = this.#carried(subject)
    // Of a hundred products few are sold between two readings.
    const isStill = [counted, reported].every(({ number, valueMinor }) => !number && !valueMinor)
    if (isStill && isExact(carried) && slack.forGood.number === 0 && subject.startsWith('product ')) {
      this.still.push(subject)
      return
    }
    const unknown = slack.forGood.number
    this.compared.push({ subject, counted, reported, unknown, ...judged(counted, reported, carried, slack) })
  }

  /** Of what was not compared then, nobody knows which side had what was in flight. */
  #carried(subject: string): Carried {
    const { compared, still, flight } = this.#before.comparison
    const line = compared.find((each) => each.subject === subject)
    if (line) return line.carried
    if (still.includes(subject) || (flight.more === 0 && flight.fewer === 0)) return nothingCarried
    return { least: -flight.fewer, most: flight.more, valueMinor: 0, valueIsKnown: false }
  }
}

const nothingCarried: Carried = { least: 0, most: 0, valueMinor: 0, valueIsKnown: true }
const isExact = ({ least, most }: Carried) => least === 0 && most === 0

/** Where a product's name is a number, it is that of the item. */
function itemOf(product: string): string | undefined {
  return /^0*(\d+)$/.exec(product)?.[1]
}

/** What may be in flight once all that can be is taken off; when nothing can explain it, it differs. */
function judged(counted: Difference, reported: Sold, before: Carried, { more, fewer, forGood }: Slack) {
  const rest = less(counted, reported)
  const least = Math.max(rest.number + before.least - forGood.number, -fewer)
  const most = Math.min(rest.number + before.most, more)
  if (least > most) return { verdict: 'differs' as const, carried: nothingCarried }
  const exact = least === 0 && most === 0
  const value = valueLeft(rest, before, forGood, exact)
  if (exact && value !== undefined && value !== 0) {
    return { verdict: 'differs' as const, carried: nothingCarried }
  }
  const verdict = least <= 0 && most >= 0 ? ('agrees' as const) : ('inFlight' as const)
  if (exact) return { verdict, carried: nothingCarried }
  return {
    verdict,
    carried: { least, most, valueMinor: value ?? 0, valueIsKnown: value !== undefined },
  }
}

/** @returns undefined where nobody knows the value of each sale */
function valueLeft(rest: Difference, before: Carried, forGood: Sold, exact: boolean): number | undefined {
  if (!before.valueIsKnown) return undefined
  const value = before.valueMinor + rest.valueMinor
  if (forGood.number === 0) return value
  // How many of them were counted is known only where nothing was in flight before or is now.
  if (!exact || !isExact(before)) return undefined
  if (rest.number === 0) return value
  if (rest.number < forGood.number || forGood.valueMinor === 0) return undefined
  return value - forGood.valueMinor
}

function less(one: Difference, other: Difference): Sold {
  return { number: one.number - other.number, valueMinor: one.valueMinor - other.valueMinor }
}

function added(one: Difference, other: Difference): Sold {
  return { number: one.number + other.number, valueMinor: one.valueMinor + other.valueMinor }
}
