// What is particular to one operator's centre: how it writes numbers and letters, and which of the dialects
// of USSD over SMPP it speaks. Pure.

import { type BodyOf, type Tlvs, tag, ussdOperation } from '@concilia/protocol/smpp/commands.ts'
import type { DefaultAlphabet, LongTexts } from '@concilia/protocol/smpp/short-message.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { subscriberFrom } from '../sender-number.ts'

/** Where a dialect keeps the number of a dialogue; `none`: the subscriber is all there is. */
export type SessionKey = 'its_session_info' | 'user_message_reference' | 'none'

export interface UssdProfile {
  /** What buyers dial, such as `*123#`. */
  readonly code: string
  readonly sessionKey: SessionKey
  readonly dataCoding: number
  /** Whether the link is trusted to vouch for the number of whoever opens a dialogue. */
  readonly vouched: boolean
}

export interface Profile {
  /** The configured name of the link. */
  readonly name: string
  /** Short code or number that buyers see and answer to. */
  readonly sender: string
  readonly senderTon: number
  readonly senderNpi: number
  readonly alphabet: DefaultAlphabet
  readonly long: LongTexts
  readonly receipts: boolean
  readonly ussd?: UssdProfile | undefined
  readonly aliasRealm?: string | undefined
  /** Put before numbers that come in their national form, such as `33`. */
  readonly countryCode?: string | undefined
}

const ton = { unknown: 0, international: 1, national: 2 } as const
const npiIsdn = 1

/** Undefined when this is nobody we could charge or answer. */
export function subscriberOf(
  { aliasRealm, countryCode }: Profile,
  { source, sourceTon }: Pick<BodyOf<'deliverSm'>, 'source' | 'sourceTon'>,
): Subscriber | undefined {
  const isNational = aliasRealm === undefined && sourceTon === ton.national && countryCode !== undefined
  return subscriberFrom(isNational ? `+${countryCode}${source.replace(/^0/, '')}` : source, aliasRealm)
}

/** International without `+`; an alias as it stands. */
export function destinationOf({ realm, key }: Subscriber) {
  return realm === 'e164'
    ? { destinationTon: ton.international, destinationNpi: npiIsdn, destination: key.slice(1) }
    : { destinationTon: ton.unknown, destinationNpi: 0, destination: key }
}

export function sourceOf({ sender, senderTon, senderNpi }: Profile) {
  return { sourceTon: senderTon, sourceNpi: senderNpi, source: sender }
}

export interface UssdStep {
  readonly operation: number
  /** The dialogue's number at its carrier, as text; empty when the dialect has none. */
  readonly session: string
  /** Whatever distinguishes this step from others of the dialogue. */
  readonly step: string
}

/** Undefined when it is no step of a dialogue. */
export function ussdStepOf(profile: UssdProfile, tlvs: Tlvs): UssdStep | undefined {
  const operation = tlvs.get(tag.ussdServiceOp)?.[0]
  if (operation === undefined) return undefined
  const info = tlvs.get(tag.itsSessionInfo)
  const reference = tlvs.get(tag.userMessageReference)
  switch (profile.sessionKey) {
    case 'its_session_info':
      return { operation, session: String(info?.[0] ?? ''), step: String(info?.[1] ?? '') }
    case 'user_message_reference':
      return { operation, session: Buffer.from(reference ?? []).toString('hex'), step: '' }
    case 'none':
      return { operation, session: '', step: '' }
  }
}

/** What goes beside a screen: the operation says whether the carrier keeps the dialogue open. */
export function ussdAnswerTlvs({ sessionKey }: UssdProfile, heard: Tlvs, goesOn: boolean): Tlvs {
  const tlvs = new Map<number, Uint8Array>([
    [tag.ussdServiceOp, Uint8Array.of(goesOn ? ussdOperation.menu : ussdOperation.last)],
  ])
  const info = heard.get(tag.itsSessionInfo)
  const reference = heard.get(tag.userMessageReference)
  if (sessionKey === 'its_session_info' && info?.length === 2) {
    const [session = 0, step = 0] = info
    // Octet 2: a sequence number in bits 7 to 1, the end of the dialogue in bit 0.
    const next = ((((step >> 1) + 1) & 0x7f) << 1) | (goesOn ? 0 : 1)
    tlvs.set(tag.itsSessionInfo, Uint8Array.of(session, next))
  }
  if (sessionKey === 'user_message_reference' && reference) tlvs.set(tag.userMessageReference, reference)
  return tlvs
}

/** The relative form of clause 7.1.1, whole seconds, at least one, at most a day: `000000000500000R`. */
export function validityOf(ms: number): string {
  const seconds = Math.min(86_399, Math.max(1, Math.floor(ms / 1000)))
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `000000${two(seconds / 3600)}${two((seconds / 60) % 60)}${two(seconds % 60)}000R`
}
