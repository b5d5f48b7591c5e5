// A machine's own counters against what it reported: both only rise, so what is compared is how far each has
// come since the reading before. A sale that was under way while the machine was read may be on one side
// only: it is carried, and the next reading has to make up for it. Pure.
import type { Audit, Counters, Sold } from '@concilia/protocol/audit.ts'
import type { Compared, Comparison, Difference, KeptReading, Reported } from '../audit-reading.ts'

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
  const none = { since, reset: null, compared: [], left: [], standing }
  if (!counters) return { ...none, left: ['the file has no counters that can be trusted'] }
  const old = before?.audit.counters
  if (!before || !old) return none
  const reset = resetBetween(old, counters)
  if (reset !== undefined) return { ...none, reset }
  const work = new Work(sides, before, old, counters)
  work.compareReader()
  work.compareCash()
  work.compareProducts()
  const { compared, left } = work
  return { ...none, compared, left, standing: stillStanding(standing, compared) }
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

interface Slack {
  /** So many more may be counted than reported, to be made up for by the next reading. */
  readonly more: number
  readonly fewer: number
  /** So many more may be counted for good: nobody will ever report them. */
  readonly forGood: Sold
}

class Work {
  readonly compared: Compared[] = []
  readonly left: string[] = []
  readonly #sides: Sides
  readonly #before: KeptReading
  readonly #old: Counters
  readonly #now: Counters
  readonly #flight: { readonly more: number; readonly fewer: number }
  /** Why cash sales cannot be compared. */
  #cashLeft: string | undefined

  constructor(sides: Sides, before: KeptReading, old: Counters, now: Counters) {
    this.#sides = sides
    this.#before = before
    this.#old = old
    this.#now = now
    const { vendsMeanwhile } = sides.audit
    this.#flight = {
      more: vendsMeanwhile + sides.missingWords,
      fewer: vendsMeanwhile + sides.youngerWords,
    }
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
    const line = this.#before.comparison.compared.find((each) => each.subject === subject)
    const carried = line?.carried ?? nothing
    // Of a hundred products few are sold between two readings.
    const isStill = [counted, reported, carried].every(({ number, valueMinor }) => !number && !valueMinor)
    if (isStill && subject.startsWith('product ')) return
    const { verdict, rest } = judged(counted, reported, carried, slack)
    const unknown = slack.forGood.number
    this.compared.push({
      subject,
      counted,
      reported,
      unknown,
      verdict,
      carried: verdict === 'inFlight' ? rest : nothing,
    })
  }
}

/** Where a product's name is a number, it is that of the item. */
function itemOf(product: string): string | undefined {
  return /^0*(\d+)$/.exec(product)?.[1]
}

/** What is left between the two once everything that may be is taken off. */
function judged(counted: Difference, reported: Sold, carried: Difference, slack: Slack) {
  const all = added(less(counted, reported), carried)
  const forGood = Math.min(Math.max(all.number, 0), slack.forGood.number)
  const number = all.number - forGood
  // A value is judged where each of its sales is known.
  const value = forGood === 0 ? all.valueMinor : all.valueMinor - slack.forGood.valueMinor
  const valueIsKnown = forGood === 0 || (forGood === slack.forGood.number && slack.forGood.valueMinor > 0)
  const rest = { number, valueMinor: valueIsKnown ? value : 0 }
  const agrees = number === 0 && (!valueIsKnown || value === 0)
  if (agrees) return { verdict: 'agrees' as const, rest }
  const flies = number !== 0 && number <= slack.more && -number <= slack.fewer
  return { verdict: flies ? ('inFlight' as const) : ('differs' as const), rest }
}

function less(one: Difference, other: Difference): Sold {
  return { number: one.number - other.number, valueMinor: one.valueMinor - other.valueMinor }
}

function added(one: Difference, other: Difference): Sold {
  return { number: one.number + other.number, valueMinor: one.valueMinor + other.valueMinor }
}
