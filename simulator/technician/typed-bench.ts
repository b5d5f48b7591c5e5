// What a technician types at the bench, as calls on it: the same that a supervisor makes.

import { OperatingError } from '@concilia/platform/operating-error.ts'
import { amountMinorOf, type Currency, currencies } from '@concilia/protocol/money.ts'
import { behaviourNames } from '../behaviours.ts'
import type { Bench } from '../bench.ts'
import type { NewMachine } from '../control.ts'
import { kioskActOf } from '../kiosk/kiosk-words.ts'
import { act, actWords, type MachineActs } from './typed-acts.ts'

export const typedHelp = [
  ...actWords,
  'unplug, plug   the serial line',
  'restart        the box loses its power for a moment',
  'type FIGURES   on the keypad: the code of a phone call',
].join('\n')

interface Flags {
  readonly machine: string | undefined
  readonly link: string | undefined
  readonly items: string | undefined
  readonly currency: string | undefined
  readonly behaviour: string | undefined
  readonly bus: boolean
  readonly session: boolean
  readonly keypad?: string | undefined
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
    ...(flags.keypad && { keypadLink: flags.keypad }),
    bridge,
    alwaysIdle: !flags.session,
    behaviours: [how],
  }
}

export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(currencies, code)
}

/** @returns what to tell the technician */
export function obey({ calls }: Bench, machine: string, text: string): string {
  const acts: MachineActs<unknown> = {
    press: (item) => calls.press({ machine, item }),
    payInCoins: (item) => calls.payInCoins({ machine, item }),
    pushLever: () => calls.pushLever({ machine }),
    behave: (name) => calls.behave({ machine, behaviours: [name] }),
    disturb: (fault) => calls.disturb({ machine, fault }),
    disturbDex: (fault) => calls.disturbDex({ machine, faults: [fault] }),
    door: (open) => calls.door({ machine, open }),
    cutPower: (forMs) => calls.cutPower({ machine, forMs }),
    stopPolling: (forMs) => calls.stopPolling({ machine, forMs }),
    look: () => calls.look({ machine }),
  }
  try {
    const answer = act(acts, text) ?? onLine(calls, machine, text.trim())
    return typeof answer === 'string' ? answer : JSON.stringify(answer)
  } catch (error) {
    if (error instanceof OperatingError) return `${error.message}\n${error.advice}`
    throw error
  }
}

function onLine(calls: Bench['calls'], machine: string, command: string): unknown {
  if (command === 'unplug' || command === 'plug') return calls[command]({ machine })
  const [, keys] = /^type ([0-9*# ]+)$/.exec(command) ?? []
  if (keys !== undefined) return calls.keys({ machine, keys })
  return command === 'restart' ? calls.restartBox({ machine }) : typedHelp
}

/** The same for a kiosk. */
export function obeyKiosk({ calls }: Bench, machine: string, currency: Currency, text: string): string {
  if (text.trim() === 'look') return JSON.stringify(calls.lookAtKiosk({ machine }))
  const act = kioskActOf(text, currency)
  if (typeof act === 'string') return act
  try {
    return JSON.stringify(calls.kiosk({ machine, act }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
