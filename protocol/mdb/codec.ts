// The one encoder and the one decoder of MDB blocks, for every table of the standard. Reading is total: any
// bus bytes give a typed message or a typed error. It keeps no state; when a block ends is the receiver's
// business, who finds help in `blockLength`.
import {
  addressOf,
  answerBlock,
  type BusByte,
  checksum,
  commandBlock,
  controlOf,
  dataOf,
  isMarked,
  longestBlock,
} from './bus.ts'
import type { Dialect, Fields } from './fields.ts'
import type { AnswerOf, AnswerRow, CommandOf, CommandRow, Section } from './section.ts'

/**
 * `mode`: a mode bit where none belongs, or none where one does. `address`: for another peripheral.
 * `unknown`: no such command or message. `layout`: known, but its fields do not read.
 */
export type BlockError = 'empty' | 'tooLong' | 'mode' | 'address' | 'checksum' | 'unknown' | 'layout'
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: BlockError }

export type Answer<S extends Section> = 'ack' | 'nak' | readonly AnswerOf<S>[]

export const plainDialect: Dialect = { level: 1, expanded: false, displayBytes: 0 }

/** @throws RangeError when a value does not fit its field: that is a mistake of ours, never of the bus */
export function writeCommand<S extends Section>(
  section: S,
  address: number,
  command: CommandOf<S>,
  dialect: Dialect,
): BusByte[] {
  const row = section.commands[String(command.name)]
  if (!row || !section.addresses.includes(address)) throw new RangeError(`no command ${String(command.name)}`)
  const [low, sub] = row.code
  const { bytes } = writeFields(row.fields, command, dialect)
  return whole(commandBlock([address | low, ...(sub === undefined ? [] : [sub]), ...bytes]))
}

/** One block of one or more messages. @throws RangeError as above, or when they are longer than a block */
export function writeAnswer<S extends Section>(
  section: S,
  messages: readonly AnswerOf<S>[],
  dialect: Dialect,
): BusByte[] {
  return whole(answerBlock(messages.flatMap((message) => writeMessage(section, message, dialect))))
}

/** Bytes of one message of an answer, without a checksum. */
export function writeMessage<S extends Section>(
  section: S,
  message: AnswerOf<S>,
  dialect: Dialect,
): number[] {
  const row = section.answers[String(message.name)]
  if (!row) throw new RangeError(`no answer ${String(message.name)}`)
  const { bytes, lead } = writeFields(row.fields, message, dialect)
  return row.code === undefined ? bytes : [row.code | lead, ...bytes]
}

export function readCommand<S extends Section>(
  section: S,
  block: readonly BusByte[],
  dialect: Dialect,
): Read<{ address: number; command: CommandOf<S> }> {
  const broken = brokenBlock(block, (at) => at === 0)
  if (broken) return { ok: false, error: broken }
  const data = block.slice(0, -1).map(dataOf)
  const address = addressOf(block[0] ?? 0)
  if (!section.addresses.includes(address)) return { ok: false, error: 'address' }
  const found = commandRow(section, data)
  if (found === undefined || found === 'more') return { ok: false, error: 'unknown' }
  const [name, row] = found
  const body = data.slice(row.code.length)
  const values =
    readWhole(row.fields, body, 0, dialect) ??
    (row.narrowToo && readWhole(row.fields, body, 0, { ...dialect, expanded: false }))
  if (!values) return { ok: false, error: 'layout' }
  return { ok: true, value: { address, command: { name, ...values } as CommandOf<S> } }
}

/** @param to the command that it answers, which tells some layouts */
export function readAnswer<S extends Section>(
  section: S,
  to: keyof S['commands'],
  block: readonly BusByte[],
  dialect: Dialect,
): Read<Answer<S>> {
  const [first = 0] = block
  if (block.length === 1 && isMarked(first)) {
    const control = controlOf(first)
    return control === 'ack' || control === 'nak'
      ? { ok: true, value: control }
      : { ok: false, error: 'unknown' }
  }
  const broken = brokenBlock(block, (at) => at === block.length - 1)
  if (broken) return { ok: false, error: broken }
  const data = block.slice(0, -1).map(dataOf)
  const only = section.commands[String(to)]?.answer
  if (only === undefined) return readMessages(section, data, dialect)
  const values = readWhole(section.answers[only]?.fields ?? {}, data, 0, dialect)
  return values
    ? { ok: true, value: [{ name: only, ...values } as AnswerOf<S>] }
    : { ok: false, error: 'layout' }
}

/**
 * How long the block will be that begins so, with its checksum. `open`: only the line's silence ends it.
 * `more`: not to be told yet.
 */
export function blockLength(
  section: Section,
  begun: readonly BusByte[],
  dialect: Dialect,
): number | 'open' | 'more' {
  const found = begun.length === 0 ? 'more' : commandRow(section, begun.map(dataOf))
  if (found === 'more') return 'more'
  if (!found) return 'open'
  const [, row] = found
  let length = row.code.length + 1
  for (const name in row.fields) {
    const size = row.fields[name]?.size(dialect)
    if (size === undefined) return 'open'
    length += size
  }
  return length
}

function whole(block: BusByte[]): BusByte[] {
  if (block.length > longestBlock) throw new RangeError(`a block of ${block.length} bytes`)
  return block
}

function brokenBlock(block: readonly BusByte[], markedAt: (at: number) => boolean): BlockError | undefined {
  if (block.length === 0) return 'empty'
  if (block.length > longestBlock) return 'tooLong'
  if (block.some((byte, at) => isMarked(byte) !== markedAt(at))) return 'mode'
  if (block.length === 1 || checksum(block.slice(0, -1)) !== dataOf(block.at(-1) ?? 0)) return 'checksum'
  return undefined
}

function commandRow(section: Section, data: readonly number[]): [string, CommandRow] | undefined | 'more' {
  const [first = 0, second] = data
  const rows = rowsOf(section)[first & 7] ?? []
  const alone = rows.find(([, { code }]) => code[1] === undefined)
  if (alone) return alone
  if (rows.length > 0 && second === undefined) return 'more'
  return rows.find(([, { code }]) => code[1] === second)
}

const rowsBySection = new WeakMap<Section, [string, CommandRow][][]>()

/** A section's commands by the three bits they begin with: each byte of a command asks for them. */
function rowsOf(section: Section): [string, CommandRow][][] {
  let rows = rowsBySection.get(section)
  if (!rows) {
    const all = Object.entries(section.commands)
    rows = Array.from({ length: 8 }, (_, bits) => all.filter(([, { code }]) => code[0] === bits))
    rowsBySection.set(section, rows)
  }
  return rows
}

function readMessages<S extends Section>(
  section: S,
  data: readonly number[],
  dialect: Dialect,
): Read<readonly AnswerOf<S>[]> {
  const messages: AnswerOf<S>[] = []
  for (let at = 0; at < data.length; ) {
    const lead = data[at] ?? 0
    const found = Object.entries(section.answers).find(([, row]) => begins(row, lead))
    if (!found) return { ok: false, error: 'unknown' }
    const [name, { fields }] = found
    const read = readFields(fields, data, at + 1, lead, dialect)
    if (!read) return { ok: false, error: 'layout' }
    messages.push({ name, ...read.values } as AnswerOf<S>)
    at = read.end
  }
  return { ok: true, value: messages }
}

function begins({ code, mask = 0xff }: AnswerRow, lead: number): boolean {
  return code !== undefined && (lead & mask) === code
}

function readWhole(fields: Fields, data: readonly number[], lead: number, dialect: Dialect) {
  const read = readFields(fields, data, 0, lead, dialect)
  return read?.end === data.length ? read.values : undefined
}

function readFields(fields: Fields, data: readonly number[], start: number, lead: number, dialect: Dialect) {
  const values: Record<string, unknown> = {}
  let at = start
  for (const [name, field] of Object.entries(fields)) {
    const end = at + (field.size(dialect) ?? data.length - at)
    const value = end <= data.length ? field.read(data.slice(at, end), lead, dialect) : undefined
    if (value === undefined) return undefined
    values[name] = value
    at = end
  }
  return { values, end: at }
}

function writeFields(fields: Fields, message: object, dialect: Dialect): { bytes: number[]; lead: number } {
  const bytes: number[] = []
  let lead = 0
  for (const [name, field] of Object.entries(fields)) {
    const written = field.write(Reflect.get(message, name), dialect)
    bytes.push(...written.bytes)
    lead |= written.lead ?? 0
  }
  return { bytes, lead }
}
