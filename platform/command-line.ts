// Reading a command line by a description that also writes `--help`. Pure: no process, no exit (run-main.ts
// does that).
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearestWord } from './nearest-word.ts'
import { OperatingError } from './operating-error.ts'

/** With `value`, the flag takes one, named so in the help; without, it is a switch. */
export interface Flag {
  readonly value?: string
  readonly says: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface CommandLine<F extends Flags = Flags> {
  readonly program: string
  /** One sentence: what the program is. */
  readonly summary: string
  /** What to type, one line each. */
  readonly usage: readonly string[]
  readonly flags: F
  /** Commands of one or two words (`account open`) with what they do. Without any, the program takes none. */
  readonly commands?: Readonly<Record<string, string>>
  /** What else --help should say, at its end. */
  readonly notes?: string
  /** The commands that more words may follow. */
  readonly operands?: readonly string[]
}

export interface Line<F extends Flags = Flags> {
  /** Empty when none was given. */
  readonly command: string
  readonly flags: {
    readonly [Name in keyof F]: F[Name] extends { value: string } ? string | undefined : boolean
  }
  readonly operands: readonly string[]
}

const help: Flag = { says: 'this text' }

/** @throws OperatingError `usage` for anything that the description does not know */
export function readCommandLine<F extends Flags>(
  description: CommandLine<F>,
  words: string[],
): Line<F> | 'help' {
  const flags: Flags = { ...description.flags, help }
  const options: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }]),
  )
  const { values, tokens, positionals } = parseArgs({
    args: words,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  if (values.help === true) return 'help'
  for (const token of tokens) if (token.kind === 'option') checkFlag(description, flags, token)
  const { command, operands } = commandIn(description, positionals)
  const read = Object.entries(description.flags).map(([name, { value }]) => [
    name,
    value ? values[name] : values[name] === true,
  ])
  return { command, operands, flags: Object.fromEntries(read) }
}

interface FlagToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkFlag(description: CommandLine, flags: Flags, token: FlagToken): void {
  const { name, rawName: raw, value } = token
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) {
    const nearest = nearestWord(name, Object.keys(flags))
    throw usageError(description, `unknown flag ${raw}${nearest ? `; did you mean --${nearest}?` : ''}`)
  }
  const nextFlag = value?.startsWith('--') && !token.inlineValue
  if (flag.value && (!value || nextFlag))
    throw usageError(description, `${raw} needs a value: ${raw} ${flag.value}`)
  if (!flag.value && value !== undefined) throw usageError(description, `${raw} takes no value`)
}

function commandIn(description: CommandLine, words: readonly string[]) {
  const known = Object.keys(description.commands ?? {})
  const command = [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => known.includes(name)) ?? ''
  const operands = words.slice(command ? command.split(' ').length : 0)
  if (operands.length === 0 || description.operands?.includes(command)) return { command, operands }
  if (command || known.length === 0) throw usageError(description, `unexpected: ${operands.join(' ')}`)
  const typed = words.join(' ')
  const nearest = nearestWord(typed, known)
  throw usageError(description, `unknown command ${typed}${nearest ? `; did you mean ${nearest}?` : ''}`)
}

/** For what only the program can judge: `--config` is needed for this command, and the like. */
export function usageError(description: Pick<CommandLine, 'program'>, message: string): OperatingError {
  return new OperatingError({
    code: 'usage',
    message: `${description.program}: ${message}`,
    advice: 'See --help for what there is.',
  })
}

export function helpText(description: CommandLine): string {
  const flags = Object.entries<Flag>({ ...description.flags, help }).map(
    ([name, { value, says }]): Row => [`--${name}${value ? ` ${value}` : ''}`, says],
  )
  const commands = Object.entries(description.commands ?? {})
  return [
    `${description.program}: ${description.summary}`,
    `Usage:\n${description.usage.map((line) => `  ${line}`).join('\n')}`,
    ...(commands.length > 0 ? [`Commands:\n${columns(commands)}`] : []),
    `Flags:\n${columns(flags)}`,
    ...(description.notes ? [description.notes] : []),
  ].join('\n\n')
}

type Row = [string, string]

function columns(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
