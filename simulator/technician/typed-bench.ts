// What a technician types at the bench, as calls on it: the same that a supervisor makes.
import { amountMinorOf, type Currency, currencies } from '@concilia/protocol/money.ts'
import { type BehaviourName, behaviourNames } from '../behaviours.ts'
import type { Bench } from '../bench.ts'
import type { NewMachine } from '../control.ts'

export const typedHelp = [
  'press ITEM     choose an item and pay by phone',
  'coins ITEM     buy an item with coins',
  'lever          push the coin return lever',
  `behave NAME    how vends go from now on: ${behaviourNames.join(', ')}`,
  'unplug, plug   the serial line',
  'restart        the box loses its power for a moment',
  'look           what was dropped, what the display shows',
].join('\n')

interface Flags {
  readonly machine: string | undefined
  readonly link: string | undefined
  readonly items: string | undefined
  readonly currency: string | undefined
  readonly behaviour: string | undefined
  readonly bus: boolean
  readonly session: boolean
}

/** @returns the machine to make, or what is wrong with the flags */
export function machineOf(flags: Flags): NewMachine | string {
  const { machine, link, items = '1=1.20,2=2.00,5=1.50', currency = 'EUR', behaviour = 'good' } = flags
  if (!machine || !link) return '--machine NAME and --link PATH are needed'
  if (!isCurrency(currency))
    return `unknown currency ${currency}; known: ${Object.keys(currencies).join(', ')}`
  const how = behaviourNames.find((name) => name === behaviour)
  if (!how) return `unknown behaviour ${behaviour}; known: ${behaviourNames.join(', ')}`
  const prices: Record<number, number> = {}
  for (const text of items.split(',')) {
    const [, item, price = ''] = /^(\d{1,5})=(.+)$/.exec(text) ?? []
    const priceMinor = amountMinorOf(price, currency)
    if (!item || priceMinor === undefined) return `--items: ${text} is not ITEM=PRICE, such as 5=1.50`
    prices[Number(item)] = priceMinor
  }
  const bridge = flags.bus ? 'raw' : 'qibixx'
  return {
    name: machine,
    link,
    currency,
    items: prices,
    bridge,
    alwaysIdle: !flags.session,
    behaviours: [how],
  }
}

function isCurrency(code: string): code is Currency {
  return Object.hasOwn(currencies, code)
}

/** @returns what to tell the technician */
export function obey({ calls }: Bench, machine: string, text: string): string {
  const [command = '', argument = ''] = text.trim().split(/\s+/)
  const item = Number(argument)
  const behaviour: BehaviourName | undefined = behaviourNames.find((name) => name === argument)
  switch (command) {
    case 'press':
      return JSON.stringify(calls.press({ machine, item }))
    case 'coins':
      return JSON.stringify(calls.payInCoins({ machine, item }))
    case 'lever':
      return JSON.stringify(calls.pushLever({ machine }))
    case 'behave':
      if (!behaviour) return `unknown behaviour ${argument}; known: ${behaviourNames.join(', ')}`
      return JSON.stringify(calls.behave({ machine, behaviours: [behaviour] }))
    case 'unplug':
    case 'plug':
    case 'look':
      return JSON.stringify(calls[command]({ machine }))
    case 'restart':
      return JSON.stringify(calls.restartBox({ machine }))
    default:
      return typedHelp
  }
}
