// Worker processes that run seeds side by side, one for each core or as many as are asked for. A worker that
// dies takes its seed down as failed, never the others'.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Task } from './worker.ts'
import type { WorldResult } from './world.ts'

export type Ran = { readonly result: WorldResult } | { readonly seed: string; readonly died: string }

export interface CrewSettings {
  readonly jobs: number
  readonly mutant?: string
  /** In the mutant's circumstances, with the programs as they are. */
  readonly isWhole?: boolean
  /** Called as each seed ends; false stops handing out more. */
  readonly each: (ran: Ran) => boolean
}

/** Resolves when all tasks are done or no more are wanted; every worker has ended then. */
export async function runCrew(tasks: readonly Task[], settings: CrewSettings): Promise<void> {
  const { jobs, each } = settings
  const waiting = [...tasks]
  let isWanted = true
  const told = (ran: Ran) => {
    isWanted = each(ran) && isWanted
  }
  const work = async () => {
    for (let worker: ChildProcess | undefined; ; ) {
      const task = isWanted ? waiting.shift() : undefined
      if (!task) {
        worker?.kill()
        return
      }
      if (!worker?.connected) worker = hired(settings)
      told(await ranBy(worker, task))
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, work))
}

function hired({ mutant, isWhole }: CrewSettings): ChildProcess {
  const file = join(import.meta.dirname, 'worker.ts')
  const named = mutant === undefined ? [] : [mutant, ...(isWhole ? ['whole'] : [])]
  return fork(file, named, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
}

function ranBy(worker: ChildProcess, task: Task): Promise<Ran> {
  return new Promise((resolve) => {
    let complaint = ''
    const complain = (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString()}`.slice(-4000)
    }
    const done = (ran: Ran) => {
      worker.off('message', answered).off('exit', died)
      worker.stderr?.off('data', complain)
      resolve(ran)
    }
    const answered = (result: WorldResult) => done({ result })
    const died = (code: number | null) => done({ seed: task.seed, died: complaint || `exit code ${code}` })
    worker.stderr?.on('data', complain)
    worker.on('message', answered).on('exit', died)
    worker.send(task)
  })
}
