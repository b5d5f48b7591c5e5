// Machine numbers as buyers type them, to the automaton behind each. A copy of the machines' table in memory, read again
// every few seconds and whenever a number is not in it: only a way to find the row that is then locked.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { MachineRow, Store } from './store/port.ts'

const freshMs = 5000

export class MachineDirectory {
  readonly #store: Pick<Store, 'machines'>
  readonly #clock: Clock
  #rows: readonly MachineRow[] = []
  #readAt = Number.NEGATIVE_INFINITY

  constructor(store: Pick<Store, 'machines'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async byNumber(machineNumber: string): Promise<MachineRow | undefined> {
    const find = () => this.#rows.find((row) => row.machineNumber === machineNumber)
    if (this.#clock.monotonic() - this.#readAt < freshMs) {
      const found = find()
      if (found) return found
    }
    await this.#read()
    return find()
  }

  /** Numbers that can be suggested to somebody who mistyped one. */
  numbers(): string[] {
    return this.#rows.flatMap(({ machineNumber, state }) =>
      machineNumber !== null && state === 'admitted' ? [machineNumber] : [],
    )
  }

  async #read(): Promise<void> {
    this.#rows = await this.#store.machines()
    this.#readAt = this.#clock.monotonic()
  }
}
