// One batch, decided: the locked books and the inputs in, all rows to write out. Inputs are taken in the
// order they came, except that due times wait for everything stored before them (rule 11). An input that
// cannot be processed costs its machine one quarantine row and nobody else anything (rule 16). Long, because
// each kind of input passes here.
import type { BatchBook, CallRow, IdentificationRow, MachineRow, SaleRow, Writes } from '../store/port.ts'
import { callDue, callSpoke } from './call-step.ts'
import { type Input, inboxKeyOf, type PhoneAct, saleIdOf } from './inputs.ts'
import { bar, countStored, machineSpoke, readmit, releaseStored } from './machine-step.ts'
import { addText } from './outgoing.ts'
import { paymentAnswered } from './payment-step.ts'
import { personSpoke } from './person-step.ts'
import { phoneSpoke } from './phone-step.ts'
import { Poisoned } from './poisoned.ts'
import { reconciled } from './reconciled-step.ts'
import { aboveCap } from './sale-messages.ts'
import { stepDue } from './sale-step.ts'
import { Changes, type Note, type Release, Scene } from './scene.ts'
import type { World } from './world.ts'

export interface Decided {
  readonly writes: Writes
  /** Inputs whose machine another server holds: they go to the next batch. */
  readonly postponed: readonly Input[]
  /** Inputs that were stored before: nothing came of them now. */
  readonly repeated: readonly Input[]
  readonly notes: readonly Note[]
  readonly releases: readonly Release[]
}

export function decide(book: BatchBook, inputs: readonly Input[], world: World): Decided {
  const batch = new Changes()
  const seen = new Map(book.seen.map((row) => [`${row.source} ${row.key}`, row.bodyHash]))
  const locked = new Set(book.machines.map(({ automatonId }) => automatonId))
  const shelves = new Shelves(book)
  const postponed: Input[] = []
  const repeated: Input[] = []
  for (const input of inDueOrder(inputs)) {
    if (input.automatonId !== null && !locked.has(input.automatonId)) {
      postponed.push(input)
      continue
    }
    const key = inboxKeyOf(input)
    if (key && seen.has(`${key.source} ${key.key}`)) repeated.push(input)
    const changes = decideOne(shelves.sceneOf(book, batch, input), input, seen, world)
    batch.add(changes)
    shelves.add(changes)
  }
  return { writes: writesOf(batch), postponed, repeated, notes: batch.notes, releases: batch.releases }
}

function inDueOrder(inputs: readonly Input[]): Input[] {
  return [...inputs.filter(({ kind }) => kind !== 'due'), ...inputs.filter(({ kind }) => kind === 'due')]
}

/** The books by machine, as the inputs decided so far have left them: each input sees those of its own. */
class Shelves {
  readonly #machines = new Map<string, MachineRow>()
  readonly #sales = new Map<string, Map<string, SaleRow>>()
  readonly #identifications = new Map<string, Map<string, IdentificationRow>>()
  readonly #owners = new Map<string, string>()
  readonly #calls = new Map<string, CallRow>()

  constructor({ machines, sales, identifications, calls }: BatchBook) {
    for (const row of calls) this.#calls.set(row.callId, row)
    for (const row of machines) this.#machines.set(row.automatonId, row)
    for (const row of sales) this.#putSale(row)
    for (const row of identifications) this.#putIdentification(row)
  }

  add({ machines, sales, identifications, calls }: Changes): void {
    for (const row of calls.values()) this.#calls.set(row.callId, row)
    for (const row of machines.values()) this.#machines.set(row.automatonId, row)
    for (const row of sales.values()) this.#putSale(row)
    for (const row of identifications.values()) this.#putIdentification(row)
  }

  sceneOf(book: BatchBook, batch: Changes, input: Input): Scene {
    const id = input.automatonId ?? ''
    return new Scene({
      certificates: book.certificates,
      machine: this.#machines.get(id),
      sales: [...(this.#sales.get(id)?.values() ?? [])],
      identifications: [...(this.#identifications.get(id)?.values() ?? [])],
      unknowns: [...book.unknowns, ...batch.unknowns],
      calls: [...this.#calls.values()],
      wrongCodes: [...book.wrongCodes, ...batch.wrongCodes],
      tallies: input.kind === 'phone' ? [...book.tallies, ...batch.tallies] : [],
      namesForeignSale: this.#isForeign(input),
      ...historyOf(id, book, batch, input),
    })
  }

  /** Whether an input names the sale of another machine than its own. */
  #isForeign(input: Input): boolean {
    const owner = this.#owners.get(saleIdOf(input) ?? '')
    return owner !== undefined && owner !== input.automatonId
  }

  #putSale(row: SaleRow): void {
    this.#owners.set(row.saleId, row.automatonId)
    put(this.#sales, row.automatonId, row.saleId, row)
  }

  #putIdentification(row: IdentificationRow): void {
    put(this.#identifications, row.automatonId, row.identificationId, row)
  }
}

/** Looked up for audit data only, which is rare. */
function historyOf(id: string, book: BatchBook, batch: Changes, input: Input) {
  const isAudit = input.kind === 'machine' && input.type === 'audit'
  const ofMachine = <R extends { automatonId: string }>(kept: readonly R[], added: readonly R[]) =>
    isAudit ? [...kept, ...added].filter((row) => row.automatonId === id) : []
  return {
    sold: ofMachine(book.sold, batch.sold),
    audits: ofMachine(book.audits, batch.audits),
    telemetry: ofMachine(book.telemetry, batch.telemetry),
  }
}

function put<R>(shelves: Map<string, Map<string, R>>, automatonId: string, key: string, row: R): void {
  const shelf = shelves.get(automatonId) ?? new Map<string, R>()
  shelf.set(key, row)
  shelves.set(automatonId, shelf)
}

function decideOne(scene: Scene, input: Input, seen: Map<string, string>, world: World): Changes {
  const inbox = inboxKeyOf(input)
  if (inbox && fromAdmittedJournal(scene, input)) {
    const known = seen.get(`${inbox.source} ${inbox.key}`)
    if (known !== undefined) return answerAgain(scene, world, input, known !== inbox.bodyHash)
    seen.set(`${inbox.source} ${inbox.key}`, inbox.bodyHash)
    scene.changes.inbox.push({
      ...inbox,
      automatonId: input.automatonId,
      saleId: saleIdOf(input) ?? null,
      body: restOf(input),
      at: world.at,
    })
    if (input.kind === 'machine') countStored(scene, Number(inbox.key))
  } else if (inbox && input.kind === 'machine') {
    return notAdmitted(scene, input)
  }
  const before = new Changes()
  before.add(scene.changes)
  try {
    act(scene, input, world)
  } catch (error) {
    return quarantined(scene, before, input, world, error)
  }
  if (inbox && input.kind === 'machine') releaseStored(scene)
  return scene.changes
}

function act(scene: Scene, input: Input, world: World): void {
  switch (input.kind) {
    case 'machine':
      if (input.type === 'malformed') throw new Poisoned(`not in form: ${input.reason}`)
      if (scene.namesForeignSale) throw new Poisoned('it names a sale of another machine')
      machineSpoke(scene, world, input)
      return
    case 'phone':
      phoneSpoke(scene, world, input)
      return
    case 'voice':
      callSpoke(scene, world, input)
      return
    case 'payment':
      paymentAnswered(scene, world, input)
      return
    case 'due':
      fallDue(scene, world, input)
      return
    case 'reconciled':
      reconciled(scene, world, input)
      return
    case 'person':
      personSpoke(scene, world, input)
      return
    case 'readmit':
      readmit(scene, world)
  }
}

/** Taken and checked under the lock: the row is still there and still due for this very time. */
function fallDue(scene: Scene, world: World, input: Extract<Input, { kind: 'due' }>): void {
  const call = input.callId == null ? undefined : scene.call(input.callId)
  if (call) {
    // Bound to its machine since it was found due: it will be found again.
    const isLocked = call.automatonId === input.automatonId
    if (isLocked && call.dueAt === input.dueAt) callDue(scene, world, call)
    return
  }
  const sale = scene.sale(input.saleId)
  if (sale) {
    if (!sale.open || sale.dueAt !== input.dueAt) return
    // Soon after a return what would decide a sale may still be on its way: only unpaid offers end (rule 11).
    if (world.quiet && !sale.state.startsWith('open.')) return
    stepDue(scene, world, sale, aboveCap(scene, world, sale))
    return
  }
  const identification = scene.identification(input.identificationId ?? '')
  if (identification?.state !== 'waiting' || identification.dueAt !== input.dueAt) return
  scene.putIdentification({ ...identification, state: 'closed', dueAt: null })
  const { subscriberId, channel, sessionId, vouched, language } = identification
  const say = { kind: 'tooLate' as const, machineNumber: scene.machine.machineNumber ?? '' }
  addText(scene, world, { subscriberId, channel, sessionId, vouched, language, say }, null)
}

/** A message of a journal that nobody admitted is not processed and not *stored*: the machine keeps it. */
function fromAdmittedJournal(scene: Scene, input: Input): boolean {
  if (input.kind !== 'machine') return true
  const journalId =
    input.type === 'sale' || input.type === 'audit'
      ? input.message.journalId
      : input.type === 'malformed'
        ? input.journalId
        : null
  return scene.machine.state === 'admitted' && journalId === scene.machine.journalId
}

function notAdmitted(scene: Scene, { automatonId }: { automatonId: string }): Changes {
  scene.note({ words: `a message of ${automatonId} came from a journal that is not admitted`, alarm: true })
  return scene.changes
}

/**
 * Seen before: the same answer again. The same number with another body is a second machine with this
 * identity.
 */
function answerAgain(scene: Scene, world: World, input: Input, differs: boolean): Changes {
  if (input.kind !== 'machine') return scene.changes
  if (differs) {
    bar(scene, world, 'two bodies under one number: another machine has its identity')
    scene.note({
      words: `${input.automatonId} is barred: two bodies under one number, a duplicate identity`,
      alarm: true,
    })
    return scene.changes
  }
  const inbox = inboxKeyOf(input)
  if (inbox) countStored(scene, Number(inbox.key))
  releaseStored(scene)
  return scene.changes
}

/** Keeps the inbox row and the count of *stored*, drops what the input had begun, and sets its sale aside. */
function quarantined(scene: Scene, before: Changes, input: Input, world: World, error: unknown): Changes {
  const why = storable(error instanceof Error ? error.message : String(error))
  const saleId = saleIdOf(input) ?? null
  before.quarantine.push({
    id: world.mint(),
    automatonId: input.automatonId,
    saleId,
    source: input.kind,
    error: why,
    body: bodyOf(input),
    at: world.at,
  })
  const whose = input.automatonId === null ? '' : ` of ${input.automatonId}`
  const words = `an event${whose} is quarantined: ${why}`
  before.notes.push({ words, alarm: true, ...(saleId === null ? {} : { saleId }) })
  const kept = sceneOfKept(scene, before)
  const sale = kept.sale(saleId)
  if (sale) kept.putSale({ ...sale, aside: `a ${input.kind} event could not be processed: ${why}` })
  if (input.kind === 'due') dropDeadline(kept, input)
  if (inboxKeyOf(input) && input.kind === 'machine') releaseStored(kept)
  // Whatever answer was being processed is not asked for again by the clock alone.
  if (input.kind === 'payment') kept.changes.outboxDone.push(input.operationId)
  return kept.changes
}

/** A deadline that cannot be processed would be due again at once, and for ever. */
function dropDeadline(scene: Scene, due: Extract<Input, { kind: 'due' }>): void {
  const { saleId, identificationId, callId } = due
  const call = callId == null ? undefined : scene.call(callId)
  if (call) scene.putCall({ ...call, dueAt: null })
  const sale = scene.sale(saleId)
  if (sale) scene.putSale({ ...sale, dueAt: null, dueEvent: null })
  const identification = scene.identification(identificationId ?? '')
  if (identification) scene.putIdentification({ ...identification, state: 'closed', dueAt: null })
}

function sceneOfKept(scene: Scene, before: Changes): Scene {
  const kept = scene.restarted()
  kept.changes.add(before)
  return kept
}

/**
 * For the record: the input as JSON, without the sealed number of a phone and without codes, which may be
 * good for a while yet.
 */
function bodyOf(input: Input): string {
  if (input.kind === 'machine' && input.type === 'sale' && 'code' in input.message) {
    const { code: _, ...rest } = input.message
    return storable(JSON.stringify(rest))
  }
  if (input.kind === 'machine' && 'body' in input) return storable(input.body)
  if (input.kind === 'voice') {
    const { act, ...rest } = input
    return storable(JSON.stringify({ ...rest, act: act.type }))
  }
  if (input.kind === 'phone') {
    const { subscriber, ...rest } = input
    const act = withoutCode(input.act)
    return storable(JSON.stringify({ ...rest, act, subscriberId: subscriber.subscriberId }))
  }
  return storable(JSON.stringify(input))
}

/** The same without what the columns of its inbox row say: seven are written in a sale. */
function restOf(input: Input): string {
  if (input.kind === 'phone') {
    const { at, subscriber } = input
    const act = withoutCode(input.act)
    return storable(JSON.stringify({ act, at, subscriberId: subscriber.subscriberId }))
  }
  if (input.kind === 'payment') {
    const { operationKind, result, at } = input
    return storable(JSON.stringify({ operationKind, result, at }))
  }
  return bodyOf(input)
}

/** That of a page is kept nowhere but in its text, until that is sent (visits.ts). */
function withoutCode(act: PhoneAct): object {
  return act.type === 'answerOnly' && act.say.kind === 'pageCode' ? { ...act, say: act.say.kind } : act
}

/** PostgreSQL's text takes neither NUL nor half a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

function writesOf(changes: Changes): Writes {
  return {
    inbox: changes.inbox,
    machines: [...changes.machines.values()],
    certificates: [...changes.certificates.values()],
    sales: [...changes.sales.values()],
    identifications: [...changes.identifications.values()],
    outbox: changes.outbox,
    outboxDone: changes.outboxDone,
    outboxDropped: changes.outboxDropped,
    outboxDue: changes.outboxDue,
    quarantine: changes.quarantine,
    persons: changes.persons,
    unknowns: summed(changes),
    tallies: talliesSummed(changes),
    blocked: [],
    forgotten: [],
    sold: soldSummed(changes),
    subscribers: [...changes.subscribers.values()],
    calls: [...changes.calls.values()],
    callEnds: changes.callEnds,
    wrongCodes: summedCodes(changes),
    configurations: changes.configurations,
    telemetry: changes.telemetry,
    audits: changes.audits,
    pages: [...changes.pages.values()],
  }
}

function soldSummed({ sold }: Changes): Writes['sold'] {
  const rows = new Map<string, Writes['sold'][number]>()
  for (const row of sold) {
    const key = `${row.automatonId} ${row.item} ${row.result}`
    const before = rows.get(key)
    const number = row.number + (before?.number ?? 0)
    rows.set(key, { ...row, number, valueMinor: row.valueMinor + (before?.valueMinor ?? 0) })
  }
  return [...rows.values()]
}

function summedCodes({ wrongCodes }: Changes): Writes['wrongCodes'] {
  const rows = new Map<string, Writes['wrongCodes'][number]>()
  for (const row of wrongCodes) {
    const key = `${row.hour} ${row.automatonId}`
    rows.set(key, { ...row, count: row.count + (rows.get(key)?.count ?? 0) })
  }
  return [...rows.values()]
}

function talliesSummed({ tallies }: Changes): Writes['tallies'] {
  const rows = new Map<string, Writes['tallies'][number]>()
  for (const row of tallies) {
    rows.set(row.scope, { ...row, count: row.count + (rows.get(row.scope)?.count ?? 0) })
  }
  return [...rows.values()]
}

/** One row a count: a statement must not touch the same row twice. */
function summed({ unknowns }: Changes): Writes['unknowns'] {
  const rows = new Map<string, Writes['unknowns'][number]>()
  for (const row of unknowns) {
    const key = `${row.day} ${row.scope} ${row.id}`
    rows.set(key, { ...row, count: row.count + (rows.get(key)?.count ?? 0) })
  }
  return [...rows.values()]
}
