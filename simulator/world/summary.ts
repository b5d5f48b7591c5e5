// What many worlds came to, for people: sales and their endings, the faults that struck, the checks made, and
// of each world that broke a rule, which one and how to see it again.
import type { Ran } from './crew.ts'
import type { Swarm } from './swarm.ts'

export class Summary {
  readonly #faults = new Map<string, number>()
  readonly #failures: string[] = []
  readonly #endings = { delivered: 0, notDelivered: 0, unknown: 0 }
  #worlds = 0
  #sales = 0
  #cashSales = 0
  #checks = 0

  add(ran: Ran): void {
    this.#worlds++
    if ('died' in ran) {
      this.#failures.push(`seed ${ran.seed} did not run to its end:\n${ran.died}\n  ${replay(ran.seed)}`)
      return
    }
    const { seed, sales, cashSales, endings, faults, breaches, checks } = ran.result
    this.#sales += sales
    this.#cashSales += cashSales
    this.#checks += checks
    this.#endings.delivered += endings.delivered
    this.#endings.notDelivered += endings.notDelivered
    this.#endings.unknown += endings.unknown
    for (const [kind, count] of Object.entries(faults)) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count)
    }
    if (breaches.length === 0) return
    const words = breaches.slice(0, 3).map(({ rule, words }) => `  rule ${rule}: ${words}`)
    this.#failures.push(`seed ${seed} broke a rule:\n${words.join('\n')}\n  ${replay(seed)}`)
  }

  get failed(): number {
    return this.#failures.length
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0
  }

  text(): string {
    const { delivered, notDelivered, unknown } = this.#endings
    const faults = [...this.#faults].sort(([one], [other]) => (one < other ? -1 : 1))
    return [
      ...this.#failures,
      `sales            ${this.#sales}`,
      `  delivered, paid      ${delivered}`,
      `  neither              ${notDelivered}`,
      `  unknown, closed once ${unknown}`,
      `sold for coins   ${this.#cashSales}`,
      `checks           ${this.#checks}`,
      'faults',
      ...faults.map(([kind, count]) => `  ${kind.padEnd(20)} ${count}`),
      this.hasFailed ? `${this.failed} of ${this.#worlds} worlds broke a rule` : 'no rule was broken',
    ].join('\n')
  }
}

function replay(seed: string): string {
  return `see it again: npm run simulate -- --seed ${seed}`
}

/** The mix that a seed has drawn, in a line or two. */
export function swarmText(swarm: Swarm): string {
  const { charge, servers, everyMs, behaviours, twists, weather, drift, kiosks, kioskFaults } = swarm
  const list = (names: Iterable<string>) => [...names].join(', ') || 'none'
  const wires = Object.entries(weather).map(([wire, { delayMs, lost, doubled }]) => {
    return `${wire} ${delayMs} ms, ${percent(lost)} lost, ${percent(doubled)} doubled`
  })
  return [
    `${charge}, ${servers} server${servers > 1 ? 's' : ''}, clocks within ${percent(drift)}`,
    `  faults      ${list(everyMs.keys())}`,
    `  machines    ${list(behaviours.keys())}`,
    ...(kiosks > 0 ? [`  kiosks      ${kiosks}: ${list(kioskFaults.keys())}`] : []),
    `  buyers      ${list(twists.keys())}`,
    `  wires       ${wires.join('; ')}`,
  ].join('\n')
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}
