// One exchange on the raw bus as its master leads it (MDB 4.2, 3): a command goes out, an answer comes
// within its time or not at all, what cannot be read is asked for again, and data is acknowledged before
// anything follows. Every byte goes through the codec that our own reader uses.
import type { Clock } from '@concilia/protocol/clock.ts'
import { type BusByte, isMarked, longestBlock, masterControl } from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { type CashlessAnswer, type CashlessCommand, cashless } from '@concilia/protocol/mdb/cashless.ts'
import { readAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import type { Dialect } from '@concilia/protocol/mdb/fields.ts'
import { BusFaults, corrupted } from './bus-faults.ts'

/** Address of the reader: the second cashless device. */
const address = 0x60
/**
 * What machines that keep to the standard's advice tolerate; readers are asked for 5 ms (MDB 4.2, App. 3).
 */
const responseMs = 20
/** So often an answer that does not read is asked for at once; then the next poll brings it. */
const mostRepeats = 2

/** Shown each block in the order of the bus. */
export type BusTrace = (from: 'machine' | 'reader', bytes: readonly BusByte[]) => void

interface Asked<About> {
  readonly command: CashlessCommand
  readonly dialect: Dialect
  readonly about: About
  readonly repeats: number
  /** Then nothing is awaited any more (monotonic ms). */
  readonly until: number
  answer: BusByte[]
}

export class BusExchange<About> {
  trace: BusTrace = () => {}
  readonly faults = new BusFaults()
  readonly #clock: Clock
  readonly #write: (text: string) => void
  readonly #answered: (answer: 'ack' | readonly CashlessAnswer[], about: About) => void
  #splitter = new PairSplitter()
  #asked: Asked<About> | undefined

  /** @param answered told once for each answer that could be read */
  constructor(
    { clock, write }: { readonly clock: Clock; readonly write: (text: string) => void },
    answered: (answer: 'ack' | readonly CashlessAnswer[], about: About) => void,
  ) {
    this.#clock = clock
    this.#write = write
    this.#answered = answered
  }

  /** An answer may still come. */
  get busy(): boolean {
    return this.#awaited !== undefined
  }

  ask(command: CashlessCommand, dialect: Dialect, about: About): void {
    const block = writeCommand(cashless, address, command, dialect)
    this.#await({ command, dialect, about, repeats: 0 })
    this.#send(this.faults.takes('badChecksum') ? corrupted(block) : block)
  }

  receive(bytes: Uint8Array): void {
    for (const byte of this.#splitter.push(bytes).bytes) {
      const asked = this.#awaited
      if (!asked || asked.answer.length >= longestBlock) continue
      asked.answer.push(byte)
      if (isMarked(byte)) this.#whole(asked)
    }
  }

  /** The wire is cut for a moment: what came of an answer so far is lost. */
  cut(): void {
    this.#splitter = new PairSplitter()
    if (this.#asked) this.#asked.answer = []
  }

  #whole(asked: Asked<About>) {
    const { answer, command, dialect, about } = asked
    this.trace('reader', answer)
    if (this.faults.takes('loseAnswer')) return this.#give()
    const read = readAnswer(cashless, command.name, answer, dialect)
    const unread = !read.ok || read.value === 'nak' || (read.value !== 'ack' && this.faults.takes('ret'))
    if (unread) return this.#askAgain(asked)
    this.#give()
    if (read.value === 'ack') return this.#answered('ack', about)
    if (this.faults.takes('nak')) return this.#send(masterControl('nak'))
    // Acknowledged on the bus before anything follows from it.
    if (!this.faults.takes('loseAcknowledgement')) this.#send(masterControl('ack'))
    this.#answered(read.value, about)
  }

  #askAgain({ command, dialect, about, repeats }: Asked<About>): void {
    this.#give()
    if (repeats >= mostRepeats) return
    this.#await({ command, dialect, about, repeats: repeats + 1 })
    this.#send(masterControl('ret'))
  }

  #await(asked: Omit<Asked<About>, 'until' | 'answer'>): void {
    this.#asked = { ...asked, answer: [], until: this.#clock.monotonic() + responseMs }
  }

  get #awaited(): Asked<About> | undefined {
    return this.#asked && this.#clock.monotonic() < this.#asked.until ? this.#asked : undefined
  }

  #give(): void {
    this.#asked = undefined
  }

  #send(bytes: readonly BusByte[]): void {
    this.trace('machine', bytes)
    this.#write(pairsText(bytes))
  }
}
