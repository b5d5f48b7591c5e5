// Rows in memory by their key, of which those that something may still become of can be walked over alone:
// of a long run nearly all are over, and every batch looks at the others.
export class LiveRows<Row> {
  readonly #rows = new Map<string, Row>()
  readonly #live = new Map<string, Row>()
  readonly #isLive: (row: Row) => boolean

  constructor(isLive: (row: Row) => boolean) {
    this.#isLive = isLive
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  set(key: string, row: Row): void {
    this.#rows.set(key, row)
    if (this.#isLive(row)) this.#live.set(key, row)
    else this.#live.delete(key)
  }

  delete(key: string): void {
    this.#rows.delete(key)
    this.#live.delete(key)
  }

  live(): Iterable<Row> {
    return this.#live.values()
  }

  values(): Iterable<Row> {
    return this.#rows.values()
  }

  [Symbol.iterator](): Iterator<[string, Row]> {
    return this.#rows[Symbol.iterator]()
  }
}
