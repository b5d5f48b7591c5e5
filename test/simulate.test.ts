// npm run simulate as every check runs it: forty seeds and all that once failed break no rule, every mutant
// is caught while its circumstances alone are stood, and one seed is one run in two processes.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { keptSeeds } from '@concilia/simulator/world/kept-seeds.ts'
import { mutants } from '@concilia/simulator/world/mutants/mutants.ts'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, '../simulator/world/main.ts')
/** One or two minutes each, and more on a machine that does much else. */
const patience = { timeout: 900_000 }
/** One core is left to the file that runs beside this one, and may be looking at a clock. */
const jobs = ['--jobs', '1']

function simulate(...flags: string[]): Promise<{ code: number; text: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...flags],
      { maxBuffer: 2 ** 26, timeout: patience.timeout },
      (error, text, errors) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, text, errors })
      },
    )
  })
}

test('forty seeds break no rule', patience, async () => {
  const { code, text } = await simulate('--seeds', '40', ...jobs)
  expect(text).toContain('no rule was broken')
  expect(text).toMatch(/^40 worlds in \d+ s$/m)
  const sales = Number(/^sales +(\d+)$/m.exec(text)?.[1])
  const delivered = Number(/^ {2}delivered, paid +(\d+)$/m.exec(text)?.[1])
  expect(sales).toBeGreaterThanOrEqual(40 * 150)
  expect(delivered / sales).toBeGreaterThan(0.2)
  expect(code).toBe(0)
})

test('the seeds that once broke a rule break none', patience, async () => {
  const { code, text } = await simulate('--kept', ...jobs)
  expect(text).toContain('no rule was broken')
  expect(text).toContain(`${Object.keys(keptSeeds).length} worlds in`)
  expect(code).toBe(0)
})

test('every mutant is caught, and the rule is named', patience, async () => {
  const { code, text } = await simulate('--mutants', ...jobs)
  const uncaught = mutants.filter(
    ({ name }) => !new RegExp(`^${name} +world \\d+: rule \\d+: `, 'm').test(text),
  )
  expect(uncaught.map(({ name }) => name)).toEqual([])
  expect(text).toContain(`${mutants.length} of ${mutants.length} mutants were caught`)
  expect(code).toBe(0)
})

test('the circumstances of the mutants alone break no rule', patience, async () => {
  const { code, text } = await simulate('--mutants', '--whole', ...jobs)
  const broken = text.split('\n').filter((line) => / rule \d+: /.test(line))
  expect(broken).toEqual([])
  expect(code).toBe(0)
})

test('one seed is one run, in two processes', patience, async () => {
  const [first, second] = await Promise.all([
    simulate('--seed', '31', '--sales', '60'),
    simulate('--seed', '31', '--sales', '60'),
  ])
  expect(second.text).toBe(first.text)
  expect(first.text).toMatch(/^story [0-9a-f]{16}$/m)
  expect(first.text.split('\n').length).toBeGreaterThan(1_000)
  expect(first.code).toBe(0)
})

test('what is asked for wrongly is said, with what could be asked', patience, async () => {
  const without = await simulate()
  expect(without.errors).toContain('one of --seed, --seeds, --kept and --mutants is needed')
  const unknown = await simulate('--mutants', '--only', 'nobody')
  expect(unknown.errors).toContain('there is no mutant nobody')
  const number = await simulate('--seeds', 'many')
  expect(number.errors).toContain('--seeds many: a whole number above 0 is needed')
  expect([without.code, unknown.code, number.code]).toEqual([2, 2, 2])
})
