// Requests to real servers, answered whole, in pieces, late or not at all.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { Pool } from 'undici'
import { afterEach, expect, test } from 'vitest'
import { exchange } from './http-exchange-adapter.ts'

let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})

async function poolTo(server: Server): Promise<Pool> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, pipelining: 1, maxResponseSize: 1000 })
  closing.push(() => pool.destroy())
  return pool
}

const answering = (listener: RequestListener) => poolTo(createServer(listener))
const saying = (bytes: string | Buffer) =>
  poolTo(createTcpServer((socket) => socket.once('data', () => socket.end(bytes))))
const never = () => new AbortController().signal
const get = { method: 'GET', path: '/' } as const

test('bytes, headers and path go out as given; the answer comes back with its status', async () => {
  const pool = await answering((request, response) => {
    request.on('data', (body) => {
      const said = [request.method, request.url, request.headers.authorization, `${body}`]
      response.writeHead(409).end(said.join(' '))
    })
  })
  const headers = { authorization: 'Bearer t' }
  const answer = await exchange(pool, { method: 'POST', path: '/a?b=%C3%A9', headers, body: 'é' }, never())
  expect(answer).toEqual({ status: 409, text: 'POST /a?b=%C3%A9 Bearer t é' })
})

test('an answer in pieces that part a letter, none at all, and one after an interim one', async () => {
  const pieces = await answering((_, response) => {
    response.write(Buffer.from([0x35, 0xe2, 0x82]))
    setImmediate(() => response.end(Buffer.from([0xac])))
  })
  expect(await exchange(pieces, get, never())).toEqual({ status: 200, text: '5€' })
  const empty = await answering((_, response) => response.writeHead(204).end())
  expect(await exchange(empty, get, never())).toEqual({ status: 204, text: '' })
  const interim = await saying(
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok',
  )
  expect(await exchange(interim, get, never())).toEqual({ status: 201, text: 'ok' })
})

test('cut off, or longer than is allowed: rejected', async () => {
  const cut = await saying('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
  await expect(exchange(cut, get, never())).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  const long = await answering((_, response) => response.end('x'.repeat(1001)))
  await expect(exchange(long, get, never())).rejects.toMatchObject({ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
})

test('aborted while it waits for a connection, it is never sent, and that connection serves the next', async () => {
  const heard: string[] = []
  const sockets = new Set<unknown>()
  const { promise: first, resolve: begun } = Promise.withResolvers<() => void>()
  const pool = await answering((request, response) => {
    heard.push(request.url ?? '')
    sockets.add(request.socket)
    if (heard.length === 1) begun(() => response.end('one'))
    else response.end('next')
  })
  const one = exchange(pool, { method: 'POST', path: '/1' }, never())
  const answer = await first
  const limit = new AbortController()
  const two = exchange(pool, { method: 'POST', path: '/2' }, limit.signal)
  const three = exchange(pool, { method: 'POST', path: '/3' }, never())
  limit.abort(new Error('too late'))
  await expect(two).rejects.toThrow('too late')
  answer()
  expect(await one).toEqual({ status: 200, text: 'one' })
  expect(await three).toEqual({ status: 200, text: 'next' })
  expect(heard).toEqual(['/1', '/3'])
  expect(sockets.size).toBe(1)
})

test('aborted on its way, it is in doubt at once and its connection is given up', async () => {
  const limit = new AbortController()
  const gone = Promise.withResolvers<void>()
  const pool = await answering((request) => {
    request.socket.once('close', () => gone.resolve())
    limit.abort(new Error('too late'))
  })
  await expect(exchange(pool, get, limit.signal)).rejects.toThrow('too late')
  await gone.promise
  await expect(exchange(pool, get, limit.signal)).rejects.toThrow('too late')
})
