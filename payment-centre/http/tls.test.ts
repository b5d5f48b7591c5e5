// The door with TLS: the identity's own key and chain serve it, and only who trusts the root gets in.
// in.
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { paths } from '@concilia/protocol/carrier-billing.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import { expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { Trade } from '../trade.ts'
import { build } from './server.ts'

test('serves with the identity, and a client without the root does not come in', async () => {
  const subject = {
    id: 'centre',
    role: 'payment-centre',
    seller: '',
    hosts: ['localhost', '127.0.0.1'],
  } as const
  const { keyPem, chainPem, rootPem } = await makeCredentials(
    await makeAuthority(Date.now()),
    subject,
    Date.now(),
  )
  const { engine, store, secrets, clock } = new Trade(new MemoryStore(), 'tls')
  const app = build({
    engine,
    store,
    secrets,
    clock,
    parties: new KnownParties(rootPem),
    ownId: 'centre',
    chains: [chainPem],
    log: makeLog('test', { write: () => {} }),
    tokenMs: 60_000,
    tls: { key: keyPem, cert: chainPem },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = (agent: Agent) => {
    const asked = request({ host: '127.0.0.1', port, path: paths.keys, agent })
    asked.end()
    return once(asked, 'response')
  }
  const [answer] = await ask(new Agent({ ca: rootPem }))
  expect(answer.statusCode).toBe(401)
  answer.resume()
  await expect(ask(new Agent())).rejects.toThrow(/self-signed|unable to/)
  await app.close()
})
