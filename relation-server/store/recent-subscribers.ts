// Subscribers as this server read them a few seconds ago: each text and payment that goes out wants one, soon
// after the phone was heard. Whoever asks here takes into account that another server, or a person's command,
// may have changed the row since; what this server itself changes is read again.
import type { SubscriberRow, Writes } from './port.ts'

/** No longer than a text is on its way. */
export const recentMs = 5000
const mostKept = 1000

interface Known {
  /** Undefined when it was changed since: as it is now, the database alone knows. */
  readonly row: SubscriberRow | undefined
  readonly asOf: number
}

export class RecentSubscribers {
  readonly #monotonic: () => number
  /** In the order in which they were learnt. */
  readonly #known = new Map<string, Known>()

  /** @param monotonic ms that only count on */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  find(subscriberId: string): SubscriberRow | undefined {
    const known = this.#known.get(subscriberId)
    return known && this.#monotonic() - known.asOf < recentMs ? known.row : undefined
  }

  /** What `ask` reads is as it was when it was asked: a commit of ours since then is newer. */
  async learn(ask: () => Promise<readonly SubscriberRow[]>): Promise<readonly SubscriberRow[]> {
    const asOf = this.#monotonic()
    const rows = await ask()
    for (const row of rows) this.#keep(row.subscriberId, { row, asOf })
    return rows
  }

  /** Is told of each commit as soon as it has happened. */
  committed({ subscribers, blocked, forgotten }: Writes): void {
    const asOf = this.#monotonic()
    const changed = [...subscribers, ...blocked].map(({ subscriberId }) => subscriberId)
    for (const id of [...changed, ...forgotten]) this.#keep(id, { row: undefined, asOf })
  }

  #keep(subscriberId: string, known: Known): void {
    const before = this.#known.get(subscriberId)
    if (before && before.asOf >= known.asOf) return
    this.#known.delete(subscriberId)
    this.#known.set(subscriberId, known)
    if (this.#known.size <= mostKept) return
    for (const [oldest] of this.#known) {
      this.#known.delete(oldest)
      return
    }
  }
}
