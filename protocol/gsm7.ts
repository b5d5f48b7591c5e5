// The GSM 7-bit default alphabet and its extension (3GPP TS 23.038, 6.2.1): which letters there are, what
// each costs, and the octets of a text, one septet in each, as SMPP carries them.

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const escapeCode = 0x1b
/** Written with an escape before: two septets each. */
const extension: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
}

const octetsOfLetter = new Map<string, readonly number[]>([
  ...[...basic].flatMap((letter, code) => (code === escapeCode ? [] : [[letter, [code]] as const])),
  ...Object.entries(extension).map(([letter, code]) => [letter, [escapeCode, code]] as const),
])
const lettersOfExtension = new Map(Object.entries(extension).map(([letter, code]) => [code, letter]))

/** @returns the septets of one letter, undefined when it is outside the alphabet */
export function septetsOfLetter(letter: string): readonly number[] | undefined {
  return octetsOfLetter.get(letter)
}

/** @returns undefined when a character is outside the alphabet */
export function septetsOf(text: string): number | undefined {
  let sum = 0
  for (const letter of text) {
    const septets = octetsOfLetter.get(letter)
    if (septets === undefined) return undefined
    sum += septets.length
  }
  return sum
}

/**
 * One septet an octet. Total: an escape before what is no letter of the extension leaves that letter bare.
 */
export function textOfGsm7(octets: Uint8Array): string {
  let text = ''
  let isEscaped = false
  for (const octet of octets) {
    const code = octet & 0x7f
    if (code === escapeCode) {
      isEscaped = true
      continue
    }
    text += (isEscaped ? lettersOfExtension.get(code) : undefined) ?? basic[code] ?? ''
    isEscaped = false
  }
  return text
}
