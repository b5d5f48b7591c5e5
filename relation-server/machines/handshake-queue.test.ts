// Real sockets, without TLS: what counts is whose turn it is.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { HandshakeQueue } from './handshake-queue.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

/** As many sockets as wanted, accepted and unread. */
async function accepted(count: number): Promise<{ theirs: Socket[]; ours: Socket[] }> {
  const ours: Socket[] = []
  const all = Promise.withResolvers<void>()
  server = createServer({ pauseOnConnect: true }, (socket) => {
    ours.push(socket)
    if (ours.length === count) all.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const theirs = Array.from({ length: count }, () => connect(port, '127.0.0.1').resume())
  await all.promise
  return { theirs, ours }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a few begin in each turn, in the order they came', async () => {
  const { ours } = await accepted(10)
  const begun: Socket[] = []
  const queue = new HandshakeQueue(
    (socket) => begun.push(socket),
    () => 0,
  )
  for (const socket of ours) queue.add(socket)
  expect(begun).toEqual([])
  await turn()
  expect(begun).toEqual(ours.slice(0, 4))
  await turn()
  await turn()
  expect(begun).toEqual(ours)
  for (const socket of ours) socket.destroy()
})

test('who waited too long is sent away, and costs nobody a turn', async () => {
  const { ours, theirs } = await accepted(7)
  const begun: Socket[] = []
  let now = 0
  const queue = new HandshakeQueue(
    (socket) => begun.push(socket),
    () => now,
  )
  for (const socket of ours.slice(0, 6)) queue.add(socket)
  now = 5_001
  queue.add(ours[6] as Socket)
  await turn()
  expect(begun).toEqual([ours[6]])
  await Promise.all(theirs.slice(0, 1).map((socket) => socket.closed || once(socket, 'close')))
  expect(ours.slice(0, 6).every((socket) => socket.destroyed)).toBe(true)
  ours[6]?.destroy()
})

test('closed, it lets nobody wait', async () => {
  const { ours } = await accepted(2)
  const queue = new HandshakeQueue(
    () => expect.fail('nobody may begin any more'),
    () => 0,
  )
  for (const socket of ours) queue.add(socket)
  queue.close()
  await turn()
  expect(ours.every((socket) => socket.destroyed)).toBe(true)
})
