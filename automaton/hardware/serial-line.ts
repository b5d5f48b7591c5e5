// A byte line to a bridge that keeps itself open: whoever holds it is told when bytes can flow and when they
// cannot, and never has to open it again. A serial port is one (serialport-adapter.ts); so may be a socket,
// or a test.
import type { OperatingError } from '@concilia/platform/operating-error.ts'

export interface SerialLineEvents {
  opened(): void
  received(bytes: Uint8Array): void
  /**
   * Lost, or not to be opened. Said again while closed only when the reason has changed; the line goes on
   * trying.
   */
  lost(error: OperatingError): void
}

export interface SerialLine {
  /** What is written while the line is not open is gone. */
  write(text: string): void
  /** Waits for what was written to leave, then closes for good. */
  close(): Promise<void>
}

/** Begins to open the line. Nothing is said before it has returned. */
export type OpenSerialLine = (events: SerialLineEvents) => SerialLine
