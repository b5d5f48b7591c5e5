// The engine (architecture, section 6): every input waits in one queue; when no commit is in flight the next
// batch is taken at once, its machines locked, the charts run, everything written in one commit; then what
// was decided is let out. What comes during a commit is the next batch. Nothing is performed that is not
// stored.

import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import type { Figures } from '../figures.ts'
import type { BatchBook, BatchNeed, OutboxRow, Store } from '../store/port.ts'
import { tallyScopesOf } from './budget.ts'
import { type Decided, decide } from './decide.ts'
import { callIdOf, callsAtOf, type InboxKey, type Input, inboxKeyOf, saleIdOf, signerOf } from './inputs.ts'
import type { Note, Release } from './scene.ts'
import { hourOf } from './typed-code.ts'
import { dayOf, type Settings, World } from './world.ts'

/** Most inputs in one commit. */
const largestBatch = 256
/** Pause before a batch is tried again that another server, or a lost database, has stopped. */
const busyPauseMs = 5
const awayPauseMs = 250
const mostPostponements = 1000

export interface EngineParts {
  readonly store: Store
  readonly settings: Settings
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Lets out what a commit has decided. Must not throw and not wait. */
  readonly letOut: (releases: readonly Release[], outbox: readonly OutboxRow[]) => void
  readonly figures?: Figures | undefined
}

/** `repeat`: it had been stored before, and nothing came of it now. */
export type Taken = 'first' | 'repeat'

interface Waiting {
  readonly input: Input
  /** How often its machine was locked by somebody else, or not there at all. */
  postponed: number
  readonly settle: { resolve(taken: Taken): void; reject(error: unknown): void }
}

export class Engine {
  readonly #parts: EngineParts
  readonly #parties: KnownParties
  #queue: Waiting[] = []
  /** Outbox rows that were performed and are answered by nobody; the next commit removes them. */
  #performed: string[] = []
  #centreChains: readonly string[] = []
  #quietUntil = Number.POSITIVE_INFINITY
  #busy = false
  #stopped = false
  /** Said once for each outage. */
  #lastTrouble = ''
  #pause: Timer | undefined
  #idle: (() => void)[] = []

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#parties = new KnownParties(parts.settings.rootPem)
  }

  /** The payment centre's certificate chains, given to every machine that is admitted from now on. */
  useCentreChains(chains: readonly string[]): void {
    this.#centreChains = chains
  }

  get centreChains(): readonly string[] {
    return this.#centreChains
  }

  /** The server is back with its peers: deadlines that move money wait `quietMs` from now (rule 11). */
  peersAreBack(): void {
    const { clock, settings } = this.#parts
    this.#quietUntil = clock.monotonic() + settings.limits.quietMs
  }

  /** The peers are gone: no such deadline fires until they are back. */
  peersAreGone(): void {
    this.#quietUntil = Number.POSITIVE_INFINITY
  }

  /**
   * Resolves once the input and all that it caused are committed (a repeat: at once, it was). Rejects when it
   * could not be stored, for good or because the engine stops: the sender has to send it again.
   */
  submit(input: Input): Promise<Taken> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(stopping())
        return
      }
      this.#queue.push({ input, postponed: 0, settle: { resolve, reject } })
      this.#flush()
    })
  }

  /**
   * Removes an outbox row that was performed and is answered by nobody, with the next commit. When the server
   * ends before, or the database refuses, the row stands and is performed again.
   */
  performed(outboxId: string): void {
    this.#performed.push(outboxId)
    this.#flush()
  }

  /** No deadline moves money now. */
  get quiet(): boolean {
    return this.#parts.clock.monotonic() < this.#quietUntil
  }

  /** How many inputs wait, the batch in flight not counted. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Lets the commit in flight end; what still waits is refused, and its senders will send it again. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#pause?.cancel()
    const refused = this.#queue
    this.#queue = []
    for (const { settle } of refused) settle.reject(stopping())
    if (this.#busy) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #flush(): void {
    if (this.#busy || this.#pause || this.#queue.length + this.#performed.length === 0) return
    const batch = this.#queue.splice(0, largestBatch)
    this.#busy = true
    this.#commit(batch).then((letOut) => {
      this.#busy = false
      // The database reads for the next batch while this one is let out.
      this.#flush()
      letOut()
      if (this.#stopped && !this.#busy) for (const wake of this.#idle.splice(0)) wake()
    })
  }

  /** @returns lets out what was decided, and answers its senders; what could not be stored is seen to. */
  async #commit(batch: Waiting[]): Promise<() => void> {
    const { store, log, clock } = this.#parts
    const inputs = batch.map(({ input }) => input)
    const performed = this.#performed.splice(0)
    const began = clock.monotonic()
    try {
      const { decided, book } = await store.commitBatch(this.#need(inputs), (book) => {
        const result = decide(book, inputs, this.#world())
        const outboxDone = [...result.writes.outboxDone, ...performed]
        return { writes: { ...result.writes, outboxDone }, result: { decided: result, book } }
      })
      const tookMs = clock.monotonic() - began
      this.#lastTrouble = ''
      const postponed = new Set(decided.postponed)
      this.#postpone(batch.filter(({ input }) => postponed.has(input)))
      const stored = batch.filter(({ input }) => !postponed.has(input))
      return () => this.#letOut(stored, decided, book, tookMs)
    } catch (error) {
      const isRepeated = batch.length > 0 || (error instanceof OperatingError && error.retry)
      if (isRepeated && !this.#stopped) this.#performed.push(...performed)
      if (error instanceof OperatingError && error.retry) {
        if (error.code !== 'database-busy' && this.#lastTrouble !== error.message) {
          this.#lastTrouble = error.message
          log.warn({ code: error.code }, `${error.message} ${error.advice}`)
        }
        this.#again(batch, error.code === 'database-busy' ? busyPauseMs : awayPauseMs)
      } else {
        await this.#findOffender(batch, error)
      }
      return () => {}
    }
  }

  /**
   * A batch that the database refuses for good is tried input by input, so that one of them costs only
   * itself.
   */
  async #findOffender(batch: Waiting[], error: unknown): Promise<void> {
    const [only] = batch
    if (batch.length === 1 && only) {
      const { kind, automatonId } = only.input
      const why = error instanceof Error ? error.message : String(error)
      this.#parts.log.error({ kind, automatonId }, `an input could not be stored: ${why}`)
      only.settle.reject(error)
      return
    }
    for (const each of batch) {
      const letOut = await this.#commit([each])
      letOut()
    }
  }

  /** Another server holds the machine for a few milliseconds; nobody holds it for hundreds of batches. */
  #postpone(batch: Waiting[]): void {
    // What was performed meanwhile is no reason to pause.
    if (batch.length === 0) return
    for (const each of batch) each.postponed++
    for (const { input, settle, postponed } of batch) {
      if (postponed >= mostPostponements) settle.reject(locked(input.automatonId))
    }
    this.#again(
      batch.filter(({ postponed }) => postponed < mostPostponements),
      busyPauseMs,
    )
  }

  /** Back to the head of the queue, in order; a stopping engine refuses it instead. */
  #again(batch: Waiting[], pauseMs: number): void {
    if (batch.length + this.#performed.length === 0) return
    if (this.#stopped) {
      for (const { settle } of batch) settle.reject(stopping())
      return
    }
    this.#queue.unshift(...batch)
    this.#pause ??= this.#parts.clock.after(pauseMs, () => {
      this.#pause = undefined
      this.#flush()
    })
  }

  #need(inputs: readonly Input[]): BatchNeed {
    const now = this.#parts.clock.now()
    const automatonIds = new Set<string>()
    const saleIds = new Set<string>()
    const kids = new Set<string>()
    const inboxKeys: InboxKey[] = []
    for (const input of inputs) {
      if (input.automatonId !== null) automatonIds.add(input.automatonId)
      const saleId = saleIdOf(input)
      if (saleId !== undefined) saleIds.add(saleId)
      const kid = signerOf(input)
      if (kid !== undefined && !this.#knows(kid, now)) kids.add(kid)
      const key = inboxKeyOf(input)
      if (key) inboxKeys.push(key)
    }
    return {
      automatonIds: [...automatonIds].sort(),
      kids: [...kids].sort(),
      saleIds: [...saleIds].sort(),
      inboxKeys,
      tallyScopes: [...new Set(inputs.flatMap(scopesOf))].sort(),
      unknownsOf: inputs.some(mayEndUnknown) ? dayOf(now) : null,
      auditsOf: [...new Set(inputs.flatMap(auditOf))].sort(),
      ...voiceNeed(inputs, now),
    }
  }

  #knows(kid: string, now: number): boolean {
    return this.#parties.find(kid, 'automaton', now) !== undefined
  }

  #world(): World {
    const { settings, clock, random } = this.#parts
    return new World({
      settings,
      parties: this.#parties,
      at: clock.now(),
      quiet: this.quiet,
      centreChains: this.#centreChains,
      random,
    })
  }

  #letOut(stored: readonly Waiting[], decided: Decided, book: BatchBook, tookMs: number): void {
    const { notes, releases, writes } = decided
    const { log, figures, letOut } = this.#parts
    for (const note of notes) tell(log, note)
    letOut(releases, writes.outbox)
    figures?.committed({ inputs: stored.map(({ input }) => input), book, writes, tookMs })
    const repeated = new Set(decided.repeated)
    for (const { input, settle } of stored) settle.resolve(repeated.has(input) ? 'repeat' : 'first')
  }
}

function scopesOf(input: Input): string[] {
  return input.kind === 'phone' ? tallyScopesOf(input) : []
}

function auditOf(input: Input): string[] {
  return input.kind === 'machine' && input.type === 'audit' ? [input.automatonId] : []
}

/** Most batches are about no call, and ask nothing about them. */
function voiceNeed(inputs: readonly Input[], now: number): Pick<BatchNeed, 'voice'> {
  const callIds = [...new Set(inputs.flatMap((input) => callIdOf(input) ?? []))].sort()
  const callsAt = [...new Set(inputs.flatMap((input) => callsAtOf(input) ?? []))].sort()
  return callIds.length + callsAt.length === 0 ? {} : { voice: { callIds, callsAt, hour: hourOf(now) } }
}

/** Only these can close a sale as unknown, and need the day's counts. */
function mayEndUnknown(input: Input): boolean {
  if (input.kind === 'machine') return input.type === 'sale' && input.message.kind === 'outcome'
  return input.kind === 'due' || input.kind === 'person'
}

function tell(log: Log, { step, saleId, words, alarm }: Note): void {
  const fields = { ...(step === undefined ? {} : { step }), ...(saleId === undefined ? {} : { saleId }) }
  if (alarm) log.warn(fields, words)
  else log.info(fields, words)
}

function locked(automatonId: string | null): OperatingError {
  return new OperatingError({
    code: 'machine-locked',
    message: `The row of machine ${automatonId} is not there or stays locked.`,
    advice: 'See `machine list`, and pg_locks for who holds it. Whoever sent this will send it again.',
    retry: true,
  })
}

function stopping(): OperatingError {
  return new OperatingError({
    code: 'server-stopping',
    message: 'The relation server is stopping.',
    advice: 'Send it again: the next server takes it.',
    retry: true,
  })
}
