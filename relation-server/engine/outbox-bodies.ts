// What the outbox rows carry, by kind. A body says all that is needed to perform it again after a crash.
import type { Instruction } from '@concilia/protocol/messages.ts'
import type { PaymentOperation } from '../payments/port.ts'
import type { Say } from '../phones/say.ts'
import type { Channel, Language } from '../sale-events.ts'

export interface InstructionBody {
  readonly instruction: Instruction
  /** Not sent after this (epoch ms); null = until it is answered or no longer wanted. */
  readonly until: number | null
}

type Stored<T> = T extends unknown ? Omit<T, 'subscriber'> : never

/** An operation without the phone number, which only the sealed row of `subscriberId` holds. */
export interface PaymentBody {
  readonly operation: Stored<PaymentOperation>
  readonly subscriberId: string | null
  /** The call whose voucher it is about. */
  readonly callId?: string
}

export interface TextBody {
  readonly subscriberId: string
  readonly channel: Channel
  readonly sessionId: string | null
  readonly vouched: boolean
  readonly language: Language
  readonly say: Say
}

/** The text itself is in the table of configurations. */
export interface ConfigurationBody {
  readonly version: number
}
