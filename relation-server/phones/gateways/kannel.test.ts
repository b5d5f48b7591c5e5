// Kannel's form over real HTTP, with the bytes that Kannel 1.4.5 was seen to send; and what is handed to its
// sendsms.
import { afterEach, describe, expect, test } from 'vitest'
import { form, request, type ServedPhones, secret, servePhones } from '../phones-fixture.ts'
import type { Reply } from '../port.ts'
import { kannel } from './kannel.ts'

let phones: ServedPhones | undefined
afterEach(() => phones?.stop())

const headers = ['User-Agent: Kannel/1.4.5', 'Host: 127.0.0.1:8080']
const base = `/phones/${secret}/kannel`
const get = (path: string) => request(`GET ${base}${path}`, headers)
const buyer = { realm: 'e164', key: '+33612345678' }

describe('a text', () => {
  test('by get-url', async () => {
    phones = await servePhones()
    const answer = await phones.raw(
      get('/text?from=%2B33612345678&to=36000&id=f5904492-d163-4522-b237-18f729336496&text=pay%C3%A9+4021'),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.split('\r\n\r\n')[1]).toBe('')
    expect(phones.heard).toEqual([
      {
        gateway: 'kannel',
        messageId: 'f5904492-d163-4522-b237-18f729336496',
        channel: 'text',
        subscriber: buyer,
        vouched: false,
        serviceCode: '36000',
        words: 'payé 4021',
        at: expect.any(Number),
      },
    ])
  })

  test('by post-url, whose body is the text alone', async () => {
    phones = await servePhones()
    const path = `${base}/text?from=%2B33612345678&to=36000&id=f5904492-d163-4522-b237-18f729336496`
    const lines = [
      ...headers,
      'Content-Type: text/plain; charset="UTF-8"',
      'X-Kannel-Coding: 0',
      'Content-Length: 8',
    ]
    await phones.raw(request(`POST ${path}`, lines, 'PAY 4021'))
    expect(phones.heard).toMatchObject([
      { messageId: 'f5904492-d163-4522-b237-18f729336496', words: 'PAY 4021' },
    ])
  })

  test('by a form', async () => {
    phones = await servePhones()
    await phones.raw(form(`POST ${base}/text`, 'from=%2B33612345678&to=36000&id=7&text=4021'))
    expect(phones.heard).toMatchObject([{ messageId: '7', words: '4021', subscriber: buyer }])
  })

  test('whose plus sign was lost on the way still has its sender', async () => {
    phones = await servePhones()
    await phones.raw(get('/text?from=+33612345678&to=36000&id=7&text=4021'))
    expect(phones.heard).toMatchObject([{ subscriber: buyer }])
  })

  test('without an id is the same one within a minute, and another with other words', async () => {
    const { routes } = kannel(settings)
    const id = (text: string, at: number) => {
      const heard = routes.text.hear({ from: '+33612345678', to: '36000', text }, at)
      return heard.kind === 'incoming' && heard.incoming.messageId
    }
    expect(id('4021', 60_000)).toBe(id('4021', 119_999))
    expect(id('4021', 60_000)).not.toBe(id('4021', 120_000))
    expect(id('4021', 60_000)).not.toBe(id('4022', 60_000))
  })

  test.each(['36000', 'INFO', '', '+33899701234', '+33123456789'])(
    'from %j is taken and dropped: nobody there can be charged',
    async (from) => {
      phones = await servePhones()
      const answer = await phones.raw(get(`/text?from=${encodeURIComponent(from)}&to=36000&id=7&text=4021`))
      expect(answer).toMatch(/^HTTP\/1\.1 200/)
      expect(phones.heard).toEqual([])
      expect(phones.log.join()).toContain('noSender')
    },
  )
})

describe('a dialogue', () => {
  const step = (id: string, text: string, op: string, info: string) =>
    get(
      `/ussd?from=%2B33612345678&to=123&id=${id}&text=${text}` +
        `&meta=%3Fsmpp%3Fussd_service_op%3D%25${op}%26its_session_info%3D%2507%25${info}%26`,
    )
  const screens: Record<string, Reply> = {
    '4021': { kind: 'screen', screen: 'Machine 4021\n1 Pay é', goesOn: true },
    '1': { kind: 'screen', screen: 'Thank you', goesOn: false },
  }
  const receive = async ({ words }: { words: string }): Promise<Reply> => {
    const screen = screens[words]
    if (!screen) throw new Error(`no screen for ${words}`)
    return screen
  }

  test('is dialled deep, goes on and ends, session and sequence number kept', async () => {
    phones = await servePhones({ receive })
    const first = await phones.raw(step('a1', '*123*4021%23', '01', '00'))
    expect(first).toMatch(/x-kannel-meta-data: \?smpp\?ussd_service_op=2&its_session_info=1794\r\n/i)
    expect(first).toMatch(/content-type: text\/plain; charset=utf-8\r\n/i)
    expect(first.split('\r\n\r\n')[1]).toBe('Machine 4021\n1 Pay é')
    const second = await phones.raw(step('a2', '1', '12', '04'))
    expect(second).toMatch(/x-kannel-meta-data: \?smpp\?ussd_service_op=17&its_session_info=1799\r\n/i)
    expect(phones.heard).toMatchObject([
      {
        messageId: 'a1',
        sessionId: '7',
        begins: true,
        words: '4021',
        channel: 'ussd',
        vouched: true,
        serviceCode: '*123#',
      },
      { messageId: 'a2', sessionId: '7', begins: false, words: '1' },
    ])
  })

  test('that the carrier aborts is no step', async () => {
    phones = await servePhones({ receive })
    await phones.raw(step('a3', '', '81', '04'))
    expect(phones.heard).toEqual([])
  })

  test('without TLVs begins where a code was dialled', async () => {
    phones = await servePhones({ receive })
    await phones.raw(get('/ussd?from=%2B33612345678&to=123&id=a1&text=*123*4021%23&meta='))
    const answer = await phones.raw(get('/ussd?from=%2B33612345678&to=123&id=a2&text=1&meta='))
    expect(answer).toMatch(/x-kannel-meta-data: \?smpp\?ussd_service_op=17\r\n/i)
    expect(phones.heard).toMatchObject([
      { sessionId: '', begins: true, words: '4021' },
      { sessionId: '', begins: false, words: '1' },
    ])
  })

  test.each([
    ['*123#', ''],
    ['*123*4021#', '4021'],
    ['*124*4021#', '*124*4021#'],
  ])('dialled as %s leaves %j', (dialled, words) => {
    const heard = kannel(settings).routes.ussd.hear({ from: '+33612345678', id: '1', text: dialled }, 0)
    expect(heard).toMatchObject({ incoming: { words } })
  })
})

const settings = {
  name: 'kannel',
  sendOrigin: 'http://127.0.0.1:13013',
  username: 'concilia',
  password: 'se same',
  sender: '36000',
  ussdCode: '*123#',
  ussdVouched: false,
}

describe('sending', () => {
  const text = { subscriber: buyer, text: 'Répondez OUI 7384 & merci', key: 'sale 1/price' }

  test('is one GET with everything escaped', () => {
    const { path, method } = kannel(settings).sending.request(text, 0)
    expect(method).toBe('GET')
    expect(path).toBe(
      '/cgi-bin/sendsms?username=concilia&password=se+same&from=36000&to=%2B33612345678' +
        '&text=R%C3%A9pondez+OUI+7384+%26+merci&coding=0&charset=UTF-8',
    )
  })

  test('asks for a receipt with our key when there is somewhere to send it', async () => {
    const receiptUrl = 'http://127.0.0.1:8080/phones/x/kannel/receipt'
    const { path } = kannel({ ...settings, receiptUrl }).sending.request(text, 0)
    const fields = new URL(path, 'http://kannel').searchParams
    expect(fields.get('dlr-mask')).toBe('19')
    expect(fields.get('dlr-url')).toBe(`${receiptUrl}?key=sale%201%2Fprice&status=%d`)
    phones = await servePhones()
    await phones.raw(get('/receipt?key=sale%201%2Fprice&status=1'))
    await phones.raw(get('/receipt?key=sale%201%2Fprice&status=2'))
    await phones.raw(get('/receipt?key=sale%201%2Fprice&status=99'))
    expect(phones.receipts.map(({ key, what }) => [key, what])).toEqual([
      ['sale 1/price', 'delivered'],
      ['sale 1/price', 'failed'],
    ])
  })

  test.each([
    [202, '0: Accepted for delivery', 'sent'],
    [202, '3: Queued for later delivery', 'sent'],
    [403, 'Not routable. Do not try again.', 'final'],
    [403, 'Authorization failed for sendsms', 'temporary'],
    [400, 'Empty receiver number not allowed, rejected', 'final'],
    [404, '', 'temporary'],
    [503, 'Temporal failure, try again later.', 'temporary'],
  ])('answered %i %j is %s', (status, body, expected) => {
    const result = kannel(settings).sending.result(status, body)
    expect(result.kind === 'sent' ? 'sent' : result.retry).toBe(expected)
  })

  test("a carrier's alias is the subscriber as it stands", () => {
    const heard = kannel({ ...settings, aliasRealm: 'orange-fr' }).routes.text.hear(
      { from: 'PhN8xk2', to: '36000', id: '7', text: '4021' },
      0,
    )
    expect(heard).toMatchObject({ incoming: { subscriber: { realm: 'orange-fr', key: 'PhN8xk2' } } })
  })
})
