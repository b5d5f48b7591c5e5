// Every time limit of the system, in one table: unit (ms, all of them), range, default and reason. Rule 6 -
// each limit is shorter than its caller's - is a relation between these names and is asserted by every
// program at start.
import { z } from 'zod'

interface Limit {
  readonly defaultMs: number
  readonly minMs: number
  readonly maxMs: number
  readonly why: string
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

export const limitTable = {
  textTransitMs: {
    defaultMs: 15 * second,
    minMs: 100,
    maxMs: 2 * minute,
    why: 'a text on its way through the carrier, there or back',
  },
  consentMs: {
    defaultMs: 120 * second,
    minMs: second,
    maxMs: 10 * minute,
    why: 'the buyer reads the price and answers',
  },
  authorisationMs: {
    defaultMs: 8 * second,
    minMs: 200,
    maxMs: minute,
    why: 'one call to the payment centre; past it the charge is in doubt, not failed',
  },
  marginMs: {
    defaultMs: 5 * second,
    minMs: 50,
    maxMs: minute,
    why: 'queues, restarts and slow clocks between two limits',
  },
  offerWaitMs: {
    defaultMs: 180 * second,
    minMs: 2 * second,
    maxMs: 245 * second,
    why: 'ST51: how long the automaton holds an offer open',
  },
  readerLimitMs: {
    defaultMs: 240 * second,
    minMs: 3 * second,
    maxMs: 255 * second,
    why: 'Z7 of the reader configuration (one byte, seconds): how long the machine waits for a decision',
  },
  machineVendLimitMs: {
    defaultMs: 300 * second,
    minMs: 3 * second,
    maxMs: 20 * minute,
    why: 'the vending machine gives a whole vend up after this',
  },
  vendMs: {
    defaultMs: 60 * second,
    minMs: second,
    maxMs: 5 * minute,
    why: 'from approval to the result of the hardware; past it the outcome is unknown',
  },
  reportingMs: {
    defaultMs: 15 * second,
    minMs: 100,
    maxMs: minute,
    why: 'ST6: wait for the server to store the outcome before standby; resending goes on afterwards',
  },
  attendMs: {
    defaultMs: 60 * second,
    minMs: second,
    maxMs: 4 * minute,
    why: 'a session opened for a phone that came first; ended when nothing is chosen',
  },
  identificationWaitMs: {
    defaultMs: 180 * second,
    minMs: second,
    maxMs: 15 * minute,
    why: 'a phone that came first waits this long for the machine',
  },
  askOutcomeMs: {
    defaultMs: 30 * second,
    minMs: 200,
    maxMs: 10 * minute,
    why: 'the server asks the machine again for the outcome of a sale (it only asks: rule 11)',
  },
  silenceMs: {
    defaultMs: 24 * hour,
    minMs: 2 * second,
    maxMs: 7 * day,
    why: "the operator's published limit: silent this long after `deliver`, the sale closes as unknown",
  },
  quietMs: {
    defaultMs: minute,
    minMs: 100,
    maxMs: 10 * minute,
    why: 'no deadline that moves money fires this soon after the server is back with its peers (rule 11)',
  },
  holdMs: {
    defaultMs: 2 * hour,
    minMs: 5 * second,
    maxMs: 7 * day,
    why: 'how long the payment centre honours a hold; its own clock gives one back only silenceMs later',
  },
  confirmBeforeMs: {
    defaultMs: 10 * minute,
    minMs: second,
    maxMs: hour,
    why: 'a hold with `deliver` issued and no outcome is confirmed this long before it lapses',
  },
  retryMs: {
    defaultMs: second,
    minMs: 20,
    maxMs: minute,
    why: 'first repeat of what was not answered; then doubled, with jitter, to eight times this',
  },
  reconnectCapMs: {
    defaultMs: minute,
    minMs: 100,
    maxMs: 10 * minute,
    why: 'longest pause between two attempts to reach the broker (full jitter from 1 s, doubling)',
  },
  boxHeartbeatMs: {
    defaultMs: 10 * second,
    minMs: 100,
    maxMs: 5 * minute,
    why: 'how often an idle bridge is asked whether it still has its settings',
  },
  boxAnswerMs: {
    defaultMs: 2 * second,
    minMs: 50,
    maxMs: 30 * second,
    why: 'a bridge that has not answered a command by then is asked anew',
  },
  keepMs: {
    defaultMs: 35 * day,
    minMs: day,
    maxMs: 400 * day,
    why: 'kept in the journal and at the centre: as long as a re-credit is possible',
  },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limitTable
export type Limits = { readonly [Name in LimitName]: number }

/** The `limits` section of every configuration: each key optional, with the table's range and default. */
export const limitsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(limitTable).map(([name, { defaultMs, minMs, maxMs, why }]) => [
      name,
      z.int().min(minMs).max(maxMs).default(defaultMs).describe(why),
    ]),
  ) as { [Name in LimitName]: z.ZodDefault<z.ZodInt> },
)

export const defaultLimits: Limits = limitsSchema.parse({})

/** The longest from a buyer's first text to the centre's answer: an offer waits at least so long. */
export function dialogueMs(limits: Limits): number {
  return limits.textTransitMs + limits.consentMs + limits.authorisationMs + limits.marginMs
}

/** @returns the broken relations in words, one a line for a person; empty when all hold */
export function brokenLimits(limits: Limits): string[] {
  const { marginMs, offerWaitMs, readerLimitMs } = limits
  const relations: [boolean, string][] = [
    [
      dialogueMs(limits) <= offerWaitMs,
      `textTransitMs + consentMs + authorisationMs + marginMs (${dialogueMs(limits)}) ` +
        `must not exceed offerWaitMs (${offerWaitMs})`,
    ],
    [
      offerWaitMs <= readerLimitMs - marginMs,
      `offerWaitMs (${offerWaitMs}) must not exceed readerLimitMs - marginMs (${readerLimitMs - marginMs})`,
    ],
    [
      readerLimitMs - marginMs <= limits.machineVendLimitMs,
      `readerLimitMs - marginMs (${readerLimitMs - marginMs}) ` +
        `must not exceed machineVendLimitMs (${limits.machineVendLimitMs})`,
    ],
    [
      limits.quietMs < limits.confirmBeforeMs,
      `quietMs (${limits.quietMs}) must be shorter than confirmBeforeMs (${limits.confirmBeforeMs}), ` +
        'or a hold could lapse unconfirmed',
    ],
    [
      limits.confirmBeforeMs < limits.holdMs,
      `confirmBeforeMs (${limits.confirmBeforeMs}) must be shorter than holdMs (${limits.holdMs})`,
    ],
    [
      limits.silenceMs < limits.keepMs,
      `silenceMs (${limits.silenceMs}) must be shorter than keepMs (${limits.keepMs})`,
    ],
  ]
  return relations.filter(([holds]) => !holds).map(([, words]) => words)
}
