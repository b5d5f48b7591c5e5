// What the terminal shows when it is asked: machines, accounts, sales, and the screen of a dialogue.
import { timeOfDay } from '@concilia/platform/log.ts'
import { priceText } from '@concilia/protocol/money.ts'
import { type Buyer, buyers, currency } from './buyers.ts'
import type { House } from './house.ts'
import { wrapped } from './wrapped.ts'

export async function showMachines(house: House): Promise<string> {
  const { simulator, machines } = house
  const rows = machines.map(async (machine) => {
    const { number, items, alwaysIdle, kiosk } = machine
    const prices = Object.entries(items).map(
      ([item, amountMinor]) => `${item}: ${priceText({ amountMinor, currency })}`,
    )
    const shown = (state: string, display: string) =>
      [
        `${number}  ${state}`,
        ...[`[${display.padEnd(32)}]`, prices.join(', '), `page: ${house.pageOf(machine)}`].map(
          (line) => `      ${line}`,
        ),
      ].join('\n')
    if (kiosk) {
      const { display, worthMinor } = await simulator.call('lookAtKiosk', { machine: number })
      const money = (amountMinor: number) => priceText({ amountMinor, currency })
      const { tube, cashBox, tray } = worthMinor
      const coins = `tubes ${money(tube)}, cash box ${money(cashBox)}, tray ${money(tray)}`
      return shown(`a kiosk: ${coins}`, display)
    }
    const view = await simulator.call('look', { machine: number })
    const state = view.plugged ? (view.enabled ? 'sells by phone' : 'coins only') : 'unplugged'
    return shown(`${state}${alwaysIdle ? '' : ', in sessions: the phone comes first'}`, view.display)
  })
  return (await Promise.all(rows)).join('\n')
}

export async function showAccounts({ centre }: House): Promise<string> {
  const rows = Object.values(buyers).map(async (buyer: Buyer) => {
    const { balance, held } = await centre.accountText(buyer)
    const front = `${buyer.name.padEnd(9)} ${balance.padStart(12)}  held ${held.padStart(10)}  `
    return `${front}${wrapped(buyer.says, process.stdout.columns, front.length)}`
  })
  const operator = await centre.operatorText()
  return [...(await Promise.all(rows)), operator].join('\n')
}

export async function showSales({ serverStore, machines }: House): Promise<string> {
  const rows = await serverStore.recentSales(10)
  if (rows.length === 0) return 'no sales yet'
  const numbers = new Map<string, string>(machines.map(({ automatonId, number }) => [automatonId, number]))
  return rows
    .map(({ saleId, automatonId, amountMinor, createdAt, state, aside }) => {
      const machine = numbers.get(automatonId) ?? automatonId
      const price = priceText({ amountMinor, currency }).padStart(9)
      const front = `${timeOfDay(createdAt).slice(0, 8)}  ${machine}  ${price}`
      return `${front}  ${state.padEnd(13)}  ${saleId.slice(0, 8)}${aside === null ? '' : toPerson(aside)}`
    })
    .join('\n')
}

function toPerson(aside: string): string {
  return `\n          waits for a person: ${wrapped(aside, process.stdout.columns, 10)}`
}

export function screenText({ text, goesOn }: { text: string; goesOn: boolean }): string {
  const columns = process.stdout.columns && process.stdout.columns - 4
  const lines = wrapped(text, columns)
    .split('\n')
    .map((line) => `  | ${line}`)
  return [...lines, goesOn ? '  (answer with type)' : '  (the dialogue has ended)'].join('\n')
}
