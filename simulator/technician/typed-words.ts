// What a technician types to a machine that stands alone, as acts on it.
import { behaviourNames } from '../behaviours.ts'
import { busFaults } from '../bus-faults.ts'
import { BusMaster } from '../bus-master.ts'
import type { VendingMachine } from '../vending-machine.ts'

export const typedWords = [
  '  press ITEM     choose an item and pay by phone',
  '  coins ITEM     buy an item with coins',
  '  lever          push the coin return lever',
  '  behave NAME    how vends go from now on',
  '  fault NAME     something goes wrong on the bus, once',
  '  reset          the machine resets the reader',
  '  look           what was dropped, what the display shows',
].join('\n')

/** @returns what to tell the technician */
export function obeyTyped({ machine }: { readonly machine: VendingMachine }, text: string): string {
  const [command = '', argument = ''] = text.trim().split(/\s+/)
  switch (command) {
    case 'press':
      return machine.press(Number(argument))
    case 'coins':
      return machine.payInCoins(Number(argument)) ? 'paid' : 'not now'
    case 'lever':
      machine.pushLever()
      return lookAt(machine)
    case 'reset':
      machine.resetReader()
      return lookAt(machine)
    case 'look':
      return lookAt(machine)
    case 'behave': {
      const name = behaviourNames.find((known) => known === argument)
      if (!name) return `unknown behaviour ${argument}; known: ${behaviourNames.join(', ')}`
      machine.behave([name])
      return `vends go: ${name}`
    }
    case 'fault': {
      const fault = busFaults.find((known) => known === argument)
      if (!fault) return `unknown fault ${argument}; known: ${busFaults.join(', ')}`
      if (!(machine.box instanceof BusMaster)) return 'faults are for the raw bus'
      machine.box.disturb(fault)
      return `once: ${fault}`
    }
    default:
      return typedWords
  }
}

function lookAt({ enabled, display, dropped, coinsMinor }: VendingMachine): string {
  return JSON.stringify({ enabled, display, dropped: Object.fromEntries(dropped), coinsMinor })
}
