// The text with the code, against a real HTTP server in the gateway's place.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLog } from '@concilia/platform/log.ts'
import { afterAll, expect, test } from 'vitest'
import type { CodeText } from './books/commands.ts'
import { codeSender, codeWords } from './code-sender-adapter.ts'

const folder = mkdtempSync(join(tmpdir(), 'code-sender-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text: CodeText = {
  subscriber: { realm: 'e164', key: '+33612345678' },
  code: '073841',
  money: { amountMinor: 350, currency: 'EUR' },
  payee: 'Acme Vending',
  reference: 'sale-1',
}

/** A gateway that answers like this; resolves with what it was asked and what was logged afterwards. */
async function sentTo(status: number) {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'gateway secret\n')
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end('0: Accepted for delivery')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const line = Promise.withResolvers<string>()
  const settings = {
    url: `http://127.0.0.1:${port}/cgi-bin/sendsms`,
    username: 'concilia',
    passwordFile,
    sender: '36000',
    digits: 6,
    tries: 3,
    waitMs: 1000,
    timeoutMs: 5000,
  }
  codeSender(settings, makeLog('payment-centre', { write: line.resolve }))(text)
  const logged = await line.promise
  server.close()
  server.closeAllConnections()
  return { query: new URL(asked[0] ?? '', 'http://gateway').searchParams, logged }
}

test('goes to the number, says payee, price and code, and the log says neither number nor code', async () => {
  const { query, logged } = await sentTo(202)
  expect(Object.fromEntries(query)).toEqual({
    username: 'concilia',
    password: 'gateway secret',
    from: '36000',
    to: '+33612345678',
    text: codeWords(text),
    charset: 'UTF-8',
  })
  expect(codeWords(text)).toContain('Acme Vending: 3.50 EUR. Your code is 073841')
  expect(codeWords({ ...text, payee: 'x'.repeat(80) }).length).toBeLessThanOrEqual(160)
  expect(JSON.parse(logged)).toMatchObject({ level: 'info', step: 'ST12', reference: 'sale-1' })
  expect(logged).not.toMatch(/073841|612345678|gateway secret/)
})

test('a gateway that refuses is an error in the log, without what was sent', async () => {
  const { logged } = await sentTo(403)
  expect(JSON.parse(logged)).toMatchObject({ level: 'error', status: 403 })
  expect(logged).not.toMatch(/073841|612345678|gateway secret/)
})
