// The relation server of the bare limit: the same broker, messages, texts, calls, commits and signatures as
// the real one, and no logic of ours in between: what it is told last is what it believes.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { readIdentity } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import { check, outcomeKind, slipKind } from '@concilia/protocol/promises.ts'
import { type DownChannel, downTopic, readTopic } from '@concilia/protocol/topics.ts'
import { startEmbeddedBroker } from '@concilia/relation-server/machines/embedded-broker-adapter.ts'
import { Pool } from 'undici'
import type { BareConfiguration } from './bare-premises.ts'
import { BareRows } from './bare-rows.ts'

const description = {
  program: 'bare-server',
  summary: 'the relation server of the bare limit',
  usage: ['node test/figures/bare-server.ts --config FILE'],
  flags: { config: { value: 'FILE', says: 'as bare-premises.ts writes it' } },
} as const

interface Sale {
  readonly automatonId: string
  readonly journalId: string
  saleId: string
  slip: string
  phone: string
  seq: number
}

await runMain(description, async ({ flags }) => {
  const settings: BareConfiguration = JSON.parse(readFileSync(flags.config ?? '', 'utf8'))
  const centre = readIdentity(settings.centreIdentity)
  const parties = new KnownParties(centre.rootPem)
  const rows = await BareRows.open(settings.serverDatabase)
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: settings.brokerPort,
    serverPassword: 'a password that nobody uses',
    tls: undefined,
    log: makeLog('bare-server', { level: 'silent', write: () => {} }),
  })
  const centrePool = new Pool(`http://127.0.0.1:${settings.centrePort}`, { connections: 32, pipelining: 1 })
  const carrierPool = new Pool(`http://127.0.0.1:${settings.carrierPort}`, { connections: 8, pipelining: 1 })
  const byMachine = new Map<string, Sale>()
  const byNumber = new Map<string, Sale>()
  const byPhone = new Map<string, Sale>()

  const send = (automatonId: string, channel: DownChannel, body: object) =>
    broker.publish(downTopic(automatonId, channel), JSON.stringify(body))
  async function ask(path: string, body: object): Promise<{ acknowledgement: string }> {
    const answer = await centrePool.request({ method: 'POST', path, body: JSON.stringify(body) })
    return (await answer.body.json()) as { acknowledgement: string }
  }
  async function tell(to: string, text: string): Promise<void> {
    const query = new URLSearchParams({ username: 'concilia', password: 'carrier', from: '36000', to, text })
    const answer = await carrierPool.request({ method: 'GET', path: `/cgi-bin/sendsms?${query}` })
    await answer.body.dump()
  }
  const commit = () => rows.write(settings.serverRows)
  const stored = ({ automatonId, journalId, seq }: Sale) =>
    send(automatonId, 'stored', { journalId, upTo: seq, beyond: [] })

  async function heard(channel: string, automatonId: string, text: string): Promise<void> {
    const message = JSON.parse(text)
    const sale = byMachine.get(automatonId)
    if (channel === 'birth') {
      const { journalId, boot, chain, machineNumber, lastSeq } = message
      parties.admit(chain, Date.now())
      await ask('/chain', { chain })
      const begun: Sale = { automatonId, journalId, saleId: '', slip: '', phone: '', seq: lastSeq }
      byMachine.set(automatonId, begun)
      byNumber.set(machineNumber, begun)
      send(automatonId, 'admission', {
        boot,
        admission: 'accepted',
        serverTime: Date.now(),
        centreChains: [centre.chain],
        invitation: '',
      })
    } else if (sale && channel === 'offer') {
      const slip = check(slipKind, message.slip, parties, Date.now())
      if (!slip.ok) throw new Error(slip.refusal)
      Object.assign(sale, { saleId: message.saleId, slip: message.slip, seq: message.seq })
      await commit()
      stored(sale)
    } else if (sale && channel === 'outcome') {
      const outcome = check(outcomeKind, message.outcome, parties, Date.now())
      if (!outcome.ok) throw new Error(outcome.refusal)
      const { phone } = sale
      sale.seq = message.seq
      await commit()
      stored(sale)
      await ask('/outcome', { outcome: message.outcome })
      await commit()
      await tell(phone, 'Paid 1.50 EUR incl. tax to Figures Vending, machine 100000. Ref. 12345678.')
    } else if (channel === 'stored') await commit()
  }

  async function said(phone: string, words: string): Promise<void> {
    await commit()
    if (words.startsWith('PAY ')) {
      const sale = byNumber.get(words.slice(4))
      if (!sale) return
      sale.phone = phone
      byPhone.set(phone, sale)
      void ask('/eligibility', { phone })
        .then(commit)
        .then(() =>
          tell(phone, 'Machine 100000: 1.50 EUR incl. tax. Reply YES 1234 within 2 minutes to pay.'),
        )
      return
    }
    const sale = byPhone.get(phone)
    if (sale) void pay(sale)
  }

  async function pay(sale: Sale): Promise<void> {
    const { automatonId, saleId, slip, phone } = sale
    void tell(phone, 'Thank you. Machine 100000 starts once 1.50 EUR is paid.')
    const { acknowledgement } = await ask('/charge', { saleId, slip, phone })
    await commit()
    send(automatonId, 'instruction', {
      id: saleId,
      issuedAt: Date.now(),
      kind: 'deliver',
      saleId,
      acknowledgement,
    })
  }

  const receive = (topic: string, bytes: Buffer) => {
    const from = readTopic(topic)
    if (from) heard(from.channel, from.automatonId, bytes.toString()).catch((error) => console.error(error))
  }
  await new Promise<void>((resolve) => broker.hear(receive, resolve))
  const http = createServer({ noDelay: true }, (request, response) => {
    const query = new URLSearchParams(request.url?.split('?')[1])
    said(query.get('from') ?? '', query.get('text') ?? '')
      .then(() => response.writeHead(200).end())
      .catch(() => response.writeHead(503).end())
  })
  await once(http.listen(settings.httpPort, '127.0.0.1'), 'listening')
  return {
    async stop() {
      http.close()
      http.closeAllConnections()
      await Promise.all([centrePool.destroy(), carrierPool.destroy(), broker.close()])
      await rows.close()
    },
  }
})
