// The two ways on which an exchange with the coin changer travels: the bare bus, where our bytes are its
// bytes (MDB 4.2, 3), and a Qibixx box as master of the bus, which is told in lines what to ask. Text in
// which each character is a byte; no time and no decision.
import {
  answerBlock,
  type BusByte,
  isMarked,
  longestBlock,
  masterControl,
} from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { plainDialect, readAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import { type ChangerCommand, coinChanger } from '@concilia/protocol/mdb/coin-changer.ts'
import { readMasterBoxLine, writeMasterHostLine } from '@concilia/protocol/qibixx-master.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import type { ChangerResult } from './controller-state.ts'

export interface ChangerWire {
  /** How long an answer may take, the host's own delay included (ms). */
  readonly answerMs: number
  /**
   * Also when an answer did not come: what still comes then belongs to nothing. @returns what to say first
   */
  opened(): string
  ask(command: ChangerCommand): string
  /** ACK for data. */
  acknowledge(): string
  /** @returns what came of the question, once it has */
  receive(bytes: Uint8Array): ChangerResult | undefined
}

/** The changer's address is its section's only one. */
const address = 0x08

export class BareBusWire implements ChangerWire {
  /** The standard's 5 ms, 20 ms for older gear (MDB 4.2, App. 3), and the adapter's own delay both ways. */
  readonly answerMs = 60
  #splitter = new PairSplitter()
  #asked: ChangerCommand | undefined
  #answer: BusByte[] = []

  opened(): string {
    this.#splitter = new PairSplitter()
    this.#asked = undefined
    return ''
  }

  ask(command: ChangerCommand): string {
    this.#asked = command
    this.#answer = []
    return pairsText(writeCommand(coinChanger, address, command, plainDialect))
  }

  acknowledge(): string {
    return pairsText(masterControl('ack'))
  }

  receive(bytes: Uint8Array): ChangerResult | undefined {
    let result: ChangerResult | undefined
    for (const byte of this.#splitter.push(bytes).bytes) {
      if (!this.#asked || this.#answer.length >= longestBlock) continue
      this.#answer.push(byte)
      if (!isMarked(byte)) continue
      result = resultOf(this.#asked, this.#answer)
      this.#asked = undefined
    }
    return result
  }
}

export class BoxWire implements ChangerWire {
  /** The box waits for the changer by itself and always says what came of it. */
  readonly answerMs = 1000
  #splitter = new LineSplitter()
  #asked: ChangerCommand | undefined
  /** It has said that it is master since we last opened: what it says now answers what we ask now. */
  #mastered = false

  opened(): string {
    this.#splitter = new LineSplitter()
    this.#asked = undefined
    this.#mastered = false
    return `${writeMasterHostLine({ type: 'master', on: true })}\n`
  }

  ask(command: ChangerCommand): string {
    this.#asked = command
    const block = writeCommand(coinChanger, address, command, plainDialect).slice(0, -1)
    const [first = 0, ...data] = block.map((byte) => byte & 0xff)
    return `${writeMasterHostLine({ type: 'exchange', command: first, data })}\n`
  }

  acknowledge(): string {
    return ''
  }

  receive(bytes: Uint8Array): ChangerResult | undefined {
    let result: ChangerResult | undefined
    for (const text of this.#splitter.push(bytes)) {
      const line = readMasterBoxLine(text)
      if (line?.type === 'mastered') this.#mastered = line.accepted
      if (line?.type !== 'exchanged' || !this.#mastered || !this.#asked) continue
      const { answer } = line
      result = typeof answer === 'string' ? answer : resultOf(this.#asked, answerBlock(answer))
      this.#asked = undefined
    }
    return result
  }
}

function resultOf(asked: ChangerCommand, block: readonly BusByte[]): ChangerResult {
  const read = readAnswer(coinChanger, asked.name, block, plainDialect)
  return read.ok ? read.value : 'unreadable'
}
