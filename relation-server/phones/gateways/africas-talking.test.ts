// The form of Africa's Talking over real HTTP, field for field as its callbacks send them; and what its
// answer means.
import { afterEach, describe, expect, test } from 'vitest'
import { form, type ServedPhones, secret, servePhones } from '../phones-fixture.ts'
import type { Reply } from '../port.ts'
import { africasTalking } from './africas-talking.ts'

let phones: ServedPhones | undefined
afterEach(() => phones?.stop())

const base = `POST /phones/${secret}/at`
const buyer = { realm: 'e164', key: '+254711223344' }

test('a text is heard once under its own id', async () => {
  phones = await servePhones()
  const body =
    'linkId=SampleLinkId123&text=PAY+4021&to=36000&id=ec47a5f0-8fd3-4b1c' +
    '&date=2026-11-23+09%3A04%3A22&from=%2B254711223344'
  const answer = await phones.raw(form(`${base}/text`, body))
  expect(answer).toMatch(/^HTTP\/1\.1 200/)
  expect(phones.heard).toMatchObject([
    {
      gateway: 'at',
      messageId: 'ec47a5f0-8fd3-4b1c',
      channel: 'text',
      subscriber: buyer,
      vouched: false,
      serviceCode: '36000',
      words: 'PAY 4021',
    },
  ])
})

describe('a dialogue', () => {
  const receive = async ({ words }: { words: string }): Promise<Reply> => ({
    kind: 'screen',
    screen: `you typed ${words}\n0 Cancel`,
    goesOn: !words.endsWith('end'),
  })
  const step = (text: string, sessionId = 'ATUid_1') =>
    form(
      `${base}/ussd`,
      `phoneNumber=%2B254711223344&serviceCode=*384*123%23&text=${encodeURIComponent(text)}` +
        `&sessionId=${sessionId}&networkCode=63902`,
    )
  const bodyOf = (answer: string) => answer.split('\r\n\r\n')[1]

  test('goes on with CON and ends with END; all that was typed is heard, stars and all', async () => {
    phones = await servePhones({ receive })
    const answers: (string | undefined)[] = []
    for (const text of ['', '4021', '4021*1*2', '4021*1*2*end'])
      answers.push(bodyOf(await phones.raw(step(text))))
    expect(phones.heard.map(({ words }) => words)).toEqual(['', '4021', '4021*1*2', '4021*1*2*end'])
    expect(phones.heard.every(({ wholeHistory }) => wholeHistory)).toBe(true)
    expect(answers[1]).toBe('CON you typed 4021\n0 Cancel')
    expect(answers[3]).toBe('END you typed 4021*1*2*end\n0 Cancel')
    expect(new Set(phones.heard.map(({ sessionId }) => sessionId))).toEqual(new Set(['ATUid_1']))
    expect(phones.heard).toMatchObject([{ vouched: true, serviceCode: '*384*123#' }, {}, {}, {}])
  })

  test('repeated step is the same message, the next step another', async () => {
    phones = await servePhones({ receive })
    for (const text of ['4021', '4021', '4021*1']) await phones.raw(step(text))
    const [first, second, third] = phones.heard.map(({ messageId }) => messageId)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test('dialled deep begins with the machine number', async () => {
    phones = await servePhones({ receive })
    await phones.raw(step('4021'))
    expect(phones.heard).toMatchObject([{ words: '4021' }])
  })

  test('of nobody we can charge ends at once', async () => {
    phones = await servePhones({ receive })
    const body = 'phoneNumber=36000&serviceCode=*384*123%23&text=&sessionId=ATUid_2&networkCode=63902'
    expect(bodyOf(await phones.raw(form(`${base}/ussd`, body)))).toMatch(/^END /)
    expect(phones.heard).toEqual([])
  })
})

describe('sending', () => {
  const { sending } = africasTalking({
    name: 'at',
    sendOrigin: 'https://api.africastalking.com',
    username: 'concilia',
    apiKey: 'key',
    sender: '36000',
    ussdVouched: true,
  })
  const taken = (statusCode: number) =>
    `{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[` +
    `{"statusCode":${statusCode},"number":"x","cost":"KES 0.8","messageId":"ATXid_1"}]}}`

  test('is one form with the key in its header', () => {
    expect(sending.request({ subscriber: buyer, text: 'é & 1', key: 'k' }, 0)).toEqual({
      method: 'POST',
      path: '/version1/messaging',
      headers: {
        apikey: 'key',
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'username=concilia&to=%2B254711223344&message=%C3%A9+%26+1&from=36000',
    })
  })

  test.each([
    [201, taken(101), 'sent'],
    [201, taken(102), 'sent'],
    [201, taken(405), 'temporary'],
    [201, taken(500), 'temporary'],
    [201, taken(403), 'final'],
    [201, taken(406), 'final'],
    [201, '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}', 'temporary'],
    [201, '<html>', 'temporary'],
    [401, 'The supplied authentication is invalid', 'temporary'],
    [400, '', 'final'],
    [502, '', 'temporary'],
  ])('answered %i %s is %s', (status, body, expected) => {
    const result = sending.result(status, body)
    expect(result.kind === 'sent' ? 'sent' : result.retry).toBe(expected)
  })

  test('its receipts name its own id', async () => {
    phones = await servePhones()
    await phones.raw(
      form(`${base}/receipt`, 'id=ATXid_1&status=Success&phoneNumber=%2B254711223344&networkCode=63902'),
    )
    await phones.raw(form(`${base}/receipt`, 'id=ATXid_2&status=Failed&failureReason=DeliveryFailure'))
    expect(phones.receipts).toEqual([
      { gateway: 'at', key: 'ATXid_1', what: 'delivered' },
      { gateway: 'at', key: 'ATXid_2', what: 'failed' },
    ])
  })
})
