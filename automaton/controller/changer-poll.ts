// What a poll of the changer brings: coins, a pulled lever, coins dispensed by hand, faults. A coin is
// written to the till before the changer's word is acknowledged, so an answer that comes again because its
// ACK was not heard - by the changer, or because we died in between - is told from a second coin.
import { type ChangerAnswer, changerStatus } from '@concilia/protocol/mdb/coin-changer.ts'
import type { Coin } from './change.ts'
import { changerReset } from './changer-setup.ts'
import type { ChangerResult, ControllerTurn } from './controller-state.ts'
import { leverPulled, moneyCame } from './counter.ts'
import { coinCame, dispensedByHand, payoutNoted } from './till.ts'

export function polled(turn: ControllerTurn, result: ChangerResult) {
  if (result !== 'ack' && typeof result !== 'object') return
  const messages = result === 'ack' ? [] : result
  // A reset that is told in between does not change what the coins of this answer are worth.
  const coins = turn.changer.known?.coins ?? []
  // What stands is said anew at each poll, and may come and go in an answer that is sent again.
  const standing = messages.filter(isStanding)
  for (const message of standing) heard(turn, message, coins)
  unplugged(turn, standing.some(isUnplugged))
  const told = messages.filter((message) => !isStanding(message))
  if (told.length === 0) return allHeard(turn)
  const taken = JSON.stringify(told)
  const news = unheard(turn, told)
  if (told.slice(0, told.length - news.length).some(isCoin)) saidAgain(turn, true)
  const before = turn.till
  for (const message of news) heard(turn, message, coins)
  turn.setChanger({ pollFirst: true, taken })
  const isRepeat = news.length < told.length
  const kept = turn.till !== before ? taken : isRepeat ? turn.till.taken : ''
  if (kept !== turn.till.taken) turn.keep({ ...turn.till, taken: kept }, { type: 'answerTaken' })
}

/** Nothing waits for its ACK: from here on the same words are another coin. */
function allHeard(turn: ControllerTurn): void {
  turn.setChanger({ pollFirst: false, taken: '' })
  saidAgain(turn, false)
  if (turn.till.taken !== '') turn.keep({ ...turn.till, taken: '' }, { type: 'coinsAcknowledged' })
}

/** Sent again, an answer may have grown at its end. */
function unheard(turn: ControllerTurn, result: readonly ChangerAnswer[]): readonly ChangerAnswer[] {
  const { pollFirst, taken } = turn.changer
  if (!pollFirst || taken === '') return result
  const last: unknown = JSON.parse(taken)
  const length = Array.isArray(last) ? last.length : 0
  return JSON.stringify(result.slice(0, length)) === taken ? result.slice(length) : result
}

/**
 * By the standard the same words within that moment are the same coin (MDB 4.2, App. 3). Where the bus failed
 * just before or after they may be another of its kind, and nobody here can tell: so they are told.
 */
function saidAgain(turn: ControllerTurn, stands: boolean): void {
  turn.faultStands('EAG_R', stands, 'the coin changer tells a coin a second time; it counts once')
}

function isCoin(message: ChangerAnswer): boolean {
  return message.name === 'deposited' && message.routing <= 1
}

function isStanding(message: ChangerAnswer): boolean {
  const { payoutBusy, changerBusy } = changerStatus
  const busy = message.name === 'status' && [payoutBusy, changerBusy].some((code) => code === message.status)
  return busy || isUnplugged(message)
}

function isUnplugged(message: ChangerAnswer): boolean {
  return message.name === 'status' && message.status === changerStatus.acceptorUnplugged
}

function heard(turn: ControllerTurn, message: ChangerAnswer, coins: readonly Coin[]) {
  switch (message.name) {
    case 'deposited':
      return deposited(turn, message, coins)
    case 'dispensedByHand': {
      const { type, count, inTube } = message
      const valueMinor = worthOf(coins, type)
      turn.setChanger({ tubesStale: true })
      return turn.keep(dispensedByHand(turn.till, { type, count, inTube, valueMinor }), {
        type: 'dispensedByHand',
        coin: type,
        count,
      })
    }
    case 'status':
      return statusSaid(turn, message.status)
  }
}

function deposited(
  turn: ControllerTurn,
  { routing, type, inTube }: Extract<ChangerAnswer, { name: 'deposited' }>,
  coins: readonly Coin[],
) {
  // 3: rejected, 2: unused.
  if (routing > 1) return
  const valueMinor = worthOf(coins, type)
  if (valueMinor === 0) return turn.notice('surprise', `a coin of type ${type}, which has no value`)
  const to = routing === 1 ? 'tube' : 'box'
  turn.setChanger({ tubesStale: true })
  turn.keep(coinCame(turn.till, { type, valueMinor, to, inTube }), { type: 'coinCame', coin: type, to })
  moneyCame(turn)
}

function worthOf(coins: readonly Coin[], type: number): number {
  return coins.find((coin) => coin.type === type)?.valueMinor ?? 0
}

/**
 * Codes are EVA-DTS's; what has none of its own there is EAG (elsewhere) or EAR with the status behind it.
 */
function statusSaid(turn: ControllerTurn, status: number) {
  switch (status) {
    case changerStatus.escrowLever:
      return leverPulled(turn)
    case changerStatus.payoutBusy:
      turn.keep(payoutNoted(turn.till, { began: true }), { type: 'payoutSeen' })
      return turn.setPaying({ since: turn.now })
    case changerStatus.changerBusy:
      return turn.setPaying({ since: turn.now })
    case changerStatus.justReset:
      return changerReset(turn)
    case changerStatus.tubeJam:
      turn.setPaying({ faultSeen: true })
      return turn.fault('EAF', 'a coin is stuck on its way out of the changer')
    case changerStatus.tubeSensorDefective:
      turn.setPaying({ faultSeen: true })
      turn.keep(payoutNoted(turn.till, { blind: true }), { type: 'payoutBlind' })
      turn.setChanger({ tubesStale: true })
      return turn.fault('EAG_4', 'a tube sensor of the coin changer fails')
    case changerStatus.coinJam:
      return turn.fault('EAA', 'a coin is stuck in the changer')
    case changerStatus.romChecksum:
      return turn.fault('EAG_8', 'the coin changer says that its program is damaged')
    case changerStatus.routingError:
      return turn.fault('EAG_9', 'a coin took the wrong way in the changer')
    case changerStatus.creditedCoinRemoved:
      return turn.fault('EAG_D', 'a coin that was credited may have been pulled out')
  }
}

/** Said at every poll while it stands. */
function unplugged(turn: ControllerTurn, stands: boolean): void {
  turn.faultStands('EAR_6', stands, 'the acceptor of the coin changer is unplugged')
}
