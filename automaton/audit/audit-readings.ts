// The readings of a machine's audit data: when due or asked for, one at a time, tried again when they fail.
// What was read becomes words of the journal, which are sent until the server has them. No sale waits for a
// reading, and none is disturbed by one; what was sold meanwhile is counted, because nobody can know
// whether the machine had counted it yet.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { Word } from '../journal/port.ts'
import { auditWords, type ReadingFacts } from './audit-words.ts'
import type { AuditSource } from './port.ts'
import { type AuditSchedule, untilNextReading } from './schedule.ts'

export interface AuditReadingsParts {
  readonly source: AuditSource
  readonly schedule: AuditSchedule
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly boot: number
  /** Which cashless device of the machine we are. */
  readonly reader: ReadingFacts['reader'] | undefined
  /** A sale is in hand. */
  readonly selling: () => boolean
  /** How many notices this process has counted. */
  readonly notices: () => number
  /** Journals and sends them, once it can. */
  readonly keep: (words: readonly Word[]) => void
  /** For the operator, in words. */
  readonly failed: (why: string) => void
}

const againAfterMs = 300_000
const mostTries = 3

export class AuditReadings {
  readonly #parts: AuditReadingsParts
  #timer: Timer | undefined
  #isReading = false
  #stopped = false
  #soldMeanwhile = 0

  constructor(parts: AuditReadingsParts) {
    this.#parts = parts
  }

  start(): void {
    this.#wait(true)
  }

  /** Now, unless one is under way: that one is as good. */
  request(): void {
    if (!this.#isReading && !this.#stopped) void this.#read(1)
  }

  /** A sale ended, by phone or for cash. */
  sold(): void {
    this.#soldMeanwhile++
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#parts.source.stop()
  }

  #wait(isFirst: boolean): void {
    const { schedule, clock } = this.#parts
    this.#timer?.cancel()
    this.#timer = clock.after(untilNextReading(schedule, clock.now(), isFirst), () => this.request())
  }

  async #read(tries: number): Promise<void> {
    const { source, clock, log, failed } = this.#parts
    this.#isReading = true
    this.#timer?.cancel()
    this.#soldMeanwhile = 0
    const from = clock.now()
    const file = await source.read()
    this.#isReading = false
    if (this.#stopped) return
    if (file.ok) {
      log.info({ bytes: file.text.length, from: file.from }, "the machine's audit data is read")
      this.#keep(file.text, from)
      this.#wait(false)
      return
    }
    log.warn({ why: file.why, tries }, "the machine's audit data could not be read")
    failed(file.why)
    if (tries >= mostTries) this.#wait(false)
    else this.#timer = clock.after(againAfterMs, () => void this.#read(tries + 1))
  }

  #keep(text: string, from: number): void {
    const { source, clock, random, boot, reader, selling, notices, keep } = this.#parts
    const facts: ReadingFacts = {
      readingId: uuidFrom(random),
      boot,
      from,
      at: clock.now(),
      source: source.source,
      ...(reader && { reader }),
      vendsMeanwhile: this.#soldMeanwhile + (selling() ? 1 : 0),
      notices: notices(),
    }
    keep(auditWords(text, facts))
  }
}
