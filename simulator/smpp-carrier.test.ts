// Simulated phones behind a simulated centre, and the real link, over TLS and plain: texts, dialogues,
// receipts, and a centre that is cut off in the middle of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { phonesSchema } from '@concilia/relation-server/phones/configuration.ts'
import type { Receipt } from '@concilia/relation-server/phones/gateways/gateway.ts'
import type { Incoming, Receive } from '@concilia/relation-server/phones/port.ts'
import { openWays } from '@concilia/relation-server/phones/ways.ts'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Phone } from './phone.ts'
import { SmppCarrier } from './smpp-carrier.ts'
import { SmppCentre } from './smpp-centre.ts'

const number = '+33612345678'
const access = { systemId: 'concilia', password: 'secret' }
const folder = mkdtempSync(join(tmpdir(), 'concilia-smpp-'))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const passwordFile = file('password', access.password)
let tls: { key: string; cert: string }
let rootFile: string
let closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const at = systemClock.now()
  const authority = await makeAuthority(at)
  rootFile = file('root.pem', authority.rootPem)
  const subject = { id: 'centre', role: 'relation-server', seller: '', hosts: ['127.0.0.1'] } as const
  const { keyPem, chainPem } = await makeCredentials(authority, subject, at)
  tls = { key: keyPem, cert: chainPem }
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  closing = []
})
afterAll(() => rmSync(folder, { recursive: true }))

const usual: Receive = async ({ channel, words }) =>
  channel === 'text'
    ? { kind: 'stored' }
    : { kind: 'screen', screen: `you typed ${words}`, goesOn: words !== '1' }

function linkTo(port: number, more: object, receive = usual) {
  const heard: Incoming[] = []
  const receipts: Receipt[] = []
  const log: string[] = []
  const carrier = {
    ...{ host: '127.0.0.1', port, systemId: access.systemId, passwordFile, sender: '36000' },
    ussd: { code: '*123#', vouched: true },
    ...more,
  }
  const ways = openWays(phonesSchema.parse({ helpNumber: '0800 123', smpp: { carrier } }), {
    receive: (incoming, stored) => {
      heard.push(incoming)
      return receive(incoming, stored)
    },
    hearReceipt: (receipt) => receipts.push(receipt),
    clock: systemClock,
    random: systemRandom,
    log: makeLog('test', { write: (line) => log.push(line) }),
  })
  closing.unshift(() => ways.sender.close())
  for (const link of ways.links) link.start()
  return { ...ways, heard, receipts, log }
}

async function carrierWith(secure: boolean) {
  let phone: Phone | undefined
  const carrier = new SmppCarrier({
    ...access,
    ...(secure && { tls }),
    clock: systemClock,
    random: systemRandom,
    shortCode: '36000',
    ussdCode: '*123#',
    port: 0,
    deliver: (_, text) => phone?.receive(text),
  })
  closing.push(() => carrier.stop())
  const port = await carrier.start()
  phone = new Phone(number, carrier.line(number), systemClock)
  return { carrier, port, phone }
}

test.each([true, false])('texts, dialogues and receipts (TLS: %s)', async (secure) => {
  const { port, phone } = await carrierWith(secure)
  const { heard, receipts, sender } = linkTo(port, secure ? { rootFile } : { tls: false, bind: 'pair' })
  await phone.text(`PAY 4021 ${'é'.repeat(200)}`)
  expect(heard).toMatchObject([{ channel: 'text', words: `PAY 4021 ${'é'.repeat(200)}` }])
  const screen = await phone.dial('*123*4021#')
  expect(screen).toMatchObject({ text: 'you typed 4021', goesOn: true })
  expect(await screen.answer('1')).toMatchObject({ text: 'you typed 1', goesOn: false })
  const subscriber = { realm: 'e164', key: number }
  expect(await sender.send({ subscriber, text: 'Reçu 1,50 €', key: 'k' })).toEqual({ kind: 'sent' })
  expect(await phone.nextText(5000)).toBe('Reçu 1,50 €')
  await vi.waitFor(() => expect(receipts).toEqual([{ gateway: 'carrier', key: 'k', what: 'delivered' }]))
})

test('a centre whose certificate nobody vouches for is not spoken to', async () => {
  const { port, carrier } = await carrierWith(true)
  const { log } = linkTo(port, {})
  await vi.waitFor(() => expect(log.join()).toMatch(/the link is down: (SELF_SIGNED|UNABLE_TO)/))
  expect(carrier.centre.bound).toBe(0)
})

test('what was not acknowledged when the connection was cut comes again, and is one message', async () => {
  const { port, phone, carrier } = await carrierWith(false)
  const stored = Promise.withResolvers<void>()
  const { heard, links } = linkTo(port, { tls: false }, async () => {
    await stored.promise
    return { kind: 'stored' }
  })
  const texting = phone.text('4021')
  await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 10_000 })
  carrier.centre.drop()
  await vi.waitFor(() => expect(links[0]?.isUp).toBe(false))
  stored.resolve()
  await texting
  expect(new Set(heard.map(({ messageId }) => messageId)).size).toBe(1)
  expect(heard.length).toBeGreaterThan(1)
})

test('a wrong password is said once, and not tried again', async () => {
  const centre = new SmppCentre({ ...access, password: 'another', clock: systemClock, taken: () => {} })
  closing.push(() => centre.close())
  const { log } = linkTo(await centre.listen(), { tls: false })
  await vi.waitFor(() =>
    expect(log.join()).toMatch(/not let in: the centre refused the bind with status 0x0e/),
  )
  expect(log).toHaveLength(1)
})
