// The one queue in front of the books. No timer gathers a batch: when no commit is in flight what waits is
// decided and committed, once a turn of the event loop brings no more of it; what comes meanwhile is the
// next batch. An answer leaves only after its commit.

import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { allOf, Books, type Change, type Rows } from './books/books.ts'
import type { Answer, CodeText, Command, Decision, Desk, News } from './books/commands.ts'
import { decide, wantsOf } from './books/decide.ts'
import type { Figures } from './figures.ts'
import type { CentreStore } from './store/port.ts'

const largestBatch = 256
/** A batch waits for no more of them, whatever each still brings: about 2 ms of work. */
const mostTurns = 8
/** What one batch may be repeated for: a lock that was held, a row that another process wrote first. */
const mostRepeats = 20
const repeatable: ReadonlySet<string> = new Set(['database-busy', 'duplicate-row'])

interface Waiting {
  readonly command: Command
  resolve(answer: Answer): void
  reject(error: unknown): void
}

type Decided = { readonly decision: Decision } | { readonly error: unknown }

interface Committed {
  readonly decided: readonly Decided[]
  /** As they were before. */
  readonly rows: Rows
}

export interface EngineParts extends Omit<Desk, 'now'> {
  readonly store: CentreStore
  readonly clock: Clock
  readonly longestQueue: number
  /** Told after the commit; must not throw. */
  readonly tell: (news: News) => void
  readonly sendText: (text: CodeText) => void
  /** Resolves when the process has read what had come in by now. */
  readonly nextTurn: () => Promise<void>
}

export class Engine {
  readonly #parts: EngineParts
  readonly #queue: Waiting[] = []
  #running: Promise<void> | undefined
  #figures: Figures | undefined

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  /** What is committed from now on is counted there. */
  countIn(figures: Figures): void {
    this.#figures = figures
  }

  /**
   * @returns the answer, committed
   * @throws OperatingError: nothing is known to be applied; the same command may be submitted again
   */
  submit(command: Command): Promise<Answer> {
    if (this.#queue.length >= this.#parts.longestQueue) return Promise.reject(queueFull())
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      await this.#batch(this.#queue.splice(0, largestBatch))
    }
    this.#running = undefined
  }

  /** A client's requests come in bursts, of which one turn reads a few. */
  async #gather(): Promise<void> {
    let before = 0
    for (let turn = 0; turn < mostTurns && before < this.#queue.length; turn++) {
      before = this.#queue.length
      await this.#parts.nextTurn()
    }
  }

  async #batch(batch: readonly Waiting[]): Promise<void> {
    let isCommitted = false
    try {
      const began = this.#parts.clock.monotonic()
      const { decided, rows } = await this.#commit(batch.map(({ command }) => command))
      isCommitted = true
      this.#figures?.committed(rows, decided.map(changeOf), this.#parts.clock.monotonic() - began)
      for (const [index, waiting] of batch.entries()) {
        const one = decided[index]
        if (!one || 'error' in one) waiting.reject(one?.error)
        else this.#release(waiting, one.decision)
      }
    } catch (error) {
      // What cannot be read or written costs itself, and not those that came in the same burst.
      const isForGood = !isCommitted && !(error instanceof OperatingError && error.retry)
      if (isForGood && batch.length > 1) for (const each of batch) await this.#batch([each])
      else for (const waiting of batch) waiting.reject(error)
    }
  }

  async #commit(commands: readonly Command[]): Promise<Committed> {
    const { store, clock, secrets } = this.#parts
    for (let repeat = 0; ; repeat++) {
      const desk: Desk = { ...this.#parts, now: clock.now() }
      try {
        return await store.commitBatch(wantsOf(commands, desk.now, secrets), (rows) => {
          const books = Books.of(rows)
          const decided = commands.map((command) => decidedOn(books, command, desk))
          const result = { decided, rows }
          return { result, change: allOf(decided.map(changeOf)) }
        })
      } catch (error) {
        const again = error instanceof OperatingError && repeatable.has(error.code) && repeat < mostRepeats
        if (!again) throw error
      }
    }
  }

  #release(waiting: Waiting, { answer, news = [], text }: Decision): void {
    for (const line of news) this.#parts.tell(line)
    if (text) this.#parts.sendText(text)
    waiting.resolve(answer)
  }
}

function changeOf(one: Decided): Change {
  return 'error' in one ? {} : (one.decision.change ?? {})
}

/** One bad command costs itself: deciding changes nothing, so the others of the batch go on. */
function decidedOn(books: Books, command: Command, desk: Desk): Decided {
  let decision: Decision
  try {
    decision = decide(books, command, desk)
  } catch (error) {
    return { error }
  }
  books.apply(decision.change ?? {})
  return { decision }
}

function queueFull(): OperatingError {
  return new OperatingError({
    code: 'queue-full',
    message: 'More requests wait than the payment centre takes at once.',
    advice: 'Repeat the same request, with the same key, in a moment.',
    retry: true,
  })
}
