// The relation server as a program that stays: opens the broker, the machines' link, the way to the centre
// and the door for phone gateways, hands them to the server, and closes them again.
import { readFileSync } from 'node:fs'
import type { Identity } from '@concilia/platform/identity.ts'
import type { Log } from '@concilia/platform/log.ts'
import type { Metrics } from '@concilia/platform/metrics-adapter.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import type { ServerConfiguration } from './configuration.ts'
import type { Manners } from './conversation.ts'
import { boughtScope } from './engine/budget.ts'
import type { Settings } from './engine/world.ts'
import type { Figures, FiguresParts } from './figures.ts'
import { MachineDirectory } from './machine-directory.ts'
import { hasCheckDigit } from './machine-number.ts'
import { serverUsername } from './machines/broker-rights.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from './machines/embedded-broker-adapter.ts'
import { EmbeddedMachines } from './machines/embedded-machines.ts'
import { MachineLink } from './machines/machine-link-adapter.ts'
import type { Machines } from './machines/port.ts'
import { CamaraPayments } from './payments/camara-adapter.ts'
import { CentreHttp } from './payments/centre-http-adapter.ts'
import { CentrePins, type Pins } from './payments/pins.ts'
import type { Payments } from './payments/port.ts'
import { gatewaysFrom } from './phones/configuration.ts'
import type { Receipt } from './phones/gateways/gateway.ts'
import { phonesPlugin } from './phones/http-adapter.ts'
import type { Languages } from './phones/languages.ts'
import type { Receive } from './phones/port.ts'
import { type FastAgi, startFastAgi } from './phones/voice/fastagi-adapter.ts'
import type { VoiceCodes } from './phones/voice/voice-codes.ts'
import { voicePlugin } from './phones/voice/voice-http-adapter.ts'
import { openWays, type Ways } from './phones/ways.ts'
import { pagesPlugin } from './phones/web/http-adapter.ts'
import { RelationServer } from './server.ts'
import { CamaraSimSwap } from './sim-swap/camara-adapter.ts'
import { checkedPayments, checkedPins } from './sim-swap/checked-payments.ts'
import type { Store } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

export interface ServedParts {
  readonly configuration: ServerConfiguration
  readonly settings: Settings
  readonly identity: Identity
  readonly clientSecret: string
  readonly codes: VoiceCodes
  readonly languages: Languages
  readonly store: Store
  readonly vault: SubscriberVault
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Where the server can be reached; `brokerPort` only with the embedded broker. */
export interface Served {
  readonly ready: { readonly httpPort: number; readonly brokerPort?: number; readonly metricsPort?: number }
  stop(): Promise<void>
}

/**
 * Resolves once gateways and machines can connect. Rejects with an OperatingError such as a taken port, and
 * then nothing is left open.
 */
export async function serve(parts: ServedParts): Promise<Served> {
  const { configuration, store, clock, random, log } = parts
  const hearReceipt = (receipt: Receipt) => log.debug({ receipt }, 'a text was receipted')
  const receive: Receive = (incoming, stored) => server.receive(incoming, stored)
  const password = brokerPasswordOf(parts)
  let links: Ways['links'] = []
  const watched = await watchedFrom(parts, () => links).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const figures = watched?.figures
  const open = async () => {
    const manners = mannersOf(parts)
    if (manners.checkDigit) await tellUnreachable(parts)
    const ways = openWays(configuration.phones, { receive, hearReceipt, clock, random, log }, figures)
    links = ways.links
    return { manners, ways, broker: await brokerOf(parts, password) }
  }
  const { manners, ways, broker } = await open().catch(async (error: unknown) => {
    await Promise.all([store.close(), watched?.metrics.close()])
    throw error
  })
  const directory = new MachineDirectory(store, clock)
  const centre = centreOf(parts)
  const server: RelationServer = new RelationServer({
    ...parts,
    manners,
    directory,
    figures,
    machines: machinesOf(parts, broker, password),
    payments: centre.payments,
    centreUrl: configuration.payments.centreUrl,
    sender: ways.sender,
    ...(configuration.phones.voice && {
      voice: { configuration: configuration.phones.voice, codes: parts.codes },
    }),
  })
  const http = fastify({ logController: new LogController({ disableRequestLogging: true }) })
  const agis: FastAgi[] = []
  const stop = async () => {
    await Promise.all(agis.map((agi) => agi.close()))
    await http.close()
    await server.stop()
    await broker?.close()
    await watched?.metrics.close()
  }
  try {
    await http.register(phonesPlugin, {
      gateways: gatewaysFrom(configuration.phones),
      receive,
      hearReceipt,
      clock,
      log,
      answerLimitMs: manners.answerLimitMs,
    })
    await openPages(http, parts, { server, directory, manners, pins: centre.pins })
    await servePlatforms(parts, server, http, agis)
    await listen(http, configuration)
    server.start()
    for (const link of links) link.start()
  } catch (error) {
    await stop()
    throw error
  }
  const address = http.server.address()
  const httpPort = typeof address === 'object' && address ? address.port : 0
  const brokerPort = broker && { brokerPort: broker.port }
  const metricsPort = watched && { metricsPort: watched.metrics.port }
  return { ready: { httpPort, ...brokerPort, ...metricsPort }, stop }
}

/** What shows figures and what counts them; loaded only where somebody watches. */
async function watchedFrom(
  { configuration, store, clock }: ServedParts,
  links: FiguresParts['links'],
): Promise<{ metrics: Metrics; figures: Figures } | undefined> {
  if (!configuration.metrics) return undefined
  const { openMetrics } = await import('@concilia/platform/metrics-adapter.ts')
  const { prometheusFigures } = await import('./figures.ts')
  const metrics = await openMetrics(configuration.metrics)
  return { metrics, figures: prometheusFigures(metrics.registry, { store, clock, links }) }
}

async function openPages(
  http: FastifyInstance,
  { configuration, store, clock, random, log }: ServedParts,
  {
    server,
    directory,
    manners,
    pins,
  }: { server: RelationServer; directory: MachineDirectory; manners: Manners; pins: Pins },
): Promise<void> {
  const { web } = configuration.phones
  if (!web) return
  const { publicOrigin, country, provenDays, codesPerHour } = web
  await http.register(pagesPlugin, {
    publicOrigin,
    country,
    visits: server.visits({ provenMs: provenDays * 86_400_000, codesPerHour }),
    store,
    directory,
    languages: manners.languages,
    house: manners.house,
    receive: (incoming) => server.receive(incoming),
    pins,
    clock,
    random,
    log,
  })
}

/** Voice platforms: those that speak HTTP at the gateways' door, Asterisk each at a door of its own. */
async function servePlatforms(
  { configuration, clock, log }: ServedParts,
  { calls: desk }: RelationServer,
  http: FastifyInstance,
  agis: FastAgi[],
): Promise<void> {
  const platforms = Object.entries(configuration.phones.voice?.platforms ?? {})
  if (!desk) return
  const secrets = new Map(
    platforms.flatMap(([name, each]) => (each.form === 'http' ? [[name, each.secret] as const] : [])),
  )
  await http.register(voicePlugin, { desk, secrets, clock, log })
  for (const [platform, each] of platforms) {
    if (each.form === 'fastagi') agis.push(await startFastAgi({ desk, platform, ...each, clock, log }))
  }
}

function mannersOf({ configuration: { phones }, languages }: ServedParts) {
  const { answerLimitMs, checkDigit, refused, served, caps } = phones
  return { house: phones, languages, answerLimitMs, checkDigit, refused, served, caps }
}

/** Machines enrolled before the policy was: no buyer finds them. */
async function tellUnreachable({ store, log }: ServedParts): Promise<void> {
  const numbers = (await store.machines()).flatMap(({ machineNumber }) => machineNumber ?? [])
  const odd = numbers.filter((number) => !hasCheckDigit(number))
  if (odd.length === 0) return
  const shown = odd.slice(0, 10).join(', ')
  log.warn(
    `${odd.length} machine numbers do not end in a check digit (phones.checkDigit), so that no buyer finds ` +
      `them: ${shown}. Enrol these machines under other numbers: \`machine enrol\` proposes one.`,
  )
}

function brokerPasswordOf({ configuration, random }: ServedParts): string {
  const { passwordFile } = configuration.machines
  return passwordFile === undefined ? uuidFrom(random) : readFileSync(passwordFile, 'utf8').trim()
}

async function brokerOf(
  { configuration, identity, log }: ServedParts,
  serverPassword: string,
): Promise<EmbeddedBroker | undefined> {
  const { brokerUrl, host, port, tls } = configuration.machines
  if (brokerUrl !== undefined) return undefined
  return await startEmbeddedBroker({ host, port, serverPassword, tls: tls ? identity : undefined, log })
}

function machinesOf(parts: ServedParts, broker: EmbeddedBroker | undefined, password: string): Machines {
  const { configuration, identity, clock, random } = parts
  if (broker) return new EmbeddedMachines(broker, clock)
  const url = configuration.machines.brokerUrl ?? ''
  return new MachineLink({
    url,
    clientId: `relation-server-${uuidFrom(random)}`,
    username: configuration.machines.username ?? serverUsername,
    password,
    tls: url.startsWith('mqtts:') ? identity : undefined,
    clock,
    random,
    reconnectCapMs: configuration.limits.reconnectCapMs,
  })
}

/** The way to the centre; with the SIM looked at first, where the configuration says so. */
function centreOf(parts: ServedParts): { payments: Payments; pins: Pins } {
  const { configuration, clientSecret, vault, store, clock, log } = parts
  const { centreUrl, clientId, connections, rootFile } = configuration.payments
  const { authorisationMs } = configuration.limits
  const rootPem = rootFile === undefined ? undefined : readFileSync(rootFile, 'utf8')
  const address = { url: centreUrl, clientId, clientSecret, connections, rootPem }
  const http = new CentreHttp(address, clock, authorisationMs)
  const chainOf = (kid: string) => store.chainOf(kid)
  const payments = new CamaraPayments({ http, clock, authorisationMs, chainOf })
  const pins = new CentrePins(http, clock, authorisationMs)
  const { simSwap: policy } = configuration.phones
  if (!policy) return { payments, pins }
  const simSwap = new CamaraSimSwap(policy, readFileSync(policy.clientSecretFile, 'utf8').trim(), clock)
  const hasBought = async (subscriber: Subscriber) =>
    (await store.tally(boughtScope(vault.idOf(subscriber)))) > 0
  return {
    payments: checkedPayments({ payments, simSwap, policy, hasBought, log }),
    pins: checkedPins(pins, simSwap),
  }
}

async function listen(http: FastifyInstance, configuration: ServerConfiguration): Promise<void> {
  // Nagle's delay and a peer's delayed acknowledgement add up to 40 ms an answer.
  http.server.on('connection', (socket) => socket.setNoDelay(true))
  const { host, port } = configuration.http
  try {
    await http.listen({ host, port })
  } catch (cause) {
    throw new OperatingError({
      code: 'http-port-taken',
      message: `Gateways cannot be heard on ${host} port ${port}: ${String(cause)}.`,
      advice: 'Stop what uses that port, or choose another one in [http].',
      cause,
    })
  }
}
