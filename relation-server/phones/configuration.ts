// The [phones] section of the relation server's configuration, and the gateways made from it.
import { isIP } from 'node:net'
import type { Frozen } from '@concilia/platform/configuration.ts'
import { z } from 'zod'
import { capRuleSchema } from '../caps.ts'
import { simSwapSchema } from '../sim-swap/configuration.ts'
import { africasTalking } from './gateways/africas-talking.ts'
import type { Gateway } from './gateways/gateway.ts'
import { kannel } from './gateways/kannel.ts'
import { signedJson } from './gateways/signed-json.ts'
import { twilio } from './gateways/twilio.ts'
import type { ServedGateway } from './http-adapter.ts'
import { smppSchema } from './smpp/configuration.ts'
import { voiceExample, voiceSchema } from './voice/configuration.ts'

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/)

const addressSchema = z
  .string()
  .refine(isAddress, { message: 'expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8' })

const door = {
  secret: z
    .string()
    .regex(/^[\w-]{16,128}$/)
    .describe('Stands in the URLs this gateway calls, and is all that proves it is the gateway')
    .meta({ examples: ['choose-a-long-random-word'] }),
  addresses: z
    .array(addressSchema)
    .max(64)
    .default([])
    .describe('Addresses or networks it calls from; none listed admits all'),
}

const sendOriginSchema = z
  .url({ protocol: /^https?$/ })
  .describe('Where texts are handed to it: scheme, host and port')

const senderSchema = z.string().min(1).max(20).describe('Short code or number that buyers see and answer to')

const common = {
  ...door,
  sendOrigin: sendOriginSchema,
  sender: senderSchema,
  ussdVouched: z
    .boolean()
    .default(false)
    .describe('Whether it vouches for the number of whoever opens a dialogue; else a code goes by text'),
}

const aliasRealmSchema = z.exactOptional(
  nameSchema.describe('Set when the carrier sends aliases of its own instead of numbers, such as orange-fr'),
)

const kannelSchema = z.strictObject({
  form: z.literal('kannel'),
  ...common,
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(128),
  ussdCode: z
    .string()
    .regex(/^\*[0-9]+(\*[0-9]+)*#$/)
    .default('*123#')
    .describe('What buyers dial'),
  aliasRealm: aliasRealmSchema,
  receiptUrl: z.exactOptional(
    z.url().describe('Our own receipt URL as Kannel reaches it; without it no receipts are asked for'),
  ),
})

const africasTalkingSchema = z.strictObject({
  form: z.literal('africas-talking'),
  ...common,
  username: z.string().min(1).max(64),
  apiKey: z.string().min(1).max(256),
})

const twilioSchema = z.strictObject({
  form: z.literal('twilio'),
  ...door,
  sendOrigin: sendOriginSchema.default('https://api.twilio.com'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .describe('What stands before /phones in the URLs it calls, exactly as given to it: it signs them'),
  accountSid: z.string().regex(/^AC[0-9a-f]{32}$/),
  authToken: z.string().min(1).max(128).describe('The primary one; it signs what comes'),
  sender: z
    .string()
    .min(1)
    .max(34)
    .describe('Number that buyers see and answer to, or a messaging service (MG...)'),
})

const signedJsonSchema = z.strictObject({
  form: z.literal('signed-json'),
  ...door,
  sendUrl: z.url({ protocol: /^https?$/ }).describe('Where texts are POSTed to'),
  key: z.string().min(32).max(256).describe('Shared key that signs every body, both ways'),
  sender: senderSchema,
  ussdVouched: common.ussdVouched,
  aliasRealm: aliasRealmSchema,
})

const routeSchema = z.strictObject({
  prefix: z.exactOptional(
    z
      .string()
      .regex(/^\+?[0-9]{1,15}$/)
      .describe('Numbers that begin so, such as +33; left out: all'),
  ),
  realm: z.exactOptional(nameSchema.describe('Aliases of this carrier; left out: telephone numbers')),
  through: nameSchema.describe('The name of a gateway or of an SMPP link'),
})

export const phonesSchema = z.strictObject({
  serviceName: z.string().min(1).max(16).default('Concilia').describe('Named in every sentence to a buyer'),
  helpNumber: z
    .string()
    .regex(/^[+0-9][0-9 ]{1,15}$/)
    .describe('Where a buyer reaches a person')
    .meta({ examples: ['0800 123 456'] }),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/)
    .default('en')
    .describe('Spoken to a buyer until a word gives another away: a file in phones/languages'),
  checkDigit: z
    .boolean()
    .default(false)
    .describe('Machine numbers end in a check digit: one mistyped is told, and never another machine'),
  refused: z
    .array(z.string().regex(/^\+[0-9]{1,15}$/))
    .max(256)
    .default([])
    .describe('Numbers, or how they begin, that are neither heard nor texted, such as +8835'),
  served: z
    .array(z.string().regex(/^\+[0-9]{1,15}$/))
    .max(256)
    .default([])
    .describe('How the numbers begin that are heard and texted, such as +33; none listed serves all'),
  caps: z
    .array(capRuleSchema)
    .max(64)
    .default([])
    .describe('What one number may ask for: the first rule that fits; none fits: the defaults below')
    .meta({ examples: [[capRuleSchema.parse({ prefix: '+33' })]] }),
  simSwap: z.exactOptional(simSwapSchema),
  sendLimitMs: z.int().min(100).max(60_000).default(10_000).describe('One attempt to hand over a text'),
  answerLimitMs: z
    .int()
    .min(100)
    .max(14_000)
    .default(10_000)
    .describe('A message not stored by then is answered 503; gateways give a dialogue 15 s'),
  web: z.exactOptional(
    z
      .strictObject({
        publicOrigin: z
          .url({ protocol: /^https?$/ })
          .refine((url) => new URL(url).origin === url, { message: 'expected scheme and host alone' })
          .describe('How browsers reach this server; https, ended by the proxy before it')
          .meta({ examples: ['https://pay.example.org'] }),
        country: z
          .string()
          .regex(/^[A-Z]{2}$/)
          .default('FR')
          .describe('Of telephone numbers that are typed without their country'),
        provenDays: z
          .int()
          .min(1)
          .max(30)
          .default(30)
          .describe('A browser whose number was proven is believed for so long'),
        codesPerHour: z
          .int()
          .min(1)
          .max(100_000)
          .default(600)
          .describe('Codes texted in an hour, to all numbers together'),
      })
      .describe('The machines’ pages (/m/NUMBER); without this section there are none'),
  ),
  gateways: z
    .record(
      nameSchema,
      z.discriminatedUnion('form', [kannelSchema, africasTalkingSchema, twilioSchema, signedJsonSchema]),
    )
    .default({})
    .describe('One section for each gateway; its name stands in its URLs: /phones/SECRET/NAME/text, /ussd')
    .meta({
      examples: [
        {
          kannel: {
            form: 'kannel',
            secret: 'choose-a-long-random-word',
            addresses: ['127.0.0.1'],
            sendOrigin: 'http://127.0.0.1:13013',
            sender: '36000',
            username: 'concilia',
            password: 'as in its sendsms-user group',
            ussdVouched: true,
          },
          at: {
            form: 'africas-talking',
            secret: 'choose-another-long-word',
            sendOrigin: 'https://api.africastalking.com',
            sender: '36000',
            username: 'concilia',
            apiKey: 'as in its dashboard',
          },
          twilio: {
            form: 'twilio',
            secret: 'choose-another-long-word',
            publicUrl: 'https://phones.example.org',
            accountSid: `AC${'0123456789abcdef'.repeat(2)}`,
            authToken: 'the primary one',
            sender: '+33700000000',
          },
          other: {
            form: 'signed-json',
            secret: 'choose-another-long-word',
            sendUrl: 'https://gateway.example/send',
            key: 'choose-a-long-random-key-of-32-bytes',
            sender: '36000',
          },
        },
      ],
    }),
  smpp: z
    .record(nameSchema, smppSchema)
    .default({})
    .describe("One section for each SMPP 3.4 link to an operator's centre; no name is also a gateway's")
    .meta({
      examples: [
        {
          carrier: {
            host: 'smpp.carrier.example',
            port: 3550,
            systemId: 'concilia',
            passwordFile: 'carrier.password',
            sender: '36000',
            ussd: { code: '*123#', vouched: true },
          },
        },
      ],
    }),
  routes: z
    .array(routeSchema)
    .max(64)
    .default([])
    .describe('Which way texts go out: the first that fits and is up; none: the first gateway or link')
    .meta({ examples: [[{ prefix: '+33', through: 'carrier' }]] }),
  voice: z
    .exactOptional(voiceSchema)
    .describe('Premium-rate calls whose codes pay at machines')
    .meta({ examples: [voiceExample] }),
})

export type PhonesConfiguration = Frozen<z.output<typeof phonesSchema>>

export function gatewaysFrom({ gateways }: Pick<PhonesConfiguration, 'gateways'>): ServedGateway[] {
  return Object.entries(gateways).map(([name, settings]) => ({
    gateway: gatewayFrom(name, settings),
    secret: settings.secret,
    addresses: settings.addresses,
  }))
}

function gatewayFrom(name: string, settings: PhonesConfiguration['gateways'][string]): Gateway {
  switch (settings.form) {
    case 'kannel':
      return kannel({ name, ...settings })
    case 'africas-talking':
      return africasTalking({ name, ...settings })
    case 'twilio':
      return twilio({ name, ...settings })
    case 'signed-json':
      return signedJson({ name, ...settings })
  }
}

function isAddress(text: string): boolean {
  const [ip = '', bits, ...rest] = text.split('/')
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(ip)] ?? -1
  return (
    longest > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && +bits <= longest))
  )
}
