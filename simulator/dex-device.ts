// The machine's DEX plug: the vending device of protocol/dex/machine.ts on any byte line, with what can go
// wrong at that end. Each fault happens at the next reading, and then no more.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { frameBytes } from '@concilia/protocol/dex/frames.ts'
import { dexStep } from '@concilia/protocol/dex/machine.ts'
import {
  type DexInput,
  type DexOutput,
  type DexSettings,
  type DexState,
  idleDex,
  nextDexDue,
} from '@concilia/protocol/dex/state.ts'

export const dexFaults = [
  'badBlock', // the check sum of the first block is wrong, once
  'cutBlock', // the first block ends in its middle, once
  'mute', // it answers the first handshake and never calls for the second
  'insists', // it wants to lead the first handshake
  'busy', // it says four times that it is busy, for each call
  'oldRevision', // it says R01L01
] as const
export type DexFault = (typeof dexFaults)[number]

export interface DexDeviceParts {
  readonly clock: Clock
  /** Ten characters: three of the maker, seven at will. */
  readonly id: string
  readonly file: (id: string) => string
  /** Each character one byte. */
  readonly write: (text: string) => void
  /** What became of a reading, in words. */
  readonly see?: (result: string) => void
}

export class DexDevice {
  readonly #parts: DexDeviceParts
  readonly #faults = new Set<DexFault>()
  #state: DexState = idleDex
  #timer: Timer | undefined

  constructor(parts: DexDeviceParts) {
    this.#parts = parts
  }

  disturb(...faults: readonly DexFault[]): void {
    for (const fault of faults) this.#faults.add(fault)
  }

  receive(bytes: Uint8Array): void {
    this.#take({ type: 'received', bytes })
  }

  /** Power goes, or the plug is pulled: what was under way is lost. */
  stop(): void {
    this.#timer?.cancel()
    this.#state = idleDex
  }

  get #settings(): DexSettings {
    const { id, file } = this.#parts
    return {
      role: 'device',
      id,
      revision: this.#faults.has('oldRevision') ? 'R01L01' : 'R00L06',
      file: () => file(id),
      insists: this.#faults.has('insists'),
      busy: this.#faults.has('busy') ? 4 : 0,
    }
  }

  #take(input: DexInput): void {
    const { clock } = this.#parts
    const { state, outputs } = dexStep(this.#state, input, clock.monotonic(), this.#settings)
    this.#state = state
    for (const output of outputs) this.#perform(output)
    this.#timer?.cancel()
    const due = nextDexDue(this.#state)
    if (due === undefined) return
    this.#timer = clock.after(Math.max(0, due - clock.monotonic()), () => this.#take({ type: 'due' }))
  }

  #perform(output: DexOutput): void {
    if (output.type === 'send') {
      const bytes = this.#disturbed(output.bytes)
      if (bytes.length > 0) this.#parts.write(String.fromCharCode(...bytes))
      return
    }
    this.#faults.clear()
    this.#parts.see?.(output.type === 'done' ? 'read' : output.why)
  }

  #disturbed(bytes: readonly number[]): readonly number[] {
    const isBlock = bytes[1] === blockBegins
    const isCall = bytes.length === 1 && bytes[0] === 0x05
    if (isCall && this.#faults.has('mute')) return []
    if (isBlock && this.#faults.delete('cutBlock')) return bytes.slice(0, bytes.length / 2)
    if (isBlock && this.#faults.delete('badBlock')) {
      return bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
    }
    return bytes
  }
}

const blockBegins = frameBytes({ kind: 'block', text: '', last: true })[1]
