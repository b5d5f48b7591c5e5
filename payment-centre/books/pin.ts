// The buyer's PIN: kept with the account, because it guards the money whichever server asks for it. It comes
// here stretched already (pin-stretching.ts), so deciding stays quick and pure. Wrong ones are counted over
// all payments: after three the account waits, each time longer, and after six a person sets a new one.
import { jsonAnswer, refused } from './answers.ts'
import type { Books } from './books.ts'
import type { AccountCommand, Decision, Desk, ValidationSettings } from './commands.ts'
import type { Account } from './records.ts'

const minute = 60_000
/** How long nothing that needs the PIN is allowed after so many wrong ones in a row. */
const pausesMs = [0, 0, 0, 15 * minute, 60 * minute, 24 * 60 * minute]
export const mostWrongPins = pausesMs.length

/** Whoever knows it types it at once; nobody has to wait for a text. */
export const pinValidation: ValidationSettings = { waitMs: 2 * minute, digits: 4, tries: 3 }

export function hasUsablePin({ pin }: Account, now: number): boolean {
  return pin !== undefined && pin.failures < mostWrongPins && now >= pin.pausedUntil
}

/** @returns the account as the tried PIN leaves it */
export function triedPin(account: Account, isRight: boolean, now: number): Account {
  const { pin } = account
  if (!pin) return account
  if (isRight) return { ...account, pin: { ...pin, failures: 0, pausedUntil: 0 } }
  const failures = pin.failures + 1
  return { ...account, pin: { ...pin, failures, pausedUntil: now + (pausesMs[failures] ?? 0) } }
}

type SetPin = Extract<AccountCommand, { kind: 'setPin' }>

/** A buyer who has one shows it first; a person of the centre need not know it. */
export function decideSetPin(books: Books, command: SetPin, desk: Desk): Decision {
  const account = books.accountOf(command.subscriberHash)
  if (!account) return refused('IDENTIFIER_NOT_FOUND', 'This buyer has no account. Open one first.')
  if (account.pin && command.by === 'buyer') {
    if (!hasUsablePin(account, desk.now)) return refused('CONCILIA.NO_PIN', pinPaused)
    if (!desk.secrets.isSame(account.pin.hash, command.currentHash ?? '')) {
      const change = { accounts: [triedPin(account, false, desk.now)] }
      return { ...refused('CARRIER_BILLING.INVALID_CODE', 'This is not the PIN in force.'), change }
    }
  }
  const changed: Account = { ...account, pin: { hash: command.hash, failures: 0, pausedUntil: 0 } }
  return { answer: jsonAnswer(200, { pin: 'set' }), change: { accounts: [changed] } }
}

export const pinPaused =
  'The PIN was wrong too often. The buyer waits, or has a person of the centre set a new one.'
