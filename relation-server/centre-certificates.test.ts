import { makeLog } from '@concilia/platform/log.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { CentreCertificates } from './centre-certificates.ts'
import { identityOf, Scenario } from './engine/scenario.ts'

const centreUrl = 'http://127.0.0.1:1'
let scenario: Scenario
let answer: string[] | Error
let heard: string[]
let renewed: string
beforeEach(async () => {
  scenario = await Scenario.open()
  scenario.engine.useCentreChains([])
  answer = await scenario.centre.chains()
  heard = []
  renewed = (await identityOf('centre-2', 'payment-centre', '')).chain
})

async function begin(): Promise<CentreCertificates> {
  const certificates = new CentreCertificates({
    store: scenario.store,
    payments: {
      chains: async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    engine: scenario.engine,
    centreUrl,
    clock: scenario.clock,
    log: makeLog('relation-server', { level: 'silent' }),
    known: () => heard.push('known'),
    met: () => heard.push('met'),
  })
  certificates.start()
  await scenario.settle()
  return certificates
}

describe("the payment centre's certificates", () => {
  test('are asked for until the centre answers, and only then known', async () => {
    const chains = answer
    answer = new Error('away')
    await begin()
    await scenario.pass(5000)
    expect([heard, scenario.engine.centreChains]).toEqual([[], []])
    answer = chains
    await scenario.pass(1000)
    expect([heard, scenario.engine.centreChains]).toEqual([['known', 'met'], chains])
    expect(await scenario.store.centreChains(centreUrl)).toEqual(chains)
  })

  test('of before are known at once to a server that starts while the centre is away', async () => {
    const chains = answer as string[]
    await scenario.store.keepCentreChains(centreUrl, chains, 1)
    answer = new Error('away')
    await begin()
    expect([heard, scenario.engine.centreChains]).toEqual([['known'], chains])
    answer = chains
    await scenario.pass(1000)
    expect(heard).toEqual(['known', 'met'])
  })

  test('of another centre are not those of this one', async () => {
    await scenario.store.keepCentreChains('http://127.0.0.1:2', [renewed], 1)
    answer = new Error('away')
    await begin()
    expect([heard, scenario.engine.centreChains]).toEqual([[], []])
  })

  test('that have changed are kept, used, and told to every machine that is admitted', async () => {
    const [one, other] = [await scenario.machine('4021'), await scenario.machine('4022')]
    await scenario.person(other.automatonId, { type: 'bar' })
    const certificates = await begin()
    scenario.sent.length = 0
    answer = [renewed]
    scenario.clock.advance(3_600_000)
    await scenario.pass(2000)
    expect(await scenario.store.centreChains(centreUrl)).toEqual([renewed])
    const told = scenario.sent.flatMap((each) =>
      each.channel === 'admission' ? [[each.automatonId, each.body.admission, each.body.centreChains]] : [],
    )
    expect(told[0]).toEqual([one.automatonId, 'accepted', [renewed]])
    expect(new Set(told.map(([automatonId]) => automatonId)).size).toBe(1)
    certificates.stop()
  })
})
