// The form of a language file, as one schema: which sections and sentences it has, and whether each sentence
// names what it must, knows its placeholders, and fits. Whatever is wrong is said with its key.
import type { Frozen } from '@concilia/platform/configuration.ts'
import { z } from 'zod'
import type { Channel } from '../sale-events.ts'
import { screenSeptets, septetsOf, textSeptets } from './gsm7.ts'
import { Phrasebook } from './phrasebook.ts'
import type { Say } from './say.ts'
import { awaitsAnswer } from './say.ts'
import { declineReasons, nameable, type SentenceName, sentences } from './sentences.ts'
import { voiceSections } from './voice/voice-sentences.ts'
import { type PageWord, pagePlaceholders, pageWords } from './web/page-words.ts'
import { foldedWord } from './words.ts'

const sentenceSchema = z.string().min(1).max(600)
const countedSchema = z.union([
  sentenceSchema,
  z.strictObject({
    zero: z.exactOptional(sentenceSchema),
    one: z.exactOptional(sentenceSchema),
    two: z.exactOptional(sentenceSchema),
    few: z.exactOptional(sentenceSchema),
    many: z.exactOptional(sentenceSchema),
    other: sentenceSchema,
  }),
])
export type SentenceText = z.output<typeof countedSchema>

const wordsSchema = z
  .array(z.string().refine((word) => foldedWord(word) !== undefined, { message: 'expected one word' }))
  .max(32)

const section = (on: Channel) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(sentences).map(([name, { on: where, counted }]) => {
        const schema = counted ? countedSchema : sentenceSchema
        const wanted = where === 'each' || (where === 'text') === (on === 'text')
        return [name, wanted ? schema : z.exactOptional(schema)]
      }),
    ) as Record<SentenceName, typeof countedSchema>,
  )

export const languageSchema = z
  .strictObject({
    name: z.string().min(1).max(32).describe('What its speakers call it'),
    locale: z
      .string()
      .refine(isLocale, { message: 'expected a language tag, such as fr-FR' })
      .describe('How amounts and times are written'),
    alphabet: z
      .enum(['gsm7', 'ucs2'])
      .default('gsm7')
      .describe('gsm7: 160 letters a text. ucs2: any letters, 70 a text'),
    mostParts: z.int().min(1).max(3).default(1).describe('Texts that one sentence may be sent as'),
    words: z.strictObject({
      pay: wordsSchema.min(1),
      yes: wordsSchema.min(1),
      no: wordsSchema,
      help: wordsSchema,
      stop: wordsSchema,
      start: wordsSchema,
    }),
    declined: z.strictObject(
      Object.fromEntries(declineReasons.map((reason) => [reason, sentenceSchema])) as Record<
        (typeof declineReasons)[number],
        typeof sentenceSchema
      >,
    ),
    text: section('text'),
    screen: section('ussd'),
    page: z.strictObject(
      Object.fromEntries(Object.keys(pageWords).map((word) => [word, sentenceSchema])) as Record<
        PageWord,
        typeof sentenceSchema
      >,
    ),
    ...voiceSections,
  })
  .superRefine((file, context) => {
    if (!isLocale(file.locale)) return
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const [at, wrong] of faultsOf(file)) fault(at, wrong)
  })

export type LanguageFile = Frozen<z.output<typeof languageSchema>>

/** As long as configured names may be. */
const longestHouse = { serviceName: 'Concilia Service', helpNumber: '+33 800 123 4567' }

function* faultsOf(file: LanguageFile): Generator<[string[], string]> {
  const book = new Phrasebook(file)
  for (const on of ['text', 'screen'] as const) {
    for (const [name, sentence] of Object.entries(file[on])) {
      const known = sentences[name as SentenceName]
      const may = nameable(known.cases[0] as Say)
      for (const [count, text] of Object.entries(
        typeof sentence === 'string' ? { '': sentence } : sentence,
      )) {
        const at = [on, name, count].filter(Boolean)
        const named = placeholdersIn(text)
        for (const unknown of named.filter((each) => !may.has(each as never)))
          yield [at, `{${unknown}} is not known here; this sentence may name ${listed(may)}`]
        for (const missing of known.must.filter((each) => !named.includes(each)))
          yield [at, `it must name {${missing}}`]
      }
    }
  }
  for (const [name, { cases, picks = [] }] of Object.entries(sentences)) {
    for (const channel of ['text', 'ussd'] as const) {
      const at = [channel === 'text' ? 'text' : 'screen', name]
      for (const say of cases) {
        const said = book.say(say, channel, longestHouse)
        const wrong = tooLong(file, channel, said) ?? strangeLetter(said)
        if (wrong) yield [at, wrong]
        const wanted = channel === 'ussd' && (awaitsAnswer(say) || picks.length > 1) ? picks : []
        for (const pick of wanted.filter(
          (each) => !said.split('\n').some((line) => line.startsWith(`${each} `)),
        ))
          yield [at, `a line of this screen must begin with "${pick} "`]
      }
    }
  }
  for (const [word, must] of Object.entries(pageWords) as [PageWord, readonly string[]][]) {
    const named = placeholdersIn(file.page[word])
    const may: readonly string[] = pagePlaceholders
    for (const unknown of named.filter((each) => !may.includes(each)))
      yield [['page', word], `{${unknown}} is not known here; the page may name ${listed(may)}`]
    for (const missing of must.filter((each) => !named.includes(each)))
      yield [['page', word], `it must name {${missing}}`]
  }
  if (!asksForYes(file)) yield [['text', 'price'], 'before {code} must stand a word of words.yes']
}

function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, placeholder = '']) => placeholder)
}

/** Whether the text that asks for consent asks for a word that we would read as one. */
function asksForYes({ text: { price }, words }: LanguageFile): boolean {
  const [, asked = ''] = /(\S+)\s*\{code\}/.exec(typeof price === 'string' ? price : price.other) ?? []
  return words.yes.some((word) => foldedWord(word) === foldedWord(asked))
}

function tooLong({ alphabet, mostParts }: LanguageFile, channel: Channel, said: string): string | undefined {
  const most = lettersIn(alphabet, channel === 'text' ? mostParts : 'screen')
  const length = alphabet === 'gsm7' ? (septetsOf(said) ?? Number.POSITIVE_INFINITY) : said.length
  return length > most ? `it takes ${length} of ${most} characters at its longest: ${said}` : undefined
}

/** A part of several carries a header, which costs it letters. */
function lettersIn(alphabet: LanguageFile['alphabet'], parts: number | 'screen'): number {
  if (alphabet === 'ucs2') return parts === 'screen' ? 80 : parts === 1 ? 70 : 67 * parts
  return parts === 'screen' ? screenSeptets : parts === 1 ? textSeptets : 153 * parts
}

function strangeLetter(said: string): string | undefined {
  return /\?[^\s]/.test(said) ? `it has letters that no phone of this alphabet shows: ${said}` : undefined
}

function isLocale(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}

function listed(names: Iterable<string>): string {
  return [...names].map((name) => `{${name}}`).join(', ')
}
