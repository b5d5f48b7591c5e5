// Whatever bytes reach the phones' door, in any method, path, header and body: they are refused or taken, the
// door never breaks, and nothing is heard without its proof. What is heard is fit to be stored.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { jsonSignature } from './gateways/signed-json.ts'
import { twilioSignature } from './gateways/twilio.ts'
import { jsonKey, request, type ServedPhones, secret, servePhones, twilioSettings } from './phones-fixture.ts'

let phones: ServedPhones
beforeAll(async () => {
  phones = await servePhones({
    receive: async ({ channel }) =>
      channel === 'text' ? { kind: 'stored' } : { kind: 'screen', screen: '1 Pay', goesOn: true },
  })
})
afterAll(() => phones.stop())
beforeEach(() => {
  phones.heard.length = 0
  phones.receipts.length = 0
})

const gateways = ['kannel', 'at', 'twilio', 'json'] as const
const forms = ['text', 'ussd', 'receipt'] as const
const now = () => String(Math.floor(Date.now() / 1000))

const names = fc.constantFrom(
  ...['from', 'to', 'id', 'text', 'meta', 'sessionId', 'phoneNumber', 'serviceCode', 'key', 'status'],
  ...['MessageSid', 'From', 'To', 'Body', 'AccountSid', 'OptOutType', 'MessageStatus', 'session', 'code'],
  ...['__proto__', 'constructor', ''],
)
const values = fc.oneof(
  fc.constantFrom('+33612345678', '33612345678', '36000', '+33899123456', 'PAY 4021', '*123*4021#', '1', ''),
  fc.constantFrom(
    '?smpp?ussd_service_op=%01&its_session_info=%07%00&',
    '?smpp?',
    '%',
    twilioSettings.accountSid,
  ),
  fc.constantFrom('delivered', 'SM0123456789abcdef0123456789abcdef', 'a\0b', '\ud800', 'x'.repeat(5000)),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
/** What a form needs to be heard at all; random alone would hardly ever hit it. */
const whole: [string, string][] = [
  ['from', '+33612345678'],
  ['id', '7'],
  ['text', '4021'],
  ['phoneNumber', '+33612345678'],
  ['sessionId', 'a'],
  ['session', 'a'],
  ['MessageSid', 'SM1'],
  ['From', '+33612345678'],
  ['AccountSid', twilioSettings.accountSid],
]
const odd = fc.array(fc.tuple(names, values), { maxLength: 8 })
const fields = fc.oneof(
  odd,
  odd.map((pairs) => [...pairs, ...whole]),
)
const bodies = fc.oneof(
  fields.map((pairs) => new URLSearchParams(pairs).toString()),
  fields.map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
  fc.json(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const types = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-8',
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'nonsense',
  ';;;',
)
const headers = fc.dictionary(
  fc.constantFrom(
    'Concilia-Timestamp',
    'Concilia-Signature',
    'X-Twilio-Signature',
    'X-Forwarded-For',
    'Expect',
  ),
  fc.oneof(fc.constantFrom('sha256=', '1790000000', '100-continue'), fc.base64String({ maxLength: 40 })),
)
const queries = fields.map((pairs) => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`))

interface Asked {
  readonly method: string
  readonly target: string
  readonly type: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @param body as latin1, byte for byte */
async function ask({ method, target, type, headers: extra, body }: Asked): Promise<number> {
  const lines = Object.entries({ Host: 'relation-server', 'Content-Type': type, ...extra })
  const sent = [...lines.map(([name, value]) => `${name}: ${value}`), `Content-Length: ${body.length}`]
  const answer = await phones.raw(request(`${method} ${target}`, sent, body))
  const last = answer.startsWith('HTTP/1.1 100') ? answer.slice(answer.indexOf('\r\n\r\n') + 4) : answer
  return Number(last.split(' ')[1])
}

/** Fit for the books: a name that can be a key, a buyer we could answer, letters that a database takes. */
function expectStorable(): void {
  for (const { messageId, subscriber, words, sessionId = '-' } of phones.heard) {
    expect(messageId).toMatch(/^.{1,128}$/su)
    expect(subscriber).toMatchObject({ realm: 'e164', key: expect.stringMatching(/^\+[1-9]\d{6,14}$/) })
    expect(subscriber.key).not.toMatch(/^\+33899/)
    expect([messageId, words, sessionId].join()).not.toContain('\0')
    expect([messageId, words, sessionId].every((text) => text.isWellFormed())).toBe(true)
  }
}

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

test('anything asked of a gateway that has only its URL is refused or taken', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'PATCH'),
        target: fc
          .tuple(fc.constantFrom('kannel', 'at'), fc.constantFrom(...forms), queries)
          .map(([name, form, query]) => `/phones/${secret}/${name}/${form}${query}`),
        type: types,
        headers,
        body: bodies.map(latin1),
      }),
      async (asked) => {
        const status = await ask(asked)
        expect(status === 200 || (status >= 400 && status < 500), String(status)).toBe(true)
        expectStorable()
      },
    ),
    { numRuns: 250 },
  )
  expect(phones.heard.length).toBeGreaterThan(0)
})

test('without the secret in its URL nothing is heard, whatever is asked', async () => {
  const paths = fc.oneof(
    fc.webPath(),
    fc
      .tuple(
        fc.string({ unit: 'binary-ascii', maxLength: 20 }),
        fc.constantFrom(...gateways),
        fc.constantFrom(...forms),
      )
      .map(([word, name, form]) => `/phones/${word.replace(/[^\w%.~-]/g, '_')}/${name}/${form}`),
  )
  await fc.assert(
    fc.asyncProperty(paths, queries, types, bodies, async (path, query, type, body) => {
      const target = `${path || '/'}${query}`
      const status = await ask({ method: 'POST', target, type, headers: {}, body: latin1(body) })
      expect(status >= 400 && status < 500, String(status)).toBe(true)
      expect([phones.heard, phones.receipts]).toEqual([[], []])
    }),
    { numRuns: 150 },
  )
})

test('without its signature nothing is heard, even at the right URL', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('twilio', 'json'),
      fc.constantFrom(...forms),
      queries,
      types,
      headers,
      bodies,
      async (name, form, query, type, extra, body) => {
        const target = `/phones/${secret}/${name}/${form}${query}`
        const status = await ask({ method: 'POST', target, type, headers: extra, body: latin1(body) })
        expect(status >= 400 && status < 500, String(status)).toBe(true)
        expect([phones.heard, phones.receipts]).toEqual([[], []])
      },
    ),
    { numRuns: 150 },
  )
})

test('with its signature anything at all is refused or taken, and what is heard can be stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('twilio', 'json'),
      fc.constantFrom(...forms),
      queries,
      types,
      bodies,
      async (name, form, query, type, text) => {
        const target = `/phones/${secret}/${name}/${form}${query}`
        const body = latin1(text)
        const bytes = Buffer.from(body, 'latin1')
        const posted = type.includes('urlencoded') ? [...new URLSearchParams(bytes.toString('utf8'))] : []
        const timestamp = now()
        const { authToken, publicUrl } = twilioSettings
        const proof = {
          'X-Twilio-Signature': twilioSignature(authToken, `${publicUrl}${target}`, posted),
          'Concilia-Timestamp': timestamp,
          'Concilia-Signature': jsonSignature(jsonKey, timestamp, form, bytes),
        }
        const status = await ask({ method: 'POST', target, type, headers: proof, body })
        expect(status).not.toBe(403)
        expect(status === 200 || (status >= 400 && status < 500), String(status)).toBe(true)
        expectStorable()
      },
    ),
    { numRuns: 250 },
  )
  expect(phones.heard.length).toBeGreaterThan(0)
})
