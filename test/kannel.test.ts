// Kannel between the phones and the relation server, configured as deployers are told to: its own fake
// phones, and phones of an operator's centre to which Kannel binds over SMPP, where it reads what our codec
// writes. Each buys something.
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { Phone } from '@concilia/simulator/phone.ts'
import { SmppCarrier } from '@concilia/simulator/smpp-carrier.ts'
import { buyers, shortCode, ussdCode } from '@concilia/simulator/start/buyers.ts'
import { carrierPassword, gatewayName, gatewaySecret } from '@concilia/simulator/start/configurations.ts'
import { placesIn } from '@concilia/simulator/start/places.ts'
import { secretOf } from '@concilia/simulator/start/secrets.ts'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'
import { Kannel, kannelIsMissing } from './kannel.ts'

const missing = kannelIsMissing()
if (missing) test('Kannel as the gateway', ({ skip }) => skip(`not tried: ${missing}`))
else describe('Kannel as the gateway', withKannel)

function withKannel() {
  const { rich, postpaid } = buyers
  const data = temporaryData()
  const places = placesIn(data)
  const password = secretOf(places, carrierPassword)
  const access = { systemId: 'kannel', password: 'secret' }
  const phones = new Map<string, Phone>()
  /** One centre for texts, one for dialogues, as the example has them. */
  const carriers = [0, 1].map(
    () =>
      new SmppCarrier({
        ...access,
        clock: systemClock,
        random: systemRandom,
        shortCode,
        ussdCode,
        port: 0,
        deliver: (to, text) => phones.get(to)?.receive(text),
      }),
  )
  const [texts, dialogues] = carriers
  let kannel: Kannel
  let bench: Bench

  beforeAll(async () => {
    const [atTexts = 0, atDialogues = 0] = await Promise.all(carriers.map((carrier) => carrier.start()))
    bench = await Bench.open({
      data,
      detour: async ({ serverHttp }) => {
        const path = `phones/${secretOf(places, gatewaySecret)}/${gatewayName}`
        kannel = await Kannel.start({
          folder: join(data, 'kannel'),
          gatewayUrl: `http://127.0.0.1:${serverHttp}/${path}`,
          password,
          centres: { texts: atTexts, dialogues: atDialogues, ...access },
          fakeNumber: postpaid.number,
        })
        return { carrier: kannel.sendPort }
      },
    })
  })
  afterAll(async () => {
    await bench?.close()
    await kannel?.stop()
    await Promise.all(carriers.map((carrier) => carrier.stop()))
    rmSync(data, { recursive: true, force: true })
  })

  function phoneAt(carrier: SmppCarrier | undefined, number: string): Phone {
    if (!carrier) throw new Error('there is no such carrier')
    const phone = new Phone(number, carrier.line(number), systemClock)
    phones.set(number, phone)
    return phone
  }

  test('a fake phone buys: text in, price with a code, consent, receipt', async () => {
    const story = await bench.begin()
    await story.choose('4021', 1)
    const asking = kannel.phone()
    asking.text(postpaid.number, shortCode, 'PAY 4021')
    const [, code = ''] = await asking.hears(/\bYES (\d{4,8})\b/)
    await asking.hangUp()
    const consenting = kannel.phone()
    consenting.text(postpaid.number, shortCode, `YES ${code}`)
    await consenting.hears(/Paid 1\.50 EUR/)
    await consenting.hangUp()
    await story.ends({ sales: ['settled'], paid: { postpaid: 150 } })
  })

  test('a phone behind SMPP buys by text, and by a dialogue', async () => {
    const story = await bench.begin()
    await story.choose('4021', 1)
    const texting = phoneAt(texts, rich.number)
    await texting.text('PAY 4021')
    const [, code = ''] = /\bYES (\d{4,8})\b/.exec(await texting.nextText(20_000)) ?? []
    await texting.text(`YES ${code}`)
    const read: string[] = []
    while (!/^Paid/.test(read.at(-1) ?? '')) read.push(await texting.nextText(20_000))
    await story.ends({ sales: ['settled'], paid: { rich: 150 } })

    const second = await bench.begin()
    await second.choose('4021', 1)
    const dialling = phoneAt(dialogues, rich.number)
    const menu = await dialling.dial('*123*4021#')
    expect(menu).toMatchObject({ text: expect.stringMatching(/1\.50 EUR/), goesOn: true })
    expect((await menu.answer('1')).goesOn).toBe(false)
    expect(await dialling.nextText(20_000)).toMatch(/^Paid 1\.50 EUR/)
    await second.ends({ sales: ['settled'], paid: { rich: 150 } })
  })

  test('reads the receipts that our centre writes, and the letters that it cannot write in GSM-7', async () => {
    const receipts: string[] = []
    const server = createServer((request, response) => {
      receipts.push(request.url ?? '')
      response.end()
      server.emit('receipt')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const receipted = once(server, 'receipt')
    const number = '+33612345678'
    const phone = phoneAt(texts, number)
    const query = new URLSearchParams({
      username: 'concilia',
      password,
      from: shortCode,
      to: number,
      text: 'Reçu: 1,50 € ê',
      coding: '2',
      charset: 'UTF-8',
      'dlr-mask': '19',
      'dlr-url': `http://127.0.0.1:${(server.address() as AddressInfo).port}/?status=%d`,
    })
    const answer = await fetch(`http://127.0.0.1:${kannel.sendPort}/cgi-bin/sendsms?${query}`)
    expect(answer.status).toBe(202)
    expect(await phone.nextText(10_000)).toBe('Reçu: 1,50 € ê')
    await receipted
    expect(receipts).toEqual(['/?status=1'])
    server.close()
  })
}
