// The phones' side of the HTTP server: `/phones/{secret}/{gateway}/{text|ussd|receipt}`. Reads a request by
// the form of its gateway, has it stored, and only then answers 200; what could not be stored answers 503,
// and comes again. The secret stands in the URL because some gateways can prove themselves by nothing else;
// so no URL is ever logged here.
import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv6 } from 'node:net'
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, Fields, Gateway, Receipt, Route } from './gateways/gateway.ts'
import type { Receive, Reply } from './port.ts'

export interface ServedGateway {
  readonly gateway: Gateway
  /** In its URLs; at least 16 characters that are safe there. */
  readonly secret: string
  /** Addresses and networks (`10.0.0.0/8`) it calls from; empty admits all. */
  readonly addresses: readonly string[]
}

export interface PhonesOptions {
  readonly gateways: readonly ServedGateway[]
  readonly receive: Receive
  readonly hearReceipt: (receipt: Receipt) => void
  readonly clock: Clock
  readonly log: Log
  /** A dialogue's gateway gives up after 15 s. */
  readonly answerLimitMs: number
}

const longestBody = 8192

/**
 * A fastify plugin. `request.ip` is judged as the server that registers it was told to find it. That server
 * logs no requests itself (`disableRequestLogging`): a URL too broken to be routed may hold the secret too.
 */
export async function phonesPlugin(app: FastifyInstance, options: PhonesOptions): Promise<void> {
  const doors = new Map(options.gateways.map((served) => [served.gateway.name, doorOf(served)]))
  await app.register(formbody, { bodyLimit: longestBody })
  app.addContentTypeParser('text/plain', { parseAs: 'string', bodyLimit: longestBody }, (_, body, done) =>
    done(null, { text: String(body) }),
  )
  // All methods, so that a wrong one ends here too and not in the server's log with its URL.
  app.all('/phones/*', { bodyLimit: longestBody, logLevel: 'silent' }, async (request, reply) => {
    const door = admitted(doors, request, options.log)
    if (!door) return reply.code(404).type('text/plain').send('')
    return serve(door.gateway.name, door.route, fieldsOf(request), reply, options)
  })
}

async function serve(
  gateway: string,
  route: Route,
  fields: Fields,
  reply: FastifyReply,
  { clock, log, receive, hearReceipt, answerLimitMs }: PhonesOptions,
): Promise<FastifyReply> {
  const heard = route.hear(fields, clock.now())
  if (heard.kind === 'receipt') hearReceipt(heard.receipt)
  if (heard.kind === 'ignored') log.warn({ gateway, why: heard.why }, 'a phone message was dropped')
  if (heard.kind !== 'incoming') return answered(reply, route.answer(undefined, fields))
  const stored = await within(clock, answerLimitMs, receive(heard.incoming)).catch((err: unknown) => {
    log.error({ gateway, err }, 'a phone message could not be stored; the gateway repeats it')
    return undefined
  })
  if (!stored) return reply.code(503).type('text/plain').send('')
  return answered(reply, route.answer(stored, fields))
}

function answered(reply: FastifyReply, { headers, body }: Answer): FastifyReply {
  return reply.code(200).headers(headers).send(body)
}

/** Undefined when the time is over. The message may still be stored: its repeat then gets the same reply. */
function within(clock: Clock, limitMs: number, reply: Promise<Reply>): Promise<Reply | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => resolve(undefined))
    reply.then(resolve, reject).finally(() => timer.cancel())
  })
}

interface Door {
  readonly gateway: Gateway
  readonly secretHash: Buffer
  readonly addresses: BlockList | undefined
}

function doorOf({ gateway, secret, addresses }: ServedGateway): Door {
  if (addresses.length === 0) return { gateway, secretHash: hashOf(secret), addresses: undefined }
  const list = new BlockList()
  for (const address of addresses) {
    const [ip = '', bits] = address.split('/')
    const family = isIPv6(ip) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(ip, family)
    else list.addSubnet(ip, Number(bits), family)
  }
  return { gateway, secretHash: hashOf(secret), addresses: list }
}

/** Wrong secret, unknown gateway or form, foreign address: all look alike from outside. */
function admitted(doors: ReadonlyMap<string, Door>, request: FastifyRequest, log: Log) {
  const [secret = '', name = '', form = '', ...rest] = pathOf(request).split('/')
  const door = doors.get(name)
  const right = timingSafeEqual(hashOf(secret), door?.secretHash ?? hashOf(''))
  const routes: Readonly<Record<string, Route>> = door?.gateway.routes ?? {}
  const route = Object.hasOwn(routes, form) ? routes[form] : undefined
  const method = request.method === 'GET' || request.method === 'POST'
  if (!door || !right || !route || !method || rest.length > 0) return undefined
  if (door.addresses && !door.addresses.check(request.ip, isIPv6(request.ip) ? 'ipv6' : 'ipv4')) {
    log.warn({ gateway: name }, 'a phone message came from an address that is not listed, and was refused')
    return undefined
  }
  return { gateway: door.gateway, route }
}

/** Hashed first, so that the comparison takes as long for every length. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function pathOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params && '*' in params ? String(params['*']) : ''
}

/**
 * The query goes before the body; of a name that stands twice, the first. Only the gateway's own names are
 * read.
 */
function fieldsOf({ query, body }: FastifyRequest): Fields {
  const merged = { ...(isRecord(body) ? body : {}), ...(isRecord(query) ? query : {}) }
  return Object.fromEntries(
    Object.entries(merged).map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
