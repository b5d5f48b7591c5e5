// A worker's process: runs the seeds it is sent, one after the other, on the programs as they are or with one
// mutant in them (the first argument). A breach, or a world that fails, is an answer like any other.

import { mutantNamed } from './mutants.ts'
import { breakInto } from './mutation.ts'

export interface Task {
  readonly seed: string
  readonly sales: number
}

const mutant = process.argv[2] ? mutantNamed(process.argv[2]) : undefined
if (mutant) breakInto(mutant)
// Only now: the mutant is put into the programs as they are loaded.
const { runSeed } = await import('./run-seed.ts')

process.on('disconnect', () => process.exit(0))
process.on('unhandledRejection', (error) => {
  throw error
})
process.on('message', (task: Task) => {
  runSeed({ ...task, ...(mutant?.needs && { needs: mutant.needs }) }).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error
    },
  )
})
