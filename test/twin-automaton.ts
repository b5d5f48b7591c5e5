// A second automaton with the identity of one that runs: a controller that was copied with all it had on
// it. It has a vending machine of its own, and a journal that the test puts there, or none.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { currency } from '@concilia/simulator/start/buyers.ts'
import { writeConfiguration } from '@concilia/simulator/start/configurations.ts'
import type { House } from '@concilia/simulator/start/house.ts'
import { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { parse } from 'smol-toml'

/** Of the simulated machine that the twin of machine 4021 sells from. */
export const twinMachine = '4021-twin'

export function twinJournal({ places }: House): string {
  return join(places.journals, `${twinMachine}.db`)
}

/** Not started yet. */
export async function twinAutomaton(house: House): Promise<SupervisedProgram> {
  const { places, programs, simulator, happenings } = house
  const name = 'automaton-4021'
  const original = programs.get(name)?.program
  if (!original) throw new Error(`${name} has not been started`)
  const link = join(places.lines, twinMachine)
  await simulator.call('createMachine', { name: twinMachine, link, currency, items: { 1: 150 } })
  const configuration = parse(readFileSync(join(places.configuration, `${name}.toml`), 'utf8'))
  const file = writeConfiguration(places, `${name}-twin`, {
    ...configuration,
    journal: twinJournal(house),
    serial: { path: link },
  })
  return new SupervisedProgram(
    { ...original, name: `${name}-twin`, title: 'twin of automaton 4021', arguments: ['--config', file] },
    places,
    {
      line: () => {},
      news: (words) => happenings.tell({ kind: 'news', at: Date.now(), words }),
    },
  )
}
