// What a centre delivers over a link, in virtual time: receipts in every form, phones, long texts in parts;
// and when each is acknowledged.
import { shortMessageBody, status, tag } from '@concilia/protocol/smpp/commands.ts'
import { writeWords } from '@concilia/protocol/smpp/short-message.ts'
import { describe, expect, test } from 'vitest'
import { FarEnd } from './far-end-fixture.ts'

const buyer = { realm: 'e164', key: '+33612345678' }
const warnings = (far: FarEnd) => far.log.filter((line) => line.includes('"level":"warn"'))

describe('receipts', () => {
  const receipt = (id: string, state = 'DELIVRD') => ({
    esmClass: 0x04,
    shortMessage: Buffer.from(`id:${id} sub:001 dlvrd:001 stat:${state} err:000 text:`),
  })
  const sentTo = async (far: FarEnd, key: string) => {
    const sending = far.link.send({ subscriber: buyer, text: 'Machine 4021: 1.50 EUR', key })
    await far.settle()
    await sending
  }

  test.each(['00000002', '2', '02'])('by the id of the answer, as %s', async (id) => {
    const far = new FarEnd()
    await far.start()
    await sentTo(far, 'k1')
    expect(await far.deliver(receipt(id))).toMatchObject({ pdu: { status: status.ok } })
    expect(far.receipts).toEqual([{ gateway: 'carrier', key: 'k1', what: 'delivered' }])
    expect(far.heard).toEqual([])
  })

  test('in decimal, where the answer was hexadecimal', async () => {
    const far = new FarEnd()
    await far.start()
    for (let count = 1; count <= 16; count++) await sentTo(far, `k${count}`)
    // The answer to the bind had the first id, so k15 has 0x10.
    await far.deliver(receipt('16', 'UNDELIV'))
    await far.settle()
    expect(far.receipts).toEqual([])
    await far.pass(5001)
    expect(far.receipts).toEqual([{ gateway: 'carrier', key: 'k15', what: 'failed' }])
  })

  test('that overtakes the answer to its text is kept for it', async () => {
    const far = new FarEnd()
    await far.start()
    far.judge = () => undefined
    const sending = far.link.send({ subscriber: buyer, text: 'Machine 4021: 1.50 EUR', key: 'early' })
    await far.settle()
    await far.deliver(receipt('2'))
    const [, submit] = far.requests
    if (submit) far.answer(submit)
    await sending
    expect(far.receipts).toMatchObject([{ key: 'early', what: 'delivered' }])
  })

  test('that names us as its sender, as the text did, is of the phone it names as receiver', async () => {
    const far = new FarEnd()
    await far.start()
    await sentTo(far, 'k1')
    await far.deliver({ ...receipt('2'), source: '36000', destination: '33612345678' })
    expect(far.receipts).toMatchObject([{ key: 'k1' }])
  })

  test('of nothing we know is acknowledged and forgotten', async () => {
    const far = new FarEnd()
    await far.start()
    expect(await far.deliver(receipt('77'))).toMatchObject({ pdu: { status: status.ok } })
    expect(await far.deliver({ esmClass: 4, shortMessage: Buffer.from('?') })).toMatchObject({
      pdu: { status: status.ok },
    })
    await far.pass(6000)
    expect(far.receipts).toEqual([])
  })
})

describe('a phone', () => {
  test('is acknowledged when it is stored, and not before', async () => {
    const far = new FarEnd()
    const stored = Promise.withResolvers<{ kind: 'stored' }>()
    far.receive = () => stored.promise
    await far.start()
    let acknowledged: unknown
    void far.text('PAY 4021').then((answered) => {
      acknowledged = answered
    })
    await far.settle()
    expect(far.heard).toMatchObject([
      {
        gateway: 'carrier',
        channel: 'text',
        subscriber: buyer,
        vouched: false,
        serviceCode: '36000',
        words: 'PAY 4021',
      },
    ])
    expect(acknowledged).toBeUndefined()
    stored.resolve({ kind: 'stored' })
    await far.settle()
    expect(acknowledged).toMatchObject({ pdu: { command: 'deliverSmResp', status: status.ok } })
  })

  test('that could not be stored, or not in time, is asked for again', async () => {
    const far = new FarEnd()
    await far.start()
    far.receive = async () => {
      throw new Error('no database')
    }
    expect(await far.text('4021')).toMatchObject({ pdu: { status: status.temporaryError } })
    far.receive = () => new Promise(() => {})
    const late = far.text('4021')
    await far.pass(8001)
    expect(await late).toMatchObject({ pdu: { status: status.temporaryError } })
    expect(new Set(far.heard.map(({ messageId }) => messageId)).size).toBe(1)
  })

  test('that was answered after a standstill may come again, however well its answer was seen', async () => {
    const far = new FarEnd()
    const stored = Promise.withResolvers<{ kind: 'stored' }>()
    far.receive = () => stored.promise
    await far.start()
    const first = far.text('4021')
    await far.settle()
    far.clock.stand(7000)
    stored.resolve({ kind: 'stored' })
    expect(await first).toMatchObject({ pdu: { status: status.ok } })
    await far.pass(5000)
    await far.text('4021')
    expect(new Set(far.heard.map(({ messageId }) => messageId)).size).toBe(1)
  })

  test('may come as data_sm, its words in the payload', async () => {
    const far = new FarEnd()
    await far.start()
    const { source, destination } = { source: '33612345678', destination: '36000' }
    const { sourceNpi, destinationTon, destinationNpi, serviceType } = shortMessageBody({})
    const addresses = { serviceType, sourceTon: 1, sourceNpi, destinationTon, destinationNpi }
    const body = { ...addresses, source, destination, esmClass: 0, registeredDelivery: 0, dataCoding: 8 }
    const tlvs = new Map([[tag.messagePayload, Buffer.from('PAY 4021', 'utf16le').swap16()]])
    expect(await far.session.request('dataSm', body, tlvs)).toMatchObject({
      pdu: { command: 'dataSmResp', status: status.ok },
    })
    expect(far.heard).toMatchObject([{ words: 'PAY 4021', subscriber: buyer }])
  })

  test('whose acknowledgement was lost repeats itself; after a proved one it speaks anew', async () => {
    const far = new FarEnd()
    await far.start()
    await far.text('4021')
    far.session.end('dropped')
    await far.pass(1500)
    await far.text('4021')
    await far.pass(1001)
    await far.text('4021')
    const [first, repeat, another] = far.heard.map(({ messageId }) => messageId)
    expect(repeat).toBe(first)
    expect(another).not.toBe(first)
  })

  test('repeats itself as well when nobody knows whether the acknowledgement was seen', async () => {
    const far = new FarEnd()
    await far.start()
    await far.text('4021')
    far.isAwake = false
    await far.pass(1001)
    far.session.end('dropped')
    far.isAwake = true
    await far.pass(2000)
    await far.text('4021')
    const [first, repeat] = far.heard.map(({ messageId }) => messageId)
    expect(repeat).toBe(first)
  })

  test('is the same message to a server that forgot everything, within the minute', async () => {
    const ids = await Promise.all(
      ['4021', '4021', '4022'].map(async (words) => {
        const far = new FarEnd()
        await far.start()
        await far.text(words)
        return far.heard[0]?.messageId
      }),
    )
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  test.each([
    ['gives no number', { source: 'BANK', sourceTon: 5 }],
    ['sends no text', { dataCoding: 4, shortMessage: Buffer.from('0102', 'hex') }],
    ['is a handset that acknowledges', { esmClass: 0x08 }],
  ])('that %s is acknowledged and dropped', async (_, said) => {
    const far = new FarEnd()
    await far.start()
    expect(await far.deliver(said)).toMatchObject({ pdu: { status: status.ok } })
    expect([far.heard, warnings(far).length]).toEqual([[], 1])
  })

  test('may give its number in national form, or a name that only its carrier knows', async () => {
    const national = new FarEnd({}, { countryCode: '33' })
    await national.start()
    await national.deliver({ source: '0612345678', sourceTon: 2, shortMessage: Buffer.from('4021') })
    expect(national.heard).toMatchObject([{ subscriber: buyer }])
    const alias = new FarEnd({}, { aliasRealm: 'orange-fr' })
    await alias.start()
    await alias.deliver({ source: 'PhN8xk2', shortMessage: Buffer.from('4021') })
    expect(alias.heard).toMatchObject([{ subscriber: { realm: 'orange-fr', key: 'PhN8xk2' } }])
  })
})

describe('a long text from a phone', () => {
  const cut = writeWords(`PAY 4021 ${'é'.repeat(300)}`, 9, { alphabet: 'gsm7', long: 'udh' })

  test('is put together in any order, a part that comes twice included, and acknowledged as a whole', async () => {
    const far = new FarEnd()
    await far.start()
    const [first, second, third] = cut
    const answers: unknown[] = []
    for (const part of [third, first, first])
      void far.deliver(part ?? {}).then((answered) => answers.push(answered))
    await far.settle()
    expect([answers, far.heard]).toEqual([[], []])
    await far.deliver(second ?? {})
    await far.settle()
    expect(answers).toHaveLength(3)
    expect(far.heard).toMatchObject([{ words: `PAY 4021 ${'é'.repeat(300)}` }])
  })

  test('of a centre that waits for each acknowledgement is read by its beginning', async () => {
    const far = new FarEnd()
    await far.start()
    const [first, second] = cut
    const beginning = far.deliver(first ?? {})
    await far.pass(4001)
    expect(await beginning).toMatchObject({ pdu: { status: status.ok } })
    expect(far.heard).toMatchObject([{ words: expect.stringMatching(/^PAY 4021 é/) }])
    expect(await far.deliver(second ?? {})).toMatchObject({ pdu: { status: status.ok } })
    expect(far.heard).toHaveLength(1)
  })
})
