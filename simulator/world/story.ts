// The world's diary: one line for each thing that happens, with its virtual time. Kept as a digest (two runs
// of one seed are the same run), printed when somebody wants to read it, and remembered a while so that a
// broken rule comes with what led to it.
import { createHash } from 'node:crypto'
import type { Log } from '@concilia/platform/log.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'

const remembered = 400

export class Story {
  readonly #timeline: Timeline
  readonly #print: ((line: string) => void) | undefined
  readonly #digest = createHash('sha256')
  readonly #last: string[] = []
  #lines = 0

  constructor(timeline: Timeline, print?: (line: string) => void) {
    this.#timeline = timeline
    this.#print = print
  }

  tell(who: string, words: string): void {
    const line = `${clockText(this.#timeline.monotonic())}  ${who.padEnd(18)} ${words}`
    this.#lines++
    this.#digest.update(`${line}\n`)
    this.#last.push(line)
    if (this.#last.length > remembered) this.#last.shift()
    this.#print?.(line)
  }

  /** The log port of a process: what it writes is part of the story. */
  logOf(process: SimulatedProcess): Log {
    const write = (level: string) => (first: object | string, words?: string) => {
      if (!process.alive) return
      const { step, saleId } = typeof first === 'string' ? {} : (first as { step?: string; saleId?: string })
      const prefix = step === undefined ? level : step.padEnd(5)
      const of = saleId === undefined ? '' : ` (sale ${saleId.slice(0, 8)})`
      this.tell(process.name, `${prefix} ${words ?? String(first)}${of}`)
    }
    const log: Log = {
      debug: () => {},
      info: write('info '),
      warn: write('warn '),
      error: write('error'),
      child: () => log,
    }
    return log
  }

  get lines(): number {
    return this.#lines
  }

  /** Of everything told so far. */
  digest(): string {
    return this.#digest.copy().digest('hex').slice(0, 16)
  }

  /** The last lines, oldest first; those that name one of these, when they are given. */
  last(count: number): string[] {
    return this.#last.slice(-count)
  }
}

function clockText(ms: number): string {
  const [minutes, seconds] = [Math.floor(ms / 60_000), (ms % 60_000) / 1000]
  return `${String(minutes).padStart(3, '0')}:${seconds.toFixed(3).padStart(6, '0')}`
}
