// One command of a program (open an account, admit a machine), run to its end: what a person would type.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Program } from './child-program.ts'

const limitMs = 20_000

/**
 * @param typed a line on its standard input
 * @returns what it printed. Rejects with an OperatingError that repeats its own words when it fails.
 */
export function runCommand(
  program: Program,
  root: string,
  words: readonly string[],
  typed = '',
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = execFile(
    process.execPath,
    [join(root, program.script), ...words, ...program.arguments],
    { cwd: root, env: { ...process.env, ...program.environment } },
    (cause, stdout, stderr) => {
      tooLong.cancel()
      if (cause)
        reject(commandFailed(`${program.title} ${words.join(' ')}`, stderr.trim() || cause.message, cause))
      else resolve(stdout)
    },
  )
  child.stdin?.on('error', () => {}).end(`${typed}\n`)
  const tooLong = systemClock.after(limitMs, () => child.kill('SIGKILL'))
  return promise
}

function commandFailed(command: string, words: string, cause: unknown): OperatingError {
  return new OperatingError({
    code: 'command-failed',
    message: `${command}: ${words}`,
    advice: 'The log of that program in the data folder says more.',
    cause,
  })
}
