// A tap on a machine's page as the words that a phone would say: from whoever has proven a number, at this
// machine, through the same conversation. Whoever shows the pages brings it; there is nothing of HTTP here.
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Random, sha256, uuidFrom } from '@concilia/protocol/random.ts'
import type { Language } from '../../sale-events.ts'
import type { VisitRow } from '../../store/port.ts'
import type { Receive } from '../port.ts'
import type { Visits } from './visits.ts'

export interface TapParts {
  readonly visits: Pick<Visits, 'of' | 'subscriberOf'>
  readonly receive: Receive
  readonly clock: Clock
  readonly random: Random
}

export interface Tap {
  /** The browser's; undefined of a stranger. */
  readonly token: string | undefined
  readonly machine: string
  readonly words: string
  /** Names the tap, where a second one must do nothing. */
  readonly once?: string
  readonly language: Language
}

/** Resolves once it is stored; nothing is said for somebody whose number is not proven (rule 15). */
export async function tap(parts: TapParts, { token, machine, words, once, language }: Tap): Promise<void> {
  const { visits, receive, clock, random } = parts
  const known = await visits.of(token)
  if (!known?.visitor.proven) return
  const sessionId = sessionOf(known.row, machine)
  await receive({
    gateway: 'web',
    messageId: once === undefined ? uuidFrom(random) : sha256(`${sessionId} ${once}`),
    channel: 'web',
    subscriber: visits.subscriberOf(known.row),
    vouched: false,
    sessionId,
    serviceCode: `/m/${machine}`,
    words,
    language,
    at: clock.now(),
  })
}

/** The yes to the price that was shown, and to no other: its code is that of one sale. */
export function payWords(code: string): Pick<Tap, 'words' | 'once'> {
  return { words: `ok ${code}`, once: `pay ${code}` }
}

/** One visitor at one machine. */
export function sessionOf({ visitId }: VisitRow, machine: string): string {
  return sha256(`${visitId} ${machine}`)
}
