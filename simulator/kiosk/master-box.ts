// A Qibixx box as generic master of a bus on which a coin changer is: the host says which exchange, the box
// does it within the bus's times and says what came back. It polls nothing by itself and remembers nothing
// over a restart. What a box does with an exchange while it is not master is in no document; here nothing
// comes back, as from an empty bus.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import {
  answerControl,
  type BusByte,
  checksum,
  commandBlock,
  dataOf,
  isMarked,
  longestBlock,
  masterControl,
} from '@concilia/protocol/mdb/bus.ts'
import type { Currency } from '@concilia/protocol/money.ts'
import { readHostLine, type WritableBoxLine, writeBoxLine } from '@concilia/protocol/qibixx.ts'
import {
  type MasterAnswer,
  type MasterBoxLine,
  type MasterHostLine,
  readMasterHostLine,
  writeMasterBoxLine,
} from '@concilia/protocol/qibixx-master.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'

/** So long the box waits for an answer; real ones begin with 5 ms and can be told to wait longer. */
const responseMs = 20
/** What a block takes on the bus, there and back. */
const exchangeMs = 8
/** More lines the box does not keep while it is in an exchange. */
const mostWaiting = 16

export interface MasterBoxParts {
  readonly clock: Clock
  readonly currency: Currency
  /** To the host. */
  readonly write: (text: string) => void
  /** Onto the bus. */
  readonly toBus: (bytes: readonly BusByte[]) => void
  /** The transmit line is held active (MDB 4.2, 3). */
  readonly busReset: () => void
}

type Exchange = Extract<MasterHostLine, { type: 'exchange' }>

export class MasterBox {
  readonly #parts: MasterBoxParts
  #splitter = new LineSplitter()
  #master = false
  #waiting: Exchange[] = []
  #answer: BusByte[] = []
  #asked: Timer | undefined

  constructor(parts: MasterBoxParts) {
    this.#parts = parts
  }

  /** Bytes from the host. */
  receive(bytes: Uint8Array): void {
    for (const text of this.#splitter.push(bytes)) {
      const line = readMasterHostLine(text)
      if (line) this.#obey(line)
      else this.#obeyPlain(text)
    }
  }

  /** Bytes from the bus. */
  hear(bytes: readonly BusByte[]): void {
    for (const byte of bytes) {
      if (!this.#asked || this.#answer.length >= longestBlock) continue
      this.#answer.push(byte)
      if (isMarked(byte)) this.#answered(this.#answer)
    }
  }

  /** Loss of power for a moment. */
  restart(): void {
    this.#asked?.cancel()
    this.#asked = undefined
    this.#waiting = []
    this.#master = false
    this.#splitter = new LineSplitter()
  }

  #obey(line: MasterHostLine) {
    switch (line.type) {
      case 'master':
        this.#master = line.on
        return this.#say({ type: 'mastered', accepted: true })
      case 'busReset':
        if (this.#master) this.#parts.busReset()
        return this.#say({ type: 'exchanged', answer: this.#master ? 'ack' : 'silence' })
      case 'exchange':
        if (!this.#master) return this.#say({ type: 'exchanged', answer: 'silence' })
        if (this.#waiting.length < mostWaiting) this.#waiting.push(line)
        return this.#next()
    }
  }

  #obeyPlain(text: string) {
    const line = readHostLine(text, this.#parts.currency)
    if (line.type === 'askVersion')
      return this.#sayPlain({ type: 'version', text: '4.0.2.0,concilia-simulator' })
    if (line.type === 'askHardware')
      return this.#sayPlain({ type: 'hardware', text: '1.0,concilia-simulator' })
    if (line.type === 'resetBox') return this.restart()
    this.#sayPlain({ type: 'unknownCommand', text: text.replaceAll('"', '') })
  }

  #next(): void {
    const [exchange] = this.#waiting
    if (this.#asked || !exchange) return
    this.#waiting = this.#waiting.slice(1)
    this.#answer = []
    this.#asked = this.#parts.clock.after(responseMs, () => this.#over('silence'))
    this.#parts.toBus(commandBlock([exchange.command, ...exchange.data]))
  }

  /** Data is acknowledged on the bus before the host hears of it; what does not read is as if it was not. */
  #answered(block: readonly BusByte[]) {
    const [first = 0] = block
    if (block.length === 1) return this.#overSoon(first === answerControl('ack')[0] ? 'ack' : 'silence')
    const data = block.slice(0, -1).map(dataOf)
    if (checksum(data) !== dataOf(block.at(-1) ?? 0)) return this.#overSoon('silence')
    this.#parts.toBus(masterControl('ack'))
    this.#overSoon(data)
  }

  #overSoon(answer: MasterAnswer): void {
    this.#asked?.cancel()
    this.#asked = this.#parts.clock.after(exchangeMs, () => this.#over(answer))
  }

  #over(answer: MasterAnswer): void {
    this.#asked = undefined
    this.#say({ type: 'exchanged', answer })
    this.#next()
  }

  #say(line: MasterBoxLine): void {
    this.#parts.write(`${writeMasterBoxLine(line)}\r\n`)
  }

  #sayPlain(line: WritableBoxLine): void {
    this.#parts.write(`${writeBoxLine(line, this.#parts.currency)}\r\n`)
  }
}
