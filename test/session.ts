// npm start as a process of its own, worked as a person would: lines in, lines out.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../simulator/start/main.ts')

export class Session {
  readonly lines: string[] = []
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #waiting: (() => void)[] = []

  constructor(...words: string[]) {
    this.#child = spawn(process.execPath, [main, ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
    const closed = once(this.#child, 'close')
    this.ended = closed.then(([code]) => code)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
    closed.then(() => this.#hear('(the program has ended)'))
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** What the first group of the pattern caught, in any line so far or to come. */
  shows(pattern: RegExp): Promise<string> {
    return this.showsAfter(0, pattern)
  }

  async showsAfter(line: number, pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines
        .slice(line)
        .map((text) => pattern.exec(text))
        .find((match) => match)
      if (found) return found[1] ?? found[0]
      if (this.lines.at(-1) === '(the program has ended)') {
        throw new Error(`${pattern} was not shown:\n${this.lines.join('\n')}`)
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #hear(line: string): void {
    this.lines.push(line)
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
