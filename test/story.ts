// One scenario on the bench: what buyers do and read, and how it must end. The end is asked of the three
// parties separately and compared: the goods that fell, the server's sales, the centre's books.

import { isDeepStrictEqual } from 'node:util'
import { canSell } from '@concilia/protocol/machine-state.ts'
import type { SaleRow } from '@concilia/relation-server/store/port.ts'
import type { BehaviourName } from '@concilia/simulator/behaviours.ts'
import type { Shown } from '@concilia/simulator/phone-gateway.ts'
import { placeCall } from '@concilia/simulator/start/buyer-in-a-call.ts'
import { type Buyer, benchMachines, voiceNumber } from '@concilia/simulator/start/buyers.ts'
import { expect } from 'vitest'
import type { Bench } from './bench.ts'
import { type Moved, moved, type Standing, standingNow, sumOf } from './standing.ts'
import type { Watch } from './watch.ts'

/** Where a sale may end (relation-server/sale-chart.ts). */
export type Ending = 'settled' | 'refused' | 'withdrawn' | 'expired' | 'recredited' | 'unknownClosed' | 'owed'

export interface End {
  /** Of the scenario's sales, in the order in which they began. */
  readonly sales: readonly Ending[]
  /** Who paid, by name, in minor units; nobody when left out. */
  readonly paid?: Readonly<Record<string, number>>
  /** The operator's share, where it is not what accounts have paid. */
  readonly payable?: number
  /** Goods that fell, for coins as well; as many as sales were settled when left out. */
  readonly dropped?: number
}

/** How long a scenario may take to come to rest (ms). */
const settleMs = 45_000

export class Story {
  readonly #bench: Bench
  readonly #before: Standing
  readonly #salesBefore: ReadonlySet<string>
  #over = false

  private constructor(bench: Bench, before: Standing, sales: readonly SaleRow[]) {
    this.#bench = bench
    this.#before = before
    this.#salesBefore = new Set(sales.map(({ saleId }) => saleId))
  }

  static async begin(bench: Bench): Promise<Story> {
    const { house, watch } = bench
    const { simulator } = house
    for (const { number } of benchMachines) {
      await simulator.call('behave', { machine: number, behaviours: [] })
      await watch.untilTrue(`machine ${number} sells by phone`, async () => {
        const { enabled, plugged } = await simulator.call('look', { machine: number })
        // What it says of itself reaches the server a moment later.
        const known = (await house.serverStore.machines()).find((row) => row.machineNumber === number)
        return enabled && plugged && canSell(known?.hardware)
      })
    }
    const sales = await house.serverStore.recentSales(1000)
    const before = await standingNow(simulator, bench.books)
    watch.begin()
    return new Story(bench, before, sales)
  }

  /** It came to its end, and everybody agreed. */
  get over(): boolean {
    return this.#over
  }

  get watch(): Watch {
    return this.#bench.watch
  }

  /** Presses the button until the server has the machine's offer. @returns the sale */
  async choose(number: string, item: number): Promise<string> {
    const saleId = await this.press(number, item)
    await this.watch.step('ST5', 'automaton', saleId)
    return saleId
  }

  /** Until the machine makes its offer: one whose link is not up yet denies, and the buyer tries again. */
  async press(number: string, item: number): Promise<string> {
    const { house, watch } = this.#bench
    let saleId: string | undefined
    const stop = house.happenings.listen((each) => {
      const isOffer = each.kind === 'step' && each.step === 'ST4' && each.party === `automaton ${number}`
      if (isOffer) saleId ??= each.saleId
    })
    try {
      await watch.untilTrue(`an offer of machine ${number}`, async () => {
        if (saleId === undefined) await house.simulator.call('press', { machine: number, item })
        if (saleId === undefined) await watch.anything()
        return saleId !== undefined
      })
    } finally {
      stop()
    }
    return saleId ?? ''
  }

  async behave(machine: string, ...behaviours: BehaviourName[]): Promise<void> {
    await this.#bench.house.simulator.call('behave', { machine, behaviours })
  }

  /** Resolves once the server has taken it. */
  async texts({ number }: Buyer, words: string): Promise<void> {
    await this.#bench.house.simulator.call('text', { number, words })
  }

  async dials({ number }: Buyer, code: string): Promise<Shown> {
    return await this.#bench.house.simulator.call('dial', { number, code })
  }

  async types({ number }: Buyer, words: string): Promise<Shown> {
    return await this.#bench.house.simulator.call('type', { number, words })
  }

  /** A whole call. @returns the code that was read out */
  async calls(number: string, priceMinor: number): Promise<string> {
    const machine = benchMachines.find((each) => each.number === number) ?? benchMachines[0]
    const { code = '' } = await placeCall(this.#bench.house, machine, voiceNumber(priceMinor))
    return code
  }

  /** On the keypad. */
  async keys(machine: string, keys: string): Promise<void> {
    await this.#bench.house.simulator.call('keys', { machine, keys })
  }

  async reads(buyer: Buyer, words: RegExp): Promise<void> {
    await this.watch.text(buyer, words)
  }

  /** @returns the code that says yes */
  async readsPrice(buyer: Buyer): Promise<string> {
    const [, code = ''] = await this.watch.text(buyer, /\bYES (\d{4,8})\b/)
    return code
  }

  /** Texts the machine number, reads the price and says yes. */
  async pays(buyer: Buyer, number: string): Promise<void> {
    await this.texts(buyer, `PAY ${number}`)
    await this.texts(buyer, `YES ${await this.readsPrice(buyer)}`)
  }

  /** Waits until all is quiet and exactly so. */
  async ends({ sales, paid = {}, payable = sumOf(Object.values(paid)), dropped }: End): Promise<void> {
    const settled = sales.filter((ending) => ending === 'settled').length
    await this.#rests((ended, change) => {
      const expected: Moved & { sales: readonly string[] } = {
        sales,
        dropped: dropped ?? settled,
        paid,
        heldMinor: 0,
        operator: { payable, unsettled: 0, disputedAndSales: 0 },
        faults: [],
      }
      return { is: { sales: ended.map(({ state }) => state), ...change }, expected }
    })
  }

  /** Waits until all is quiet in one of the ways that rule 2 allows. @returns the endings */
  async endsInAgreement(payer: Buyer, ...allowed: readonly Ending[]): Promise<string[]> {
    let endings: string[] = []
    await this.#rests((ended, change) => {
      endings = ended.map(({ state }) => state)
      const settled = ended.filter(({ state }) => state === 'settled')
      const paidMinor = sumOf(settled.map(({ amountMinor }) => amountMinor))
      const unknown = ended.filter(({ state }) => state === 'unknownClosed').length
      const isDropOpen = change.dropped >= settled.length && change.dropped <= settled.length + unknown
      const expected = {
        allowed: true,
        dropped: isDropOpen ? change.dropped : settled.length,
        paid: paidMinor === 0 ? {} : { [payer.name]: paidMinor },
        heldMinor: 0,
        operator: { payable: paidMinor, unsettled: 0, disputedAndSales: 0 },
        faults: [],
      }
      const isAllowed = endings.length > 0 && endings.every((each) => allowed.some((one) => one === each))
      return { is: { allowed: isAllowed || endings, ...change }, expected }
    })
    return endings
  }

  /** The scenario's own sales, oldest first. */
  async sales(): Promise<SaleRow[]> {
    const all = await this.#bench.house.serverStore.recentSales(1000)
    return all.filter(({ saleId }) => !this.#salesBefore.has(saleId)).reverse()
  }

  async #rests(
    compare: (ended: readonly SaleRow[], change: Moved) => { is: object; expected: object },
  ): Promise<void> {
    const { house, books, accounts, watch } = this.#bench
    const until = performance.now() + settleMs
    for (;;) {
      const sales = await this.sales()
      const now = await standingNow(house.simulator, books)
      const { is, expected } = compare(sales, moved(this.#before, now, accounts))
      const isQuiet = sales.every(({ open }) => !open)
      if (isQuiet && isDeepStrictEqual(is, expected)) break
      if (performance.now() > until) {
        expect(is, watch.story).toEqual(expected)
        throw new Error(`sales are still open: ${sales.map(({ state }) => state).join(', ')}\n${watch.story}`)
      }
      await watch.anything()
    }
    this.#over = true
  }
}
