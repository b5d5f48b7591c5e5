// A link as the server uses it, in virtual time: how it is bound and kept up, and texts out, whatever a
// centre does with them. What is heard over it is in hearing.test.ts.
import { status } from '@concilia/protocol/smpp/commands.ts'
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

  test('handed in while the server stops is given back at once', async () => {
    const far = new FarEnd()
    far.isReachable = false
    await far.start()
    const before = far.link.send(text('before'))
    const closing = far.link.close()
    const after = far.link.send(text('after'))
    expect(await Promise.all([before, after])).toMatchObject([{ retry: 'temporary' }, { retry: 'temporary' }])
    await closing
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

function never(): never {
  throw new Error('nothing was submitted')
}
