// Voice platforms that speak HTTP: `POST /voice/{platform}`, one step of a call as signed JSON, answered with
// what to do next. Asterisk has a way of its own (fastagi-adapter.ts); both come to the same desk.
import { timingSafeEqual } from 'node:crypto'
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { jsonSignature } from '../gateways/signed-json.ts'
import type { CallDesk } from './call-desk.ts'
import { callEvents } from './next-step.ts'

export interface VoiceHttpOptions {
  readonly desk: Pick<CallDesk, 'hear'>
  /** Platform to secret. */
  readonly secrets: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly log: Log
}

/** As the platform sends it; what else it sends, such as the caller, is not read. */
export const callStepSchema = z.object({
  call: z.string().regex(/^[\w.:-]{1,46}$/),
  step: z.int().min(1).max(10_000),
  event: z.enum(callEvents),
  called: z.string().regex(/^\+?[0-9]{3,15}$/),
  digits: z.exactOptional(z.string().regex(/^[0-9*#]{0,16}$/)),
})

const longestBody = 4096
/** As of the signed form of gateways: what was heard on the way cannot be said again later. */
const freshMs = 300_000

export async function voicePlugin(app: FastifyInstance, options: VoiceHttpOptions): Promise<void> {
  const { desk, secrets, clock, log } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: longestBody }, (_, body, done) =>
    done(null, body),
  )
  app.post('/voice/:platform', { bodyLimit: longestBody, logLevel: 'silent' }, async (request, reply) => {
    const { platform = '' } = request.params as { platform?: string }
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const secret = secrets.get(platform)
    const isOurs = isSigned(secret ?? '', request.headers, body, clock.now())
    reply.header('cache-control', 'no-store')
    if (secret === undefined || !isOurs) return reply.code(404).send('')
    const step = stepOf(body)
    if (typeof step === 'string') return reply.code(400).send({ error: step })
    try {
      return await reply.send(await desk.hear({ platform, ...step }))
    } catch (err) {
      log.error({ platform, err }, 'a step of a call could not be stored; the platform says it again')
      return reply.code(503).send({ error: 'say it again' })
    }
  })
}

function isSigned(
  secret: string,
  headers: Readonly<Record<string, unknown>>,
  body: Buffer,
  now: number,
): boolean {
  const timestamp = String(headers['concilia-timestamp'] ?? '')
  const given = Buffer.from(String(headers['concilia-signature'] ?? ''))
  const right = Buffer.from(jsonSignature(secret, timestamp, 'voice', body))
  const isFresh = /^\d{1,12}$/.test(timestamp) && Math.abs(now - Number(timestamp) * 1000) <= freshMs
  return given.length === right.length && timingSafeEqual(given, right) && isFresh
}

function stepOf(body: Buffer): z.output<typeof callStepSchema> | string {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return 'the body is no JSON'
  }
  const step = callStepSchema.safeParse(json)
  if (step.success) return step.data
  const [issue] = step.error.issues
  return `${issue?.path.join('.')}: ${issue?.message}`
}
