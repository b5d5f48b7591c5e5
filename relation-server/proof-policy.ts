// What proves that a buyer may be charged, beyond what is always wanted (rule 15): as policy by machine,
// amount and way, the first rule that fits. Where someone stands proves nothing here. Pure.
import type { Frozen } from '@concilia/platform/configuration.ts'
import { z } from 'zod'
import type { Channel } from './sale-events.ts'

export const proofs = ['code', 'network', 'pin', 'refused'] as const

export const proofRuleSchema = z.strictObject({
  machines: z
    .exactOptional(
      z
        .array(z.string().regex(/^[0-9]{1,12}$/))
        .min(1)
        .max(1000),
    )
    .describe('Machine numbers; left out: all'),
  ways: z
    .exactOptional(z.array(z.enum(['text', 'ussd', 'web'])).min(1))
    .describe('How the phone came: text, ussd, web; left out: all'),
  aboveMinor: z.int().min(0).default(0).describe('Prices above it, in minor units'),
  currency: z.exactOptional(z.string().regex(/^[A-Z]{3}$/)).describe('Of that price; left out: any'),
  proof: z
    .enum(proofs)
    .describe(
      'code: one sent to the number and returned, even where the carrier vouches. network: only where it ' +
        "vouches. pin: the buyer's PIN as well. refused: not this way",
    ),
})
export type ProofRule = Frozen<z.infer<typeof proofRuleSchema>>

export interface Standing {
  readonly machineNumber: string
  readonly channel: Channel
  readonly amountMinor: number
  readonly currency: string
  /** The carrier vouches for the number of this dialogue. */
  readonly vouched: boolean
}

/** Undefined: it cannot be bought this way. */
export interface Wanted {
  /** The carrier's word is proof enough: no code goes to the number. */
  readonly vouched: boolean
  readonly proof?: 'pin'
}

export function proofWanted(rules: readonly ProofRule[], standing: Standing): Wanted | undefined {
  const { vouched } = standing
  switch (rules.find((rule) => fits(rule, standing))?.proof) {
    case undefined:
      return { vouched }
    case 'code':
      return { vouched: false }
    case 'network':
      return vouched ? { vouched } : undefined
    case 'pin':
      return { vouched, proof: 'pin' }
    case 'refused':
      return undefined
  }
}

function fits({ machines, ways, aboveMinor, currency }: ProofRule, standing: Standing): boolean {
  return (
    (machines?.includes(standing.machineNumber) ?? true) &&
    (ways?.some((way) => way === standing.channel) ?? true) &&
    standing.amountMinor > aboveMinor &&
    (currency === undefined || currency === standing.currency)
  )
}
