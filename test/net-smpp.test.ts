// Our link against a centre on Net::SMPP in Perl: whatever we write is read by a codec that nobody here
// wrote, whatever it writes is read by ours.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import type { Receipt } from '@concilia/relation-server/phones/gateways/gateway.ts'
import type { Incoming, Reply } from '@concilia/relation-server/phones/port.ts'
import { dialling } from '@concilia/relation-server/phones/smpp/dial-adapter.ts'
import { SmppLink } from '@concilia/relation-server/phones/smpp/link.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const isMissing = spawnSync('perl', ['-MNet::SMPP', '-e', '1']).status !== 0
const why = 'Net::SMPP is not installed here (on Debian: apt-get install libnet-smpp-perl)'
if (isMissing) test('a centre on Net::SMPP', ({ skip }) => skip(`not tried: ${why}`))
else describe('a centre on Net::SMPP', withPerl)

function withPerl() {
  const phone = '33612345678'
  const buyer = { realm: 'e164', key: `+${phone}` }
  const screens: Record<string, Reply> = {
    '4021': { kind: 'screen', screen: 'Machine 4021: 1.50\n1 Pay', goesOn: true },
    '1': { kind: 'screen', screen: 'Thank you', goesOn: false },
  }
  const said: string[] = []
  const heard: Incoming[] = []
  const receipts: Receipt[] = []
  let centre: ChildProcessWithoutNullStreams
  let link: SmppLink
  const tell = (line: string) => centre.stdin.write(`${line}\n`)
  const says = (line: string | RegExp, since = 0) =>
    vi.waitFor(() => expect(said.slice(since)).toContainEqual(expect.stringMatching(line)), {
      timeout: 20_000,
      interval: 5,
    })
  const send = (key: string, text: string) => link.send({ subscriber: buyer, text, key, validForMs: 180_000 })

  beforeAll(async () => {
    centre = spawn('perl', [join(import.meta.dirname, 'net-smpp-centre.pl')])
    createInterface({ input: centre.stdout }).on('line', (line) => said.push(line))
    await says(/^listening \d+$/)
    link = new SmppLink({
      settings: {
        systemId: 'concilia',
        password: 'secret',
        systemType: '',
        bind: 'transceiver',
        window: 1,
        answerMs: 10_000,
        enquireMs: 30_000,
        sendLimitMs: 10_000,
        answerLimitMs: 10_000,
        profile: {
          name: 'perl',
          sender: '36000',
          senderTon: 3,
          senderNpi: 0,
          alphabet: 'gsm7',
          long: 'udh',
          receipts: true,
          ussd: { code: '*123#', sessionKey: 'its_session_info', dataCoding: 15, vouched: true },
        },
      },
      dial: dialling({ host: '127.0.0.1', port: Number(said[0]?.split(' ')[1]), tls: false }),
      receive: async (incoming) => {
        heard.push(incoming)
        return screens[incoming.words] ?? { kind: 'stored' }
      },
      hearReceipt: (receipt) => receipts.push(receipt),
      clock: systemClock,
      random: systemRandom,
      log: makeLog('test', { write: () => {} }),
    })
    link.start()
    await says('bound concilia')
  })
  afterAll(async () => {
    await link?.close()
    centre?.stdin.end()
    if (centre?.exitCode === null) await once(centre, 'exit')
  })

  test('takes a text, and receipts it', async () => {
    expect(await send('hexadecimal', 'Reply YES 7384 {}')).toEqual({ kind: 'sent' })
    await says(/^took 33612345678 0 000000000300000R - - Reply YES 7384 \x1b\(\x1b\)$/)
    await says('acknowledged 0')
  })

  test('brings a text', async () => {
    const since = said.length
    tell(`text ${phone} 36000 PAY 4021`)
    await says('acknowledged 0', since)
    expect(heard).toMatchObject([
      { channel: 'text', subscriber: buyer, words: 'PAY 4021', serviceCode: '36000' },
    ])
  })

  test('that throttles gets the text once it has room', async () => {
    const since = said.length
    tell('throttle 2')
    tell(`text ${phone} 36000 now`)
    await says('acknowledged 0', since)
    expect(await send('throttled', 'patience')).toEqual({ kind: 'sent' })
    expect(said.slice(since).filter((line) => line.endsWith('patience'))).toHaveLength(3)
  })

  test('that drops in the middle of an answer leaves the text in doubt, and is found again', async () => {
    const since = said.length
    tell('cut')
    tell(`text ${phone} 36000 soon`)
    await says('acknowledged 0', since)
    expect(await send('doubtful', 'perhaps')).toMatchObject({
      kind: 'failed',
      retry: 'temporary',
      why: expect.stringMatching(/^in doubt/),
    })
    await says('bound concilia', since)
    expect(await send('doubtful', 'perhaps')).toEqual({ kind: 'sent' })
  })

  test('carries a dialogue', async () => {
    const since = said.length
    tell(`ussd ${phone} *123# 1 7 0 *123*4021#`)
    await says(/^took 33612345678 15 - 2 0702 Machine 4021: 1\.50 \/ 1 Pay$/, since)
    tell(`ussd ${phone} *123# 18 7 4 1`)
    await says(/^took 33612345678 15 - 17 0707 Thank you$/, since)
    expect(heard.slice(-2)).toMatchObject([
      { channel: 'ussd', sessionId: '7', begins: true, vouched: true, words: '4021' },
      { channel: 'ussd', sessionId: '7', begins: false, words: '1' },
    ])
  })

  test('writes the ids of receipts in another base than those of its answers', async () => {
    // A base that differs is believed only after a while.
    const delivered = (key: string) => ({ gateway: 'perl', key, what: 'delivered' })
    const all = ['hexadecimal', 'throttled', 'doubtful'].map(delivered)
    await vi.waitFor(() => expect(receipts).toEqual(all), { timeout: 10_000, interval: 10 })
  })
}
