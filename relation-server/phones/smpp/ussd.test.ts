// Dialogues over SMPP in each dialect: dialled deep, gone on with, ended, broken off.
import { type BodyOf, status, type Tlvs, tag, ussdOperation } from '@concilia/protocol/smpp/commands.ts'
import { readWords } from '@concilia/protocol/smpp/short-message.ts'
import { describe, expect, test } from 'vitest'
import { afterCode } from '../dialled-code.ts'
import type { Reply } from '../port.ts'
import { FarEnd, screen } from './far-end-fixture.ts'
import { type SessionKey, validityOf } from './profile.ts'

const ussd = (sessionKey: SessionKey) => ({
  ussd: { code: '*123#', sessionKey, dataCoding: 15, vouched: true },
})
const step = (operation: number, ...more: readonly (readonly [number, readonly number[]])[]): Tlvs =>
  new Map([
    [tag.ussdServiceOp, Uint8Array.of(operation)],
    ...more.map(([name, value]) => [name, Uint8Array.from(value)] as const),
  ])
const screens: Record<string, Reply> = {
  '4021': screen('Machine 4021: 1.50 €\n1 Pay', true),
  '1': screen('Thank you', false),
}
const typed = (words: string) => ({ destination: '*123#', shortMessage: Buffer.from(words) })

async function opened(sessionKey: SessionKey): Promise<FarEnd> {
  const far = new FarEnd({}, ussd(sessionKey))
  far.receive = async ({ words }, stored) => {
    stored?.()
    return screens[words] ?? screen('?', true)
  }
  await far.start()
  return far
}

function shown(far: FarEnd) {
  return far.requests
    .filter(({ command }) => command === 'submitSm')
    .map(({ body, tlvs }) => ({
      text: readWords(body as BodyOf<'submitSm'>, tlvs, 'gsm7')?.text,
      operation: tlvs.get(tag.ussdServiceOp)?.[0],
      session: [...(tlvs.get(tag.itsSessionInfo) ?? tlvs.get(tag.userMessageReference) ?? [])],
    }))
}

const dialects = [
  ['its_session_info', tag.itsSessionInfo, [7, 0], [7, 4], [7, 2], [7, 7]],
  ['user_message_reference', tag.userMessageReference, [1, 2], [1, 2], [1, 2], [1, 2]],
  ['none', 0x1401, [9], [9], [], []],
] as const

test.each(dialects)('in the dialect of %s', async (sessionKey, parameter, begun, answered, menu, last) => {
  const far = await opened(sessionKey)
  await far.deliver(typed('*123*4021#'), step(ussdOperation.begin, [parameter, begun]))
  await far.deliver(typed('1'), step(ussdOperation.answer, [parameter, answered]))
  await far.settle()
  expect(far.heard).toMatchObject([
    { channel: 'ussd', vouched: true, begins: true, words: '4021', serviceCode: '*123#' },
    { channel: 'ussd', begins: false, words: '1', sessionId: far.heard[0]?.sessionId },
  ])
  expect(shown(far)).toEqual([
    { text: 'Machine 4021: 1.50 €\n1 Pay', operation: ussdOperation.menu, session: menu },
    { text: 'Thank you', operation: ussdOperation.last, session: last },
  ])
  expect(far.submitted).toMatchObject([
    { source: '*123#', destination: '33612345678', destinationTon: 1, dataCoding: 15 },
    {},
  ])
})

describe('a dialogue', () => {
  test('is acknowledged when the step is stored; its screen may take longer', async () => {
    const far = new FarEnd({}, ussd('none'))
    const reply = Promise.withResolvers<Reply>()
    far.receive = (_, stored) => {
      stored?.()
      return reply.promise
    }
    await far.start()
    expect(await far.deliver(typed('*123#'), step(ussdOperation.begin))).toMatchObject({
      pdu: { status: status.ok },
    })
    expect(far.submitted).toEqual([])
    reply.resolve(screen('Welcome', true))
    await far.settle()
    expect(shown(far)).toMatchObject([{ text: 'Welcome' }])
  })

  test('dialled anew is another one, though the carrier uses the number again', async () => {
    const far = await opened('its_session_info')
    for (const words of ['*123*4021#', '*123*4022#']) {
      await far.deliver(typed(words), step(ussdOperation.begin, [tag.itsSessionInfo, [7, 0]]))
    }
    expect(far.heard).toMatchObject([{ begins: true }, { begins: true }])
    expect(new Set(far.heard.map(({ messageId }) => messageId)).size).toBe(2)
  })

  test('that the carrier aborts, or notifies of, is no step', async () => {
    const far = await opened('its_session_info')
    for (const operation of [ussdOperation.abort, ussdOperation.notified, ussdOperation.notify, 99]) {
      expect(await far.deliver(typed(''), step(operation))).toMatchObject({ pdu: { status: status.ok } })
    }
    expect([far.heard, far.submitted]).toEqual([[], []])
  })

  test('of somebody who cannot be charged is told so', async () => {
    const far = await opened('none')
    await far.deliver({ ...typed('*123#'), source: 'BANK' }, step(ussdOperation.begin))
    await far.settle()
    expect(shown(far)).toMatchObject([{ text: expect.stringMatching(/not available/), operation: 17 }])
  })

  test('shows its screen before texts that wait', async () => {
    const far = await opened('none')
    far.judge = () => undefined
    const buyer = { realm: 'e164', key: '+33612345678' }
    const sending = Array.from({ length: 12 }, (_, count) =>
      far.link.send({ subscriber: buyer, text: `text ${count}`, key: `${count}` }),
    )
    await far.deliver(typed('*123*4021#'), step(ussdOperation.begin))
    await far.settle()
    const first = far.requests.find(({ command }) => command === 'submitSm')
    if (first) far.answer(first)
    await far.settle()
    expect(shown(far).map(({ text }) => text)).toEqual([
      ...Array.from({ length: 10 }, (_, count) => `text ${count}`),
      'Machine 4021: 1.50 €\n1 Pay',
    ])
    await far.link.close()
    await Promise.all(sending)
  })

  test('that is over when its last screen comes costs nobody else anything', async () => {
    const far = await opened('its_session_info')
    far.judge = ({ tlvs }) => (tlvs.has(tag.ussdServiceOp) ? 0x0b : status.ok)
    await far.deliver(typed('1'), step(ussdOperation.answer, [tag.itsSessionInfo, [7, 4]]))
    const subscriber = { realm: 'e164', key: '+33612345678' }
    const sending = far.link.send({ subscriber, text: 'Paid 1.50 EUR', key: 'receipt' })
    await far.settle()
    expect(await sending).toEqual({ kind: 'sent' })
    expect([far.heard.length, far.dials, far.link.isUp]).toEqual([1, 1, true])
  })

  test('over a link that carries none is a text like any other', async () => {
    const far = new FarEnd()
    await far.start()
    await far.deliver(typed('4021'), step(ussdOperation.begin))
    expect(far.heard).toMatchObject([{ channel: 'text', words: '4021' }])
  })
})

test.each([
  ['*123#', ''],
  ['*123*4021#', '4021'],
  ['*124*4021#', '*124*4021#'],
])('dialled as %s leaves %j', (dialled, words) => expect(afterCode(dialled, '*123#')).toBe(words))

test.each([
  [300_000, '000000000500000R'],
  [3_661_000, '000000010101000R'],
  [10, '000000000001000R'],
  [10 ** 9, '000000235959000R'],
])('valid for %i ms: %s', (ms, words) => expect(validityOf(ms)).toBe(words))
