// A link as the server uses it, in virtual time: texts out, phones heard, and everything a centre may do
// between.
import { shortMessageBody, status, tag } from '@concilia/protocol/smpp/commands.ts'
import { writeWords } from '@concilia/protocol/smpp/short-message.ts'
import { describe, expect, test } from 'vitest'
import type { OutgoingText } from '../port.ts'
import { FarEnd } from './far-end-fixture.ts'

const buyer = { realm: 'e164', key: '+33612345678' }
const text = (key = 'k1', words = 'Machine 4021: 1.50 EUR. Reply YES 7384'): OutgoingText => ({
  subscriber: buyer,
  text: words,
  key,
})
const lines = (far: FarEnd, level: string) => far.log.filter((line) => line.includes(`"level":"${level}"`))

describe('binding', () => {
  test('as transceiver, with the version of SMPP', async () => {
    const far = new FarEnd()
    await far.start()
    expect(far.requests).toMatchObject([
      {
        command: 'bindTransceiver',
        body: { systemId: 'concilia', password: 'secret', interfaceVersion: 0x34 },
      },
    ])
    expect(far.link.isUp).toBe(true)
    const closing = far.link.close()
    await far.settle()
    await closing
    expect(far.session.isOver).toBe(true)
    await far.pass(600_000)
    expect(far.dials).toBe(1)
  })

  test('as a pair: one hears, the other sends', async () => {
    const far = new FarEnd({ bind: 'pair' })
    await far.start()
    expect(far.requests.map(({ command }) => command)).toEqual(['bindReceiver', 'bindTransmitter'])
    const sending = far.link.send(text())
    await far.settle()
    expect(await sending).toEqual({ kind: 'sent' })
    expect(await far.sessions[0]?.request('deliverSm', far.submitted[0] ?? never(), new Map())).toMatchObject(
      {
        pdu: { status: status.ok },
      },
    )
  })

  test.each([status.bindFailed, status.invalidPassword, status.invalidSystemId])(
    'refused with %i it raises an alarm and does not knock again and again',
    async (code) => {
      const far = new FarEnd()
      far.judge = () => code
      await far.start()
      expect(lines(far, 'error')).toHaveLength(1)
      await far.pass(120_000)
      far.clock.advance(3_479_000)
      await far.settle()
      expect(far.dials).toBe(1)
      far.judge = () => status.ok
      await far.pass(2000)
      expect([far.dials, far.link.isUp]).toEqual([2, true])
    },
  )

  test('while the centre still holds our old session it waits until that is found dead', async () => {
    const far = new FarEnd()
    far.judge = () => status.alreadyBound
    await far.start()
    await far.pass(29_000)
    expect([far.dials, lines(far, 'error')]).toEqual([1, []])
    await far.pass(2000)
    expect(far.dials).toBe(2)
  })

  test('where nobody answers it tries ever more seldom, at least once a minute', async () => {
    const far = new FarEnd()
    far.isReachable = false
    await far.start()
    const triedAt: number[] = []
    for (let second = 0, seen = far.dials; second < 600; second++) {
      await far.pass(1000)
      if (far.dials > seen) triedAt.push(second)
      seen = far.dials
    }
    const pauses = triedAt.map((at, index) => at - (triedAt[index - 1] ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61)
    expect(pauses.at(-1)).toBeGreaterThan(20)
    // Nobody reads a log of thousands of lines.
    expect(lines(far, 'warn').length).toBeLessThanOrEqual(2)
    far.isReachable = true
    await far.pass(61_000)
    expect(far.link.isUp).toBe(true)
  })

  test('a centre that lets in and drops at once is not knocked down', async () => {
    const far = new FarEnd()
    await far.start()
    for (let second = 0; second < 120; second++) {
      if (far.link.isUp) far.session.end('dropped')
      await far.pass(1000)
    }
    expect(far.dials).toBeLessThan(15)
  })

  test('a centre that falls silent is dropped, and another session takes its place', async () => {
    const far = new FarEnd()
    await far.start()
    far.isAwake = false
    await far.pass(30_000)
    await far.pass(5001)
    expect(far.link.isUp).toBe(false)
    far.isAwake = true
    await far.pass(3000)
    expect([far.link.isUp, far.dials]).toEqual([true, 2])
  })

  test('a connection that never opens is given up', async () => {
    const far = new FarEnd()
    far.judge = () => undefined
    await far.start()
    await far.pass(5001)
    far.judge = () => status.ok
    await far.pass(3000)
    expect(far.link.isUp).toBe(true)
  })
})

describe('a text', () => {
  test('goes to an international number, with a receipt asked for and its validity', async () => {
    const far = new FarEnd()
    await far.start()
    const sending = far.link.send({ ...text(), validForMs: 180_000 })
    await far.settle()
    expect(await sending).toEqual({ kind: 'sent' })
    expect(far.submitted).toMatchObject([
      {
        sourceTon: 3,
        source: '36000',
        destinationTon: 1,
        destinationNpi: 1,
        destination: '33612345678',
        validity: '000000000300000R',
        registeredDelivery: 1,
        dataCoding: 0,
        esmClass: 0,
      },
    ])
  })

  test('in two parts, of which the last is receipted', async () => {
    const far = new FarEnd()
    await far.start()
    const sending = far.link.send(text('k', 'a'.repeat(200)))
    await far.settle()
    expect(await sending).toEqual({ kind: 'sent' })
    expect(far.submitted.map(({ esmClass, registeredDelivery }) => [esmClass, registeredDelivery])).toEqual([
      [0x40, 0],
      [0x40, 1],
    ])
  })

  test('waits for a link that is down, as long as it may', async () => {
    const far = new FarEnd()
    far.isReachable = false
    await far.start()
    const early = far.link.send(text('early'))
    await far.pass(10_001)
    expect(await early).toMatchObject({ kind: 'failed', retry: 'temporary' })
    const late = far.link.send(text('late'))
    far.isReachable = true
    await far.pass(9000)
    expect(await late).toEqual({ kind: 'sent' })
    expect(far.submitted).toHaveLength(1)
  })

  test('sent when the link dropped is in doubt; asked again it is one attempt at a time', async () => {
    const far = new FarEnd()
    await far.start()
    far.judge = (request) => (request.command === 'submitSm' ? undefined : status.ok)
    const first = far.link.send(text())
    await far.settle()
    const joined = far.link.send(text())
    await far.settle()
    expect(far.submitted).toHaveLength(1)
    far.session.end('dropped')
    await far.settle()
    expect(await first).toMatchObject({
      kind: 'failed',
      retry: 'temporary',
      why: expect.stringMatching(/^in doubt/),
    })
    expect(await joined).toEqual(await first)
    far.judge = () => status.ok
    await far.pass(2000)
    expect(far.submitted).toHaveLength(1)
    const again = far.link.send(text())
    await far.settle()
    expect(await again).toEqual({ kind: 'sent' })
  })

  test('without an answer in time is in doubt, and gives its place in the window free', async () => {
    const far = new FarEnd({ window: 1 })
    await far.start()
    far.judge = (request) => (request.command === 'submitSm' ? undefined : status.ok)
    const first = far.link.send(text('a'))
    const second = far.link.send(text('b'))
    await far.settle()
    expect(far.submitted).toHaveLength(1)
    far.judge = () => status.ok
    await far.pass(5001)
    expect(await first).toMatchObject({ why: expect.stringMatching(/^in doubt/) })
    expect(await second).toEqual({ kind: 'sent' })
  })

  test('never more at a time than the window holds', async () => {
    const far = new FarEnd({ window: 3 })
    await far.start()
    far.judge = (request) => (request.command === 'submitSm' ? undefined : status.ok)
    const sending = Array.from({ length: 8 }, (_, index) => far.link.send(text(`k${index}`)))
    for (let answered = 0; answered < 8; answered++) {
      await far.settle()
      const open = far.requests.filter(({ command }) => command === 'submitSm')
      expect(open).toHaveLength(Math.min(8, answered + 3))
      const next = open[answered]
      if (next) far.answer(next)
    }
    await far.settle()
    expect(await Promise.all(sending)).toEqual(sending.map(() => ({ kind: 'sent' })))
  })

  test.each([status.throttled, status.queueFull])(
    'refused with %i waits, ever longer, and then goes',
    async (code) => {
      const far = new FarEnd()
      await far.start()
      far.judge = (request) => (request.command === 'submitSm' ? code : status.ok)
      const sending = [far.link.send(text('a', 'first')), far.link.send(text('b', 'second'))]
      await far.settle()
      const tries = [far.submitted.length]
      for (const pauseMs of [499, 2, 998, 3]) {
        await far.pass(pauseMs)
        tries.push(far.submitted.length)
      }
      expect(tries).toEqual([2, 2, 4, 4, 6])
      far.judge = () => status.ok
      await far.pass(2001)
      expect(await Promise.all(sending)).toEqual([{ kind: 'sent' }, { kind: 'sent' }])
    },
  )

  test('that the centre takes in no time is given back in time', async () => {
    const far = new FarEnd()
    await far.start()
    far.judge = (request) => (request.command === 'submitSm' ? status.throttled : status.ok)
    const sending = far.link.send(text())
    for (let second = 0; second < 12; second++) await far.pass(1000)
    expect(await sending).toMatchObject({ kind: 'failed', retry: 'temporary' })
  })

  test.each([
    [status.systemError, 'temporary'],
    [status.temporaryError, 'temporary'],
    [0x0b, 'final'],
    [0x45, 'final'],
  ])('refused with %i is %s', async (code, retry) => {
    const far = new FarEnd()
    await far.start()
    far.judge = () => code
    const sending = far.link.send(text())
    await far.settle()
    expect(await sending).toMatchObject({ kind: 'failed', retry })
  })

  test('to a premium-rate number, or to an alias too long for SMPP, is not tried', async () => {
    const far = new FarEnd()
    await far.start()
    const subscribers = [
      { realm: 'e164', key: '+33899123456' },
      { realm: 'orange-fr', key: 'x'.repeat(21) },
    ]
    for (const subscriber of subscribers) {
      expect(await far.link.send({ ...text(), subscriber })).toMatchObject({ retry: 'final' })
    }
    expect(far.submitted).toEqual([])
  })
})

describe('receipts', () => {
  const receipt = (id: string, state = 'DELIVRD') => ({
    esmClass: 0x04,
    shortMessage: Buffer.from(`id:${id} sub:001 dlvrd:001 stat:${state} err:000 text:`),
  })
  const sentTo = async (far: FarEnd, key: string) => {
    const sending = far.link.send(text(key))
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
    const sending = far.link.send(text('early'))
    await far.settle()
    await far.deliver(receipt('2'))
    const [, submit] = far.requests
    if (submit) far.answer(submit)
    await sending
    expect(far.receipts).toMatchObject([{ key: 'early', what: 'delivered' }])
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
    expect([far.heard, lines(far, 'warn').length]).toEqual([[], 1])
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

function never(): never {
  throw new Error('nothing was submitted')
}
