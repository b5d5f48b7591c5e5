// The phones port: what reaches us from a phone, what goes back, and how a text is sent, whatever gateway is
// between. The engine stores and decides; this folder only translates.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { Channel, Language } from '../sale-events.ts'

export interface Incoming {
  /** The configured name of the gateway it came through. */
  readonly gateway: string
  /** Idempotency key, unique within the gateway: a repeat of the same step carries the same one. */
  readonly messageId: string
  readonly channel: Channel
  readonly subscriber: Subscriber
  /** Whether the carrier vouches for the number (a dialogue the phone opened, on a trusted link). */
  readonly vouched: boolean
  /** Of a dialogue: what the gateway calls it, the same for all its steps. */
  readonly sessionId?: string
  /**
   * Set where such names come again (one octet, or none at all): whether this step begins a dialogue. Left
   * out, a name belongs to one dialogue for good.
   */
  readonly begins?: boolean
  /** Of a dialogue: `words` hold all that was typed since it began, joined by `*`. */
  readonly wholeHistory?: boolean
  /** The short code texted or the code dialled, such as `36000` or `*123#`. */
  readonly serviceCode: string
  /** What was typed, and only that; empty when a code was only dialled. */
  readonly words: string
  /** The one it was said in, where that is known whatever the words. */
  readonly language?: Language
  readonly at: number
}

/** Texts are answered by texts of their own, later; a dialogue's step is answered at once by a screen. */
export type Reply = { kind: 'stored' } | { kind: 'screen'; screen: string; goesOn: boolean }

/**
 * Hands one thing heard to the engine. Resolves after the database commit, a repeat with the same reply as
 * before; rejects when it could not be stored, so that the gateway sends it again.
 * @param stored called after the commit, when the reply may still have to be waited for
 */
export type Receive = (incoming: Incoming, stored?: () => void) => Promise<Reply>

export interface OutgoingText {
  readonly subscriber: Subscriber
  readonly text: string
  /** Our own key of this text, the same in each attempt. */
  readonly key: string
  /** After this nobody wants to read it any more: a question whose time is over. */
  readonly validForMs?: number
}

/**
 * `sent`: the gateway has taken it; whether a handset ever shows it nobody promises. `temporary` is also what
 * is in doubt, handed over without an answer: it is said again, as a text that comes twice tells nothing new.
 */
export type SendResult = { kind: 'sent' } | { kind: 'failed'; retry: 'temporary' | 'final'; why: string }

export interface TextSender {
  /**
   * One attempt, bounded in time. Never rejects; the engine's outbox repeats what failed for the time being.
   */
  send(text: OutgoingText): Promise<SendResult>
  close(): Promise<void>
}
