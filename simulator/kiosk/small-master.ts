// A master of the bus as small as can be, for tests of what it drives: one exchange at a time over a kiosk's
// changer line, on a clock that it advances until the answer is there or nobody would wait any longer. It
// decides nothing; the automaton is the real one.
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import type { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { type BusByte, isMarked, masterControl } from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { plainDialect, readAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import { type ChangerAnswer, type ChangerCommand, coinChanger } from '@concilia/protocol/mdb/coin-changer.ts'
import { readMasterBoxLine, writeMasterHostLine } from '@concilia/protocol/qibixx-master.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import type { Wire } from '../wire.ts'
import { changerAddress } from './changer-on-bus.ts'

export type Heard = 'ack' | 'silence' | 'unreadable' | readonly ChangerAnswer[]

/** Longer than any answer takes that is in time, over the wire and back. */
const patienceMs = 45

export class SmallMaster {
  readonly #clock: ManualClock
  readonly #line: SerialLine
  readonly #bridge: 'qibixx' | 'raw'
  readonly #pairs = new PairSplitter()
  readonly #lines = new LineSplitter()
  /** What came, and was not asked for yet. */
  readonly #bytes: BusByte[] = []
  readonly #texts: string[] = []

  constructor(clock: ManualClock, wire: Wire, bridge: 'qibixx' | 'raw') {
    this.#clock = clock
    this.#bridge = bridge
    this.#line = wire.open({ opened() {}, lost() {}, received: (bytes) => this.#receive(bytes) })
    clock.advance(5)
    if (bridge === 'qibixx') this.#say(writeMasterHostLine({ type: 'master', on: true }))
    clock.advance(20)
    this.#texts.length = 0
  }

  ask(command: ChangerCommand): Heard {
    const block = writeCommand(coinChanger, changerAddress, command, plainDialect)
    return this.#bridge === 'raw' ? this.#askOnBus(command, block) : this.#askBox(command, block)
  }

  /** A poll's messages; none where the changer only acknowledged. */
  poll(): readonly ChangerAnswer[] {
    const heard = this.ask({ name: 'poll' })
    if (heard === 'ack') return []
    if (typeof heard === 'string') throw new Error(`the poll was answered by ${heard}`)
    return heard
  }

  /** Any line to the box. */
  say(text: string): string[] {
    this.#say(text)
    this.#clock.advance(patienceMs)
    return this.#texts.splice(0)
  }

  #askOnBus(command: ChangerCommand, block: readonly BusByte[]): Heard {
    this.#bytes.length = 0
    this.#line.write(pairsText(block))
    const whole = () => this.#bytes.findIndex(isMarked) + 1
    this.#waitFor(() => whole() > 0)
    if (whole() === 0) return 'silence'
    const answer = this.#bytes.splice(0, whole())
    const read = readAnswer(coinChanger, command.name, answer, plainDialect)
    if (!read.ok) return 'unreadable'
    if (read.value === 'nak') return 'silence'
    if (read.value !== 'ack') {
      this.#line.write(pairsText(masterControl('ack')))
      this.#clock.advance(2)
    }
    return read.value
  }

  #askBox({ name }: ChangerCommand, block: readonly BusByte[]): Heard {
    this.#texts.length = 0
    const [first = 0, ...data] = block.slice(0, -1)
    this.#say(writeMasterHostLine({ type: 'exchange', command: first & 0xff, data }))
    this.#waitFor(() => this.#texts.length > 0)
    const said = readMasterBoxLine(this.#texts.shift() ?? '')
    if (said?.type !== 'exchanged') return 'unreadable'
    const { answer } = said
    if (typeof answer === 'string') return answer
    const sum = answer.reduce((total, byte) => total + byte, 0) & 0xff
    const read = readAnswer(coinChanger, name, [...answer, sum | 0x100], plainDialect)
    return read.ok && read.value !== 'nak' ? read.value : 'unreadable'
  }

  #waitFor(isThere: () => boolean): void {
    for (let ms = 0; ms < patienceMs && !isThere(); ms++) this.#clock.advance(1)
  }

  #say(text: string): void {
    this.#line.write(`${text}\n`)
  }

  #receive(bytes: Uint8Array): void {
    if (this.#bridge === 'raw') this.#bytes.push(...this.#pairs.push(bytes).bytes)
    else this.#texts.push(...this.#lines.push(bytes))
  }
}
