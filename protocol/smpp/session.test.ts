// One connection with whatever a peer may do to it: it answers, or it ends and says so; it never throws, and
// nothing that was asked is left without an answer of some kind.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.ts'
import { readPdu, writePdu } from './codec.ts'
import { noTlvs, type Pdu, shortMessageBody, status } from './commands.ts'
import { PduSplitter } from './pdu-splitter.ts'
import { SmppSession } from './session.ts'

function opened({ window = 10, unsent = 0 } = {}) {
  const clock = new ManualClock()
  const splitter = new PduSplitter()
  const written: Pdu[] = []
  const ends: string[] = []
  const flow: string[] = []
  let heard = 0
  const session: SmppSession = new SmppSession({
    wire: {
      write(bytes) {
        for (const frame of splitter.push(bytes).frames) {
          const read = readPdu(frame)
          if (!read.ok) throw new Error('we wrote what cannot be read')
          written.push(read.pdu)
        }
      },
      unsent,
      pause: () => flow.push('pause'),
      resume: () => flow.push('resume'),
      destroy: () => flow.push('destroy'),
    },
    clock,
    window,
    answerMs: 5000,
    enquireMs: 30_000,
    hear: (request) => {
      heard++
      held.push(() => session.answer(request))
    },
    ended: (why) => ends.push(why),
  })
  const held: (() => void)[] = []
  const say = (pdu: Pdu) => session.read(writePdu(pdu))
  const deliver = (sequence: number) =>
    say({ command: 'deliverSm', status: 0, sequence, body: shortMessageBody({}), tlvs: noTlvs })
  return { session, clock, written, ends, flow, held, say, deliver, heardCount: () => heard }
}

const submit = (session: SmppSession) => session.request('submitSm', shortMessageBody({}))
const answer = (sequence: number, code = 0): Pdu => ({
  command: 'submitSmResp',
  status: code,
  sequence,
  body: { messageId: 'm' },
  tlvs: noTlvs,
})

describe('answers', () => {
  test('are found by number and kind; what fits nothing changes nothing', async () => {
    const { session, say, ends } = opened()
    const asked = [submit(session), submit(session)]
    say(answer(2))
    say({ command: 'enquireLinkResp', status: 0, sequence: 1, body: {}, tlvs: noTlvs })
    say(answer(9))
    say(answer(1, status.throttled))
    expect(await Promise.all(asked)).toMatchObject([
      { kind: 'answered', pdu: { status: status.throttled } },
      { kind: 'answered', pdu: { body: { messageId: 'm' } } },
    ])
    expect(ends).toEqual([])
  })

  test('that do not come leave the request in doubt, and the window free', async () => {
    const { session, clock, say } = opened({ window: 1 })
    const asked = submit(session)
    expect(session.room).toBe(0)
    expect(await submit(session)).toMatchObject({ kind: 'notSent' })
    clock.advance(5000)
    expect(await asked).toMatchObject({ kind: 'inDoubt' })
    expect(session.room).toBe(1)
    say(answer(1))
    expect(session.isOver).toBe(false)
  })

  test('a nack refuses the request it names; one that names none ends the session', async () => {
    const { session, say, ends } = opened()
    const nack = (sequence: number): Pdu => ({
      command: 'genericNack',
      status: status.invalidCommandLength,
      sequence,
      body: {},
      tlvs: noTlvs,
    })
    const asked = submit(session)
    say(nack(1))
    expect(await asked).toMatchObject({ kind: 'answered', pdu: { command: 'genericNack' } })
    say(nack(0))
    expect(ends).toHaveLength(1)
  })
})

describe('the peer', () => {
  test('is asked whether it is there, and asked itself', async () => {
    const { session, clock, say, written, ends } = opened()
    clock.advance(30_000)
    say({ command: 'enquireLinkResp', status: 0, sequence: 1, body: {}, tlvs: noTlvs })
    say({ command: 'enquireLink', status: 0, sequence: 77, body: {}, tlvs: noTlvs })
    expect(written).toMatchObject([{ command: 'enquireLink' }, { command: 'enquireLinkResp', sequence: 77 }])
    clock.advance(30_000)
    clock.advance(5000)
    await Promise.resolve().then(() => {})
    expect([session.isOver, ends.length]).toEqual([true, 1])
  })

  test('that says goodbye gets an answer', () => {
    const { say, written, ends, flow } = opened()
    say({ command: 'unbind', status: 0, sequence: 3, body: {}, tlvs: noTlvs })
    expect(written).toMatchObject([{ command: 'unbindResp', sequence: 3 }])
    expect([ends.length, flow]).toEqual([1, ['destroy']])
  })

  test('that floods is not read any more until it has been answered', () => {
    const { deliver, flow, held } = opened()
    for (let sequence = 1; sequence <= 600; sequence++) deliver(sequence)
    expect(flow).toEqual(['pause'])
    for (const answered of held.splice(0, 400)) answered()
    expect(flow).toEqual(['pause', 'resume'])
  })

  test('that does not read what it is sent is dropped', () => {
    const { session, ends } = opened({ unsent: (1 << 20) + 1 })
    void submit(session)
    expect(ends).toEqual(['the peer does not read'])
  })

  test('that sends a body which does not read is told so, once for each, and dropped when nothing else comes', () => {
    const { session, written, ends, heardCount } = opened()
    const wrong = Buffer.from('0000001400000005000000000000000741424344', 'hex')
    session.read(wrong)
    expect(written).toMatchObject([{ command: 'deliverSmResp', status: status.permanentError, sequence: 7 }])
    session.read(Buffer.from('00000010000007770000000000000008', 'hex'))
    expect(written[1]).toMatchObject({ command: 'genericNack', status: status.invalidCommandId, sequence: 8 })
    for (let count = 0; count < 100; count++) session.read(wrong)
    expect([ends.length, heardCount()]).toEqual([1, 0])
  })

  test('that sends an impossible length, or an answer that does not read, is dropped', async () => {
    for (const hex of ['0000000f', 'ffffffff', '00000012800000040000000000000001' + '4142']) {
      const { session, ends } = opened()
      const asked = submit(session)
      session.read(Buffer.from(hex, 'hex'))
      expect(ends).toHaveLength(1)
      expect(await asked).toMatchObject({ kind: 'inDoubt' })
      expect(await submit(session)).toMatchObject({ kind: 'notSent' })
    }
  })
})

test('any bytes, in any pieces: no throw, one end at most, and no request without an end', async () => {
  const good = Buffer.concat([
    writePdu({ command: 'deliverSm', status: 0, sequence: 1, body: shortMessageBody({}), tlvs: noTlvs }),
    writePdu(answer(1)),
    writePdu({ command: 'enquireLink', status: 0, sequence: 2, body: {}, tlvs: noTlvs }),
  ])
  const flipped = fc.array(fc.nat(good.length * 8 - 1), { maxLength: 5 }).map((bits) => {
    const bytes = Buffer.from(good)
    for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return bytes
  })
  const chunk = fc.oneof(flipped, fc.uint8Array({ maxLength: 60 }))
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), async (chunks) => {
      const { session, clock, ends } = opened()
      const asked = [submit(session), submit(session)]
      for (const bytes of chunks) session.read(bytes)
      clock.advance(5000)
      expect((await Promise.all(asked)).map(({ kind }) => kind)).not.toContain('notSent')
      expect(ends.length).toBe(session.isOver ? 1 : 0)
    }),
    { numRuns: 400 },
  )
})
