// One seed is one run: twice in this process the same story, line for line; and another seed is another one.
import { expect, test } from 'vitest'
import { runSeed } from './run-seed.ts'

/** The whole story of a small world. */
async function told(seed: string) {
  const lines: string[] = []
  const { breaches, digest, checks } = await runSeed({ seed, sales: 20, print: (line) => lines.push(line) })
  return { lines, breaches, digest, checks }
}

test('a seed tells the same story twice in one process', async () => {
  const first = await told('25')
  const second = await told('25')
  expect(second.lines).toEqual(first.lines)
  expect(second).toEqual(first)
  expect(first.breaches).toEqual([])
  expect(first.lines.length).toBeGreaterThan(500)
})

test('another seed tells another story', async () => {
  const [first, second] = [await told('25'), await told('26')]
  expect(second.digest).not.toBe(first.digest)
})
