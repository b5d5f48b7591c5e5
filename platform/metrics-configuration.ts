// The section [metrics] of a program's configuration. Apart from the adapter, so that a program that is not
// watched loads nothing of it.
import { z } from 'zod'

export const metricsSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; keep it inside the house'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .describe('0: any free one, told to the parent process')
      .meta({ examples: [9464] }),
  })
  .describe('Figures for Prometheus, at /metrics of a port of their own. Left out: none are counted')
  .meta({ examples: [{ host: '127.0.0.1', port: 9464 }] })

export type MetricsConfiguration = z.output<typeof metricsSchema>
