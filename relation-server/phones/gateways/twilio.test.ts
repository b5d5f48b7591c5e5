// The form of Twilio over real HTTP: its published signature vector, requests signed as it signs them, and
// what its answers mean.
import { afterEach, describe, expect, test } from 'vitest'
import { form, type ServedPhones, secret, servePhones, twilioSettings } from '../phones-fixture.ts'
import { twilio, twilioSignature } from './twilio.ts'

let phones: ServedPhones | undefined
afterEach(() => phones?.stop())

const { publicUrl, authToken, accountSid } = twilioSettings
const path = (route: string) => `/phones/${secret}/twilio/${route}`
const incoming = {
  ToCountry: 'FR',
  MessageSid: 'SM0123456789abcdef0123456789abcdef',
  NumMedia: '0',
  AccountSid: accountSid,
  From: '+33612345678',
  To: '+33755512345',
  Body: 'PAY 4021 é+&',
  NumSegments: '1',
}
type Given = Record<string, string>

function signed(target: string, fields: Given, signature?: string, url = `${publicUrl}${target}`): string {
  const body = new URLSearchParams(fields).toString()
  const right = twilioSignature(authToken, url, Object.entries(fields))
  return form(`POST ${target}`, body, [`X-Twilio-Signature: ${signature ?? right}`])
}
const statusOf = (answer: string) => Number(answer.split(' ')[1])

test('the vector that Twilio publishes', () => {
  const fields = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  }
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
  const inAnyOrder = Object.entries(fields).toReversed()
  expect(twilioSignature('12345', url, inAnyOrder)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=')
})

test('of a field that stands twice each value is signed once, in order', () => {
  const twice = twilioSignature('12345', 'https://x/', [
    ['a', '2'],
    ['a', '1'],
    ['a', '2'],
  ])
  expect(twice).toBe(twilioSignature('12345', 'https://x/a1a2', []))
})

describe('a text', () => {
  test('is heard under its own id and answered by a TwiML that says nothing', async () => {
    phones = await servePhones()
    const answer = await phones.raw(signed(path('text'), incoming))
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-type: text\/xml/i)
    expect(answer.split('\r\n\r\n')[1]).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>')
    expect(phones.heard).toMatchObject([
      {
        gateway: 'twilio',
        messageId: incoming.MessageSid,
        channel: 'text',
        subscriber: { realm: 'e164', key: '+33612345678' },
        vouched: false,
        serviceCode: '+33755512345',
        words: 'PAY 4021 é+&',
      },
    ])
  })

  test.each<[string, (right: string) => string]>([
    ['no signature', () => form(`POST ${path('text')}`, new URLSearchParams(incoming).toString())],
    ['a wrong signature', () => signed(path('text'), incoming, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=')],
    [
      'the signature of other words',
      (right) => signed(path('text'), { ...incoming, Body: 'PAY 4022' }, right),
    ],
    ['the signature of another route', (right) => signed(path('receipt'), incoming, right)],
    [
      'the signature of another host',
      () => signed(path('text'), incoming, undefined, `https://evil.example${path('text')}`),
    ],
    ['fields added to the query', (right) => signed(`${path('text')}?From=%2B33712345678`, incoming, right)],
  ])('with %s is refused and not heard', async (_, request) => {
    phones = await servePhones()
    const right = twilioSignature(authToken, `${publicUrl}${path('text')}`, Object.entries(incoming))
    const answer = await phones.raw(request(right))
    expect(statusOf(answer)).toBe(403)
    expect(phones.heard).toEqual([])
    expect(phones.log.join()).toContain('the signature is wrong')
    expect(phones.log.join()).not.toMatch(/33612345678|correct-horse/)
  })

  test('the public URL may be signed with its standard port', async () => {
    phones = await servePhones()
    const url = `${publicUrl.replace('pay.example', 'pay.example:443')}${path('text')}`
    expect(statusOf(await phones.raw(signed(path('text'), incoming, undefined, url)))).toBe(200)
    expect(phones.heard).toHaveLength(1)
  })

  test('that its platform took for an opt-out is a STOP, whatever the word', async () => {
    phones = await servePhones()
    await phones.raw(signed(path('text'), { ...incoming, Body: 'Cancel', OptOutType: 'STOP' }))
    expect(phones.heard).toMatchObject([{ words: 'STOP' }])
  })

  test.each<[string, Given]>([
    ['of another account', { ...incoming, AccountSid: 'AC00000000000000000000000000000000' }],
    ['from a messenger', { ...incoming, From: 'whatsapp:+33612345678' }],
    ['from a short code', { ...incoming, From: '36000' }],
    ['without an id', { ...incoming, MessageSid: '' }],
  ])('%s is taken and dropped', async (_, fields) => {
    phones = await servePhones()
    expect(statusOf(await phones.raw(signed(path('text'), fields)))).toBe(200)
    expect(phones.heard).toEqual([])
  })
})

test('a status callback names our key; what is none of its states is dropped', async () => {
  phones = await servePhones()
  for (const MessageStatus of ['sent', 'delivered', 'undelivered', 'constructor']) {
    const fields = { MessageSid: 'SM1', AccountSid: accountSid, MessageStatus }
    await phones.raw(signed(`${path('receipt')}?key=sale%201%2Fprice`, fields))
  }
  expect(phones.receipts.map(({ key, what }) => [key, what])).toEqual([
    ['sale 1/price', 'onItsWay'],
    ['sale 1/price', 'delivered'],
    ['sale 1/price', 'failed'],
  ])
})

test('it has no dialogues', async () => {
  phones = await servePhones()
  expect(statusOf(await phones.raw(signed(path('ussd'), incoming)))).toBe(404)
})

describe('sending', () => {
  const text = {
    subscriber: { realm: 'e164', key: '+33612345678' },
    text: 'Répondez OUI & merci',
    key: 'sale 1/price',
    validForMs: 179_999,
  }
  const settings = { name: 'twilio', secret, ...twilioSettings }

  test('is one form, proved by the account, with where its state goes and how long it is good', () => {
    const { path: to, headers, body, method } = twilio(settings).sending.request(text, 0)
    expect([method, to]).toEqual(['POST', `/2010-04-01/Accounts/${accountSid}/Messages.json`])
    expect(headers.authorization).toBe(
      `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    )
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      To: '+33612345678',
      From: '+33755512345',
      Body: 'Répondez OUI & merci',
      StatusCallback: `${publicUrl}/phones/${secret}/twilio/receipt?key=sale%201%2Fprice`,
      ValidityPeriod: '179',
    })
  })

  test('may go by a messaging service', () => {
    const { body } = twilio({ ...settings, sender: 'MG0123' }).sending.request(text, 0)
    expect(new URLSearchParams(body).get('MessagingServiceSid')).toBe('MG0123')
    expect(new URLSearchParams(body).get('From')).toBeNull()
  })

  test.each([
    [201, '{"sid":"SM1","status":"queued"}', 'sent', undefined],
    [
      400,
      '{"code":21610,"message":"Attempt to send to unsubscribed recipient"}',
      'final',
      'refused with 21610',
    ],
    [400, '<html>', 'final', 'status 400'],
    [401, '{"code":20003}', 'temporary', 'status 401'],
    [429, '{"code":20429}', 'temporary', 'status 429'],
    [503, '', 'temporary', 'status 503'],
  ])('answered %i %s is %s', (status, body, expected, why) => {
    const result = twilio(settings).sending.result(status, body)
    expect(result.kind === 'sent' ? ['sent', undefined] : [result.retry, result.why]).toEqual([expected, why])
  })
})
