// Rows of the bare limit: so many of a size, committed in batches as the programs do - what comes during a
// commit is the next batch - and nothing else.
import type { Socket } from 'node:net'
import pg from 'pg'

const body = 'x'.repeat(500)

export class BareRows {
  readonly #client: pg.Client
  #waiting: { rows: number; done: () => void; failed: (error: unknown) => void }[] = []
  #committing = false

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async open(url: string): Promise<BareRows> {
    const client = new pg.Client({ connectionString: url, pipeline: true })
    await client.connect()
    await client.query('create table if not exists bare (id bigserial primary key, body text not null)')
    return new BareRows(client)
  }

  /** Resolves when they are committed. */
  write(rows: number): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ rows, done, failed })
      if (!this.#committing) void this.#commit()
    })
  }

  async close(): Promise<void> {
    await this.#client.end()
  }

  async #commit(): Promise<void> {
    this.#committing = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, 256)
      const rows = batch.reduce((sum, each) => sum + each.rows, 0)
      try {
        await this.#insert(rows)
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#committing = false
  }

  async #insert(rows: number): Promise<void> {
    const { stream } = (this.#client as unknown as { connection: { stream: Socket } }).connection
    const bodies = Array.from({ length: rows }, () => body)
    stream.cork()
    const sent = [
      this.#client.query('begin'),
      this.#client.query({
        name: 'add',
        text: 'insert into bare (body) select unnest($1::text[])',
        values: [bodies],
      }),
      this.#client.query('commit'),
    ]
    stream.uncork()
    await Promise.all(sent)
  }
}
