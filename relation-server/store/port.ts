// The store port of the relation server: one coarse write - lock these machines, decide, commit - and a few
// reads. PostgreSQL in the house, memory in the simulated world; both pass the suite in contract.ts.
//
// Times are epoch ms. A row is plain data; only the engine knows what its JSON texts mean. Long, because
// every table has its row here.
import type { HardwareState } from '@concilia/protocol/machine-state.ts'
import type { Channel, Language } from '../sale-events.ts'

export interface MachineRow {
  readonly automatonId: string
  /** Painted on the machine; null until a person enrols it. */
  readonly machineNumber: string | null
  readonly seller: string
  /** What receipts call the operator. */
  readonly tradeName: string
  /** `pending`: seen or enrolled, not yet admitted by a person. */
  readonly state: 'pending' | 'admitted' | 'barred'
  /** The journal this machine was admitted with; null before its first birth. */
  readonly journalId: string | null
  /** A journal that came after it and waits for a person. */
  readonly newJournalId: string | null
  readonly boot: number
  /** Everything up to this seq of the journal is stored, and `beyond` it these. */
  readonly storedUpTo: number
  readonly beyond: readonly number[]
  readonly presence: 'online' | 'asleep' | 'lost' | null
  /** Whether its vending machine can sell by phone, as it said last; null before it has. */
  readonly hardware: HardwareState | null
  /** EVA-DTS codes of the faults that stand now, in the order they came. */
  readonly activeCodes: readonly string[]
  readonly reader: 'alwaysIdle' | 'session'
  /** Codes of calls can be typed at it. */
  readonly keypad: boolean
  readonly enrolledAt: number
  /** Why its hardware is lost, as it said; null while nothing is known to be wrong. */
  readonly fault: string | null
  /** Version and hash of the configuration a person wants it to run on; 0 and null while nobody does. */
  readonly wantedVersion: number
  readonly wantedHash: string | null
  /** The version it says is in force; 0 while that is its own file alone. */
  readonly versionInForce: number
  /** Why it rejected the wanted one; null while it has not. */
  readonly configurationRefusal: string | null
  /** Where its own counters differ from what it reported, in words; null while they agree. */
  readonly auditAlert: string | null
}

/** A configuration that a person gave to a machine, as its exact text. Kept for good: there are few. */
export interface ConfigurationRow {
  readonly automatonId: string
  readonly version: number
  readonly hash: string
  readonly text: string
  readonly at: number
}

/** What names one of a machine's notices, so that a repeat is known: its own counter, in its own process. */
interface NoticeName {
  readonly automatonId: string
  readonly journalId: string
  readonly boot: number
  readonly count: number
}

/** Something a machine noticed that is no sale. */
export interface TelemetryRow extends NoticeName {
  readonly kind: string
  readonly detail: string
  /** Of a cash sale, where the machine says it; null otherwise. */
  readonly sold: { readonly item: number; readonly amountMinor: number } | null
  /** By the machine's clock, and when it came. */
  readonly at: number
  readonly heardAt: number
}

/** One reading of a machine's audit counters; its `count` is its number in the machine's journal. */
export interface AuditRow extends NoticeName {
  /** What came and what was found, as JSON (audit-reading.ts). */
  readonly body: string
  readonly at: number
  readonly heardAt: number
}

/** Of one subscriber, as many as can still be going on, with those just ended. */
export const mostDialogues = 8

/** What a machine has reported of one item, since it was enrolled; added to what is there. */
export interface SoldRow {
  readonly automatonId: string
  readonly item: number
  /** As the machine reported it of a sale by phone. */
  readonly result: 'delivered' | 'unknown'
  readonly number: number
  readonly valueMinor: number
}

/** Of one machine, of telemetry and of quarantine each: older ones go sooner, so that noise costs no disk. */
export const mostNoticesKept = 1000

/** A certificate chain (PEM, leaf first) that came with a birth and was good then, by its leaf's `kid`. */
export interface CertificateRow {
  readonly kid: string
  readonly chain: string
}

export interface SaleRow {
  readonly saleId: string
  readonly automatonId: string
  readonly chartVersion: number
  /** The chart's snapshot as JSON: `{value, context}`, of the context only what is not said elsewhere. */
  readonly snapshot: string
  readonly open: boolean
  /** The chart's state in words, such as `charging.inDoubt`; the ending once it is closed. */
  readonly state: string
  readonly amountMinor: number
  readonly currency: string
  /** Who consented; null until then. */
  readonly subscriberId: string | null
  readonly paymentId: string | null
  readonly dueAt: number | null
  /** The chart's delayed event that is due then. */
  readonly dueEvent: string | null
  /** Why a person should look; null when nobody needs to. */
  readonly aside: string | null
  readonly createdAt: number
  readonly endedAt: number | null
}

/** What a phone said: this subscriber stands before that machine. Used up by the one sale it is bound to. */
export interface IdentificationRow {
  readonly identificationId: string
  readonly automatonId: string
  readonly subscriberId: string
  readonly channel: Channel
  readonly sessionId: string | null
  readonly language: Language
  readonly vouched: boolean
  readonly code: string
  /** A `closed` one is used up, or given up, and not kept: its words are in the inbox. */
  readonly state: 'waiting' | 'bound' | 'closed'
  readonly saleId: string | null
  readonly at: number
  readonly dueAt: number | null
}

/** Every input, once: the key is the sender's own. Stored in the same commit as what it caused. */
export interface InboxRow {
  readonly source: string
  readonly key: string
  readonly automatonId: string | null
  readonly saleId: string | null
  readonly bodyHash: string
  readonly body: string
  readonly at: number
}

/** What must happen outside after the commit, and again until it is answered. */
export interface OutboxRow {
  readonly id: string
  readonly kind: 'instruction' | 'payment' | 'text' | 'admission' | 'configuration'
  readonly automatonId: string | null
  readonly saleId: string | null
  readonly body: string
  /** How often it may have been tried, this time included. */
  readonly attempts: number
  readonly dueAt: number
}

/** One event that could not be processed, with its error: it costs one machine, not the server (rule 16). */
export interface QuarantineRow {
  readonly id: string
  readonly automatonId: string | null
  readonly saleId: string | null
  readonly source: string
  readonly error: string
  readonly body: string
  readonly at: number
}

/** Who did what to a sale or a machine, and why. */
export interface PersonRow {
  readonly id: string
  readonly at: number
  readonly who: string
  readonly why: string
  readonly action: string
  readonly automatonId: string
  readonly saleId: string | null
}

/** Unknown outcomes closed per day (UTC), for the cap of rule 2. */
export interface UnknownRow {
  readonly day: string
  readonly scope: 'machine' | 'subscriber'
  readonly id: string
  readonly count: number
}

/** How often something was asked for in one stretch of time; added to what is there. */
export interface TallyRow {
  /** Whose, of what, in which stretch. */
  readonly scope: string
  readonly count: number
  /** Epoch ms after which nobody asks for it any more. */
  readonly until: number
}

/** A phone we must be able to call back. The number itself is only here, and sealed. */
export interface SubscriberRow {
  readonly subscriberId: string
  /** Null once it was erased: only that this id said STOP, or is blocked, is still known. */
  readonly sealed: string | null
  readonly language: Language
  /** Said STOP: nothing is sent but answers to payments already made. */
  readonly stopped: boolean
  /** By a person: not heard, and texted about money alone. */
  readonly blocked: boolean
  readonly seenAt: number
}

/**
 * A USSD dialogue as its last screen left it. Written before that screen is shown, so that a repeated step
 * gets it again, and the next step is understood, at any server.
 */
export interface DialogueRow {
  readonly dialogueId: string
  readonly subscriberId: string
  /** The gateway, and what it calls the dialogue. */
  readonly handle: string
  /** Message id of the step that the screen answers. */
  readonly step: string
  /** All that was typed so far, where the gateway repeats it in each step. */
  readonly typed: string
  readonly screen: string
  readonly goesOn: boolean
  /** The code of the price on the screen; null when it shows none. */
  readonly pricedCode: string | null
  /** The highest that a screen of this name has offered or a step has said; of a price, what pays it. */
  readonly figure: number
  /** The machine that line 1 stands for; null when it stands for something else. */
  readonly suggested: string | null
  readonly at: number
}

/** What the machine's page shows to one visitor there: the last thing that was said to the session. */
export interface PageRow {
  /** Of one visitor at one machine. */
  readonly sessionId: string
  /** A `Say` as JSON. */
  readonly say: string
  readonly at: number
}

/** A browser whose number is being proven, or was. */
export interface VisitRow {
  /** Hash of what its cookie holds. */
  readonly visitId: string
  readonly subscriberId: string
  readonly sealed: string
  readonly codeHash: string
  readonly triesLeft: number
  readonly askedAt: number
  readonly provenAt: number | null
}

/**
 * A call to a premium-rate number and the code it has bought: at the payment centre one voucher, which has
 * the same id each time that it is asked for. The code itself is kept nowhere: it is derived from that id and
 * a key outside the database, each time that it is read out or typed.
 */
export interface CallRow {
  /** The voice platform and its own id of the call. */
  readonly callId: string
  /** The voice number that was called, by its name in the configuration. */
  readonly service: string
  readonly language: Language
  /**
   * `tariff`: hears what it costs. `asking`: types a machine number. `making`: its voucher is being made.
   * `reading`: the code is being read out. `good`: it was, and waits to be typed. `bound`: used by a sale.
   * Endings: `used`; `refused`, of which nothing was bought; `over`, unpaid, or its code is good no more.
   */
  readonly state: 'tariff' | 'asking' | 'making' | 'reading' | 'good' | 'bound' | 'used' | 'refused' | 'over'
  readonly amountMinor: number
  readonly currency: string
  /** Of each delivery, in hundredths of a percent. */
  readonly sellerShareBps: number
  /** Machine numbers that may still be typed. */
  readonly triesLeft: number
  /** Null until the machine is known, and with it what follows. */
  readonly automatonId: string | null
  readonly voucherId: string | null
  readonly subscriberId: string | null
  /** Part of what the code is derived from: no two that are good on one machine are the same. */
  readonly codeTurn: number
  /** The sale it is bound to, or, while its voucher is made, the offer that it is to pay at once. */
  readonly saleId: string | null
  /** Its item came, or was to come, without a code. */
  readonly direct: boolean
  /** Here; and, somewhat later, at the payment centre. Null until its voucher is made. */
  readonly goodUntil: number | null
  readonly honouredUntil: number | null
  readonly at: number
  readonly dueAt: number | null
}

/** What the end of a sale makes of the call whose code it used. */
export type CallEnd = Pick<CallRow, 'callId' | 'state' | 'goodUntil' | 'honouredUntil' | 'dueAt'>

/** Wrong codes typed on one machine in one hour (epoch hours). */
export interface WrongCodesRow {
  readonly hour: number
  readonly automatonId: string
  readonly count: number
}

export interface BatchNeed {
  readonly automatonIds: readonly string[]
  /** Sales that events name; loaded even when they have ended. */
  readonly saleIds: readonly string[]
  readonly inboxKeys: readonly { readonly source: string; readonly key: string }[]
  /**
   * Calls that events name; machines on which a code may be typed, whose live calls are wanted and with them
   * the hour's wrong codes of all machines. Left out where no event is about a call.
   */
  readonly voice?: {
    readonly callIds: readonly string[]
    readonly callsAt: readonly string[]
    readonly hour: number
  }
  /** Signers of whom this server has no certificate in memory. */
  readonly kids: readonly string[]
  /** Whether today's unknown outcomes of these machines and their buyers are wanted (UTC day), or null. */
  readonly unknownsOf: string | null
  /** Counts that a phone's word is judged by. */
  readonly tallyScopes?: readonly string[]
  /** Machines whose audit data has come: what was reported and read before is wanted. */
  readonly auditsOf?: readonly string[]
}

/** What a batch may decide on: the machines it could lock, and all that hangs on them. */
export interface BatchBook {
  /** Those of `automatonIds` whose rows are locked; the others go to the next batch. */
  readonly machines: readonly MachineRow[]
  /** Those of `kids` that are kept. */
  readonly certificates: readonly CertificateRow[]
  readonly sales: readonly SaleRow[]
  readonly identifications: readonly IdentificationRow[]
  /** Inbox rows that are there already, with the hash of their body. */
  readonly seen: readonly { readonly source: string; readonly key: string; readonly bodyHash: string }[]
  readonly unknowns: readonly UnknownRow[]
  readonly tallies: readonly TallyRow[]
  /** Of the machines of `auditsOf`: all that was reported. */
  readonly sold: readonly SoldRow[]
  /** Of each of them the newest few readings ({@link fewReadings}), the newest first. */
  readonly audits: readonly AuditRow[]
  /** Of each of them all that is kept. */
  readonly telemetry: readonly TelemetryRow[]
  readonly calls: readonly CallRow[]
  readonly wrongCodes: readonly WrongCodesRow[]
}

/** Enough to find one that could be read. */
export const fewReadings = 8

export interface Writes {
  readonly inbox: readonly InboxRow[]
  readonly machines: readonly MachineRow[]
  readonly certificates: readonly CertificateRow[]
  readonly sales: readonly SaleRow[]
  /** Closed ones are removed. */
  readonly identifications: readonly IdentificationRow[]
  readonly outbox: readonly OutboxRow[]
  /** Removed before anything is added: a new row may have the id of one that is done. */
  readonly outboxDone: readonly string[]
  /** Removed before anything is added: all rows of one kind that a sale no longer wants. */
  readonly outboxDropped: readonly { readonly saleId: string; readonly kind: OutboxRow['kind'] }[]
  /** When these are next tried. */
  readonly outboxDue: readonly { readonly id: string; readonly dueAt: number }[]
  readonly quarantine: readonly QuarantineRow[]
  readonly persons: readonly PersonRow[]
  /** Added to the counts that are there. */
  readonly unknowns: readonly UnknownRow[]
  /** Added to the counts that are there. */
  readonly tallies: readonly TallyRow[]
  /** A row that is there stays blocked, or not, as it is. */
  readonly subscribers: readonly SubscriberRow[]
  readonly blocked: readonly Pick<SubscriberRow, 'subscriberId' | 'blocked'>[]
  /** Ids whose number, visits and dialogues are erased; not while a sale of theirs is open or set aside. */
  readonly forgotten: readonly string[]
  readonly calls: readonly CallRow[]
  /** Of calls that were not loaded: their sale has ended, and no longer names them. */
  readonly callEnds: readonly CallEnd[]
  /** Added to the counts that are there. */
  readonly wrongCodes: readonly WrongCodesRow[]
  readonly configurations: readonly ConfigurationRow[]
  /** One that is there already stays as it is. */
  readonly telemetry: readonly TelemetryRow[]
  /** One that is there already stays as it is. */
  readonly audits: readonly AuditRow[]
  /** Added to what is there. */
  readonly sold: readonly SoldRow[]
  /** The newest of a session takes the place of the one before. */
  readonly pages: readonly PageRow[]
}

export interface Due {
  /** Null only of a call that has named no machine yet. */
  readonly automatonId: string | null
  readonly saleId: string | null
  readonly identificationId: string | null
  readonly callId: string | null
  readonly dueAt: number
}

/** How much there is now of what an operator watches. */
export interface Standing {
  readonly salesOpen: number
  readonly salesAside: number
  /** Open sales of which it is not known whether they are paid. */
  readonly paymentsInDoubt: number
  readonly outboxDue: number
  /** Since when the oldest of them is due; null when none is. */
  readonly outboxDueSince: number | null
  readonly machinesAdmitted: number
  /** Of those. */
  readonly machinesOnline: number
  /** Of these again: its vending machine can sell by phone. */
  readonly machinesSelling: number
}

export interface Store {
  /**
   * One database transaction: locks, reads, decides, writes, commits. When `decide` throws nothing is
   * written. Rejects with an OperatingError whose `retry` says whether the same batch may be tried again;
   * after `database-away` the commit may have happened, and the inbox keys make the repetition harmless. An
   * inbox key that is there already refuses with `retry`, a machine number that another machine has without.
   * The caller has one batch in flight at a time.
   */
  commitBatch<T>(need: BatchNeed, decide: (book: BatchBook) => { writes: Writes; result: T }): Promise<T>
  /** Adds the machine unless its id is there; an enrolment that changes a machine is a batch. */
  ensureMachine(row: MachineRow): Promise<void>
  machines(): Promise<MachineRow[]>
  configuration(automatonId: string, version: number): Promise<ConfigurationRow | undefined>
  /** The last ones of a machine, newest first. */
  telemetryOf(automatonId: string, limit: number): Promise<TelemetryRow[]>
  /** The last readings of a machine, newest first. */
  auditsOf(automatonId: string, limit: number): Promise<AuditRow[]>
  /** The text of an input, as it came; undefined when it is not kept any more. */
  inputBody(source: string, key: string): Promise<string | undefined>
  /** The last events of a machine that could not be processed, newest first. */
  quarantineOf(automatonId: string, limit: number): Promise<QuarantineRow[]>
  /** The certificate chains of the payment centre at this URL, as last fetched; empty when never. */
  centreChains(centreUrl: string): Promise<readonly string[]>
  keepCentreChains(centreUrl: string, chains: readonly string[], at: number): Promise<void>
  /** The certificate chain (PEM, leaf first) of this `kid`, if it came with a birth. */
  chainOf(kid: string): Promise<string | undefined>
  /** Newest first. */
  identificationsOf(subscriberId: string): Promise<IdentificationRow[]>
  subscriber(subscriberId: string): Promise<SubscriberRow | undefined>
  /**
   * The same for what goes out, perhaps as it was a few seconds ago; what this store has committed since is
   * in it.
   */
  recentSubscriber(subscriberId: string): Promise<SubscriberRow | undefined>
  /** The last few dialogues of a subscriber, newest first. */
  dialoguesOf(subscriberId: string): Promise<DialogueRow[]>
  /**
   * Adds it, or replaces what it was, another subscriber's of that name too.
   * @param before the figure that its row was read with; undefined: there was none
   * @returns false, and nothing is kept, where the row says otherwise by now
   */
  keepDialogue(row: DialogueRow, before: number | undefined): Promise<boolean>
  /** The pages of these sessions, as far as anything was said to them. */
  pages(sessionIds: readonly string[]): Promise<PageRow[]>
  visit(visitId: string): Promise<VisitRow | undefined>
  addVisit(row: VisitRow): Promise<void>
  /** Takes one of the tries to type the code, before it is looked at; undefined when none is left. */
  takeVisitTry(visitId: string): Promise<VisitRow | undefined>
  /** The number is proven; the visit goes on under another id: what was known before is worth nothing. */
  proveVisit(visitId: string, newId: string, at: number): Promise<void>
  /** One that was asked for too much: as if it never had been. */
  dropVisit(visitId: string): Promise<void>
  /** Codes asked for since then: for this number, and in all. */
  visitsSince(subscriberId: string, since: number): Promise<{ own: number; all: number }>
  sale(saleId: string): Promise<SaleRow | undefined>
  call(callId: string): Promise<CallRow | undefined>
  /** What a count has come to; 0 when nothing was counted. */
  tally(scope: string): Promise<number>
  /** Sales set aside for a person, oldest first. */
  salesAside(): Promise<SaleRow[]>
  /** The last sales, newest first. */
  recentSales(limit: number): Promise<SaleRow[]>
  /** Sales that have a payment and began after `from`, for the walk over the centre's payments. */
  paidSales(from: number): Promise<SaleRow[]>
  /** Sales, identifications and calls due by `now`, oldest first. */
  due(now: number, limit: number): Promise<Due[]>
  /**
   * Takes outbox rows due by `now`: each gets one attempt more and a next due time, in one statement, so that
   * two servers never take the same row at once. From attempt to attempt that time doubles, up to eight times
   * `retryMs`; not that of a payment: whose server ends in an attempt has to come again before the centre's
   * quiet after a return is over, or a hold whose goods have fallen would lapse.
   */
  claimOutbox(
    now: number,
    limit: number,
    retryMs: Readonly<Record<OutboxRow['kind'], number>>,
  ): Promise<OutboxRow[]>
  /** Removes rows that were performed and are answered by nobody, such as texts. */
  forgetOutbox(ids: readonly string[]): Promise<void>
  /** Earliest due time of any row, if it is not after `until`: how long an idle server may sleep. */
  nextDue(until: number): Promise<number | undefined>
  standing(now: number): Promise<Standing>
  /** When the newest inbox row was stored; undefined when there is none. */
  newestAt(): Promise<number | undefined>
  /**
   * Deletes inbox rows, ended sales, dialogues, ended calls, telemetry and quarantine (above
   * `mostNoticesKept` sooner) and audit readings older than `before`; the newest reading of each machine
   * stays. Erases numbers not heard of since then whose sales are over,
   * those typed on a page and not proven for a day before `now`, and counts that are over by `now`.
   */
  prune(before: number, now: number): Promise<void>
  close(): Promise<void>
}

export const noWrites: Writes = {
  inbox: [],
  machines: [],
  certificates: [],
  sales: [],
  identifications: [],
  outbox: [],
  outboxDone: [],
  outboxDropped: [],
  outboxDue: [],
  quarantine: [],
  persons: [],
  unknowns: [],
  tallies: [],
  subscribers: [],
  calls: [],
  callEnds: [],
  wrongCodes: [],
  blocked: [],
  forgotten: [],
  configurations: [],
  telemetry: [],
  audits: [],
  sold: [],
  pages: [],
}
