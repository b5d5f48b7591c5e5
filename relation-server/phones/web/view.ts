// What a visitor sees of a machine's page, from what is stored: pure, so that the page is the same from every
// server, after a restart, and however often it is asked for.
import type { PageRow } from '../../store/port.ts'
import type { Say } from '../say.ts'

/** What became of choosing a PIN. */
const pinFaults = ['pinSet', 'pinWrong', 'pinForm', 'pinNotNow', 'pinNoAccount'] as const
/** Why the step before did not go on; or, of a PIN alone, that it did. */
export const faults = ['notMobile', 'tooManyCodes', 'wrongCode', 'codeOver', 'failed', ...pinFaults] as const
export type Fault = (typeof faults)[number]

export type View =
  | { kind: 'noSuchMachine' }
  | { kind: 'askNumber' }
  | { kind: 'askCode'; number: string; triesLeft: number }
  /** The number is proven, and nothing goes on at this machine. */
  | { kind: 'arrive'; number: string }
  /** The number is proven, and its buyer wants a PIN, or another one. */
  | { kind: 'choosePin'; number: string }
  /** Something was said to this visitor at this machine. */
  | { kind: 'said'; number: string; say: Say }

/** The visitor, as far as known. `number` is masked. */
export interface Visitor {
  readonly number: string
  readonly proven: boolean
  readonly triesLeft: number
}

/** What was said longer ago is not what goes on now (ms). */
const freshMs = 600_000

export function viewOf(
  isMachine: boolean,
  visitor: Visitor | undefined,
  page: PageRow | undefined,
  now: number,
): View {
  if (!isMachine) return { kind: 'noSuchMachine' }
  if (!visitor) return { kind: 'askNumber' }
  const { number, triesLeft } = visitor
  if (!visitor.proven) return triesLeft > 0 ? { kind: 'askCode', number, triesLeft } : { kind: 'askNumber' }
  if (!page || now - page.at > freshMs) return { kind: 'arrive', number }
  // Written by the engine as a `Say`, in the commit that said it.
  return { kind: 'said', number, say: JSON.parse(page.say) as Say }
}

/** Whether more will be said without the visitor doing anything: the page looks again by itself. */
export function goesOn(view: View): boolean {
  return view.kind === 'said' && ['chooseNow', 'price', 'paying', 'validationAsked'].includes(view.say.kind)
}

/** Whether this sale, or this attempt at one, is over: another may begin. */
export function isOver({ kind, ...rest }: Say): boolean {
  if (kind === 'wrongCode') return 'triesLeft' in rest && rest.triesLeft === 0
  return !['chooseNow', 'price', 'paying', 'validationAsked'].includes(kind)
}
