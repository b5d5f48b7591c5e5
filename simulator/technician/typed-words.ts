// What a technician types to a machine that stands alone, as acts on it.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { DexPlug } from '../dex-plug.ts'
import { disturb } from '../disturb.ts'
import type { VendingMachine } from '../vending-machine.ts'
import { act, actWords, type MachineActs } from './typed-acts.ts'

export const typedWords = [...actWords, 'reset          the machine resets the reader']
  .map((line) => `  ${line}`)
  .join('\n')

interface TypedAt {
  readonly machine: VendingMachine
  readonly plug?: DexPlug | undefined
}

/** @returns what to tell the technician */
export function obeyTyped({ machine, plug }: TypedAt, text: string): string {
  if (text.trim() === 'reset') {
    machine.resetReader()
    return lookAt(machine)
  }
  try {
    return act(actsOf(machine, plug), text) ?? typedWords
  } catch (error) {
    if (error instanceof OperatingError) return `${error.message}\n${error.advice}`
    throw error
  }
}

function actsOf(machine: VendingMachine, plug: DexPlug | undefined): MachineActs<string> {
  const looking = (doing: () => void) => {
    doing()
    return lookAt(machine)
  }
  return {
    press: (item) => machine.press(item),
    payInCoins: (item) => (machine.payInCoins(item) ? 'paid' : 'not now'),
    pushLever: () => looking(() => machine.pushLever()),
    behave(name) {
      machine.behave([name])
      return `vends go: ${name}`
    },
    disturb(fault) {
      disturb(machine, fault)
      return `once: ${fault}`
    },
    disturbDex(fault) {
      if (!plug) return 'the machine has no DEX plug: start it with --dex'
      plug.device.disturb(fault)
      return `at the next reading: ${fault}`
    },
    door: (open) => looking(() => machine.door(open)),
    cutPower: (forMs) => looking(() => machine.cutPower(forMs)),
    stopPolling: (forMs) => looking(() => machine.box.stopPolling(forMs)),
    look: () => lookAt(machine),
  }
}

function lookAt({ enabled, display, dropped, coinsMinor }: VendingMachine): string {
  return JSON.stringify({ enabled, display, dropped: Object.fromEntries(dropped), coinsMinor })
}
