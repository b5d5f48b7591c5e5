// What a vending machine has of its phone reader, whatever carries it: the reader's commands of MDB by
// their meaning, and what comes back at a poll. Behind it a Qibixx box (qibixx-box.ts) or the bare bus
// (bus-master.ts).
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Currency } from '@concilia/protocol/money.ts'

/** What the reader tells the machine, when it is polled. */
export type ReaderAnswer =
  | { type: 'justReset' | 'enabled' | 'lost' }
  | { type: 'sessionBegun' | 'sessionCancelled' }
  | { type: 'approved'; amountMinor: number }
  | { type: 'denied' }
  | { type: 'display'; text: string }

export interface BridgeParts {
  readonly clock: Clock
  readonly currency: Currency
  /** The machine lets the reader be asked without a session. */
  readonly alwaysIdle: boolean
  readonly pollMs: number
  /** To the host; each character one byte. */
  readonly write: (text: string) => void
  readonly answer: (answer: ReaderAnswer) => void
}

export interface Bridge {
  /** Enabled, with nothing under way. */
  readonly ready: boolean
  /** Z7: so long the machine waits for a decision. */
  readonly patienceMs: number
  /** Bytes from the host. */
  receive(bytes: Uint8Array): void
  /** Loss of power for a moment. */
  restart(): void
  /** The machine has no power, and the bus with it; then it has it again and knows nothing. */
  power(on: boolean): void
  /** The machine says nothing on the bus for so long, and remembers what it has to say. */
  stopPolling(forMs: number): void
  /** READER DISABLE and READER ENABLE: what is under way goes on; nothing new begins. */
  allow(sales: boolean): void
  reset(): void
  /** After `justReset`: set up, then enable. */
  bringUp(): void
  /** @returns whether the reader takes a request now */
  requestVend(priceMinor: number, item: number): boolean
  /** @returns false when it is too late: once approved, the machine must finish the vend (MDB 4.2, 7.3) */
  cancelVend(): boolean
  vendSucceeded(item: number): void
  vendFailed(): void
  /** A sale for cash, told to a reader that wants to know and can be told now. */
  cashSold(priceMinor: number, item: number): void
  /** The controller has lost the vend and does not say so. */
  forgetVend(): void
  completeSession(): void
}
