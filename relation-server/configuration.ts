// The relation server's configuration file: every key with its meaning, from which example.toml is written.
// Secrets are in files of their own, the database in DATABASE_URL.
import type { Frozen } from '@concilia/platform/configuration.ts'
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { metricsSchema } from '@concilia/platform/metrics-configuration.ts'
import { limitsSchema } from '@concilia/protocol/limits.ts'
import { z } from 'zod'
import { machinesSchema } from './machines/configuration.ts'
import { paymentsSchema } from './payments/configuration.ts'
import { phonesSchema } from './phones/configuration.ts'
import { proofRuleSchema } from './proof-policy.ts'

export const serverConfigurationSchema = z.strictObject({
  identity: pathSchema
    .describe('Folder with key.pem, chain.pem and root.pem, as enrolled; its certificate says who we are')
    .meta({ examples: ['identity'] }),
  subscriberKeyFile: pathSchema
    .describe(
      'Key that seals phone numbers in the database; made on first start. Back it up with the database',
    )
    .default('subscriber.key'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .describe('Least grave line that is logged')
    .default('info'),
  http: z
    .strictObject({
      host: z.string().min(1).describe('Address to listen on for the phones’ gateways').default('127.0.0.1'),
      port: z.int().min(0).max(65_535).describe('Port to listen on; 0 lets the system choose').default(8080),
    })
    .describe('Where gateways reach this server')
    .prefault({}),
  sales: z
    .strictObject({
      charge: z
        .enum(['debit', 'hold'])
        .describe('debit: charged at once, re-credited on failure. hold: reserved, confirmed on delivery')
        .default('debit'),
      invitation: z
        .string()
        .min(1)
        .max(32)
        .describe('What machines show to a buyer who waits; {number} stands for the machine number')
        .default('Text {number} to 36000'),
      presence: z
        .array(z.string().regex(/^(\*|[0-9]{1,5})$/))
        .max(10_000)
        .describe(
          'Machines whose display shows their number with three figures that change, which is what buyers ' +
            'send then; * for all. Proves where they stand, never who they are',
        )
        .default([]),
      proof: z
        .array(proofRuleSchema)
        .max(256)
        .describe('What proves that a buyer may be charged: the first rule that fits. None: rule 15 alone')
        .default([])
        .meta({ examples: [[{ aboveMinor: 1500, currency: 'EUR', proof: 'pin' }]] }),
      unknownCapMachine: z
        .int()
        .min(0)
        .max(1000)
        .describe('Unknown outcomes of one machine a day that are given back without a person')
        .default(5),
      unknownCapSubscriber: z
        .int()
        .min(0)
        .max(1000)
        .describe('Unknown outcomes of one buyer a day that are given back without a person')
        .default(2),
    })
    .describe('How sales are made')
    .prefault({}),
  payments: paymentsSchema.describe('The payment centre'),
  machines: machinesSchema.describe('The broker through which machines are reached'),
  phones: phonesSchema.describe('The gateways through which phones are reached'),
  metrics: z.exactOptional(metricsSchema),
  limits: limitsSchema
    .describe('Time limits; each is shorter than that of whoever waits for it')
    .prefault({}),
})

export type ServerConfiguration = Frozen<z.output<typeof serverConfigurationSchema>>
