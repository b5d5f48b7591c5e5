// When a link that was lost, or refused, is tried again. Pure.
import { fullJitter, type Random } from '@concilia/protocol/random.ts'
import { status } from '@concilia/protocol/smpp/commands.ts'

/** How the last try ended. */
export type Ended =
  /** The connection could not be made, or was lost. */
  | { readonly kind: 'lost' }
  /** The centre answered the bind with this status. */
  | { readonly kind: 'refused'; readonly status: number }

export interface NextTry {
  readonly afterMs: number
  /** Somebody has to do something: name, password or rights are wrong. */
  readonly alarm: boolean
}

const baseMs = 1000
const capMs = 60_000
/** Centres lock a name that knocks with a wrong password again and again. */
const alarmMs = 3_600_000
const wrongCredentials: readonly number[] = [
  status.bindFailed,
  status.invalidPassword,
  status.invalidSystemId,
]

/**
 * @param failures in a row, this one included
 * @param enquireMs the time after which a centre finds out that our old session is dead
 */
export function nextTry(ended: Ended, failures: number, enquireMs: number, random: Random): NextTry {
  if (ended.kind === 'refused') {
    if (wrongCredentials.includes(ended.status)) return { afterMs: alarmMs, alarm: true }
    if (ended.status === status.alreadyBound) return { afterMs: enquireMs, alarm: false }
  }
  // Never at once: a centre that closes what it has just accepted is not to be knocked down.
  const floorMs = baseMs / 2
  return { afterMs: floorMs + fullJitter(random, failures - 1, baseMs, capMs - floorMs), alarm: false }
}
