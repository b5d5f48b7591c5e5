// What a person can do to the books of the relation server, with or without a running one: see and close
// sales that were set aside, enrol, admit and bar machines. Each change is an input of the engine like any
// other, under the same lock, with who did it and why; a running server performs what follows within a
// second.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import { sellerSchema } from '@concilia/protocol/promises.ts'
import { automatonIdSchema, machineNumberSchema } from '@concilia/protocol/topics.ts'
import type { z } from 'zod'
import type { Engine } from './engine/engine.ts'
import type { PersonInput } from './engine/inputs.ts'
import type { MachineRow, SaleRow, Store } from './store/port.ts'

export const commandFlags = {
  id: { value: 'AUTOMATON', says: 'automaton id, as in its certificate' },
  number: { value: 'NUMBER', says: 'machine number, as painted on the machine' },
  seller: { value: 'SELLER', says: "the operator's id, as in the automaton's certificate" },
  'trade-name': { value: 'NAME', says: 'what receipts call the operator' },
  admit: { says: 'with `machine enrol`: admit it as well' },
  sale: { value: 'SALE', says: 'sale id' },
  as: {
    value: 'recredit|write-off',
    says: 'with `sale close`: give the money back, or close the books without',
  },
  who: { value: 'NAME', says: 'who decides this' },
  why: { value: 'WORDS', says: 'and why; both are kept' },
} as const

export const commands = {
  'machine list': 'machines with their state, journal and link',
  'machine enrol': 'bind a machine number to an automaton id',
  'machine admit': 'admit a machine, or the new journal it came back with (open sales close as unknown)',
  'machine bar': 'admit nothing more from a machine',
  'sale list': 'the last sales',
  'sale aside': 'sales that wait for a person',
  'sale show': 'one sale with all it remembers',
  'sale close': 'close a sale that waits for a person',
} as const

export type CommandName = keyof typeof commands
type FlagValues = { readonly [Name in keyof typeof commandFlags]: string | boolean | undefined }

interface Parts {
  readonly store: Store
  readonly engine: Engine
  readonly now: () => number
  readonly print: (line: string) => void
}

/** @throws OperatingError `usage` and the like, in words */
export async function runCommand(command: CommandName, flags: FlagValues, parts: Parts): Promise<void> {
  const { store, print } = parts
  switch (command) {
    case 'machine list':
      for (const row of await store.machines()) print(machineLine(row))
      return
    case 'machine enrol':
      return await enrol(flags, parts)
    case 'machine admit':
      return await onMachine(flags, parts, { type: 'admit' })
    case 'machine bar':
      return await onMachine(flags, parts, { type: 'bar' })
    case 'sale list':
      for (const row of await store.recentSales(50)) print(saleLine(row))
      return
    case 'sale aside': {
      const rows = await store.salesAside()
      for (const row of rows) print(saleLine(row))
      if (rows.length === 0) print('No sale waits for a person.')
      return
    }
    case 'sale show': {
      const row = await saleNamed(flags, store)
      print(saleLine(row))
      print(JSON.stringify(JSON.parse(row.snapshot), null, 2))
      return
    }
    case 'sale close':
      return await close(flags, parts)
  }
}

async function enrol(flags: FlagValues, parts: Parts): Promise<void> {
  const automatonId = needed(flags, 'id', automatonIdSchema)
  const machineNumber = needed(flags, 'number', machineNumberSchema)
  const seller = needed(flags, 'seller', sellerSchema)
  const tradeName = String(flags['trade-name'] ?? seller).slice(0, 24)
  const machines = await parts.store.machines()
  const other = machines.find((row) => row.machineNumber === machineNumber && row.automatonId !== automatonId)
  if (other) {
    throw new OperatingError({
      code: 'machine-number-taken',
      message: `Machine number ${machineNumber} belongs to ${other.automatonId}.`,
      advice: 'Enrol that automaton under another number first, or choose another number.',
    })
  }
  await parts.store.ensureMachine(newMachine(automatonId, seller, parts.now()))
  await person(flags, parts, automatonId, { type: 'enrol', machineNumber, seller, tradeName })
  if (flags.admit) await person(flags, parts, automatonId, { type: 'admit' })
  parts.print(`Machine ${machineNumber} is ${automatonId} of ${seller}${flags.admit ? ', admitted' : ''}.`)
}

/** A machine that nobody has enrolled yet, or that just was. */
export function newMachine(automatonId: string, seller: string, enrolledAt: number): MachineRow {
  return {
    automatonId,
    machineNumber: null,
    seller,
    tradeName: seller,
    state: 'pending',
    journalId: null,
    newJournalId: null,
    boot: 0,
    storedUpTo: 0,
    beyond: [],
    chain: null,
    presence: null,
    reader: 'alwaysIdle',
    enrolledAt,
  }
}

async function onMachine(flags: FlagValues, parts: Parts, action: PersonInput['action']): Promise<void> {
  const automatonId = needed(flags, 'id', automatonIdSchema)
  const row = (await parts.store.machines()).find((machine) => machine.automatonId === automatonId)
  if (!row) {
    throw new OperatingError({
      code: 'no-such-machine',
      message: `There is no machine ${automatonId}.`,
      advice: 'See `machine list`; a new one is added by `machine enrol`.',
    })
  }
  await person(flags, parts, automatonId, action)
  parts.print(`${automatonId}: ${action.type === 'admit' ? 'admitted' : 'barred'}.`)
}

async function close(flags: FlagValues, parts: Parts): Promise<void> {
  const row = await saleNamed(flags, parts.store)
  if (flags.as !== 'recredit' && flags.as !== 'write-off') {
    throw usage('--as is recredit (the buyer gets the money back) or write-off (no money moves)')
  }
  if (!row.open && row.aside === null) {
    throw new OperatingError({
      code: 'sale-has-ended',
      message: `Sale ${row.saleId} has ended as ${row.state} and waits for nobody.`,
      advice: 'See `sale aside` for those that do.',
    })
  }
  const as = flags.as === 'recredit' ? 'recredit' : 'writeOff'
  await person(flags, parts, row.automatonId, { type: 'closeSale', saleId: row.saleId, as })
  const after = await parts.store.sale(row.saleId)
  parts.print(`Sale ${row.saleId} is now ${after?.state ?? 'gone'}.`)
}

async function person(
  flags: FlagValues,
  { engine, now }: Parts,
  automatonId: string,
  action: PersonInput['action'],
): Promise<void> {
  const { who, why } = flags
  if (typeof who !== 'string' || typeof why !== 'string') {
    throw usage('--who and --why are needed: both are kept')
  }
  await engine.submit({ kind: 'person', automatonId, who, why, action, at: now() })
}

async function saleNamed(flags: FlagValues, store: Store): Promise<SaleRow> {
  if (typeof flags.sale !== 'string') throw usage('--sale SALE is needed')
  const row = await store.sale(flags.sale)
  if (row) return row
  throw new OperatingError({
    code: 'no-such-sale',
    message: `There is no sale ${flags.sale}.`,
    advice: 'See `sale list` and `sale aside`.',
  })
}

function needed<T>(flags: FlagValues, name: keyof typeof commandFlags, schema: z.ZodType<T>): T {
  const value = flags[name]
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { value: placeholder, says } = commandFlags[name] as { value?: string; says: string }
  if (value === undefined) throw usage(`--${name} ${placeholder ?? ''} is needed: ${says}`)
  throw usage(`--${name} ${String(value)}: ${parsed.error.issues[0]?.message ?? 'not in form'}`)
}

function usage(message: string): OperatingError {
  return new OperatingError({
    code: 'usage',
    message: `relation-server: ${message}.`,
    advice: 'See `node relation-server/main.ts --help`.',
  })
}

function machineLine(row: MachineRow): string {
  const journal =
    row.newJournalId === null ? '' : `  new journal ${row.newJournalId.slice(0, 8)} waits for admission`
  const number = row.machineNumber ?? '(no number)'
  const presence = (row.presence ?? 'never seen').padEnd(10)
  const who = `${number.padEnd(12)} ${row.automatonId.padEnd(24)}`
  return `${who} ${row.state.padEnd(9)} ${presence} ${row.seller}${journal}`
}

function saleLine(row: SaleRow): string {
  const price =
    row.currency === '' ? '' : `${decimalText(row.amountMinor, row.currency as 'EUR')} ${row.currency}`
  const aside = row.aside === null ? '' : `  waits for a person: ${row.aside}`
  return `${row.saleId}  ${row.automatonId.padEnd(20)} ${price.padStart(10)}  ${row.state}${aside}`
}
