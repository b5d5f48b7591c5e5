// What a person can do about one buyer: look, block, unblock, erase. The number is typed on standard input,
// never on the command line, which shells keep; it is shown masked. What was done is kept under its hash.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { maskedSubscriber, type Subscriber, subscriberSchema } from '@concilia/protocol/subscriber.ts'
import { type CommandParts, type FlagValues, usage } from './command-parts.ts'
import { noWrites, type PersonRow, type SubscriberRow, type Writes } from './store/port.ts'

type Action = 'block' | 'unblock' | 'forget'

export async function showSubscriber(parts: CommandParts): Promise<void> {
  const { subscriber, subscriberId, row } = await asked(parts)
  const { print, store } = parts
  print(maskedSubscriber(subscriber))
  if (!row) {
    print('is not in the books: never heard of, or erased.')
    return
  }
  const seen = new Date(row.seenAt).toISOString()
  print(`  speaks ${row.language}, was last heard at ${seen}`)
  print(`  ${row.sealed === null ? 'its number is erased' : 'its number is kept, encrypted'}`)
  if (row.stopped) print('  said STOP: it gets texts about money alone')
  if (row.blocked) print('  is blocked: it is not heard, and gets texts about money alone')
  for (const { saleId, state, at } of await store.identificationsOf(subscriberId)) {
    print(`  ${state} since ${new Date(at).toISOString()}${saleId === null ? '' : `, sale ${saleId}`}`)
  }
  for (const sale of await store.salesAside()) {
    if (sale.subscriberId === subscriberId) print(`  sale ${sale.saleId} waits for a person: ${sale.aside}`)
  }
}

export async function blockSubscriber(
  flags: FlagValues,
  parts: CommandParts,
  blocked: boolean,
): Promise<void> {
  const decided = whoAndWhy(flags)
  const { subscriber, subscriberId, row } = await asked(parts)
  const stranger: SubscriberRow = {
    subscriberId,
    sealed: null,
    language: parts.language,
    stopped: false,
    blocked,
    seenAt: parts.now(),
  }
  await keep(parts, subscriberId, blocked ? 'block' : 'unblock', decided, {
    subscribers: row ? [] : [stranger],
    blocked: [{ subscriberId, blocked }],
  })
  parts.print(`${maskedSubscriber(subscriber)} is ${blocked ? 'blocked' : 'not blocked any more'}.`)
}

export async function forgetSubscriber(flags: FlagValues, parts: CommandParts): Promise<void> {
  const decided = whoAndWhy(flags)
  const { subscriber, subscriberId } = await asked(parts)
  await keep(parts, subscriberId, 'forget', decided, { forgotten: [subscriberId] })
  const left = await parts.store.subscriber(subscriberId)
  const shown = maskedSubscriber(subscriber)
  if (left && left.sealed !== null) {
    throw new OperatingError({
      code: 'subscriber-in-a-sale',
      message: `${shown} has a sale that is open, or that waits for a person: its number is kept until then.`,
      advice: 'See `sale aside`; the number is erased by itself once the sale is over and the books are old.',
    })
  }
  const why = left ? '; that it is not to be texted, or is blocked, is still known by its keyed hash' : ''
  parts.print(`${shown} is erased${why}.`)
}

async function asked({ store, vault, readLine }: CommandParts) {
  const subscriber = subscriberOf(await readLine('number (+33612345678, or REALM:ALIAS): '))
  const subscriberId = vault.idOf(subscriber)
  return { subscriber, subscriberId, row: await store.subscriber(subscriberId) }
}

/** Never repeats what was typed: it may be a number with a slip in it. */
function subscriberOf(typed: string): Subscriber {
  const [, realm, alias] = /^([a-z][a-z0-9-]{1,31}):(\S+)$/.exec(typed.trim()) ?? []
  const number = typed.replace(/[\s.()/-]/g, '').replace(/^00/, '+')
  const subscriber = subscriberSchema.safeParse(
    realm === undefined || alias === undefined ? { realm: 'e164', key: number } : { realm, key: alias },
  )
  if (subscriber.success) return subscriber.data
  throw usage('one number is needed on standard input, with its country: +33612345678, or REALM:ALIAS')
}

function whoAndWhy({ who, why }: FlagValues): Pick<PersonRow, 'who' | 'why'> {
  if (typeof who === 'string' && typeof why === 'string') return { who, why }
  throw usage('--who and --why are needed: both are kept')
}

/** With who and why, in one commit. */
async function keep(
  { store, now, mint }: CommandParts,
  subscriberId: string,
  action: Action,
  decided: Pick<PersonRow, 'who' | 'why'>,
  change: Partial<Writes>,
): Promise<void> {
  const person: PersonRow = {
    id: mint(),
    at: now(),
    ...decided,
    action: `${action} subscriber ${subscriberId}`,
    automatonId: '',
    saleId: null,
  }
  const need = { automatonIds: [], kids: [], saleIds: [], inboxKeys: [], unknownsOf: null }
  const writes = { ...noWrites, persons: [person], ...change }
  await store.commitBatch(need, () => ({ writes, result: undefined }))
}
