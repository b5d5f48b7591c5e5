// What is remembered of dialogues while they last: a few minutes, of the newest ten thousand. Losing it (a
// restart) costs at most one dialogue begun anew; money never depends on it.

const lifeMs = 300_000 // a dialogue lives 180 s at its carrier
const most = 10_000

export class ShortMemory<Value> {
  readonly #entries = new Map<string, { value: Value; at: number }>()

  get(key: string, at: number): Value | undefined {
    const entry = this.#entries.get(key)
    return entry && at - entry.at < lifeMs ? entry.value : undefined
  }

  set(key: string, value: Value, at: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, at })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= most && at - entry.at < lifeMs) break
      this.#entries.delete(oldest)
    }
  }
}
