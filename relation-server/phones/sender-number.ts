// From what a gateway calls the sender to a subscriber, and whether a number may be texted at all. Short
// codes are no telephone numbers and never come here.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'

/**
 * Lines that people carry, or may carry: some countries do not tell mobile from fixed, some numbers have no
 * type.
 */
const personal = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE', undefined])

/**
 * @param sender `+33612345678`, `0033612345678` or `33612345678` (a plus sign lost on the way is common)
 * @param aliasRealm the carrier, when it sends aliases of its own instead of numbers
 * @returns undefined when this is nobody we could charge or answer
 */
export function subscriberFrom(sender: string, aliasRealm?: string): Subscriber | undefined {
  const bare = sender.trim()
  if (aliasRealm !== undefined) {
    return /^[\x21-\x7e]{1,64}$/.test(bare) ? { realm: aliasRealm, key: bare } : undefined
  }
  const digits = bare.replace(/^(\+|00)/, '')
  if (!/^[1-9][0-9]{6,14}$/.test(digits)) return undefined
  return isPersonal(`+${digits}`) ? { realm: 'e164', key: `+${digits}` } : undefined
}

/**
 * What a person types as their own number: with its country (`+33 6 ...`, `0033 6 ...`) or without.
 * @param country two letters, such as FR
 * @returns undefined when it is none that we could text
 */
export function subscriberTyped(text: string, country: string): Subscriber | undefined {
  const plain = text.trim().replace(/^00/, '+')
  if (plain.length > 32 || !isSupportedCountry(country)) return undefined
  const parsed = parsePhoneNumberFromString(plain, country as CountryCode)
  return parsed && isPersonal(parsed.number) ? { realm: 'e164', key: parsed.number } : undefined
}

/**
 * Premium-rate and other service numbers are never texted; a carrier's alias is the carrier's own business.
 */
export function mayBeTexted({ realm, key }: Subscriber): boolean {
  return realm !== 'e164' || isPersonal(key)
}

export interface Served {
  /** Numbers, or how they begin: premium ranges that the metadata do not know, known abusers. */
  readonly refused: readonly string[]
  /** How numbers begin that are served; none listed are all. */
  readonly served: readonly string[]
}

export function isRefused({ realm, key }: Subscriber, { refused, served }: Served): boolean {
  const isOf = (starts: readonly string[]) => starts.some((start) => key.startsWith(start))
  return realm === 'e164' && (isOf(refused) || (served.length > 0 && !isOf(served)))
}

/** One purchase asks of one number five times, and each answer costs ten microseconds. */
const judged = new Map<string, boolean>()
const mostJudged = 2000

function isPersonal(number: string): boolean {
  let personal = judged.get(number)
  if (personal === undefined) {
    personal = looksPersonal(number)
    if (judged.size >= mostJudged) judged.clear()
    judged.set(number, personal)
  }
  return personal
}

function looksPersonal(number: string): boolean {
  const parsed = parsePhoneNumberFromString(number)
  return parsed?.isValid() === true && parsed.number === number && personal.has(parsed.getType())
}
