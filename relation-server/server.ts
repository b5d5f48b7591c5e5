// The running relation server: broker, machines' link, phones' HTTP, engine, performer, due watch and
// reconciliation, started in an order in which nothing is heard before it can be stored, and stopped in the
// opposite one.
import { readFileSync } from 'node:fs'
import type { Identity } from '@concilia/platform/identity.ts'
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import fastify, { type FastifyInstance } from 'fastify'
import { newMachine } from './commands.ts'
import type { ServerConfiguration } from './configuration.ts'
import { Conversation } from './conversation.ts'
import { DueWatch } from './engine/due-watch.ts'
import { Engine } from './engine/engine.ts'
import type { MachineInput } from './engine/inputs.ts'
import { Performer } from './engine/performer.ts'
import type { Settings } from './engine/world.ts'
import { MachineDirectory } from './machine-directory.ts'
import { serverUsername } from './machines/broker-rights.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from './machines/embedded-broker-adapter.ts'
import { MachineLink } from './machines/machine-link-adapter.ts'
import type { Machines } from './machines/port.ts'
import { CamaraPayments } from './payments/camara-adapter.ts'
import { gatewaysFrom } from './phones/configuration.ts'
import { phonesPlugin } from './phones/http-adapter.ts'
import type { TextSender } from './phones/port.ts'
import { textSender } from './phones/text-sender-adapter.ts'
import { Reconciliation } from './reconciliation.ts'
import { Screens } from './screens.ts'
import type { Store } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

export interface ServerParts {
  readonly configuration: ServerConfiguration
  readonly settings: Settings
  readonly identity: Identity
  readonly clientSecret: string
  readonly store: Store
  readonly vault: SubscriberVault
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Where the server can be reached; `brokerPort` only with the embedded broker. */
export interface Ports {
  readonly httpPort: number
  readonly brokerPort?: number
}

const centreAgainMs = 1000
const pruneEveryMs = 3_600_000

export class RelationServer {
  readonly #parts: ServerParts
  readonly #directory: MachineDirectory
  readonly #payments: CamaraPayments
  readonly #engine: Engine
  readonly #performer: Performer
  readonly #dueWatch: DueWatch
  readonly #reconciliation: Reconciliation
  readonly #sender: TextSender
  readonly #http: FastifyInstance
  readonly #conversation: Conversation
  #broker: EmbeddedBroker | undefined
  #machines: Machines | undefined
  #again: Timer | undefined
  #pruning: Timer | undefined
  #stopped = false

  constructor(parts: ServerParts) {
    const { configuration, store, clock, random, log, settings, vault } = parts
    this.#parts = parts
    this.#directory = new MachineDirectory(store, clock)
    this.#payments = paymentsOf(parts, (kid) => this.#directory.chainOf(kid))
    this.#engine = new Engine({
      store,
      settings,
      clock,
      random,
      log,
      letOut: (releases, outbox) => this.#performer.letOut(releases, outbox),
    })
    const screens = new Screens(clock)
    const [gateway] = gatewaysFrom(configuration.phones)
    if (!gateway) throw noGateway()
    this.#sender = textSender(gateway.gateway.sending, configuration.phones.sendLimitMs)
    this.#conversation = new Conversation({
      store,
      directory: this.#directory,
      vault,
      engine: () => this.#engine,
      screens,
      sender: this.#sender,
      house: configuration.phones,
      language: configuration.phones.language,
      answerLimitMs: configuration.phones.answerLimitMs,
      clock,
      log,
    })
    this.#performer = new Performer(
      {
        store,
        payments: this.#payments,
        machines: { send: async (...message) => (await this.#machines?.send(...message)) ?? false },
        speaker: this.#conversation,
        vault,
        clock,
        log,
      },
      () => this.#engine,
    )
    const shared = { store, engine: this.#engine, clock, log }
    this.#dueWatch = new DueWatch({ ...shared, performer: this.#performer }, settings.limits)
    this.#reconciliation = new Reconciliation({
      ...shared,
      payments: this.#payments,
      limits: settings.limits,
    })
    this.#http = fastify({ disableRequestLogging: true })
  }

  /** Resolves once gateways and machines can connect. Rejects with an OperatingError such as a taken port. */
  async start(): Promise<Ports> {
    const { configuration, random, log, clock } = this.#parts
    await this.#serveHttp()
    const { machines } = configuration
    const password =
      machines.passwordFile === undefined
        ? uuidFrom(random)
        : readFileSync(machines.passwordFile, 'utf8').trim()
    const tls = machines.tls ? this.#parts.identity : undefined
    if (machines.brokerUrl === undefined) {
      const { host, port } = machines
      this.#broker = await startEmbeddedBroker({ host, port, serverPassword: password, tls, log })
    }
    const url = machines.brokerUrl ?? this.#broker?.url ?? ''
    this.#machines = new MachineLink({
      url,
      clientId: `relation-server-${uuidFrom(random)}`,
      username: machines.username ?? serverUsername,
      password,
      tls: url.startsWith('mqtts:') ? this.#parts.identity : undefined,
      clock,
      random,
      reconnectCapMs: configuration.limits.reconnectCapMs,
    })
    this.#meetCentre()
    this.#dueWatch.start()
    this.#prune()
    const address = this.#http.server.address()
    const httpPort = typeof address === 'object' && address ? address.port : 0
    return { httpPort, ...(this.#broker && { brokerPort: this.#broker.port }) }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#again?.cancel()
    this.#pruning?.cancel()
    this.#reconciliation.stop()
    await this.#http.close()
    await this.#machines?.stop()
    await this.#dueWatch.stop()
    await this.#engine.stop()
    await Promise.all([this.#payments.close(), this.#sender.close(), this.#broker?.close()])
    await this.#parts.store.close()
  }

  async #serveHttp(): Promise<void> {
    const { configuration, clock, log } = this.#parts
    await this.#http.register(phonesPlugin, {
      gateways: gatewaysFrom(configuration.phones),
      receive: (incoming) => this.#conversation.receive(incoming),
      hearReceipt: (receipt) => log.debug({ receipt }, 'a text was receipted'),
      clock,
      log,
      answerLimitMs: configuration.phones.answerLimitMs,
    })
    // Nagle's delay and a peer's delayed acknowledgement add up to 40 ms an answer.
    this.#http.server.on('connection', (socket) => socket.setNoDelay(true))
    const { host, port } = configuration.http
    try {
      await this.#http.listen({ host, port })
    } catch (cause) {
      throw new OperatingError({
        code: 'http-port-taken',
        message: `Gateways cannot be heard on ${host} port ${port}: ${String(cause)}.`,
        advice: 'Stop what uses that port, or choose another one in [http].',
        cause,
      })
    }
  }

  /**
   * Machines are let in once the centre's certificates are there, because an acknowledgement cannot be
   * checked without; until then they keep what they have.
   */
  #meetCentre(): void {
    this.#payments
      .chains()
      .then((chains) => {
        if (this.#stopped) return
        this.#engine.useCentreChains(chains)
        this.#listenToMachines()
        this.#reconciliation.start()
      })
      .catch((error: unknown) => {
        if (this.#stopped) return
        const why = error instanceof OperatingError ? `${error.message} ${error.advice}` : String(error)
        this.#parts.log.warn(`the payment centre cannot be asked yet: ${why}`)
        this.#again = this.#parts.clock.after(centreAgainMs, () => this.#meetCentre())
      })
  }

  #listenToMachines(): void {
    const { log } = this.#parts
    this.#machines?.start({
      receive: (input) => {
        this.#hear(input).catch((error: unknown) => {
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
    const { store, clock } = this.#parts
    if (input.type === 'birth' && !(await this.#directory.knows(input.automatonId))) {
      await store.ensureMachine(newMachine(input.automatonId, '', clock.now()))
    }
    if (await this.#directory.knows(input.automatonId)) await this.#engine.submit(input)
  }

  /** Keeps the books as long as a re-credit is possible, and no longer. */
  #prune(): void {
    const { store, clock, settings, log } = this.#parts
    store
      .prune(clock.now() - settings.limits.keepMs)
      .catch((error: unknown) => log.warn(`old rows could not be deleted: ${String(error)}`))
      .finally(() => {
        if (!this.#stopped) this.#pruning = clock.after(pruneEveryMs, () => this.#prune())
      })
  }
}

function paymentsOf(
  { configuration, clientSecret, clock }: ServerParts,
  chainOf: (kid: string) => Promise<string | undefined>,
): CamaraPayments {
  const { centreUrl, clientId, connections, rootFile } = configuration.payments
  return new CamaraPayments({
    address: {
      url: centreUrl,
      clientId,
      clientSecret,
      connections,
      rootPem: rootFile === undefined ? undefined : readFileSync(rootFile, 'utf8'),
    },
    clock,
    authorisationMs: configuration.limits.authorisationMs,
    chainOf,
  })
}

function noGateway(): OperatingError {
  return new OperatingError({
    code: 'no-gateway',
    message: 'No phone gateway is configured, so no buyer could reach this server.',
    advice: 'Add a section [phones.gateways.NAME]; example.toml has one.',
  })
}
