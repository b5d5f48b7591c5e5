// The coin changer as a peripheral of the bus (MDB 4.2, 3): blocks are cut out of the bytes, each gets its
// one answer, and data is kept until it is acknowledged. Whatever can be lost or garbled on the way is lost
// here. What commands mean is changer-commands.ts.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import {
  addressOf,
  answerControl,
  type BusByte,
  controlOf,
  isMarked,
  longestBlock,
} from '@concilia/protocol/mdb/bus.ts'
import { blockLength, plainDialect, readCommand, writeAnswer } from '@concilia/protocol/mdb/codec.ts'
import { type ChangerCommand, coinChanger } from '@concilia/protocol/mdb/coin-changer.ts'
import { corrupted } from '../bus-faults.ts'
import { obeyCommand, type Reply } from './changer-commands.ts'
import type { CoinChanger } from './coin-changer.ts'

export const changerAddress = 0x08
/** Quiet so long, a block of unknown length has ended. */
const gapMs = 4
/** No master waits so long for an answer (MDB 4.2, App. 3). */
const lateMs = 60

/** Shown each block in the order of the bus. */
export type ChangerTrace = (from: 'machine' | 'changer', bytes: readonly BusByte[]) => void

export class ChangerOnBus {
  trace: ChangerTrace = () => {}
  readonly #changer: CoinChanger
  readonly #clock: Clock
  readonly #say: (bytes: readonly BusByte[]) => void
  #block: BusByte[] | undefined
  #gap: Timer | undefined
  /** Data that waits for its acknowledgement. */
  #answered: { readonly bytes: readonly BusByte[]; readonly heard: () => void } | undefined

  /** @param say onto the bus */
  constructor(changer: CoinChanger, clock: Clock, say: (bytes: readonly BusByte[]) => void) {
    this.#changer = changer
    this.#clock = clock
    this.#say = say
  }

  /** Whatever is on the bus, for whomever. */
  receive(bytes: readonly BusByte[]) {
    if (!this.#changer.up) return this.cut()
    for (const byte of bytes) {
      if (isMarked(byte)) this.#begin(byte)
      else if (this.#block) this.#goOn(this.#block, byte)
      else this.#control(byte)
    }
  }

  /** What was under way is lost. */
  cut(): void {
    this.#gap?.cancel()
    this.#block = undefined
    this.#answered = undefined
  }

  /** Any address shows that what was said last gets no acknowledgement any more. */
  #begin(byte: BusByte): void {
    this.cut()
    if (addressOf(byte) === changerAddress) this.#goOn([], byte)
  }

  #goOn(begun: readonly BusByte[], byte: BusByte): void {
    const block = [...begun, byte]
    this.#gap?.cancel()
    this.#block = block.length > longestBlock ? undefined : block
    if (!this.#block) return
    const length = blockLength(coinChanger, block, plainDialect)
    if (length === block.length) this.#whole(block)
    else this.#gap = this.#clock.after(gapMs, () => this.#whole(block))
  }

  /** What does not read gets no answer (MDB 4.2, App. 3). */
  #whole(block: readonly BusByte[]): void {
    this.#block = undefined
    this.trace('machine', block)
    const read = readCommand(coinChanger, block, plainDialect)
    if (read.ok && this.#changer.up) this.#obey(read.value.command)
  }

  #obey(command: ChangerCommand) {
    const { faults } = this.#changer
    const pays = command.name === 'dispense' || command.name === 'payout'
    if (faults.takes('deaf') || (pays && faults.takes('deafToPayout'))) return
    if (faults.takes('nak')) return this.#speak(answerControl('nak'))
    const reply = obeyCommand(this.#changer, command)
    if (faults.takes('loseAnswer') || (pays && faults.takes('losePayoutAnswer'))) return
    if (reply === 'silence') return
    if (reply === 'ack' || reply === 'nak') return this.#speak(answerControl(reply))
    this.#tell(reply)
  }

  #tell({ messages, heard }: Exclude<Reply, string>): void {
    const { faults } = this.#changer
    const bytes = writeAnswer(coinChanger, messages, plainDialect)
    this.#answered = { bytes, heard: faults.takes('missAcknowledgement') ? () => {} : heard }
    this.#speak(faults.takes('badChecksum') ? corrupted(bytes) : bytes)
  }

  #control(byte: BusByte) {
    const answered = this.#answered
    if (!answered) return
    this.trace('machine', [byte])
    const control = controlOf(byte)
    if (control === 'ret') return this.#speak(answered.bytes)
    this.#answered = undefined
    if (control === 'ack') answered.heard()
  }

  #speak(bytes: readonly BusByte[]): void {
    const speak = () => {
      this.trace('changer', bytes)
      this.#say(bytes)
    }
    if (this.#changer.faults.takes('late')) this.#clock.after(lateMs, speak)
    else speak()
  }
}
