// One whole sale for coins at a kiosk, without a person: coins in, key, goods and change out, and the
// operator is told. Then coins, goods and what the server was told must agree, and the ledger must not have
// moved.
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Verdict } from './agreement.ts'
import { look, patienceMs, pause, payInCoins, type Seen } from './at-machine.ts'
import { type BenchMachine, priceOf } from './buyers.ts'
import type { House } from './house.ts'

/** Longest wait for coins, goods and server to agree (ms). */
const settleMs = 30_000

export async function playCashSale(house: House, machine: BenchMachine, item: number): Promise<Verdict> {
  const before = await standing(house, machine)
  const ledger = JSON.stringify(await house.centre.operatorBalances())
  const comeBy = systemClock.monotonic() + patienceMs
  // A kiosk whose automaton is not ready gives coins back: whoever gets them tries again a moment later.
  while (!(await payInCoins(house, machine, item))) {
    if (systemClock.monotonic() > comeBy) return { why: ['the kiosk took no coins'] }
    await pause(500)
  }
  const until = systemClock.monotonic() + settleMs
  for (;;) {
    const why = await differences(house, machine, item, before)
    if (ledger !== JSON.stringify(await house.centre.operatorBalances())) why.push('the ledger moved')
    if (why.length === 0) return { agreed: 'deliveredAndPaid' }
    if (systemClock.monotonic() > until) return { why }
    await house.happenings.next('anything', 1000, () => true).catch(() => {})
  }
}

interface Standing extends Seen {
  /** Sales for coins of which the server was told. */
  readonly told: number
}

async function standing(house: House, machine: BenchMachine): Promise<Standing> {
  const [seen, notices] = await Promise.all([
    look(house, machine),
    house.serverStore.telemetryOf(machine.automatonId, 100),
  ])
  return { ...seen, told: notices.filter(({ kind }) => kind === 'cashSale').length }
}

async function differences(
  house: House,
  machine: BenchMachine,
  item: number,
  before: Standing,
): Promise<string[]> {
  const now = await standing(house, machine)
  const fell = (now.dropped[item] ?? 0) - (before.dropped[item] ?? 0)
  const kept = now.coinsMinor - before.coinsMinor
  const told = now.told - before.told
  const price = priceOf(machine, item)?.amountMinor
  return [
    ...(fell === 1 ? [] : [`${fell} goods fell`]),
    ...(kept === price ? [] : [`the machine kept ${kept} of the coins (minor units), not ${price}`]),
    ...(told === 1 ? [] : [`the server was told of ${told} sales for coins`]),
  ]
}
