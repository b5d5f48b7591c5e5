// The payment centre as its operator sees it: accounts and registrations by its own commands, balances and
// the check of the books read from its store. The bench uses it to set up, and to see what a sale really
// moved.
import { existsSync, rmSync } from 'node:fs'
import {
  centreAccountId,
  operatorAccountId,
  operatorAccounts,
} from '@concilia/payment-centre/books/ledger.ts'
import type { CentreStore } from '@concilia/payment-centre/store/port.ts'
import { openPostgresStore } from '@concilia/payment-centre/store/postgres-store-adapter.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { amountMinorOf, decimalText } from '@concilia/protocol/money.ts'
import type { Facts } from './agreement.ts'
import { type Buyer, buyers, currency, operator } from './buyers.ts'
import type { Program } from './child-program.ts'
import { clientId, clientSecret } from './configurations.ts'
import { runCommand } from './one-command.ts'
import type { Places } from './places.ts'
import { secretFile } from './secrets.ts'

export class CentreDesk {
  readonly #program: Program
  readonly #places: Places
  readonly #store: CentreStore

  private constructor(program: Program, places: Places, store: CentreStore) {
    this.#program = program
    this.#places = places
    this.#store = store
  }

  /** @param databaseUrl of the centre's own database, which its first start has set up */
  static async open(program: Program, places: Places, databaseUrl: string): Promise<CentreDesk> {
    return new CentreDesk(program, places, await openPostgresStore(databaseUrl))
  }

  /**
   * The operator, the relation server and the buyers' accounts, each unless it is there from an earlier
   * start.
   */
  async register(): Promise<void> {
    await Promise.all([
      this.#command('seller', 'add', '--id', operator.id, '--name', operator.name),
      this.#registerServer(),
      this.#openAccounts(),
    ])
  }

  /** In minor units. */
  async account(buyer: Buyer): Promise<Facts['buyer']> {
    const { balance, held } = await this.accountText(buyer)
    return { balanceMinor: amountMinor(balance), heldMinor: amountMinor(held) }
  }

  /** As the centre words them: `20.00 EUR`. */
  async accountText({ number }: Buyer): Promise<{ balance: string; held: string }> {
    const shown = await this.#command('account', 'show', '--subscriber', number)
    const line = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(shown)?.[1] ?? ''
    return { balance: line('balance'), held: line('held') }
  }

  async operatorBalances(): Promise<Facts['operator']> {
    const balances = await this.#store.balances(`operator:${operator.id}:`)
    const posted = (name: (typeof operatorAccounts)[number]) => {
      const accountId = operatorAccountId(operator.id, name, currency)
      return balances.find((balance) => balance.accountId === accountId)?.postedMinor ?? 0
    }
    const [unsettled, payable, sales, disputed] = operatorAccounts.map(posted)
    return { unsettled: unsettled ?? 0, payable: payable ?? 0, sales: sales ?? 0, disputed: disputed ?? 0 }
  }

  /** What callers have of what they paid, less that; and what of it is the voice service's own. */
  async calls(): Promise<{ callersMinor: number; revenueMinor: number }> {
    const [vouchers, voice] = await Promise.all([
      this.#store.balances('voucher:'),
      this.#store.balances('centre:voice:'),
    ])
    const sum = (balances: typeof voice) => balances.reduce((all, { postedMinor }) => all + postedMinor, 0)
    const named = (name: string) => voice.filter(({ accountId }) => accountId.includes(`:${name}:`))
    return { callersMinor: sum(vouchers) + sum(named('calls')), revenueMinor: sum(named('revenue')) }
  }

  /** To buyers whose account was closed before their money could go back. */
  async owedMinor(): Promise<number> {
    const [owed] = await this.#store.balances(centreAccountId('owed', currency))
    return owed?.postedMinor ?? 0
  }

  /** The buyer closes the account, and opens another one with what was paid out. */
  async replaceAccount(buyer: Buyer): Promise<void> {
    const { balance } = await this.accountText(buyer)
    await this.#command('account', 'close', '--subscriber', buyer.number)
    const paidOut = balance.replace(` ${currency}`, '')
    await this.#command('account', 'open', '--subscriber', buyer.number, '--balance', paidOut)
  }

  async operatorText(): Promise<string> {
    const balances = await this.operatorBalances()
    const words = Object.entries(balances).map(([name, minor]) => `${name} ${decimalText(minor, currency)}`)
    return `${operator.name}: ${words.join(', ')} ${currency}`
  }

  /** What recomputing every balance from its entries finds; empty when the books are right. */
  async faults(): Promise<readonly string[]> {
    return (await this.#store.check()).faults
  }

  async close(): Promise<void> {
    await this.#store.close()
  }

  /** A secret whose registration was cut off is made anew; so is a registration whose secret was lost. */
  async #registerServer(): Promise<void> {
    const file = secretFile(this.#places, clientSecret)
    // A bench of before there were calls is registered anew.
    const isRegistered = (await this.#store.client(clientId))?.voucherDayCeilingMinor !== undefined
    if (isRegistered && existsSync(file)) return
    rmSync(file, { force: true })
    const client = ['--id', clientId, '--sellers', operator.id, '--voucher-day-ceiling', '1000.00']
    await this.#command('client', 'add', ...client, '--secret-file', file)
  }

  async #openAccounts(): Promise<void> {
    const all: readonly Buyer[] = Object.values(buyers)
    const there = await this.#store.balances('buyer:')
    if (there.length >= all.length) return
    await Promise.all(all.map((buyer) => this.#openAccount(buyer)))
  }

  async #openAccount({ number, account }: Buyer): Promise<void> {
    const size =
      account.kind === 'prepaid'
        ? ['--balance', account.balance, ...(account.codeAbove ? ['--code-above', account.codeAbove] : [])]
        : ['--ceiling', account.ceiling]
    try {
      await this.#command('account', 'open', '--subscriber', number, '--kind', account.kind, ...size)
    } catch (error) {
      const isThere = error instanceof OperatingError && /has an account already/.test(error.message)
      if (!isThere) throw error
    }
  }

  #command(...words: string[]): Promise<string> {
    return runCommand(this.#program, this.#places.root, words)
  }
}

function amountMinor(text: string): number {
  const amount = amountMinorOf(text.replace(` ${currency}`, ''), currency)
  if (amount === undefined) throw new Error(`the payment centre shows ${JSON.stringify(text)} as an amount`)
  return amount
}
