// Machine numbers as buyers type them, to the automaton behind each. A copy of the machines' table in memory,
// read again every few seconds and whenever a number is not in it: only a way to find the row that is then
// locked.
import { X509Certificate } from 'node:crypto'
import { kidOfCertificate } from '@concilia/protocol/certificates.ts'
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

  /** Whether a machine of this id has ever been seen or enrolled. */
  async knows(automatonId: string): Promise<boolean> {
    const known = () => this.#rows.some((row) => row.automatonId === automatonId)
    if (!known()) await this.#read()
    return known()
  }

  /** The certificate chain that came with a machine's birth, by its leaf's `kid`. */
  async chainOf(kid: string): Promise<string | undefined> {
    const find = () => this.#rows.find(({ chain }) => chain !== null && kidOfChain(chain) === kid)?.chain
    const found = find()
    if (found) return found
    await this.#read()
    return find() ?? undefined
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

function kidOfChain(chain: string): string {
  return kidOfCertificate(new X509Certificate(chain))
}
