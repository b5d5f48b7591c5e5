// The link port: one way to the broker, and nothing of what is said on it. An adapter makes a connection when
// told to and says what comes of it; when to connect, what to say first and what to repeat is decided in
// link-machine.ts and sender.ts.
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Presence } from '@concilia/protocol/messages.ts'
import type { DownChannel, UpChannel } from '@concilia/protocol/topics.ts'

export type LinkEvent =
  /** Connected and subscribed to our own `down/` topics. */
  | { type: 'connected' }
  /** The attempt failed, or the connection is gone. Said once for each `connect`. */
  | { type: 'lost'; error: OperatingError }
  | { type: 'received'; channel: DownChannel; bytes: Uint8Array }

export interface Link {
  /**
   * One attempt to reach the broker; a connection before it is dropped without a word.
   * @param will what the broker says of us when the connection breaks
   */
  connect(will: Presence, hear: (event: LinkEvent) => void): void
  /** Hands a message over, QoS 1. Whether it arrives is known by the server's *stored* alone. */
  publish(channel: UpChannel, text: string): void
  /** Our presence, retained. */
  announce(presence: Presence): void
  /** Ends the connection in order, after what was handed over: no will, no `lost`. */
  disconnect(): Promise<void>
}
