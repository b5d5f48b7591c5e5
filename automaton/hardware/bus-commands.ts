// What each command of the machine means to the reader on the raw bus, and its answer (MDB 4.2, 7.4). Any
// order that real machines use is taken; what is repeated is answered again and done once.

import {
  type CashlessAnswer,
  type CashlessCommand,
  type CashlessCommandOf,
  option,
  readerCan,
  stateCode,
  unknownMedia,
} from '@concilia/protocol/mdb/cashless.ts'
import { currencies, decimalText } from '@concilia/protocol/money.ts'
import { mdbCurrencyCode } from '@concilia/protocol/qibixx.ts'
import { acknowledge, answer, answerPoll } from './bus-answers.ts'
import { type BusReaderSettings, type BusTurn, plain, responseS } from './bus-reader-state.ts'
import {
  abandon,
  approvalHeard,
  approvalSaid,
  cancel,
  denialHeard,
  fail,
  request,
  succeed,
} from './bus-vend.ts'

const largestDisplay = 32

export function obey(turn: BusTurn, command: CashlessCommand) {
  awake(turn)
  if (turn.state.listening) return obeyListening(turn, command)
  switch (command.name) {
    case 'reset':
      return reset(turn)
    case 'poll':
      if (turn.state.waiting.some(({ name }) => name === 'vendApproved')) approvalSaid(turn)
      return answerPoll(turn)
    case 'setupConfig':
      return setUp(turn, command)
    case 'requestId':
      // What a machine of this level expects is only known once it has set us up, which JUST RESET makes it
      // do.
      if (turn.state.waiting.some(({ name }) => name === 'justReset')) return acknowledge(turn)
      return answer(turn, peripheralId(turn))
    case 'enableOptions':
      return enableOptions(turn, command.options)
    case 'readerEnable':
      if (turn.state.bus === 'disabled') turn.change({ bus: 'enabled' })
      turn.change({ disabledAfter: false })
      return acknowledge(turn)
    case 'readerDisable':
      return disable(turn)
    case 'readerCancel':
      return answer(turn, { name: 'cancelled' })
    case 'diagnostics':
      return answer(turn, {
        name: 'diagnosticData',
        data: [stateCode[turn.state.bus], turn.state.dialect.level],
      })
    default:
      return obeySelling(turn, command)
  }
}

function obeySelling(turn: BusTurn, command: CashlessCommand) {
  switch (command.name) {
    case 'vendRequest':
      return vendRequest(turn, command)
    case 'vendCancel':
      return cancel(turn) ? answer(turn, { name: 'vendDenied' }) : acknowledge(turn)
    case 'vendSuccess':
      succeed(turn)
      return acknowledge(turn)
    case 'vendFailure':
      fail(turn)
      return acknowledge(turn)
    case 'sessionComplete':
      return completeSession(turn)
    case 'cashSale':
      cashSale(turn, command)
      return acknowledge(turn)
    case 'negativeVendRequest':
      return answer(turn, { name: 'vendDenied' })
    case 'revalueRequest':
    case 'revalueLimitRequest':
      return answer(turn, { name: 'revalueDenied' })
    default:
      return acknowledge(turn)
  }
}

/** What follows from a message once the machine has it. */
export function heard(turn: BusTurn, message: CashlessAnswer): void {
  if (message.name === 'vendApproved') approvalHeard(turn)
  else if (message.name === 'vendDenied') denialHeard(turn)
  else if (message.name === 'beginSession' && turn.state.bus === 'enabled')
    turn.change({ bus: 'sessionIdle' })
}

/**
 * Bytes were lost in a vend, or all that we knew: polls are answered, so that the machine goes on, and
 * nothing is said of our own until the vend has ended in one way or the other. Then we start anew.
 */
function obeyListening(turn: BusTurn, command: CashlessCommand) {
  switch (command.name) {
    case 'vendSuccess':
      succeed(turn)
      break
    case 'vendFailure':
      fail(turn)
      break
    case 'vendCancel':
      cancel(turn)
      break
    case 'vendRequest':
      abandon(turn, 'superseded')
      break
    case 'sessionComplete':
      abandon(turn, 'session-completed')
      break
    case 'reset':
    case 'setupConfig':
    case 'requestId':
    case 'enableOptions':
      abandon(turn, 'reset')
      break
    default:
      return acknowledge(turn)
  }
  startAnew(turn)
  if (command.name === 'sessionComplete') return answer(turn, { name: 'endSession' })
  if (command.name === 'vendCancel') return answer(turn, { name: 'vendDenied' })
  if (command.name === 'setupConfig') return setUp(turn, command)
  acknowledge(turn)
}

/** The machine hears JUST RESET at its next poll and sets us up (MDB 4.2, 7.4.1). */
export function startAnew(turn: BusTurn): void {
  if (turn.state.attended) turn.hear({ type: 'sessionEnded' })
  turn.drop('session')
  turn.change({
    bus: 'inactive',
    vend: undefined,
    listening: false,
    attended: false,
    alwaysIdle: false,
    disabledAfter: false,
    dialect: plain,
    waiting: [{ name: 'justReset' }],
    said: [],
    // Written for the level that we forget here.
    answered: undefined,
    shownText: '',
  })
}

function reset(turn: BusTurn): void {
  abandon(turn, 'reset')
  startAnew(turn)
  acknowledge(turn)
}

function setUp(turn: BusTurn, { level, columns, rows }: CashlessCommandOf<'setupConfig'>): void {
  const { settings, state } = turn
  const bytes = columns * rows
  const common = Math.max(1, Math.min(settings.level, level, 3)) as 1 | 2 | 3
  const displayBytes = bytes > largestDisplay ? 0 : bytes
  turn.change({ dialect: { ...state.dialect, level: common, displayBytes } })
  if (state.bus === 'inactive') turn.change({ bus: 'disabled' })
  // A machine that sets us up knows that we were reset; a text of another width would not fit any more.
  turn.unsay('justReset', 'displayRequest')
  turn.change({ shownText: '' })
  answer(turn, readerConfig(settings))
}

function readerConfig(settings: BusReaderSettings): CashlessAnswer {
  const { level, currency, mdb } = settings
  return {
    name: 'readerConfig',
    level,
    currency: mdbCurrencyCode(currency).slice(2),
    scale: mdb.scaleFactor,
    decimals: mdb.decimalPlaces,
    responseS: responseS(settings),
    options: readerCan.refund | readerCan.cashSale,
  }
}

function peripheralId(turn: BusTurn): CashlessAnswer {
  return {
    name: 'peripheralId',
    maker: 'CON',
    serial: turn.settings.serial.slice(-12).padStart(12, '0'),
    model: 'CONCILIA',
    version: '0100',
    options: offered(turn.settings),
  }
}

function offered({ mdb }: BusReaderSettings): number {
  return option.money32 | (mdb.alwaysIdle ? option.alwaysIdle : 0)
}

function enableOptions(turn: BusTurn, options: number): void {
  const { settings, state } = turn
  const enabled = state.dialect.level === 3 ? options & offered(settings) : 0
  // What is waiting to be said of a vend was counted in the width it was asked in.
  const expanded = state.vend ? state.dialect.expanded : (enabled & option.money32) !== 0
  turn.change({ alwaysIdle: (enabled & option.alwaysIdle) !== 0, dialect: { ...state.dialect, expanded } })
  acknowledge(turn)
}

/** No new media from now on; a session or a vend under way goes on (MDB 4.2, 7.2). */
function disable(turn: BusTurn): void {
  if (turn.state.bus === 'enabled') {
    turn.unsay('beginSession')
    turn.change({ bus: 'disabled' })
    endAttendance(turn)
  } else turn.change({ disabledAfter: true })
  acknowledge(turn)
}

function vendRequest(turn: BusTurn, { price, item }: CashlessCommandOf<'vendRequest'>): void {
  const { bus, alwaysIdle, waiting } = turn.state
  const begun = waiting.some(({ name }) => name === 'beginSession')
  if (bus === 'sessionIdle' || bus === 'vend' || (bus === 'enabled' && (alwaysIdle || begun))) {
    request(turn, price, item)
  } else if (bus !== 'inactive') {
    // The machine has to reset us then: a last resort (MDB 4.2, App. 3).
    turn.say({ name: 'outOfSequence', state: stateCode[bus] })
  }
  acknowledge(turn)
}

/** Harmless when repeated, in any state (MDB 4.2, App. 3). */
function completeSession(turn: BusTurn): void {
  const { bus } = turn.state
  if (bus === 'vend') abandon(turn, 'session-completed')
  if (bus === 'vend' || bus === 'sessionIdle') {
    turn.change({ bus: turn.state.disabledAfter ? 'disabled' : 'enabled', disabledAfter: false })
    turn.drop('session')
    endAttendance(turn)
  }
  turn.unsay('beginSession', 'sessionCancelRequest', 'vendDenied')
  answer(turn, { name: 'endSession' })
}

export function endAttendance(turn: BusTurn): void {
  if (turn.state.attended) turn.hear({ type: 'sessionEnded' })
  turn.change({ attended: false })
}

/** BEGIN SESSION with funds unknown: the machine sells as usual, and we decide at each choice. */
export function openSession(turn: BusTurn): void {
  turn.say({
    name: 'beginSession',
    funds: 'unknown',
    media: unknownMedia,
    paymentType: 0,
    paymentData: '0000',
    language: 'en',
    currency: mdbCurrencyCode(turn.settings.currency).slice(2),
    card: 0,
  })
}

function cashSale(turn: BusTurn, { price, item }: CashlessCommandOf<'cashSale'>): void {
  const { currency, mdb } = turn.settings
  const amount = price * mdb.scaleFactor * 10 ** (currencies[currency].digits - mdb.decimalPlaces)
  const number = item & 0x0fff
  if (!Number.isInteger(amount)) turn.notice('cashSale', `item ${number} for ${price} units`)
  else {
    const sold = { item: number, amountMinor: amount }
    turn.notice('cashSale', `item ${number} for ${decimalText(amount, currency)} ${currency}`, sold)
  }
}

/** A reader that hears nothing for ten times its response time resets itself (MDB 4.2, App. 3). */
export function expectPolls(turn: BusTurn): void {
  turn.wait('silence', 3 * turn.settings.limits.boxHeartbeatMs)
  turn.wait('selfReset', 10 * 1000 * responseS(turn.settings))
}

/** The machine talks to us. */
function awake(turn: BusTurn): void {
  if (turn.state.lossSaid) turn.notice('hardwareBack', 'the machine polls again')
  turn.change({ silent: false, lossSaid: false })
  expectPolls(turn)
}
