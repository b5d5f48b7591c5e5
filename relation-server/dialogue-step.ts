// Which dialogue a step belongs to, and what in it is new. What is known of a dialogue is a row of the books,
// so that it goes on at another server, and after a restart; this only compares.
import { mayComeAgainMs } from './pay-figure.ts'
import type { Incoming, Reply } from './phones/port.ts'
import type { DialogueRow } from './store/port.ts'

/** A dialogue lives 180 s at its carrier. */
const lifeMs = 300_000

/** A step as it is known until a screen answers it. */
export interface Step extends Pick<DialogueRow, 'dialogueId' | 'subscriberId' | 'handle' | 'step' | 'typed'> {
  /** What was typed in this step alone. */
  readonly words: string
}

export interface KnownStep {
  readonly step: Step
  /** What its name has shown, newest first: any of it may be what the step answers, or repeats. */
  readonly screens: readonly DialogueRow[]
  /** The dialogue as its last screen left it; undefined at its first step. */
  readonly before: DialogueRow | undefined
  /** The screen that this very step was answered with before. */
  readonly shown: Reply | undefined
}

/**
 * @param sessionId what the gateway calls the dialogue
 * @param rows the subscriber's dialogues, newest first
 */
export function dialogueStep(
  incoming: Incoming,
  sessionId: string,
  subscriberId: string,
  rows: readonly DialogueRow[],
): KnownStep {
  const { gateway, messageId, begins, wholeHistory, words, at } = incoming
  const handle = `${gateway} ${sessionId}`
  const screens = screensOf(handle, rows, at)
  const own = screens.filter((row) => at - row.at < lifeMs)
  const before = own.find((row) => row.step === messageId) ?? (begins === true ? undefined : own[0])
  // Names that come again name no dialogue: it is known by its first message.
  const dialogueId = before?.dialogueId ?? (begins === undefined ? handle : `${gateway} ${messageId}`)
  const typed = wholeHistory ? longer(words, before?.typed ?? '') : ''
  return {
    step: {
      dialogueId,
      subscriberId,
      handle,
      step: messageId,
      typed,
      words: wholeHistory ? newest(words, before?.typed) : words,
    },
    screens,
    before,
    shown: before?.step === messageId ? screenOf(before) : undefined,
  }
}

/**
 * What the dialogues of one name have shown, as far as it may still be on the phone or its steps come again.
 * @param rows newest first
 */
export function screensOf(handle: string, rows: readonly DialogueRow[], at: number): readonly DialogueRow[] {
  return rows.filter((row) => row.handle === handle && at - row.at < mayComeAgainMs)
}

function screenOf({ screen, goesOn }: DialogueRow): Reply {
  return { kind: 'screen', screen, goesOn }
}

/**
 * What was typed last, of everything typed joined by `*`. A `*` inside an answer looks like two answers, so
 * what was there before is taken off; what does not begin with that is an older step, come again.
 */
function newest(whole: string, before: string | undefined): string {
  if (before === undefined || before === '') return whole
  return whole.startsWith(`${before}*`)
    ? whole.slice(before.length + 1)
    : whole.slice(whole.lastIndexOf('*') + 1)
}

function longer(a: string, b: string): string {
  return a.length >= b.length ? a : b
}
