// All languages there are: what buyers type in any of them, and everything said in the one of each buyer. A
// language whose file is gone since a buyer used it is spoken as the configured one.
import type { Money } from '@concilia/protocol/money.ts'
import type { Channel, Language } from '../sale-events.ts'
import type { LanguageFile } from './language-file.ts'
import { Phrasebook } from './phrasebook.ts'
import type { House, Say } from './say.ts'
import { VoiceWords } from './voice/voice-sentences.ts'
import type { PageFields, PageWord } from './web/page-words.ts'
import { type Intent, readWords, type Vocabulary, vocabularyOf } from './words.ts'

export class Languages {
  /** Spoken to a buyer who has not shown another one. */
  readonly fallback: Language
  readonly #books: ReadonlyMap<Language, Phrasebook>
  readonly #fallbackBook: Phrasebook
  readonly #vocabulary: Vocabulary
  readonly #calls: ReadonlyMap<Language, VoiceWords>

  /** @throws Error when `fallback` is not among them, or one word means two things */
  constructor(files: ReadonlyMap<Language, LanguageFile>, fallback: Language) {
    this.fallback = fallback
    this.#books = new Map([...files].map(([name, file]) => [name, new Phrasebook(file)]))
    const book = this.#books.get(fallback)
    if (!book) throw new Error(`there is no language "${fallback}", only ${[...files.keys()].join(', ')}`)
    this.#fallbackBook = book
    this.#calls = new Map(
      [...files].map(([name, file]) => [
        name,
        new VoiceWords(file, (money) => this.#books.get(name)?.price(money) ?? ''),
      ]),
    )
    this.#vocabulary = vocabularyOf([...files].map(([name, { words }]) => [name, words]))
  }

  get names(): readonly Language[] {
    return [...this.#books.keys()]
  }

  /** What begins a text that names a machine, in the configured language: `PAY`. */
  get payWord(): string {
    return this.#fallbackBook.payWord
  }

  /** For calls, and for what a machine's display says of their codes. */
  voice(language: Language | undefined): VoiceWords {
    const words = this.#calls.get(language ?? this.fallback) ?? this.#calls.get(this.fallback)
    if (!words) throw new Error(`the language "${this.fallback}" speaks no calls`)
    return words
  }

  /** @param words what was typed, of any origin and length */
  read(words: string): Intent {
    return readWords(words, this.#vocabulary)
  }

  /** What speakers of a language call it. */
  nameOf(language: Language): string {
    return this.#book(language).name
  }

  page(word: PageWord, language: Language, fields: PageFields): string {
    return this.#book(language).page(word, fields)
  }

  price(price: Money, language: Language): string {
    return this.#book(language).price(price)
  }

  /** @returns at most 160 septets for a text, 182 for a screen, when numbers and names keep their limits */
  say(say: Say, language: Language, channel: Channel, house: House): string {
    return this.#book(language).say(say, channel, house)
  }

  #book(language: Language): Phrasebook {
    return this.#books.get(language) ?? this.#fallbackBook
  }
}
