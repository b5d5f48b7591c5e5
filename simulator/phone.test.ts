// Simulated phones against the real phones' side of the relation server, through both forms: whatever they
// send arrives as it would from the real gateways, whatever is sent to them reaches their inbox.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { africasTalking } from '@concilia/relation-server/phones/gateways/africas-talking.ts'
import { kannel } from '@concilia/relation-server/phones/gateways/kannel.ts'
import { type ServedPhones, secret, servePhones } from '@concilia/relation-server/phones/phones-fixture.ts'
import type { Receive } from '@concilia/relation-server/phones/port.ts'
import { textSender } from '@concilia/relation-server/phones/text-sender-adapter.ts'
import { afterEach, expect, test } from 'vitest'
import { PhoneNetwork } from './phone-network.ts'

let cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const action of cleanUp) await action()
  cleanUp = []
})

const forms = [
  { form: 'kannel', name: 'kannel', number: '+33612345678', ussdCode: '*123#' },
  { form: 'africas-talking', name: 'at', number: '+254711223344', ussdCode: '*384*123#' },
] as const

const screens: Receive = async ({ channel, words }) =>
  channel === 'text'
    ? { kind: 'stored' }
    : { kind: 'screen', screen: `you typed ${words}\n0 Cancel`, goesOn: !/(^|\*)1$/.test(words) }

async function world(index: 0 | 1, receive = screens, twice = false) {
  const { form, name, number, ussdCode } = forms[index]
  const network = new PhoneNetwork({
    clock: systemClock,
    random: systemRandom,
    shortCode: '36000',
    ussdCode,
    port: 0,
    twice,
  })
  const { port } = await network.start()
  const server: ServedPhones = await servePhones({ receive })
  network.reach(form, `http://127.0.0.1:${server.port}/phones/${secret}/${name}`)
  cleanUp = [() => network.stop(), () => server.stop()]
  const settings = {
    name,
    sendOrigin: `http://127.0.0.1:${port}`,
    username: 'concilia',
    password: 'sesame',
    apiKey: 'key',
    sender: '36000',
    ussdCode,
    ussdVouched: true,
    receiptUrl: `http://127.0.0.1:${server.port}/phones/${secret}/${name}/receipt`,
  }
  const { sending } = form === 'kannel' ? kannel(settings) : africasTalking(settings)
  const sender = textSender(sending, 2000)
  cleanUp.unshift(() => sender.close())
  return { network, server, sender, phone: network.phone(number, form), number }
}

test.each([0, 1] as const)('texts arrive (form %i)', async (index) => {
  const { phone, server, number } = await world(index)
  await phone.text('payé & 4021')
  expect(server.heard).toMatchObject([
    {
      channel: 'text',
      words: 'payé & 4021',
      serviceCode: '36000',
      subscriber: { realm: 'e164', key: number },
    },
  ])
})

test.each([0, 1] as const)('a dialogue is dialled deep, answered, and ends (form %i)', async (index) => {
  const { phone, server } = await world(index)
  const first = await phone.dial(forms[index].ussdCode.replace('#', '*4021#'))
  expect(first).toMatchObject({ text: 'you typed 4021\n0 Cancel', goesOn: true })
  const second = await first.answer('2*3')
  // Africa's Talking sends all that was typed so far.
  expect(second.text).toBe(`you typed ${index === 1 ? '4021*' : ''}2*3\n0 Cancel`)
  const last = await second.answer('1')
  expect(last.goesOn).toBe(false)
  expect(() => last.answer('1')).toThrow('dial again')
  expect(new Set(server.heard.map(({ sessionId }) => sessionId)).size).toBe(1)
})

test.each([0, 1] as const)('the bare code opens a dialogue with nothing typed (form %i)', async (index) => {
  const { phone, server } = await world(index)
  await phone.dial()
  expect(server.heard).toMatchObject([{ words: '', channel: 'ussd' }])
})

test.each([0, 1] as const)('our texts reach the inbox, in order (form %i)', async (index) => {
  const { phone, sender, number } = await world(index)
  const waiting = phone.nextText(5000)
  const subscriber = { realm: 'e164', key: number }
  expect(await sender.send({ subscriber, text: 'Répondez OUI 7384', key: '1' })).toEqual({ kind: 'sent' })
  expect(await sender.send({ subscriber, text: 'Merci', key: '2' })).toEqual({ kind: 'sent' })
  expect([await waiting, await phone.nextText(5000)]).toEqual(['Répondez OUI 7384', 'Merci'])
  await expect(phone.nextText(10)).rejects.toThrow('no text came')
  expect(phone.texts).toHaveLength(2)
})

test('a text is repeated until the server takes it, under one id', async () => {
  let attempts = 0
  const { phone, server } = await world(0, async () => {
    attempts++
    if (attempts < 3) throw new Error('away')
    return { kind: 'stored' }
  })
  await phone.text('4021')
  expect(server.heard).toHaveLength(3)
  expect(new Set(server.heard.map(({ messageId }) => messageId)).size).toBe(1)
})

test("a dialogue that the server cannot store is the carrier's to end", async () => {
  const { phone } = await world(1, () => Promise.reject(new Error('away')))
  await expect(phone.dial()).rejects.toThrow('status 503')
})

test('a network that sends everything twice keeps the ids', async () => {
  const { phone, server } = await world(0, screens, true)
  await phone.text('4021')
  expect(server.heard).toHaveLength(2)
  expect(server.heard[0]?.messageId).toBe(server.heard[1]?.messageId)
})
