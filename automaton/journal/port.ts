// The journal port: the automaton's durable memory, synchronous, one commit for everything that belongs
// together (rules 9, 11, 12). The promise about a sale - to deliver it, or never to - is one row with a
// unique sale id: whichever is written first is the only one. Sequence numbers are given here and never reset
// within a journal.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { InstructionAnswer, NumberedMessage } from '@concilia/protocol/messages.ts'
import type { Money } from '@concilia/protocol/money.ts'
import type { Held } from '../sale-events.ts'

/** A chart's snapshot as it is stored, with the version of the chart that wrote it. */
export interface StoredSnapshot {
  readonly chartVersion: number
  readonly json: string
}

/** The terms of an offer, against which an acknowledgement is checked. */
export interface SaleTerms {
  readonly saleId: string
  readonly offerHash: string
  readonly price: Money
}

/** A word about a sale, or of a reading of audit data, before the journal has numbered it. */
export type Word = Unnumbered<NumberedMessage>
type Unnumbered<T> = T extends { kind: 'gone' } ? never : Omit<T, 'journalId' | 'seq'>

/** The last word of a sale. */
export const endsSale = (kind: Word['kind']): boolean => kind === 'withdrawal' || kind === 'outcome'

/** A numbered word: the exact bytes that are published, the same at every repeat. */
export interface OutboxRow {
  readonly seq: number
  /** Empty for a word that is about no sale. */
  readonly saleId: string
  readonly kind: Word['kind']
  readonly text: string
}

/** One commit: all of it or nothing. */
export interface Change {
  /** Epoch ms, for keeping and pruning. */
  readonly at: number
  /** What caused it, as plain JSON. */
  readonly event: { readonly type: string }
  readonly snapshot: StoredSnapshot
  readonly offers: readonly SaleTerms[]
  readonly promises: readonly { readonly saleId: string; readonly promise: 'deliver' | 'withdraw' }[]
  readonly words: readonly Word[]
  readonly answers: readonly InstructionAnswer[]
}

/** A configuration that the server gave and that is in force, as its exact text. */
export interface KeptConfiguration {
  readonly version: number
  readonly hash: string
  readonly text: string
}

/** What the server has: everything up to `upTo`, and these beyond it. */
export interface Marks {
  readonly upTo: number
  readonly beyond: readonly number[]
}

export interface Journal {
  readonly journalId: string
  /** Rises by one with each opening. */
  readonly boot: number
  /** Highest number given; 0 in a new journal. */
  readonly lastSeq: number
  readonly snapshot: StoredSnapshot | undefined
  /**
   * Writes the change through to the disk.
   * @returns the words with their numbers, in the order given
   * @throws JournalError when nothing of it was written; any other error is a broken invariant
   */
  commit(change: Change): OutboxRow[]
  /**
   * Numbers words that belong to no step of the sale, written through to the disk, all or none.
   * @throws JournalError
   */
  addWords(words: readonly Word[], at: number): OutboxRow[]
  /** Numbers that the server has; others stay as they are. @throws JournalError */
  markStored(marks: Marks): void
  /** The last one kept. */
  readonly configuration: KeptConfiguration | undefined
  /** Written through to the disk, in place of the one before. @throws JournalError */
  keepConfiguration(configuration: KeptConfiguration, at: number): void
  /**
   * What a machine's own controller knows of its coins and its vend, as its exact text; undefined where there
   * is none.
   */
  readonly till: string | undefined
  /** Written through to the disk with what caused it, in place of the one before. @throws JournalError */
  keepTill(till: string, events: readonly Change['event'][], at: number): void
  held(saleId: string): Held
  terms(saleId: string): SaleTerms | undefined
  /** Sales whose offer is neither withdrawn nor concluded; oldest first. At most one in a sound journal. */
  unfinished(): SaleTerms[]
  answer(instructionId: string): InstructionAnswer | undefined
  /** Numbers not marked stored, rising. */
  unstored(): number[]
  /** Undefined for a number no longer kept. */
  row(seq: number): OutboxRow | undefined
  /** The withdrawal or outcome of a sale, if one was said. */
  lastWord(saleId: string): OutboxRow | undefined
  /** What the rows take up on the disk; what was freed is not counted. */
  readonly bytes: number
  /**
   * Forgets what is older than `before` (epoch ms) and, while more than `largestBytes` are taken up, what is
   * oldest. A sale goes as a whole, and only when it is finished and its words are stored at the server.
   * @returns how many rows went @throws JournalError
   */
  prune(before: number, largestBytes: number): number
  close(): void
}

/**
 * Nothing was written: the disk is full, gone or read-only. The automaton offers and delivers nothing until a
 * commit works.
 */
export class JournalError extends OperatingError {
  constructor(cause: unknown) {
    super({
      code: 'journal-failed',
      message: 'The journal cannot be written; phone payment is closed until it can.',
      advice: 'See that the disk of the journal has room, is writable and is healthy.',
      retry: true,
      cause,
    })
    this.name = 'JournalError'
  }
}

/** By size, so many of the oldest events go at a time, with all that is as old as they are. */
export function eventsInOnePruning(events: number): number {
  return Math.max(64, Math.ceil(events / 8))
}

/** A word under its number, as the bytes that travel. */
export function numbered(word: Word, journalId: string, seq: number): OutboxRow {
  const message: NumberedMessage = { journalId, seq, ...word }
  const saleId = 'saleId' in word ? word.saleId : ''
  return { seq, saleId, kind: word.kind, text: JSON.stringify(message) }
}
