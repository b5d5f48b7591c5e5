// FastAGI on a real socket: the lines that Asterisk says, as its documents and its source give them.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FastAgi, startFastAgi } from './fastagi-adapter.ts'
import { desk } from './voice-fixture.ts'

const secret = 'a-long-random-secret'
type Opened = Awaited<ReturnType<typeof desk>>
let opened: Opened
let agi: FastAgi

beforeEach(async () => {
  opened = await desk()
  const log = makeLog('relation-server', { level: 'silent' })
  const where = { host: '127.0.0.1', port: 0, sounds: 'concilia', secret, platform: 'pbx' }
  // Its lines come in real time; the desk's own clock is the scenario's.
  agi = await startFastAgi({ ...where, desk: opened.calls, clock: systemClock, log })
})
afterEach(async () => {
  await agi.close()
  await opened.scenario.close()
})

/** A PBX with one caller on the line, who does what `does` says to each command. */
async function pbx(does: (command: string, socket: Socket) => string | undefined, path = secret) {
  const socket = connect(agi.port, '127.0.0.1')
  await once(socket, 'connect')
  const environment = [
    'agi_network: yes',
    `agi_network_script: ${path}`,
    `agi_request: agi://127.0.0.1:${agi.port}/${path}`,
    'agi_channel: SIP/carrier-00000007',
    'agi_language: fr',
    'agi_type: SIP',
    'agi_uniqueid: 1900000000.7',
    'agi_callerid: 33612345678',
    'agi_dnid: 0899123456',
    'agi_extension: 0899123456',
    'agi_priority: 1',
  ]
  socket.write(`${environment.join('\n')}\n\n`)
  const heard: string[] = []
  createInterface({ input: socket }).on('line', (line) => {
    heard.push(line)
    const answer = does(line, socket)
    if (answer !== undefined && !socket.destroyed) socket.write(`${answer}\n`)
  })
  await once(socket, 'close')
  return heard
}

/** Until the server has done what a socket that closed leads to. */
async function called(state: string) {
  for (let look = 0; look < 200; look++) {
    const call = await opened.scenario.store.call('pbx 1900000000.7')
    if (call?.state === state) return call
    await opened.scenario.settle()
  }
  throw new Error(`the call is not ${state}`)
}

test('tariff before the answer, machine number, code, good bye', async () => {
  const heard = await pbx((command) => (command.startsWith('GET DATA') ? '200 result=4021' : '200 result=0'))
  const code = heard.flatMap((line) => /^SAY DIGITS (\d{6}) ""$/.exec(line)?.[1] ?? [])
  expect(heard.map((line) => line.replaceAll(/\d{6}/g, 'CODE'))).toEqual([
    'STREAM FILE concilia/fr/tariff-150 ""',
    'ANSWER',
    'GET DATA concilia/fr/askMachine 10000 8',
    'STREAM FILE concilia/fr/yourCode ""',
    'SAY DIGITS CODE ""',
    'STREAM FILE concilia/fr/codeAgain ""',
    'SAY DIGITS CODE ""',
    'STREAM FILE concilia/fr/goodbye ""',
    'HANGUP',
  ])
  expect(new Set(code).size).toBe(1)
  await called('good')
  const saleId = await opened.machine.offer({}, code[0])
  expect(await opened.scenario.state(saleId)).toBe('instructed')
})

test.each([
  ['during the tariff', 'STREAM FILE concilia/fr/tariff-150', 'over'],
  ['at the question', 'GET DATA', 'over'],
  ['while the code is read', 'SAY DIGITS', 'over'],
  ['once it was read', 'STREAM FILE concilia/fr/codeAgain', 'good'],
])('the caller hangs up %s', async (_, at, state) => {
  await pbx((command) => {
    if (command.startsWith(at)) return 'HANGUP\n200 result=-1'
    return command.startsWith('GET DATA') ? '200 result=4021' : '200 result=0'
  })
  const { voucherId } = await called(state)
  await opened.scenario.settle()
  const voucher = opened.scenario.centre.vouchers.get(voucherId ?? '')
  expect(voucher).toBe({ over: voucherId === null ? undefined : 'voided', good: 'read' }[state])
})

test('the line is lost', async () => {
  await pbx((command, socket) => {
    if (command === 'ANSWER') socket.resetAndDestroy()
    return '200 result=0'
  })
  await called('over')
})

test('nobody types anything: asked three times, then over', async () => {
  const heard = await pbx((command) =>
    command.startsWith('GET DATA') ? '200 result= (timeout)' : '200 result=0',
  )
  expect(heard.filter((line) => line.startsWith('GET DATA'))).toHaveLength(3)
  expect(heard.at(-1)).toBe('HANGUP')
  await called('refused')
})

test('a PBX with another path is turned away', async () => {
  expect(await pbx(() => '200 result=0', 'another-secret')).toEqual([])
  expect(await opened.scenario.store.call('pbx 1900000000.7')).toBeUndefined()
})
