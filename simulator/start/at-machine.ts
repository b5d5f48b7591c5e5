// What somebody does at a machine of the bench, and what is seen of it: a machine with a controller of its
// own, or a kiosk, which is two parts and the automaton. Whoever plays a buyer needs not know which.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import type { KioskAct } from '../kiosk/kiosk-acts.ts'
import type { Pressed } from '../vending-machine.ts'
import { type BenchMachine, currency, priceOf } from './buyers.ts'
import type { House } from './house.ts'

/** How long somebody at a machine waits for the next thing to happen (ms). */
export const patienceMs = 20_000
/** What a buyer at a kiosk has. */
const coinMinor = 200

export interface Seen {
  /** Goods that fell, by item. */
  readonly dropped: Readonly<Record<number, number>>
  /** In the machine, as far as buyers brought it. */
  readonly coinsMinor: number
}

export async function look({ simulator }: House, { number, kiosk }: BenchMachine): Promise<Seen> {
  if (!kiosk) return await simulator.call('look', { machine: number })
  const { dropped, worthMinor } = await simulator.call('lookAtKiosk', { machine: number })
  return { dropped, coinsMinor: worthMinor.tube + worthMinor.cashBox }
}

/** A kiosk's key is only a key: whether anybody takes it up shows afterwards. */
export async function press(house: House, machine: BenchMachine, item: number): Promise<Pressed> {
  if (!machine.kiosk) return await house.simulator.call('press', { machine: machine.number, item })
  await doAt(house, machine, { act: 'press', item })
  return 'asked'
}

/** @returns whether coins are taken now */
export async function payInCoins(house: House, machine: BenchMachine, item: number): Promise<boolean> {
  const { number, kiosk } = machine
  if (!kiosk) return await house.simulator.call('payInCoins', { machine: number, item })
  const price = priceOf(machine, item)?.amountMinor ?? 0
  for (let credit = 0; credit < price; credit += coinMinor) {
    if (!(await insertCoin(house, machine, credit + coinMinor))) return false
  }
  await doAt(house, machine, { act: 'press', item })
  return true
}

/** @returns false when it comes back; otherwise once the display shows the credit */
async function insertCoin(house: House, machine: BenchMachine, creditMinor: number): Promise<boolean> {
  const { happenings } = house
  const event = <Found>(what: string, find: (event: object) => Found | undefined) =>
    happenings.next(what, patienceMs, (happening) =>
      happening.kind === 'kiosk' && happening.machine === machine.number ? find(happening.event) : undefined,
    )
  const went = event('the coin', (seen) => ('went' in seen ? seen.went : undefined))
  const text = decimalText(creditMinor, currency)
  const shown = event(`a credit of ${text}`, (seen) =>
    'text' in seen && String(seen.text).includes(text) ? true : undefined,
  )
  shown.catch(() => {})
  await doAt(house, machine, { act: 'coin', valueMinor: coinMinor })
  if ((await went) === 'tray') return false
  return await shown
}

export async function pushLever(house: House, machine: BenchMachine): Promise<void> {
  if (machine.kiosk) await doAt(house, machine, { act: 'lever' })
  else await house.simulator.call('pushLever', { machine: machine.number })
}

/** A kiosk's is that of its motor board. */
export async function setLine(house: House, machine: BenchMachine, on: boolean): Promise<void> {
  if (machine.kiosk) await doAt(house, machine, { act: 'line', part: 'board', on })
  else await house.simulator.call(on ? 'plug' : 'unplug', { machine: machine.number })
}

export async function doAt({ simulator }: House, { number }: BenchMachine, act: KioskAct): Promise<void> {
  await simulator.call('kiosk', { machine: number, act })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve))
}
