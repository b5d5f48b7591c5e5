// Whether a program that ended was stopped by a check of its own: an error it throws on purpose, in its own
// code. Anything else (a name that is not there, a wrong type) says only that somebody cannot program.

/** @param text what was written when it ended @returns the check's words */
export function stoppedByInvariant(text: string): string | undefined {
  const [, words, frame] =
    /(?:^|\s)(?:Error|BrokenInvariant|ZodError): ([^\n]*)[\s\S]*?\n\s+at ([^\n]*)/.exec(text) ?? []
  const isOwn = /\/(?:automaton|relation-server|payment-centre|protocol|platform)\/[\w/-]+\.ts:/.test(
    frame ?? '',
  )
  return isOwn ? words : undefined
}
