// One of the technician's programs as a test runs it: what it says, line by line, and how it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type ToolName = 'vmc' | 'bus' | 'changer'
export type StartedTool = ReturnType<typeof startedTool>

/** @param undo gets what ends it, if it has not ended by itself */
export function startedTool(undo: (() => unknown)[], name: ToolName, words: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let wake = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      wake()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  ended.then(() => wake())
  undo.push(() => child.kill() && ended)
  const shows = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.map((line) => pattern.exec(line)).find((match) => match)
      if (found) return found[1] ?? found[0]
      if (child.exitCode !== null) throw new Error(`${name} ended without ${pattern}: ${lines.join('\n')}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { lines, ended, shows, type: (line: string) => child.stdin?.write(`${line}\n`) }
}
