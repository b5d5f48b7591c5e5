// A program that is started again whenever it ends without being asked to. The programs are built to be
// killed at any moment; here they are brought back.
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Timer } from '@concilia/protocol/clock.ts'
import { ChildProgram, type LogLine, type Program } from './child-program.ts'
import type { Places } from './places.ts'

/** Pause before a program that ended is started again (ms), so that one that cannot start does not spin. */
const pauseMs = 500

export interface Hearing {
  readonly line: (program: Program, line: LogLine) => void
  /** Something a person should know: it ended, it is back, it cannot start. */
  readonly news: (words: string) => void
}

export class SupervisedProgram {
  readonly program: Program
  readonly #places: Places
  readonly #hearing: Hearing
  readonly #furnish: (child: ChildProgram) => Promise<void>
  #child: ChildProgram | undefined
  #again: Timer | undefined
  #stopped = false

  /** @param furnish what has to be told to the program after each start, once it is ready */
  constructor(
    program: Program,
    places: Places,
    hearing: Hearing,
    furnish: (child: ChildProgram) => Promise<void> = async () => {},
  ) {
    this.program = program
    this.#places = places
    this.#hearing = hearing
    this.#furnish = furnish
  }

  /** Resolves when it is ready; rejects with an OperatingError when this start fails. Also after `stop`. */
  async start(): Promise<void> {
    this.#stopped = false
    const child = new ChildProgram(this.program, this.#places, (line) =>
      this.#hearing.line(this.program, line),
    )
    this.#child = child
    try {
      await child.ready
      await this.#furnish(child)
    } catch (error) {
      await child.stop()
      throw error
    }
    child.ended.then((words) => this.#comeBack(words))
  }

  /** As a power cut would, for one program: SIGKILL. */
  kill(): void {
    this.#child?.process.kill('SIGKILL')
  }

  /** Takes the program out of time until `resume`: it holds its connections and answers nobody. */
  pause(): void {
    this.#child?.process.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.process.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#again?.cancel()
    this.resume()
    await this.#child?.stop()
  }

  #comeBack(words: string): void {
    if (this.#stopped) return
    this.#hearing.news(`the ${this.program.title} ${words}; starting it again`)
    this.#again = systemClock.after(pauseMs, () => {
      this.start().then(
        () => this.#hearing.news(`the ${this.program.title} is back`),
        (error: Error) => this.#comeBack(`cannot start (${error.message})`),
      )
    })
  }
}
