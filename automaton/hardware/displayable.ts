// A text as any machine's display can show it.

/** Thirty-two characters: accents fall away, the rest becomes a question mark. */
export function displayable(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^ -~]/gu, '?')
    .slice(0, 32)
}
