// The statements of the PostgreSQL store, prepared once for each connection. A batch of any size is one
// statement a table: its rows travel as arrays, so that the statement's own text never changes. Long, because
// all of them are in one list.
import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  type NodePgDatabase,
  type PgTable,
  sql,
} from '@concilia/platform/drizzle.ts'
import type { Sendable } from '@concilia/platform/prepared-statement.ts'
import { arrayed } from '@concilia/platform/row-arrays.ts'
import * as tables from './schema.ts'

const texts = (name: string) => sql`${sql.placeholder(name)}::text[]`
const ids = (name: string) => sql`any(${texts(name)})`

function rowsFrom(table: PgTable) {
  return sql`select * from ${arrayed(table)}`
}

/** Every column but the key and what else stays, taken from the row that was offered. */
function replaced(table: PgTable, ...kept: string[]) {
  const others = Object.entries(getTableColumns(table)).filter(([property]) => !kept.includes(property))
  return Object.fromEntries(
    others.map(([property, column]) => [property, sql.raw(`excluded."${column.name}"`)]),
  )
}

/** The same for rows that are there already. */
function changed(table: PgTable, key: string) {
  const others = Object.entries(getTableColumns(table)).filter(([property]) => property !== key)
  return Object.fromEntries(others.map(([property, column]) => [property, sql.raw(`v."${column.name}"`)]))
}

/** Rows of each machine after the newest `most`. */
function beyondMost(table: PgTable, newestFirst: string) {
  const place = sql`row_number() over (partition by automaton_id order by ${sql.raw(newestFirst)}) as place`
  return sql`(select ctid from (select ctid, ${place} from ${table}) as placed
    where place > ${sql.placeholder('most')}::bigint)`
}

/** Rows that are due later have many dead versions, which it would all walk over. */
function soonest(table: PgTable) {
  return sql`(select min(due_at) from ${table} where due_at <= ${sql.placeholder('until')}::bigint)`
}

export function prepareStatements(db: NodePgDatabase) {
  const {
    certificate,
    machine,
    sale,
    identification,
    inbox,
    outbox,
    quarantine,
    person,
    unknownOutcome,
    subscriber,
    dialogue,
  } = tables
  const { audit, call, centre, configuration, page, sold, tally, telemetry, visit, wrongCode } = tables
  /** Of these it stays known who they are not to be taken for, but not their number. */
  const isRemembered = sql`(${subscriber.stopped} or ${subscriber.blocked})`
  /** Money may still have to go back to this number, or a person to call it. */
  const isInSale = sql`exists (select from sale
    where (open or aside is not null) and subscriber_id = ${subscriber.subscriberId})`
  const now = sql.placeholder('now')
  const limit = sql.placeholder('limit')
  const retryMs = sql`(${sql.placeholder('retryMs')}::json ->> ${outbox.kind})::bigint`
  const { scope, id } = unknownOutcome
  const ofMachines = sql`(${scope} = 'machine' and ${id} = ${ids('ids')})`
  const openThere = sql`${sale.automatonId} = ${ids('ids')} and ${sale.open}`
  const buyers = sql`select ${sale.subscriberId} from ${sale} where ${openThere}`
  const ofBuyers = sql`(${scope} = 'subscriber' and ${id} in (${buyers}))`
  return {
    now: db
      .select({
        now: sql`floor(extract(epoch from clock_timestamp()) * 1000)`.mapWith(Number),
      })
      .from(sql`(values (1)) as asked`)
      .prepare('now'),
    // Reads of a batch.
    lockMachines: db
      .select()
      .from(machine)
      .where(sql`${machine.automatonId} = ${ids('ids')}`)
      .orderBy(machine.automatonId)
      .for('update', { skipLocked: true })
      .prepare('lock_machines'),
    certificates: db
      .select()
      .from(certificate)
      .where(sql`${certificate.kid} = ${ids('kids')}`)
      .prepare('certificates'),
    // Two look-ups, each in its own index: said with `or` they would walk over every dead version of a sale.
    salesOf: db
      .select()
      .from(sale)
      .where(openThere)
      .unionAll(
        db
          .select()
          .from(sale)
          .where(sql`${sale.saleId} = ${ids('saleIds')} and (${openThere}) is not true`),
      )
      .prepare('sales_of'),
    identificationsAt: db
      .select()
      .from(identification)
      .where(sql`${identification.automatonId} = ${ids('ids')}`)
      .orderBy(identification.at)
      .prepare('identifications_at'),
    seen: db
      .select({ source: inbox.source, key: inbox.key, bodyHash: inbox.bodyHash })
      .from(sql`unnest(${texts('sources')}, ${texts('keys')}) as asked(source, key)`)
      .innerJoin(inbox, sql`${inbox.source} = asked.source and ${inbox.key} = asked.key`)
      .prepare('seen'),
    unknowns: db
      .select()
      .from(unknownOutcome)
      .where(sql`${unknownOutcome.day} = ${sql.placeholder('day')} and (${ofMachines} or ${ofBuyers})`)
      .prepare('unknowns'),
    tallies: db
      .select()
      .from(tally)
      .where(sql`${tally.scope} = ${ids('scopes')}`)
      .prepare('tallies'),
    soldOf: db
      .select()
      .from(sold)
      .where(sql`${sold.automatonId} = ${ids('ids')}`)
      .prepare('sold_of'),
    newestAudits: db
      .select()
      .from(audit)
      .where(
        sql`${audit}.ctid in (select ctid from (
          select ctid, row_number() over (
            partition by automaton_id order by heard_at desc, boot desc, count desc) as place
          from ${audit} where automaton_id = ${ids('ids')}) as placed
          where place <= ${sql.placeholder('most')}::bigint)`,
      )
      .orderBy(desc(audit.heardAt), desc(audit.boot), desc(audit.count))
      .prepare('newest_audits'),
    telemetryOfAll: db
      .select()
      .from(telemetry)
      .where(sql`${telemetry.automatonId} = ${ids('ids')}`)
      .prepare('telemetry_of_all'),
    calls: db
      .select()
      .from(call)
      .where(sql`${call.callId} = ${ids('callIds')}`)
      .orderBy(call.callId)
      .for('update')
      .prepare('calls'),
    callsAt: db
      .select()
      .from(call)
      .where(sql`${call.automatonId} = ${ids('ids')} and ${call.state} not in ('used', 'refused', 'over')`)
      .prepare('calls_at'),
    wrongCodes: db
      .select()
      .from(wrongCode)
      .where(eq(wrongCode.hour, sql.placeholder('hour')))
      .prepare('wrong_codes'),
    // Writes of a batch.
    dropOutbox: db
      .delete(outbox)
      .where(
        sql`(${outbox.saleId}, ${outbox.kind}) in (
          select * from unnest(${texts('saleIds')}, ${texts('kinds')}))`,
      )
      .prepare('drop_outbox'),
    doneOutbox: db
      .delete(outbox)
      .where(sql`${outbox.id} = ${ids('ids')}`)
      .prepare('done_outbox'),
    dueOutbox: db
      .update(outbox)
      .set({ dueAt: sql`v.due_at` })
      .from(sql`unnest(${texts('ids')}, ${sql.placeholder('dueAts')}::bigint[]) as v(id, due_at)`)
      .where(sql`${outbox.id} = v.id`)
      .prepare('due_outbox'),
    addInbox: db.insert(inbox).select(rowsFrom(inbox)).prepare('add_inbox'),
    addOutbox: db.insert(outbox).select(rowsFrom(outbox)).prepare('add_outbox'),
    addQuarantine: db.insert(quarantine).select(rowsFrom(quarantine)).prepare('add_quarantine'),
    addPersons: db.insert(person).select(rowsFrom(person)).prepare('add_persons'),
    // An upsert would lock each row, and write that down, before it changes it.
    changeMachines: db
      .update(machine)
      .set(changed(machine, 'automatonId'))
      .from(arrayed(machine))
      .where(sql`${machine.automatonId} = v.automaton_id`)
      .prepare('change_machines'),
    putMachines: db
      .insert(machine)
      .select(rowsFrom(machine))
      .onConflictDoUpdate({ target: machine.automatonId, set: replaced(machine, 'automatonId') })
      .prepare('put_machines'),
    addCertificates: db
      .insert(certificate)
      .select(rowsFrom(certificate))
      .onConflictDoNothing()
      .prepare('add_certificates'),
    putSales: db
      .insert(sale)
      .select(rowsFrom(sale))
      .onConflictDoUpdate({ target: sale.saleId, set: replaced(sale, 'saleId') })
      .prepare('put_sales'),
    putIdentifications: db
      .insert(identification)
      .select(rowsFrom(identification))
      .onConflictDoUpdate({
        target: identification.identificationId,
        set: replaced(identification, 'identificationId'),
      })
      .prepare('put_identifications'),
    closeIdentifications: db
      .delete(identification)
      .where(sql`${identification.identificationId} = ${ids('ids')}`)
      .prepare('close_identifications'),
    putSubscribers: db
      .insert(subscriber)
      .select(rowsFrom(subscriber))
      .onConflictDoUpdate({
        target: subscriber.subscriberId,
        set: replaced(subscriber, 'subscriberId', 'blocked'),
      })
      .prepare('put_subscribers'),
    putCalls: db
      .insert(call)
      .select(rowsFrom(call))
      .onConflictDoUpdate({ target: call.callId, set: replaced(call, 'callId') })
      .prepare('put_calls'),
    endCalls: db
      .update(call)
      .set({
        state: sql`v.state`,
        saleId: sql`null`,
        goodUntil: sql`v.good_until`,
        honouredUntil: sql`v.honoured_until`,
        dueAt: sql`v.due_at`,
      })
      .from(sql`(${rowsFrom(call)}) as v`)
      .where(sql`${call.callId} = v.call_id`)
      .prepare('end_calls'),
    countWrongCodes: db
      .insert(wrongCode)
      .select(rowsFrom(wrongCode))
      .onConflictDoUpdate({
        target: [wrongCode.hour, wrongCode.automatonId],
        set: { count: sql`${wrongCode.count} + excluded.count` },
      })
      .prepare('count_wrong_codes'),
    countUnknowns: db
      .insert(unknownOutcome)
      .select(rowsFrom(unknownOutcome))
      .onConflictDoUpdate({
        target: [unknownOutcome.day, unknownOutcome.scope, unknownOutcome.id],
        set: { count: sql`${unknownOutcome.count} + excluded.count` },
      })
      .prepare('count_unknowns'),
    countTallies: db
      .insert(tally)
      .select(rowsFrom(tally))
      .onConflictDoUpdate({
        target: tally.scope,
        set: {
          count: sql`${tally.count} + excluded.count`,
          until: sql`greatest(${tally.until}, excluded.until)`,
        },
      })
      .prepare('count_tallies'),
    blockSubscribers: db
      .update(subscriber)
      .set({ blocked: sql`v.blocked` })
      .from(sql`unnest(${texts('ids')}, ${sql.placeholder('blocked')}::boolean[]) as v(id, blocked)`)
      .where(sql`${subscriber.subscriberId} = v.id`)
      .prepare('block_subscribers'),
    forgetSubscribers: db
      .delete(subscriber)
      .where(sql`${subscriber.subscriberId} = ${ids('ids')} and not ${isRemembered} and not ${isInSale}`)
      .prepare('forget_subscribers'),
    forgetNumbers: db
      .update(subscriber)
      .set({ sealed: null })
      .where(sql`${subscriber.subscriberId} = ${ids('ids')} and ${isRemembered} and not ${isInSale}`)
      .prepare('forget_numbers'),
    forgetVisits: db
      .delete(visit)
      .where(sql`${visit.subscriberId} = ${ids('ids')}`)
      .prepare('forget_visits'),
    forgetDialogues: db
      .delete(dialogue)
      .where(sql`${dialogue.subscriberId} = ${ids('ids')}`)
      .prepare('forget_dialogues'),
    addConfigurations: db.insert(configuration).select(rowsFrom(configuration)).prepare('add_configurations'),
    addTelemetry: db
      .insert(telemetry)
      .select(rowsFrom(telemetry))
      .onConflictDoNothing()
      .prepare('add_telemetry'),
    addAudits: db.insert(audit).select(rowsFrom(audit)).onConflictDoNothing().prepare('add_audits'),
    addSold: db
      .insert(sold)
      .select(rowsFrom(sold))
      .onConflictDoUpdate({
        target: [sold.automatonId, sold.item, sold.result],
        set: {
          number: sql`${sold.number} + excluded.number`,
          valueMinor: sql`${sold.valueMinor} + excluded.value_minor`,
        },
      })
      .prepare('add_sold'),
    putPages: db
      .insert(page)
      .select(rowsFrom(page))
      .onConflictDoUpdate({ target: page.sessionId, set: replaced(page, 'sessionId') })
      .prepare('put_pages'),
    // Single reads and writes.
    ensureMachine: db
      .insert(machine)
      .select(rowsFrom(machine))
      .onConflictDoNothing()
      .prepare('ensure_machine'),
    chainOf: db
      .select({ chain: certificate.chain })
      .from(certificate)
      .where(eq(certificate.kid, sql.placeholder('kid')))
      .prepare('chain_of'),
    machines: db.select().from(machine).orderBy(machine.automatonId).prepare('machines'),
    configuration: db
      .select()
      .from(configuration)
      .where(
        and(
          eq(configuration.automatonId, sql.placeholder('id')),
          eq(configuration.version, sql.placeholder('version')),
        ),
      )
      .prepare('configuration'),
    telemetryOf: db
      .select()
      .from(telemetry)
      .where(eq(telemetry.automatonId, sql.placeholder('id')))
      .orderBy(desc(telemetry.heardAt), desc(telemetry.boot), desc(telemetry.count))
      .limit(limit)
      .prepare('telemetry_of'),
    auditsOf: db
      .select()
      .from(audit)
      .where(eq(audit.automatonId, sql.placeholder('id')))
      .orderBy(desc(audit.heardAt), desc(audit.boot), desc(audit.count))
      .limit(limit)
      .prepare('audits_of'),
    inputBody: db
      .select({ body: inbox.body })
      .from(inbox)
      .where(and(eq(inbox.source, sql.placeholder('source')), eq(inbox.key, sql.placeholder('key'))))
      .prepare('input_body'),
    quarantineOf: db
      .select()
      .from(quarantine)
      .where(eq(quarantine.automatonId, sql.placeholder('id')))
      .orderBy(desc(quarantine.at))
      .limit(limit)
      .prepare('quarantine_of'),
    centreChains: db
      .select()
      .from(centre)
      .where(eq(centre.url, sql.placeholder('url')))
      .prepare('centre_chains'),
    keepCentreChains: db
      .insert(centre)
      .select(rowsFrom(centre))
      .onConflictDoUpdate({ target: centre.url, set: replaced(centre, 'url') })
      .prepare('keep_centre_chains'),
    identificationsOfAll: db
      .select()
      .from(identification)
      .where(sql`${identification.subscriberId} = ${ids('ids')}`)
      .orderBy(desc(identification.at))
      .prepare('identifications_of_all'),
    subscribers: db
      .select()
      .from(subscriber)
      .where(sql`${subscriber.subscriberId} = ${ids('ids')}`)
      .prepare('subscribers'),
    dialoguesOf: db
      .select()
      .from(dialogue)
      .where(eq(dialogue.subscriberId, sql.placeholder('id')))
      .orderBy(desc(dialogue.at))
      .limit(limit)
      .prepare('dialogues_of'),
    keepDialogue: db
      .insert(dialogue)
      .select(rowsFrom(dialogue))
      .onConflictDoUpdate({
        target: dialogue.dialogueId,
        set: replaced(dialogue, 'dialogueId'),
        setWhere: sql`${dialogue.figure} = ${sql.placeholder('before')}
          or ${dialogue.subscriberId} <> excluded.subscriber_id`,
      })
      .returning({ dialogueId: dialogue.dialogueId })
      .prepare('keep_dialogue'),
    pages: db
      .select()
      .from(page)
      .where(sql`${page.sessionId} = ${ids('ids')}`)
      .prepare('pages'),
    visit: db
      .select()
      .from(visit)
      .where(eq(visit.visitId, sql.placeholder('id')))
      .prepare('visit'),
    addVisit: db.insert(visit).select(rowsFrom(visit)).prepare('add_visit'),
    takeVisitTry: db
      .update(visit)
      .set({ triesLeft: sql`${visit.triesLeft} - 1` })
      .where(
        sql`${visit.visitId} = ${sql.placeholder('id')} and ${visit.triesLeft} > 0
          and ${visit.provenAt} is null`,
      )
      .returning()
      .prepare('take_visit_try'),
    proveVisit: db
      .update(visit)
      .set({ visitId: sql`${sql.placeholder('newId')}`, provenAt: sql`${sql.placeholder('at')}::bigint` })
      .where(eq(visit.visitId, sql.placeholder('id')))
      .prepare('prove_visit'),
    dropVisit: db
      .delete(visit)
      .where(eq(visit.visitId, sql.placeholder('id')))
      .prepare('drop_visit'),
    visitsSince: db
      .select({
        own: sql<string>`count(*) filter (where ${visit.subscriberId} = ${sql.placeholder('id')})`,
        all: sql<string>`count(*)`,
      })
      .from(visit)
      .where(sql`${visit.askedAt} > ${sql.placeholder('since')}`)
      .prepare('visits_since'),
    sale: db
      .select()
      .from(sale)
      .where(eq(sale.saleId, sql.placeholder('id')))
      .prepare('sale'),
    call: db
      .select()
      .from(call)
      .where(eq(call.callId, sql.placeholder('id')))
      .prepare('call'),
    salesAside: db
      .select()
      .from(sale)
      .where(sql`${sale.aside} is not null`)
      .orderBy(asc(sale.createdAt))
      .prepare('sales_aside'),
    recentSales: db.select().from(sale).orderBy(desc(sale.createdAt)).limit(limit).prepare('recent_sales'),
    paidSales: db
      .select()
      .from(sale)
      .where(and(gt(sale.createdAt, sql.placeholder('from')), sql`${sale.paymentId} is not null`))
      .prepare('paid_sales'),
    dueSales: db
      .select({ automatonId: sale.automatonId, saleId: sale.saleId, dueAt: sale.dueAt })
      .from(sale)
      .where(sql`${sale.dueAt} <= ${now}`)
      .orderBy(sale.dueAt)
      .limit(limit)
      .prepare('due_sales'),
    dueIdentifications: db
      .select({
        automatonId: identification.automatonId,
        identificationId: identification.identificationId,
        dueAt: identification.dueAt,
      })
      .from(identification)
      .where(sql`${identification.dueAt} <= ${now}`)
      .orderBy(identification.dueAt)
      .limit(limit)
      .prepare('due_identifications'),
    dueCalls: db
      .select({ automatonId: call.automatonId, callId: call.callId, dueAt: call.dueAt })
      .from(call)
      .where(sql`${call.dueAt} <= ${now}`)
      .orderBy(call.dueAt)
      .limit(limit)
      .prepare('due_calls'),
    claimOutbox: db
      .update(outbox)
      .set({
        attempts: sql`${outbox.attempts} + 1`,
        dueAt: sql`${now}::bigint + ${retryMs}
          * (1 << case ${outbox.kind} when 'payment' then 0 else least(${outbox.attempts}, 3) end)`,
      })
      .where(
        // By place: by id, a plan made while the table was small walks over all that has gone from it since.
        sql`${outbox}.ctid = any(array(
          select ctid from outbox where due_at <= ${now}::bigint
          order by due_at limit ${limit} for update skip locked))`,
      )
      .returning()
      .prepare('claim_outbox'),
    nextDue: db
      .select({
        dueAt: sql<string | null>`least(
          ${soonest(tables.outbox)}, ${soonest(sale)}, ${soonest(identification)}, ${soonest(call)})`,
      })
      .from(sql`(select 1) as one`)
      .prepare('next_due'),
    standing: db
      .select({
        salesOpen: sql<number>`(select count(*)::int from sale where open)`,
        salesAside: sql<number>`(select count(*)::int from sale where aside is not null)`,
        paymentsInDoubt: sql<number>`(select count(*)::int from sale where open and state like '%.inDoubt')`,
        outboxDue: sql<number>`(select count(*)::int from outbox where due_at <= ${now}::bigint)`,
        outboxDueSince: sql<string | null>`(select min(due_at) from outbox where due_at <= ${now}::bigint)`,
        machinesAdmitted: sql<number>`count(*)::int`,
        machinesOnline: sql<number>`(count(*) filter (where presence = 'online'))::int`,
        machinesSelling: sql<number>`(count(*) filter (where presence = 'online'
          and hardware ->> 'status' = 'Available' and (hardware ->> 'isEnabled')::boolean))::int`,
      })
      .from(machine)
      .where(sql`state = 'admitted'`)
      .prepare('standing'),
    newestAt: db
      .select({ at: sql<string | null>`max(${inbox.at})` })
      .from(inbox)
      .prepare('newest_at'),
    pruneInbox: db
      .delete(inbox)
      .where(sql`${inbox.at} < ${sql.placeholder('before')}`)
      .prepare('prune_inbox'),
    pruneSales: db
      .delete(sale)
      .where(
        sql`not ${sale.open} and ${sale.aside} is null and ${sale.createdAt} < ${sql.placeholder('before')}`,
      )
      .prepare('prune_sales'),
    pruneDialogues: db
      .delete(dialogue)
      .where(sql`${dialogue.at} < ${sql.placeholder('before')}`)
      .prepare('prune_dialogues'),
    prunePages: db
      .delete(page)
      .where(sql`${page.at} < ${sql.placeholder('before')}`)
      .prepare('prune_pages'),
    pruneVisits: db
      .delete(visit)
      .where(
        sql`${visit.askedAt} < ${sql.placeholder('before')}
          or (${visit.provenAt} is null and ${visit.askedAt} < ${sql.placeholder('dayAgo')}::bigint)`,
      )
      .prepare('prune_visits'),
    pruneCalls: db
      .delete(call)
      .where(sql`${call.state} in ('used', 'refused', 'over') and ${call.at} < ${sql.placeholder('before')}`)
      .prepare('prune_calls'),
    pruneWrongCodes: db
      .delete(wrongCode)
      .where(sql`${wrongCode.hour} < ${sql.placeholder('before')}::bigint / 3600000`)
      .prepare('prune_wrong_codes'),
    pruneTallies: db.delete(tally).where(sql`${tally.until} < ${now}`).prepare('prune_tallies'),
    pruneTelemetry: db
      .delete(telemetry)
      .where(
        sql`${telemetry.heardAt} < ${sql.placeholder('before')}
          or ${telemetry}.ctid in ${beyondMost(telemetry, 'heard_at desc, boot desc, count desc')}`,
      )
      .prepare('prune_telemetry'),
    pruneQuarantine: db
      .delete(quarantine)
      .where(
        sql`${quarantine.at} < ${sql.placeholder('before')}
          or ${quarantine}.ctid in ${beyondMost(quarantine, 'at desc')}`,
      )
      .prepare('prune_quarantine'),
    pruneAudits: db
      .delete(audit)
      .where(
        sql`${audit.heardAt} < ${sql.placeholder('before')} and exists (
          select 1 from audit as newer
          where newer.automaton_id = ${audit.automatonId} and newer.heard_at > ${audit.heardAt})`,
      )
      .prepare('prune_audits'),
    pruneSubscribers: db
      .delete(subscriber)
      .where(
        sql`not ${isRemembered} and ${subscriber.seenAt} < ${sql.placeholder('before')} and not ${isInSale}`,
      )
      .prepare('prune_subscribers'),
    pruneNumbers: db
      .update(subscriber)
      .set({ sealed: null })
      .where(
        sql`${isRemembered} and ${subscriber.sealed} is not null
          and ${subscriber.seenAt} < ${sql.placeholder('before')} and not ${isInSale}`,
      )
      .prepare('prune_numbers'),
  }
}

export type Statements = Sendable<ReturnType<typeof prepareStatements>>
