// What can go wrong on the bus between machine and reader, each once when it is asked for.
import type { BusByte } from '@concilia/protocol/mdb/bus.ts'
import type { CashlessCommand } from '@concilia/protocol/mdb/cashless.ts'

/**
 * Said once more after it was answered, as machines do whose reader is slow or whose makers were careful.
 */
const repeats = {
  repeatSetup: 'setupConfig',
  repeatId: 'requestId',
  repeatRequest: 'vendRequest',
  repeatSuccess: 'vendSuccess',
  repeatComplete: 'sessionComplete',
} as const satisfies Record<string, CashlessCommand['name']>
type Repeat = keyof typeof repeats

/**
 * `loseAnswer`: the machine hears nothing. `loseAcknowledgement`: it has heard, the reader does not learn so.
 * `nak`, `ret`: it could not read what it heard. `badChecksum`: the reader cannot read the next command.
 * `ignoreCancel`: it does not end a session that the reader wants ended. The repeats: see above. All of them
 * are mended between the two, and a sale goes on.
 */
export const mendedFaults = [
  'loseAnswer',
  'loseAcknowledgement',
  'nak',
  'ret',
  'badChecksum',
  'ignoreCancel',
  ...(Object.keys(repeats) as Repeat[]),
] as const

/** The next request is for FFFF: as a price a token, as an item one that the machine does not name. */
export const oddRequests = ['tokenPrice', 'unknownItem'] as const

export const busFaults = [...mendedFaults, ...oddRequests] as const
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

  /** Whether this command, just answered, is due to be said again. */
  repeats(name: CashlessCommand['name']): boolean {
    const fault = (Object.keys(repeats) as Repeat[]).find((each) => repeats[each] === name)
    return fault !== undefined && this.takes(fault)
  }
}
