// The store on PostgreSQL. A batch takes two round trips: begin with the reads, the writes with commit.
// Machines are locked in id order, skipping what another server holds, so two servers never wait for each
// other.
// Long, because the port is answered here as one; most of it is a line or two a question.
import { fileURLToPath } from 'node:url'
import type { PgTable } from '@concilia/platform/drizzle.ts'
import { gathered } from '@concilia/platform/gathered.ts'
import { migrate } from '@concilia/platform/migrate.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { type Lane, openLane } from '@concilia/platform/postgres-lane.ts'
import { rowArrays } from '@concilia/platform/row-arrays.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import {
  type BatchBook,
  type BatchNeed,
  type DialogueRow,
  type Due,
  fewReadings,
  type IdentificationRow,
  mostDialogues,
  mostNoticesKept,
  type OutboxRow,
  type SoldRow,
  type Standing,
  type Store,
  type SubscriberRow,
  type VisitRow,
  type Writes,
} from './port.ts'
import { RecentSubscribers } from './recent-subscribers.ts'
import * as tables from './schema.ts'
import { prepareStatements, type Statements } from './statements.ts'

const dayMs = 86_400_000
/** A trip to the database costs as much as the questions of ten texts in it. */
const lookUpsApartMs = 6

export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/** A store that also says what time it is in the database, the same for all servers on it (epoch ms). */
export interface TimedStore extends Store {
  now(): Promise<number>
}

/** What is looked up of a phone that says something. */
interface Phone {
  readonly subscriber: SubscriberRow | undefined
  readonly identifications: IdentificationRow[]
}

/** Brings the tables up to date and connects. Rejects with an OperatingError that says what to do. */
export async function openPostgresStore(
  url: string | undefined,
  clock: Pick<Clock, 'monotonic' | 'after'>,
): Promise<TimedStore> {
  await migrate(url, migrationsFolder)
  const [batches, rest] = await Promise.all([
    openLane({ url, name: 'relation-server batches', prepare: prepareStatements, readsByIndex: true }),
    openLane({ url, name: 'relation-server', prepare: prepareStatements }),
  ])
  return new PostgresStore(batches, rest, clock)
}

const pruning = [
  'pruneInbox',
  'pruneSales',
  'pruneCalls',
  'pruneWrongCodes',
  'pruneSubscribers',
  'pruneNumbers',
  'pruneTallies',
  'pruneDialogues',
  'prunePages',
  'pruneVisits',
  'pruneTelemetry',
  'pruneQuarantine',
  'pruneAudits',
] as const satisfies readonly (keyof Statements)[]

class PostgresStore implements TimedStore {
  readonly #batches: Lane<Statements>
  readonly #rest: Lane<Statements>
  readonly #recent: RecentSubscribers
  // Both are asked for by each text that comes.
  readonly #phone: (subscriberId: string) => Promise<Phone | undefined>

  constructor(batches: Lane<Statements>, rest: Lane<Statements>, clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#batches = batches
    this.#rest = rest
    this.#recent = new RecentSubscribers(() => clock.monotonic())
    this.#phone = gathered((ids) => this.#phones(ids), { clock, ms: lookUpsApartMs })
  }

  async commitBatch<T>(
    need: BatchNeed,
    decide: (book: BatchBook) => { writes: Writes; result: T },
  ): Promise<T> {
    const work = this.#batches.transact(
      (statements) => readBook(statements, need),
      (book) => {
        const decided = decide(book)
        return { result: decided, writes: (statements) => write(statements, decided.writes, book) }
      },
    )
    const { writes, result } = await work.catch((error: unknown) => {
      throw storedElsewhere(error) ?? error
    })
    this.#recent.committed(writes)
    return result
  }

  async now(): Promise<number> {
    const [row] = await this.#rest.read(({ now }) => now.execute())
    if (!row) throw new Error('the database does not say what time it is')
    return row.now
  }

  async ensureMachine(row: Parameters<Store['ensureMachine']>[0]): Promise<void> {
    await this.#rest.read(({ ensureMachine }) => ensureMachine.execute(rowArrays(tables.machine, [row])))
  }

  async machines() {
    return await this.#rest.read(({ machines }) => machines.execute())
  }

  async configuration(automatonId: string, version: number) {
    const [row] = await this.#rest.read(({ configuration }) =>
      configuration.execute({ id: automatonId, version }),
    )
    return row
  }

  async telemetryOf(automatonId: string, limit: number) {
    return await this.#rest.read(({ telemetryOf }) => telemetryOf.execute({ id: automatonId, limit }))
  }

  async auditsOf(automatonId: string, limit: number) {
    return await this.#rest.read(({ auditsOf }) => auditsOf.execute({ id: automatonId, limit }))
  }

  async inputBody(source: string, key: string) {
    const [row] = await this.#rest.read(({ inputBody }) => inputBody.execute({ source, key }))
    return row?.body
  }

  async quarantineOf(automatonId: string, limit: number) {
    return await this.#rest.read(({ quarantineOf }) => quarantineOf.execute({ id: automatonId, limit }))
  }

  async centreChains(url: string): Promise<readonly string[]> {
    const [row] = await this.#rest.read(({ centreChains }) => centreChains.execute({ url }))
    return row?.chains ?? []
  }

  async keepCentreChains(url: string, chains: readonly string[], fetchedAt: number): Promise<void> {
    await this.#rest.read(({ keepCentreChains }) =>
      keepCentreChains.execute(rowArrays(tables.centre, [{ url, chains, fetchedAt }])),
    )
  }

  async chainOf(kid: string) {
    const [row] = await this.#rest.read(({ chainOf }) => chainOf.execute({ kid }))
    return row?.chain
  }

  async identificationsOf(subscriberId: string) {
    return (await this.#phone(subscriberId))?.identifications ?? []
  }

  async subscriber(subscriberId: string) {
    return (await this.#phone(subscriberId))?.subscriber
  }

  async recentSubscriber(subscriberId: string) {
    return this.#recent.find(subscriberId) ?? (await this.subscriber(subscriberId))
  }

  async dialoguesOf(subscriberId: string) {
    return await this.#rest.read(({ dialoguesOf }) =>
      dialoguesOf.execute({ id: subscriberId, limit: mostDialogues }),
    )
  }

  async keepDialogue(row: DialogueRow, before: number | undefined): Promise<boolean> {
    const values = { ...rowArrays(tables.dialogue, [row]), before: before ?? null }
    return (await this.#rest.read(({ keepDialogue }) => keepDialogue.execute(values))).length > 0
  }

  async pages(ids: readonly string[]) {
    return await this.#rest.read(({ pages }) => pages.execute({ ids }))
  }

  async visit(id: string) {
    const [row] = await this.#rest.read(({ visit }) => visit.execute({ id }))
    return row
  }

  async addVisit(row: VisitRow): Promise<void> {
    await this.#rest.read(({ addVisit }) => addVisit.execute(rowArrays(tables.visit, [row])))
  }

  async takeVisitTry(id: string) {
    const [row] = await this.#rest.read(({ takeVisitTry }) => takeVisitTry.execute({ id }))
    return row
  }

  async proveVisit(id: string, newId: string, at: number): Promise<void> {
    await this.#rest.read(({ proveVisit }) => proveVisit.execute({ id, newId, at }))
  }

  async dropVisit(id: string): Promise<void> {
    await this.#rest.read(({ dropVisit }) => dropVisit.execute({ id }))
  }

  async visitsSince(id: string, since: number) {
    const [row] = await this.#rest.read(({ visitsSince }) => visitsSince.execute({ id, since }))
    return { own: Number(row?.own ?? 0), all: Number(row?.all ?? 0) }
  }

  async sale(saleId: string) {
    const [row] = await this.#rest.read(({ sale }) => sale.execute({ id: saleId }))
    return row
  }

  async call(callId: string) {
    const [row] = await this.#rest.read(({ call }) => call.execute({ id: callId }))
    return row
  }

  async tally(scope: string) {
    const [row] = await this.#rest.read(({ tallies }) => tallies.execute({ scopes: [scope] }))
    return row?.count ?? 0
  }

  async salesAside() {
    return await this.#rest.read(({ salesAside }) => salesAside.execute())
  }

  async recentSales(limit: number) {
    return await this.#rest.read(({ recentSales }) => recentSales.execute({ limit }))
  }

  async paidSales(from: number) {
    return await this.#rest.read(({ paidSales }) => paidSales.execute({ from }))
  }

  async due(now: number, limit: number): Promise<Due[]> {
    const asked = { now, limit }
    const [sales, identifications, calls] = await this.#rest.read((statements) =>
      Promise.all([
        statements.dueSales.execute(asked),
        statements.dueIdentifications.execute(asked),
        statements.dueCalls.execute(asked),
      ]),
    )
    const none = { saleId: null, identificationId: null, callId: null }
    return [
      ...sales.map((row) => ({ ...none, ...row })),
      ...identifications.map((row) => ({ ...none, ...row })),
      ...calls.map((row) => ({ ...none, ...row })),
    ]
      .flatMap(({ dueAt, ...row }) => (dueAt === null ? [] : [{ ...row, dueAt }]))
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
  }

  async claimOutbox(now: number, limit: number, retryMs: Readonly<Record<OutboxRow['kind'], number>>) {
    return await this.#rest.read(({ claimOutbox }) =>
      claimOutbox.execute({ now, limit, retryMs: JSON.stringify(retryMs) }),
    )
  }

  async forgetOutbox(ids: readonly string[]): Promise<void> {
    await this.#rest.read(({ doneOutbox }) => doneOutbox.execute({ ids }))
  }

  async nextDue(until: number): Promise<number | undefined> {
    const [row] = await this.#rest.read(({ nextDue }) => nextDue.execute({ until }))
    return row?.dueAt == null ? undefined : Number(row.dueAt)
  }

  async standing(now: number): Promise<Standing> {
    const [row] = await this.#rest.read(({ standing }) => standing.execute({ now }))
    if (!row) throw new Error('the database does not say how much there is')
    const { outboxDueSince, ...counts } = row
    return { ...counts, outboxDueSince: outboxDueSince === null ? null : Number(outboxDueSince) }
  }

  async newestAt(): Promise<number | undefined> {
    const [row] = await this.#rest.read(({ newestAt }) => newestAt.execute())
    return row?.at == null ? undefined : Number(row.at)
  }

  async prune(before: number, now: number): Promise<void> {
    const ages = { before, dayAgo: now - dayMs, now, most: mostNoticesKept }
    // Each for itself: one that fails keeps no other from being done.
    await Promise.all(pruning.map((name) => this.#rest.read((statements) => statements[name].execute(ages))))
  }

  async #phones(ids: readonly string[]): Promise<Map<string, Phone>> {
    const [subscribers, identifications] = await this.#batches.read((statements) =>
      Promise.all([
        this.#recent.learn(() => statements.subscribers.execute({ ids })),
        statements.identificationsOfAll.execute({ ids }),
      ]),
    )
    const known = new Map(subscribers.map((row) => [row.subscriberId, row]))
    const open = Map.groupBy(identifications, ({ subscriberId }) => subscriberId)
    return new Map(ids.map((id) => [id, { subscriber: known.get(id), identifications: open.get(id) ?? [] }]))
  }

  async close(): Promise<void> {
    await Promise.all([this.#batches.close(), this.#rest.close()])
  }
}

/**
 * An input that names no machine is locked by nothing: another server may have stored it since this batch
 * looked. Tried again, the batch finds it.
 */
function storedElsewhere(error: unknown): OperatingError | undefined {
  if (!(error instanceof OperatingError) || error.code !== 'duplicate-row') return undefined
  const { code, message, cause } = error
  const isInput = typeof cause === 'object' && cause !== null && 'table' in cause && cause.table === 'inbox'
  if (!isInput) return undefined
  const advice = 'Nothing: the batch is tried again with what is there.'
  return new OperatingError({ code, message, advice, retry: true, cause })
}

/** Asks only for what can be there. */
async function readBook(statements: Statements, need: BatchNeed): Promise<BatchBook> {
  const ids = need.automatonIds
  const { saleIds, inboxKeys, tallyScopes = [], auditsOf = [] } = need
  const { callIds = [], callsAt = [], hour = 0 } = need.voice ?? {}
  const ofAudits = auditsOf.length > 0
  const [
    machines,
    certificates,
    sales,
    identifications,
    seen,
    unknowns,
    tallies,
    sold,
    audits,
    telemetry,
    ...voice
  ] = await Promise.all([
    ids.length === 0 ? [] : statements.lockMachines.execute({ ids }),
    need.kids.length === 0 ? [] : statements.certificates.execute({ kids: need.kids }),
    ids.length + saleIds.length === 0 ? [] : statements.salesOf.execute({ ids, saleIds }),
    ids.length === 0 ? [] : statements.identificationsAt.execute({ ids }),
    inboxKeys.length === 0
      ? []
      : statements.seen.execute({
          sources: inboxKeys.map(({ source }) => source),
          keys: inboxKeys.map(({ key }) => key),
        }),
    need.unknownsOf === null ? [] : statements.unknowns.execute({ day: need.unknownsOf, ids }),
    tallyScopes.length === 0 ? [] : statements.tallies.execute({ scopes: tallyScopes }),
    ofAudits ? statements.soldOf.execute({ ids: auditsOf }) : [],
    ofAudits ? statements.newestAudits.execute({ ids: auditsOf, most: fewReadings }) : [],
    ofAudits ? statements.telemetryOfAll.execute({ ids: auditsOf }) : [],
    callIds.length === 0 ? [] : statements.calls.execute({ callIds }),
    callsAt.length === 0 ? [] : statements.callsAt.execute({ ids: callsAt }),
    callsAt.length === 0 ? [] : statements.wrongCodes.execute({ hour }),
  ])
  const [named, there, wrongCodes] = voice
  const calls = [...new Map([...there, ...named].map((row) => [row.callId, row])).values()]
  const rows = { machines, certificates, sales, identifications, seen, unknowns, tallies }
  return { ...rows, sold, audits, telemetry, calls, wrongCodes }
}

/** Sends only what there is; keys in sorted order, so that two servers lock in one order. */
function write(statements: Statements, writes: Writes, book: BatchBook): Promise<unknown>[] {
  const sent: Promise<unknown>[] = []
  const put = <R extends object>(
    statement: { execute(values: Record<string, unknown>): Promise<unknown> },
    table: PgTable,
    rows: readonly R[],
    keyOf: (row: R) => string,
  ) => {
    if (rows.length === 0) return
    const sorted = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    sent.push(statement.execute(rowArrays(table, sorted)))
  }
  if (writes.outboxDropped.length > 0) {
    sent.push(
      statements.dropOutbox.execute({
        saleIds: writes.outboxDropped.map(({ saleId }) => saleId),
        kinds: writes.outboxDropped.map(({ kind }) => kind),
      }),
    )
  }
  if (writes.outboxDone.length > 0) {
    sent.push(statements.doneOutbox.execute({ ids: [...writes.outboxDone].sort() }))
  }
  if (writes.outboxDue.length > 0) {
    sent.push(
      statements.dueOutbox.execute({
        ids: writes.outboxDue.map(({ id }) => id),
        dueAts: writes.outboxDue.map(({ dueAt }) => dueAt),
      }),
    )
  }
  put(statements.addInbox, tables.inbox, writes.inbox, (row) => `${row.source} ${row.key}`)
  const locked = new Set(book.machines.map(({ automatonId }) => automatonId))
  const areThere = writes.machines.every(({ automatonId }) => locked.has(automatonId))
  const putMachines = areThere ? statements.changeMachines : statements.putMachines
  put(putMachines, tables.machine, writes.machines, (row) => row.automatonId)
  put(statements.addCertificates, tables.certificate, writes.certificates, (row) => row.kid)
  put(statements.putSales, tables.sale, writes.sales, (row) => row.saleId)
  const { closed = [], open = [] } = Object.groupBy(writes.identifications, ({ state }) =>
    state === 'closed' ? 'closed' : 'open',
  )
  put(statements.putIdentifications, tables.identification, open, (row) => row.identificationId)
  if (closed.length > 0) {
    const ids = closed.map(({ identificationId }) => identificationId)
    sent.push(statements.closeIdentifications.execute({ ids: ids.sort() }))
  }
  put(statements.putSubscribers, tables.subscriber, writes.subscribers, (row) => row.subscriberId)
  put(statements.putCalls, tables.call, writes.calls, (row) => row.callId)
  put(statements.endCalls, tables.call, writes.callEnds, (row) => row.callId)
  put(statements.countWrongCodes, tables.wrongCode, writes.wrongCodes, (row) => row.automatonId)
  put(statements.addOutbox, tables.outbox, writes.outbox, (row) => row.id)
  const noticeKey = (row: { automatonId: string; journalId: string; boot: number; count: number }) =>
    `${row.automatonId} ${row.journalId} ${row.boot} ${row.count}`
  put(statements.addConfigurations, tables.configuration, writes.configurations, (row) => row.automatonId)
  put(statements.addTelemetry, tables.telemetry, writes.telemetry, noticeKey)
  put(statements.addAudits, tables.audit, writes.audits, noticeKey)
  const soldKey = (row: SoldRow) => `${row.automatonId} ${row.item} ${row.result}`
  put(statements.addSold, tables.sold, writes.sold, soldKey)
  put(statements.addQuarantine, tables.quarantine, writes.quarantine, (row) => row.id)
  put(statements.addPersons, tables.person, writes.persons, (row) => row.id)
  put(statements.putPages, tables.page, writes.pages, (row) => row.sessionId)
  put(statements.countUnknowns, tables.unknownOutcome, writes.unknowns, (row) => `${row.scope} ${row.id}`)
  if (writes.blocked.length > 0) {
    const ids = writes.blocked.map(({ subscriberId }) => subscriberId)
    sent.push(statements.blockSubscribers.execute({ ids, blocked: writes.blocked.map((row) => row.blocked) }))
  }
  if (writes.forgotten.length > 0) {
    const ids = [...writes.forgotten].sort()
    for (const forget of ['Visits', 'Dialogues', 'Subscribers', 'Numbers'] as const) {
      sent.push(statements[`forget${forget}`].execute({ ids }))
    }
  }
  // Last: a count that servers share is locked only for as long as the commit takes.
  put(statements.countTallies, tables.tally, writes.tallies, (row) => row.scope)
  return sent
}
