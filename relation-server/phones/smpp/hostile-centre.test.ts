// A link over real sockets whose centre misbehaves: the connection is dropped and made anew, and what came
// over it before counts. Time is the test's, the sockets are real.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { makeLog } from '@concilia/platform/log.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { readPdu, writePdu } from '@concilia/protocol/smpp/codec.ts'
import { noTlvs, type Pdu, shortMessageBody, status } from '@concilia/protocol/smpp/commands.ts'
import { PduSplitter } from '@concilia/protocol/smpp/pdu-splitter.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Incoming } from '../port.ts'
import { dialling } from './dial-adapter.ts'
import { plainProfile } from './far-end-fixture.ts'
import { SmppLink } from './link.ts'

const clock = new ManualClock()
let server: Server
let link: SmppLink
let sockets: Socket[]
let heard: Incoming[]
/** What the centre does with a bind; the nth connection gets the nth, the last one all that follow. */
let manners: ((socket: Socket, bind: Pdu) => void)[]

const bindOk = (socket: Socket, { sequence }: Pdu) =>
  socket.write(
    writePdu({
      command: 'bindTransceiverResp',
      status: status.ok,
      sequence,
      body: { systemId: 'centre' },
      tlvs: noTlvs,
    }),
  )
const delivery = writePdu({
  command: 'deliverSm',
  status: 0,
  sequence: 5,
  body: shortMessageBody({ source: '33612345678', destination: '36000', shortMessage: Buffer.from('4021') }),
  tlvs: noTlvs,
})

beforeEach(async () => {
  sockets = []
  heard = []
  manners = []
  server = createServer((socket) => {
    const count = sockets.push(socket)
    const splitter = new PduSplitter()
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk).frames) {
        const read = readPdu(frame)
        if (!read.ok) throw new Error('the link wrote what cannot be read')
        if (read.pdu.command === 'bindTransceiver') {
          const act = manners[Math.min(count, manners.length) - 1] ?? bindOk
          act(socket, read.pdu)
        }
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  link = new SmppLink({
    settings: {
      systemId: 'concilia',
      password: 'secret',
      systemType: '',
      bind: 'transceiver',
      window: 10,
      answerMs: 5000,
      enquireMs: 30_000,
      sendLimitMs: 10_000,
      answerLimitMs: 8000,
      profile: plainProfile,
    },
    dial: dialling({ host: '127.0.0.1', port, tls: false }),
    receive: async (incoming) => {
      heard.push(incoming)
      return { kind: 'stored' }
    },
    hearReceipt: () => {},
    clock,
    random: { bytes: (length) => new Uint8Array(length) },
    log: makeLog('test', { write: () => {} }),
  })
})
afterEach(async () => {
  const closing = link.close()
  // Nobody here answers a goodbye.
  clock.advance(1000)
  await closing
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
})

const becomes = (what: () => boolean) =>
  vi.waitFor(() => expect(what()).toBe(true), { interval: 2, timeout: 10_000 })

test.each([
  ['a length that cannot be', Buffer.from('0000000501020304', 'hex'), 0],
  ['a length of two gigabytes', Buffer.from('7fffffff00000005', 'hex'), 0],
  ['text of another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 0],
  ['half a PDU, and then the end', Buffer.concat([delivery, delivery.subarray(0, 30)]), 1],
  [
    'half a PDU, and then a whole one',
    Buffer.concat([delivery, delivery.subarray(0, 30), delivery, delivery]),
    1,
  ],
])('%s: the link is dropped and rebuilt, what was whole before it counts', async (_, bytes, texts) => {
  link.start()
  await becomes(() => link.isUp)
  sockets[0]?.write(bytes)
  if (bytes.length < 100) sockets[0]?.end()
  await becomes(() => heard.length >= texts)
  // A stream out of step ends at once where a length gives it away, otherwise when the peer is asked.
  await becomes(() => {
    clock.advance(500)
    return sockets[0]?.closed === true && link.isUp
  })
  const before = heard.length
  sockets.at(-1)?.write(delivery)
  await becomes(() => heard.length === before + 1)
})

test('a centre that lets in and breaks the stream in one breath leaves no link that is dead', async () => {
  manners = [
    (socket, bind) => {
      socket.cork()
      bindOk(socket, bind)
      socket.write(Buffer.from('0000000501020304', 'hex'))
      socket.uncork()
    },
    bindOk,
  ]
  link.start()
  await becomes(() => {
    clock.advance(500)
    return sockets[0]?.closed === true && link.isUp
  })
})

test('a centre that never answers the bind is given up', async () => {
  manners = [() => {}, bindOk]
  link.start()
  await becomes(() => {
    clock.advance(500)
    return sockets[0]?.closed === true && link.isUp
  })
})

test('what comes before the bind is answered, or with the answer, is heard once we are let in', async () => {
  manners = [
    (socket, bind) => {
      socket.write(delivery)
      bindOk(socket, bind)
      socket.write(delivery)
    },
  ]
  link.start()
  await becomes(() => link.isUp && heard.length === 2)
})

test('a flood is taken, every one is acknowledged', async () => {
  link.start()
  await becomes(() => link.isUp)
  const [socket] = sockets
  let answers = 0
  socket?.on('data', (chunk: Buffer) => {
    answers += chunk.length / 17
  })
  for (let count = 0; count < 5000; count++) socket?.write(delivery)
  await becomes(() => Math.floor(answers) >= 5000)
  expect(heard.length).toBe(5000)
  // The same words before a proof that they were acknowledged are the same message.
  expect(new Set(heard.map(({ messageId }) => messageId)).size).toBe(1)
})
