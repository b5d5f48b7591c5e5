// npm run bench: measures, prints a table and writes JSON; asserts nothing. Each part has fresh premises.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type CommandLine, usageError } from '@concilia/platform/command-line.ts'
import { nearestWord } from '@concilia/platform/nearest-word.ts'
import { errorText, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { type PartName, partNames, parts, type Run } from './parts.ts'
import { table } from './table.ts'

const description = {
  program: 'npm run bench',
  summary: 'measures sales, idle machines and the automaton on this machine; asserts nothing',
  usage: ['npm run bench', 'npm run bench -- --only sell-200 --seconds 20'],
  flags: {
    only: { value: 'PART', says: 'one part, or several with commas between (below)' },
    seconds: { value: 'NUMBER', says: 'how long each selling part is measured; 10 when left out' },
    short: { says: 'a second of a few machines: whether it works, not how fast it is' },
    json: { value: 'FILE', says: 'where the figures go; data/figures/figures.json when left out' },
    data: { value: 'FOLDER', says: 'where everything is kept; data/figures/ when left out' },
    profile: { value: 'FOLDER', says: 'writes CPU profiles of server and centre there' },
  },
  notes: `Parts:\n${partNames.map((name) => `  ${name.padEnd(14)} ${parts[name].says}`).join('\n')}`,
} as const satisfies CommandLine

await runMain(description, async ({ flags }) => {
  const data = resolve(flags.data ?? join(import.meta.dirname, '../../data/figures'))
  const chosen = partsNamed(flags.only)
  const seconds = Number(flags.seconds ?? (flags.short ? 1 : 10))
  if (!(seconds > 0 && seconds <= 600)) throw usageError(description, '--seconds is a number up to 600')
  const run: Run = {
    data,
    measureMs: seconds * 1000,
    warmUpSales: flags.short ? 20 : 5000,
    warmUpMs: flags.short ? 2000 : 45_000,
    short: flags.short,
    profile: flags.profile && resolve(flags.profile),
    tell: (words) => console.error(words),
  }
  const file = resolve(flags.json ?? join(data, 'figures.json'))
  mkdirSync(dirname(file), { recursive: true })
  const about = {
    at: new Date(systemClock.now()).toISOString(),
    processors: cpus().length,
    node: process.version,
  }
  const figures: Record<string, object> = {}
  for (const name of chosen) {
    console.error(`${name}: ${parts[name].says}`)
    // One that could not be measured costs nobody the others.
    figures[name] = await parts[name].measure(run, figures).catch((error: unknown) => {
      console.error(`  not measured: ${errorText(error)}`)
      process.exitCode = 1
      return {}
    })
    writeFileSync(file, `${JSON.stringify({ ...about, figures }, null, 2)}\n`)
  }
  console.log(table(figures))
  console.log(`\nAs JSON: ${file}`)
})

function partsNamed(only: string | undefined): readonly PartName[] {
  if (only === undefined) return partNames
  return only.split(',').map((word) => {
    const found = partNames.find((name) => name === word)
    if (found) return found
    const nearest = nearestWord(word, partNames)
    throw usageError(description, `no part ${word}${nearest ? `; did you mean ${nearest}?` : ''}`)
  })
}
