// What was heard on a bus, counted: who was spoken to, who answered, what could not be read. From it
// follows in plain words what hangs on the line.
import type { HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { peripheralName } from './peripherals.ts'

export interface Counts {
  commands: number
  answers: number
}

export class BusSummary {
  readonly #counts = new Map<number, Counts>()
  #blocks = 0
  #garbled = 0

  get blocks(): number {
    return this.#blocks
  }

  get garbled(): number {
    return this.#garbled
  }

  add({ from, kind, address }: HeardBlock): void {
    this.#blocks++
    if (kind === 'garbled') this.#garbled++
    const counts = this.#counts.get(address) ?? { commands: 0, answers: 0 }
    if (from === 'peripheral') counts.answers++
    else if (kind === 'command' || kind === 'foreign') counts.commands++
    this.#counts.set(address, counts)
  }

  /** Good blocks outweigh the others. */
  get isBus(): boolean {
    return this.#blocks - this.#garbled > 2 && this.#garbled * 4 < this.#blocks
  }

  /** Those that the machine has spoken to, by address. */
  get devices(): ReadonlyMap<number, Counts> {
    return new Map([...this.#counts].filter(([, { commands }]) => commands > 0))
  }

  lines(): string[] {
    const devices = [...this.devices].map(([address, { commands, answers }]) => {
      const answered = answers === 0 ? 'no answer was heard' : `${answers} answers`
      return `  ${peripheralName(address)}: ${commands} commands, ${answered}`
    })
    return [`${this.#blocks} blocks, ${this.#garbled} of them not readable`, ...devices]
  }
}
