// Sending against real servers that behave and misbehave: every way a gateway can answer, or not, is a value.
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { kannel } from './gateways/kannel.ts'
import type { TextSender } from './port.ts'
import { textSender } from './text-sender-adapter.ts'

const text = { subscriber: { realm: 'e164', key: '+33612345678' }, text: 'Merci', key: 'k1' }
let cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const action of cleanUp) await action()
  cleanUp = []
})

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port // a TCP server's address is never a string
}

function senderTo(port: number, timeoutMs = 2000): TextSender {
  const { sending } = kannel({
    name: 'kannel',
    sendOrigin: `http://127.0.0.1:${port}`,
    username: 'concilia',
    password: 'sesame',
    sender: '36000',
    ussdCode: '*123#',
    ussdVouched: false,
  })
  const sender = textSender(sending, timeoutMs)
  cleanUp.unshift(() => sender.close())
  return sender
}

test('a text taken is sent, and connections are kept', async () => {
  const paths: (string | undefined)[] = []
  const connections = new Set<number | undefined>()
  const port = await listening(
    createServer((request, response) => {
      paths.push(request.url)
      connections.add(request.socket.remotePort)
      response.writeHead(202).end('0: Accepted for delivery')
    }),
  )
  const sender = senderTo(port)
  for (let sent = 0; sent < 10; sent++) expect(await sender.send(text)).toEqual({ kind: 'sent' })
  expect(paths[0]).toContain('to=%2B33612345678&text=Merci')
  expect(paths).toHaveLength(10)
  expect(connections.size).toBeLessThanOrEqual(2)
})

const misbehaving: [string, () => Promise<number>, string][] = [
  ['nobody listens', async () => 9, 'ECONNREFUSED'],
  [
    'it hangs up',
    () => listening(createTcpServer((socket) => socket.on('data', () => socket.destroy()))),
    'UND_ERR_SOCKET',
  ],
  [
    'it hangs up in mid-answer',
    () =>
      listening(
        createTcpServer((socket) => {
          socket.on('data', () => socket.end('HTTP/1.1 202 Accepted\r\nContent-Length: 90\r\n\r\n0: Acc'))
        }),
      ),
    'UND_ERR_SOCKET',
  ],
  [
    'it speaks no HTTP',
    () => listening(createTcpServer((socket) => socket.end('SSH-2.0\r\n'))),
    'HTTPParserError',
  ],
  [
    'it never ends',
    () => listening(createServer((_, response) => endless(response))),
    'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  ],
]

test.each(misbehaving)('%s: temporary, and no number in the reason', async (_, open, why) => {
  const result = await senderTo(await open()).send(text)
  expect(result).toEqual({
    kind: 'failed',
    retry: 'temporary',
    why,
  })
})

test('it answers too late: temporary', async () => {
  const port = await listening(createServer(() => {}))
  expect(await senderTo(port, 50).send(text)).toEqual({
    kind: 'failed',
    retry: 'temporary',
    why: 'TimeoutError',
  })
})

test.each(['+33899701234', '+33890123456', '+33123456789'])('%s is never texted', async (key) => {
  const result = await senderTo(9).send({ ...text, subscriber: { realm: 'e164', key } })
  expect(result).toEqual({ kind: 'failed', retry: 'final', why: 'not a number we text' })
})

function endless(response: NodeJS.WritableStream): void {
  const more = () => {
    while (response.write('x'.repeat(1024))) {}
    response.once('drain', more)
  }
  more()
}
