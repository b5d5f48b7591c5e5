// A machine's side of our reader on the raw bus, for tests: dialogues in bytes, and what the sale heard of
// them.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { busBytesOf, busText } from '@concilia/protocol/mdb/bus.ts'
import { expect } from 'vitest'
import { stepBusReader } from './bus-reader.ts'
import {
  type BusReaderInput,
  type BusReaderSettings,
  nextBusDue,
  stoppedBusReader,
} from './bus-reader-state.ts'

export const price = { amountMinor: 150, currency: 'EUR' } as const
export const usual: BusReaderSettings = {
  currency: 'EUR',
  mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
  level: 3,
  serial: '4021',
  limits: defaultLimits,
}

/** The machine's side of one reader, with what the sale heard. */
export class Bench {
  #state = stoppedBusReader
  #now = 0
  #sent = ''
  readonly settings: BusReaderSettings
  readonly heard: string[] = []

  constructor(settings: Partial<BusReaderSettings> = {}, listening = false) {
    this.settings = { ...usual, ...settings }
    this.tell({ type: 'start', listening })
    this.tell({ type: 'lineOpened' })
  }

  get state() {
    return this.#state
  }

  tell(input: BusReaderInput): this {
    const { state, outputs } = stepBusReader(this.#state, input, this.#now, this.settings)
    this.#state = state
    for (const output of outputs) {
      if (output.type === 'send') this.#sent += `${busText(output.bytes)} `
      else if (output.event.type === 'vendRequested') {
        this.heard.push(`vendRequested ${output.event.price.amountMinor} ${output.event.item}`)
      } else if (output.event.type === 'vendConcluded') {
        this.heard.push(`vendConcluded ${output.event.result} ${output.event.detail}`)
      } else if (output.event.type === 'noticed') this.heard.push(`noticed ${output.event.what}`)
      else if (output.event.type === 'ready') this.heard.push(`ready ${output.event.reader}`)
      else
        this.heard.push(
          'why' in output.event ? `${output.event.type} ${output.event.why}` : output.event.type,
        )
    }
    return this
  }

  /** @returns what the reader answers to these bytes of the machine */
  bus(text: string): string {
    const bytes = busBytesOf(text)
    if (!bytes) throw new Error(`not bus bytes: ${text}`)
    this.tell({ type: 'received', bytes, strays: 0 })
    return this.answer()
  }

  pass(ms: number): string {
    const end = this.#now + ms
    for (let due = nextBusDue(this.#state); due && due.at <= end; due = nextBusDue(this.#state)) {
      this.#now = due.at
      this.tell({ type: 'due', deadline: due.deadline })
    }
    this.#now = end
    return this.answer()
  }

  answer(): string {
    const sent = this.#sent.trim()
    this.#sent = ''
    return sent
  }

  said(): string[] {
    return this.heard.splice(0)
  }

  /** Lines of a dialogue: `machine's bytes = the reader's answer`, in order. */
  dialogue(...lines: string[]): this {
    for (const line of lines) {
      const [bytes = '', answer = ''] = line.split('=')
      expect(this.bus(bytes), line).toBe(answer.trim())
    }
    return this
  }
}

export const level3 = [
  '60* 60 = 00*',
  '62* 62 = 00 00*',
  '00 =',
  '61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*',
]
export const pricesAndId = [
  '00 =',
  '61* 01 FF FF 00 00 60 = 00*',
  '67* 00 48 45 54 30 30 30 30 30 30 30 30 30 30 30 31 53 49 4D 56 4D 43 20 20 20 20 20 20 01 00 19 = ' +
    '09 43 4F 4E 30 30 30 30 30 30 30 30 34 30 32 31 ' +
    '43 4F 4E 43 49 4C 49 41 20 20 20 20 01 00 00 00 00 22 15*',
  '00 =',
]
export const idle = ['67* 04 00 00 00 20 8B = 00*', '64* 01 65 = 00*', '62* 62 = 00*']

export function ready(settings: Partial<BusReaderSettings> = {}): Bench {
  const bench = new Bench(settings).dialogue(...level3, ...pricesAndId, ...idle)
  bench.said()
  return bench
}

export function requested(): Bench {
  const bench = ready().dialogue('63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendRequested 150 5'])
  return bench
}

export function approved(): Bench {
  return requested().tell({ type: 'approve', price })
}

export const sent = () => approved().dialogue('62* 62 = 05 00 96 9B*')
export const acknowledged = () => sent().dialogue('00 =')
