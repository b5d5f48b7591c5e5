// The [phones.voice] section of the relation server's configuration: numbers that buyers call, what a call
// costs and yields, and the voice platforms that answer them.
import { amountMinorOf, currencySchema } from '@concilia/protocol/money.ts'
import { z } from 'zod'
import type { VoiceRules } from '../../engine/world.ts'
import type { Languages } from '../languages.ts'
import type { VoiceCodes } from './voice-codes.ts'

const minute = 60_000
const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,15}$/)
const secretSchema = z
  .string()
  .regex(/^[\w-]{16,128}$/)
  .meta({ examples: ['choose-a-long-random-word'] })
const messageSchema = z.string().regex(/^[\w-]+(\/[\w-]+){0,4}$/)

const numberSchema = z
  .strictObject({
    called: z
      .string()
      .regex(/^\+?[0-9]{3,15}$/)
      .describe('As the voice platform says it')
      .meta({ examples: ['0899123456'] }),
    amount: z
      .string()
      .describe('What a call pays, tax included: items of exactly this price can be bought with it')
      .meta({ examples: ['1.50'] }),
    currency: currencySchema.describe('Of the amount').meta({ examples: ['EUR'] }),
    tariffMessage: messageSchema
      .describe('The recording that says what the call costs; heard before the call is answered')
      .meta({ examples: ['tariff-150'] }),
    sellerShareBps: z
      .int()
      .min(0)
      .max(10_000)
      .describe('Commission of the seller on each delivery, in hundredths of a percent')
      .meta({ examples: [6000] }),
    way: z
      .enum(['code', 'direct'])
      .describe(
        'code: a code is read out and typed at the machine. direct: an offer of just this price that is ' +
          'open on the machine whose number is typed is paid at once; where there is none, a code is read',
      )
      .default('code'),
    language: z.exactOptional(
      z
        .string()
        .describe('Spoken on it: a file in phones/languages. Left out: phones.language')
        .meta({ examples: ['fr'] }),
    ),
  })
  .refine(({ amount, currency }) => (amountMinorOf(amount, currency) ?? 0) > 0, {
    message: 'is no amount of its currency, such as 1.50',
    path: ['amount'],
  })
export type VoiceNumber = z.output<typeof numberSchema>

const httpSchema = z.strictObject({
  form: z.literal('http'),
  secret: secretSchema.describe('It signs what it sends with this'),
})
const fastAgiSchema = z.strictObject({
  form: z.literal('fastagi'),
  secret: secretSchema.describe('Path of its address: agi://HOST:PORT/SECRET'),
  host: z.string().min(1).describe('Address to listen on').default('127.0.0.1'),
  port: z.int().min(0).max(65_535).describe('Port to listen on; 0 lets the system choose').default(4573),
  sounds: messageSchema
    .describe('Folder of the recordings at the PBX: SOUNDS/LANGUAGE/PROMPT')
    .default('concilia'),
})

export const voiceSchema = z
  .strictObject({
    codeLifeMs: z
      .int()
      .min(1000)
      .max(60 * minute)
      .default(15 * minute)
      .describe('How long a code is good, and good again when its item was not delivered'),
    wrongCodesMachine: z
      .int()
      .min(3)
      .max(1000)
      .default(10)
      .describe('Wrong codes an hour after which a machine takes none for the rest of it'),
    wrongCodesAll: z.int().min(3).max(100_000).default(200).describe('The same for all machines together'),
    answerLimitMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(4000)
      .describe('A step that has no answer by then is told to wait and ask again'),
    numbers: z
      .record(nameSchema, numberSchema)
      .describe('One section for each number that buyers call')
      .meta({
        examples: [
          {
            'fr-150': {
              called: '0899123456',
              amount: '1.50',
              currency: 'EUR',
              tariffMessage: 'tariff-150',
              sellerShareBps: 6000,
              way: 'code',
              language: 'fr',
            },
          },
        ],
      }),
    platforms: z
      .record(nameSchema, z.discriminatedUnion('form', [httpSchema, fastAgiSchema]))
      .describe('One section for each voice platform; one that speaks HTTP calls /voice/NAME')
      .meta({ examples: [{ platform: { form: 'http', secret: 'choose-a-long-random-word' } }] }),
  })
  .refine(({ numbers }) => {
    const called = Object.values(numbers).map((each) => each.called)
    return new Set(called).size === called.length
  }, 'two sections have one number')
export const voiceExample = {
  codeLifeMs: 15 * minute,
  wrongCodesMachine: 10,
  wrongCodesAll: 200,
  answerLimitMs: 4000,
  numbers: {
    'fr-150': {
      called: '0899123456',
      amount: '1.50',
      currency: 'EUR',
      tariffMessage: 'tariff-150',
      sellerShareBps: 6000,
      way: 'code',
      language: 'fr',
    },
  },
  platforms: {
    platform: { form: 'http', secret: 'choose-a-long-random-word' },
    asterisk: { form: 'fastagi', secret: 'choose-another-long-word' },
  },
} as const

export type VoiceConfiguration = z.output<typeof voiceSchema>

/** For what the centre does somewhat later than we: a sale that uses a code takes its time too. */
const graceMs = 10 * minute

export function voiceRulesOf(
  {
    codeLifeMs,
    wrongCodesMachine,
    wrongCodesAll,
  }: Pick<VoiceConfiguration, 'codeLifeMs' | 'wrongCodesMachine' | 'wrongCodesAll'>,
  codes: VoiceCodes,
  languages: Languages,
): VoiceRules {
  return {
    codeLifeMs,
    // A sale that came to nothing without a charge leaves the centre's voucher as old as it was.
    voucherLifeMs: 2 * codeLifeMs + graceMs,
    wrongCodes: { machine: wrongCodesMachine, all: wrongCodesAll },
    codeOf: (voucherId, turn) => codes.codeOf(voucherId, turn),
    sameCode: (one, other) => codes.sameCode(one, other),
    tell: (words, language) => languages.voice(language).display(words),
  }
}
