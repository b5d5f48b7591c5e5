// What is known of a coin changer and how that is lost: a reset, from whichever side, only means that it is
// set up anew. A payout command that was with it then is one of which nobody heard the end.
import type { ChangerAnswer } from '@concilia/protocol/mdb/coin-changer.ts'
import { type Currency, currencies } from '@concilia/protocol/money.ts'
import { mdbCurrencyCode } from '@concilia/protocol/qibixx.ts'
import type { Coin } from './change.ts'
import { type ControllerTurn, type KnownChanger, newChanger, newPaying } from './controller-state.ts'

/** Alternative payout, extended diagnostics, controlled manual fill (MDB 4.2, 5: EXPANSION). */
export const changerOptions = { payout: 1, diagnostics: 2, manual: 4 } as const
export const wantedOptions = changerOptions.payout | changerOptions.diagnostics | changerOptions.manual

export function changerHas(turn: ControllerTurn, option: keyof typeof changerOptions): boolean {
  const { offered = 0, enabled } = turn.changer
  return enabled && (offered & changerOptions[option]) !== 0
}

/** It is set up and answers. */
export function changerWorks(turn: ControllerTurn): boolean {
  const { open, lost, known, tubes } = turn.changer
  return open && !lost && known !== undefined && tubes !== undefined
}

/** What its settings were is not known any more. */
export function setAnew(turn: ControllerTurn): void {
  const { resetAt, resetSentAt, polledAt, nextAt } = turn.changer
  turn.setChanger({ ...newChanger, resetAt, resetSentAt, polledAt, nextAt, paying: turn.changer.paying })
}

/** A command may be with it of which this process, or this line, heard no end. */
export function interrupted(turn: ControllerTurn): void {
  const { faultSeen = false } = turn.changer.paying ?? {}
  turn.setChanger({ paying: { ...newPaying(turn.now), faultSeen } })
}

/** It says JUST RESET, or has acknowledged RESET. */
export function changerReset(turn: ControllerTurn): void {
  const { open, lost, taken, silentSince } = turn.changer
  setAnew(turn)
  turn.setChanger({ open, lost, taken, silentSince, resetAt: turn.now })
  if (turn.till.payout?.command) interrupted(turn)
}

export function setupRead(turn: ControllerTurn, setup: SetupData): void {
  const known = knownChanger(setup, turn.settings.currency)
  if (known.coins.length === 0) {
    turn.notice('surprise', `the coin changer counts in ${setup.currency}, which is not ours: no coins`)
  }
  // Level 2 has no options to ask for.
  const optionless = known.level < 3 ? { offered: 0, enabled: true } : {}
  turn.setChanger({ known, ...optionless })
}

type SetupData = Extract<ChangerAnswer, { name: 'setupData' }>

/** Coins of another currency are none. A telephone code, of designs before 2000, says nothing. */
function knownChanger(setup: SetupData, currency: Currency): KnownChanger {
  const { level, scale, decimals, routing, credits } = setup
  const scaleMinor = scale * 10 ** (currencies[currency].digits - decimals)
  const ours = setup.currency.startsWith('0') || setup.currency === mdbCurrencyCode(currency).slice(2)
  const coins: Coin[] = credits.flatMap((credit, type) => {
    const isCoin = ours && credit > 0 && credit < 0xff && Number.isInteger(scaleMinor)
    const toTube = ((routing >> type) & 1) === 1
    return isCoin ? [{ type, valueMinor: credit * scaleMinor, toTube }] : []
  })
  return { level, coins, scaleMinor }
}
