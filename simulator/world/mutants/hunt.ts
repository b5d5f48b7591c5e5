// Hunts mutants: each on world after world, in a process of its own, until a rule is broken. One that lives
// through all of them has escaped, and then it is the auditor, or the world, that must become better.
import { type Ran, runCrew } from '../crew.ts'
import { type Mutant, usualMutantSales } from './mutant.ts'
import { stoppedByInvariant } from './stopped-by-invariant.ts'

const mostWorlds = 12
/** As the auditor says it. */
const ended = 'ended by an error of its own'

export interface Verdict {
  readonly mutant: Mutant
  /** Caught; or, without it, no rule was broken. */
  readonly isGood: boolean
  readonly words: string
}

export interface HuntSettings {
  /** In the mutants' circumstances, with the programs as they are. */
  readonly isWhole: boolean
  /** Mutants at a time. */
  readonly jobs: number
  readonly each: (verdict: Verdict) => void
}

export async function hunt(mutants: readonly Mutant[], { isWhole, jobs, each }: HuntSettings): Promise<void> {
  const waiting = [...mutants]
  const work = async () => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) each(await judged(mutant, isWhole))
  }
  await Promise.all(Array.from({ length: jobs }, work))
}

async function judged(mutant: Mutant, isWhole: boolean): Promise<Verdict> {
  const { name, sales = usualMutantSales } = mutant
  let seen: string | undefined
  let worlds = 0
  const seeds = Array.from({ length: isWhole ? 1 : mostWorlds }, (_, index) => `${index + 1}`)
  await runCrew(
    seeds.map((seed) => ({ seed, sales })),
    {
      jobs: 1,
      mutant: name,
      isWhole,
      each: (ran) => {
        worlds++
        seen = whatBroke(ran, name)
        return seen === undefined
      },
    },
  )
  if (isWhole) return { mutant, isGood: seen === undefined, words: seen ?? 'no rule broken' }
  const words = seen ? `world ${worlds}: ${seen}` : `ESCAPED ${worlds} worlds`
  return { mutant, isGood: seen !== undefined, words }
}

/** @throws when the program did not stop by a check of its own: a mutant must run */
function whatBroke(ran: Ran, name: string): string | undefined {
  const [breach] = 'died' in ran ? [] : ran.result.breaches
  const died = 'died' in ran ? ran.died : breach?.words.includes(ended) ? breach.words : undefined
  if (died === undefined) return breach && `rule ${breach.rule}: ${breach.words}`
  const check = stoppedByInvariant(died)
  if (check === undefined) throw new Error(`mutant ${name} does not run:\n${died}`)
  return `rule 16: a check of the program's own stopped it: ${check}`
}
