// What a language file must say of calls: prompts that a voice platform speaks, or plays by their names, and
// words for the 32 characters of a machine's display. The sentences themselves are in ../languages.
import { largestAmountMinor, type Money, priceText } from '@concilia/protocol/money.ts'
import { z } from 'zod'
import type { DisplayWords } from '../../engine/world.ts'

const filled = ['machine', 'price', 'code', 'minutes', 'tries', 'service', 'helpNumber'] as const
type Filled = (typeof filled)[number]
type Values = Partial<Record<Filled, string>>

/** Prompts by name, each with what it must name; a recording is made of the same words. */
const prompts = {
  tariff: ['price', 'service'],
  askMachine: [],
  noSuchMachine: ['machine'],
  oneMoment: [],
  yourCode: ['machine', 'code'],
  codeAgain: ['code'],
  goodbye: ['minutes', 'helpNumber'],
  paidAtOnce: ['machine'],
  sorry: ['helpNumber'],
} as const satisfies Record<string, readonly Filled[]>
export type PromptName = keyof typeof prompts

const displayed = {
  wrongCode: ['tries'],
  wrongCodeLast: [],
  codesClosed: [],
  codeTooLate: [],
  otherPrice: ['price'],
  goodAgain: ['minutes'],
  newCode: ['code', 'minutes'],
} as const satisfies Record<string, readonly Filled[]>
type DisplayName = keyof typeof displayed

const displayWidth = 32

/** By which lengths are checked. */
const longest: Required<Values> = {
  machine: '40218888',
  price: priceText({ amountMinor: largestAmountMinor, currency: 'EUR' }),
  code: '471123',
  minutes: '999',
  tries: '2',
  service: 'Concilia Service',
  helpNumber: '+33 800 123 4567',
}

const sentence = (must: readonly Filled[], most: number, isDisplayed: boolean) =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      const fault = (message: string) => context.addIssue({ code: 'custom', message })
      const named = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
      for (const name of named) {
        if (!filled.includes(name as Filled))
          fault(`{${name}} is not known here; known are ${listed(filled)}`)
      }
      for (const name of must) if (!named.includes(name)) fault(`it must name {${name}}`)
      const whole = fill(text, longest)
      if (whole.length > most)
        fault(`it takes ${whole.length} of ${most} characters at its longest: ${whole}`)
      if (isDisplayed && !/^[ -~]*$/.test(whole)) fault('a display shows letters without accents only')
    })

const section = <Name extends string>(
  names: Readonly<Record<Name, readonly Filled[]>>,
  most: number,
  isDisplayed: boolean,
) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries<readonly Filled[]>(names).map(([name, must]) => [
        name,
        sentence(must, most, isDisplayed),
      ]),
    ) as Record<Name, z.ZodString>,
  )

/** The sections `[voice]` and `[display]` of a language file. */
export const voiceSections = {
  voice: section(prompts, 400, false),
  display: section(displayed, displayWidth, true),
}
export interface VoiceSections {
  readonly voice: Readonly<Record<PromptName, string>>
  readonly display: Readonly<Record<DisplayName, string>>
}

/** One language, for calls. */
export class VoiceWords {
  readonly #sections: VoiceSections
  readonly #price: (money: Money) => string

  /** @param price as this language writes it */
  constructor(sections: VoiceSections, price: (money: Money) => string) {
    this.#sections = sections
    this.#price = price
  }

  prompt(name: PromptName, values: Values & { readonly money?: Money }): string {
    const { money, ...rest } = values
    return fill(this.#sections.voice[name], { ...(money && { price: this.#price(money) }), ...rest })
  }

  /** At most 32 characters of ASCII. */
  display(words: DisplayWords): string {
    const { display } = this.#sections
    switch (words.kind) {
      case 'wrongCode':
        return words.triesLeft > 0
          ? fill(display.wrongCode, { tries: String(words.triesLeft) })
          : display.wrongCodeLast
      case 'otherPrice': {
        const { amountMinor, currency } = words
        return fill(display.otherPrice, { price: priceText({ amountMinor, currency } as Money) })
      }
      case 'goodAgain': {
        const values = { minutes: String(words.minutes), ...(words.code && { code: words.code }) }
        return fill(words.code ? display.newCode : display.goodAgain, values)
      }
      default:
        return display[words.kind]
    }
  }
}

function fill(text: string, values: Values): string {
  return text.replace(/\{([^{}]*)\}/g, (_, name: string) => values[name as Filled] ?? '')
}

function listed(names: readonly string[]): string {
  return names.map((name) => `{${name}}`).join(', ')
}
