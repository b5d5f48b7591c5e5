// Every message between automaton and relation server (architecture, section 7), as the zod schemas that
// validate it and from which the AsyncAPI document is generated. QoS 1 both ways; only presence is retained.
// Two have files of their own, machine-configuration.ts and audit.ts; what a machine says of its own state is
// worded in machine-state.ts.
import { z } from 'zod'
import type { AuditMessage } from './audit.ts'
import { eventCodeSchema, hardwareStateSchema, machineEventKinds } from './machine-state.ts'
import { amountMinorSchema, currencySchema } from './money.ts'
import { tokenSchema } from './promises.ts'
import { automatonIdSchema, machineNumberSchema } from './topics.ts'

/** Largest message of either direction, in bytes. A longer one is quarantined unread. */
export const largestMessageBytes = 16_384

const seqSchema = z.int().min(1)
const epochMsSchema = z.int().min(0)
const saleIdSchema = z.uuid()
const bootSchema = z.int().min(1)

/**
 * The offer: what the machine would deliver, for how much, and for how long. Published as text, hashed as it
 * is.
 */
export const offerSchema = z.strictObject({
  saleId: saleIdSchema,
  automatonId: automatonIdSchema,
  machineNumber: machineNumberSchema,
  /** The vending machine's own number of the item; 65535 when it does not say. */
  item: z.int().min(0).max(65_535),
  amountMinor: amountMinorSchema,
  currency: currencySchema,
  /** How long the automaton holds the offer open, from its own making on (ms). */
  waitMs: z.int().min(1),
  /** 128 random bits, base64url: without them the hash could be guessed from the price list. */
  nonce: z.string().regex(/^[\w-]{22}$/),
  at: epochMsSchema,
})
export type Offer = z.infer<typeof offerSchema>

/**
 * Every sale message carries the journal it was written in and its number there; both are stored before
 * sending.
 */
const saleMessage = { journalId: z.uuid(), seq: seqSchema, saleId: saleIdSchema }

/**
 * Figures of a code that a premium-rate call has had read out. Six: whoever guesses has three tries an offer
 * and ten an hour on one machine, against a handful of codes that are good there, so one in some ten thousand
 * hours of trying; more figures are heard and typed wrong more often.
 */
export const voiceCodeDigits = 6
export const voiceCodeSchema = z.string().regex(/^\d{6}$/)

export const offerMessageSchema = z.strictObject({
  ...saleMessage,
  kind: z.literal('offer'),
  /** The offer's exact bytes; parse with {@link offerSchema}. */
  offer: z.string().max(2000),
  slip: tokenSchema,
  /** What was typed at the machine before the item was chosen. Beside the offer: the centre needs no code. */
  code: z.exactOptional(voiceCodeSchema),
})
/** What was typed at the machine while its offer was open. */
export const codeMessageSchema = z.strictObject({
  ...saleMessage,
  kind: z.literal('code'),
  code: voiceCodeSchema,
})
export const withdrawalMessageSchema = z.strictObject({
  ...saleMessage,
  kind: z.literal('withdrawal'),
  withdrawal: tokenSchema,
})
export const outcomeMessageSchema = z.strictObject({
  ...saleMessage,
  kind: z.literal('outcome'),
  outcome: tokenSchema,
})
/**
 * A number the automaton no longer has: it was kept its 35 days, and a restored server asked for it again.
 */
export const goneMessageSchema = z.strictObject({
  journalId: z.uuid(),
  seq: seqSchema,
  kind: z.literal('gone'),
})
/** What travels on `up/offer`, `up/code`, `up/withdrawal` and `up/outcome`. */
export const saleMessageSchema = z.discriminatedUnion('kind', [
  offerMessageSchema,
  codeMessageSchema,
  withdrawalMessageSchema,
  outcomeMessageSchema,
  goneMessageSchema,
])
export type SaleMessage = z.infer<typeof saleMessageSchema>
/** What the automaton's journal numbers and sends until it is stored. */
export type NumberedMessage = SaleMessage | AuditMessage

export const birthSchema = z.strictObject({
  journalId: z.uuid(),
  /** Rises with each start of the process; a last will with another number is an old one. */
  boot: bootSchema,
  /** Highest seq written in this journal; 0 in a new one. */
  lastSeq: z.int().min(0),
  machineNumber: machineNumberSchema,
  version: z.string().max(32),
  /** Version of the server's configuration that is in force; 0 while there is none but our own file. */
  configurationVersion: z.int().min(0),
  /** SHA-256 of that configuration; of our own file while there is none. */
  configurationHash: z.string().max(64),
  /** Certificates to the root, leaf first; they travel only here. */
  chain: z.string().max(8000),
  /**
   * `session`: an `attend` is needed before the buyer can choose. `alwaysIdle`: the machine asks by itself.
   */
  reader: z.enum(['alwaysIdle', 'session']),
  link: z.enum(['permanent', 'onDemand']),
  /** Codes of phone calls can be typed at it; left out where they cannot. */
  keypad: z.exactOptional(z.boolean()),
  /** Of the vending machine, as in presence. */
  hardware: z.exactOptional(hardwareStateSchema),
})
export type Birth = z.infer<typeof birthSchema>

/** What of a journal has reached the server's database: everything up to `upTo`, and `beyond` it these. */
const storedShape = { journalId: z.uuid(), upTo: z.int().min(0), beyond: z.array(seqSchema).max(512) }

export const storedSchema = z.strictObject(storedShape)
export type Stored = z.infer<typeof storedSchema>

export const admissionSchema = z.strictObject({
  boot: bootSchema,
  admission: z.enum(['accepted', 'pending', 'rejected']),
  /** In words, for the technician who reads the log. */
  reason: z.exactOptional(z.string().max(200)),
  serverTime: epochMsSchema,
  stored: z.exactOptional(storedSchema),
  /** The payment centre's certificate chains, by which acknowledgements are checked. */
  centreChains: z.array(z.string().max(8000)).max(8),
  /** What the display tells the buyer to do, such as `Text 4021 to 36000`. At most 32 characters. */
  invitation: z.string().max(32),
  /**
   * Where the buyer has to stand there: `{code}` in the invitation stands for the code of presence-code.ts by
   * this secret.
   */
  presence: z.exactOptional(z.strictObject({ secret: z.string().min(16).max(64) })),
})
export type Admission = z.infer<typeof admissionSchema>

export const refusalReasons = [
  'declined', // the centre said no: no account, not enough credit, a cap
  'notConsented', // every phone said NO
  'expired', // nobody came in time
  'unavailable', // the centre cannot be reached
  'barred', // the machine may not sell
] as const

const instructionShape = { id: z.uuid(), issuedAt: epochMsSchema }

/** Server to machine. Each is answered on `up/stored`, and sent again until it is. */
export const instructionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...instructionShape, kind: z.literal('attend'), forMs: z.int().min(1000) }),
  z.strictObject({
    ...instructionShape,
    kind: z.literal('deliver'),
    saleId: saleIdSchema,
    acknowledgement: tokenSchema,
  }),
  z.strictObject({
    ...instructionShape,
    kind: z.literal('refuse'),
    saleId: saleIdSchema,
    reason: z.enum(refusalReasons),
    /** For the buyer who reads the display; at most 32 characters. */
    text: z.string().max(32),
  }),
  z.strictObject({ ...instructionShape, kind: z.literal('report'), saleId: saleIdSchema }),
  /** Read the machine's audit data now, beside whatever is being sold. */
  z.strictObject({ ...instructionShape, kind: z.literal('readAudit') }),
  /** For the display and nothing else: a wrong code, or that a code is good again. */
  z.strictObject({
    ...instructionShape,
    kind: z.literal('tell'),
    saleId: saleIdSchema,
    text: z.string().max(32),
  }),
])
export type Instruction = z.infer<typeof instructionSchema>

/** The automaton's answer to an instruction. `rejected` moves no money: only signed words do. */
export const instructionAnswerSchema = z.strictObject({
  instructionId: z.uuid(),
  /** The sale the instruction named; absent for those that name none. */
  saleId: z.exactOptional(saleIdSchema),
  answer: z.enum(['stored', 'rejected']),
  reason: z.exactOptional(
    z.enum([
      'noSuchSale',
      'notOpen',
      'badAcknowledgement',
      'wrongTerms',
      'busy',
      'malformed',
      'noAuditPort', // the automaton has no [dex] to read
    ]),
  ),
})
export type InstructionAnswer = z.infer<typeof instructionAnswerSchema>

export const presenceSchema = z.strictObject({
  presence: z.enum(['online', 'asleep', 'lost']),
  boot: bootSchema,
  /** Whether the vending machine can sell by phone; said anew whenever it changes while the link is up. */
  hardware: z.exactOptional(hardwareStateSchema),
})
export type Presence = z.infer<typeof presenceSchema>

/**
 * What the machine did that is no sale by phone. Has its own counter; may be thinned, never carries money.
 */
export const telemetrySchema = z.strictObject({
  journalId: z.uuid(),
  boot: bootSchema,
  /** Counts what this process noticed; with journal and boot it is a name, so that a repeat is known. */
  count: z.int().min(1),
  at: epochMsSchema,
  kind: z.enum(machineEventKinds),
  /** EVA-DTS event code, such as EGS; absent where EVA-DTS has none. */
  code: z.exactOptional(eventCodeSchema),
  /** Whether it stands from now on, or is over; absent for what has happened and left nothing standing. */
  active: z.exactOptional(z.boolean()),
  detail: z.string().max(200),
  /** Of a cash sale: what was sold, where the machine says it. */
  sold: z.exactOptional(z.strictObject({ item: z.int().min(0).max(65_535), amountMinor: z.int().min(0) })),
})
export type Telemetry = z.infer<typeof telemetrySchema>

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string }

/** Bytes from the wire to a message. Never throws; the reason names the field and what is wrong with it. */
export function parseMessage<T>(schema: z.ZodType<T>, bytes: Uint8Array): Parsed<T> {
  if (bytes.length > largestMessageBytes)
    return { ok: false, reason: `longer than ${largestMessageBytes} bytes` }
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return { ok: false, reason: 'not JSON' }
  }
  const result = schema.safeParse(json)
  if (result.success) return { ok: true, value: result.data }
  const issue = result.error.issues[0]
  return { ok: false, reason: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not in form'}` }
}
