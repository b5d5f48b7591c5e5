// The section [phones.simSwap] of the relation server's configuration: whom to ask, and of which purchases.
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { isSafeUrl } from '@concilia/protocol/loopback.ts'
import { z } from 'zod'

const safeUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => isSafeUrl(url, ['https:']), { message: 'use https; http is for this machine only' })

export const simSwapSchema = z
  .strictObject({
    url: safeUrl
      .describe('Base of the carrier’s CAMARA SIM Swap API; /check is added')
      .meta({ examples: ['https://api.carrier.example/sim-swap/v2'] }),
    tokenUrl: safeUrl
      .describe('Where its access tokens come from (OAuth 2 client credentials)')
      .meta({ examples: ['https://api.carrier.example/oauth2/token'] }),
    clientId: z
      .string()
      .min(1)
      .max(128)
      .meta({ examples: ['concilia'] }),
    clientSecretFile: pathSchema
      .describe('File that holds our secret there and nothing else')
      .meta({ examples: ['sim-swap.secret'] }),
    maxAgeHours: z.int().min(1).max(2400).default(240).describe('A change before that no longer matters'),
    aboveMinor: z.int().min(0).default(1000).describe('Asked of purchases above it, in minor units'),
    firstPurchase: z.boolean().default(true).describe('Asked of a number that has bought nothing lately'),
    otherwise: z
      .enum(['pin', 'decline'])
      .default('pin')
      .describe('When the SIM was changed, or nobody can say: the PIN is wanted, or it is declined'),
    limitMs: z.int().min(100).max(10_000).default(3000).describe('Longest wait for the answer'),
  })
  .describe('Asks the carrier whether the SIM was changed lately; without this section nobody is asked')

export type SimSwapConfiguration = Readonly<z.infer<typeof simSwapSchema>>
