// One program of ours as a child process: started in a session of its own (Ctrl-C reaches the supervisor
// alone), ready when it says so over its channel, its log read line by line, stopped within a bounded time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { forgetProcess, noteProcess } from './owned-processes.ts'
import type { Places } from './places.ts'

export interface Program {
  /** For files: `automaton-4021`. */
  readonly name: string
  /** For people: `automaton 4021`. */
  readonly title: string
  /** Its main.ts, below the root of the tree. */
  readonly script: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** A line of a program's log, as log.ts writes it. */
export interface LogLine {
  readonly time: number
  readonly level: string
  readonly msg: string
  readonly step?: string
  readonly saleId?: string
  readonly [field: string]: unknown
}

const readyMs = 30_000
const stopMs = 5000

export class ChildProgram {
  readonly program: Program
  /**
   * Fields of its `ready` message. Rejects with an OperatingError when it ends or stays silent before that.
   */
  readonly ready: Promise<Readonly<Record<string, unknown>>>
  /** In words, once it is gone. */
  readonly ended: Promise<string>
  readonly #process: ChildProcess
  readonly #run: string
  #isReady = false
  readonly #lastWords: string[] = []

  constructor(program: Program, places: Pick<Places, 'root' | 'run' | 'log'>, hear: (line: LogLine) => void) {
    this.program = program
    this.#run = places.run
    const log = logFile(join(places.log, `${program.name}.log`))
    this.#process = spawn(process.execPath, [join(places.root, program.script), ...program.arguments], {
      detached: true,
      cwd: places.root,
      env: { ...process.env, ...program.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    if (this.#process.pid !== undefined) noteProcess(places.run, program.name, this.#process.pid)
    this.#readLines('stdout', (line) => {
      log.write(`${line}\n`)
      const heard = logLineOf(line)
      if (heard) hear(heard)
    })
    this.#readLines('stderr', (line) => {
      log.write(`${line}\n`)
      this.#lastWords.push(line)
      if (this.#lastWords.length > 20) this.#lastWords.shift()
    })
    this.ended = this.#end(log)
    this.ready = this.#becomeReady()
    this.ready.catch(() => {})
  }

  /** For its channel and for signals. */
  get process(): ChildProcess {
    return this.#process
  }

  /** In order first, by force after a while; by force at once while it is still starting. */
  async stop(): Promise<void> {
    const force = systemClock.after(this.#isReady ? stopMs : 0, () => this.#process.kill('SIGKILL'))
    if (this.#isReady) this.#process.kill('SIGTERM')
    await this.ended
    force.cancel()
  }

  #readLines(stream: 'stdout' | 'stderr', hear: (line: string) => void): void {
    const input = this.#process[stream]
    if (input) createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', hear)
  }

  async #end(log: WriteStream): Promise<string> {
    const words = await once(this.#process, 'close').then(
      ([code, signal]) => (signal ? `was ended by ${signal}` : `ended with code ${code}`),
      (error: Error) => `could not be started (${error.message})`,
    )
    forgetProcess(this.#run, this.program.name)
    log.end()
    return words
  }

  async #becomeReady(): Promise<Readonly<Record<string, unknown>>> {
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
    this.#process.on('message', (message: { type?: string }) => {
      if (message.type !== 'ready') return
      this.#isReady = true
      resolve({ ...message })
    })
    const tooLong = systemClock.after(readyMs, () =>
      reject(this.#notStarted(`was not ready in ${readyMs} ms`)),
    )
    this.ended.then((words) => reject(this.#notStarted(words)))
    return promise.finally(() => tooLong.cancel())
  }

  #notStarted(words: string): OperatingError {
    return new OperatingError({
      code: 'program-not-started',
      message: [`The ${this.program.title} ${words}.`, ...this.#lastWords].join('\n  '),
      advice: `Its log says more: ${this.program.name}.log in the data folder's log/.`,
    })
  }
}

function logFile(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true })
  return createWriteStream(path, { flags: 'a' })
}

function logLineOf(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line)
    return typeof parsed === 'object' && typeof parsed?.time === 'number' ? parsed : undefined
  } catch {
    return undefined
  }
}
