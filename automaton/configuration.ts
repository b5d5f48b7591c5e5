// The automaton's configuration file: every key with its meaning, from which example.toml is written. Who it
// is comes from its certificate, not from here.
import { pathSchema } from '@concilia/platform/configuration-schema.ts'
import { limitsSchema } from '@concilia/protocol/limits.ts'
import { amountMinorSchema, currencySchema, largestAmountMinor } from '@concilia/protocol/money.ts'
import { largestSelection } from '@concilia/protocol/motor-board.ts'
import { machineNumberSchema } from '@concilia/protocol/topics.ts'
import { z } from 'zod'

const mebibyte = 1024 * 1024

export const automatonConfigurationSchema = z.strictObject({
  machineNumber: machineNumberSchema
    .describe('What is painted on the machine and typed by buyers')
    .meta({ examples: ['4021'] }),
  identity: pathSchema
    .describe('Folder with key.pem, chain.pem and root.pem, as enrolled; its certificate says who we are')
    .meta({ examples: ['identity'] }),
  journal: pathSchema
    .describe('The journal file, on a disk that survives a power cut. A new one must be admitted by a person')
    .default('journal.db'),
  journalLimitBytes: z
    .int()
    .min(4 * mebibyte)
    .max(64 * 1024 * mebibyte)
    .describe(
      'Above this size the journal forgets its oldest sales before their time (limits.keepMs); never one ' +
        'that is not finished or not stored at the server',
    )
    .default(256 * mebibyte),
  currency: currencySchema.describe('What the vending machine counts in').meta({ examples: ['EUR'] }),
  language: z.enum(['en', 'fr']).describe("Of the display's words").default('en'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .describe('Least grave line that is logged')
    .default('info'),
  link: z
    .strictObject({
      url: z
        .url({ protocol: /^mqtts?$/ })
        .describe('The broker: mqtts:// anywhere, plain mqtt:// on this machine only')
        .meta({ examples: ['mqtts://broker.example:8883'] }),
      mode: z
        .enum(['permanent', 'onDemand'])
        .describe(
          'onDemand: a metered modem, which sleeps until phone payment is chosen and sleeps again afterwards',
        )
        .default('permanent'),
    })
    .describe('The way to the relation server'),
  serial: z
    .strictObject({
      path: z
        .string()
        .min(1)
        .describe('Port of the bridge to the vending machine; the names below by-id survive replugging')
        .meta({ examples: ['/dev/serial/by-id/usb-Qibixx_MDB-HAT_0-if00'] }),
    })
    .describe('The serial line'),
  keypad: z
    .exactOptional(
      z.strictObject({
        path: z
          .string()
          .min(1)
          .describe('Its serial port, 115200 baud: figures as they are typed, * to begin again')
          .meta({ examples: ['/dev/serial/by-id/usb-keypad-if00'] }),
      }),
    )
    .describe('Where buyers type the code that a phone call has read out to them')
    .meta({ examples: [{ path: '/dev/serial/by-id/usb-keypad-if00' }] }),
  reader: z
    .strictObject({
      bridge: z
        .enum(['qibixx', 'raw'])
        .describe(
          'qibixx: a box that speaks lines of text; raw: each byte of the bus as two bytes, ' +
            'mode bit and data',
        )
        .default('qibixx'),
      address: z
        .enum(['0x10', '0x60'])
        .describe('Place of our reader on the MDB bus; 0x60 leaves 0x10 to a card reader')
        .default('0x60'),
      scaleFactor: z.int().min(1).max(100).describe('Of the machine: minor units in one MDB unit').default(1),
      decimalPlaces: z.int().min(0).max(3).describe('Of the amounts on the bus').default(2),
      alwaysIdle: z
        .boolean()
        .describe(
          'Offer the machine to ask for a vend by itself; otherwise a session is opened for each buyer',
        )
        .default(true),
      level: z
        .literal([1, 2, 3])
        .describe(
          'Raw bridge only: our level of MDB. Lower it for a machine that resets the reader again ' +
            'and again because it does not speak the level it claims',
        )
        .default(3),
    })
    .describe('The MDB cashless reader on the bus of the machine')
    .prefault({}),
  dex: z
    .strictObject({
      path: z
        .exactOptional(z.string().min(1))
        .describe(
          "Serial port of the machine's DEX plug, read at 9600 baud; without it no audit data is read",
        )
        .meta({ examples: ['/dev/serial/by-id/usb-DEX-if00'] }),
      everyHours: z.int().min(1).max(168).describe('How often, in hours').default(24),
      timesOfDay: z
        .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/))
        .max(24)
        .describe('Times of the day (UTC) such as "04:30", in place of everyHours')
        .default([]),
      id: z
        .string()
        .regex(/^[A-Z0-9]{10}$/)
        .describe('What we call ourselves to the machine: three characters of the maker, seven at will')
        .default('CNC0000001'),
    })
    .describe("The machine's own counters (EVA-DTS), by which the server checks what was reported")
    .prefault({}),
  controller: z
    .strictObject({
      boardPath: z
        .exactOptional(z.string().min(1))
        .describe(
          "Serial port of the motor board. With it the automaton is the machine's controller: master of " +
            'the bus of its coin changer (serial.path, reader.bridge) and of this board. Without it the ' +
            'machine has a controller of its own',
        )
        .meta({ examples: ['/dev/serial/by-id/usb-motor-board-if00'] }),
      mostCreditMinor: z
        .int()
        .min(1)
        .max(largestAmountMinor)
        .describe('No coin is taken that would leave a buyer with more credit than this')
        .default(1000),
      creditReturnMs: z
        .int()
        .min(5000)
        .max(3_600_000)
        .describe('Coins with which nobody does anything are given back after this')
        .default(120_000),
      items: z
        .array(
          z.strictObject({
            selection: z.int().min(0).max(largestSelection),
            amountMinor: amountMinorSchema,
          }),
        )
        .max(200)
        .refine((items) => new Set(items.map(({ selection }) => selection)).size === items.length, {
          message: 'one selection is there twice',
        })
        .describe('What is sold: the number of its key and motor, and its price in minor units')
        .meta({ examples: [[{ selection: 11, amountMinor: 120 }]] })
        .default([]),
    })
    .refine(({ boardPath, items }) => boardPath === undefined || items.length > 0, {
      message: 'items is empty: a machine that we control sells what is listed there',
    })
    .describe('For machines without a controller, and kiosks')
    .prefault({}),
  limits: limitsSchema
    .describe('Time limits; each is shorter than that of whoever waits for it')
    .prefault({}),
})
