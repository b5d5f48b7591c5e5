// A whole house for a file of scenarios: real database, broker, centre, server and automata as processes,
// simulated machines and phones. One scenario after the other is played on it; each ends with goods and money
// compared.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CentreStore } from '@concilia/payment-centre/store/port.ts'
import { openPostgresStore } from '@concilia/payment-centre/store/postgres-store-adapter.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import { type Buyer, buyers } from '@concilia/simulator/start/buyers.ts'
import { playLimits } from '@concilia/simulator/start/faults.ts'
import { Happenings } from '@concilia/simulator/start/happenings.ts'
import { House, type HouseOptions } from '@concilia/simulator/start/house.ts'
import { runCommand } from '@concilia/simulator/start/one-command.ts'
import type { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { keepForInspection, sweepAbandoned, temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import pg from 'pg'
import { expect } from 'vitest'
import { Story } from './story.ts'
import { Watch } from './watch.ts'

export const normalLimits = playLimits({ says: '' })
/** For what ends by time: the offer waits four seconds. */
export const shortWait = playLimits({ says: '', shortWait: true })

export type BenchOptions = Partial<Omit<HouseOptions, 'limits'>> & { readonly limits?: Partial<Limits> }

export class Bench {
  readonly house: House
  readonly watch: Watch
  /** Account id to the buyer's name. */
  readonly accounts = new Map<string, string>()
  readonly #data: string
  readonly #ownsData: boolean
  #books: CentreStore | undefined
  #story: Story | undefined

  private constructor(house: House, watch: Watch, data: string, ownsData: boolean) {
    this.house = house
    this.watch = watch
    this.#data = data
    this.#ownsData = ownsData
  }

  static async open({ limits, data, ...options }: BenchOptions = {}): Promise<Bench> {
    await sweepAbandoned()
    const happenings = new Happenings()
    const folder = data ?? temporaryData()
    const all = { ...normalLimits, ...limits }
    const house = new House(
      { charge: 'debit', slowMs: all.vendMs + 1000, ...options, data: folder, limits: all },
      happenings,
    )
    const bench = new Bench(house, new Watch(happenings), folder, data === undefined)
    try {
      await house.start()
      await bench.#openBooks()
    } catch (error) {
      await house.stop()
      throw error
    }
    return bench
  }

  get books(): CentreStore {
    if (!this.#books) throw new Error('the bench has not been opened')
    return this.#books
  }

  program(name: string): SupervisedProgram {
    const found = this.house.programs.get(name)
    if (!found) throw new Error(`no program ${name}; there are ${[...this.house.programs.keys()].join(', ')}`)
    return found
  }

  /** A command as a person would type it. */
  command(program: 'relation-server' | 'payment-centre', ...words: string[]): Promise<string> {
    return runCommand(this.program(program).program, this.house.places.root, words)
  }

  /** The same with a line on its standard input. */
  typed(program: 'relation-server' | 'payment-centre', line: string, ...words: string[]): Promise<string> {
    return runCommand(this.program(program).program, this.house.places.root, words, line)
  }

  /** Every row of every table, as text, of both databases. */
  async rows(): Promise<string> {
    const dumps = (['relation-server', 'payment-centre'] as const).map(async (name) => {
      const connectionString = this.program(name).program.environment?.DATABASE_URL ?? ''
      const client = new pg.Client({ connectionString })
      await client.connect()
      try {
        const named = "select table_name as name from information_schema.tables where table_schema = 'public'"
        const { rows: tables } = await client.query<{ name: string }>(named)
        const lines: string[] = []
        for (const table of tables) {
          const { rows } = await client.query(`select t::text as line from "${table.name}" as t`)
          lines.push(...rows.map(({ line }) => `${name} ${table.name} ${line}`))
        }
        return lines.join('\n')
      } finally {
        await client.end()
      }
    })
    return (await Promise.all(dumps)).join('\n')
  }

  /** Everything that the programs have logged. */
  logs(): string {
    const { log } = this.house.places
    return readdirSync(log)
      .map((file) => readFileSync(join(log, file), 'utf8'))
      .join('\n')
  }

  /** The figures of centre and server, as Prometheus would read them. */
  async figures(): Promise<string> {
    const texts = this.house.metricsPorts.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
      expect(answer.status).toBe(200)
      return answer.text()
    })
    return (await Promise.all(texts)).join('\n')
  }

  /** Both machines sell by phone, nothing is wrong with them, and what happened before is over. */
  async begin(): Promise<Story> {
    this.#story = await Story.begin(this)
    return this.#story
  }

  /** An account for one more buyer, whose texts are read from now on. */
  async addBuyer(buyer: Buyer, ...flags: string[]): Promise<void> {
    const there = new Set((await this.books.balances('buyer:')).map(({ accountId }) => accountId))
    await this.command('payment-centre', 'account', 'open', '--subscriber', buyer.number, ...flags)
    const added = (await this.books.balances('buyer:')).find(({ accountId }) => !there.has(accountId))
    if (added) this.accounts.set(added.accountId, buyer.name)
    void this.#readTexts(buyer)
  }

  /** How many of each kind stand in the books: what money did, where the balances are what they were. */
  async transfers(): Promise<Readonly<Record<string, number>>> {
    const client = new pg.Client({ connectionString: this.#centreUrl })
    await client.connect()
    try {
      const { rows } = await client.query('select kind, count(*)::int as count from transfer group by kind')
      return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]))
    } finally {
      await client.end()
    }
  }

  /** Checks the books once more, by the operator's own command; what failed is kept to be looked at. */
  async close(): Promise<void> {
    const failed = this.#story !== undefined && !this.#story.over
    try {
      const checked = await this.command('payment-centre', 'ledger', 'check')
      expect(checked).toMatch(/the books are right/)
    } finally {
      await this.#books?.close()
      await this.house.stop()
      if (failed) console.log(`logs and data are kept in ${keepForInspection(this.#data)}`)
      else if (this.#ownsData) rmSync(this.#data, { recursive: true, force: true })
    }
  }

  get #centreUrl(): string {
    return this.program('payment-centre').program.environment?.DATABASE_URL ?? ''
  }

  /** Whose account is whose shows in what each was opened with. */
  async #openBooks(): Promise<void> {
    this.#books = await openPostgresStore(this.#centreUrl)
    const opened = new Map(
      Object.values(buyers).map(({ name, account }) => [
        account.kind === 'prepaid' ? Math.round(Number(account.balance) * 100) : 0,
        name,
      ]),
    )
    for (const { accountId, postedMinor } of await this.#books.balances('buyer:')) {
      this.accounts.set(accountId, opened.get(postedMinor) ?? accountId)
    }
  }

  async #readTexts(buyer: Buyer): Promise<void> {
    const { number } = buyer
    try {
      for (;;) {
        const words = await this.house.simulator.call('nextText', { number, timeoutMs: 2 ** 31 - 1 })
        this.house.happenings.tell({ kind: 'text', at: systemClock.now(), buyer, words })
      }
    } catch {
      // The phones went with their process.
    }
  }
}
