// What was heard on a bus, counted: who was spoken to, who answered, what could not be read. From it
// follows in plain words what hangs on the line.
import type { HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'

/** Peripherals by address (MDB 4.2, 2.3). */
const peripherals: Readonly<Record<number, string>> = {
  8: 'coin changer',
  16: 'cashless device 1',
  24: 'communications gateway',
  32: 'display',
  40: 'energy manager',
  48: 'bill validator',
  96: 'cashless device 2',
  104: 'age verification',
}

interface Counts {
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

  lines(): string[] {
    const spoken = [...this.#counts].filter(([, { commands }]) => commands > 0)
    const devices = spoken.map(([address, { commands, answers }]) => {
      const name = peripherals[address] ?? 'another peripheral'
      const answered = answers === 0 ? 'no answer was heard' : `${answers} answers`
      return `  0x${address.toString(16).padStart(2, '0')} ${name}: ${commands} commands, ${answered}`
    })
    return [`${this.#blocks} blocks, ${this.#garbled} of them not readable`, ...devices]
  }
}
