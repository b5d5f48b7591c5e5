// Writing a text so that it stays in the GSM 7-bit default alphabet. One letter outside would turn the whole
// text into UCS-2 and cut it from 160 characters to 70.
import { septetsOf } from '@concilia/protocol/gsm7.ts'

export { septetsOf }

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

/**
 * The same words inside the alphabet: letters that it lacks lose their accent, what has no likeness becomes
 * `?`.
 */
export function inGsm7(text: string): string {
  if (septetsOf(text) !== undefined) return text
  return Array.from(text.normalize('NFC'), (character) => {
    if (septetsOf(character) !== undefined) return character
    const likeness = near[character] ?? character.normalize('NFD').replace(/\p{M}/gu, '')
    return septetsOf(likeness) === undefined ? '?' : likeness
  }).join('')
}
