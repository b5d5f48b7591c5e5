// How much one number may ask for, and all strangers of a country together: rules as data, the first that
// fits a number is its own. Caps of money are the payment centre's; these are of texts and of patience.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { z } from 'zod'

const count = (most: number) => z.int().min(1).max(most)

export const capRuleSchema = z.strictObject({
  prefix: z.exactOptional(
    z
      .string()
      .regex(/^\+[0-9]{1,15}$/)
      .describe('Numbers that begin so, such as +33; left out: all'),
  ),
  realm: z.exactOptional(
    z
      .string()
      .regex(/^[a-z0-9-]{2,32}$/)
      .describe('Aliases of this carrier; left out: telephone numbers, and aliases no rule names'),
  ),
  openRequests: count(100).default(3).describe('Machines one number may stand before at a time'),
  requestsPerHour: count(10_000)
    .default(20)
    .describe('Requests of one number in a clock hour, answered or not'),
  requestsPerDay: z.exactOptional(
    count(100_000).describe('The same in a UTC day; left out: only the hour counts'),
  ),
  requestsPerMonth: z.exactOptional(count(1_000_000).describe('The same in a UTC month')),
  failuresPerHour: count(1000)
    .default(8)
    .describe('Wrong codes and unknown machines of one number in an hour'),
  failuresInAllPerHour: count(1_000_000)
    .default(2000)
    .describe('The same of all numbers of this rule: beyond it unknown machines are not answered'),
  strangersPerHour: count(1_000_000)
    .default(5000)
    .describe(
      'Numbers and codes for pages never heard of before, of this rule, that are answered in an hour',
    ),
})

export type CapRule = Readonly<z.infer<typeof capRuleSchema>>

/** Where no rule fits, and for whoever configures none. */
export const defaultCaps: CapRule = capRuleSchema.parse({})

export function capsFor({ realm, key }: Subscriber, rules: readonly CapRule[]): CapRule {
  const fits = (rule: CapRule) =>
    (rule.realm === undefined || rule.realm === realm) &&
    (rule.prefix === undefined || (realm === 'e164' && key.startsWith(rule.prefix)))
  return rules.find(fits) ?? defaultCaps
}

/** What a rule's own counts are kept under. */
export function capsName({ realm, prefix }: Pick<CapRule, 'realm' | 'prefix'>): string {
  return realm ?? prefix ?? 'all'
}
