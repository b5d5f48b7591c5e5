// A backup of one program's database and its restoration, as an operator does both: the program is stopped,
// and what was written since is gone.
import type { House } from '@concilia/simulator/start/house.ts'
import pg from 'pg'

type Name = 'relation-server' | 'payment-centre'

export class DatabaseBackup {
  readonly #house: House
  readonly #name: Name
  readonly #adminUrl: string

  private constructor(house: House, name: Name, adminUrl: string) {
    this.#house = house
    this.#name = name
    this.#adminUrl = adminUrl
  }

  /** @param adminUrl of the superuser. The program is stopped for it, and started again. */
  static async take(house: House, name: Name, adminUrl: string): Promise<DatabaseBackup> {
    const backup = new DatabaseBackup(house, name, adminUrl)
    await backup.#whileStopped([copy(backup.#copyName, backup.#database)])
    return backup
  }

  async restore(): Promise<void> {
    const drop = `drop database "${this.#database}" with (force)`
    await this.#whileStopped([drop, `${copy(this.#database, this.#copyName)} owner "${this.#database}"`])
  }

  async #whileStopped(statements: readonly string[]): Promise<void> {
    const program = this.#house.programs.get(this.#name)
    await program?.stop()
    const client = new pg.Client({ connectionString: this.#adminUrl })
    await client.connect()
    try {
      // Whoever else looks at it, such as the bench, comes back by itself.
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        this.#database,
      ])
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
    await program?.start()
  }

  get #database(): string {
    return this.#name.replace('-', '_')
  }

  get #copyName(): string {
    return `${this.#database}_backup`
  }
}

function copy(made: string, from: string): string {
  return `create database "${made}" template "${from}"`
}
