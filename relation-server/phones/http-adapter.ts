// The phones' side of the HTTP server: `/phones/{secret}/{gateway}/{text|ussd|receipt}`. Hands the bytes of a
// request to the form of its gateway, which checks its proof before it reads them; has what they say stored,
// and only then answers 200; what could not be stored answers 503, and comes again. The secret stands in the
// URL because some gateways can prove themselves by nothing else; so no URL is ever logged here.
import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv6 } from 'node:net'
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, Fields, Form, Gateway, GatewayRequest, Receipt, Route } from './gateways/gateway.ts'
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
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: longestBody }, (_, body, done) =>
    done(null, body),
  )
  // All methods, so that a wrong one ends here too and not in the server's log with its URL.
  app.all('/phones/*', { bodyLimit: longestBody, logLevel: 'silent' }, async (request, reply) => {
    const door = admitted(doors, request, options.log)
    if (!door) return reply.code(404).type('text/plain').send('')
    const read = door.gateway.read({ ...door, ...bytesOf(request) }, options.clock.now())
    if (read.kind === 'fields')
      return serve(door.gateway.name, door.route, storable(read.fields), reply, options)
    options.log.warn({ gateway: door.gateway.name }, `a phone message was refused: ${read.why}`)
    return reply.code(read.status).type('text/plain').send(read.why)
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
  const [secret = '', name = '', asked = '', ...rest] = pathOf(request).split('/')
  const door = doors.get(name)
  const right = timingSafeEqual(hashOf(secret), door?.secretHash ?? hashOf(''))
  const form = formNamed(asked)
  const route = form && door?.gateway.routes[form]
  const method = methodNamed(request.method)
  if (!door || !right || !form || !route || !method || rest.length > 0) return undefined
  if (door.addresses && !door.addresses.check(request.ip, isIPv6(request.ip) ? 'ipv6' : 'ipv4')) {
    log.warn({ gateway: name }, 'a phone message came from an address that is not listed, and was refused')
    return undefined
  }
  return { gateway: door.gateway, form, method, route }
}

/** Hashed first, so that the comparison takes as long for every length. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function pathOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params && '*' in params ? String(params['*']) : ''
}

function methodNamed(name: string): GatewayRequest['method'] | undefined {
  return name === 'GET' || name === 'POST' ? name : undefined
}

function formNamed(name: string): Form | undefined {
  return name === 'text' || name === 'ussd' || name === 'receipt' ? name : undefined
}

function bytesOf({ raw, headers, body }: FastifyRequest) {
  return { target: raw.url ?? '', headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }
}

/** PostgreSQL's text takes neither NUL nor half a surrogate pair. */
function storable(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value.replaceAll('\0', '\ufffd').toWellFormed()]),
  )
}
