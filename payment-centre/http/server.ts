// The HTTP door: serves the table of operations.ts and the token endpoint over fastify. Bodies are taken as
// their exact text, for the key's hash and for amounts; answers go out as the bytes that the books made.
// Built without listening.
import type { ServerOptions } from 'node:https'
import type { Log } from '@concilia/platform/log.ts'
import { type ErrorCode, paths, tokenRequestSchema } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorAnswer } from '../books/answers.ts'
import type { Figures } from '../figures.ts'
import { answerTo, operate } from './operate.ts'
import { type Centre, type HttpAnswer, type Operation, operations } from './operations.ts'
import { DoorRefusal, read } from './refusal.ts'
import { basicCredentials, Grants, grantedScopes, isSecret, tokenOf } from './tokens.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** As the table of operations calls it. */
    operationId?: string
  }
}

export interface ServerParts extends Centre {
  readonly clock: Clock
  readonly log: Log
  readonly tokenMs: number
  readonly figures?: Figures | undefined
  /** Key and certificate for TLS; without them the door is for this machine only. */
  readonly tls?: Pick<ServerOptions, 'key' | 'cert'>
}

/** The errors of every operation. */
export const commonErrors: readonly ErrorCode[] = [
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
  'UNAVAILABLE',
]

const largestBodyBytes = 65_536
/** Secrets that are checked at once: each costs about 50 ms of a core. */
const mostTokenChecks = 16

export function build(parts: ServerParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: largestBodyBytes,
    ...(parts.tls
      ? { https: { ...parts.tls, noDelay: true, minVersion: 'TLSv1.3' } }
      : { http: { noDelay: true } }),
    forceCloseConnections: 'idle',
  }) as FastifyInstance
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, _request, reply) => send(reply, answerTo(error, parts.log)))
  app.setNotFoundHandler((_request, reply) =>
    send(reply, errorAnswer('NOT_FOUND', 'There is nothing here. See the OpenAPI document for the paths.')),
  )
  app.addHook('onRequest', (request, reply, done) => {
    echoCorrelator(request, reply)
    done()
  })
  const grants = new Grants(parts.secrets)
  const { figures } = parts
  if (figures) {
    app.addHook('onResponse', async ({ routeOptions }, { statusCode }) => {
      figures.answered(routeOptions.config.operationId ?? 'none', statusCode)
    })
  }
  for (const each of operations) {
    app.route({
      method: each.method,
      url: each.path,
      config: { operationId: each.operationId },
      handler: async (request, reply) => send(reply, await served(each, request, parts, grants)),
    })
  }
  let checking = 0
  app.post(paths.token, { config: { operationId: 'token' } }, async (request, reply) => {
    if (checking >= mostTokenChecks)
      throw new DoorRefusal('TOO_MANY_REQUESTS', 'Ask for a token again in a moment.')
    checking++
    try {
      return await send(reply, await grantToken(request, parts))
    } finally {
      checking--
    }
  })
  return app
}

async function served(
  each: Operation,
  request: FastifyRequest,
  parts: ServerParts,
  grants: Grants,
): Promise<HttpAnswer> {
  const now = parts.clock.now()
  return await operate(parts, each, {
    client: clientOf(each, request, grants, now),
    now,
    url: request.url,
    text: typeof request.body === 'string' ? request.body : '',
    query: request.query,
    params: request.params as Readonly<Record<string, string>>,
  })
}

/** @throws DoorRefusal to whoever has no token for this operation */
function clientOf({ scope }: Operation, request: FastifyRequest, grants: Grants, now: number): string {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const grant = token === undefined ? undefined : grants.of(token, now)
  if (!grant)
    throw new DoorRefusal('UNAUTHENTICATED', 'No valid access token. Get a new one from /oauth2/token.')
  if (grant.scopes.includes(scope)) return grant.client
  throw new DoorRefusal(
    'PERMISSION_DENIED',
    `This token lacks the scope ${scope}. Ask the centre to register it.`,
  )
}

async function grantToken(request: FastifyRequest, parts: ServerParts): Promise<HttpAnswer> {
  const { store, secrets, clock, tokenMs } = parts
  const form = Object.fromEntries(new URLSearchParams(typeof request.body === 'string' ? request.body : ''))
  const asked = read(tokenRequestSchema, form)
  const credentials = basicCredentials(request.headers.authorization)
  const client = credentials && (await store.client(credentials.id))
  if (!credentials || !client || !(await isSecret(credentials.secret, client.secretHash))) {
    throw new DoorRefusal('UNAUTHENTICATED', 'This client is not known, or its secret is another one.')
  }
  const scopes = grantedScopes(asked.scope, client.scopes)
  const token = tokenOf({ client: client.id, scopes, until: clock.now() + tokenMs }, secrets)
  const body = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: Math.floor(tokenMs / 1000),
    scope: scopes.join(' '),
  }
  return { status: 200, body: JSON.stringify(body), headers: { 'cache-control': 'no-store' } }
}

/**
 * `x-correlator` only tracks a request; one in another form than the standard's is not worth refusing a
 * payment.
 */
function echoCorrelator(request: FastifyRequest, reply: FastifyReply): void {
  const correlator = request.headers['x-correlator']
  if (typeof correlator === 'string' && /^[\w\-:;./<>{}]{0,256}$/.test(correlator)) {
    reply.header('x-correlator', correlator)
  }
}

function send(reply: FastifyReply, { status, body, headers = {} }: HttpAnswer): FastifyReply {
  reply.code(status).headers(headers)
  return body === '' ? reply.send() : reply.type('application/json; charset=utf-8').send(body)
}
