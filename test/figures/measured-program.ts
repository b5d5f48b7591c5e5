// One program under measurement: a process of its own, its log in a file as under a service manager (nobody
// reads it here, which would cost us what is measured), ready when it says so, ended within a bounded time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { forgetProcess, noteProcess } from '@concilia/simulator/start/owned-processes.ts'

export interface ProgramToMeasure {
  readonly name: string
  /** Below the root of the tree. */
  readonly script: string
  readonly arguments?: readonly string[]
  readonly nodeFlags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

export interface MeasuredProgram {
  /** For its channel. */
  readonly process: ChildProcess
  readonly pid: number
  /** From the start of the process to its `ready` (ms). */
  readonly startMs: number
  readonly ready: Readonly<Record<string, unknown>>
  /** In order; by force after ten seconds. */
  stop(): Promise<void>
  /** As a power cut. Resolves when it is gone. */
  kill(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const readyMs = 30_000
const stopMs = 10_000

/** @param folder for its log and the note that it is ours. Rejects when it ends or stays silent instead. */
export async function startProgram(program: ProgramToMeasure, folder: string): Promise<MeasuredProgram> {
  const { name, script, environment = {}, nodeFlags = [] } = program
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...nodeFlags, join(root, script), ...(program.arguments ?? [])], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) throw new Error(`${script} cannot be started`)
  noteProcess(folder, name, pid)
  const ended = once(child, 'close').then(() => forgetProcess(folder, name))
  const ready = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`${name} ${why}\n${readFileSync(logFile, 'utf8').slice(-2000)}`))
    const late = setTimeout(() => fail('was not ready in time'), readyMs)
    let isReady = false
    child.on('message', (message: { type?: string }) => {
      if (message.type !== 'ready') return
      isReady = true
      clearTimeout(late)
      resolve({ ...message })
    })
    void ended.then(() => {
      clearTimeout(late)
      if (!isReady) fail('ended before it was ready')
    })
  })
  const end = async (signal: NodeJS.Signals) => {
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs)
    child.kill(signal)
    await ended
    clearTimeout(force)
  }
  try {
    const said = await ready
    const startMs = performance.now() - startedAt
    return {
      process: child,
      pid,
      startMs,
      ready: said,
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    }
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
}
