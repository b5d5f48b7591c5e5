// Somebody who hears a whole bus, both directions in one stream, and says who said what: commands, answers
// and the control bytes between them, in words. It follows what machine and reader agree on, because
// layouts hang on it. It also makes sense of the machine's side alone, which is all that a reader's wire
// carries.
import { messageWords } from './block-words.ts'
import {
  addressOf,
  type BusByte,
  type Control,
  checksum,
  controlOf,
  dataOf,
  isMarked,
  longestBlock,
} from './bus.ts'
import { cashless, option } from './cashless.ts'
import { blockLength, plainDialect, readAnswer, readCommand } from './codec.ts'
import { coinChanger } from './coin-changer.ts'
import type { Dialect } from './fields.ts'
import type { Section } from './section.ts'

const sections: readonly Section[] = [cashless, coinChanger]

export interface HeardBlock {
  readonly from: 'machine' | 'peripheral'
  /** Whom the exchange is with. */
  readonly address: number
  readonly bytes: readonly BusByte[]
  readonly words: string
  /** `control`: ACK, NAK, RET. `foreign`: of a peripheral for which there is no table here. */
  readonly kind: 'command' | 'answer' | 'control' | 'foreign' | 'garbled'
  /** Of our tables: the name of the command, or of the first message. */
  readonly name: string | undefined
}

export class BusListener {
  /** By address. */
  readonly #dialects = new Map<number, Dialect>()
  #expects: 'command' | 'answer' | 'control' = 'command'
  #address = 0
  #command = ''
  #block: BusByte[] = []

  /** @returns what these bytes complete, in order */
  push(bytes: readonly BusByte[]): HeardBlock[] {
    return bytes.flatMap((byte) => this.#next(byte))
  }

  #next(byte: BusByte): HeardBlock[] {
    if (this.#expects === 'answer') return this.#answer(byte)
    if (this.#expects === 'control') return this.#control(byte)
    if (isMarked(byte)) return this.#begin(byte)
    if (this.#block.length === 0) return [this.#heard('machine', 'garbled', [byte], 'a byte without a block')]
    this.#block.push(byte)
    return this.#isWhole() ? [this.#commandWhole()] : []
  }

  /** An address begins a command; what was begun before it is given up. */
  #begin(byte: BusByte): HeardBlock[] {
    const begun = this.#block
    const given = begun.length === 0 ? [] : [this.#heard('machine', 'garbled', begun, 'a block without end')]
    this.#expects = 'command'
    this.#address = addressOf(byte)
    this.#block = [byte]
    return given
  }

  #section(): Section | undefined {
    return sections.find(({ addresses }) => addresses.includes(this.#address))
  }

  #dialect(): Dialect {
    return this.#dialects.get(this.#address) ?? plainDialect
  }

  /** Where no table tells the length, the first checksum that fits ends a block. */
  #isWhole(): boolean {
    const section = this.#section()
    const length = section ? blockLength(section, this.#block, this.#dialect()) : 'open'
    const sealed = checksum(this.#block.slice(0, -1)) === dataOf(this.#block.at(-1) ?? 0)
    if (typeof length === 'number') return this.#block.length >= length || this.#isNarrow()
    return length === 'open' && (sealed || this.#block.length >= longestBlock)
  }

  /** A layout without expanded currency where the wide one could be too. */
  #isNarrow(): boolean {
    const section = this.#section()
    return section !== undefined && readCommand(section, this.#block, this.#dialect()).ok
  }

  #commandWhole(): HeardBlock {
    const block = this.#block
    this.#block = []
    this.#expects = 'answer'
    const section = this.#section()
    if (!section) return this.#heard('machine', 'foreign', block, `to a peripheral at ${hex(this.#address)}`)
    const read = readCommand(section, block, this.#dialect())
    this.#command = read.ok ? String(read.value.command.name) : ''
    if (!read.ok) return this.#heard('machine', 'garbled', block, `not readable: ${read.error}`)
    this.#follow(read.value.command)
    const words = messageWords(section, 'commands', read.value.command)
    return this.#heard('machine', 'command', block, words, this.#command)
  }

  #answer(byte: BusByte): HeardBlock[] {
    const begun = [...this.#block, byte]
    if (!isMarked(byte)) {
      this.#block = begun.length > longestBlock ? [] : begun
      return []
    }
    const control = controlOf(byte)
    if (begun.length === 1 && (control === 'ack' || control === 'nak') && dataOf(byte) !== this.#address) {
      this.#block = []
      this.#expects = 'command'
      return [this.#heard('peripheral', 'control', begun, control.toUpperCase())]
    }
    if (checksum(begun.slice(0, -1)) === dataOf(byte) && begun.length > 1) return [this.#answerWhole(begun)]
    return this.#unheardAnswer(byte)
  }

  /** The next command came instead of an answer, or after a control byte to an answer that we cannot hear. */
  #unheardAnswer(byte: BusByte): HeardBlock[] {
    const [first] = this.#block
    const control = this.#block.length === 1 && first !== undefined ? controlOf(first) : undefined
    if (control === undefined || first === undefined) return this.#begin(byte)
    this.#block = []
    return [this.#controlOfMachine(first, control), ...this.#begin(byte)]
  }

  #answerWhole(block: readonly BusByte[]): HeardBlock {
    this.#block = []
    this.#expects = 'control'
    const section = this.#section()
    if (!section) return this.#heard('peripheral', 'foreign', block, 'an answer')
    const read = readAnswer(section, this.#command, block, this.#dialect())
    if (!read.ok || typeof read.value === 'string') {
      return this.#heard('peripheral', 'garbled', block, `not readable: ${read.ok ? 'control' : read.error}`)
    }
    for (const message of read.value) this.#follow(message)
    const words = read.value.map((message) => messageWords(section, 'answers', message)).join(' + ')
    const [first] = read.value
    return this.#heard('peripheral', 'answer', block, words, first && String(first.name))
  }

  #control(byte: BusByte): HeardBlock[] {
    const control = controlOf(byte)
    if (isMarked(byte)) return this.#begin(byte)
    this.#expects = control === 'ret' ? 'answer' : 'command'
    if (control) return [this.#controlOfMachine(byte, control)]
    return [this.#heard('machine', 'garbled', [byte], 'neither ACK, NAK nor RET')]
  }

  #controlOfMachine(byte: BusByte, control: Control): HeardBlock {
    return this.#heard('machine', 'control', [byte], control.toUpperCase())
  }

  /** What the two agree on, as far as layouts hang on it (MDB 4.2, 7.4). */
  #follow(message: object): void {
    if (!cashless.addresses.some((address) => address === this.#address)) return
    const said = message as {
      name: string
      level?: number
      columns?: number
      rows?: number
      options?: number
    }
    const dialect = this.#dialect()
    const level = (value = 1) => Math.max(1, Math.min(3, value)) as 1 | 2 | 3
    if (said.name === 'reset') this.#dialects.set(this.#address, plainDialect)
    if (said.name === 'setupConfig') {
      const displayBytes = (said.columns ?? 0) * (said.rows ?? 0)
      this.#dialects.set(this.#address, { level: level(said.level), expanded: false, displayBytes })
    }
    if (said.name === 'readerConfig') {
      this.#dialects.set(this.#address, {
        ...dialect,
        level: level(Math.min(said.level ?? 1, dialect.level)),
      })
    }
    if (said.name === 'enableOptions') {
      const expanded = ((said.options ?? 0) & (option.money32 | option.multiCurrency)) !== 0
      this.#dialects.set(this.#address, { ...dialect, expanded })
    }
  }

  #heard(
    from: HeardBlock['from'],
    kind: HeardBlock['kind'],
    bytes: readonly BusByte[],
    words: string,
    name?: string,
  ): HeardBlock {
    return { from, kind, address: this.#address, bytes: [...bytes], words, name }
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
