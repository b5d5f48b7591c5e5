// What the centre does by its own clock: lets holds expire whose time is over, and forgets keys that no
// re-credit can need any more. Each round begins a set time after the one before ended.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Engine } from './engine.ts'
import type { CentreStore } from './store/port.ts'

const pruneEveryMs = 60 * 60_000
const mostExpired = 1000

export interface HousekeepingParts {
  readonly store: CentreStore
  readonly engine: Engine
  readonly clock: Clock
  readonly sweepMs: number
  readonly keepMs: number
  /** Told of what failed; the next round tries again. */
  readonly failed: (error: unknown) => void
}

export class Housekeeping {
  readonly #parts: HousekeepingParts
  #timer: Timer | undefined
  #round: Promise<void> = Promise.resolve()
  #prunedAt = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(parts: HousekeepingParts) {
    this.#parts = parts
  }

  start(): void {
    this.#round = this.#run()
  }

  /** Resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#round
  }

  async #run(): Promise<void> {
    try {
      await this.#expire()
      await this.#prune()
    } catch (error) {
      this.#parts.failed(error)
    }
    if (this.#stopped) return
    this.#timer = this.#parts.clock.after(this.#parts.sweepMs, () => this.start())
  }

  async #expire(): Promise<void> {
    const { store, engine, clock } = this.#parts
    const due = await store.due(clock.now(), mostExpired)
    await Promise.all(due.map((paymentId) => engine.submit({ kind: 'expire', paymentId })))
  }

  async #prune(): Promise<void> {
    const { store, clock, keepMs } = this.#parts
    if (clock.monotonic() < this.#prunedAt + pruneEveryMs) return
    await store.prune(clock.now() - keepMs, clock.now())
    this.#prunedAt = clock.monotonic()
  }
}
