// A machine's audit counters on `up/audit`: what a reading of its EVA-DTS data says was sold and taken since
// the machine was initialised. The elements' own codes (VA1, CA2 ...) stand beside each field. They only ever
// rise, so a reading that is lost is made up for by the next one: none is asked for again.
import { z } from 'zod'

const countSchema = z.int().min(0)
const amountSchema = z.int().min(0)
/** Paid vends of one kind, since initialisation. */
const soldSchema = z.strictObject({ valueMinor: amountSchema, number: countSchema })
const wordSchema = z.string().max(32)

export const auditSchema = z.strictObject({
  journalId: z.uuid(),
  boot: z.int().min(1),
  /** Counts this process' readings; with journal and boot it names the reading, so that a repeat is known. */
  count: z.int().min(1),
  /** When the machine was read, by the automaton's clock (epoch ms). */
  at: z.int().min(0),
  source: z.enum(['dex', 'ddcmp']),
  /** ID1: serial number, model and asset number. */
  machine: z.strictObject({ serial: wordSchema, model: wordSchema, asset: wordSchema }),
  /** ID4: alphabetic code; empty when the machine does not say. */
  currency: z.string().regex(/^([A-Z]{3})?$/),
  /** VA1. */
  paid: soldSchema,
  /** VA2 and VA3. */
  test: z.exactOptional(soldSchema),
  free: z.exactOptional(soldSchema),
  /** CA2, DA2, DB2, TA2: VA1 by what was paid with. */
  cash: z.exactOptional(soldSchema),
  cashless1: z.exactOptional(soldSchema),
  cashless2: z.exactOptional(soldSchema),
  tokens: z.exactOptional(soldSchema),
  /** CA305, CA403 (paid out by the changer) and CA15 (in the tubes now). */
  cashInMinor: z.exactOptional(amountSchema),
  cashOutMinor: z.exactOptional(amountSchema),
  tubesMinor: z.exactOptional(amountSchema),
  /** PA1 with its PA2. */
  products: z
    .array(
      z.strictObject({
        product: wordSchema,
        priceMinor: amountSchema,
        number: countSchema,
        valueMinor: amountSchema,
      }),
    )
    .max(128),
  /** EA2: how often, and whether it stands now. */
  events: z
    .array(
      z.strictObject({
        code: z.string().regex(/^[A-Z0-9]{3}(_[A-Z0-9]{1,4})?$/),
        number: countSchema,
        active: z.boolean(),
      }),
    )
    .max(64),
})
export type Audit = z.infer<typeof auditSchema>
