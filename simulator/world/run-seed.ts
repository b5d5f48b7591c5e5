// One seed, run from beginning to end in this process; what came of it as plain data, so that it can be sent
// from a worker's process.
import { type Identities, makeIdentities } from './identities.ts'
import { withoutReality } from './no-reality.ts'
import { SeededRandom } from './seeded-random.ts'
import { drawSwarm, type Swarm, usualMachines } from './swarm.ts'
import { World, type WorldResult } from './world.ts'

export const usualSales = 200

export interface SeedRun {
  readonly seed: string
  readonly sales: number
  /** Put into what the seed draws: faults that must be there. */
  readonly needs?: (drawn: Swarm) => Swarm
  readonly print?: (line: string) => void
}

let identities: Promise<Identities> | undefined

export async function runSeed({ seed, sales, needs, print }: SeedRun): Promise<WorldResult> {
  identities ??= makeIdentities(usualMachines)
  const swarm = swarmOf(seed, needs)
  const { centre, automata } = await identities
  const present = { centre, automata: automata.slice(0, swarm.machines) }
  const settings = { seed, sales, swarm, identities: present, ...(print && { print }) }
  return await withoutReality(() => new World(settings).run())
}

/** What a seed draws. */
export function swarmOf(seed: string, needs: SeedRun['needs'] = (drawn) => drawn): Swarm {
  return needs(drawSwarm(new SeededRandom(seed).stream('swarm')))
}
