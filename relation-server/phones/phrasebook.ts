// One language, ready to speak: its sentences taken apart once at start, so that saying one is joining a few
// strings. What a file may hold is checked in language-file.ts.
import { currencies, type Money } from '@concilia/protocol/money.ts'
import type { Channel } from '../sale-events.ts'
import { inGsm7 } from './gsm7.ts'
import type { LanguageFile, SentenceText } from './language-file.ts'
import type { House, Say } from './say.ts'
import { type Placeholder, type SentenceName, sentenceFor } from './sentences.ts'
import type { PageFields, PagePlaceholder, PageWord } from './web/page-words.ts'

/** Words and, in turn, what is filled in between them. */
type Template = readonly (string | { readonly fill: Placeholder })[]
type Templates = Readonly<Record<string, Template>>

/** What a seller is called, at most. */
const longestSeller = 24

export class Phrasebook {
  readonly #file: LanguageFile
  readonly #spell: (words: string) => string
  readonly #amounts = new Map<string, Intl.NumberFormat>()
  readonly #counts: Intl.PluralRules
  readonly #seconds: Intl.NumberFormat
  readonly #minutes: Intl.NumberFormat
  readonly #declined: Readonly<Record<string, string>>
  readonly #texts: Readonly<Partial<Record<SentenceName, Templates>>>
  readonly #screens: Readonly<Partial<Record<SentenceName, Templates>>>

  /** @param file of the form that `languageSchema` asks for */
  constructor(file: LanguageFile) {
    this.#file = file
    this.#spell = file.alphabet === 'gsm7' ? inGsm7 : (words) => words
    this.#counts = new Intl.PluralRules(file.locale)
    const unit = (name: string) =>
      new Intl.NumberFormat(file.locale, { style: 'unit', unit: name, unitDisplay: 'short', ...plainFigures })
    this.#seconds = unit('second')
    this.#minutes = unit('minute')
    this.#declined = mapped(file.declined, this.#spell)
    const taken = (sentence: SentenceText) => this.#templates(sentence)
    this.#texts = mapped(file.text, taken)
    this.#screens = mapped(file.screen, taken)
  }

  get name(): string {
    return this.#file.name
  }

  /** The first of them, as buyers are told to type it. */
  get payWord(): string {
    const { words, locale } = this.#file
    return (words.pay[0] ?? '').toLocaleUpperCase(locale)
  }

  /** @returns in letters that every phone of this alphabet shows, and no longer than one sentence may be */
  say(say: Say, channel: Channel, house: House): string {
    const name = sentenceFor(say)
    const templates =
      channel === 'ussd'
        ? (this.#screens[name] ?? this.#texts[name])
        : (this.#texts[name] ?? this.#screens[name])
    const count = say.kind === 'wrongCode' ? this.#counts.select(say.triesLeft) : 'other'
    const template = templates?.[count] ?? templates?.other ?? []
    let words = ''
    for (const part of template) words += typeof part === 'string' ? part : this.#value(part.fill, say, house)
    return words
  }

  /** @returns as the language file has it: a browser shows any letter */
  page(word: PageWord, fields: PageFields): string {
    return this.#file.page[word].replace(
      /\{(\w+)\}/g,
      (_, placeholder: PagePlaceholder) => fields[placeholder] ?? '',
    )
  }

  /** `1.50 EUR`, in French `1,50 EUR`: amounts go by the code, which every phone shows. */
  price({ amountMinor, currency }: Money): string {
    const { digits } = currencies[currency]
    let format = this.#amounts.get(currency)
    if (!format) {
      const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits }
      format = new Intl.NumberFormat(this.#file.locale, { ...plainFigures, ...fraction })
      this.#amounts.set(currency, format)
    }
    return `${format.format(amountMinor / 10 ** digits)} ${currency}`
  }

  /** Rounded down, because nobody may be promised time that is not there: `3 min`, `90 s`. */
  time(ms: number): string {
    const seconds = Math.floor(ms / 1000)
    const text =
      seconds < 120 ? this.#seconds.format(seconds) : this.#minutes.format(Math.floor(seconds / 60))
    return this.#spell(text)
  }

  #value(fill: Placeholder, say: Say, house: House): string {
    if (fill === 'service') return this.#spell(house.serviceName)
    if (fill === 'helpNumber') return house.helpNumber
    // What a sentence may name was checked with its file.
    const of: Partial<Fields> = say
    switch (fill) {
      case 'machine':
        return of.machineNumber ?? ''
      case 'price':
        return of.price ? this.price(of.price) : ''
      case 'time':
        return this.time(of.withinMs ?? 0)
      case 'seller':
        return this.#spell((of.seller ?? '').slice(0, longestSeller))
      case 'reason':
        return this.#declined[of.reason ?? ''] ?? ''
      case 'figure':
        return String(of.figure ?? '')
      case 'tries':
        return String(of.triesLeft ?? '')
      case 'code':
      case 'suggestion':
      case 'reference':
        return of[fill] ?? ''
    }
  }

  #templates(sentence: SentenceText): Templates {
    const forms = typeof sentence === 'string' ? { other: sentence } : sentence
    return mapped(forms, (text) =>
      text.split(/(\{[^{}]*\})/).flatMap((part) => {
        if (part.startsWith('{') && part.endsWith('}')) return { fill: part.slice(1, -1) as Placeholder }
        return part === '' ? [] : this.#spell(part)
      }),
    )
  }
}

interface Fields {
  kind: string
  machineNumber: string
  price: Money
  code: string
  figure: number
  withinMs: number
  suggestion: string
  seller: string
  reference: string
  reason: string
  triesLeft: number
}

/** Figures that every phone has, and nothing between thousands. */
const plainFigures = { numberingSystem: 'latn', useGrouping: false } as const

function mapped<From, To>(record: Readonly<Record<string, From | undefined>>, to: (value: From) => To) {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, to(value)] as const],
    ),
  )
}
