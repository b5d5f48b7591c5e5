// Looks for what has fallen due: deadlines of sales and identifications become inputs of the engine, outbox
// rows are performed again. Looks at once when something is known to be due, and once a second for what other
// servers, or a crash, have left behind.

import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { OutboxRow, Store } from '../store/port.ts'
import type { Engine } from './engine.ts'
import { configurationRetryMs, firstPaymentRetryMs, textRetryMs } from './outgoing.ts'
import type { Performer } from './performer.ts'

const lookEveryMs = 1000
const most = 256

export class DueWatch {
  readonly #parts: { store: Store; engine: Engine; performer: Performer; clock: Clock; log: Log }
  readonly #retryMs: Readonly<Record<OutboxRow['kind'], number>>
  #timer: Timer | undefined
  #looking: Promise<void> = Promise.resolve()
  #stopped = false
  #lastTrouble = ''

  constructor(
    parts: { store: Store; engine: Engine; performer: Performer; clock: Clock; log: Log },
    limits: Limits,
  ) {
    this.#parts = parts
    this.#retryMs = {
      instruction: limits.retryMs,
      payment: firstPaymentRetryMs(limits),
      text: textRetryMs,
      admission: limits.retryMs,
      configuration: configurationRetryMs,
    }
  }

  /** Starts with a look: what a crash left behind is due already. */
  start(): void {
    this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#looking
  }

  #look(): void {
    this.#looking = this.#lookOnce()
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        if (why !== this.#lastTrouble && !this.#stopped)
          this.#parts.log.warn(`deadlines cannot be looked at now: ${why}`)
        this.#lastTrouble = why
        return lookEveryMs
      })
      .then((pauseMs) => {
        if (!this.#stopped) this.#timer = this.#parts.clock.after(pauseMs, () => this.#look())
      })
  }

  /** @returns how long to wait before the next look (ms) */
  async #lookOnce(): Promise<number> {
    const { store, engine, performer, clock } = this.#parts
    const now = clock.now()
    const rows = await store.claimOutbox(now, most, this.#retryMs)
    for (const row of rows) performer.perform(row)
    const dues = await store.due(now, most)
    await Promise.all(dues.map((due) => engine.submit({ kind: 'due', ...due, at: now })))
    this.#lastTrouble = ''
    const next = await store.nextDue(clock.now() + lookEveryMs)
    // What has to wait for the end of the quiet stays due: looking more often would not help it.
    const soonestMs = engine.quiet && dues.length > 0 ? lookEveryMs : 20
    return next === undefined ? lookEveryMs : Math.max(soonestMs, Math.min(lookEveryMs, next - clock.now()))
  }
}
