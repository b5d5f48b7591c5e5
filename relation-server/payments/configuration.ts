// The `payments` section of the relation server's configuration: where the payment centre is and who we are
// to it.

import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { isSafeUrl } from '@concilia/protocol/loopback.ts'
import { z } from 'zod'

export const paymentsSchema = z.strictObject({
  centreUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => isSafeUrl(url, ['https:']), {
      message: 'use https; http is for a payment centre on this machine only (127.0.0.1, ::1, localhost)',
    })
    .describe('address of the payment centre')
    .meta({ examples: ['https://centre.example:8443'] }),
  rootFile: z
    .exactOptional(pathSchema)
    .describe("authority of the centre's TLS certificate (PEM); left out: the authorities of this system"),
  clientId: z
    .string()
    .min(1)
    .max(64)
    .describe("our name in the centre's register of clients")
    .meta({ examples: ['relation-server'] }),
  clientSecretFile: pathSchema
    .describe('file that holds our secret at the centre and nothing else')
    .meta({ examples: ['centre-client.secret'] }),
  connections: z.int().min(1).max(256).default(32).describe('connections kept to the centre, at most'),
})
export type PaymentsConfiguration = z.infer<typeof paymentsSchema>
