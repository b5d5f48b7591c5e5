// The HTTP way of a call on a real port: signed, or it is as if nothing were there.
import { makeLog } from '@concilia/platform/log.ts'
import fc from 'fast-check'
import fastify from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonSignature } from '../gateways/signed-json.ts'
import { called, desk } from './voice-fixture.ts'
import { voicePlugin } from './voice-http-adapter.ts'

const secret = 'a-long-random-secret'
type Opened = Awaited<ReturnType<typeof desk>>
let opened: Opened
let app: ReturnType<typeof fastify>
let lines: string[]

beforeEach(async () => {
  opened = await desk()
  lines = []
  const { clock } = opened.scenario
  const log = makeLog('relation-server', { level: 'debug', write: (line) => lines.push(line) })
  app = fastify()
  await app.register(voicePlugin, { desk: opened.calls, secrets: new Map([['pbx', secret]]), clock, log })
})
afterEach(async () => {
  await app.close()
  await opened.scenario.close()
})

async function post(body: string | object, more: { key?: string; awayS?: number; platform?: string } = {}) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const { key = secret, awayS = 0, platform = 'pbx' } = more
  const timestamp = String(Math.floor(opened.scenario.clock.now() / 1000) + awayS)
  const headers = {
    'content-type': 'application/json',
    'concilia-timestamp': timestamp,
    'concilia-signature': jsonSignature(key, timestamp, 'voice', payload),
  }
  const answer = await app.inject({ method: 'POST', url: `/voice/${platform}`, headers, payload })
  return { status: answer.statusCode, text: answer.payload, body: answer.payload ? answer.json() : undefined }
}

const step = (number: number, event: string, more: object = {}) => ({
  call: 'ab-7',
  step: number,
  event,
  called,
  caller: '+33612345678',
  ...more,
})

test('a whole call', async () => {
  expect((await post(step(1, 'begun'))).body).toMatchObject({ report: 'tariffPlayed' })
  await post(step(2, 'tariffPlayed'))
  const read = await post(step(3, 'digits', { digits: '4021' }))
  expect(read.body.do[0]).toMatchObject({ do: 'readCode', text: expect.stringMatching(/(\d ){5}\d/) })
  // Replayed: told again, and nothing is bought twice.
  expect((await post(step(3, 'digits', { digits: '4021' }))).text).toBe(read.text)
  expect(opened.scenario.centre.vouchers.size).toBe(1)
  expect((await post(step(4, 'codeRead'))).body).toMatchObject({ report: 'hungUp' })
  expect(await opened.scenario.store.call('pbx ab-7')).toMatchObject({ state: 'good' })
  expect(lines.join('')).not.toMatch(/612345678/)
})

test.each([
  ['another secret', step(1, 'begun'), { key: 'another-long-secret' }, 404],
  ['an old one', step(1, 'begun'), { awayS: -301 }, 404],
  ['one from the future', step(1, 'begun'), { awayS: 301 }, 404],
  ['another platform', step(1, 'begun'), { platform: 'nobody' }, 404],
  ['no JSON', '{oops', {}, 400],
  ['no event', { ...step(1, 'sung') }, {}, 400],
  ['no call', { ...step(1, 'begun'), call: 'a b' }, {}, 400],
])('%s is refused', async (_, body, more, status) => {
  expect((await post(body, more)).status).toBe(status)
  expect(await opened.scenario.store.call('pbx ab-7')).toBeUndefined()
})

test('without a signature nothing is there, whatever is sent', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.stringMatching(/^[ -~]*$/)),
      async (payload, headers) => {
        const { 'transfer-encoding': _, 'content-length': __, expect: ___, ...rest } = headers
        const answer = await app.inject({ method: 'POST', url: '/voice/pbx', headers: rest, payload })
        expect(answer.statusCode).toBeGreaterThanOrEqual(400)
        expect(answer.statusCode).toBeLessThan(500)
      },
    ),
    { numRuns: 100 },
  )
})

test('a step that cannot be stored is asked for again', async () => {
  await opened.scenario.engine.stop()
  expect((await post(step(1, 'begun'))).status).toBe(503)
})
