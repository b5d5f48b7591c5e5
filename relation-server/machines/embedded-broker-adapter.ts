// The broker that a relation server brings along: aedes with the rights of broker-rights.ts. Plain on this
// machine only, over TLS with the machines' certificates anywhere. The server itself hears and publishes by
// calls. It keeps nothing across a restart: the outboxes of both sides do.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { allPresenceTopics, allUpTopics } from '@concilia/protocol/topics.ts'
import { Aedes, type AedesOptions, type AedesPublishPacket, type Client } from 'aedes'
import { type Holder, holderOf, mayPublish, mayRetain, maySubscribe } from './broker-rights.ts'
import { HandshakeQueue } from './handshake-queue.ts'
import { HeldReceipts } from './held-receipts-adapter.ts'

export interface EmbeddedBrokerParts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What relation servers prove themselves by, with `serverUsername`. */
  readonly serverPassword: string
  /** Our certificate, and the root of the machines'; undefined: plain, which `host` must allow. */
  readonly tls: { readonly keyPem: string; readonly chain: string; readonly rootPem: string } | undefined
  readonly log: Log
}

export interface EmbeddedBroker {
  readonly port: number
  /** For other servers of this machine. */
  readonly url: string
  /**
   * What every machine says from now on, in order of arrival, and after `ready` once more what each said last
   * of its presence. Neither may throw.
   */
  hear(receive: (topic: string, bytes: Buffer) => void, ready: () => void): void
  /** At QoS 1, never retained. @returns true once every client who reads the topic has been written to */
  publish(topic: string, text: string): Promise<boolean>
  close(): Promise<void>
}

/**
 * Nobody may subscribe to it. What is published without the right to goes here: an error would end the
 * connection, and the client would only come back and try again.
 */
const sink = 'concilia/refused'

/** @throws OperatingError `broker-port-taken` or `broker-cannot-listen` */
export async function startEmbeddedBroker(parts: EmbeddedBrokerParts): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker(rights(parts))
  lookUpPresenceAlone(broker)
  // An event of this name without a listener would end the process.
  const emitter: NodeJS.EventEmitter = broker
  emitter.on('error', (error: Error) =>
    parts.log.error({ err: error }, 'the embedded broker reports an error'),
  )
  const sockets = new Set<Socket>()
  const server = serverFor(parts, (socket) => void broker.handle(socket))
  // Also those that wait for their handshake, or are in it: whoever closes would wait for them.
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const port = await listening(server, parts)
  return {
    port,
    url: `${parts.tls ? 'mqtts' : 'mqtt'}://${urlHost(parts.host)}:${port}`,
    hear: (receive, ready) => hear(broker, receive, ready),
    publish: (topic, text) =>
      new Promise((resolve) => {
        const packet = { cmd: 'publish', topic, payload: text, qos: 1, retain: false, dup: false } as const
        broker.publish(packet, (error) => resolve(!error))
      }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/**
 * At each subscription aedes compares its filter with every retained message, one a machine: with ten
 * thousand machines that was most of what their coming back cost. Only presence is ever retained, and only
 * servers read it.
 */
function lookUpPresenceAlone(broker: Aedes): void {
  const { persistence } = broker as unknown as { persistence: Retained }
  const lookUp = persistence.createRetainedStreamCombi.bind(persistence)
  persistence.createRetainedStreamCombi = (filters: readonly string[]) =>
    lookUp(filters.filter((filter) => filter === allPresenceTopics))
}

interface Retained {
  createRetainedStreamCombi(filters: readonly string[]): AsyncIterable<AedesPublishPacket>
}

function hear(broker: Aedes, ...[receive, ready]: Parameters<EmbeddedBroker['hear']>): void {
  // The emitter is told at once that we are done, or it would let others wait.
  const take = (packet: AedesPublishPacket, done: () => void) => {
    receive(packet.topic, payloadOf(packet))
    done()
  }
  broker.subscribe(allUpTopics, take, () => {})
  broker.subscribe(allPresenceTopics, take, async () => {
    ready()
    const { persistence } = broker as unknown as { persistence: Retained }
    const retained = persistence.createRetainedStreamCombi([allPresenceTopics])
    for await (const packet of retained) receive(packet.topic, payloadOf(packet))
  })
}

function payloadOf({ payload }: AedesPublishPacket): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

/** From every address of this machine, one that reaches it. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function rights({ serverPassword, log }: EmbeddedBrokerParts): AedesOptions {
  const holders = new WeakMap<Client, Holder>()
  const warned = new WeakSet<Client>()
  const receipts = new HeldReceipts()
  const refuse = (client: Client | null, words: string) => {
    if (!client || warned.has(client)) return
    warned.add(client)
    log.warn({ client: client.id }, words)
  }
  return {
    // Without a limit: above one, words that nobody listens to wait in line and are then taken each within
    // the one before, and when ten thousand machines go or come at once the stack overflows.
    concurrency: 0,
    maxTopicLevels: 7,
    authenticate(client, username, password, done) {
      const certificate = certificateOf(client)
      const passwordIsTheServers = same(password, serverPassword)
      const holder = holderOf({ clientId: client.id, username, passwordIsTheServers, certificate })
      // A session kept for an absent client would grow without end; the outboxes keep what counts.
      if (holder && client.clean) holders.set(client, holder)
      else log.warn({ client: client.id }, 'a client was refused: name, password or certificate do not agree')
      done(null, holder !== undefined && client.clean)
    },
    authorizePublish(client, packet, done) {
      const holder = client && holders.get(client)
      if (client && holder?.role === 'automaton' && packet.qos === 1) receipts.hold(client.conn)
      if (!mayRetain(packet.topic)) packet.retain = false
      if (!holder || !mayPublish(holder, packet.topic)) {
        refuse(client, 'a client published outside its own topics; it was not passed on')
        packet.topic = sink
        packet.payload = ''
        packet.retain = false
      }
      done(null)
    },
    authorizeForward(client, packet) {
      receipts.leaveWithNext(client.conn)
      return packet
    },
    authorizeSubscribe(client, subscription, done) {
      const holder = holders.get(client)
      const allowed = holder !== undefined && maySubscribe(holder, subscription.topic)
      if (!allowed) refuse(client, 'a client wanted to read topics that are not its own')
      done(null, allowed ? subscription : null)
    },
  }
}

function certificateOf({ conn }: Client): { id: string; role: string } | undefined {
  if (!(conn instanceof TLSSocket)) return undefined
  const { CN, OU } = conn.getPeerCertificate().subject ?? {}
  return conn.authorized && typeof CN === 'string' && typeof OU === 'string'
    ? { id: CN, role: OU }
    : { id: '', role: '' }
}

function same(given: Readonly<Buffer> | undefined, expected: string): boolean {
  const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(hash(given), hash(expected))
}

function serverFor({ tls, log }: EmbeddedBrokerParts, handle: (socket: Socket) => void): Server {
  // Without it one small round trip takes 44 ms (Nagle's delay against delayed acknowledgements).
  const noDelay = true
  if (!tls) return createServer({ noDelay }, handle)
  const { keyPem: key, chain: cert, rootPem: ca } = tls
  const handshakeTimeout = 10_000
  const secure = createTlsServer(
    { handshakeTimeout, key, cert, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    handle,
  )
  secure.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // One that took too long is told to us, but still open.
    socket.destroy()
    log.warn({ code: error.code }, 'a TLS connection was refused: the certificate is not one of ours')
  })
  const queue = new HandshakeQueue(
    (socket) => secure.emit('connection', socket),
    () => performance.now(),
  )
  const server = createServer({ noDelay, pauseOnConnect: true }, (socket) => queue.add(socket))
  server.once('close', () => queue.close())
  return server
}

function listening(server: Server, { host, port }: EmbeddedBrokerParts): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)))
    server.listen({ host, port }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): OperatingError {
  if (cause.code === 'EADDRINUSE') {
    return new OperatingError({
      code: 'broker-port-taken',
      message: `The embedded broker cannot listen on ${host}:${port}: another program has the port.`,
      advice: 'End that program, give another port in [machines], or name its broker as brokerUrl there.',
      cause,
    })
  }
  return new OperatingError({
    code: 'broker-cannot-listen',
    message: `The embedded broker cannot listen on ${host}:${port} (${cause.code}).`,
    advice: 'Give an address of this machine and a port above 1023 in [machines].',
    cause,
  })
}
