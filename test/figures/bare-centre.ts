// The payment centre of the bare limit: checks the slip, signs an acknowledgement, checks the outcome, writes
// rows. No account, no rule: what no centre can do without.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readIdentity } from '@concilia/platform/identity.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import { acknowledgementKind, check, outcomeKind, promise, slipKind } from '@concilia/protocol/promises.ts'
import type { BareConfiguration } from './bare-premises.ts'
import { BareRows } from './bare-rows.ts'

const description = {
  program: 'bare-centre',
  summary: 'the payment centre of the bare limit',
  usage: ['node test/figures/bare-centre.ts --config FILE'],
  flags: { config: { value: 'FILE', says: 'as bare-premises.ts writes it' } },
} as const

await runMain(description, async ({ flags }) => {
  const settings: BareConfiguration = JSON.parse(readFileSync(flags.config ?? '', 'utf8'))
  const { signer, rootPem } = readIdentity(settings.centreIdentity)
  const rows = await BareRows.open(settings.centreDatabase)
  const parties = new KnownParties(rootPem)

  async function answer(path: string, text: string): Promise<object> {
    const body = JSON.parse(text)
    const at = Date.now()
    switch (path) {
      case '/chain':
        parties.admit(body.chain, at)
        return {}
      case '/eligibility':
        return { eligible: true }
      case '/charge': {
        const slip = check(slipKind, body.slip, parties, at)
        if (!slip.ok) throw new Error(slip.refusal)
        await rows.write(settings.centreRows)
        const { waitMs, ...terms } = slip.payload
        const payload = { ...terms, paymentId: body.saleId, charge: 'debit' as const, at }
        return { acknowledgement: promise(acknowledgementKind, signer, payload), waitMs }
      }
      default: {
        const outcome = check(outcomeKind, body.outcome, parties, at)
        if (!outcome.ok) throw new Error(outcome.refusal)
        await rows.write(settings.centreRows)
        return {}
      }
    }
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    textOf(request)
      .then((text) => answer(request.url ?? '', text))
      .then((body) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      )
      .catch((error) => response.writeHead(500).end(String(error)))
  })
  await once(server.listen(settings.centrePort, '127.0.0.1'), 'listening')
  return {
    ready: { port: (server.address() as AddressInfo).port },
    async stop() {
      server.close()
      server.closeAllConnections()
      await rows.close()
    },
  }
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
