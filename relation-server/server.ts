// The relation server from its ports: engine, conversation, performer, due watch and reconciliation, started
// in an order in which nothing is heard before it can be stored, and stopped in the opposite one. It opens no
// socket and no file; serve.ts opens the real ones, and a simulated world hands it its own.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { CentreCertificates } from './centre-certificates.ts'
import { Conversation, type Manners } from './conversation.ts'
import { DueWatch } from './engine/due-watch.ts'
import { Engine } from './engine/engine.ts'
import type { MachineInput } from './engine/inputs.ts'
import { Performer } from './engine/performer.ts'
import type { Settings } from './engine/world.ts'
import type { Figures } from './figures.ts'
import { newMachine } from './machine-commands.ts'
import type { MachineDirectory } from './machine-directory.ts'
import type { Machines } from './machines/port.ts'
import type { Payments } from './payments/port.ts'
import type { Incoming, Reply, TextSender } from './phones/port.ts'
import { CallDesk, type CallDeskParts } from './phones/voice/call-desk.ts'
import { Visits, type VisitsParts } from './phones/web/visits.ts'
import { Reconciliation } from './reconciliation.ts'
import { Screens } from './screens.ts'
import { sharedWork } from './shared-work.ts'
import type { Store } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

export interface ServerParts {
  readonly settings: Settings
  readonly manners: Manners
  readonly store: Store
  readonly directory: MachineDirectory
  readonly machines: Machines
  readonly payments: Payments
  /** The payment centre's address, under which its certificates are kept. */
  readonly centreUrl: string
  readonly sender: TextSender
  readonly vault: SubscriberVault
  /** Left out where there are no voice numbers. */
  readonly voice?: Pick<CallDeskParts, 'configuration' | 'codes'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Left out where nobody watches. */
  readonly figures?: Figures | undefined
}

const pruneEveryMs = 3_600_000

export class RelationServer {
  readonly #parts: ServerParts
  readonly #engine: Engine
  readonly #dueWatch: DueWatch
  readonly #reconciliation: Reconciliation
  readonly #conversation: Conversation
  /** Where calls are heard; undefined where there are no voice numbers. */
  readonly calls: CallDesk | undefined
  readonly #centre: CentreCertificates
  #pruning: Timer | undefined
  readonly #births = sharedWork<void>()
  /** Births under way, by machine. */
  readonly #born = new Map<string, Promise<void>>()
  #stopped = false

  constructor(parts: ServerParts) {
    const { store, clock, random, log, settings, payments, machines, figures } = parts
    this.#parts = parts
    this.#engine = new Engine({
      store,
      settings,
      clock,
      random,
      log,
      figures,
      letOut: (releases, outbox) => performer.letOut(releases, outbox),
    })
    const engine = () => this.#engine
    const { presence } = settings
    const said = { ...parts.manners, presence, screens: new Screens(clock) }
    this.#conversation = new Conversation({ ...parts, ...said, engine })
    this.calls = parts.voice && new CallDesk({ ...parts, ...parts.manners, ...parts.voice, engine })
    const callWentOn = (callId: string) => this.calls?.wentOn(callId)
    const performer: Performer = new Performer(
      {
        ...{ store, payments, machines, clock, log, figures },
        speaker: this.#conversation,
        vault: parts.vault,
        callWentOn,
      },
      engine,
    )
    const shared = { store, engine: this.#engine, clock, log }
    this.#dueWatch = new DueWatch({ ...shared, performer }, settings.limits)
    this.#reconciliation = new Reconciliation({ ...shared, payments, limits: settings.limits })
    this.#centre = new CentreCertificates({
      ...shared,
      payments,
      centreUrl: parts.centreUrl,
      known: () => this.#listenToMachines(),
      met: () => this.#reconciliation.start(),
    })
  }

  /** Machines are heard once the centre's certificates are known; phones are by whoever calls `receive`. */
  start(): void {
    this.#centre.start()
    this.#dueWatch.start()
    this.#prune()
  }

  /** What a phone says. Resolves after the commit, a dialogue's with the screen that answers it. */
  receive(incoming: Incoming, stored?: () => void): Promise<Reply> {
    return this.#conversation.receive(incoming, stored)
  }

  /** Who looks at the machines' pages. */
  visits(settings: Pick<VisitsParts, 'provenMs' | 'codesPerHour'>): Visits {
    const { manners } = this.#parts
    const shared = { served: manners, caps: manners.caps, engine: () => this.#engine }
    return new Visits({ ...this.#parts, ...settings, ...shared })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#centre.stop()
    this.#pruning?.cancel()
    this.#reconciliation.stop()
    await this.#parts.machines.stop()
    // At once: the watch may wait for deadlines that the engine cannot store.
    await Promise.all([this.#dueWatch.stop(), this.#engine.stop()])
    await Promise.all([this.#parts.payments.close(), this.#parts.sender.close()])
    await this.#parts.store.close()
  }

  #listenToMachines(): void {
    const { log } = this.#parts
    this.#parts.machines.start({
      receive: (input) => {
        this.#hearOnce(input).catch((error: unknown) => {
          // Not stored, so the machine sends it again.
          log.warn({ automatonId: input.automatonId }, `a message was not taken: ${String(error)}`)
        })
      },
      up: () => {
        log.info('machines can be heard')
        this.#engine.peersAreBack()
      },
      down: (error) => {
        log.warn(`machines cannot be heard: ${error.message} ${error.advice}`)
        this.#engine.peersAreGone()
      },
    })
  }

  async #hear(input: MachineInput): Promise<void> {
    const { store, clock, directory } = this.#parts
    if (input.type === 'birth' && !(await directory.knows(input.automatonId))) {
      await store.ensureMachine(newMachine(input.automatonId, '', clock.now()))
    }
    if (await directory.knows(input.automatonId)) await this.#engine.submit(input)
  }

  /**
   * A machine says its birth again until it is answered. While one waits its repeats are not another's work:
   * when a whole fleet comes back at once, they would come faster than they can be answered.
   */
  async #hearOnce(input: MachineInput): Promise<void> {
    const { automatonId } = input
    if (input.type !== 'birth') {
      // A birth asks the books first: what the machine says of itself after it must not overtake it.
      if (input.type === 'presence') await this.#born.get(automatonId)
      return await this.#hear(input)
    }
    const key = sha256(JSON.stringify([automatonId, input.birth]))
    const birth = this.#births(key, () => this.#hear(input))
    const settled = birth.catch(() => {})
    this.#born.set(automatonId, settled)
    await birth.finally(() => {
      if (this.#born.get(automatonId) === settled) this.#born.delete(automatonId)
    })
  }

  /** Keeps the books as long as a re-credit is possible, and no longer. */
  #prune(): void {
    const { store, clock, settings, log } = this.#parts
    store
      .prune(clock.now() - settings.limits.keepMs, clock.now())
      .catch((error: unknown) => log.warn(`old rows could not be deleted: ${String(error)}`))
      .finally(() => {
        if (!this.#stopped) this.#pruning = clock.after(pruneEveryMs, () => this.#prune())
      })
  }
}
