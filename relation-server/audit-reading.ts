// What is kept of one reading of a machine's audit data: the message, what the machine had reported by then,
// and what came of holding the two against each other. The file's own text is kept as inputs, in pieces.
import { auditSchema, soldSchema } from '@concilia/protocol/audit.ts'
import { z } from 'zod'

/** All that a machine had reported of its sales by phone, ever since. */
export const reportedSchema = z.object({
  delivered: soldSchema,
  unknown: soldSchema,
  /** Delivered and unknown by item, as its number is written. */
  items: z.record(z.string(), z.object({ delivered: soldSchema, unknown: soldSchema })),
})
export type Reported = z.infer<typeof reportedSchema>

const differenceSchema = z.object({ number: z.int(), valueMinor: z.int() })
export type Difference = z.infer<typeof differenceSchema>

/**
 * How many vends more the machine may have counted than was reported to us, at least and at most: where an
 * unknown outcome and a sale in flight are both possible, nobody can tell which it was.
 */
const carriedSchema = z.object({
  least: z.int(),
  most: z.int(),
  /** What the values differ by since all was last known, and whether each sale's value is. */
  valueMinor: z.int(),
  valueIsKnown: z.boolean(),
})
export type Carried = z.infer<typeof carriedSchema>

export const comparedSchema = z.object({
  /** `cashless1`, `cashless2`, `cash`, or `product 11`. */
  subject: z.string(),
  /** Since the reading before: by the machine's counter, and as it was reported to us. */
  counted: differenceSchema,
  reported: soldSchema,
  /** Of the reported, or besides them: sales of which nobody knew whether the item fell. */
  unknown: z.int().min(0),
  verdict: z.enum(['agrees', 'inFlight', 'differs']),
  /** What was in flight then, and has to be made up for by the next reading. */
  carried: carriedSchema,
})
export type Compared = z.infer<typeof comparedSchema>

export const comparisonSchema = z.object({
  /** Of the reading before (epoch ms by the machine); null when there is none to compare with. */
  since: z.int().nullable(),
  /** Why the counters begin anew: a machine that was initialised, or another board. */
  reset: z.string().nullable(),
  compared: z.array(comparedSchema),
  /** Products of which nothing was counted and nothing reported. */
  still: z.array(z.string()),
  /** How many vends may have been on one side only at this reading: counted, or reported. */
  flight: z.object({ more: z.int().min(0), fewer: z.int().min(0) }),
  /** What is not compared, and why. */
  left: z.array(z.string()),
  /** What has differed and not agreed since; that nothing was counted or reported is no agreement. */
  standing: z.array(z.string()),
})
export type Comparison = z.infer<typeof comparisonSchema>

export const keptReadingSchema = z.object({
  audit: auditSchema,
  reported: reportedSchema,
  comparison: comparisonSchema,
})
export type KeptReading = z.infer<typeof keptReadingSchema>

/** @returns undefined for what another release has kept in another form */
export function keptReading(body: string): KeptReading | undefined {
  const parsed = keptReadingSchema.safeParse(JSON.parse(body))
  return parsed.success ? parsed.data : undefined
}
