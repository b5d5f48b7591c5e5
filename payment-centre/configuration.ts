// The payment centre's configuration file: every key with its meaning, from which example.toml is written.
// The database is named by DATABASE_URL; who the centre is comes from its certificate.
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { metricsSchema } from '@concilia/platform/metrics-configuration.ts'
import { limitsSchema } from '@concilia/protocol/limits.ts'
import { isLoopback, isSafeUrl } from '@concilia/protocol/loopback.ts'
import { type Currency, currencies } from '@concilia/protocol/money.ts'
import { z } from 'zod'

const second = 1000
const minute = 60 * second
const amountMinor = z.int().min(0)

const currencyCapsSchema = z.strictObject({
  purchaseMinor: amountMinor.describe('Highest price of one purchase'),
  dayMinor: amountMinor.describe("Highest sum of a buyer's UTC day without a code sent by the centre (ST12)"),
  monthMinor: amountMinor.describe("Highest sum of a buyer's UTC month"),
})

const capsSchema = z.strictObject({
  purchasesPerHour: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5)
    .describe('Most purchases of a buyer in a clock hour'),
  currencies: z
    .partialRecord(z.enum(Object.keys(currencies) as [Currency, ...Currency[]]), currencyCapsSchema)
    .default({ EUR: { purchaseMinor: 50_00, dayMinor: 15_00, monthMinor: 300_00 } })
    .describe(
      'By currency; one that is not here is not served. The caps of EUR follow the telecom exclusion of PSD2',
    )
    .meta({ examples: [{ EUR: { purchaseMinor: 50_00, dayMinor: 15_00, monthMinor: 300_00 } }] }),
})

const codesSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => isSafeUrl(url, ['https:']), {
        message: 'use https; http is for a gateway on this machine only',
      })
      .describe("Kannel's sendsms form")
      .meta({ examples: ['http://127.0.0.1:13013/cgi-bin/sendsms'] }),
    username: z
      .string()
      .describe('Of the sendsms-user')
      .meta({ examples: ['concilia'] }),
    passwordFile: pathSchema
      .describe('File that holds the password and nothing else')
      .meta({ examples: ['codes-password'] }),
    sender: z
      .string()
      .min(1)
      .max(15)
      .describe('Shown to the buyer')
      .meta({ examples: ['36000'] }),
    digits: z.int().min(4).max(8).default(6).describe('Of a code'),
    tries: z.int().min(1).max(5).default(3).describe('Before the payment is denied'),
    waitMs: z
      .int()
      .min(second)
      .max(10 * minute)
      .default(2 * minute)
      .describe('How long a code is waited for'),
    timeoutMs: z
      .int()
      .min(100)
      .max(minute)
      .default(10 * second)
      .describe('Of one call to the gateway'),
  })
  .meta({
    examples: [
      {
        url: 'http://127.0.0.1:13013/cgi-bin/sendsms',
        username: 'concilia',
        passwordFile: 'codes-password',
        sender: '36000',
        digits: 6,
        tries: 3,
        waitMs: 120_000,
        timeoutMs: 10_000,
      },
    ],
  })
export type CodesConfiguration = z.infer<typeof codesSchema>

export const centreConfigurationSchema = z.strictObject({
  identity: pathSchema
    .describe('Folder with key.pem, chain.pem and root.pem, as enrolled; its certificate says who we are')
    .meta({ examples: ['identity'] }),
  keyFile: pathSchema
    .describe(
      'Keys that hide the buyers in the database; made on the first start. Keep a copy apart from the ' +
        'database: without it no account is ever found again',
    )
    .default('payment-centre-keys.json'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least grave line that is logged'),
  listen: z
    .strictObject({
      host: z
        .string()
        .default('127.0.0.1')
        .describe('Address to listen on; with TLS off only one of this machine'),
      port: z.int().min(0).max(65_535).default(8443).describe('0: any free one, told to the parent process'),
      tls: z.boolean().default(false).describe("With the identity's key and chain. Off only on this machine"),
    })
    .refine(({ host, tls }) => tls || isLoopback(host), {
      message: 'without tls the host must be 127.0.0.1, ::1 or localhost',
    })
    .describe('Where relation servers reach the centre')
    .prefault({}),
  caps: capsSchema.describe('How often and how much a buyer may buy').prefault({}),
  codes: z
    .exactOptional(codesSchema)
    .describe('Codes sent to the buyer (ST12). Left out: purchases that would need one are refused'),
  tokenMs: z
    .int()
    .min(minute)
    .max(60 * minute)
    .default(10 * minute)
    .describe('Life of an access token'),
  sweepMs: z
    .int()
    .min(20)
    .max(minute)
    .default(second)
    .describe('How often holds are looked for whose time is over; the money counts as free only then'),
  longestQueue: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Requests that may wait; others are told 429'),
  metrics: z.exactOptional(metricsSchema),
  limits: limitsSchema
    .describe('Time limits; each is shorter than that of whoever waits for it')
    .prefault({}),
})
export type CentreConfiguration = z.infer<typeof centreConfigurationSchema>
