// A machine's audit data on `up/audit`: what a reading of its EVA-DTS file says was sold and taken since the
// machine was initialised, and before it the file's own text in pieces, so that nothing of it is lost. Both
// are numbered words of the automaton's journal like those of a sale: kept there and sent again until the
// server has them. The elements' own codes (VA1, CA2 ...) stand beside each field.
import { z } from 'zod'
import { eventCodeSchema } from './machine-state.ts'

const countSchema = z.int().min(0)
const amountSchema = z.int().min(0)
/** Paid vends of one kind, since initialisation. */
export const soldSchema = z.strictObject({ valueMinor: amountSchema, number: countSchema })
export type Sold = z.infer<typeof soldSchema>
const wordSchema = z.string().max(32)

/** Of a product by what was paid with (PA7). */
const bySchema = z.strictObject({
  cash: z.exactOptional(soldSchema),
  cashless1: z.exactOptional(soldSchema),
  cashless2: z.exactOptional(soldSchema),
})

export const mostProducts = 128
export const mostEvents = 64

export const countersSchema = z.strictObject({
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
  /** PA1 with its PA2 and PA7. */
  products: z
    .array(
      z.strictObject({
        product: wordSchema,
        priceMinor: amountSchema,
        number: countSchema,
        valueMinor: amountSchema,
        by: z.exactOptional(bySchema),
      }),
    )
    .max(mostProducts),
  /** EA2: how often, and whether it stands now. */
  events: z
    .array(
      z.strictObject({
        code: eventCodeSchema,
        number: countSchema,
        active: z.boolean(),
      }),
    )
    .max(mostEvents),
})
export type Counters = z.infer<typeof countersSchema>

const numberedShape = { journalId: z.uuid(), seq: z.int().min(1), readingId: z.uuid() }

/** A piece of the file, one character a byte, as it came from the machine. */
export const auditTextSchema = z.strictObject({
  ...numberedShape,
  kind: z.literal('auditText'),
  /** From 1. */
  piece: z.int().min(1),
  text: z.string().max(16_000),
})

export const auditSchema = z.strictObject({
  ...numberedShape,
  kind: z.literal('audit'),
  boot: z.int().min(1),
  /** When the reading began and ended, by the automaton's clock (epoch ms). */
  from: z.int().min(0),
  at: z.int().min(0),
  /** `controller`: the automaton controls the machine, and the counters are its own. */
  source: z.enum(['dex', 'ddcmp', 'controller']),
  /** How many pieces of text were numbered just before this. */
  pieces: z.int().min(0),
  /** Which cashless device of the machine we are; absent where we are none. */
  reader: z.exactOptional(z.enum(['cashless1', 'cashless2'])),
  /** Vends that were under way, or ended, while the machine was read: it may have counted them or not. */
  vendsMeanwhile: countSchema,
  /** How many notices (`up/telemetry`) this process had counted: whoever has fewer has lost some. */
  notices: countSchema,
  /** What of the file is not as the standard wants it, in words. */
  remarks: z.array(z.string().max(120)).max(8),
  /** Absent where the file does not say them, or where they cannot be trusted. */
  counters: z.exactOptional(countersSchema),
})
export type Audit = z.infer<typeof auditSchema>

/** What travels on `up/audit`. */
export const auditMessageSchema = z.discriminatedUnion('kind', [auditTextSchema, auditSchema])
export type AuditMessage = z.infer<typeof auditMessageSchema>
