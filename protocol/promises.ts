// The four signed words of a sale: the automaton's price slip, withdrawal and outcome, and the payment
// centre's acknowledgement. Everything that moves money or goods rests on one of these; the broker and the
// server cannot make them. What is not signed is only news.
import { z } from 'zod'
import type { KnownParties, Party, Role } from './certificates.ts'
import { kidOf, type Signer, signJws, verifyJws } from './jws.ts'
import { amountMinorSchema, currencySchema } from './money.ts'

export const hashSchema = z.string().regex(/^[\w-]{43}$/)
export const tokenSchema = z
  .string()
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  .max(4000)
export const sellerSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
const epochMsSchema = z.int().min(0)

/** What the centre sees of an offer: what to charge and for whom, but not which item. */
export const slipSchema = z.strictObject({
  /** SHA-256 of the offer's exact bytes as published. */
  offerHash: hashSchema,
  amountMinor: amountMinorSchema,
  currency: currencySchema,
  seller: sellerSchema,
  /** How long the automaton waits for the instruction, from the offer on (ms). */
  waitMs: z.int().min(1),
})
export type Slip = z.infer<typeof slipSchema>

/**
 * The centre's signed yes. It repeats the slip's terms, so that the automaton compares it with its own open
 * offer.
 */
export const acknowledgementSchema = z.strictObject({
  offerHash: hashSchema,
  amountMinor: amountMinorSchema,
  currency: currencySchema,
  seller: sellerSchema,
  paymentId: z.string().min(1).max(64),
  /**
   * `debit`: the account is charged already. `hold`: the amount is reserved and honoured until
   * `honouredUntil`.
   */
  charge: z.enum(['debit', 'hold']),
  honouredUntil: z.exactOptional(epochMsSchema),
  at: epochMsSchema,
})
export type Acknowledgement = z.infer<typeof acknowledgementSchema>

export const withdrawalReasons = [
  'waitLimit', // ST51: the time is over
  'cancelled', // the buyer, by the coin return lever or by putting in coins
  'refused', // the server refused
  'restarted', // the process that made the offer is gone (rule 13)
  'readerLost', // the serial port or the box went away, nothing was approved
  'journalFailed', // the journal cannot be written
] as const

/** A promise never to deliver that sale. */
export const withdrawalSchema = z.strictObject({
  saleId: z.uuid(),
  offerHash: hashSchema,
  reason: z.enum(withdrawalReasons),
  at: epochMsSchema,
})
export type Withdrawal = z.infer<typeof withdrawalSchema>

export const outcomeResults = ['delivered', 'failed', 'unknown'] as const

/**
 * What became of a delivery. `offerHash` is empty only for `unknown` said of a sale the automaton does not
 * hold.
 */
export const outcomeSchema = z
  .strictObject({
    saleId: z.uuid(),
    offerHash: z.union([hashSchema, z.literal('')]),
    result: z.enum(outcomeResults),
    /**
     * What the hardware said, for the technician: `vend-success`, `vend-failed`, `reset-in-vend`,
     * `vend-limit` ...
     */
    detail: z.string().max(64),
    at: epochMsSchema,
  })
  .refine(({ offerHash, result }) => offerHash !== '' || result === 'unknown', {
    message: 'only `unknown` may be said without the hash of an offer',
  })
export type Outcome = z.infer<typeof outcomeSchema>

interface Kind<T> {
  readonly typ: string
  readonly role: Role
  readonly schema: z.ZodType<T>
  /**
   * When it was signed, by its signer: such a word stays good when the signer's certificate has run out
   * since. Money that is on its way must not be lost by a date.
   */
  signedAt?(payload: T): number
}

export const slipKind: Kind<Slip> = { typ: 'slip', role: 'automaton', schema: slipSchema }
export const withdrawalKind: Kind<Withdrawal> = {
  typ: 'withdrawal',
  role: 'automaton',
  schema: withdrawalSchema,
  signedAt: ({ at }) => at,
}
export const outcomeKind: Kind<Outcome> = {
  typ: 'outcome',
  role: 'automaton',
  schema: outcomeSchema,
  signedAt: ({ at }) => at,
}
export const acknowledgementKind: Kind<Acknowledgement> = {
  typ: 'acknowledgement',
  role: 'payment-centre',
  schema: acknowledgementSchema,
}

/** Signs one of the four. The payload is checked first: a promise in the wrong form is never made. */
export function promise<T>(kind: Kind<T>, signer: Signer, payload: T): string {
  return signJws(signer, kind.typ, kind.schema.parse(payload))
}

export type Checked<T> =
  | { ok: true; payload: T; by: Party }
  | { ok: false; refusal: 'unknownSigner' | 'notValid' }

/**
 * Checks a promise against the parties whose chains were checked before.
 * @param at epoch ms, for the certificate's dates
 */
export function check<T>(kind: Kind<T>, token: string, parties: KnownParties, at: number): Checked<T> {
  const kid = kidOf(token)
  if (kid === undefined) return { ok: false, refusal: 'notValid' }
  const by = parties.find(kid, kind.role, at, kind.signedAt ? Number.NEGATIVE_INFINITY : at)
  if (!by) return { ok: false, refusal: 'unknownSigner' }
  const payload = verifyJws(token, kind.typ, by.publicKey, kind.schema)
  if (payload === undefined) return { ok: false, refusal: 'notValid' }
  const signedAt = Math.min(at, kind.signedAt?.(payload) ?? at)
  return signedAt < by.validTo ? { ok: true, payload, by } : { ok: false, refusal: 'unknownSigner' }
}
