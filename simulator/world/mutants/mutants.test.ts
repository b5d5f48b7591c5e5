// The list of mutants itself: each finds its texts in the sources as they are, and what counts as caught
// does.
import { expect, test } from 'vitest'
import { SeededRandom } from '../seeded-random.ts'
import { drawSwarm } from '../swarm.ts'
import { mutants } from './mutants.ts'
import { staleEdits } from './mutation.ts'
import { stoppedByInvariant } from './stopped-by-invariant.ts'

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s finds its texts once', (_, mutant) => {
  expect(staleEdits(mutant)).toEqual([])
})

test('an edit whose text is gone, or stands twice, is stale', () => {
  const edits = ['no such text anywhere', 'import '].map((find) => ({
    file: 'simulator/world/swarm.ts',
    find,
    replace: '',
  }))
  const [first] = mutants
  if (!first) throw new Error('there are no mutants')
  expect(staleEdits({ ...first, edits })).toHaveLength(2)
})

test('they are many, of all programs and against all rules, and no two have one name', () => {
  const files = mutants.flatMap(({ edits }) => edits.map(({ file }) => file.split('/')[0]))
  expect(mutants.length).toBeGreaterThanOrEqual(28)
  expect(new Set(files)).toEqual(new Set(['automaton', 'protocol', 'relation-server', 'payment-centre']))
  expect(new Set(mutants.map(({ against }) => against)).size).toBe(16)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

test('their circumstances are such that the programs would start', () => {
  const drawn = drawSwarm(new SeededRandom('circumstances'))
  for (const { needs } of mutants) expect(needs(drawn).machines).toBeGreaterThan(0)
})

const frame = (folder: string) => `    at invariant (file:///somewhere/${folder}/books/ledger.ts:14:9)`

test('a program that its own check stopped says so', () => {
  const thrown = '(node)\n  throw new BrokenInvariant(words)\n'
  const text = `${thrown}\nBrokenInvariant: twice\n${frame('payment-centre')}\n`
  expect(stoppedByInvariant(text)).toBe('twice')
})

test.each([
  ['an error of the language', `TypeError: x is not a function\n${frame('payment-centre')}`],
  ['a name that is not there', `ReferenceError: y is not defined\n${frame('automaton')}`],
  ['an error of the world around it', `Error: not once\n${frame('simulator')}`],
  ['words without a stack', 'exit code 1'],
])('%s is no check of the program', (_, text) => {
  expect(stoppedByInvariant(text)).toBeUndefined()
})
