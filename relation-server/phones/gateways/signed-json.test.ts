// The signed JSON form over real HTTP: the example of the documentation, byte for byte, and what is refused.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { jsonKey, request, type ServedPhones, secret, servePhones } from '../phones-fixture.ts'
import type { Reply } from '../port.ts'
import { jsonSignature, signedJson } from './signed-json.ts'

let phones: ServedPhones | undefined
afterEach(() => phones?.stop())

const at = 1_790_000_000
const clock = () => {
  const manual = new ManualClock()
  manual.setNow(at * 1000)
  return manual
}
const text = { id: 'm-1', from: '+33612345678', to: '36000', text: 'PAY 4021 é' }

interface Changes {
  readonly route?: 'text' | 'ussd' | 'receipt'
  readonly signedRoute?: 'text' | 'ussd' | 'receipt'
  readonly timestamp?: string
  readonly key?: string
  readonly sent?: string
  readonly signature?: string
}

/** A signed request, but for what is changed. */
function signed(said: unknown, changes: Changes = {}): string {
  const body = typeof said === 'string' ? said : JSON.stringify(said)
  const { route = 'text', signedRoute = route, timestamp = String(at), key = jsonKey, sent = body } = changes
  const latin1 = Buffer.from(sent, 'utf8').toString('latin1')
  return request(
    `POST /phones/${secret}/json/${route}`,
    [
      'Host: relation-server',
      'Content-Type: application/json',
      `Concilia-Timestamp: ${timestamp}`,
      `Concilia-Signature: ${changes.signature ?? jsonSignature(key, timestamp, signedRoute, body)}`,
      `Content-Length: ${latin1.length}`,
    ],
    latin1,
  )
}
const statusOf = (answer: string) => Number(answer.split(' ')[1])
const bodyOf = (answer: string) => answer.split('\r\n\r\n')[1]

test('the signature of the documented example', () => {
  const body = '{"id":"m-1","from":"+33612345678","to":"36000","text":"PAY 4021"}'
  expect(jsonSignature('choose-a-long-random-key-of-32-bytes', '1790000000', 'text', body)).toBe(
    'sha256=23a3fdcadd2a8514677a1c2c7926f5db862cbf8498f3484e14a5e9c4dfb17ff8',
  )
})

test('a text is heard', async () => {
  phones = await servePhones({ clock: clock() })
  const answer = await phones.raw(signed(text))
  expect([statusOf(answer), bodyOf(answer)]).toEqual([200, '{}'])
  expect(phones.heard).toMatchObject([
    {
      gateway: 'json',
      messageId: 'm-1',
      channel: 'text',
      vouched: false,
      words: 'PAY 4021 é',
      serviceCode: '36000',
    },
  ])
})

test('a step of a dialogue is answered by its screen', async () => {
  const receive = async (): Promise<Reply> => ({
    kind: 'screen',
    screen: 'Machine 4021\n1 Pay',
    goesOn: true,
  })
  phones = await servePhones({ clock: clock(), receive })
  const step = { id: 's-1', session: 'a', from: '+33612345678', code: '*123#', text: '4021' }
  const answer = await phones.raw(signed(step, { route: 'ussd' }))
  expect(JSON.parse(bodyOf(answer) ?? '')).toEqual({ screen: 'Machine 4021\n1 Pay', goesOn: true })
  expect(phones.heard).toMatchObject([{ sessionId: 'a', words: '4021', vouched: true, channel: 'ussd' }])
})

test('a receipt is heard', async () => {
  phones = await servePhones({ clock: clock() })
  await phones.raw(signed({ key: 'k 1', status: 'delivered' }, { route: 'receipt' }))
  expect(phones.receipts).toEqual([{ gateway: 'json', key: 'k 1', what: 'delivered' }])
})

describe('refused and not heard:', () => {
  test.each<[string, unknown, Changes, number, RegExp]>([
    ['another key', text, { key: 'another-key-of-more-than-32-characters' }, 403, /signature/],
    ['no signature', text, { signature: '' }, 403, /signature/],
    ['a signature without its name', text, { signature: 'abcd' }, 403, /signature/],
    [
      'other bytes than were signed',
      text,
      { sent: JSON.stringify({ ...text, text: 'PAY 9' }) },
      403,
      /signature/,
    ],
    ['what was signed for another route', text, { signedRoute: 'receipt' }, 403, /signature/],
    ['a time long ago', text, { timestamp: String(at - 301) }, 403, /timestamp/],
    ['a time to come', text, { timestamp: String(at + 301) }, 403, /timestamp/],
    ['no time', text, { timestamp: 'soon' }, 403, /timestamp/],
    ['no JSON', '{oops', {}, 400, /not JSON/],
    ['a field missing', { ...text, from: undefined }, {}, 400, /from: /],
    ['a field of another kind', { ...text, text: 7 }, {}, 400, /text: /],
    ['an id too long', { ...text, id: 'x'.repeat(129) }, {}, 400, /id: /],
    ['a list', [], {}, 400, /the body: /],
  ])('%s', async (_, said, changes, status, why) => {
    phones = await servePhones({ clock: clock() })
    const answer = await phones.raw(signed(said, changes))
    expect([statusOf(answer), bodyOf(answer)]).toEqual([status, expect.stringMatching(why)])
    expect([phones.heard, phones.receipts]).toEqual([[], []])
    expect(phones.log.join()).not.toContain('33612345678')
  })

  test('nothing that a database cannot keep', async () => {
    phones = await servePhones({ clock: clock() })
    await phones.raw(signed('{"id":"a\\u0000b","from":"+33612345678","to":"","text":"\\ud800"}'))
    expect(phones.heard).toMatchObject([{ messageId: 'a\ufffdb', words: '\ufffd' }])
  })
})

describe('sending', () => {
  const settings = {
    name: 'json',
    sendUrl: 'https://gateway.example/concilia?v=1',
    key: jsonKey,
    sender: '36000',
    ussdVouched: true,
  }
  const out = { subscriber: { realm: 'e164', key: '+33612345678' }, text: 'é', key: 'k 1', validForMs: 1000 }

  test('is one signed body with our key', () => {
    const { path, headers, body = '' } = signedJson(settings).sending.request(out, at * 1000 + 999)
    expect(path).toBe('/concilia?v=1')
    expect(JSON.parse(body)).toEqual({
      key: 'k 1',
      from: '36000',
      to: '+33612345678',
      text: 'é',
      validForMs: 1000,
    })
    expect(headers['concilia-timestamp']).toBe(String(at))
    expect(headers['concilia-signature']).toBe(jsonSignature(jsonKey, String(at), 'send', body))
  })

  test.each([
    [200, 'sent'],
    [202, 'sent'],
    [400, 'final'],
    [422, 'final'],
    [401, 'temporary'],
    [404, 'temporary'],
    [429, 'temporary'],
    [500, 'temporary'],
  ])('answered %i is %s', (status, expected) => {
    const result = signedJson(settings).sending.result(status, '')
    expect(result.kind === 'sent' ? 'sent' : result.retry).toBe(expected)
  })
})
