// Everything that happened on the bench since a scenario began, so that nothing is missed between two looks:
// whoever waits for something looks back first, then on.
import type { Buyer } from '@concilia/simulator/start/buyers.ts'
import type { Happening, Happenings } from '@concilia/simulator/start/happenings.ts'
import type { MachineEvent } from '@concilia/simulator/vending-machine.ts'

/** How long anything that should happen may take on a loaded machine (ms). */
export const patienceMs = 25_000

/** Who tells a step: `automaton`, `relation server`, `payment centre`. */
export type Teller = 'automaton' | 'relation server' | 'payment centre'

export class Watch {
  readonly #happenings: Happenings
  readonly #past: Happening[] = []
  /** Texts that were read already, so that each is read once. */
  readonly #read = new Set<Happening>()
  #scenario = 0

  constructor(happenings: Happenings) {
    this.#happenings = happenings
    happenings.listen((happening) => this.#past.push(happening))
  }

  /** What happened before is over; whoever still waits for a part of it waits in vain. */
  begin(): void {
    this.#scenario += 1
    this.#past.length = 0
    this.#read.clear()
  }

  /** The first happening since `begin` that `find` makes something of, past or to come. */
  async until<Found>(what: string, find: (happening: Happening) => Found | undefined): Promise<Found> {
    for (const happening of this.#past) {
      const found = find(happening)
      if (found !== undefined) return found
    }
    const scenario = this.#scenario
    const found = await this.#happenings
      .next(what, patienceMs, (happening) => (this.#scenario === scenario ? find(happening) : 'over'))
      .catch((cause: unknown) => {
        throw new Error(`${String(cause)}\nThis happened:\n${this.story}`, { cause })
      })
    if (this.#scenario !== scenario || found === 'over')
      throw new Error(`The scenario was over before: ${what}`)
    return found
  }

  /** @returns the sale that the step is told of, if it names one */
  async step(step: string, teller: Teller, saleId?: string): Promise<string> {
    return await this.until(`${step} of the ${teller}`, (happening) => {
      if (happening.kind !== 'step' || happening.step !== step) return undefined
      const isHis = happening.party.startsWith(teller)
      return isHis && (saleId ?? happening.saleId) === happening.saleId ? (happening.saleId ?? '') : undefined
    })
  }

  async machine(number: string, event: MachineEvent['event']): Promise<void> {
    await this.until(`machine ${number}: ${event}`, (happening) =>
      happening.kind === 'machine' && happening.machine === number && happening.event.event === event
        ? true
        : undefined,
    )
  }

  /** Part of a news line about a process. */
  async news(words: RegExp): Promise<void> {
    await this.until(`news like ${words}`, (happening) =>
      happening.kind === 'news' && words.test(happening.words) ? true : undefined,
    )
  }

  /** The oldest text like this that the buyer has not read yet; others stay unread. */
  async text(buyer: Buyer, words: RegExp): Promise<RegExpExecArray> {
    return await this.until(`a text like ${words} to the ${buyer.name} buyer`, (happening) => {
      const isHis = happening.kind === 'text' && happening.buyer.number === buyer.number
      if (!isHis || this.#read.has(happening)) return undefined
      const found = words.exec(happening.words) ?? undefined
      if (found) this.#read.add(happening)
      return found
    })
  }

  /** All texts to a buyer since `begin`. */
  texts(buyer: Buyer): string[] {
    return this.#past.flatMap((each) =>
      each.kind === 'text' && each.buyer.number === buyer.number ? [each.words] : [],
    )
  }

  /** For the words of a failure. */
  get story(): string {
    return this.#past.map(lineOf).join('\n')
  }

  /** Asks again whenever something happened, until it is so. */
  async untilTrue(what: string, ask: () => Promise<boolean>): Promise<void> {
    const until = performance.now() + patienceMs
    while (!(await ask())) {
      if (performance.now() > until) throw new Error(`It never came to this: ${what}\n${this.story}`)
      await this.anything()
    }
  }

  /** Resolves at the next happening of any kind, or after a quarter of a second: time to look again. */
  async anything(): Promise<void> {
    await this.#happenings.next('anything', 250, () => true).catch(() => {})
  }
}

function lineOf(happening: Happening): string {
  const at = new Date(happening.at).toISOString().slice(11, 23)
  switch (happening.kind) {
    case 'step':
      return [at, happening.step, happening.party, happening.words, happening.saleId?.slice(0, 8)].join(' ')
    case 'machine':
    case 'kiosk':
      return `${at} machine ${happening.machine} ${JSON.stringify(happening.event)}`
    case 'text':
      return `${at} ${happening.buyer.name} reads ${happening.words}`
    case 'act':
      return `${at} ${happening.party} ${happening.words}`
    case 'news':
      return `${at} ${happening.words}`
  }
}
