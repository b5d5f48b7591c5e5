// Sequences of bus bytes with what they say, worked out by hand from the standard: the codec must read each
// as the message and write the message as exactly these bytes. For tests; `*` is the mode bit.
import type { CashlessAnswer, CashlessCommand } from './cashless.ts'
import type { ChangerAnswer, ChangerCommand } from './coin-changer.ts'
import type { Dialect } from './fields.ts'

const plain = { level: 1, expanded: false, displayBytes: 0 } as const
const level2: Dialect = { ...plain, level: 2 }
const level3: Dialect = { ...plain, level: 3 }
const wide: Dialect = { ...level3, expanded: true }
const id = { maker: 'HET', serial: '000000000001', model: 'SIMVMC      ', version: '0100' }
const reader = { maker: 'HET', serial: '000000000042', model: 'PHONEPAY    ', version: '0100', options: 0 }
const idBytes = '48 45 54 30 30 30 30 30 30 30 30 30 30 30 31 53 49 4D 56 4D 43 20 20 20 20 20 20 01 00'
const readerBytes =
  '09 48 45 54 30 30 30 30 30 30 30 30 30 30 34 32 50 48 4F 4E 45 50 41 59 20 20 20 20 01 00'

/** From the machine to address 0x10, and the checksum of the same to 0x60. */
export const cashlessCommands: readonly [bytes: string, at60: string, CashlessCommand, Dialect][] = [
  ['10* 10', '60', { name: 'reset' }, plain],
  ['12* 12', '62', { name: 'poll' }, plain],
  ['11* 00 01 00 00 00 12', '62', { name: 'setupConfig', level: 1, columns: 0, rows: 0, display: 0 }, plain],
  ['11* 00 02 10 02 00 25', '75', { name: 'setupConfig', level: 2, columns: 16, rows: 2, display: 0 }, plain],
  ['11* 00 03 00 00 00 14', '64', { name: 'setupConfig', level: 3, columns: 0, rows: 0, display: 0 }, plain],
  ['11* 01 FF FF 00 00 10', '60', { name: 'setupPrices', max: 'unknown', min: 0, currency: 'FFFF' }, plain],
  ['11* 01 00 FA 00 32 3E', '8E', { name: 'setupPrices', max: 250, min: 50, currency: 'FFFF' }, plain],
  [`17* 00 ${idBytes} C9`, '19', { name: 'requestId', ...id }, plain],
  ['17* 04 00 00 00 20 3B', '8B', { name: 'enableOptions', options: 0x20 }, level3],
  ['17* 04 00 00 00 02 1D', '6D', { name: 'enableOptions', options: 0x02 }, level3],
  ['17* 04 00 00 00 22 3D', '8D', { name: 'enableOptions', options: 0x22 }, level3],
  [
    '11* 01 FF FF FF FF 00 00 00 00 19 78 9F',
    'EF',
    { name: 'setupPrices', max: 'unknown', min: 0, currency: '1978' },
    wide,
  ],
  ['14* 01 15', '65', { name: 'readerEnable' }, plain],
  ['14* 00 14', '64', { name: 'readerDisable' }, plain],
  ['14* 02 16', '66', { name: 'readerCancel' }, plain],
  ['13* 00 00 96 00 05 AE', 'FE', { name: 'vendRequest', price: 150, item: 5 }, plain],
  ['13* 00 00 00 00 96 00 05 AE', 'FE', { name: 'vendRequest', price: 150, item: 5 }, wide],
  ['13* 01 14', '64', { name: 'vendCancel' }, plain],
  ['13* 02 00 05 1A', '6A', { name: 'vendSuccess', item: 5 }, plain],
  ['13* 03 16', '66', { name: 'vendFailure' }, plain],
  ['13* 04 17', '67', { name: 'sessionComplete' }, plain],
  ['13* 05 00 96 00 05 B3', '03', { name: 'cashSale', price: 150, item: 5, currency: 'FFFF' }, plain],
  [
    '13* 05 00 00 00 96 00 05 19 78 44',
    '94',
    { name: 'cashSale', price: 150, item: 5, currency: '1978' },
    wide,
  ],
  ['13* 06 00 32 00 07 52', 'A2', { name: 'negativeVendRequest', price: 50, item: 7 }, level3],
  ['15* 01 16', '66', { name: 'revalueLimitRequest' }, level2],
  ['15* 00 01 F4 0A', '5A', { name: 'revalueRequest', amount: 500 }, level2],
  [
    '17* 03 26 07 29 14 35 00 03 30 01 00 ED',
    '3D',
    {
      name: 'writeTimeDate',
      year: 26,
      month: 7,
      day: 29,
      hour: 14,
      minute: 35,
      second: 0,
      weekday: 3,
      week: 30,
      summertime: 1,
      holiday: 0,
    },
    level2,
  ],
]

const begun = {
  name: 'beginSession',
  funds: 200,
  media: 0xffff_ffff,
  paymentType: 0,
  paymentData: '0000',
  language: '  ',
  currency: 'FFFF',
  card: 0,
} as const

export const cashlessAnswers: readonly [bytes: string, readonly CashlessAnswer[], Dialect][] = [
  ['00 00*', [{ name: 'justReset' }], plain],
  [
    '01 01 18 40 01 02 0F 09 75*',
    [{ name: 'readerConfig', level: 1, currency: '1840', scale: 1, decimals: 2, responseS: 15, options: 9 }],
    plain,
  ],
  [
    '01 03 19 78 01 02 1E 09 BF*',
    [{ name: 'readerConfig', level: 3, currency: '1978', scale: 1, decimals: 2, responseS: 30, options: 9 }],
    level3,
  ],
  [`${readerBytes} 15*`, [{ name: 'peripheralId', ...reader }], level2],
  [`${readerBytes} 00 00 00 20 35*`, [{ name: 'peripheralId', ...reader, options: 0x20 }], level3],
  ['08 08*', [{ name: 'cancelled' }], plain],
  ['03 00 C8 CB*', [begun], plain],
  ['03 FF FF 01*', [{ ...begun, funds: 'unknown' }], plain],
  ['03 00 C8 FF FF FF FF 00 00 00 C7*', [begun], level2],
  [
    '03 00 00 00 C8 FF FF FF FF 00 00 00 65 6E 19 78 02 2D*',
    [{ ...begun, language: 'en', currency: '1978', card: 2 }],
    wide,
  ],
  ['05 00 96 9B*', [{ name: 'vendApproved', amount: 150 }], plain],
  ['05 00 00 00 96 9B*', [{ name: 'vendApproved', amount: 150 }], wide],
  ['06 06*', [{ name: 'vendDenied' }], plain],
  ['0A C0 CA*', [{ name: 'malfunction', error: 0xc0 }], plain],
  ['07 07*', [{ name: 'endSession' }], plain],
  ['04 04*', [{ name: 'sessionCancelRequest' }], plain],
  ['0F 03 E8 FA*', [{ name: 'revalueLimit', amount: 1000 }], level2],
  ['0D 0D*', [{ name: 'revalueApproved' }], level2],
  ['0E 0E*', [{ name: 'revalueDenied' }], level2],
  ['0B 0B*', [{ name: 'outOfSequence', state: 0 }], plain],
  ['0B 05 10*', [{ name: 'outOfSequence', state: 5 }], level2],
  [
    '06 0A 07 04 1B*',
    [{ name: 'vendDenied' }, { name: 'malfunction', error: 7 }, { name: 'sessionCancelRequest' }],
    plain,
  ],
  [
    '02 14 50 41 49 44 20 31 2E 35 30 20 20 20 20 20 20 20 F8*',
    [{ name: 'displayRequest', tenths: 20, text: 'PAID 1.50       ' }],
    { ...plain, displayBytes: 16 },
  ],
]

const zeros = (count: number) => Array.from({ length: count }, () => 0)
const euros = { level: 3, currency: '1978', scale: 5, decimals: 2, routing: 0x1f }
const changerId = { maker: 'HFC', serial: '000000000007', model: 'SIMCHG      ', version: '0100' }

export const changerExchanges: readonly [
  command: string,
  ChangerCommand,
  answer: string,
  readonly ChangerAnswer[] | 'ack',
][] = [
  ['08* 08', { name: 'reset' }, '00*', 'ack'],
  ['0B* 0B', { name: 'poll' }, '0B 0B*', [{ name: 'status', status: 0x0b }]],
  [
    '09* 09',
    { name: 'setup' },
    `03 19 78 05 02 00 1F 01 02 04 0A 14 28 ${'00 '.repeat(10)}07*`,
    [{ name: 'setupData', ...euros, credits: [1, 2, 4, 10, 20, 40, ...zeros(10)] }],
  ],
  [
    '0F* 00 0F',
    { name: 'expansionId' },
    `48 46 43 ${'30 '.repeat(11)}37 53 49 4D 43 48 47 20 20 20 20 20 20 01 00 00 00 00 03 97*`,
    [{ name: 'id', ...changerId, options: 3 }],
  ],
  ['0F* 01 00 00 00 03 13', { name: 'featureEnable', options: 3 }, '00*', 'ack'],
  ['0F* 05 14', { name: 'diagnosticStatus' }, '03 00 03*', [{ name: 'diagnosticPairs', pairs: [[3, 0]] }]],
  [
    '0A* 0A',
    { name: 'tubeStatus' },
    `00 00 28 14 0A 05 02 ${'00 '.repeat(11)}4D*`,
    [{ name: 'tubes', full: 0, counts: [40, 20, 10, 5, 2, ...zeros(11)] }],
  ],
  ['0C* 00 3F 00 3F 8A', { name: 'coinType', accept: 0x3f, dispenseByHand: 0x3f }, '00*', 'ack'],
  ['0C* 00 00 00 00 0C', { name: 'coinType', accept: 0, dispenseByHand: 0 }, '00*', 'ack'],
  ['0B* 0B', { name: 'poll' }, '53 15 68*', [{ name: 'deposited', routing: 1, type: 3, inTube: 21 }]],
  ['0B* 0B', { name: 'poll' }, '42 0A 4C*', [{ name: 'deposited', routing: 0, type: 2, inTube: 10 }]],
  ['0B* 0B', { name: 'poll' }, '91 13 A4*', [{ name: 'dispensedByHand', count: 1, type: 1, inTube: 19 }]],
  ['0B* 0B', { name: 'poll' }, '21 21*', [{ name: 'slugs', count: 1 }]],
  ['0D* 12 1F', { name: 'dispense', coins: { count: 1, type: 2 } }, '00*', 'ack'],
  ['0D* 23 30', { name: 'dispense', coins: { count: 2, type: 3 } }, '00*', 'ack'],
  ['0B* 0B', { name: 'poll' }, '02 02*', [{ name: 'status', status: 2 }]],
  ['0F* 02 0F 20', { name: 'payout', value: 15 }, '00*', 'ack'],
  ['0F* 04 13', { name: 'payoutValuePoll' }, '05 05*', [{ name: 'paidValue', value: 5 }]],
  [
    '0F* 03 12',
    { name: 'payoutStatus' },
    '00 00 00 03 00 03*',
    [{ name: 'coinCounts', counts: [0, 0, 0, 3, 0] }],
  ],
]
