// What can go wrong on the bus between machine and reader, each once when it is asked for.
import type { BusByte } from '@concilia/protocol/mdb/bus.ts'

/**
 * `loseAnswer`: the machine hears nothing. `loseAcknowledgement`: it has heard, the reader does not learn so.
 * `nak`, `ret`: it could not read what it heard. `badChecksum`: the reader cannot read the next command.
 * `ignoreCancel`: it does not end a session that the reader wants ended.
 */
export const busFaults = [
  'loseAnswer',
  'loseAcknowledgement',
  'nak',
  'ret',
  'badChecksum',
  'ignoreCancel',
] as const
export type BusFault = (typeof busFaults)[number]

/** One wrong bit in the last byte. */
export function corrupted(block: readonly BusByte[]): BusByte[] {
  return block.map((byte, at) => (at === block.length - 1 ? byte ^ 0x10 : byte))
}

/** What is still to go wrong. */
export class BusFaults {
  readonly #coming: BusFault[] = []

  add(...faults: readonly BusFault[]): void {
    this.#coming.push(...faults)
  }

  /** Whether this fault is due now; it happens once. */
  takes(fault: BusFault): boolean {
    const at = this.#coming.indexOf(fault)
    if (at >= 0) this.#coming.splice(at, 1)
    return at >= 0
  }
}
