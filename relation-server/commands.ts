// What a person can do to the books of the relation server, with or without a running one: see and close
// sales that were set aside, enrol, admit, bar and configure machines. Each change is an input of the engine
// like any other, under the same lock, with who did it and why; a running server performs what follows within
// a second.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import { alerts, audit, readAudit } from './audit-commands.ts'
import { type CommandParts, type FlagValues, person, usage } from './command-parts.ts'
import { readSnapshot } from './engine/sale-snapshot.ts'
import { admitOrBar, configure, enrol, machineLine, show } from './machine-commands.ts'
import type { SaleRow, Store } from './store/port.ts'
import { blockSubscriber, forgetSubscriber, showSubscriber } from './subscriber-commands.ts'

export const commands = {
  'machine list': 'machines with their state, journal and link',
  'machine enrol': 'bind a machine number to an automaton id',
  'machine admit': 'admit a machine, or the new journal it came back with (open sales close as unknown)',
  'machine bar': 'admit nothing more from a machine',
  'machine show': 'one machine with its configuration and what it noticed',
  'machine configure': 'give a machine its words, prices and waits',
  'machine links': 'links that open a phone at a machine (--number), and with --out as QR codes for stickers',
  'machine audit': "a machine's audit counters, held against what it reported",
  'machine read-audit': 'have a machine read its audit counters now',
  'machine alerts': 'machines whose counters differ from what they reported',
  'sale list': 'the last sales',
  'sale aside': 'sales that wait for a person',
  'sale show': 'one sale with all it remembers',
  'sale close': 'close a sale that waits for a person',
  'subscriber show': 'what is known of a buyer; the number is read from standard input',
  'subscriber block': 'hear a number no more; it is read from standard input',
  'subscriber unblock': 'hear a number again; it is read from standard input',
  'subscriber forget': 'erase a number; it is read from standard input',
} as const

export type CommandName = keyof typeof commands

/** @throws OperatingError `usage` and the like, in words */
export async function runCommand(
  command: CommandName,
  flags: FlagValues,
  parts: CommandParts,
): Promise<void> {
  const { store, print } = parts
  switch (command) {
    case 'machine list':
      for (const row of await store.machines()) print(machineLine(row))
      return
    case 'machine enrol':
      return await enrol(flags, parts)
    case 'machine admit':
      return await admitOrBar(flags, parts, { type: 'admit' })
    case 'machine bar':
      return await admitOrBar(flags, parts, { type: 'bar' })
    case 'machine show':
      return await show(flags, parts)
    case 'machine configure':
      return await configure(flags, parts)
    case 'machine links': {
      // What draws QR codes is loaded only here.
      const { links } = await import('./link-commands.ts')
      return await links(flags, parts)
    }
    case 'machine audit':
      return await audit(flags, parts)
    case 'machine read-audit':
      return await readAudit(flags, parts)
    case 'machine alerts':
      return await alerts(flags, parts)
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
      print(JSON.stringify(readSnapshot(row), null, 2))
      return
    }
    case 'sale close':
      return await close(flags, parts)
    case 'subscriber show':
      return await showSubscriber(parts)
    case 'subscriber block':
      return await blockSubscriber(flags, parts, true)
    case 'subscriber unblock':
      return await blockSubscriber(flags, parts, false)
    case 'subscriber forget':
      return await forgetSubscriber(flags, parts)
  }
}

async function close(flags: FlagValues, parts: CommandParts): Promise<void> {
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

function saleLine(row: SaleRow): string {
  const price =
    row.currency === '' ? '' : `${decimalText(row.amountMinor, row.currency as 'EUR')} ${row.currency}`
  const aside = row.aside === null ? '' : `  waits for a person: ${row.aside}`
  return `${row.saleId}  ${row.automatonId.padEnd(20)} ${price.padStart(10)}  ${row.state}${aside}`
}
