// Goods and money as they stood before a sale, and what has changed since: read from the machine's own
// counter, the server's books and the payment centre's, never from what the programs told each other.
import type { Facts } from './agreement.ts'
import { look, type Seen } from './at-machine.ts'
import { type BenchMachine, type Buyer, priceOf } from './buyers.ts'
import type { House } from './house.ts'

const operatorAccounts = ['unsettled', 'payable', 'sales', 'disputed'] as const

interface Standing {
  readonly machine: Seen
  readonly buyer: Facts['buyer']
  readonly operator: Facts['operator']
  readonly owedMinor: number
  readonly calls: Awaited<ReturnType<House['centre']['calls']>>
}

export class Baseline {
  readonly #house: House
  readonly #buyer: Buyer
  readonly #machine: BenchMachine
  readonly #item: number
  readonly #before: Standing

  private constructor(house: House, buyer: Buyer, machine: BenchMachine, item: number, before: Standing) {
    this.#house = house
    this.#buyer = buyer
    this.#machine = machine
    this.#item = item
    this.#before = before
  }

  static async take(house: House, buyer: Buyer, machine: BenchMachine, item: number): Promise<Baseline> {
    return new Baseline(house, buyer, machine, item, await standing(house, buyer, machine))
  }

  /** The sale's state is read first: what is read after it has ended can only be later, not earlier. */
  async factsNow(saleId: string): Promise<Facts> {
    const sale = await this.#house.serverStore.sale(saleId)
    const now = await standing(this.#house, this.#buyer, this.#machine)
    const before = this.#before
    const priceMinor = priceOf(this.#machine, this.#item)?.amountMinor ?? 0
    const inCoins = (now.machine.coinsMinor - before.machine.coinsMinor) / priceMinor
    const operator = operatorAccounts.map((name) => [name, now.operator[name] - before.operator[name]])
    return {
      priceMinor,
      dropped: fallen(now.machine, this.#item) - fallen(before.machine, this.#item) - inCoins,
      ending: sale?.state,
      buyer: {
        // Of whoever pays by a call, the purse is what calls have bought.
        balanceMinor:
          now.buyer.balanceMinor -
          before.buyer.balanceMinor +
          (now.calls.callersMinor - before.calls.callersMinor),
        heldMinor: now.buyer.heldMinor - before.buyer.heldMinor,
      },
      operator: Object.fromEntries(operator) as Facts['operator'], // the same four names
      revenueMinor: now.calls.revenueMinor - before.calls.revenueMinor,
      owedMinor: now.owedMinor - before.owedMinor,
      bookFaults: await this.#house.centre.faults(),
    }
  }
}

async function standing(house: House, buyer: Buyer, machine: BenchMachine): Promise<Standing> {
  const [view, account, operator, owedMinor, calls] = await Promise.all([
    look(house, machine),
    house.centre.account(buyer),
    house.centre.operatorBalances(),
    house.centre.owedMinor(),
    house.centre.calls(),
  ])
  return { machine: view, buyer: account, operator, owedMinor, calls }
}

function fallen({ dropped }: Seen, item: number): number {
  return dropped[item] ?? 0
}
