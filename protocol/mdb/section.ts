// What a table of the standard is made of: a section is one kind of peripheral, with each of its commands and
// each thing it can say. The tables are cashless.ts and coin-changer.ts; codec.ts reads and writes by them.
import type { Fields, ValuesOf } from './fields.ts'

interface Row {
  readonly fields: Fields
  /** First level that has it. */
  readonly level: 1 | 2 | 3
  /** Where it stands in MDB 4.2. */
  readonly clause: string
  readonly about: string
  /** What our programs do about it; for the documents. */
  readonly support: Support
}

/**
 * `yes`: acted upon, or said when there is reason to. `harmless`: understood, answered so that the machine
 * goes on, nothing else. `codec`: read and written, by no program yet. `no`: refused or never used.
 */
export interface Support {
  readonly how: 'yes' | 'harmless' | 'codec' | 'no'
  readonly why: string
}

export interface CommandRow extends Row {
  /** The three command bits of the address byte, then the sub-command where there is one. */
  readonly code: readonly [number, number?]
  /** An answer that is not a list of messages: its row. */
  readonly answer?: string
  /** The layout without expanded currency is legal with it too. */
  readonly narrowToo?: true
}

export interface AnswerRow extends Row {
  /** The first byte, as far as `mask` goes; none: the whole block, told by the command it answers. */
  readonly code?: number
  readonly mask?: number
}

export interface OptionRow {
  readonly bit: number
  readonly about: string
  readonly support: Support
}

export interface Section<
  C extends Readonly<Record<string, CommandRow>> = Readonly<Record<string, CommandRow>>,
  A extends Readonly<Record<string, AnswerRow>> = Readonly<Record<string, AnswerRow>>,
> {
  readonly title: string
  readonly addresses: readonly number[]
  readonly commands: C
  readonly answers: A
  readonly options: readonly OptionRow[]
}

type MessageOf<Rows extends Readonly<Record<string, Row>>> = {
  [N in keyof Rows]: { readonly name: N } & ValuesOf<Rows[N]['fields']>
}[keyof Rows]

export type CommandOf<S extends Section> = MessageOf<S['commands']>
export type AnswerOf<S extends Section> = MessageOf<S['answers']>

export const yes = (why = ''): Support => ({ how: 'yes', why })
export const harmless = (why: string): Support => ({ how: 'harmless', why })
export const codecOnly = (why: string): Support => ({ how: 'codec', why })
export const no = (why: string): Support => ({ how: 'no', why })
