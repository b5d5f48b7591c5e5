// The coin changer section of MDB 4.2 (clause 5), levels 2 and 3, as one table. Its master is the automaton
// as a machine's controller (automaton/controller). File transport (2.6) is left out.
import { characters, coins, digits, leadBits, number, pairs, rest } from './fields.ts'
import { type AnswerOf, type CommandOf, codecOnly, harmless, type Section, yes } from './section.ts'

const asMaster = yes()
const makersOwn = codecOnly("what it says is the maker's own")
const common = { clause: '5', support: asMaster } as const
const expansion = { clause: '5', level: 3, support: asMaster } as const
const polled = { clause: '5', level: 2, support: asMaster } as const

/**
 * What a single byte of a poll answer can say (MDB 4.2, 5). Payout busy, unplugged and busy at every poll.
 */
export const changerStatus = {
  escrowLever: 0x01,
  payoutBusy: 0x02,
  noCredit: 0x03,
  tubeSensorDefective: 0x04,
  doubleArrival: 0x05,
  acceptorUnplugged: 0x06,
  tubeJam: 0x07,
  romChecksum: 0x08,
  routingError: 0x09,
  changerBusy: 0x0a,
  justReset: 0x0b,
  coinJam: 0x0c,
  creditedCoinRemoved: 0x0d,
} as const

/** A credit of SETUP that is a token instead of a value. */
export const vendToken = 0xff

export const coinChanger = {
  title: 'Coin changer',
  addresses: [0x08],
  commands: {
    reset: {
      ...common,
      code: [0],
      fields: {},
      level: 2,
      about: 'RESET',
      support: yes('only after 10 s of silence: one that answers may have a coin to tell'),
    },
    setup: { ...common, code: [1], fields: {}, answer: 'setupData', level: 2, about: 'SETUP' },
    tubeStatus: { ...common, code: [2], fields: {}, answer: 'tubes', level: 2, about: 'TUBE STATUS' },
    poll: { ...common, code: [3], fields: {}, level: 2, about: 'POLL' },
    coinType: {
      ...common,
      code: [4],
      fields: { accept: number(2), dispenseByHand: number(2) },
      level: 2,
      about: 'COIN TYPE',
    },
    dispense: {
      ...common,
      code: [5],
      fields: { coins },
      level: 2,
      about: 'DISPENSE',
      support: yes('sent once; what became of it is counted'),
    },
    expansionId: { ...expansion, code: [7, 0x00], fields: {}, answer: 'id', about: 'EXPANSION: ID' },
    featureEnable: {
      ...expansion,
      code: [7, 0x01],
      fields: { options: number(4) },
      about: 'EXPANSION: FEATURE ENABLE',
    },
    payout: {
      ...expansion,
      code: [7, 0x02],
      fields: { value: number(1) },
      about: 'EXPANSION: PAYOUT by value',
      support: yes('first choice where it is offered; sent once'),
    },
    payoutStatus: {
      ...expansion,
      code: [7, 0x03],
      fields: {},
      answer: 'coinCounts',
      about: 'EXPANSION: PAYOUT STATUS',
    },
    payoutValuePoll: {
      ...expansion,
      code: [7, 0x04],
      fields: {},
      answer: 'paidValue',
      about: 'EXPANSION: PAYOUT VALUE POLL',
    },
    diagnosticStatus: {
      ...expansion,
      code: [7, 0x05],
      fields: {},
      answer: 'diagnosticPairs',
      about: 'EXPANSION: SEND DIAGNOSTIC STATUS',
    },
    manualFill: {
      ...expansion,
      code: [7, 0x06],
      fields: {},
      answer: 'coinCounts',
      about: 'EXPANSION: MANUAL FILL REPORT',
    },
    manualPayout: {
      ...expansion,
      code: [7, 0x07],
      fields: {},
      answer: 'coinCounts',
      about: 'EXPANSION: MANUAL PAYOUT REPORT',
    },
    diagnostics: {
      ...expansion,
      code: [7, 0xff],
      fields: { data: rest(33) },
      answer: 'makerData',
      about: 'EXPANSION: DIAGNOSTICS',
      support: makersOwn,
    },
  },
  answers: {
    setupData: {
      fields: {
        level: number(1),
        currency: digits(2),
        scale: number(1),
        decimals: number(1),
        routing: number(2),
        credits: rest(16),
      },
      clause: '5',
      level: 2,
      about: 'Credits of the coin types; trailing ones may be missing',
      support: asMaster,
    },
    tubes: {
      fields: { full: number(2), counts: rest(16) },
      clause: '5',
      level: 2,
      about: 'Full tubes and coins in each; trailing ones may be missing',
      support: asMaster,
    },
    id: {
      fields: {
        maker: characters(3),
        serial: characters(12),
        model: characters(12),
        version: digits(2),
        options: number(4),
      },
      clause: '5',
      level: 3,
      about: 'Who it is, and its options',
      support: asMaster,
    },
    coinCounts: {
      fields: { counts: rest(16) },
      clause: '5',
      level: 3,
      about: 'Coins by type',
      support: asMaster,
    },
    paidValue: {
      fields: { value: number(1) },
      clause: '5',
      level: 3,
      about: 'Paid since it was last asked; ACK alone: finished',
      support: asMaster,
    },
    diagnosticPairs: {
      fields: { pairs },
      clause: '5',
      level: 3,
      about: 'Main and sub code of each condition; EVA-DTS event EA with both',
      support: asMaster,
    },
    makerData: {
      fields: { data: rest(35) },
      clause: '5',
      level: 3,
      about: "The maker's own",
      support: makersOwn,
    },
    dispensedByHand: {
      ...polled,
      code: 0x80,
      mask: 0x80,
      fields: { count: leadBits(4, 3), type: leadBits(0, 4), inTube: number(1) },
      about: 'Coins dispensed by hand',
    },
    deposited: {
      ...polled,
      code: 0x40,
      mask: 0xc0,
      fields: { routing: leadBits(4, 2), type: leadBits(0, 4), inTube: number(1) },
      about: 'Coin deposited: to the cash box 0, a tube 1, rejected 3',
    },
    slugs: {
      ...polled,
      code: 0x20,
      mask: 0xe0,
      fields: { count: leadBits(0, 5) },
      about: 'Slugs since the last report',
      support: harmless('a slug is not money'),
    },
    status: {
      ...polled,
      code: 0x00,
      mask: 0xe0,
      fields: { status: leadBits(0, 5) },
      about: 'Status; its codes are in `changerStatus`',
    },
  },
  options: [
    { bit: 0, about: 'alternative payout', support: asMaster },
    { bit: 1, about: 'extended diagnostics', support: asMaster },
    { bit: 2, about: 'controlled manual fill and payout', support: asMaster },
    { bit: 3, about: 'file transport', support: { how: 'no', why: 'left out of the codec' } },
  ],
} as const satisfies Section

export type ChangerCommand = CommandOf<typeof coinChanger>
export type ChangerAnswer = AnswerOf<typeof coinChanger>
