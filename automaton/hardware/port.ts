// The hardware port: what the sale needs of a vending machine, whatever bridge or bus is behind it. The
// bridge's own states (settings, sessions, the bus) stay below it; money never does.
import type { MachineEventKind } from '@concilia/protocol/machine-state.ts'
import type { Birth, Telemetry } from '@concilia/protocol/messages.ts'
import type { Money } from '@concilia/protocol/money.ts'

/** `session`: the buyer can choose once `attend` was called. `alwaysIdle`: the machine asks by itself. */
export type ReaderMode = Birth['reader']

export type HardwareEvent =
  /** The machine can sell by phone now (reader enabled), or no longer. Cash goes on without us either way. */
  | { type: 'ready'; reader: ReaderMode }
  | { type: 'notReady'; why: 'disabled' | 'lost' | 'configuring' }
  /** The buyer chose an item and the machine waits for approval or denial. */
  | { type: 'vendRequested'; price: Money; item: number }
  /**
   * The request is gone before we approved it: return lever, coins, reset of the machine or loss of the
   * bridge.
   */
  | { type: 'vendCancelled'; why: 'cancelled' | 'readerLost' }
  /** What became of the vend we approved. Said once for each approval (or for the one listened to). */
  | { type: 'vendConcluded'; result: 'delivered' | 'failed' | 'unknown'; detail: string }
  /** A session opened on `attend` or by the machine's button ended without a choice. */
  | { type: 'sessionEnded' }
  /**
   * Not money: for telemetry. `garbage` = an unreadable line, `surprise` = a known line in the wrong place.
   */
  | {
      type: 'noticed'
      what: Exclude<MachineEventKind, 'journalFailed' | 'priceDiffers' | 'notDelivered' | 'auditFailed'>
      detail: string
      /** Of a cash sale whose price is known. */
      sold?: NonNullable<Telemetry['sold']>
      /** Of a `fault`: its EVA-DTS code, and whether it stands from now on or is over. */
      fault?: { readonly code: string; readonly active?: boolean }
    }

export interface Hardware {
  /**
   * Opens the line and brings the reader up; goes on trying for as long as it takes.
   * @param listening a sale was being delivered when the process before this one ended: send nothing, wait
   * for the result within `vendMs`, conclude (`vendConcluded`), and only then configure (rule 13).
   */
  start(listening: boolean, hear: (event: HardwareEvent) => void): void
  /**
   * Opens a session for a buyer who identified first; `sessionEnded` when `forMs` passes without a choice.
   */
  attend(forMs: number): void
  /** Approves the pending request. Exactly one `vendConcluded` follows, within `vendMs`. */
  approve(price: Money): void
  /** Denies the pending request; harmless when there is none. */
  deny(): void
  /** Up to 32 characters on the machine's display; the newest wins, an unchanged text is not sent again. */
  display(text: string): void
  /**
   * Minor units by item, as the server gave them; only hardware whose prices are ours has this. From the next
   * request on.
   */
  usePrices?(listed: ReadonlyMap<number, number>): void
  stop(): Promise<void>
}
