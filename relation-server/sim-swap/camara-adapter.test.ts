// Against a real HTTP server that answers as CAMARA SIM Swap 2.1 does, and as it should not.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CamaraSimSwap } from './camara-adapter.ts'
import { simSwapSchema } from './configuration.ts'

const subscriber = { realm: 'e164', key: '+33612345678' }
let server: Server
let simSwap: CamaraSimSwap
let heard: { path: string | undefined; authorization: string | undefined; body: string }[]
/** What /check answers: status and body; undefined is silence. */
let answers: ([number, string] | undefined)[]
let tokens = 0

beforeEach(async () => {
  heard = []
  answers = []
  tokens = 0
  server = createServer(
    (request, response) => void serve(request, (status, body) => response.writeHead(status).end(body)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const settings = simSwapSchema.parse({
    url: `http://127.0.0.1:${port}/sim-swap/v2`,
    tokenUrl: `http://127.0.0.1:${port}/token`,
    clientId: 'us',
    clientSecretFile: 'unused',
    maxAgeHours: 120,
    limitMs: 300,
  })
  simSwap = new CamaraSimSwap(settings, 'a secret', systemClock)
})
afterEach(async () => {
  await simSwap.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function serve(request: IncomingMessage, answer: (status: number, body: string) => void) {
  const { url: path, headers } = request
  const { authorization } = headers
  heard.push({ path, authorization, body: await text(request) })
  if (path === '/token') {
    answer(200, JSON.stringify({ access_token: `token ${++tokens}`, token_type: 'bearer', expires_in: 600 }))
    return
  }
  const next = answers.shift()
  if (next) answer(...next)
}

test('asks for this number and this age, with a token that is kept', async () => {
  answers = [
    [200, '{"swapped":false}'],
    [200, '{"swapped":true}'],
  ]
  expect([await simSwap.check(subscriber), await simSwap.check(subscriber)]).toEqual([
    'notSwapped',
    'swapped',
  ])
  expect(heard.map(({ path }) => path)).toEqual(['/token', '/sim-swap/v2/check', '/sim-swap/v2/check'])
  expect(heard[0]?.authorization).toBe(`Basic ${Buffer.from('us:a%20secret').toString('base64')}`)
  expect(heard[1]).toMatchObject({ authorization: 'Bearer token 1' })
  expect(JSON.parse(heard[1]?.body ?? '')).toEqual({ phoneNumber: subscriber.key, maxAge: 120 })
})

test('a token that is over is renewed once', async () => {
  answers = [
    [401, '{}'],
    [200, '{"swapped":false}'],
  ]
  expect(await simSwap.check(subscriber)).toBe('notSwapped')
  answers = [
    [401, '{}'],
    [401, '{}'],
  ]
  expect(await simSwap.check(subscriber)).toBe('unknown')
})

test.each<[string, [number, string] | undefined]>([
  ['silence', undefined],
  ['an error', [500, '{"swapped":false}']],
  ['a number it does not know', [404, '{"status":404,"code":"IDENTIFIER_NOT_FOUND","message":""}']],
  ['no JSON', [200, 'no']],
  ['another form', [200, '{"swapped":"false"}']],
])('%s is no answer', async (_, answer) => {
  answers = [answer]
  expect(await simSwap.check(subscriber)).toBe('unknown')
})

test('an alias of a carrier cannot be asked about', async () => {
  expect(await simSwap.check({ realm: 'orange-fr', key: 'alias' })).toBe('unknown')
  expect(heard).toEqual([])
})
