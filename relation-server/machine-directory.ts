// Machine numbers as buyers type them, to the automaton behind each. A copy of the machines' table in memory,
// read again every few seconds and whenever a number is not in it: only a way to find the row that is then
// locked.
import { gathered } from '@concilia/platform/gathered.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { MachineRow, Store } from './store/port.ts'

const freshMs = 5000

export class MachineDirectory {
  readonly #store: Pick<Store, 'machines'>
  readonly #clock: Clock
  #byNumber: ReadonlyMap<string, MachineRow> = new Map()
  #ids: ReadonlySet<string> = new Set()
  #readAt = Number.NEGATIVE_INFINITY
  /** When a fleet comes back at once, its machines share a read. */
  readonly #read: () => Promise<unknown>

  constructor(store: Pick<Store, 'machines'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
    const read = gathered(() => this.#readAll())
    this.#read = () => read('machines')
  }

  async byNumber(machineNumber: string): Promise<MachineRow | undefined> {
    if (this.#clock.monotonic() - this.#readAt < freshMs) {
      const found = this.#byNumber.get(machineNumber)
      if (found) return found
    }
    await this.#read()
    return this.#byNumber.get(machineNumber)
  }

  /** Whether a machine of this id has ever been seen or enrolled. */
  async knows(automatonId: string): Promise<boolean> {
    if (!this.#ids.has(automatonId)) await this.#read()
    return this.#ids.has(automatonId)
  }

  /** Empty when it has none. */
  async numberOf(automatonId: string): Promise<string> {
    await this.knows(automatonId)
    return [...this.#byNumber.values()].find((row) => row.automatonId === automatonId)?.machineNumber ?? ''
  }

  /** Numbers that can be suggested to somebody who mistyped one. */
  numbers(): string[] {
    const selling = [...this.#byNumber].filter(([, { state }]) => state === 'admitted')
    return selling.map(([machineNumber]) => machineNumber)
  }

  async #readAll(): Promise<ReadonlyMap<string, never>> {
    const rows = await this.#store.machines()
    this.#ids = new Set(rows.map(({ automatonId }) => automatonId))
    this.#byNumber = new Map(
      rows.flatMap((row) => (row.machineNumber === null ? [] : [[row.machineNumber, row]])),
    )
    this.#readAt = this.#clock.monotonic()
    return new Map<string, never>()
  }
}
