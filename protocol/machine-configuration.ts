// What a relation server may give a machine to run on: its words, prices and waits, with a version; and the
// machine's answer. What belongs to the wiring - bus, box, identity, and the limits that the box is told -
// stays in the automaton's own file. So do the prices that count: on an MDB reader the vending machine asks
// its own, and ours are for the display and for finding out that the two differ (MDB 4.2, 7.4: VEND REQUEST);
// on a machine that the automaton controls they count.
import { z } from 'zod'
import { limitTable } from './limits.ts'
import { amountMinorSchema, currencySchema } from './money.ts'

/** Most items in a price list: what fits a message with room to spare. */
const mostItems = 120

/** What a vending machine's display can show; accents fall away there. */
const displaySchema = (mostCharacters: number) =>
  z
    .string()
    .min(1)
    .max(mostCharacters)
    .refine((text) => /^\P{C}*$/u.test(text), { message: 'holds a character that no display shows' })

/** The display's words that may be given, with an example; countdown and invitation are not among them. */
const displayTexts = {
  delivering: { says: 'Paid, and the item is on its way', example: 'Paid. Just a moment' },
  delivered: { says: 'The item was delivered', example: 'Enjoy, and see you soon' },
  failed: { says: 'Nothing was delivered: the money goes back', example: 'Sorry! You get your money back' },
  unknown: { says: 'Nobody knows whether the item fell', example: 'Fault: see your phone' },
  waitLimit: { says: 'Nobody paid in time', example: 'Time is over. Nothing charged' },
  cancelled: { says: 'The buyer, or the vending machine, has cancelled', example: 'Cancelled' },
  closed: { says: 'Phone payment is closed for now', example: 'Coins only for now' },
} as const
export type DisplayTextName = keyof typeof displayTexts

const textSchema = (name: DisplayTextName) => {
  const { says, example } = displayTexts[name]
  return z.exactOptional(
    displaySchema(32)
      .describe(says)
      .meta({ examples: [example] }),
  )
}

const limitSchema = (name: 'offerWaitMs' | 'reportingMs') => {
  const { minMs, maxMs, why, defaultMs } = limitTable[name]
  return z.exactOptional(
    z
      .int()
      .min(minMs)
      .max(maxMs)
      .describe(why)
      .meta({ examples: [defaultMs] }),
  )
}

const itemSchema = z.strictObject({
  /** The vending machine's own number of the item. */
  item: z.int().min(0).max(65_534),
  /** Shown with the price while the offer is open. */
  label: displaySchema(18),
  amountMinor: amountMinorSchema,
})

/** Every part may be left out: the automaton's own file then counts. */
export const machineConfigurationSchema = z.strictObject({
  language: z.exactOptional(
    z
      .enum(['en', 'fr'])
      .describe("Of the display's words")
      .meta({ examples: ['en'] }),
  ),
  limits: z.exactOptional(
    z
      .strictObject({ offerWaitMs: limitSchema('offerWaitMs'), reportingMs: limitSchema('reportingMs') })
      .describe("The waits of a sale; they must agree with the machine's other limits, or all is rejected"),
  ),
  texts: z.exactOptional(
    z
      .strictObject({
        delivering: textSchema('delivering'),
        delivered: textSchema('delivered'),
        failed: textSchema('failed'),
        unknown: textSchema('unknown'),
        waitLimit: textSchema('waitLimit'),
        cancelled: textSchema('cancelled'),
        closed: textSchema('closed'),
      })
      .describe('Words for the display in place of its own, at most 32 characters each'),
  ),
  priceList: z.exactOptional(
    z
      .strictObject({
        currency: currencySchema,
        items: z
          .array(itemSchema)
          .max(mostItems)
          .refine((items) => new Set(items.map(({ item }) => item)).size === items.length, {
            message: 'one item is there twice',
          }),
      })
      .describe(
        'What the items are called and should cost. The vending machine asks its own price, which is the ' +
          'one that is paid; where it differs from this list, or the item is not on it, that is reported',
      )
      .meta({
        examples: [
          {
            currency: 'EUR',
            items: [
              { item: 11, label: 'Water', amountMinor: 120 },
              { item: 12, label: 'Cola', amountMinor: 150 },
            ],
          },
        ],
      }),
  ),
})
export type MachineConfiguration = z.infer<typeof machineConfigurationSchema>

const versionSchema = z.int().min(1)
const hashSchema = z.string().regex(/^[\w-]{43}$/)

/** Server to machine on `down/configuration`; sent again until it is answered. */
export const configurationMessageSchema = z.strictObject({
  /** Rises with each configuration given to this machine. */
  version: versionSchema,
  /** SHA-256 of `configuration`. */
  hash: hashSchema,
  /** The exact text; parse with {@link machineConfigurationSchema}. */
  configuration: z.string().max(15_000),
})
export type ConfigurationMessage = z.infer<typeof configurationMessageSchema>

/** Machine to server on `up/configuration`: one answer to each message, repeats included. */
export const configurationAnswerSchema = z.strictObject({
  version: versionSchema,
  hash: hashSchema,
  /** `accepted`: it is kept and in force. `rejected`: what was in force before still is. */
  answer: z.enum(['accepted', 'rejected']),
  /** In words, for the person who gave it. */
  reason: z.exactOptional(z.string().max(200)),
  /** The version in force now; 0 while there is none but the automaton's own file. */
  inForce: z.int().min(0),
})
export type ConfigurationAnswer = z.infer<typeof configurationAnswerSchema>
