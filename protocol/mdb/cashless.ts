// The cashless section of MDB 4.2 (clause 7), levels 1 to 3, as one table: each command of the machine and
// each thing a reader can say, with its fields, its clause and what we do about it. A long file because it
// is a table. File transport (2.6) is left out: nothing of ours is carried over it.
import { characters, type Dialect, decimal, digits, money, moneyOr, number, rest, where } from './fields.ts'
import { type AnswerOf, type CommandOf, harmless, no, type Section, yes } from './section.ts'

/** An item number of a machine that does not tell. */
export const unknownItem = 0xffff
export const unknownMedia = 0xffff_ffff

/** Bits of ENABLE OPTIONS and of the peripheral id (MDB 4.2, 7.4). */
export const option = {
  fileTransport: 1 << 0,
  money32: 1 << 1,
  multiCurrency: 1 << 2,
  negativeVend: 1 << 3,
  dataEntry: 1 << 4,
  alwaysIdle: 1 << 5,
} as const

/** Bits of the reader's configuration (MDB 4.2, 7.4.4 ff.). */
export const readerCan = { refund: 1, multivend: 2, display: 4, cashSale: 8 } as const

/** The states of a reader by their codes (MDB 4.2, 7.2). */
export const stateCode = {
  inactive: 1,
  disabled: 2,
  enabled: 3,
  sessionIdle: 4,
  vend: 5,
  revalue: 6,
  negativeVend: 7,
} as const

const level2 = ({ level }: Dialect) => level >= 2
const level3 = ({ level }: Dialect) => level === 3
const expanded = ({ expanded }: Dialect) => expanded
const revaluing = no('a phone holds no balance that coins could fill')
const noNegative = no('b3 is not offered; a request is denied')
const noEntry = no('b4 is not offered: the phone has keys of its own')
const price = { price: money, item: number(2) }
const noReader = no('our reader does not say it')

export const cashless = {
  title: 'Cashless device',
  addresses: [0x10, 0x60],
  commands: {
    reset: {
      code: [0],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'RESET',
      support: yes('in every state; what it does to a vend is told in automaton/hardware/README.md'),
    },
    setupConfig: {
      code: [1, 0x00],
      fields: { level: number(1), columns: number(1), rows: number(1), display: number(1) },
      level: 1,
      clause: '7.4',
      about: 'SETUP: configuration of the machine',
      support: yes('both work at the lower level'),
    },
    setupPrices: {
      code: [1, 0x01],
      fields: {
        max: moneyOr('unknown'),
        min: money,
        currency: where(expanded, digits(2), 'FFFF'),
      },
      narrowToo: true,
      level: 1,
      clause: '7.4',
      about: 'SETUP: highest and lowest price',
      support: harmless('read in both widths; each request brings its own price'),
    },
    poll: { code: [2], fields: {}, level: 1, clause: '7.4', about: 'POLL', support: yes() },
    vendRequest: {
      code: [3, 0x00],
      fields: price,
      level: 1,
      clause: '7.4',
      about: 'VEND REQUEST',
      support: yes('once, however often it is repeated'),
    },
    vendCancel: {
      code: [3, 0x01],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'VEND CANCEL',
      support: yes('wins over an approval that was not acknowledged, loses against one that was'),
    },
    vendSuccess: {
      code: [3, 0x02],
      fields: { item: number(2) },
      level: 1,
      clause: '7.4.7',
      about: 'VEND SUCCESS',
      support: yes(),
    },
    vendFailure: {
      code: [3, 0x03],
      fields: {},
      level: 1,
      clause: '7.4.8',
      about: 'VEND FAILURE',
      support: yes('the server gives the money back'),
    },
    sessionComplete: {
      code: [3, 0x04],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'SESSION COMPLETE',
      support: yes('answered with END SESSION at once, in every state'),
    },
    cashSale: {
      code: [3, 0x05],
      fields: { ...price, currency: where(expanded, digits(2), 'FFFF') },
      level: 1,
      clause: '7.4',
      about: 'CASH SALE',
      support: yes('told to the operator as telemetry'),
    },
    negativeVendRequest: {
      code: [3, 0x06],
      fields: price,
      level: 3,
      clause: '7.4',
      about: 'NEGATIVE VEND REQUEST',
      support: noNegative,
    },
    readerDisable: {
      code: [4, 0x00],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'READER DISABLE',
      support: yes('does not end a session or a vend'),
    },
    readerEnable: {
      code: [4, 0x01],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'READER ENABLE',
      support: yes(),
    },
    readerCancel: {
      code: [4, 0x02],
      fields: {},
      level: 1,
      clause: '7.4',
      about: 'READER CANCEL',
      support: yes('answered with CANCELLED'),
    },
    dataEntryResponse: {
      code: [4, 0x03],
      fields: { keys: characters(8) },
      level: 3,
      clause: '7.4',
      about: 'DATA ENTRY RESPONSE',
      support: noEntry,
    },
    revalueRequest: {
      code: [5, 0x00],
      fields: { amount: money },
      level: 2,
      clause: '7.4',
      about: 'REVALUE REQUEST',
      support: revaluing,
    },
    revalueLimitRequest: {
      code: [5, 0x01],
      fields: {},
      level: 2,
      clause: '7.4',
      about: 'REVALUE LIMIT REQUEST',
      support: revaluing,
    },
    requestId: {
      code: [7, 0x00],
      fields: { maker: characters(3), serial: characters(12), model: characters(12), version: digits(2) },
      level: 1,
      clause: '7.4',
      about: 'EXPANSION: REQUEST ID',
      support: yes('options only to a machine of level 3'),
    },
    readUserFile: {
      code: [7, 0x01],
      fields: { file: number(1) },
      level: 2,
      clause: '7.4',
      about: 'EXPANSION: READ USER FILE',
      support: no('obsolete in the standard; acknowledged'),
    },
    writeUserFile: {
      code: [7, 0x02],
      fields: { data: rest(33) },
      level: 2,
      clause: '7.4',
      about: 'EXPANSION: WRITE USER FILE',
      support: no('obsolete in the standard; acknowledged'),
    },
    writeTimeDate: {
      code: [7, 0x03],
      fields: {
        year: decimal,
        month: decimal,
        day: decimal,
        hour: decimal,
        minute: decimal,
        second: decimal,
        weekday: decimal,
        week: decimal,
        summertime: decimal,
        holiday: decimal,
      },
      level: 2,
      clause: '7.4',
      about: 'EXPANSION: WRITE TIME AND DATE',
      support: harmless('acknowledged; our time is that of the server'),
    },
    enableOptions: {
      code: [7, 0x04],
      fields: { options: number(4) },
      level: 3,
      clause: '7.4',
      about: 'EXPANSION: ENABLE OPTIONS',
      support: yes('of what was offered'),
    },
    diagnostics: {
      code: [7, 0xff],
      fields: { data: rest(33) },
      level: 1,
      clause: '7.4',
      about: 'EXPANSION: DIAGNOSTICS',
      support: yes('answered with our state and level'),
    },
  },
  answers: {
    justReset: {
      code: 0x00,
      fields: {},
      level: 1,
      clause: '7.4.4 ff.',
      about: 'JUST RESET',
      support: yes('after RESET, and whenever we start anew'),
    },
    readerConfig: {
      code: 0x01,
      fields: {
        level: number(1),
        currency: digits(2),
        scale: number(1),
        decimals: number(1),
        responseS: number(1),
        options: number(1),
      },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'READER CONFIGURATION',
      support: yes('ISO currency; refunds; wants CASH SALE'),
    },
    displayRequest: {
      code: 0x02,
      fields: { tenths: number(1), text: characters(({ displayBytes }) => displayBytes) },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'DISPLAY REQUEST',
      support: yes('when the machine has a display for us, never during a vend'),
    },
    beginSession: {
      code: 0x03,
      fields: {
        funds: moneyOr('unknown'),
        media: where(level2, number(4), unknownMedia),
        paymentType: where(level2, number(1), 0),
        paymentData: where(level2, digits(2), '0000'),
        language: where(expanded, characters(2), '  '),
        currency: where(expanded, digits(2), 'FFFF'),
        card: where(expanded, number(1), 0),
      },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'BEGIN SESSION',
      support: yes('funds unknown; in session mode, when a phone came first'),
    },
    sessionCancelRequest: {
      code: 0x04,
      fields: {},
      level: 1,
      clause: '7.4.4 ff.',
      about: 'SESSION CANCEL REQUEST',
      support: yes('when nothing was chosen in time'),
    },
    vendApproved: {
      code: 0x05,
      fields: { amount: moneyOr('token') },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'VEND APPROVED',
      support: yes('again at each poll until it is acknowledged'),
    },
    vendDenied: {
      code: 0x06,
      fields: {},
      level: 1,
      clause: '7.4.4 ff.',
      about: 'VEND DENIED',
      support: yes(),
    },
    endSession: {
      code: 0x07,
      fields: {},
      level: 1,
      clause: '7.4.4 ff.',
      about: 'END SESSION',
      support: yes(),
    },
    cancelled: { code: 0x08, fields: {}, level: 1, clause: '7.4.4 ff.', about: 'CANCELLED', support: yes() },
    peripheralId: {
      code: 0x09,
      fields: {
        maker: characters(3),
        serial: characters(12),
        model: characters(12),
        version: digits(2),
        options: where(level3, number(4), 0),
      },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'PERIPHERAL ID',
      support: yes('offers 32-bit money and always idle'),
    },
    malfunction: {
      code: 0x0a,
      fields: { error: number(1) },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'MALFUNCTION',
      support: no('what fails on our side is told to the operator; the machine gets a denial'),
    },
    outOfSequence: {
      code: 0x0b,
      fields: { state: where(level2, number(1), 0) },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'COMMAND OUT OF SEQUENCE',
      support: yes('only for a vend request that no state allows: the machine must reset us then'),
    },
    revalueApproved: {
      code: 0x0d,
      fields: {},
      level: 2,
      clause: '7.4.4 ff.',
      about: 'REVALUE APPROVED',
      support: revaluing,
    },
    revalueDenied: {
      code: 0x0e,
      fields: {},
      level: 2,
      clause: '7.4.4 ff.',
      about: 'REVALUE DENIED',
      support: yes('to every revalue request'),
    },
    revalueLimit: {
      code: 0x0f,
      fields: { amount: money },
      level: 2,
      clause: '7.4.4 ff.',
      about: 'REVALUE LIMIT AMOUNT',
      support: revaluing,
    },
    timeDateRequest: {
      code: 0x11,
      fields: {},
      level: 2,
      clause: '7.4.4 ff.',
      about: 'TIME AND DATE REQUEST',
      support: noReader,
    },
    dataEntryRequest: {
      code: 0x12,
      fields: { keys: number(1) },
      level: 3,
      clause: '7.4.4 ff.',
      about: 'DATA ENTRY REQUEST',
      support: noEntry,
    },
    dataEntryCancel: {
      code: 0x13,
      fields: {},
      level: 3,
      clause: '7.4.4 ff.',
      about: 'DATA ENTRY CANCEL',
      support: noEntry,
    },
    diagnosticData: {
      code: 0xff,
      fields: { data: rest(33) },
      level: 1,
      clause: '7.4.4 ff.',
      about: 'DIAGNOSTIC RESPONSE',
      support: yes('state and level'),
    },
  },
  options: [
    { bit: 0, about: 'file transport', support: no('left out of the codec') },
    { bit: 1, about: '32-bit money', support: yes('offered') },
    {
      bit: 2,
      about: 'several currencies and languages',
      support: no('a machine counts in one; read and written'),
    },
    { bit: 3, about: 'negative vend', support: noNegative },
    { bit: 4, about: 'data entry', support: noEntry },
    { bit: 5, about: 'always idle', support: yes('offered where the configuration says so') },
  ],
} as const satisfies Section

export type CashlessCommand = CommandOf<typeof cashless>
export type CashlessAnswer = AnswerOf<typeof cashless>
export type CashlessCommandOf<N extends CashlessCommand['name']> = Extract<CashlessCommand, { name: N }>
