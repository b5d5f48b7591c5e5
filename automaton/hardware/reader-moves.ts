// The ways into the reader's phases: each sends what the phase begins with and sets its deadlines. What may
// happen in a phase is in the files beside this one; they import this one and never each other.
import { largestAmountMinor } from '@concilia/protocol/money.ts'
import { type BoxLine, mdbCurrencyCode, type WritableHostLine } from '@concilia/protocol/qibixx.ts'
import type { ReaderSettings, Turn, VendRequest } from './reader-state.ts'

type Setting = Extract<WritableHostLine, { type: 'setting' }>
export type VendResult = 'delivered' | 'failed' | 'unknown'

/** What the box is told after each of its starts; it keeps none of it. The first one is the heartbeat too. */
export function settingLines({ mdb, currency, limits }: ReaderSettings, alwaysIdle: boolean): Setting[] {
  const readerLimitS = Math.ceil(limits.readerLimitMs / 1000)
  const settings: Record<string, string | number> = {
    'mdb-address': mdb.address,
    'mdb-currency-code': mdbCurrencyCode(currency),
    'mdb-scale-factor': mdb.scaleFactor,
    'mdb-decimal-places': mdb.decimalPlaces,
    'mdb-always-idle': alwaysIdle ? 1 : 0,
    // Z7, and the box's own patience with an undecided vend: the machine waits longer than we do (rule 6).
    'mdb-timeout': readerLimitS,
    'mdb-timeout-vend': readerLimitS,
  }
  return Object.entries(settings).map(([name, value]) => ({ type: 'setting', name, value: String(value) }))
}

/** @param round how many times this was tried without an answer */
export function configure(turn: Turn, round = 0): void {
  turn.change({ enabled: false, shownText: undefined, unanswered: 0 })
  configureStep(turn, 0, round)
}

export function configureStep(turn: Turn, step: number, round: number): void {
  turn.enter({ name: 'configuring', step, round })
  turn.send(configurationStep(turn, step))
  turn.wait('answer', turn.settings.limits.boxAnswerMs)
}

/** Off, the settings, on. */
export function configurationStep({ settings, state }: Turn, step: number): WritableHostLine {
  if (step === 0) return { type: 'switch', on: false }
  return settingLines(settings, state.alwaysIdle)[step - 1] ?? { type: 'switch', on: true }
}

export function becomeIdle(turn: Turn): void {
  turn.enter({ name: 'idle' })
  turn.change({ unanswered: 0 })
  turn.wait('heartbeat', turn.settings.limits.boxHeartbeatMs)
}

/** Brings a request to the sale, unless its price cannot be that of a sale (a free item, say). */
export function requestVend(turn: Turn, { priceMinor, item }: VendRequest): void {
  if (priceMinor < 1 || priceMinor > largestAmountMinor) {
    turn.notice('surprise', `request for item ${item} at a price that cannot be paid by phone`)
    denyVend(turn, { priceMinor, item })
    return
  }
  turn.enter({ name: 'requested', priceMinor, item })
  turn.change({ enabled: true })
  const price = { amountMinor: priceMinor, currency: turn.settings.currency }
  turn.hear({ type: 'vendRequested', price, item })
}

export function denyVend(turn: Turn, { priceMinor, item }: VendRequest): void {
  turn.send({ type: 'deny' })
  turn.enter({ name: 'denying', again: false, priceMinor, item })
  turn.wait('answer', turn.settings.limits.boxAnswerMs)
}

export function approveVend(turn: Turn, { priceMinor, item }: VendRequest): void {
  turn.send({ type: 'approve', amountMinor: priceMinor })
  turn.enter({ name: 'delivering', cancelled: false, next: 'none', priceMinor, item })
  turn.wait('vend', turn.settings.limits.vendMs)
}

/** The one conclusion of an approval. */
export function conclude(turn: Turn, result: VendResult, detail: string): void {
  turn.drop('vend')
  turn.hear({ type: 'vendConcluded', result, detail })
}

/**
 * After a loss of ours: lines may have been missed, and whatever is done to the box could destroy one still
 * to come. The vend's limit runs on.
 */
export function listen(turn: Turn): void {
  turn.enter({ name: 'listening' })
}

export function sameRequest(one: VendRequest, other: VendRequest): boolean {
  return one.priceMinor === other.priceMinor && one.item === other.item
}

/** Whether the machine wants to sell through us. `online` says nothing about that. */
export function readStatus(turn: Turn, { status }: Extract<BoxLine, { type: 'status' }>): void {
  if (status !== 'online') turn.change({ enabled: status === 'enabled' })
}
