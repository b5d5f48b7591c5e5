// What the centre does by its own clock: lets holds expire whose time is over, and forgets keys that no
// re-credit can need any more. Each round begins a set time after the one before ended. Soon after the centre
// has come back - from a restart, from a standstill, to its database - no hold expires: the confirmation of
// goods already delivered may be on its way again.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Engine } from './engine.ts'
import type { CentreStore } from './store/port.ts'

const pruneEveryMs = 60 * 60_000
const mostExpired = 1000
/** What comes this much later than it was set, or asked, for comes after a standstill. */
const standstillMs = 2000

export interface HousekeepingParts {
  readonly store: CentreStore
  readonly engine: Engine
  readonly clock: Clock
  readonly sweepMs: number
  readonly keepMs: number
  /** No hold expires this soon after a return (rule 11). */
  readonly quietMs: number
  /** No hold expires sooner after its promise (rule 11). */
  readonly silenceMs: number
  /** Told of what failed, once until a round succeeds; the next round tries again. */
  readonly failed: (error: unknown) => void
}

export class Housekeeping {
  readonly #parts: HousekeepingParts
  #timer: Timer | undefined
  #round: Promise<void> = Promise.resolve()
  #prunedAt = Number.NEGATIVE_INFINITY
  #stopped = false
  #isFailing = false
  #backAt: number
  #nextAt: number

  constructor(parts: HousekeepingParts) {
    this.#parts = parts
    this.#backAt = parts.clock.monotonic()
    this.#nextAt = this.#backAt
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
    const { clock, sweepMs, failed } = this.#parts
    this.#noteStandstill(this.#nextAt)
    try {
      await this.#expire()
      await this.#prune()
      this.#isFailing = false
    } catch (error) {
      this.#backAt = clock.monotonic()
      if (!this.#isFailing) failed(error)
      this.#isFailing = true
    }
    if (this.#stopped) return
    this.#nextAt = clock.monotonic() + sweepMs
    this.#timer = clock.after(sweepMs, () => this.start())
  }

  /** Looks also while it is quiet: a database that is away then begins the quiet anew. */
  async #expire(): Promise<void> {
    const { store, engine, clock, quietMs, silenceMs } = this.#parts
    const asked = clock.monotonic()
    const now = clock.now()
    const [due, vouchers] = await Promise.all([
      store.due(now, now - silenceMs, mostExpired),
      store.dueVouchers(now, mostExpired),
    ])
    this.#noteStandstill(asked)
    if (clock.monotonic() < this.#backAt + quietMs) return
    await Promise.all([
      ...due.map((paymentId) => engine.submit({ kind: 'expire', paymentId })),
      ...vouchers.map((subscriberHash) => engine.submit({ kind: 'voucherLapse', subscriberHash })),
    ])
  }

  #noteStandstill(expectedAt: number): void {
    const now = this.#parts.clock.monotonic()
    if (now > expectedAt + standstillMs) this.#backAt = now
  }

  async #prune(): Promise<void> {
    const { store, clock, keepMs } = this.#parts
    if (clock.monotonic() < this.#prunedAt + pruneEveryMs) return
    await store.prune(clock.now() - keepMs, clock.now())
    this.#prunedAt = clock.monotonic()
  }
}
