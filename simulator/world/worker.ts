// A worker's process: runs the seeds it is sent, one after the other, on the programs as they are or with
// one mutant in them (the first argument; with `whole` behind it, in the mutant's circumstances but without
// it). A breach, or a world that fails, is an answer like any other.

import { mutantNamed } from './mutants/mutants.ts'
import { breakInto } from './mutants/mutation.ts'

export interface Task {
  readonly seed: string
  readonly sales: number
}

const [, , name = '', whole] = process.argv
const mutant = mutantNamed(name)
if (mutant && whole === undefined) breakInto(mutant)
// Only now: the mutant is put into the programs as they are loaded.
const { runSeed } = await import('./run-seed.ts')

process.on('disconnect', () => process.exit(0))
process.on('unhandledRejection', (error) => {
  throw error
})
process.on('message', (task: Task) => {
  runSeed({ ...task, ...(mutant && { needs: mutant.needs }) }).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error
    },
  )
})
