// The commands of whoever runs the centre: accounts, registrations, and looking at the books. Each is one
// line of the table; the words it prints are the result.
import { existsSync, writeFileSync } from 'node:fs'
import { type CommandLine, type Line, usageError } from '@concilia/platform/command-line.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { readLine } from '@concilia/platform/read-line.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { pinSchema, scopes } from '@concilia/protocol/carrier-billing.ts'
import {
  amountMinorOf,
  type Currency,
  currencySchema,
  type Money,
  priceText,
} from '@concilia/protocol/money.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { type Subscriber, subscriberSchema } from '@concilia/protocol/subscriber.ts'
import type { z } from 'zod'
import type { Command } from './books/commands.ts'
import { clientSchema, sellerRecordSchema } from './books/records.ts'
import type { OpenCentre } from './centre.ts'
import { hashedSecret } from './http/tokens.ts'
import { pinSalt, stretchedPin } from './pin-stretching.ts'

export const description = {
  program: 'payment-centre',
  summary: 'keeps accounts, authorises payments and signs for them',
  usage: [
    'node payment-centre/main.ts --config FILE',
    'node payment-centre/main.ts COMMAND --config FILE [FLAGS]',
    'node payment-centre/main.ts account open --config FILE --subscriber +33612345678 --balance 20.00',
  ],
  commands: {
    'account open':
      '--subscriber [--kind prepaid|postpaid] [--balance] [--ceiling] [--code-above] [--currency]',
    'account top-up': '--subscriber --amount [--key] [--currency]: booked once for each key',
    'account show': '--subscriber',
    'account bar': '--subscriber: no purchases until it is unbarred',
    'account unbar': '--subscriber',
    'account pin':
      '--subscriber: a new PIN for a buyer whose identity was checked; it is read from standard input',
    'account close': '--subscriber: what is left is paid out; later refunds stand as owed',
    'client add':
      '--id --sellers a,b --secret-file [--purchase-ceiling] [--day-ceiling] [--voucher-day-ceiling] ' +
      '[--currency]',
    'seller add': '--id --name [--day-ceiling] [--currency]',
    'operator balances': '[--id SELLER]: unsettled, payable, sales and disputed of the operators',
    owed: 'what buyers are owed and could not be given, with its age',
    'ledger check': 'recomputes every balance from the entries; exit code 1 when anything is wrong',
  },
  flags: {
    config: { value: 'FILE', says: 'the configuration; example.toml beside main.ts explains every key' },
    subscriber: { value: 'NUMBER', says: '+33612345678, or REALM:ALIAS for a carrier alias' },
    kind: { value: 'KIND', says: 'prepaid (default) or postpaid' },
    balance: { value: 'AMOUNT', says: 'what a new account begins with, such as 20.00' },
    amount: { value: 'AMOUNT', says: 'such as 20.00' },
    key: {
      value: 'KEY',
      says: 'number of the receipt: the same one again changes nothing; made when left out',
    },
    ceiling: { value: 'AMOUNT', says: 'how far a postpaid account may go below zero' },
    'code-above': { value: 'AMOUNT', says: 'purchases above it ask the buyer for a code; 0 asks always' },
    currency: { value: 'CODE', says: 'EUR by default' },
    id: { value: 'ID', says: 'of the client or the seller' },
    name: { value: 'NAME', says: "the seller's trade name" },
    sellers: { value: 'A,B', says: 'whom the client may charge for' },
    'secret-file': { value: 'FILE', says: "where the client's new secret is written, mode 0600" },
    'purchase-ceiling': { value: 'AMOUNT', says: 'highest price of one purchase of this client' },
    'day-ceiling': { value: 'AMOUNT', says: 'highest sum of a UTC day' },
    'voucher-day-ceiling': {
      value: 'AMOUNT',
      says: 'of a client with voice numbers: what their calls may buy in a UTC day; none when left out',
    },
  },
} as const satisfies CommandLine

export type CentreLine = Line<typeof description.flags>
type Run = (centre: OpenCentre, line: CentreLine) => Promise<string>

const commands: { readonly [Name in keyof typeof description.commands]: Run } = {
  'account open': openAccount,
  'account top-up': topUp,
  'account show': (centre, line) =>
    submit(centre, { kind: 'showAccount', subscriberHash: hashOf(centre, line) }),
  'account bar': (centre, line) =>
    submit(centre, { kind: 'barAccount', subscriberHash: hashOf(centre, line), barred: true }),
  'account unbar': (centre, line) =>
    submit(centre, { kind: 'barAccount', subscriberHash: hashOf(centre, line), barred: false }),
  'account pin': setPin,
  'account close': (centre, line) =>
    submit(centre, { kind: 'closeAccount', subscriberHash: hashOf(centre, line) }),
  'client add': addClient,
  'seller add': addSeller,
  'operator balances': showOperators,
  owed: showOwed,
  'ledger check': checkLedger,
}

/** @returns what to print */
export function runCommand(centre: OpenCentre, line: CentreLine): Promise<string> {
  const run = Object.entries(commands).find(([name]) => name === line.command)?.[1]
  if (!run) throw usageError(description, `unknown command ${line.command}`)
  return run(centre, line)
}

function openAccount(centre: OpenCentre, line: CentreLine): Promise<string> {
  const { kind = 'prepaid', balance, ceiling, 'code-above': codeAbove } = line.flags
  if (kind !== 'prepaid' && kind !== 'postpaid')
    throw usageError(description, '--kind is prepaid or postpaid')
  if (kind === 'prepaid' && ceiling !== undefined) {
    throw usageError(description, '--ceiling is for postpaid accounts: a prepaid one never goes below zero')
  }
  return submit(centre, {
    kind: 'openAccount',
    subscriber: subscriberOf(line),
    account: {
      kind,
      currency: currencyOf(line),
      ceilingMinor: ceiling === undefined ? 0 : money(line, 'ceiling').amountMinor,
      ...(codeAbove === undefined ? {} : { validateAboveMinor: money(line, 'code-above').amountMinor }),
    },
    balanceMinor: balance === undefined ? 0 : money(line, 'balance').amountMinor,
  })
}

function topUp(centre: OpenCentre, line: CentreLine): Promise<string> {
  const { key = uuidFrom(systemRandom) } = line.flags
  if (!/^[!-~]{1,64}$/.test(key)) {
    throw usageError(description, '--key is 1 to 64 letters, figures and signs without spaces')
  }
  return submit(centre, {
    kind: 'topUp',
    subscriberHash: hashOf(centre, line),
    money: money(line, 'amount'),
    key,
  })
}

/** Not on the command line: shells keep what is typed there. */
async function setPin(centre: OpenCentre, line: CentreLine): Promise<string> {
  const subscriberHash = hashOf(centre, line)
  const pin = pinSchema.safeParse((await readLine('new PIN (4 to 8 figures): ')).trim())
  if (!pin.success) throw usageError(description, 'the PIN on standard input is four to eight figures')
  const { secrets } = centre
  const hash = await stretchedPin(pin.data, pinSalt(subscriberHash, secrets), secrets)
  return submit(centre, { kind: 'setPin', subscriberHash, hash, by: 'person' })
}

async function addClient(centre: OpenCentre, line: CentreLine): Promise<string> {
  const { id, sellers, 'secret-file': file } = line.flags
  if (!id || !sellers || !file) {
    throw usageError(description, 'client add needs --id, --sellers and --secret-file')
  }
  if (existsSync(file)) throw secretThere(file)
  const secret = Buffer.from(systemRandom.bytes(32)).toString('base64url')
  const client = registered(clientSchema, {
    id,
    secretHash: await hashedSecret(secret, systemRandom),
    scopes: [...scopes],
    sellers: sellers.split(','),
    ...ceilings(line),
    ...(line.flags['voucher-day-ceiling'] === undefined
      ? {}
      : { voucherDayCeilingMinor: money(line, 'voucher-day-ceiling').amountMinor }),
  })
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  await submit(centre, { kind: 'registerClient', registration: client })
  return `client ${id} may charge for ${sellers}; its secret is in ${file}`
}

async function addSeller(centre: OpenCentre, line: CentreLine): Promise<string> {
  const { id, name } = line.flags
  if (!id || !name) throw usageError(description, 'seller add needs --id and --name')
  const { dayCeilingMinor } = ceilings(line)
  const seller = registered(sellerRecordSchema, {
    id,
    name,
    ...(dayCeilingMinor === undefined ? {} : { dayCeilingMinor }),
  })
  await submit(centre, { kind: 'registerSeller', registration: seller })
  return `seller ${id} (${name}) is registered`
}

function registered<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw usageError(description, `--${issue?.path.join('.')}: ${issue?.message}`)
}

function ceilings(line: CentreLine): { purchaseCeilingMinor?: number; dayCeilingMinor?: number } {
  const { 'purchase-ceiling': purchase, 'day-ceiling': day } = line.flags
  return {
    ...(purchase === undefined ? {} : { purchaseCeilingMinor: money(line, 'purchase-ceiling').amountMinor }),
    ...(day === undefined ? {} : { dayCeilingMinor: money(line, 'day-ceiling').amountMinor }),
  }
}

async function showOperators({ store }: OpenCentre, { flags }: CentreLine): Promise<string> {
  const balances = await store.balances(flags.id === undefined ? 'operator:' : `operator:${flags.id}:`)
  if (balances.length === 0) return 'no operator has been credited yet'
  const lines = balances.map(({ accountId, postedMinor }) => {
    const [, seller = '', name = '', currency = ''] = accountId.split(':')
    return `${seller.padEnd(20)} ${name.padEnd(10)} ${moneyText(postedMinor, currency).padStart(16)}`
  })
  return lines.join('\n')
}

async function showOwed({ store, clock }: OpenCentre): Promise<string> {
  const owed = await store.owed()
  if (owed.length === 0) return 'nothing is owed'
  const lines = owed.map(({ amountMinor, currency, since, referenceCode }) => {
    const days = Math.floor((clock.now() - since) / 86_400_000)
    return `${moneyText(amountMinor, currency).padStart(16)}  for ${days} days  sale ${referenceCode}`
  })
  return lines.join('\n')
}

async function checkLedger({ store }: OpenCentre): Promise<string> {
  const { accounts, transfers, faults } = await store.check()
  if (faults.length === 0) return `the books are right: ${transfers} transfers, ${accounts} accounts`
  throw new OperatingError({
    code: 'books-are-wrong',
    message: `The books are wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    advice: 'Stop the payment centre, keep the database as it is, and compare it with the last good backup.',
  })
}

/** Answers of the books are data for programs; here a person reads them. */
async function submit({ engine }: OpenCentre, command: Command): Promise<string> {
  const { status, body } = await engine.submit(command)
  const answer: Record<string, unknown> = JSON.parse(body)
  if (status < 300) {
    return Object.entries(answer)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join('\n')
  }
  const [message = '', ...advice] = String(answer.message).split(/(?<=\.) /)
  throw new OperatingError({ code: 'refused-by-the-books', message, advice: advice.join(' ') })
}

function subscriberOf({ flags }: CentreLine): Subscriber {
  const [realm, key] = /^([a-z0-9-]{2,32}):(.+)$/.exec(flags.subscriber ?? '')?.slice(1) ?? [
    'e164',
    flags.subscriber,
  ]
  const subscriber = subscriberSchema.safeParse({ realm, key })
  if (subscriber.success) return subscriber.data
  throw usageError(description, '--subscriber is needed: +33612345678, or REALM:ALIAS')
}

function hashOf({ secrets }: OpenCentre, line: CentreLine): string {
  return secrets.subscriberHash(subscriberOf(line))
}

function currencyOf({ flags }: CentreLine): Currency {
  const currency = currencySchema.safeParse(flags.currency ?? 'EUR')
  if (currency.success) return currency.data
  throw usageError(
    description,
    `--currency ${flags.currency} is not served; use one of ${currencySchema.options.join(', ')}`,
  )
}

function money(
  line: CentreLine,
  flag:
    | 'amount'
    | 'balance'
    | 'ceiling'
    | 'code-above'
    | 'purchase-ceiling'
    | 'day-ceiling'
    | 'voucher-day-ceiling',
): Money {
  const currency = currencyOf(line)
  const amountMinor = amountMinorOf(line.flags[flag] ?? '', currency)
  const least = flag === 'amount' ? 1 : 0
  if (amountMinor !== undefined && amountMinor >= least) return { amountMinor, currency }
  throw usageError(description, `--${flag} needs an amount of ${currency}, such as 20.00`)
}

function moneyText(amountMinor: number, currency: string): string {
  return priceText({ amountMinor, currency: currencySchema.parse(currency) })
}

function secretThere(file: string): OperatingError {
  return new OperatingError({
    code: 'secret-file-exists',
    message: `The secret file ${file} is there already.`,
    advice: 'Name another file, or delete this one if the client is to have a new secret.',
  })
}
