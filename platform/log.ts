// The log of a program: one JSON object a line on a pipe, one readable line on a terminal. Nobody's telephone
// number and no secret gets out, whatever a caller passes in (redaction.ts).
import pino from 'pino'
import { redactedText, redactedValue } from './redaction.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** `fields` first, words last. An error goes in as `{ err }`. */
interface Write {
  (fields: object, words: string): void
  (words: string): void
}

export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** A log whose every line also carries `fields`. */
  child(fields: Record<string, unknown>): Log
}

export interface LogSettings {
  readonly level?: Level
  /** Lines for people; by default only when they go to a terminal. */
  readonly readable?: boolean
  /** Where lines go; by default standard output. */
  readonly write?: (line: string) => void
}

export function makeLog(program: string, settings: LogSettings = {}): Log {
  const write = settings.write ?? standardOutput()
  const readable = settings.readable ?? (settings.write === undefined && process.stdout.isTTY)
  const logger = pino(
    {
      level: settings.level ?? 'info',
      base: { program },
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactedValue(fields) as Record<string, unknown>,
      },
      hooks: {
        logMethod([first, words], method) {
          if (typeof first === 'string') method.call(this, redactedText(first))
          else method.call(this, first instanceof Error ? { err: first } : first, redactedText(String(words)))
        },
      },
    },
    { write: (line) => write(readable ? readableLine(line) : line) },
  )
  return guarded(logger)
}

/** A child's own fields pass none of pino's hooks, so they are made safe here. */
function guarded(logger: pino.Logger): Log {
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    child: (fields) => guarded(logger.child(redactedValue(fields) as Record<string, unknown>)),
  }
}

/**
 * What is said in one turn of the process goes out in one write at its end: a sale is some twenty lines, and
 * a write of each wakes whoever reads. A reader that went away (a killed supervisor) must not take the
 * program with it.
 */
function standardOutput(): (line: string) => void {
  process.stdout.on('error', () => {})
  let said = ''
  const flush = () => {
    if (said !== '') process.stdout.write(said)
    said = ''
  }
  process.once('exit', flush)
  return (line) => {
    if (said === '') setImmediate(flush)
    said += line
  }
}

/**
 * `12:00:01.234 warn automaton the line went away machine=4021`, with a stack, if any, on its own lines.
 */
export function readableLine(json: string): string {
  const { time, level, program, msg, err, ...fields } = JSON.parse(json)
  const rest = Object.entries(fields).map(([name, value]) => `  ${name}=${plain(value)}`)
  const head = `${timeOfDay(time)} ${level.padEnd(5)} ${program}  ${msg ?? ''}${rest.join('')}`
  const error =
    err === undefined ? '' : `\n    ${err.stack || `${err.code}: ${err.message} ${err.advice ?? ''}`}`
  return `${head}${error}\n`
}

/** `12:00:01.234`, local time. */
export function timeOfDay(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const millis = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
