// For the tests of this folder: the phones' plugin on a real port, with a gateway of each form, and raw
// bytes sent to it as the gateways send them.
import { connect } from 'node:net'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import fastify from 'fastify'
import { gatewaysFrom, phonesSchema } from './configuration.ts'
import type { Receipt } from './gateways/gateway.ts'
import { phonesPlugin } from './http-adapter.ts'
import type { Incoming, Receive } from './port.ts'

export const secret = 'correct-horse-battery'
export const jsonKey = 'shared-key-of-more-than-32-characters'
export const twilioSettings = {
  sendOrigin: 'https://api.twilio.com',
  publicUrl: 'https://pay.example',
  accountSid: 'AC0123456789abcdef0123456789abcdef',
  authToken: '12345',
  sender: '+33755512345',
} as const

export interface ServedPhones {
  readonly port: number
  readonly heard: Incoming[]
  readonly receipts: Receipt[]
  readonly log: string[]
  /** Sends bytes on a connection of their own; gives back all that came until the server closed it. */
  raw(request: string): Promise<string>
  stop(): Promise<void>
}

interface FixtureSettings {
  readonly receive?: Receive
  readonly clock?: Clock
  readonly addresses?: readonly string[]
  readonly sendOrigin?: string
}

export async function servePhones(settings: FixtureSettings = {}): Promise<ServedPhones> {
  const { sendOrigin = 'http://127.0.0.1:9', addresses = ['127.0.0.0/8'] } = settings
  const common = { secret, addresses, sendOrigin, sender: '36000', username: 'concilia', ussdVouched: true }
  const configuration = phonesSchema.parse({
    helpNumber: '0800 123',
    gateways: {
      kannel: { form: 'kannel', ...common, password: 'sesame' },
      at: { form: 'africas-talking', ...common, apiKey: 'key' },
      twilio: { form: 'twilio', secret, addresses, ...twilioSettings },
      json: {
        form: 'signed-json',
        secret,
        addresses,
        sendUrl: `${sendOrigin}/concilia`,
        key: jsonKey,
        sender: '36000',
        ussdVouched: true,
      },
    },
  })
  const heard: Incoming[] = []
  const receipts: Receipt[] = []
  const log: string[] = []
  const app = fastify({ logger: { level: 'info', stream: { write: (line) => log.push(line) } } })
  const receive = settings.receive ?? (async () => ({ kind: 'stored' }) as const)
  await app.register(phonesPlugin, {
    gateways: gatewaysFrom(configuration),
    receive: (incoming) => {
      heard.push(incoming)
      return receive(incoming)
    },
    hearReceipt: (receipt) => receipts.push(receipt),
    clock: settings.clock ?? systemClock,
    log: makeLog('test', { write: (line) => log.push(line) }),
    answerLimitMs: 5000,
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  return { port, heard, receipts, log, raw: (request) => raw(port, request), stop: () => app.close() }
}

function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(request, 'latin1')))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

/**
 * Ends the connection after one answer, which the real gateways keep open; otherwise their bytes are kept.
 */
export function request(line: string, headers: readonly string[], body = ''): string {
  return `${line} HTTP/1.1\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`
}

export function form(line: string, body: string, extra: readonly string[] = []): string {
  const headers = [
    'Host: relation-server',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    ...extra,
  ]
  return request(line, headers, body)
}
