// What a buyer's words mean, in any of the languages there are, typed in any of the ways people type. Whether
// it is wanted here and now - a code that fits, a machine that exists - is not decided here.
import type { Language } from '../sale-events.ts'

type Meaning =
  | { kind: 'identify'; machineNumber: string }
  /** `YES 7384`: the code is what counts; the yes is the carrier's word and proves nothing. */
  | { kind: 'consent'; code: string }
  | { kind: 'consentWithoutCode' }
  /** One figure, 1 to 9: a line of a menu. `0` is `no`: back, or nothing bought. */
  | { kind: 'pick'; digit: number }
  | { kind: 'no' }
  | { kind: 'help' }
  | { kind: 'stop' }
  | { kind: 'start' }
  /** Three to eight figures alone: a machine number or a validation code, as the sale stands. */
  | { kind: 'digits'; code: string }
  /** Nothing typed yet: a dialogue just dialled. */
  | { kind: 'open' }
  | { kind: 'unreadable' }

/** `language` is there when a word gave it away. */
export type Intent = Meaning & { readonly language?: Language }

export const verbs = ['pay', 'yes', 'no', 'help', 'stop', 'start'] as const
export type Verb = (typeof verbs)[number]

/** Words that carriers' platforms have everywhere, and two that no language owns: they tell no language. */
const everywhere: Readonly<Record<string, Verb>> = {
  stop: 'stop',
  stopall: 'stop',
  unsubscribe: 'stop',
  optout: 'stop',
  revoke: 'stop',
  end: 'stop',
  quit: 'stop',
  start: 'start',
  unstop: 'start',
  info: 'help',
  ok: 'yes',
  machine: 'pay',
}

/** What each known word means; `language` where only one has it. */
export type Vocabulary = ReadonlyMap<string, { readonly verb: Verb; readonly language?: Language }>

/**
 * @param languages what buyers type in each, by verb
 * @throws Error naming the word and the languages when one word would mean two things
 */
export function vocabularyOf(
  languages: Iterable<readonly [Language, Readonly<Record<Verb, readonly string[]>>]>,
): Vocabulary {
  const known = new Map<string, { verb: Verb; language?: Language }>()
  const owners = new Map<string, Language>()
  for (const [word, verb] of Object.entries(everywhere)) known.set(word, { verb })
  for (const { language, verb, word } of typedIn(languages)) {
    const before = known.get(word)
    const owner = owners.get(word)
    if (before && before.verb !== verb) {
      const where = owner === undefined ? 'everywhere' : `in ${owner}`
      throw new Error(`"${word}" means "${verb}" in ${language}, but "${before.verb}" ${where}`)
    }
    known.set(word, owner === undefined || owner === language ? { verb, language } : { verb })
    if (owner === undefined) owners.set(word, language)
  }
  return known
}

function typedIn(languages: Iterable<readonly [Language, Readonly<Record<Verb, readonly string[]>>]>) {
  return [...languages].flatMap(([language, words]) =>
    verbs.flatMap((verb) => words[verb].map((word) => ({ language, verb, word: foldedWord(word) ?? word }))),
  )
}

/** Longer than any text of one part can be; beyond it nobody meant us. */
const longestWords = 320

/** @param text what was typed, of any origin and length */
export function readWords(text: string, vocabulary: Vocabulary): Intent {
  if (text.length > longestWords) return { kind: 'unreadable' }
  const plain = folded(text)
  if (plain.trim().startsWith('*')) return dialled(plain)
  const bare = plain.replace(/[*# ]+/g, ' ').trim()
  if (bare === '') return text.trim() === '' ? { kind: 'open' } : { kind: 'unreadable' }
  if (/^\d/.test(bare)) return figures(bare)
  const [, word = '', rest = ''] = /^(\p{L}+) ?(.*)$/u.exec(bare) ?? []
  const known = vocabulary.get(word)
  if (!known) return { kind: 'unreadable' }
  const meaning = said(known.verb, rest)
  return known.language ? { ...meaning, language: known.language } : meaning
}

/** One word as `readWords` compares it; undefined when it is none, or several. */
export function foldedWord(text: string): string | undefined {
  const word = folded(text).trim()
  return /^\p{L}+$/u.test(word) ? word : undefined
}

/**
 * Lower case without accents or marks nobody sees; whatever is no letter, figure, `*` or `#` becomes a
 * space.
 */
function folded(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}*#]+/gu, ' ')
}

/** `*123*4021#`: the first group is the service, the next the machine. */
function dialled(plain: string): Intent {
  const groups = plain.split(/[*# ]+/).filter((group) => group !== '')
  const [, machineNumber] = groups
  if (groups.length > 2) return { kind: 'unreadable' }
  return machineNumber === undefined ? { kind: 'open' } : identified(machineNumber)
}

/** A refusal may be wordy (`no thanks`); a yes may not: whatever is not exactly a consent is none. */
function said(verb: Verb, rest: string): Intent {
  if (verb === 'pay') return identified(joined(rest) ?? '')
  if (verb !== 'yes') return { kind: verb }
  if (rest === '') return { kind: 'consentWithoutCode' }
  const code = joined(rest)
  return code && /^\d{4,8}$/.test(code) ? { kind: 'consent', code } : { kind: 'unreadable' }
}

function identified(machineNumber: string): Intent {
  return /^[1-9]\d{2,7}$/.test(machineNumber) ? { kind: 'identify', machineNumber } : { kind: 'unreadable' }
}

function figures(bare: string): Intent {
  const code = joined(bare)
  if (code === undefined) return { kind: 'unreadable' }
  if (code === '0') return { kind: 'no' }
  if (code.length === 1) return { kind: 'pick', digit: Number(code) }
  return /^\d{3,8}$/.test(code) ? { kind: 'digits', code } : { kind: 'unreadable' }
}

/** One number; written in pairs (`40 21`), as people do, it is one number too. */
function joined(text: string): string | undefined {
  const bare = text.trim()
  return /^(\d+|\d\d( \d\d)+)$/.test(bare) ? bare.replaceAll(' ', '') : undefined
}
