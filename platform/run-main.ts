// The life of a program's process: command line in, exit code out, errors in words, an orderly stop when
// asked for one. Exit codes: 0 done or stopped, 1 an operating error or a broken invariant, 2 a command line
// not understood.
import { once } from 'node:events'
import { type CommandLine, type Flags, helpText, type Line, readCommandLine } from './command-line.ts'
import { OperatingError } from './operating-error.ts'
import { redactedText } from './redaction.ts'
import { systemClock } from './system-clock.ts'

/** What a program that stays gives back once it is ready to serve. */
export interface Running {
  /** Said to the parent process over its channel, if there is one: `{ type: 'ready', ...ready }`. */
  readonly ready?: Readonly<Record<string, unknown>>
  /** Resolves when the program has had enough by itself; it is then stopped like any other. */
  readonly over?: Promise<unknown>
  stop(): Promise<void>
}

/** A terminal's Ctrl-C comes twice where npm passes it on: within this (ms) the second is the same key. */
const sameKeyMs = 1000

/** Longer than this (ms) from being asked to being gone is not an orderly stop. */
const stopMs = 10_000

/**
 * Runs a program. Without a `Running` it is over when `main` is.
 *
 * A stop is asked for by SIGINT, by SIGTERM, or by the parent going away (its channel closes, so that the
 * children of a killed supervisor do not stay behind). Asked once, the program stops in order; asked again,
 * at once.
 * @param main `stopping` is aborted when a stop is asked for, for a start that waits for others
 */
export async function runMain<F extends Flags>(
  description: CommandLine<F>,
  main: (line: Line<F>, stopping: AbortSignal) => Promise<Running | undefined> | Promise<void>,
): Promise<void> {
  process.on('uncaughtException', (error) => leave(error))
  process.on('unhandledRejection', (error) => leave(error))
  try {
    const line = readCommandLine(description, process.argv.slice(2))
    if (line === 'help') {
      console.log(helpText(description))
      return process.exit(0)
    }
    const { stopping, ask } = stopAsked(description.program)
    const running = await main(line, stopping)
    if (!running) return process.exit(process.exitCode ?? 0)
    if (process.connected) process.send?.({ type: 'ready', ...running.ready })
    running.over?.then(() => stopping.aborted || ask())
    if (!stopping.aborted) await once(stopping, 'abort')
    await running.stop()
    process.exit(0)
  } catch (error) {
    leave(error)
  }
}

function stopAsked(program: string): { stopping: AbortSignal; ask: () => void } {
  const stop = new AbortController()
  let askedAt = 0
  const ask = (signal?: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      if (signal === 'SIGINT' && systemClock.monotonic() - askedAt < sameKeyMs) return
      process.exit(130)
    }
    askedAt = systemClock.monotonic()
    stop.abort()
    systemClock.after(stopMs, () => leave(new Error(`${program} did not stop within ${stopMs} ms`)))
  }
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  process.once('disconnect', () => ask())
  const parentIsGone = process.send !== undefined && !process.connected
  if (parentIsGone) ask()
  return { stopping: stop.signal, ask: () => ask() }
}

function leave(error: unknown): never {
  console.error(errorText(error))
  process.exit(error instanceof OperatingError && error.code === 'usage' ? 2 : 1)
}

/** What happened, what to do: two lines. Anything unforeseen comes with its stack. */
export function errorText(error: unknown): string {
  if (error instanceof OperatingError) return redactedText(`${error.message}\n${error.advice}`)
  return redactedText(error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`)
}
