// `npm run chaos`: one run with real processes, to be replayed by its seed. Exit 0 when every rule held;
// otherwise 1, the breaches, the command that repeats it, and the folder with every log.
import { rmSync } from 'node:fs'
import { helpText, readCommandLine, usageError } from '@concilia/platform/command-line.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { keepForInspection, sweepAbandoned, temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { type ChaosResult, runChaos } from './run.ts'
import { summary } from './summary.ts'

const description = {
  program: 'chaos',
  summary: 'sales on real processes that are killed, stopped and cut off; then goods and books are compared.',
  usage: ['npm run chaos', 'npm run chaos -- --seed 4711 --sales 50'],
  flags: {
    seed: { value: 'NUMBER', says: 'repeats the plan of an earlier run; drawn and printed when left out' },
    sales: { value: 'NUMBER', says: 'how many are begun; 300 when left out' },
    machines: { value: 'NUMBER', says: 'from 2 to 12; 6 when left out' },
    seconds: { value: 'NUMBER', says: 'no new sale after that many; 900 when left out' },
  },
  notes:
    'Breaks off nothing: what is under way at the end may come to rest in its own time, at most 180 s.\n' +
    'The plan follows from the seed; when its parts meet is up to the processes.',
} as const

try {
  const line = readCommandLine(description, process.argv.slice(2))
  if (line === 'help') console.log(helpText(description))
  else await chaos(line.flags)
} catch (error) {
  console.error(error instanceof OperatingError ? `${error.message}\n${error.advice}` : error)
  process.exitCode = error instanceof OperatingError && error.code === 'usage' ? 2 : 1
}

async function chaos(
  flags: Readonly<Record<keyof typeof description.flags, string | undefined>>,
): Promise<void> {
  const number = (name: keyof typeof flags, otherwise: number, least: number, most: number) => {
    const value = flags[name] === undefined ? otherwise : Number(flags[name])
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw usageError(description, `--${name} is a whole number from ${least} to ${most}`)
  }
  const seed = number('seed', Math.floor(Math.random() * 1e6), 0, 2 ** 31)
  const sales = number('sales', 300, 1, 100_000)
  const machines = number('machines', 6, 2, 12)
  const seconds = number('seconds', 900, 5, 86_400)
  console.log(`seed ${seed}: ${sales} sales, ${machines} machines, at most ${seconds} s of them`)
  await sweepAbandoned()
  const data = temporaryData()
  const begun = performance.now()
  const tell = (words: string) =>
    console.log(`${String(Math.round((performance.now() - begun) / 1000)).padStart(5)} s  ${words}`)
  // Ctrl-C: what is under way comes to rest; a second one ends everything at once.
  const enough = new AbortController()
  process.once('SIGINT', () => enough.abort())
  let result: ChaosResult | undefined
  try {
    const options = { seed, sales, machines, seconds, restSeconds: 180, data, enough: enough.signal, tell }
    result = await runChaos(options)
  } finally {
    if (!result || result.breaches.length > 0) {
      process.exitCode = 1
      console.log(`\nagain: npm run chaos -- --seed ${seed} --sales ${sales} --machines ${machines}`)
      console.log(`logs, books and journals are kept in ${keepForInspection(data)}`)
    } else rmSync(data, { recursive: true, force: true })
  }
  console.log(summary(result))
}
