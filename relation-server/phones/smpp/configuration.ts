// One section [phones.smpp.NAME] of the configuration, and the link made from it.
import { readFileSync } from 'node:fs'
import type { Frozen } from '@concilia/platform/configuration.ts'
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { z } from 'zod'
import { dialling } from './dial-adapter.ts'
import { type LinkParts, SmppLink } from './link.ts'

const ussdSchema = z.strictObject({
  code: z
    .string()
    .regex(/^\*[0-9]+(\*[0-9]+)*#$/)
    .describe('What buyers dial')
    .meta({ examples: ['*123#'] }),
  sessionKey: z
    .enum(['its_session_info', 'user_message_reference', 'none'])
    .default('its_session_info')
    .describe('Where this centre keeps the number of a dialogue'),
  dataCoding: z.int().min(0).max(255).default(15).describe('data_coding of a screen in GSM-7; often 15 or 0'),
  vouched: z
    .boolean()
    .default(false)
    .describe('Whether it vouches for the number of whoever opens a dialogue; else a code goes by text'),
})

export const smppSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .describe('Where the centre is')
    .meta({ examples: ['smpp.carrier.example'] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .describe('Usually 3550 with TLS, 2775 without')
    .meta({ examples: [3550] }),
  tls: z.boolean().default(true).describe('Without it only inside a tunnel, or on this machine'),
  rootFile: z.exactOptional(
    pathSchema.describe("Authority of the centre's TLS certificate (PEM); left out: those of this system"),
  ),
  systemId: z
    .string()
    .regex(/^[\x21-\x7e]{1,15}$/)
    .describe('Our name at the centre')
    .meta({ examples: ['concilia'] }),
  passwordFile: pathSchema
    .describe('File with our password there (at most 8 characters) and nothing else')
    .meta({ examples: ['carrier.password'] }),
  systemType: z.string().max(12).default('').describe('As the operator asks for it; mostly empty'),
  bind: z
    .enum(['transceiver', 'pair'])
    .default('transceiver')
    .describe('One session for both ways, or one to receive and one to send'),
  window: z.int().min(1).max(1000).default(10).describe('Unanswered texts at a time; some centres allow 1'),
  answerMs: z
    .int()
    .min(500)
    .max(60_000)
    .default(10_000)
    .describe('The centre answers by then, or is in doubt'),
  enquireMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe('How often the centre is asked if it is there'),
  sender: z
    .string()
    .min(1)
    .max(20)
    .describe('Short code or number that buyers see and answer to')
    .meta({ examples: ['36000'] }),
  senderTon: z
    .int()
    .min(0)
    .max(6)
    .default(3)
    .describe('Its kind: 3 a short code with most, 0, 1 international, 5 letters'),
  senderNpi: z.int().min(0).max(18).default(0).describe('Its plan: 0, 1 with most for numbers'),
  alphabet: z.enum(['gsm7', 'latin1']).default('gsm7').describe('What the centre means by data_coding 0'),
  long: z
    .enum(['udh', 'sar', 'payload'])
    .default('udh')
    .describe('How texts longer than 160 are sent: header, parameters, one payload'),
  receipts: z.boolean().default(true).describe('Whether receipts are asked for'),
  countryCode: z.exactOptional(
    z
      .string()
      .regex(/^[1-9][0-9]{0,2}$/)
      .describe('Put before numbers that come in national form, such as 33'),
  ),
  aliasRealm: z.exactOptional(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{1,31}$/)
      .describe('Set when the carrier sends aliases of its own instead of numbers, such as orange-fr'),
  ),
  ussd: z.exactOptional(ussdSchema.describe('Set when dialogues come over this link')),
})

export type SmppConfiguration = Frozen<z.output<typeof smppSchema>>

export type ServedBy = Pick<LinkParts, 'receive' | 'hearReceipt' | 'clock' | 'random' | 'log'> & {
  readonly sendLimitMs: number
  readonly answerLimitMs: number
}

/** @throws OperatingError `smpp-password-unusable`, `smpp-root-unusable` */
export function linkFrom(
  name: string,
  configuration: SmppConfiguration,
  { sendLimitMs, answerLimitMs, ...parts }: ServedBy,
): SmppLink {
  const { host, port, tls, rootFile, passwordFile, ussd, aliasRealm, countryCode, ...rest } = configuration
  const { sender, senderTon, senderNpi, alphabet, long, receipts, ...session } = rest
  const profile = {
    name,
    sender,
    senderTon,
    senderNpi,
    alphabet,
    long,
    receipts,
    ussd,
    aliasRealm,
    countryCode,
  }
  const password = passwordFrom(name, passwordFile)
  return new SmppLink({
    ...parts,
    settings: { ...session, password, profile, sendLimitMs, answerLimitMs },
    dial: readable(name, rootFile, () => dialling({ host, port, tls, rootFile })),
  })
}

function passwordFrom(name: string, file: string): string {
  try {
    const password = readFileSync(file, 'utf8').trim()
    if (!/^[\x21-\x7e]{0,8}$/.test(password)) throw new Error('not 0 to 8 printable characters')
    return password
  } catch (cause) {
    throw new OperatingError({
      code: 'smpp-password-unusable',
      message: `The password of the link ${name} in ${file} cannot be used.`,
      advice: 'Put the password that the operator gave you there, at most 8 characters, and nothing else.',
      cause,
    })
  }
}

function readable<T>(name: string, file: string | undefined, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new OperatingError({
      code: 'smpp-root-unusable',
      message: `The authority of the link ${name} in ${file} cannot be read.`,
      advice: 'Put the PEM certificate there that the operator gave you, or leave rootFile out.',
      cause,
    })
  }
}
