// The bench's PostgreSQL, started again whenever it ends without being asked to. It is nobody's child (what
// starts it leaves it to itself), so a connection of our own tells: it breaks when the postmaster dies.
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Timer } from '@concilia/protocol/clock.ts'
import pg from 'pg'

/** Before the second try (ms), then twice as long each time; the first comes at once. */
const pauseMs = 500
const longestPauseMs = 15_000

export class SupervisedPostgres {
  readonly #directory: string
  readonly #news: (words: string) => void
  #server: EmbeddedPostgres
  #watching: pg.Client | undefined
  #again: Timer | undefined
  #work: Promise<void> = Promise.resolve()
  #stopped = false

  private constructor(directory: string, news: (words: string) => void, server: EmbeddedPostgres) {
    this.#directory = directory
    this.#news = news
    this.#server = server
  }

  /** Rejects with an OperatingError when this first start fails. */
  static async start(directory: string, news: (words: string) => void): Promise<SupervisedPostgres> {
    const server = await startEmbeddedPostgres({ directory, port: 0 })
    const supervised = new SupervisedPostgres(directory, news, server)
    await supervised.#watch()
    return supervised
  }

  /** Of the superuser. It stays the same as long as the house stands. */
  get adminUrl(): string {
    return this.#server.adminUrl
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#again?.cancel()
    await this.#work
    await this.#server.stop()
  }

  async #watch(): Promise<void> {
    const client = new pg.Client({ connectionString: this.adminUrl, application_name: 'bench' })
    client.on('error', () => {})
    await client.connect()
    this.#watching = client
    client.once('end', () => {
      if (this.#stopped || this.#watching !== client) return
      this.#news('the database has ended; starting it again')
      this.#comeBack(pauseMs)
    })
  }

  #comeBack(nextPauseMs: number): void {
    this.#work = this.#startAgain().catch((error: Error) => {
      if (this.#stopped) return
      const seconds = nextPauseMs / 1000
      this.#news(`the database cannot start; the next try is in ${seconds} s (${error.message})`)
      const longer = Math.min(2 * nextPauseMs, longestPauseMs)
      this.#again = systemClock.after(nextPauseMs, () => this.#comeBack(longer))
    })
  }

  /** On the port where all programs look for it. */
  async #startAgain(): Promise<void> {
    this.#server = await startEmbeddedPostgres({ directory: this.#directory, port: this.#server.port })
    if (this.#stopped) return
    await this.#watch()
    this.#news('the database is back')
  }
}
