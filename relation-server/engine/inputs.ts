// Everything that can reach the engine: a machine's message, a phone's step, the centre's answer, a due time,
// a person's word. Each belongs to one machine (the unit of order) or, a few words of a phone, to none.
import type { AuditMessage } from '@concilia/protocol/audit.ts'
import { kidOf } from '@concilia/protocol/jws.ts'
import type { ConfigurationAnswer } from '@concilia/protocol/machine-configuration.ts'
import type {
  Birth,
  InstructionAnswer,
  Presence,
  SaleMessage,
  Telemetry,
} from '@concilia/protocol/messages.ts'
import type { CapRule } from '../caps.ts'
import type { PaymentResult } from '../payments/port.ts'
import type { Say } from '../phones/say.ts'
import type { Channel, Language } from '../sale-events.ts'
import type { InboxRow, SubscriberRow } from '../store/port.ts'

export type MachineInput = { kind: 'machine'; automatonId: string; at: number } & (
  | { type: 'birth'; birth: Birth }
  /** `body` is the message's text as it came, `bodyHash` its SHA-256. */
  | { type: 'sale'; message: SaleMessage; body: string; bodyHash: string }
  | { type: 'answered'; answer: InstructionAnswer }
  | { type: 'presence'; presence: Presence }
  | { type: 'telemetry'; telemetry: Telemetry }
  /** Numbered, kept and counted like a sale's word. */
  | { type: 'audit'; message: AuditMessage; body: string; bodyHash: string }
  | { type: 'configured'; answer: ConfigurationAnswer }
  /**
   * Not in the form of its schema; with its number, where one could be read, it counts as stored (rule 16).
   */
  | {
      type: 'malformed'
      reason: string
      body: string
      bodyHash: string
      journalId?: string
      seq?: number
      saleId?: string
    }
)

/** What a phone wants, once its words have been read and its machine found. */
export type PhoneAct =
  | {
      type: 'identify'
      channel: Channel
      sessionId: string | null
      language: Language
      vouched: boolean
    }
  | { type: 'consent'; identificationId: string; saleId: string; code: string | null }
  | { type: 'refuse'; identificationId: string; saleId: string | null }
  | { type: 'code'; identificationId: string; saleId: string; code: string }
  /** Nothing for a sale: help, an unknown machine, STOP. */
  | { type: 'answerOnly'; say: Say; channel: Channel; sessionId: string | null }

export interface PhoneInput {
  readonly kind: 'phone'
  readonly automatonId: string | null
  /** The gateway and its message id: a repeat is known by them. */
  readonly source: string
  readonly key: string
  readonly bodyHash: string
  readonly subscriber: SubscriberRow
  /** The subscriber's row is there and says all that is worth keeping: it is not written again. */
  readonly isKept?: boolean
  readonly act: PhoneAct
  /** What this number may ask for. Left out: whatever it wants. */
  readonly budget?: { readonly caps: CapRule; readonly isStranger: boolean }
  readonly at: number
}

/** A step of a call, once its number and machine have been looked up. */
export type CallAct =
  | {
      type: 'begun'
      service: string
      language: Language
      amountMinor: number
      currency: string
      sellerShareBps: number
      /** Pays an open offer of just this price at once; else, and otherwise, a code is read out. */
      direct: boolean
    }
  | { type: 'tariffPlayed' }
  /** `subscriber`: the voucher as the one who pays. */
  | { type: 'machineTyped'; voucherId: string; subscriber: SubscriberRow }
  | { type: 'codeRead' }
  | { type: 'hungUp' }

export interface VoiceInput {
  readonly kind: 'voice'
  /** Null until its machine is known, and where none has the number that was typed. */
  readonly automatonId: string | null
  readonly callId: string
  /** Names the step within its call: a repeat is known by it. */
  readonly key: string
  readonly act: CallAct
  readonly at: number
}

export interface PaymentInput {
  readonly kind: 'payment'
  readonly automatonId: string
  readonly saleId: string
  readonly operationId: string
  readonly operationKind: string
  /** Of a voucher's. */
  readonly callId?: string
  readonly attempt: number
  readonly result: PaymentResult
  readonly at: number
}

export interface DueInput {
  readonly kind: 'due'
  readonly automatonId: string | null
  readonly saleId: string | null
  readonly identificationId: string | null
  readonly callId?: string | null
  readonly dueAt: number
  readonly at: number
}

/** The walk over the centre's payments found that a sale and the centre do not agree. */
export interface ReconciledInput {
  readonly kind: 'reconciled'
  /** Null when the centre names a sale that is not here. */
  readonly automatonId: string | null
  readonly saleId: string
  /**
   * `undo`: a late yes to a sale that ended before any delivery was instructed (rule 7). `repost`: the centre
   * lost a payment it acknowledged, and gets its own acknowledgement again. `adopt`: this server, restored,
   * lost a payment whose sale it heard the end of.
   */
  readonly finding:
    | { type: 'undo'; key: string }
    | { type: 'repost' }
    | { type: 'adopt'; paymentId: string }
    | { type: 'aside' }
  readonly why: string
  readonly at: number
}

export interface PersonInput {
  readonly kind: 'person'
  readonly automatonId: string
  readonly who: string
  readonly why: string
  readonly action:
    | { type: 'closeSale'; saleId: string; as: 'recredit' | 'writeOff' }
    | { type: 'admit' }
    | { type: 'bar' }
    | { type: 'enrol'; machineNumber: string; seller: string; tradeName: string }
    /** `text` is the configuration as JSON, exactly as the machine will read it. */
    | { type: 'configure'; text: string }
    /** Its own counters, now. */
    | { type: 'readAudit' }
  readonly at: number
}

/** The payment centre has other certificates than this machine was told of. */
export interface ReadmitInput {
  readonly kind: 'readmit'
  readonly automatonId: string
  readonly at: number
}

export type Input =
  | MachineInput
  | PhoneInput
  | VoiceInput
  | PaymentInput
  | DueInput
  | ReconciledInput
  | PersonInput
  | ReadmitInput

export type InboxKey = Pick<InboxRow, 'source' | 'key' | 'bodyHash'>

/** The inbox key of an input that can come twice; undefined for those that are harmless to repeat. */
export function inboxKeyOf(input: Input): InboxKey | undefined {
  switch (input.kind) {
    case 'machine': {
      if (input.type === 'sale' || input.type === 'audit')
        return machineKey(input.automatonId, input.message, input.bodyHash)
      if (input.type !== 'malformed' || input.journalId === undefined || input.seq === undefined)
        return undefined
      return machineKey(input.automatonId, { journalId: input.journalId, seq: input.seq }, input.bodyHash)
    }
    case 'phone':
      return { source: `phone ${input.source}`, key: input.key, bodyHash: input.bodyHash }
    case 'voice':
      return { source: 'voice', key: `${input.callId} ${input.key}`, bodyHash: '' }
    case 'payment':
      return { source: 'payment', key: `${input.operationId} ${input.attempt}`, bodyHash: '' }
    default:
      return undefined
  }
}

function machineKey(
  automatonId: string,
  { journalId, seq }: { journalId: string; seq: number },
  bodyHash: string,
) {
  return { source: machineSource(automatonId, journalId), key: String(seq), bodyHash }
}

/** Under which a machine's numbered words are kept. */
export const machineSource = (automatonId: string, journalId: string) => `machine ${automatonId} ${journalId}`

/** The sale an input names, so that it is loaded even when it has ended. */
export function saleIdOf(input: Input): string | undefined {
  switch (input.kind) {
    case 'machine':
      if (input.type === 'answered') return input.answer.saleId
      if (input.type === 'malformed') return input.saleId
      return input.type === 'sale' && input.message.kind !== 'gone' ? input.message.saleId : undefined
    case 'phone':
      return 'saleId' in input.act ? (input.act.saleId ?? undefined) : undefined
    case 'person':
      return input.action.type === 'closeSale' ? input.action.saleId : undefined
    case 'readmit':
    case 'voice':
      return undefined
    default:
      return input.saleId ?? undefined
  }
}

/** The call an input names. */
export function callIdOf(input: Input): string | undefined {
  const named = input.kind === 'voice' || input.kind === 'payment' || input.kind === 'due'
  return named ? (input.callId ?? undefined) : undefined
}

/** The machine whose live calls an input may be about. */
export function callsAtOf(input: Input): string | undefined {
  const typed = input.kind === 'machine' && input.type === 'sale' && 'code' in input.message
  return typed || callIdOf(input) !== undefined ? (input.automatonId ?? undefined) : undefined
}

/** Who signed the word that an input carries, as the word itself says: nothing is proved by it. */
export function signerOf(input: Input): string | undefined {
  if (input.kind !== 'machine' || input.type !== 'sale') return undefined
  const { message } = input
  switch (message.kind) {
    case 'offer':
      return kidOf(message.slip)
    case 'withdrawal':
      return kidOf(message.withdrawal)
    case 'outcome':
      return kidOf(message.outcome)
    case 'code':
    case 'gone':
      return undefined
  }
}
