// The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1): counting, and writing a text so that it stays in
// it. One letter outside would turn the whole text into UCS-2 and cut it from 160 characters to 70.

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
/** Written with an escape before: two septets each. */
const extended = '\f^{}\\[~]|€'

const septets = new Map([
  ...[...basic].map((c) => [c, 1] as const),
  ...[...extended].map((c) => [c, 2] as const),
])

const near: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  œ: 'oe',
  Œ: 'OE',
  '\u00a0': ' ',
  '\u202f': ' ',
}

export const textSeptets = 160
export const screenSeptets = 182

/** @returns undefined when a character is outside the alphabet */
export function septetsOf(text: string): number | undefined {
  let sum = 0
  for (const character of text) {
    const count = septets.get(character)
    if (count === undefined) return undefined
    sum += count
  }
  return sum
}

/**
 * The same words inside the alphabet: letters that it lacks lose their accent, what has no likeness becomes
 * `?`.
 */
export function inGsm7(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => {
    if (septets.has(character)) return character
    const likeness = near[character] ?? character.normalize('NFD').replace(/\p{M}/gu, '')
    return septetsOf(likeness) === undefined ? '?' : likeness
  }).join('')
}
