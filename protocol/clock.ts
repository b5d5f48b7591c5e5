// The clock port. Only adapters read the system's time; everything else is handed a Clock, so that a whole
// fleet with different clocks runs in one process and a simulated day takes a second.

/** Something that can be stopped; stopping twice is harmless. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. May jump when the system's clock is set. */
  now(): number
  /**
   * Milliseconds that never jump, from an arbitrary start: for measuring and for time limits within a
   * process.
   */
  monotonic(): number
  /** Calls `action` once after `delayMs` (0 to 2^31 - 1 ms) of monotonic time. */
  after(delayMs: number, action: () => void): Timer
}
