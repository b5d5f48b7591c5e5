// What a person types in the terminal, looked up among what there is.
import { nearestWord } from '@concilia/platform/nearest-word.ts'
import { type BehaviourName, behaviourNames } from '../behaviours.ts'
import { type BenchMachine, type Buyer, type BuyerName, benchMachines, buyers } from './buyers.ts'

/** Something typed that cannot be done, in words. */
export class Mistyped extends Error {}

/** @param machines of the house */
export function machineNamed(machines: readonly BenchMachine[], name: string | undefined): BenchMachine {
  const numbers = machines.map(({ number }) => number)
  const number = oneOf('machine', numbers, name)
  return machines.find((machine) => machine.number === number) ?? benchMachines[0]
}

export function buyerNamed(name: string | undefined): Buyer {
  return buyers[oneOf('buyer', Object.keys(buyers) as BuyerName[], name)]
}

export function behaviourNamed(name: string): BehaviourName {
  return oneOf('fault', behaviourNames, name)
}

export function itemOf(machine: BenchMachine, name: string | undefined): number {
  return Number(oneOf('item', itemsOf(machine).map(String), name))
}

export function itemsOf({ items }: BenchMachine): number[] {
  return Object.keys(items).map(Number)
}

/** @throws Mistyped that names the nearest, or all there are */
export function oneOf<Name extends string>(
  what: string,
  known: readonly Name[],
  typed: string | undefined,
): Name {
  const found = known.find((name) => name.toLowerCase() === typed?.toLowerCase())
  if (found !== undefined) return found
  const all = `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`
  if (typed === undefined) throw new Mistyped(`which ${what}? ${all}`)
  const nearest = nearestWord(typed, known)
  throw new Mistyped(`no ${what} ${typed}; ${nearest ? `did you mean ${nearest}?` : all}`)
}
