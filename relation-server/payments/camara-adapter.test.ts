// The adapter against a real HTTP server that misbehaves as centres and networks do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { CamaraPayments } from './camara-adapter.ts'
import { CentreHttp } from './centre-http-adapter.ts'
import { acknowledged, operations, paymentAnswer, refundAnswer } from './example-operations.ts'

interface Seen {
  readonly path: string
  readonly body: string
  readonly authorization: string
}
type Reply = (response: ServerResponse) => void

const authorisationMs = 8_000
const ok = { kind: 'ok', paymentId: 'p-1', ...acknowledged }

/** JSON with the amounts as numbers, as a centre writes them. */
const json =
  (status: number, body: unknown): Reply =>
  (response) => {
    const text = JSON.stringify(body).replaceAll('"amount":"0.35"', '"amount":0.35')
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }
const failure = (status: number, code: string) => json(status, { status, code, message: 'words' })
const raw =
  (bytes: string, end: 'end' | 'destroy' | 'reset'): Reply =>
  ({ socket }) => {
    if (end === 'reset') return void socket?.write(bytes, () => socket.resetAndDestroy())
    socket?.write(bytes, () => (end === 'end' ? socket.end() : socket.destroy()))
  }

let closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing) await close()
  closing = []
})

/** A centre whose token endpoint works and which answers everything else with these replies, in order. */
async function centreThat(...replies: Reply[]) {
  const seen: Seen[] = []
  const tokens: string[] = []
  const waiting: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const { url: path = '', headers } = request
    const { authorization = '' } = headers
    if (path === '/oauth2/token') {
      tokens.push(authorization)
      const access_token = `token-${tokens.length}`
      return json(200, { access_token, token_type: 'Bearer', expires_in: 3600 })(response)
    }
    seen.push({ path, body, authorization })
    for (const wake of waiting.splice(0)) wake()
    const reply = replies.shift() ?? failure(500, 'INTERNAL')
    reply(response)
  })
  const url = await listening(server)
  const clock = new ManualClock()
  const chains = new Map<string, string>()
  const payments = new CamaraPayments({
    http: new CentreHttp(
      { url, clientId: 'server 1', clientSecret: 's:e%', connections: 4, rootPem: undefined },
      clock,
      authorisationMs,
    ),
    clock,
    authorisationMs,
    chainOf: async (kid) => chains.get(kid),
  })
  closing.push(() => payments.close())
  const asked = (count: number): Promise<void> =>
    seen.length >= count
      ? Promise.resolve()
      : new Promise<void>((resolve) => waiting.push(resolve)).then(() => asked(count))
  return { payments, clock, seen, tokens, asked, chains }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a charge: one request with a token, and the acknowledgement', async () => {
  const { payments, seen, tokens } = await centreThat(json(201, paymentAnswer('succeeded', acknowledged)))
  expect(await payments.perform(operations.charge, 1)).toEqual(ok)
  expect(seen).toMatchObject([{ path: '/carrier-billing/v0.5/payments', authorization: 'Bearer token-1' }])
  expect(tokens).toEqual([`Basic ${Buffer.from('server%201:s%3Ae%25').toString('base64')}`])
})

describe('in doubt', () => {
  const head = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n'
  const cases: [string, Reply][] = [
    ['closed without an answer', raw('', 'end')],
    ['reset without an answer', raw('', 'reset')],
    ['cut in the status line', raw('HTTP/1.1 20', 'destroy')],
    ['cut in the headers', raw(head, 'destroy')],
    ['cut in the body', raw(`${head}content-length: 500\r\n\r\n{"paymentId":"p-1"`, 'destroy')],
    ['cut in a chunk', raw(`${head}transfer-encoding: chunked\r\n\r\n40\r\n{"paym`, 'reset')],
    ['whole by length but no JSON', raw(`${head}content-length: 5\r\n\r\n{"pay`, 'end')],
    ['not HTTP', raw('220 mail.example ESMTP\r\n', 'end')],
    ['an answer without end', raw(`${head}content-length: 2000000\r\n\r\n${'x'.repeat(1_500_000)}`, 'end')],
    ['a page of a proxy', (response) => void response.writeHead(200).end('<html>log in</html>')],
    ['5xx', failure(503, 'UNAVAILABLE')],
  ]
  test.each(cases)('%s', async (_name, reply) => {
    const { payments } = await centreThat(reply)
    expect(await payments.perform(operations.charge, 1)).toMatchObject({ kind: 'inDoubt' })
  })

  const lateOnes: [string, Reply][] = [
    ['late from the first byte', () => {}],
    ['late in its body', ({ socket }) => void socket?.write(`${head}content-length: 500\r\n\r\n{`)],
  ]
  test.each(lateOnes)('%s', async (_name, reply) => {
    const { payments, clock, asked } = await centreThat(reply)
    const result = payments.perform(operations.charge, 1)
    await asked(1)
    clock.advance(authorisationMs)
    expect(await result).toEqual({ kind: 'inDoubt', why: 'the centre did not answer in time' })
    expect(clock.pending).toBe(0)
  })

  test('nobody listens', async () => {
    const { payments } = await centreThat()
    await Promise.all(closing.splice(0).map((close) => close()))
    expect(await payments.perform(operations.charge, 1)).toMatchObject({ kind: 'inDoubt' })
  })
})

test('the repeat is the same bytes, and a conflict then is a doubt', async () => {
  const { payments, seen } = await centreThat(raw('', 'reset'), failure(409, 'ALREADY_EXISTS'))
  await payments.perform(operations.charge, 1)
  expect(await payments.perform(operations.charge, 2)).toMatchObject({ kind: 'inDoubt' })
  expect(seen[1]?.body).toBe(seen[0]?.body)
})

test('a token refused is renewed once and the same bytes go again', async () => {
  const { payments, seen, tokens } = await centreThat(
    failure(401, 'UNAUTHENTICATED'),
    json(201, paymentAnswer('succeeded', acknowledged)),
    failure(401, 'UNAUTHENTICATED'),
    failure(401, 'UNAUTHENTICATED'),
  )
  expect(await payments.perform(operations.charge, 1)).toEqual(ok)
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  expect(seen[1]?.body).toBe(seen[0]?.body)
  expect(await payments.perform(operations.charge, 1)).toMatchObject({
    kind: 'refused',
    reason: 'notAllowed',
  })
  expect(seen).toHaveLength(4)
  expect(tokens).toHaveLength(3)
})

describe('an unknown signer', () => {
  test('is introduced, and the same bytes go again as the same attempt', async () => {
    const { payments, seen, chains } = await centreThat(
      failure(422, 'CONCILIA.UNKNOWN_SIGNER'),
      (response) => void response.writeHead(204).end(),
      failure(409, 'ALREADY_EXISTS'),
    )
    chains.set('machine-1', 'PEM')
    expect(await payments.perform(operations.charge, 1)).toMatchObject({
      kind: 'refused',
      code: 'ALREADY_EXISTS',
    })
    expect(seen.map(({ path }) => path)).toEqual([
      '/carrier-billing/v0.5/payments',
      '/concilia/v1/certificates',
      '/carrier-billing/v0.5/payments',
    ])
    expect(seen[1]?.body).toBe('{"chain":"PEM"}')
    expect(seen[2]?.body).toBe(seen[0]?.body)
  })

  test('whose chain we do not have, or the centre does not take, ends a first charge', async () => {
    const unknown = failure(422, 'CONCILIA.UNKNOWN_SIGNER')
    const { payments, chains, seen } = await centreThat(unknown, unknown, failure(422, 'CONCILIA.BAD_CHAIN'))
    expect(await payments.perform(operations.charge, 1)).toMatchObject({ kind: 'refused' })
    chains.set('machine-1', 'PEM')
    expect(await payments.perform(operations.charge, 1)).toMatchObject({ kind: 'refused' })
    expect(seen).toHaveLength(3)
  })

  test('still unknown after the introduction is not introduced for ever', async () => {
    const unknown = failure(422, 'CONCILIA.UNKNOWN_SIGNER')
    const { payments, chains, seen } = await centreThat(unknown, json(204, ''), unknown)
    chains.set('machine-1', 'PEM')
    expect(await payments.perform(operations.refund, 1)).toMatchObject({ kind: 'inDoubt' })
    expect(seen).toHaveLength(3)
  })
})

describe('operations that end in a question', () => {
  const accepted: Reply = (response) => void response.writeHead(202).end()

  test('confirm asks for the state, and an unanswered question leaves the doubt', async () => {
    const { payments, seen } = await centreThat(
      accepted,
      json(200, paymentAnswer('succeeded', acknowledged)),
      failure(409, 'CARRIER_BILLING.PAYMENT_CONFIRMED'),
      json(200, paymentAnswer('succeeded', acknowledged)),
      accepted,
      raw('', 'reset'),
    )
    expect(await payments.perform(operations.confirm, 1)).toEqual(ok)
    expect(await payments.perform(operations.confirm, 2)).toEqual(ok)
    expect(await payments.perform(operations.confirm, 3)).toMatchObject({ kind: 'inDoubt' })
    expect(seen[1]).toMatchObject({ path: '/carrier-billing/v0.5/payments/p-1', body: '' })
  })

  test('a refund still processing is asked about by its id', async () => {
    const { payments, seen } = await centreThat(
      json(201, refundAnswer('processing')),
      json(200, refundAnswer('succeeded')),
    )
    expect(await payments.perform(operations.refund, 1)).toEqual({ kind: 'ok' })
    expect(seen[1]?.path).toBe('/carrier-billing-refund/v0.3/payments/p-1/refunds/r-1')
  })
})

describe('outside a sale', () => {
  test('the walk takes every page, oldest first', async () => {
    const full = Array.from({ length: 100 }, () => paymentAnswer('succeeded'))
    const refunded = { refunded: { amount: '0.35', currency: 'EUR' } }
    const { payments, seen } = await centreThat(
      json(200, full),
      json(200, [paymentAnswer('cancelled', refunded)]),
    )
    const all = await Array.fromAsync(payments.walk(Date.UTC(2030, 0, 1)))
    expect(all).toHaveLength(101)
    expect(all[100]).toEqual({
      paymentId: 'p-1',
      saleId: operations.charge.saleId,
      key: operations.charge.key,
      status: 'cancelled',
      refundedMinor: 35,
      amountMinor: 35,
      createdAt: Date.UTC(2030, 0, 1),
    })
    const query = 'paymentCreationDate.gte=2030-01-01T00%3A00%3A00.000Z&order=asc'
    expect(seen.map(({ path }) => path)).toEqual([
      `/carrier-billing/v0.5/payments?${query}&page=1&perPage=100`,
      `/carrier-billing/v0.5/payments?${query}&page=2&perPage=100`,
    ])
  })

  test("the centre's chains", async () => {
    const { payments } = await centreThat(json(200, { chains: ['PEM'] }))
    expect(await payments.chains()).toEqual(['PEM'])
  })

  test.each([
    [raw('', 'reset'), 'payment-centre-away', true],
    [failure(503, 'UNAVAILABLE'), 'payment-centre-away', true],
    [failure(403, 'PERMISSION_DENIED'), 'payment-centre-refuses-us', false],
    [json(200, { keys: [] }), 'payment-centre-unreadable', false],
  ] as const)('what is wrong is said (%#)', async (reply, code, retry) => {
    const { payments } = await centreThat(reply)
    await expect(payments.chains()).rejects.toMatchObject({ code, retry })
  })

  test('an amount beyond its currency is unreadable, never rounded', async () => {
    const body = JSON.stringify([paymentAnswer('succeeded')]).replace('"0.35"', '0.355')
    const { payments } = await centreThat((response) => void response.writeHead(200).end(body))
    await expect(Array.fromAsync(payments.walk(0))).rejects.toMatchObject({
      code: 'payment-centre-unreadable',
    })
  })
})
