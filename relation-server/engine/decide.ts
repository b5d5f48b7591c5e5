// One batch, decided: the locked books and the inputs in, all rows to write out. Inputs are taken in the
// order they came, except that due times wait for everything stored before them (rule 11). An input that
// cannot be processed costs its machine one quarantine row and nobody else anything (rule 16).
import type { BatchBook, InboxRow, Writes } from '../store/port.ts'
import { callDue, callSpoke } from './call-step.ts'
import { type InboxKey, type Input, inboxKeyOf, type PhoneAct, saleIdOf } from './inputs.ts'
import { bar, countStored, machineSpoke, readmit, releaseStored } from './machine-step.ts'
import { addText } from './outgoing.ts'
import { paymentAnswered } from './payment-step.ts'
import { personSpoke } from './person-step.ts'
import { phoneSpoke } from './phone-step.ts'
import { Poisoned } from './poisoned.ts'
import { reconciled } from './reconciled-step.ts'
import { aboveCap } from './sale-messages.ts'
import { stepDue } from './sale-step.ts'
import { type Changes, type Note, type Release, Scene } from './scene.ts'
import { Shelves } from './shelves.ts'
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
  const shelves = new Shelves(book)
  const seen = new Map(book.seen.map((row) => [nameOf(row), row.bodyHash]))
  const postponed: Input[] = []
  const repeated: Input[] = []
  for (const input of inDueOrder(inputs)) {
    if (input.automatonId !== null && !shelves.machine(input.automatonId)) {
      postponed.push(input)
      continue
    }
    const inbox = inboxKeyOf(input)
    if (inbox && seen.has(nameOf(inbox))) repeated.push(input)
    const scene = new Scene(shelves, input.automatonId)
    shelves.add(decideOne(scene, input, inbox, seen, world))
  }
  return {
    writes: shelves.writes(),
    postponed,
    repeated,
    notes: shelves.all('notes'),
    releases: shelves.all('releases'),
  }
}

const nameOf = ({ source, key }: Pick<InboxRow, 'source' | 'key'>) => `${source} ${key}`

function inDueOrder(inputs: readonly Input[]): readonly Input[] {
  if (!inputs.some(({ kind }) => kind === 'due')) return inputs
  return [...inputs.filter(({ kind }) => kind !== 'due'), ...inputs.filter(({ kind }) => kind === 'due')]
}

function decideOne(
  scene: Scene,
  input: Input,
  inbox: InboxKey | undefined,
  seen: Map<string, string>,
  world: World,
): Changes {
  if (inbox) {
    if (!fromAdmittedJournal(scene, input)) return notAdmitted(scene, input)
    const known = seen.get(nameOf(inbox))
    if (known !== undefined) return answerAgain(scene, world, input, inbox, known)
    seen.set(nameOf(inbox), inbox.bodyHash)
    keepInput(scene, world, input, inbox)
  }
  try {
    act(scene, input, world)
  } catch (error) {
    // What the input had begun is dropped; that it came, and its count as *stored*, stay.
    const kept = scene.restarted()
    if (inbox) keepInput(kept, world, input, inbox)
    setAside(kept, input, world, error)
    return kept.changes
  }
  if (inbox && input.kind === 'machine') releaseStored(scene)
  return scene.changes
}

function keepInput(scene: Scene, world: World, input: Input, inbox: InboxKey): void {
  const { automatonId } = input
  const saleId = saleIdOf(input) ?? null
  scene.changes.inbox.push({ ...inbox, automatonId, saleId, body: restOf(input), at: world.at })
  if (input.kind === 'machine') countStored(scene, Number(inbox.key))
}

function act(scene: Scene, input: Input, world: World): void {
  switch (input.kind) {
    case 'machine':
      if (input.type === 'malformed') throw new Poisoned(`not in form: ${input.reason}`)
      if (scene.isForeign(saleIdOf(input))) throw new Poisoned('it names a sale of another machine')
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

/**
 * A message of a journal that nobody admitted is not processed and not *stored*: the machine keeps it. It is
 * told which journal counts here, and asks for its own by a birth: it may take itself for admitted.
 */
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

function notAdmitted(scene: Scene, { automatonId }: Input): Changes {
  scene.note({ words: `a message of ${automatonId} came from a journal that is not admitted`, alarm: true })
  releaseStored(scene)
  return scene.changes
}

/**
 * Seen before: the same answer again. The same number with another body is a second machine with this
 * identity.
 * @param known hash of the body that was stored
 */
function answerAgain(scene: Scene, world: World, input: Input, inbox: InboxKey, known: string): Changes {
  if (input.kind !== 'machine') return scene.changes
  if (known !== inbox.bodyHash) {
    bar(scene, world, 'two bodies under one number: another machine has its identity')
    scene.note({
      words: `${input.automatonId} is barred: two bodies under one number, a duplicate identity`,
      alarm: true,
    })
    return scene.changes
  }
  countStored(scene, Number(inbox.key))
  releaseStored(scene)
  return scene.changes
}

/** Quarantine for an input that cannot be processed; its sale waits for a person. */
function setAside(scene: Scene, input: Input, world: World, error: unknown): void {
  const why = storable(error instanceof Error ? error.message : String(error))
  const { automatonId } = input
  const saleId = saleIdOf(input) ?? null
  const row = { id: world.mint(), automatonId, saleId, source: input.kind, error: why }
  scene.changes.quarantine.push({ ...row, body: bodyOf(input), at: world.at })
  const whose = automatonId === null ? '' : ` of ${automatonId}`
  const words = `an event${whose} is quarantined: ${why}`
  scene.note({ words, alarm: true, ...(saleId === null ? {} : { saleId }) })
  const sale = scene.sale(saleId)
  if (sale) scene.putSale({ ...sale, aside: `a ${input.kind} event could not be processed: ${why}` })
  if (input.kind === 'due') dropDeadline(scene, input)
  if (inboxKeyOf(input) && input.kind === 'machine') releaseStored(scene)
  // Whatever answer was being processed is not asked for again by the clock alone.
  if (input.kind === 'payment') scene.changes.outboxDone.push(input.operationId)
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
