// Pages that somebody looks at: all are looked up together, a few times a second, and each watcher is told
// when something was said to its session that it was not told of, by whichever server.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Store } from '../../store/port.ts'

const everyMs = 500

interface Watcher {
  readonly sessionId: string
  readonly changed: () => void
  /** What was last seen; undefined before the first look. */
  seen: string | undefined
}

export class PageWatch {
  readonly #store: Pick<Store, 'pages'>
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  #timer: Timer | undefined

  constructor(store: Pick<Store, 'pages'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  get size(): number {
    return this.#watchers.size
  }

  /** @returns ends the watching */
  watch(sessionId: string, changed: () => void): () => void {
    const watcher: Watcher = { sessionId, changed, seen: undefined }
    this.#watchers.add(watcher)
    this.#timer ??= this.#clock.after(everyMs, () => void this.#look())
    return () => this.#watchers.delete(watcher)
  }

  close(): void {
    this.#watchers.clear()
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    const watched = [...this.#watchers]
    const ids = [...new Set(watched.map(({ sessionId }) => sessionId))]
    // A database that is away is asked again: nothing is lost meanwhile, only told later.
    const rows = ids.length === 0 ? [] : await this.#store.pages(ids).catch(() => [])
    const said = new Map(rows.map((row) => [row.sessionId, `${row.at} ${row.say}`]))
    for (const watcher of watched) {
      const now = said.get(watcher.sessionId)
      if (now === undefined || now === watcher.seen) continue
      watcher.seen = now
      if (this.#watchers.has(watcher)) watcher.changed()
    }
    this.#timer = this.#watchers.size === 0 ? undefined : this.#clock.after(everyMs, () => void this.#look())
  }
}
