// The `machines` section of the relation server's configuration: the broker it brings along, or any other by
// URL.
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { isLoopback, isSafeUrl } from '@concilia/protocol/loopback.ts'
import { z } from 'zod'

export const machinesSchema = z
  .strictObject({
    brokerUrl: z
      .exactOptional(
        z.url({ protocol: /^mqtts?$/ }).refine((url) => isSafeUrl(url, ['mqtts:']), {
          message: 'use mqtts; mqtt is for a broker on this machine only (127.0.0.1, ::1, localhost)',
        }),
      )
      .describe('an MQTT broker to use; left out: the server brings its own along')
      .meta({ examples: ['mqtts://broker.example:8883'] }),
    username: z.exactOptional(z.string().min(1)).describe('our name at that broker'),
    passwordFile: z
      .exactOptional(pathSchema)
      .describe(
        'file with nothing but our password at that broker, or the one other servers must give to ours',
      ),
    host: z.string().min(1).default('127.0.0.1').describe('address on which our own broker listens'),
    port: z.int().min(0).max(65_535).default(1883).describe('TCP port of our own broker; 0 for any free one'),
    tls: z
      .boolean()
      .default(false)
      .describe('our own broker speaks TLS and asks machines for their certificates'),
  })
  .refine(({ brokerUrl, host, tls }) => brokerUrl !== undefined || tls || isLoopback(host), {
    path: ['host'],
    message: 'without tls our own broker listens on this machine only (127.0.0.1, ::1, localhost)',
  })
export type MachinesConfiguration = z.infer<typeof machinesSchema>
