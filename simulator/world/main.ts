// npm run simulate: plays one seed as a story, runs many with a summary, or puts mutants into the programs
// and sees that each is caught. Exits 0 only when no rule was broken, or every mutant was caught.
import { availableParallelism } from 'node:os'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { runCrew } from './crew.ts'
import { keptSeeds } from './kept-seeds.ts'
import { hunt } from './mutants/hunt.ts'
import { mutants } from './mutants/mutants.ts'
import { progress } from './progress.ts'
import { runSeed, swarmOf, usualSales } from './run-seed.ts'
import { Summary, swarmText } from './summary.ts'

const description = {
  program: 'npm run simulate',
  summary:
    'the real programs in a simulated world full of faults, with an auditor who checks the sixteen rules.',
  usage: [
    'npm run simulate -- --seed S [--quiet]     one world, told as a story',
    'npm run simulate -- --seeds N [--from K]   many worlds, with a summary',
    'npm run simulate -- --kept                 the seeds that once failed',
    'npm run simulate -- --mutants [--only M]   faults put in on purpose: each must be caught',
  ],
  flags: {
    seed: { value: 'S', says: 'the seed of one world; the same seed and commit give the same run' },
    quiet: { says: 'with --seed: no story, only how it ended' },
    seeds: { value: 'N', says: 'so many worlds, from seeds 1, 2, 3 ...' },
    from: { value: 'K', says: 'with --seeds: the first of them; 1 when left out' },
    kept: { says: 'the seeds kept in kept-seeds.ts, each of which once broke a rule' },
    mutants: { says: 'every mutant in turn, on seed after seed until it is caught' },
    only: { value: 'NAME', says: 'with --mutants: this one' },
    whole: { says: 'with --mutants: in their circumstances, but without them: no rule may be broken' },
    sales: { value: 'N', says: `offers a world makes before its faults stop; ${usualSales} when left out` },
    jobs: { value: 'N', says: 'worlds at a time; as many as there are cores when left out' },
  },
} as const satisfies CommandLine

type Flags = Line<typeof description.flags>['flags']

await runMain(description, async ({ flags }, stopping) => {
  // A world knows no timer, so nothing could be waited for.
  stopping.addEventListener('abort', () => process.exit(130))
  const chosen = [flags.seed, flags.seeds, flags.kept || undefined, flags.mutants || undefined]
  if (chosen.filter((each) => each !== undefined).length !== 1) {
    throw usageError(description, 'one of --seed, --seeds, --kept and --mutants is needed')
  }
  if (flags.seed !== undefined) await tell(flags.seed, flags)
  else if (flags.mutants) await huntMutants(flags)
  else if (flags.kept) await many(Object.keys(keptSeeds), flags)
  else {
    const [count, from] = [number(flags, 'seeds', 0), number(flags, 'from', 1)]
    await many(
      Array.from({ length: count }, (_, index) => String(from + index)),
      flags,
    )
  }
})

async function tell(seed: string, flags: Flags): Promise<void> {
  console.log(`seed ${seed}: ${swarmText(swarmOf(seed))}\n`)
  const print = flags.quiet ? undefined : (line: string) => console.log(line)
  const result = await runSeed({ seed, sales: number(flags, 'sales', usualSales), ...(print && { print }) })
  const summary = new Summary()
  summary.add({ result })
  console.log(`\n${summary.text()}\nstory ${result.digest}`)
  if (summary.hasFailed) process.exitCode = 1
}

async function many(seeds: readonly string[], flags: Flags): Promise<void> {
  const sales = number(flags, 'sales', usualSales)
  const summary = new Summary()
  const started = systemClock.monotonic()
  const bar = progress(seeds.length, 'worlds')
  await runCrew(
    seeds.map((seed) => ({ seed, sales })),
    {
      jobs: number(flags, 'jobs', availableParallelism()),
      each: (ran) => {
        summary.add(ran)
        bar.step(summary.failed)
        return true
      },
    },
  )
  bar.end()
  const seconds = (systemClock.monotonic() - started) / 1000
  console.log(`${summary.text()}\n${seeds.length} worlds in ${seconds.toFixed(0)} s`)
  if (summary.hasFailed) process.exitCode = 1
}

async function huntMutants(flags: Flags): Promise<void> {
  const hunted = mutants.filter(({ name }) => flags.only === undefined || name === flags.only)
  if (hunted.length === 0) {
    throw usageError(description, `there is no mutant ${flags.only}; see simulator/world/mutants/`)
  }
  const started = systemClock.monotonic()
  const isWhole = flags.whole
  let good = 0
  await hunt(hunted, {
    isWhole,
    jobs: number(flags, 'jobs', availableParallelism()),
    each: ({ mutant, isGood, words }) => {
      if (isGood) good++
      console.log(`${mutant.name.padEnd(36)} ${words}`)
    },
  })
  const seconds = ((systemClock.monotonic() - started) / 1000).toFixed(0)
  const what = isWhole
    ? 'worlds of the mutants, with no mutant in them, broke no rule'
    : 'mutants were caught'
  console.log(`${good} of ${hunted.length} ${what}, in ${seconds} s`)
  if (good < hunted.length) process.exitCode = 1
}

function number(flags: Flags, name: 'seeds' | 'from' | 'sales' | 'jobs', usual: number): number {
  const text = flags[name]
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw usageError(description, `--${name} ${text}: a whole number above 0 is needed`)
}
